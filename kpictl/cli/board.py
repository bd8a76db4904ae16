"""Draws a scoreboard: as much of it as the terminal is wide, never a wrapped row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from kpictl.cli.layout import GAP, fitted, joined, right
from kpictl.cli.terminal import printable
from kpictl.report import Card, Scoreboard, Window, sparkline
from kpictl.report.format import MISSING, change, compact, value
from kpictl.report.words import behind_words, status_words, window_label

TREND_COLUMNS = 28
NAME_COLUMNS = 20
"""A name may be cut to so many columns, if that makes the windows fit …"""
NAME_COLUMNS_WITH_TREND = 28
"""… and to so many, if that makes the trend fit."""
MARKS = {"partial": "~", "undefined": "∅", "stale": "!"}
EXPLAINED = ("partial", "undefined", "stale", "no_data")
STYLES = {"good": "green", "bad": "red", "neutral": ""}


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a width allows. `is_short` writes numbers in about four characters."""

    windows: tuple[str, ...]
    is_short: bool
    has_trend: bool
    name_columns: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """A KPI over a window as text: value and change, each with room for a mark, and the change's style."""

    value: str
    change: str
    style: str


def draw(board: Scoreboard, columns: int) -> Iterator[Text]:
    """The lines of a scoreboard."""
    layout = _layout(board, columns)
    yield from _title(board, columns)
    widths = {name: _widths(board, name, layout) for name in layout.windows}
    yield _header(layout, widths)
    for category, cards in board.categories:
        if category:
            yield Text(fitted(category, columns), style="bold")
        for card in cards:
            yield _row(card, layout, widths)
    yield Text()
    yield from _notes(board, layout, columns)


def _layout(board: Scoreboard, columns: int) -> _Layout:
    """The first layout that fits: numbers in full, then short ones, then without the trend, then cut names,
    at last without the windows at the end.
    """
    longest = max(cell_len(_name(card)) for card in board.cards)
    full = _Layout(board.windows, is_short=False, has_trend=True, name_columns=longest)
    short = replace(full, is_short=True)
    bare = replace(short, has_trend=False)
    candidates = [
        (full, longest),
        (short, NAME_COLUMNS_WITH_TREND),
        (replace(full, has_trend=False), longest),
        (bare, longest),
        *((replace(bare, windows=board.windows[:n]), NAME_COLUMNS) for n in range(len(board.windows), 0, -1)),
    ]
    for layout, least_columns in candidates:
        room = columns - _columns(board, layout)
        if room >= min(longest, least_columns):
            return replace(layout, name_columns=min(longest, room))
    return replace(bare, windows=board.windows[:1], name_columns=min(longest, NAME_COLUMNS))


def _columns(board: Scoreboard, layout: _Layout) -> int:
    """The width of all but the names."""
    windows = sum(len(GAP) + sum(_widths(board, name, layout)) + 1 for name in layout.windows)
    return windows + (len(GAP) + TREND_COLUMNS if layout.has_trend else 0)


def _widths(board: Scoreboard, name: str, layout: _Layout) -> tuple[int, int]:
    """The columns of a window's values and changes; its heading stands over both."""
    cells = [_cell(card, name, layout) for card in board.cards]
    values = max(cell_len(cell.value) for cell in cells)
    changes = max(cell_len(cell.change) for cell in cells)
    return max(values, len(window_label(name)) - 1 - changes), changes


def _title(board: Scoreboard, columns: int) -> Iterator[Text]:
    through = board.data_through
    parts = [board.project, board.entity, f"as of {board.as_of}"]
    parts.append(f"data through {through}" if through else "no data")
    yield from (Text(fitted(line, columns), style="bold") for line in joined(parts, columns))
    yield Text()


def _header(layout: _Layout, widths: dict[str, tuple[int, int]]) -> Text:
    text = " " * layout.name_columns
    for name in layout.windows:
        values, changes = widths[name]
        heading = f"{window_label(name):>{values}}"
        text += f"{GAP}{heading:<{values + 1 + changes}}"
    if layout.has_trend:
        text += f"{GAP}{f'last {TREND_COLUMNS} days':<{TREND_COLUMNS}}"
    return Text(text.rstrip(), style="dim")


def _row(card: Card, layout: _Layout, widths: dict[str, tuple[int, int]]) -> Text:
    line = Text(set_cell_size(fitted(_name(card), layout.name_columns), layout.name_columns))
    for name in layout.windows:
        values, changes = widths[name]
        cell = _cell(card, name, layout)
        line.append(f"{GAP}{right(cell.value, values)} ")
        line.append(right(cell.change, changes), style=cell.style)
    if layout.has_trend:
        line.append(f"{GAP}{sparkline(card.trend)}", style="cyan")
    line.rstrip()
    return line


def _cell(card: Card, name: str, layout: _Layout) -> _Cell:
    window = next((each for each in card.windows if each.name == name), None)
    if window is None:
        return _Cell(MISSING, "", "")
    write = compact if layout.is_short else value
    if window.status == "undefined":
        shown = MARKS["undefined"]
    else:
        shown = write(window.value, card.shape, unit=False) + _mark(window.status)
    is_partial = "partial" in {window.status, window.prior_status}
    against = change(
        window.delta, window.delta_pct, card.shape, card.direction, is_partial=is_partial, short=layout.is_short
    )
    # A prior that covers a part of its days makes a change doubtful.
    doubt = "" if against.text == MISSING else _mark(window.prior_status)
    return _Cell(shown, against.text + doubt, STYLES[against.goodness])


def _mark(status: str) -> str:
    return MARKS.get(status, "")


def _notes(board: Scoreboard, layout: _Layout, columns: int) -> Iterator[Text]:
    """What the marks mean that occur, what the width left out, which data is behind."""
    shown = [window for card in board.cards for window in card.windows if window.name in layout.windows]
    for status in EXPLAINED:
        if any(_occurs(window, status) for window in shown):
            yield _note(f"{MARKS.get(status, MISSING)} {status_words(status)}", columns)
    yield _note("changes are against the same days a year before", columns)
    for lag in board.lags:
        through = None if lag.data_through is None else str(lag.data_through)
        since = behind_words(through, is_formula=lag.is_formula)
        yield _note(_listed(f"{since}: ", lag.names, columns), columns)
    left_out = [window_label(name) for name in board.windows if name not in layout.windows]
    if left_out:
        yield _note(f"the terminal is too narrow for {', '.join(left_out)}", columns)


def _occurs(window: Window, status: str) -> bool:
    return status == window.status or (status == window.prior_status == "partial")


def _note(text: str, columns: int) -> Text:
    return Text(fitted(text, columns), style="dim")


def _listed(start: str, names: Sequence[str], columns: int) -> str:
    """As many of the names as fit, and how many more there are."""
    for count in range(len(names), 0, -1):
        more = f" and {len(names) - count} more" if count < len(names) else ""
        text = start + ", ".join(names[:count]) + more
        if cell_len(text) <= columns:
            return text
    return f"{start}{len(names)} KPIs"


def _name(card: Card) -> str:
    """The unit stands with the name, not in every cell."""
    return printable(f"{card.name} ({card.shape.unit})" if card.shape.unit else card.name)
