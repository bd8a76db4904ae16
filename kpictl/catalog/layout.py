"""Where things stand in a YAML file's text: its tokens, its lines, its comments."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kpictl.catalog.document import Loader
from kpictl.catalog.text import LINE_BREAK, FileText

BLANKS = " \t"
BREAKS = "\n\r\x85\u2028\u2029"


class Item(NamedTuple):
    """An item of a list: its dash or first character, the end of its last token, and its comma in flow style."""

    start: int
    end: int
    comma: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A text, its tokens that stand for any of its characters, and its first node."""

    file: FileText
    tokens: tuple[yaml.Token, ...]
    root: Node | None

    @staticmethod
    def of(file: FileText) -> Layout:
        """The layout of a text that can be read."""
        tokens = (token for token in yaml.scan(file.text, Loader=Loader) if _end(token) > _start(token))
        return Layout(file, tuple(tokens), yaml.compose(file.text, Loader=Loader))

    @property
    def text(self) -> str:
        return self.file.text

    @property
    def end(self) -> int:
        """Where the document's own text ends: at `...`, or with the file."""
        ends = (_start(token) for token in self.tokens if isinstance(token, yaml.DocumentEndToken))
        return next(ends, len(self.text))

    def pair(self, key: str) -> tuple[Node, Node] | None:
        """A key of the file and its value."""
        pairs = self.root.value if isinstance(self.root, MappingNode) else []
        return next((pair for pair in pairs if isinstance(pair[0], ScalarNode) and pair[0].value == key), None)

    def last_token(self, start: int, end: int) -> yaml.Token:
        """The last token that begins in `text[start:end]`."""
        return next(token for token in reversed(self.tokens) if start <= _start(token) < end)

    def first_token(self, kind: type[yaml.Token], start: int) -> yaml.Token:
        """The first token of a kind that begins at `start` or after it."""
        return next(token for token in self.tokens if isinstance(token, kind) and _start(token) >= start)

    def column(self, offset: int) -> int:
        return offset - self.file.line_starts[bisect_right(self.file.line_starts, offset) - 1]

    def same_line(self, first: int, second: int) -> bool:
        starts = self.file.line_starts
        return bisect_right(starts, first) == bisect_right(starts, second)

    def starts_line(self, offset: int) -> bool:
        return self.column(offset) == 0

    def line_end(self, offset: int) -> int:
        """Where the line of `offset` ends, before its line break."""
        following = self.next_line(offset)
        return offset + len(self.text[offset:following].rstrip(BREAKS))

    def next_line(self, offset: int) -> int:
        """Where the line after that of `offset` begins; the text's end after the last one."""
        number = bisect_right(self.file.line_starts, offset)
        return self.file.line_starts[number] if number < len(self.file.line_starts) else len(self.text)

    def line_break(self, offset: int) -> str:
        """The line break before `offset`, or the file's usual one."""
        for found in ("\r\n", "\n", "\r"):
            if self.text.endswith(found, 0, offset):
                return found
        return "\r\n" if "\r\n" in self.text else "\n"

    def line_above(self, offset: int) -> str:
        """The line that the character before `offset` is in, up to there."""
        number = bisect_right(self.file.line_starts, max(0, offset - 1)) - 1
        return self.text[self.file.line_starts[number] : offset].strip()

    def past_comments(self, offset: int, end: int, column: int) -> int:
        """Past the comments from the line at `offset` on that stand further right than `column`."""
        past = offset
        while offset < end:
            line = self.text[offset : self.next_line(offset)]
            words = line.lstrip(BLANKS)
            if words.strip():
                if not words.startswith("#") or len(line) - len(words) <= column:
                    break
                past = self.next_line(offset)
            offset = self.next_line(offset)
        return past

    def is_loose(self, start: int, end: int) -> bool:
        """Whether there is an empty line in `text[start:end]`, which begins within a line."""
        return any(not line.strip() for line in LINE_BREAK.split(self.text[start:end])[1:-1])

    def block_items(self, node: SequenceNode) -> list[Item]:
        """The items of a list in block style; nested lists are indented further."""
        start, end = node.start_mark.index, node.end_mark.index
        dashes = [_start(token) for token in self.tokens if isinstance(token, yaml.BlockEntryToken)]
        dashes = [dash for dash in dashes if start <= dash < end]
        starts = [dash for dash in dashes if self.column(dash) == self.column(dashes[0])]
        ends = [*starts[1:], end]
        return [Item(at, _end(self.last_token(at, until))) for at, until in zip(starts, ends, strict=True)]

    def flow_items(self, node: SequenceNode) -> list[Item]:
        """The items of a list in flow style."""
        found: list[Item] = []
        depth = 0
        start: int | None = None
        end = 0
        for token in self.tokens:
            if _start(token) < node.start_mark.index:
                continue
            opens = isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken)
            closes = isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken)
            if depth == 1 and (closes or isinstance(token, yaml.FlowEntryToken)):
                if start is not None:
                    found.append(Item(start, end, None if closes else _end(token)))
                start = None
            elif depth >= 1:
                start = _start(token) if start is None else start
                end = _end(token)
            depth += opens - closes
            if closes and depth == 0:
                break
        return found

    def content_end(self, start: int, end: int) -> tuple[int, bool]:
        """Where what begins in `text[start:end]` ends, and whether that is behind blank lines that belong to it."""
        last = self.last_token(start, end)
        if not isinstance(last, yaml.ScalarToken) or last.style not in ("|", ">"):
            return _end(last), False
        written = self.text[_start(last) : _end(last)]
        kept = written.rstrip(BLANKS + BREAKS)
        header = written[: self.line_end(_start(last)) - _start(last)].partition("#")[0]
        # After `|+` empty lines are a part of the text, and a line of blanks may be after any other.
        if "+" in header or any(blank in written[len(kept) :] for blank in BLANKS):
            return _end(last), self.starts_line(_end(last))
        return _start(last) + len(kept), False


def _start(token: yaml.Token) -> int:
    index: int = token.start_mark.index
    return index


def _end(token: yaml.Token) -> int:
    index: int = token.end_mark.index
    return index
