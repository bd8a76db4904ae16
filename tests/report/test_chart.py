"""Charts, drawn by hand: what each number must look like."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from kpictl.report.chart import BAR, LINE, Chart, Line, beam, chart, scale_of

Numbers = Sequence[int | str | None]


def known(numbers: Numbers) -> list[Decimal | None]:
    return [None if number is None else Decimal(number) for number in numbers]


def drawn(numbers: Numbers, priors: Numbers = (), step: int = 1) -> Chart:
    before = known(priors) if priors else [None] * len(numbers)
    return chart(known(numbers), before, {len(numbers) - 1: "today"}, [str], Decimal(step))


def text(line: Line) -> str:
    return "".join(run.text for run in line).rstrip()


def picture(made: Chart) -> list[str]:
    return [text(line) for line in made.lines]


def test_bars_are_as_high_as_their_numbers() -> None:
    # Two rows for each 1, eight eighths a row: 1.25 is two and a half, 1.9 three and six eighths.
    made = drawn([0, "0.5", 1, "1.25", 2, "0.01", "1.9"])
    assert made.mark == BAR
    assert picture(made) == [
        "2 ┤    █ ▆",
        "  │   ▄█ █",
        "1 ┤  ███ █",
        "  │ ████▁█",
        "0 ┼──────┬",
        "     today",
    ]


def test_no_number_is_a_gap_in_the_axis_too_and_zero_is_not() -> None:
    assert picture(drawn([1, None, 0, 1, None])) == [
        "1 ┤█  █",
        "  │█  █",
        "0 ┼─ ──╷",
        "   today",
    ]


def test_negative_numbers_hang_from_the_axis() -> None:
    # There are blocks of an eighth, a half and a whole that hang: -0.75 is a row and a half.
    assert picture(drawn([1, -1, "-0.75", "-0.2", "-0.01", 0])) == [
        " 1 ┤█",
        "   │█",
        " 0 ┼─────┼",
        "   │ ██▀▔",
        "-1 ┤ █▀",
        "     today",
    ]


def test_the_year_before_is_dots_where_its_bars_would_end() -> None:
    # Of little and little the bar is shown; nothing, on the fifth day, is a dot at the axis.
    made = drawn([1, 2, 3, "0.4", 0, None], [3, 1, 3, "0.2", 0, 2])
    assert picture(made) == [
        "3 ┤• •",
        "  │  █",
        "2 ┤ ██  •",
        "  │ ██",
        "1 ┤█•█",
        "  │███▆•",
        "0 ┼─────╷",
        "    today",
    ]
    inks = {run.ink: run.text for run in made.lines[4]}
    assert inks["both"] == "•"
    assert [run.ink for run in made.lines[0]] == ["axis", "prior", "axis", "both", "axis"]


def test_what_stays_far_from_zero_is_a_line() -> None:
    # A line that ends with the day without a number begins anew after it.
    made = drawn([102, 102, 104, 101, None, 103], [101, 101, 101, None, 102, 103])
    assert made.mark == LINE
    assert picture(made) == [
        "104 ┤  ╭╮",
        "    │  ││",
        "103 ┤  ││ ─",
        "    │  ││",
        "102 ┤──╯│•",
        "    │   │",
        "101 ┤•••╰",
        "    │─────┬",
        "      today",
    ]


@pytest.mark.parametrize(
    ("numbers", "step", "low", "high"),
    [
        ([0, 6], 1, 0, 6),  # twelve rows
        ([0, 7], 2, 0, 4),
        ([0, 12_000], 2_000, 0, 6),
        ([-3, 9], 5, -1, 2),
        ([-5, -6], 1, -6, -5),
        ([50, 100], 10, 5, 10),  # just half as far as the farthest: a line
        ([49, 100], 20, 0, 5),
        ([5, 5], 1, 4, 6),
        ([0, 0], 1, 0, 1),
        ([], 1, 0, 1),
        (["1e-9"], 1, 0, 1),
    ],
)
def test_the_scale(numbers: Numbers, step: int, low: int, high: int) -> None:
    scale = scale_of([number for number in known(numbers) if number is not None], Decimal(1))
    assert (scale.step, scale.low, scale.high) == (Decimal(step), low, high)


def test_numbers_of_all_sizes_have_room() -> None:
    made = drawn(["1e30", "-12345678901234567890123456789.0123456789"])
    assert len(made.lines) <= 12 + 2
    assert picture(made)[0].endswith("┤█")
    assert len(drawn(["0.0000000001", "1e-30"]).lines) == 4


def test_labels_that_look_alike_are_written_in_full() -> None:
    made = chart(
        known([1_200_001, 1_200_003]), [None, None], {}, [lambda number: f"{number / 1_000_000:.1f}M", str], Decimal(1)
    )
    assert [line[0].text for line in made.lines[:5:2]] == ["1200003 ┤", "1200002 ┤", "1200001 ┤"]


def test_texts_below_stay_apart() -> None:
    # Each in the middle below its column; the fourth would run into the last, which stands at the edge.
    below = {0: "Nov 1", 8: "Nov 9", 12: "Nov 13", 17: "Nov 18", 19: "Nov 20"}
    made = chart(known([1] * 20), [None] * 20, below, [str], Decimal(1))
    assert picture(made)[-1] == "   Nov 1 Nov 9   Nov 20"


@pytest.mark.parametrize(
    ("number", "prior", "least", "expected"),
    [
        (5, 3, 0, "━━•━━"),
        (10, None, 0, "━━━━━━━━━━"),
        ("5.5", 10, 0, "━━━━━╸   •"),
        ("0.01", None, 0, "╸"),
        (0, 0, 0, "•"),
        (None, 3, 0, "  •"),
        (None, None, 0, ""),
        (-5, 5, -10, "  ╺━━  •"),
        (-10, -2, -10, "━━━━•"),
    ],
)
def test_a_number_as_a_line(number: int | str | None, prior: int | None, least: int, expected: str) -> None:
    value, before = known([number, prior])
    assert text(beam(value, before, Decimal(least), Decimal(10), 10)) == expected
