"""Draws a table of a KPI's values against those of the year before: its windows, or its months."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, assert_never

from rich.cells import cell_len
from rich.text import Text

from kpictl.cli.board import EXPLAINED, MARKS, STYLES
from kpictl.cli.ink import inked
from kpictl.cli.layout import GAP, fitted, padded, right
from kpictl.report.chart import beam
from kpictl.report.format import MISSING, Change, change, compact, value
from kpictl.report.shape import Direction, Shape
from kpictl.report.words import status_words

GOING_ON = "…"
"""Marks a period that has not ended."""
LEAST_BEAM, MOST_BEAM = 12, 40
"""A bar beside a row has so many columns at least and at most."""
VERDICTS = {"good": "better", "bad": "worse", "neutral": ""}

_Part = Literal["name", "value", "prior", "change", "verdict", "days", "prior_days"]
_LAYOUTS: tuple[tuple[bool, tuple[_Part, ...]], ...] = (
    (False, ("name", "value", "prior", "change", "verdict", "days", "prior_days")),
    (False, ("name", "value", "prior", "change", "verdict", "days")),
    (False, ("name", "value", "prior", "change", "verdict")),
    (True, ("name", "value", "prior", "change", "verdict")),
    (True, ("name", "value", "prior", "change")),
    (True, ("name", "value", "change")),
    (True, ("name", "value")),
)
"""The first that fits is taken; whether its numbers are short ones, and what stands in a row."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A value, that of the year before, and the change; `days` tells of which days each is."""

    name: str
    value: Decimal | None
    status: str
    prior: Decimal | None
    prior_status: str
    delta: Decimal | None
    delta_pct: Decimal | None
    days: str = ""
    prior_days: str = ""
    is_going_on: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How a KPI's numbers are written, and which changes of them are good."""

    shape: Shape
    direction: Direction
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class _Cell:
    """A text, and a mark behind it that has a column of its own, so that digits stand below each other."""

    text: str
    mark: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    cells: tuple[_Cell, ...]
    is_right: bool

    @property
    def marks(self) -> int:
        return max(cell_len(cell.mark) for cell in self.cells)

    @property
    def width(self) -> int:
        return max(cell_len(self.heading), *(cell_len(cell.text) + self.marks for cell in self.cells))

    @property
    def title(self) -> str:
        return right(self.heading, self.width) if self.is_right else padded(self.heading, self.width)

    def drawn(self, cell: _Cell) -> Text:
        text = f"{cell.text}{padded(cell.mark, self.marks)}"
        return Text(right(text, self.width) if self.is_right else padded(text, self.width), style=cell.style)


def draw(rows: Sequence[Compared], style: Style, columns: int, *, has_beams: bool = False) -> Iterator[Text]:
    """The table, then what its marks mean; `has_beams` draws bars where the width leaves room for them."""
    table = _fitting(rows, style, columns)
    room = columns - _width(table) - len(GAP)
    beams = _beams(rows, min(room, MOST_BEAM)) if has_beams and room >= LEAST_BEAM else [Text()] * len(rows)
    yield Text(_cut(GAP.join(column.title for column in table).rstrip(), columns), style="dim")
    for at, beside in enumerate(beams):
        line = Text(GAP).join([*(column.drawn(column.cells[at]) for column in table), beside])
        line.rstrip()
        line.truncate(columns, overflow="ellipsis")
        yield line
    yield from _notes(rows, columns)


def _fitting(rows: Sequence[Compared], style: Style, columns: int) -> tuple[_Column, ...]:
    table: tuple[_Column, ...] = ()
    for is_short, parts in _LAYOUTS:
        every = (_column(part, rows, replace(style, is_short=is_short)) for part in parts)
        table = tuple(column for column in every if any(cell.text for cell in column.cells))
        if _width(table) <= columns:
            break
    return table


def _width(table: Sequence[_Column]) -> int:
    return sum(column.width for column in table) + len(GAP) * (len(table) - 1)


def _column(part: _Part, rows: Sequence[Compared], style: Style) -> _Column:
    match part:
        case "name":
            return _Column(
                "", tuple(_Cell(row.name, GOING_ON if row.is_going_on else "") for row in rows), is_right=False
            )
        case "value":
            return _Column("value", tuple(_number(row.value, row.status, style) for row in rows), is_right=True)
        case "prior":
            cells = tuple(_number(row.prior, row.prior_status, style) for row in rows)
            return _Column("a year before", cells, is_right=True)
        case "change":
            return _Column("change", tuple(_change(row, style) for row in rows), is_right=True)
        case "verdict":
            return _Column("", tuple(_verdict(row, style) for row in rows), is_right=False)
        case "days":
            return _Column("days", tuple(_Cell(row.days, style="dim") for row in rows), is_right=False)
        case "prior_days":
            return _Column("compared with", tuple(_Cell(row.prior_days, style="dim") for row in rows), is_right=False)
        case never:
            assert_never(never)


def _number(number: Decimal | None, status: str, style: Style) -> _Cell:
    if number is None:
        return _Cell(
            MARKS["undefined"] if status == "undefined" else MISSING,
            "" if status == "undefined" else MARKS.get(status, ""),
        )
    return _Cell((compact if style.is_short else value)(number, style.shape, unit=False), MARKS.get(status, ""))


def _change(row: Compared, style: Style) -> _Cell:
    found = _against(row, style)
    return _Cell(found.text, style=STYLES[found.goodness])


def _verdict(row: Compared, style: Style) -> _Cell:
    goodness = _against(row, style).goodness
    return _Cell(VERDICTS[goodness], style=STYLES[goodness])


def _against(row: Compared, style: Style) -> Change:
    is_partial = "partial" in {row.status, row.prior_status}
    return change(row.delta, row.delta_pct, style.shape, style.direction, is_partial=is_partial, short=style.is_short)


def _beams(rows: Sequence[Compared], columns: int) -> list[Text]:
    known = [number for row in rows for number in (row.value, row.prior) if number is not None]
    least, most = min(known, default=Decimal(0)), max(known, default=Decimal(0))
    return [inked(beam(row.value, row.prior, least, most, columns)) for row in rows]


def _notes(rows: Sequence[Compared], columns: int) -> Iterator[Text]:
    statuses = {status for row in rows for status in (row.status, row.prior_status)}
    for status in EXPLAINED:
        if status in statuses:
            yield Text(fitted(f"{MARKS.get(status, MISSING)} {status_words(status)}", columns), style="dim")
    if any(row.is_going_on for row in rows):
        yield Text(fitted(f"{GOING_ON} not over yet: both years up to the same day", columns), style="dim")


def _cut(text: str, columns: int) -> str:
    """Numbers have spaces that are no names' to have: they are not looked through again."""
    return text if cell_len(text) <= columns else f"{text[: columns - 1]}…"
