"""Reading YAML: values as JSON has them, and the place of every key and scalar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from math import isfinite
from pathlib import Path
from typing import TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kpictl.catalog.broken import syntax_error
from kpictl.catalog.text import FileText, Scalar, align_folded, align_lines
from kpictl.diagnostics import Diagnostic, Note, Span

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML was built without libyaml: the same, slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"


class Loader(_SafeLoader):
    """Finds nodes and their places; plain scalars keep their text, for JSON's scalars are told apart here."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- as PyYAML has it


_DEPTH_MAX = 50
_CLOSE = "close the brackets that are open; no catalog needs so many"
_REPEATS_MAX = 1_000  # how many values aliases may stand for in one file
_INTEGER_MAX = 2**63 - 1

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LIKE_A_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_]*|0[xXoObB][0-9a-fA-F_]+|[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NOT_PRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s*)*")  # `&anchor` and `!tag` before a value


@dataclass(frozen=True, slots=True)
class Places:
    """Where a value and all that is below it stand in their file; an implied value stands nowhere.

    Places take no part in comparisons: two values that say the same are equal, wherever they stand.
    """

    path: Path = field(compare=False)
    file: FileText | None = field(default=None, compare=False, repr=False)
    node: Node | None = field(default=None, compare=False, repr=False)
    name: Node | None = field(default=None, compare=False, repr=False)  # the key under which the value stands

    @staticmethod
    def nowhere(path: Path) -> Places:
        """The places of a value that is implied."""
        return Places(path)

    def at(self, *route: str | int) -> Span:
        """The place of the value at `route`, or of the nearest value above it."""
        return self.under(*route).value_span()

    def key(self, *route: str | int) -> Span:
        """The place of the key that `route` ends in, or else of the nearest value."""
        if not route:
            return self.key_span()
        *above, last = route
        below = self.under(*above)
        found = below.child(last)
        return below.value_span() if found is None else found.key_span()

    def has(self, *route: str | int) -> bool:
        """Whether the file says anything at `route`."""
        below: Places | None = self
        for step in route:
            below = None if below is None else below.child(step)
        return below is not None

    def follows_comma(self) -> bool:
        """Whether it is a key that nobody wrote as one: what stands behind a comma in `{…}`, without a colon."""
        if self.file is None or self.name is None or self.node is None or self.value_span() != self.key_span():
            return False
        start, end = _extent(self.file.text, self.name)
        before, after = self.file.text[:start].rstrip(), self.file.text[end:].lstrip()
        return before.endswith(",") and after[:1] in (",", "}")

    def first_key(self) -> str | None:
        """The first key of a mapping."""
        if isinstance(self.node, MappingNode) and self.node.value and isinstance(self.node.value[0][0], ScalarNode):
            return str(self.node.value[0][0].value)
        return None

    def under(self, *route: str | int) -> Places:
        """The places below `route`, or below the nearest value above it."""
        below = self
        for step in route:
            child = below.child(step)
            if child is None:
                break
            below = child
        return below

    def scalar(self, *route: str | int) -> Scalar:
        """The text at `route` with the place of each of its characters."""
        below = self.under(*route)
        at = below.value_span()
        if below.file is None or not isinstance(below.node, ScalarNode):
            return Scalar("", at)
        return Scalar(below.node.value, at, below.file, _offsets(below.file, below.node))

    def child(self, step: str | int) -> Places | None:
        match self.node:
            case MappingNode(value=pairs):
                for key, value in pairs:
                    if isinstance(key, ScalarNode) and key.value == step:
                        return Places(self.path, self.file, value, key)
            case SequenceNode(value=items) if isinstance(step, int) and 0 <= step < len(items):
                return Places(self.path, self.file, items[step])
        return None

    def value_span(self) -> Span:
        if self.file is None or self.node is None:
            return Span.whole_file(self.path)
        start, end = _extent(self.file.text, self.node)
        return self.key_span() if start == end and self.name is not None else self.file.span(start, end)

    def key_span(self) -> Span:
        if self.file is None or self.name is None:
            return self.value_span()
        return self.file.span(*_extent(self.file.text, self.name))


