"""Lines that fit a screen: cut texts, wrapped paragraphs, trees."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from kpictl.cli.terminal import printable

TEXT_COLUMNS = 100
"""Sentences are no wider, however wide the screen is."""
CUT_COLUMNS = 12
"""A cell is cut to so many columns where the screen is narrow."""
GAP = "  "


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a drawn tree: its text and what hangs below it."""

    text: str
    below: tuple[Branch, ...] = ()


def fitted(text: str, columns: int) -> str:
    """A text on one line, cut to so many columns."""
    text = printable(" ".join(text.split()))
    return text if cell_len(text) <= columns else f"{set_cell_size(text, max(columns - 1, 0)).rstrip()}…"


def padded(text: str, columns: int) -> str:
    return set_cell_size(text, columns)


def right(text: str, columns: int) -> str:
    return " " * (columns - cell_len(text)) + text


def wrapped(text: str, columns: int) -> list[str]:
    """A paragraph as lines; words that are too long for one are left whole."""
    width = max(min(columns, TEXT_COLUMNS), 20)
    lines = textwrap.wrap(printable(" ".join(text.split())), width, break_long_words=False, break_on_hyphens=False)
    return lines or [""]


def tree(branches: Sequence[Branch], columns: int, *, whole: bool = False) -> Iterator[str]:
    """The lines of a tree; a text that is too wide is cut, or with `whole` goes on in the next line."""
    for number, branch in enumerate(branches, start=1):
        is_last = number == len(branches)
        edge = "  " if is_last else "│ "
        first, *others = wrapped(branch.text, columns - 4) if whole else [fitted(branch.text, columns - 2)]
        yield ("└ " if is_last else "├ ") + first
        yield from (f"{edge}{'│ ' if branch.below else '  '}{line}" for line in others)
        yield from (edge + line for line in tree(branch.below, columns - 2, whole=whole))


def aligned(
    rows: Sequence[Sequence[str]],
    columns: int,
    spare: Sequence[str] = (),
    *,
    numbers: frozenset[int] = frozenset(),
) -> Iterator[str]:
    """Rows of cells in columns, the heading first, no wider than the screen if `spare` gives room enough.

    `spare` are the columns that may be cut to CUT_COLUMNS each, and where that is not enough, left out in their order;
    at last the last column is cut. Columns that are among `numbers` are aligned to the right.
    """
    table = [[printable(" ".join(cell.split())) for cell in row] for row in rows]
    names = table[0]
    widths = {at: max(cell_len(row[at]) for row in table) for at in range(len(names))}
    while _cut(widths, [at for at in widths if names[at] in spare], columns) > 0:
        gone = next((names.index(name) for name in spare if name in names and names.index(name) in widths), None)
        if gone is None:
            break
        widths = {at: max(cell_len(row[at]) for row in table) for at in widths if at != gone}
    last = max(widths)
    over = sum(widths.values()) + len(GAP) * (len(widths) - 1) - columns
    widths[last] = max(widths[last] - max(over, 0), min(widths[last], CUT_COLUMNS))
    for row in table:
        cells = [(right if at in numbers else padded)(fitted(row[at], width), width) for at, width in widths.items()]
        yield GAP.join(cells).rstrip()


def _cut(widths: dict[int, int], spare: Sequence[int], columns: int) -> int:
    """Make the widest of the spare columns narrower until all fit: how much is missing in the end."""
    over = sum(widths.values()) + len(GAP) * (len(widths) - 1) - columns
    while over > 0:
        widest = max(spare, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= CUT_COLUMNS:
            return over
        widths[widest] -= 1
        over -= 1
    return 0


def joined(parts: Sequence[str], columns: int) -> Iterator[str]:
    """As many of the parts on a line as fit."""
    line = ""
    for part in parts:
        longer = f"{line} · {part}" if line else part
        if line and cell_len(longer) > columns:
            yield line
            longer = part
        line = longer
    yield line
