"""Two series of numbers, day by day, as a picture made of characters: this year's, and that of the year before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby
from typing import Literal

ROWS = 12
"""A chart has no more, besides its axis."""
BAR, LINE, PRIOR = "█", "─", "•"
"""Numbers that come near to zero are bars from there, those that stay far from it a line; the year before is dots."""

_FROM_BELOW = "▁▂▃▄▅▆▇█"
_FROM_ABOVE = "▔▀▀█"  # Unicode has no finer blocks that hang from above.
_ROWS_A_STEP = 2
# DECIMAL(38, 10) by the smallest step.
_DIGITS = 80

Ink = Literal["this", "prior", "both", "axis"]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one colour; `both` are dots on a bar."""

    text: str
    ink: Ink


Line = tuple[Run, ...]
_Cell = tuple[str, Ink]
_NOTHING: _Cell = (" ", "axis")


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, and what its numbers are drawn with: BAR or LINE."""

    mark: str
    lines: tuple[Line, ...]

    @property
    def columns(self) -> int:
        return max(sum(len(run.text) for run in line) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the rows stand for: row 0 for zero, each second one for another `step`, from `low` to `high` of them."""

    step: Decimal
    low: int
    high: int
    has_bars: bool

    @property
    def rows(self) -> range:
        """From above."""
        return range(self.high * _ROWS_A_STEP, self.low * _ROWS_A_STEP - 1, -1)

    def label(self, row: int) -> Decimal | None:
        """The number that stands beside a row."""
        return None if row % _ROWS_A_STEP else row // _ROWS_A_STEP * self.step

    def height(self, number: Decimal | None) -> Decimal | None:
        """A number in rows."""
        return None if number is None else number / self.step * _ROWS_A_STEP


