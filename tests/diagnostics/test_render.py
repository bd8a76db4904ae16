"""What people and programs read of a diagnostic, against texts written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from kpictl.diagnostics import Diagnostic, Note, Severity, Span, render


def on_line(path: Path, line: int, column: int, end_column: int) -> Span:
    return Span(path, line, column, line, end_column)


def rendered(diagnostic: Diagnostic, base: Path) -> list[str]:
    return render.text([diagnostic], color=False, base=base).splitlines()


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A file whose line 41 is the example of the design."""
    path = tmp_path / "kpis" / "orders.yml"
    path.parent.mkdir()
    lines = [
        "kpis:",
        "  - code: orders",
        *["#"] * 38,
        "    formula: net_revenu / orders",
        "    name: \tab: x",
    ]
    path.write_text("\n".join(lines))
    return path


def test_the_example_of_the_design(orders: Path, tmp_path: Path) -> None:
    diagnostic = Diagnostic(
        "KPI101",
        "unknown KPI `net_revenu` in a formula",
        on_line(orders, 41, 14, 24),
        help="`net_revenue` is near",
    )
    expected = """\
        error[KPI101]: unknown KPI `net_revenu` in a formula
          --> kpis/orders.yml:41:14
           |
        41 |     formula: net_revenu / orders
           |              ^^^^^^^^^^
           |
           = help: `net_revenue` is near

        error: 1 error in kpis/orders.yml
        """
    assert render.text([diagnostic], color=False, base=tmp_path) == dedent(expected)


def test_notes_are_further_blocks_and_all_is_counted(orders: Path, tmp_path: Path) -> None:
    other = tmp_path / "kpis" / "more.yml"
    other.write_text("kpis:\n- {code: orders}\n")
    twice = Diagnostic(
        "KPI110",
        "two KPIs have the code `orders`",
        on_line(orders, 41, 27, 33),
        also=(Note("the first one", on_line(other, 2, 10, 16)), Note("a file", Span.whole_file(other))),
        help="rename one",
    )
    warning = Diagnostic("KPI299", "mind this", on_line(other, 1, 1, 5), Severity.WARNING)
    expected = """\
        error[KPI110]: two KPIs have the code `orders`
          --> kpis/orders.yml:41:27
           |
        41 |     formula: net_revenu / orders
           |                           ^^^^^^
           |
          ::: kpis/more.yml:2:10
           |
         2 | - {code: orders}
           |          ------ the first one
           |
          ::: kpis/more.yml
           | a file
           |
           = help: rename one

        warning[KPI299]: mind this
         --> kpis/more.yml:1:1
          |
        1 | kpis:
          | ^^^^

        error: 1 error and 1 warning in 2 files
        """
    assert render.text([twice, warning], color=False, base=tmp_path) == dedent(expected)


def test_nothing_is_said_of_nothing(tmp_path: Path) -> None:
    assert render.text([], color=False, base=tmp_path) == ""
    assert render.concise([], base=tmp_path) == ""
    assert json.loads(render.json([], base=tmp_path)) == []


@pytest.mark.parametrize(
    ("content", "place", "shown", "marks"),
    [
        # A tab takes four columns, so that what is marked stays above its mark.
        ("\tcode: x\n", (1, 8, 1, 9), "1 |     code: x", "  |           ^"),
        ("a\tb: x", (1, 1, 1, 4), "1 | a    b: x", "  | ^^^^^^"),
        # A wide character takes two, a combining one none.
        ("name: 売上, x", (1, 11, 1, 12), "1 | name: 売上, x", "  |             ^"),
        ("name: 売上, x", (1, 7, 1, 9), "1 | name: 売上, x", "  |       ^^^^"),
        ("cafe\u0301: x", (1, 8, 1, 9), "1 | cafe\u0301: x", "  |       ^"),
        # Of several lines the first is shown, to its end.
        ("a: 1\nb: >  \n  c\n", (2, 4, 3, 4), "2 | b: >", "  |    ^"),
        ("where: a\n  and b\n", (1, 8, 2, 8), "1 | where: a", "  |        ^"),
        # An empty span has one caret, at a line's end too.
        ("a:\n", (1, 3, 1, 3), "1 | a:", "  |   ^"),
        # YAML counts these as line breaks.
        ("a: 1\r\nb: 2\r\n", (2, 4, 2, 5), "2 | b: 2", "  |    ^"),
        ("a: 1\u2028b: 2", (2, 4, 2, 5), "2 | b: 2", "  |    ^"),
        # What steers a terminal is not passed on.
        ("a: \x1b[31mred", (1, 4, 1, 5), "1 | a: \ufffd[31mred", "  |    ^"),
        ("a: \u202eb", (1, 5, 1, 6), "1 | a: \ufffdb", "  |     ^"),
    ],
)
def test_carets_stand_under_their_span(
    tmp_path: Path, content: str, place: tuple[int, int, int, int], shown: str, marks: str
) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(content.encode())
    lines = rendered(Diagnostic("KPI001", "wrong", Span(path, *place)), tmp_path)
    assert lines[3:5] == [shown, marks]