def _extent(text: str, node: Node) -> tuple[int, int]:
    """A node's first offset, behind its tag and anchor, and its end, without the blank lines after it."""
    start, end = node.start_mark.index, node.end_mark.index
    if text[start : start + 1] in ("&", "!"):
        found = _PROPERTIES.match(text, start, end)
        start = found.end() if found else start
    while isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
        if node.end_mark.index > node.start_mark.index >= start:
            end = node.end_mark.index
        elif isinstance(last, tuple) and last[0].start_mark.index >= start:
            end = last[0].end_mark.index + 1  # an empty or aliased value: up to its key's colon
            break
    return start, start + len(text[start:end].rstrip())


def _offsets(file: FileText, node: ScalarNode) -> tuple[int, ...] | None:
    start, end = _extent(file.text, node)
    text = node.value.rstrip("\n")
    match node.style:
        case "'":
            return align_folded(text, file.text, start + 1, end - 1, doubled="'")
        case '"':
            return align_folded(text, file.text, start + 1, end - 1)
        case "|" | ">":
            first = file.text.find("\n", start, end) + 1
            if first == 0:
                return None
            if node.style == "|":
                return align_lines(text, file.text, first, end)
            return align_folded(text, file.text, first + _blanks(file.text[first:end]), end)
        case _:
            return align_folded(text, file.text, start, end)


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file's value and where it stands; an empty file's value is None."""

    path: Path
    value: Value
    places: Places


def read(path: Path) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """A YAML file as a document, and what is wrong with it; there is one if it could be read in part."""
    file, problem = read_text(path)
    return (None, problem) if file is None else parse(file)


def parse(file: FileText) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The same for a text, whether or not it stands in its file yet."""
    if (odd := _NOT_PRINTABLE.search(file.text)) is not None:
        message = f"the character U+{ord(odd.group()):04X} is not allowed in YAML"
        return None, (Diagnostic("KPI003", message, file.span(odd.start(), odd.end()), help="remove it"),)
    if _is_too_deep(file.text):
        message = f"values are nested more than {_DEPTH_MAX} deep"
        return None, (Diagnostic("KPI011", message, Span.whole_file(file.path), help=_CLOSE),)
    if (excess := _excess_alias(file.text)) is not None:
        message = f"aliases stand for more than {_REPEATS_MAX} values in this file"
        return None, (Diagnostic("KPI006", message, file.span(*excess), help="write the values out"),)
    try:
        node = yaml.compose(file.text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        return None, (syntax_error(file, error),)
    reader = _Reader(file)
    value = None if node is None else reader.value(node)
    return Document(file.path, value, Places(file.path, file, node)), tuple(reader.found)


def read_text(path: Path) -> tuple[FileText | None, tuple[Diagnostic, ...]]:
    """A file's text, which must be UTF-8; a byte order mark is no part of it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        message = f"the file cannot be read: {reason}"
        advice = "make it a file that can be read, or remove it"
        return None, (Diagnostic("KPI001", message, Span.whole_file(path), help=advice),)
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return FileText.of(path, data.decode("utf-8")), ()
    except UnicodeDecodeError as error:
        good = FileText.of(path, data[: error.start].decode("utf-8"))
        at = good.span(len(good.text), len(good.text))
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8"
        return None, (Diagnostic("KPI002", message, at, help="save the file as UTF-8"),)


def _is_too_deep(text: str) -> bool:
    """PyYAML's C code recurses without a limit of its own and would crash, so depth is measured before.

    Each level takes a bracket or a column: most files are cleared by counting, the others by their events.
    """
    longest_line = max(map(len, text.splitlines()), default=0)
    if text.count("[") + text.count("{") + longest_line < 1_000:
        return False
    steps = (
        1 if isinstance(event, yaml.CollectionStartEvent) else -isinstance(event, yaml.CollectionEndEvent)
        for event in _events(text)
    )
    return any(depth > _DEPTH_MAX for depth in accumulate(steps))


def _excess_alias(text: str) -> tuple[int, int] | None:
    """The first alias with which all aliases of a file stand for too many values; nothing is expanded to find it."""
    if "*" not in text:
        return None
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    repeats = 0
    for event in _events(text):
        match event:
            case yaml.AliasEvent():
                size, anchor = sizes.get(event.anchor or "", 0), None
                repeats += size
                if repeats > _REPEATS_MAX and event.start_mark is not None and event.end_mark is not None:
                    return event.start_mark.index, event.end_mark.index
            case yaml.ScalarEvent():
                size, anchor = 1, event.anchor
            case yaml.CollectionStartEvent():
                open_nodes.append((event.anchor, 1))
                continue
            case yaml.CollectionEndEvent():
                anchor, size = open_nodes.pop()
            case _:
                continue
        if anchor is not None:
            sizes[anchor] = size
        open_nodes[-1] = (open_nodes[-1][0], open_nodes[-1][1] + size)
    return None


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=Loader)
    except yaml.YAMLError:
        return  # said when the nodes are composed


class _Reader:
    """Builds values from nodes and collects what is wrong on the way."""

    def __init__(self, file: FileText) -> None:
        self.found: list[Diagnostic] = []
        self._file = file
        self._open: set[int] = set()  # the nodes that hold the present one
        self._seen: set[int] = set()

    def value(self, node: Node) -> Value:
        if not self._may_read(node):
            return None
        self._open.add(id(node))
        try:
            match node:
                case MappingNode():
                    return self._mapping(node)
                case SequenceNode():
                    return [self.value(item) for item in node.value]
                case ScalarNode():
                    return self._scalar(node)
                case _:
                    raise AssertionError(node)
        finally:
            self._open.remove(id(node))

    def _may_read(self, node: Node) -> bool:
        repeated = id(node) in self._seen
        self._seen.add(id(node))
        if id(node) in self._open:
            self._say("KPI006", "an alias stands inside its own anchor", node, help_="write the values out")
        elif len(self._open) >= _DEPTH_MAX:
            self._say("KPI011", f"values are nested more than {_DEPTH_MAX} deep", node, help_=_CLOSE)
        else:
            if not repeated:
                self._refuse_tag(node)
            return True
        return False

    def _refuse_tag(self, node: Node) -> None:
        start = node.start_mark.index
        if self._file.text[start : start + 1] not in ("!", "&"):
            return
        end, _ = _extent(self._file.text, node)
        tag = re.search(r"!\S*", self._file.text[start:end])
        if tag is not None:
            at = self._file.span(start + tag.start(), start + tag.end())
            help_ = "leave the tag out; quotes make a text"
            self.found.append(Diagnostic("KPI008", f"the tag `{tag.group()}` is not read", at, help=help_))

    def _mapping(self, node: MappingNode) -> dict[str, Value]:
        value: dict[str, Value] = {}
        first: dict[str, Node] = {}
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                help_ = "put a value that begins with `{` or `[` in quotes; there are no templates"
                self._say("KPI010", "a key must be a name", key, help_=help_)
            elif key.value == "<<" and not key.style:
                self._say("KPI007", "merge keys (`<<`) are not read", key, help_="write the keys out")
            elif key.value in value:
                also = (Note("first here", self._at(first[key.value])),)
                self._say("KPI005", f"the key `{key.value}` stands twice", key, also=also, help_="keep one of them")
            else:
                self._refuse_tag(key)
                first[key.value] = key
                value[key.value] = self.value(item)
        return value

    def _scalar(self, node: ScalarNode) -> Value:
        text: str = node.value
        if node.style:
            return text
        if text in ("", "null", "~"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text) and len(text) < 20 and abs(int(text)) <= _INTEGER_MAX:
            return int(text)
        if _FRACTION.fullmatch(text) and not _INTEGER.fullmatch(text) and isfinite(number := float(text)):
            return number
        if _LIKE_A_NUMBER.fullmatch(text):
            help_ = "put it in quotes if it is a text, or write the number plainly"
            self._say("KPI009", f"`{_short(text)}` is not a number that every reader takes alike", node, help_=help_)
        return text

    def _at(self, node: Node) -> Span:
        return self._file.span(*_extent(self._file.text, node))

    def _say(self, code: str, message: str, node: Node, *, also: tuple[Note, ...] = (), help_: str) -> None:
        self.found.append(Diagnostic(code, message, self._at(node), also=also, help=help_))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