def chart(
    numbers: Sequence[Decimal | None],
    priors: Sequence[Decimal | None],
    below: Mapping[int, str],
    write: Sequence[Callable[[Decimal], str]],
    least_step: Decimal,
) -> Chart:
    """A chart with a column for each number and its prior.

    `below` has the texts that stand below columns. The first of `write` that can tell the rows' numbers from each
    other makes those beside rows, else the last; two of the numbers are at least `least_step` apart.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        scale = scale_of([number for number in (*numbers, *priors) if number is not None], least_step)
        heights, before = [scale.height(each) for each in numbers], [scale.height(each) for each in priors]
        draw = _bars if scale.has_bars else _line
        labels = _labels(scale, write)
        columns = max(len(label) for label in labels.values())
        lines = [
            (
                Run(f"{labels.get(row, ''):>{columns}} {'┼' if row == 0 else '┤' if row in labels else '│'}", "axis"),
                *runs,
            )
            for row, runs in ((row, _runs(cells)) for row, cells in draw(heights, before, scale, below))
        ]
    dates = Run(" " * (columns + 2) + _texts(below, len(numbers)), "axis")
    return Chart(BAR if scale.has_bars else LINE, (*lines, (dates,)))


def _labels(scale: Scale, write: Sequence[Callable[[Decimal], str]]) -> Mapping[int, str]:
    numbers = {row: number for row in scale.rows if (number := scale.label(row)) is not None}
    labels: dict[int, str] = {}
    for each in write:
        labels = {row: each(number) for row, number in numbers.items()}
        if len(set(labels.values())) == len(labels):
            break
    return labels


def scale_of(known: Sequence[Decimal], least_step: Decimal) -> Scale:
    """The smallest step, of 1, 2 or 5 of the least ones or of ten, a hundred, … of them, that gives all room."""
    least, most = min(known, default=Decimal(0)), max(known, default=Decimal(0))
    nearest, farthest = sorted((abs(least), abs(most)))
    has_bars = least <= 0 <= most or nearest * 2 < farthest
    if has_bars:
        least, most = min(least, Decimal(0)), max(most, Decimal(0))
    for step in _steps(least_step):
        low, high = _whole(least / step, ROUND_FLOOR), _whole(most / step, ROUND_CEILING)
        if low == high:
            low, high = (0, 1) if has_bars else (low - 1, high + 1)
        if (high - low) * _ROWS_A_STEP <= ROWS:
            return Scale(step, low, high, has_bars)
    raise AssertionError("the steps have no end")


def _steps(least: Decimal) -> Iterator[Decimal]:
    while True:
        yield from (least, least * 2, least * 5)
        least *= 10


def _whole(number: Decimal, rounding: str) -> int:
    return int(number.to_integral_value(rounding=rounding))


def _bars(
    heights: Sequence[Decimal | None], before: Sequence[Decimal | None], scale: Scale, below: Mapping[int, str]
) -> Iterator[tuple[int, list[_Cell]]]:
    """The axis lies at zero, and is broken where there is no number."""
    tick = "┬" if scale.low == 0 else "┼"
    dots = [None if height is None else _dot_row(height, scale) for height in before]
    for row in scale.rows:
        if row == 0:
            whole = ["╷" if at in below else " " for at in range(len(heights))]
            yield (
                row,
                [
                    (whole[at] if height is None else tick if at in below else "─", "axis")
                    for at, height in enumerate(heights)
                ],
            )
        else:
            yield row, [_bar(row, height, dot) for height, dot in zip(heights, dots, strict=True)]


def _dot_row(height: Decimal, scale: Scale) -> int:
    """The row in which a bar of that height ends; that of nothing is beside the axis."""
    if height:
        return _whole(height, ROUND_CEILING if height > 0 else ROUND_FLOOR)
    return 1 if scale.high else -1


def _bar(row: int, height: Decimal | None, dot: int | None) -> _Cell:
    """What a bar fills of a row. A dot covers it, unless that would hide all of the bar."""
    share = Decimal(0) if height is None else _share(row, height)
    if dot == row and not (abs(row) == 1 and 0 < share <= 1):
        return PRIOR, "both" if share >= 1 else "prior"
    if not share:
        return _NOTHING
    blocks = _FROM_BELOW if row > 0 else _FROM_ABOVE
    eighths = _whole(min(share, Decimal(1)) * len(blocks), ROUND_HALF_UP)
    # Little is not nothing: but a bar that only just reaches a row ends below it.
    if eighths == 0 and abs(row) > 1:
        return _NOTHING
    return blocks[max(eighths, 1) - 1], "this"


def _share(row: int, height: Decimal) -> Decimal:
    """How much of a row a bar fills; more than 1 where it goes on."""
    return max(abs(height) - abs(row) + 1, Decimal(0)) if height * row > 0 else Decimal(0)


def _line(
    heights: Sequence[Decimal | None], before: Sequence[Decimal | None], scale: Scale, below: Mapping[int, str]
) -> Iterator[tuple[int, list[_Cell]]]:
    """The axis lies below the least step, for zero is far."""
    levels = [None if height is None else _whole(height, ROUND_HALF_UP) for height in heights]
    dots = [None if height is None else _whole(height, ROUND_HALF_UP) for height in before]
    came_from = [None, *levels[:-1]]
    for row in scale.rows:
        cells: list[_Cell] = []
        for level, last, dot in zip(levels, came_from, dots, strict=True):
            stroke = " " if level is None else _stroke(row, level if last is None else last, level)
            cells.append((stroke, "this") if stroke != " " else (PRIOR, "prior") if dot == row else _NOTHING)
        yield row, cells
    yield scale.low * _ROWS_A_STEP - 1, [("┬" if at in below else "─", "axis") for at in range(len(heights))]


def _stroke(row: int, last: int, level: int) -> str:
    """What a line from one level to the next has in a row."""
    if last == level:
        return LINE if row == level else " "
    if row == level:
        return "╭" if level > last else "╰"
    if row == last:
        return "╯" if level > last else "╮"
    return "│" if min(last, level) < row < max(last, level) else " "


def _runs(cells: Sequence[_Cell]) -> Line:
    return tuple(
        Run("".join(character for character, _ in run), ink) for ink, run in groupby(cells, key=lambda cell: cell[1])
    )


def _texts(below: Mapping[int, str], columns: int) -> str:
    """Each text in the middle below its column, or at the edge; one that would run into a later one is left out."""
    line = ""
    for at, text in sorted(below.items(), reverse=True):
        start = max(min(at - len(text) // 2, columns - len(text)), 0)
        if start + len(text) < columns - len(line) or not line:
            line = text + " " * (columns - len(line) - start - len(text)) + line
    return line.rjust(columns)


def beam(number: Decimal | None, prior: Decimal | None, least: Decimal, most: Decimal, columns: int) -> Line:
    """A number as a line from zero, on a scale from the least to the most, with a dot where that of its prior ends."""
    with localcontext() as context:
        context.prec = _DIGITS
        least, most = min(least, Decimal(0)), max(most, Decimal(0))
        if least == most:
            return ()
        a_column = (most - least) / columns
        zero = _whole(-least / a_column, ROUND_HALF_UP)
        ends = [None if each is None else each / a_column for each in (number, prior)]
        dot = None if ends[1] is None else _column(zero, ends[1], columns)
        return _runs([_along(at - zero, ends[0], is_dot=at == dot) for at in range(columns)])


def _column(zero: int, end: Decimal, columns: int) -> int:
    """The column in which a line from zero ends."""
    at = zero + (_whole(end, ROUND_CEILING) - 1 if end > 0 else _whole(end, ROUND_FLOOR))
    return max(min(at, columns - 1), 0)


def _along(at: int, end: Decimal | None, *, is_dot: bool) -> _Cell:
    """What a line fills of a column, counted from zero; little is not nothing."""
    if is_dot:
        return PRIOR, "prior"
    if not end or (at >= 0) != (end > 0):
        return _NOTHING
    share = abs(end) - (at if at >= 0 else -at - 1)
    if share >= Decimal("0.75"):
        return "━", "this"
    if share >= Decimal("0.25") or at in {0, -1}:
        return "╸" if end > 0 else "╺", "this"
    return _NOTHING