# With one digit of line number, 76 columns are left for the line.
DIGITS = "0123456789" * 20


@pytest.mark.parametrize(
    ("place", "shown", "marks"),
    [
        # Near the beginning: 75 characters and the sign of the cut.
        ((1, 4), DIGITS[:75] + "…", "^^^"),
        # In the middle: 74 characters between two signs, 35 on the left of the four.
        ((101, 105), "…" + DIGITS[65:139] + "…", " " * 36 + "^^^^"),
        # At the end: the last 74; the room of the missing sign stays free.
        ((199, 201), "…" + DIGITS[126:], " " * 73 + "^^"),
        # A span that is itself too long is cut, and so are its carets.
        ((101, 200), "…" + DIGITS[100:174] + "…", " " + "^" * 74),
        ((1, 201), DIGITS[:74] + "…", "^" * 74),
    ],
)
def test_a_long_line_is_cut_around_its_span(tmp_path: Path, place: tuple[int, int], shown: str, marks: str) -> None:
    path = tmp_path / "a.yml"
    path.write_text(DIGITS)
    lines = rendered(Diagnostic("KPI001", "wrong", on_line(path, 1, *place)), tmp_path)
    assert lines[3:5] == [f"1 | {shown}", f"  | {marks}"]
    assert all(len(line) <= 80 for line in lines)


def test_a_place_without_text_is_still_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.yml"
    lines = rendered(Diagnostic("KPI001", "wrong\n\x1b[2J", on_line(missing, 7, 3, 4), help="do"), tmp_path)
    assert lines == [
        "error[KPI001]: wrong \ufffd[2J",
        " --> none.yml:7:3",
        "  |",
        "  = help: do",
        "",
        "error: 1 error in none.yml",
    ]


def test_a_file_as_a_whole_has_no_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("a: 1\n")
    assert rendered(Diagnostic("KPI001", "wrong", Span.whole_file(path)), tmp_path)[:2] == [
        "error[KPI001]: wrong",
        " --> a.yml",
    ]


def test_a_path_outside_the_base_stays_whole(orders: Path, tmp_path: Path) -> None:
    diagnostic = Diagnostic("KPI001", "wrong", on_line(orders, 1, 1, 5))
    assert rendered(diagnostic, tmp_path / "elsewhere")[1] == f" --> {orders.as_posix()}:1:1"


def test_colours(orders: Path, tmp_path: Path) -> None:
    diagnostic = Diagnostic("KPI101", "wrong", on_line(orders, 41, 14, 16), help="do")
    red, blue, bold, off = "\033[1;31m", "\033[1;34m", "\033[1m", "\033[0m"
    assert render.text([diagnostic], color=True, base=tmp_path).splitlines() == [
        f"{red}error[KPI101]{off}{bold}: wrong{off}",
        f"  {blue}-->{off} kpis/orders.yml:41:14",
        f"   {blue}|{off}",
        f"{blue}41 |{off}     formula: net_revenu / orders",
        f"   {blue}|{off}              {red}^^{off}",
        f"   {blue}|{off}",
        f"   {blue}={off} {bold}help{off}: do",
        "",
        f"{red}error{off}{bold}: 1 error in kpis/orders.yml{off}",
    ]


def test_concise(orders: Path, tmp_path: Path) -> None:
    first = Diagnostic("KPI101", "unknown KPI `x`", on_line(orders, 41, 14, 24), help="do")
    second = Diagnostic("KPI299", "mind", on_line(orders, 2, 5, 9), Severity.WARNING)
    assert render.concise([first, second], base=tmp_path) == (
        "kpis/orders.yml:41:14: error[KPI101] unknown KPI `x`\nkpis/orders.yml:2:5: warning[KPI299] mind\n"
    )


def test_json(orders: Path, tmp_path: Path) -> None:
    diagnostic = Diagnostic(
        "KPI110", "ein Ärger", on_line(orders, 41, 14, 24), also=(Note("first", on_line(orders, 2, 5, 9)),)
    )
    assert json.loads(render.json([diagnostic], base=tmp_path)) == [
        {
            "code": "KPI110",
            "severity": "error",
            "message": "ein Ärger",
            "path": "kpis/orders.yml",
            "line": 41,
            "column": 14,
            "end_line": 41,
            "end_column": 24,
            "also": [
                {
                    "message": "first",
                    "path": "kpis/orders.yml",
                    "line": 2,
                    "column": 5,
                    "end_line": 2,
                    "end_column": 9,
                }
            ],
            "help": None,
        }
    ]
