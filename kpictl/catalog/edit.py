"""Adding a KPI to a file: its entry is put into the text, and every other byte stays as it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kpictl.catalog.document import Value, parse
from kpictl.catalog.layout import Item, Layout
from kpictl.catalog.text import FileText
from kpictl.catalog.written import COLUMNS, block_item, flow_item
from kpictl.diagnostics import UsageError

KEY = "kpis"
KEYS = (
    "id", "code", "name", "description", "category", "format", "target_direction",
    "source", "measure", "where", "formula", "over_time", "max_staleness", "owner", "tags", "sort_order", "is_active",
)  # fmt: skip
"""The keys of a KPI in the order in which an entry is written."""

BYTE_ORDER_MARK = "\ufeff"
Entry = Mapping[str, Value]


class Piece(NamedTuple):
    """A text that stands in place of `text[start:end]`."""

    start: int
    end: int
    text: str


class _Style(NamedTuple):
    """How an item of a block list is written: its dash's column, what follows how far behind it, in flow or not."""

    column: int
    pad: int = 2
    flow: bool = False


def text_of(path: Path) -> str | None:
    """A file's text with all of its bytes, a byte order mark too; None where there is no file."""
    return path.read_bytes().decode("utf-8") if path.exists() else None


def with_kpi(text: str, kpi: Entry, path: Path) -> str:
    r"""A file's text with a KPI put into its `kpis`: behind the last one of its category, else at the end.

    The text is read again: UsageError if it does not say what it said before and the KPI.
    `path` is for messages.

    >>> print(with_kpi("kpis:\n- {id: 1, code: a}  # first\n", {"id": 2, "code": "b"}, Path("a.yml")), end="")
    kpis:
    - {id: 1, code: a}  # first
    - {id: 2, code: b}
    """
    entry = {key: kpi[key] for key in sorted(kpi, key=KEYS.index)}
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    file = FileText.of(path, text.removeprefix(BYTE_ORDER_MARK))
    value, kpis = _read(file)
    position = _position(kpis, entry)
    edited = _spliced(file.text, _pieces(Layout.of(file), entry, position))
    _assert_says(FileText.of(path, edited), {**value, KEY: [*kpis[:position], entry, *kpis[position:]]})
    return mark + edited


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file at once, or make the file; links are followed, the mode is kept."""
    real = Path(os.path.realpath(path))
    real.parent.mkdir(parents=True, exist_ok=True)
    beside = real.with_name(f".{real.name}.{os.getpid()}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, beside)
        beside.replace(real)
    finally:
        beside.unlink(missing_ok=True)


def _read(file: FileText) -> tuple[dict[str, Value], list[Value]]:
    """What a file says, and the KPIs among that."""
    document, problems = parse(file)
    if document is None or problems:
        raise UsageError(f"{file.path} cannot be read as it is", help="`kpictl lint` says what is wrong")
    value = {} if document.value is None else document.value
    kpis = (value.get(KEY) or []) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kpis, list):
        raise UsageError(f"{file.path} has no list `{KEY}`", help="`kpictl lint` says what is wrong")
    return value, kpis


def _position(kpis: list[Value], entry: Entry) -> int:
    category = entry.get("category")
    same = [i for i, kpi in enumerate(kpis) if category and isinstance(kpi, dict) and kpi.get("category") == category]
    return same[-1] + 1 if same else len(kpis)


def _assert_says(file: FileText, value: Value) -> None:
    document, problems = parse(file)
    if document is None or problems or document.value != value:
        message = f"the KPI cannot be put into {file.path} without changing what else it says"
        raise UsageError(message, help="end the file with a line break, or name another file with --file")


def _spliced(text: str, pieces: tuple[Piece, ...]) -> str:
    for piece in reversed(pieces):
        text = text[: piece.start] + piece.text + text[piece.end :]
    return text


def _pieces(layout: Layout, entry: Entry, position: int) -> tuple[Piece, ...]:
    """What is put where; pieces stand in order."""
    pair = layout.pair(KEY)
    is_flow = isinstance(layout.root, MappingNode) and layout.root.flow_style
    match pair:
        case None:
            return (_key_in_flow(layout, entry),) if is_flow else (_key(layout, entry),)
        case _, SequenceNode(value=[], flow_style=True) as node:
            at = layout.first_token(yaml.FlowSequenceStartToken, node.start_mark.index).end_mark.index
            return (Piece(at, at, _flow_text(layout, entry, at)),)
        case _, SequenceNode(flow_style=True) as node:
            return _in_flow_list(layout, entry, layout.flow_items(node), position)
        case _, SequenceNode() as node:
            return (_in_block_list(layout, entry, node, position),)
        case _, ScalarNode() as node if is_flow:
            return (Piece(node.start_mark.index, node.end_mark.index, f"[{_flow_text(layout, entry, 0)}]"),)
        case name, node:
            return _first_item(layout, entry, name, node)


def _in_block_list(layout: Layout, entry: Entry, node: SequenceNode, position: int) -> Piece:
    items = layout.block_items(node)
    before = items[position - 1]
    is_last = position == len(items)
    end = node.end_mark.index if is_last else items[position].start
    style = _style(layout, before, node.value[position - 1])
    column = _root_column(layout) if is_last else style.column
    at, is_past_blanks = _behind(layout, before, end, column)
    lines = _item(entry, style)
    if _is_loose(layout, items, position, style):
        follows = layout.text[at:].strip() != ""
        lines = [*lines, *[""][: int(follows)]] if is_past_blanks else ["", *lines]
    return _lines(layout, at, lines)


def _style(layout: Layout, item: Item, node: Node) -> _Style:
    """The style of an item of a block list."""
    column = layout.column(item.start)
    start = node.start_mark.index
    if isinstance(node, MappingNode) and item.start < start < item.end and layout.same_line(item.start, start):
        return _Style(column, max(2, layout.column(start) - column), bool(node.flow_style))
    return _Style(column)


def _is_loose(layout: Layout, items: list[Item], position: int, style: _Style) -> bool:
    """Whether an empty line stands between the items around the new one, or else between those before it."""
    if len(items) == 1:
        return not style.flow
    second = min(position, len(items) - 1)
    end, _ = layout.content_end(items[second - 1].start, items[second].start)
    return layout.is_loose(end, items[second].start) or not layout.line_above(end)


def _behind(layout: Layout, item: Item, end: int, column: int) -> tuple[int, bool]:
    """Where the line behind an item begins, or that behind the comments that are its own."""
    content, is_past_blanks = layout.content_end(item.start, end)
    at = content if is_past_blanks else layout.next_line(content)
    past = layout.past_comments(at, end, column)
    return past, is_past_blanks and past == at


def _first_item(layout: Layout, entry: Entry, name: Node, node: Node) -> tuple[Piece, ...]:
    """The item of a list that has none: `kpis:`, perhaps with comments, or `kpis: null`."""
    colon = layout.first_token(yaml.ValueToken, name.end_mark.index).end_mark.index
    column = layout.column(name.start_mark.index)
    end = min((token.start_mark.index for token in layout.tokens if token.start_mark.index > node.end_mark.index),
              default=len(layout.text))  # fmt: skip
    at = layout.past_comments(layout.next_line(max(colon, node.end_mark.index)), end, column)
    item = _lines(layout, at, _item(entry, _Style(_list_column(layout))))
    said = layout.text[colon : node.end_mark.index]
    return (Piece(colon, node.end_mark.index, ""), item) if said.strip() else (item,)


def _key(layout: Layout, entry: Entry) -> Piece:
    """The key with its list, at the end of a file in block style."""
    at = layout.end
    margin = " " * _root_column(layout)
    lines = [f"{margin}{KEY}:", *_item(entry, _Style(_list_column(layout)))]
    above = layout.line_above(at)
    is_past_blanks = layout.root is not None and layout.content_end(0, at)[1]
    return _lines(layout, at, lines if not above or above.startswith("---") or is_past_blanks else ["", *lines])


def _key_in_flow(layout: Layout, entry: Entry) -> Piece:
    """The key with its list in a file that is one `{…}`."""
    close = layout.last_token(0, layout.end)
    last = layout.last_token(0, close.start_mark.index)
    match last:
        case yaml.FlowMappingStartToken():
            before = ""
        case yaml.FlowEntryToken():
            before = " "
        case _:
            before = ", "
    at = last.end_mark.index
    return Piece(at, at, f"{before}{KEY}: [{_flow_text(layout, entry, 0)}]")


def _in_flow_list(layout: Layout, entry: Entry, items: list[Item], position: int) -> tuple[Piece, ...]:
    item = items[position - 1]
    column = layout.column(item.start)
    behind = item.end if item.comma is None else item.comma
    rest = layout.text[behind : layout.line_end(behind)].strip()
    if layout.same_line(item.end, behind) and (not rest or rest.startswith("#")):
        return _on_its_own_line(layout, entry, item, behind)
    written = _flow_text(layout, entry, layout.column(item.end) + 2)
    if layout.column(item.end) + len(written) + 2 > COLUMNS:
        written = f"{layout.line_break(item.end)}{' ' * column}{_flow_text(layout, entry, column)}"
        return (Piece(item.end, item.end, f",{written}"),)
    return (Piece(item.end, item.end, f", {written}"),)


def _on_its_own_line(layout: Layout, entry: Entry, item: Item, behind: int) -> tuple[Piece, ...]:
    """An item below another that ends its line, or is followed by a comment alone."""
    column = layout.column(item.start)
    at = layout.line_end(behind)
    line = f"{layout.line_break(layout.next_line(at))}{' ' * column}{_flow_text(layout, entry, column)}"
    if item.comma is None:
        return (Piece(item.end, item.end, ","), Piece(at, at, line))
    return (Piece(at, at, f"{line},"),)


def _item(entry: Entry, style: _Style) -> list[str]:
    """The lines of an item of a block list."""
    if not style.flow:
        return block_item(entry, style.column, style.pad)
    first, *others = flow_item(entry, style.column + style.pad)
    return [f"{' ' * style.column}-{' ' * (style.pad - 1)}{first}", *others]


def _flow_text(layout: Layout, entry: Entry, column: int) -> str:
    return layout.line_break(len(layout.text)).join(flow_item(entry, column))


def _lines(layout: Layout, at: int, lines: list[str]) -> Piece:
    """Lines that are put in where a line begins, or behind a last line that no line break ends."""
    end = layout.line_break(at)
    is_new = layout.starts_line(at)
    return Piece(at, at, "".join(f"{line}{end}" if is_new else f"{end}{line}" for line in lines))


def _root_column(layout: Layout) -> int:
    """The column of the file's keys."""
    keys = layout.root.value if isinstance(layout.root, MappingNode) else []
    return layout.column(keys[0][0].start_mark.index) if keys else 0


def _list_column(layout: Layout) -> int:
    """The column of the dashes of a new list: that of the file's other lists."""
    values = [value for _, value in layout.root.value] if isinstance(layout.root, MappingNode) else []
    for value in values:
        if isinstance(value, SequenceNode) and value.value and not value.flow_style:
            return layout.column(layout.block_items(value)[0].start)
    return _root_column(layout) + 2
