"""A file's text, and the exact place of each character of a scalar that stands in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kpictl.diagnostics import Span

# YAML's line breaks, which are those of `str.splitlines` too for text that YAML allows.
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_FOLD = re.compile("[ \t]*(?:(?:\r\n|[\n\r\x85\u2028\u2029])[ \t]*)+")

QUOTE_COMMAS = "in `{…}` a comma ends a value: put the whole of it in quotes"


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file and where its lines begin."""

    path: Path
    text: str
    line_starts: tuple[int, ...]

    @staticmethod
    def of(path: Path, text: str) -> FileText:
        return FileText(path, text, (0, *(found.end() for found in LINE_BREAK.finditer(text))))

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`; offsets outside the text are moved to its nearest end."""
        line, column = self._position(start)
        end_line, end_column = self._position(max(start, end))
        return Span(self.path, line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text value, its place, and, where the file has it verbatim, the place of each of its characters."""

    text: str
    at: Span
    file: FileText | None = None
    offsets: Sequence[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`; all of the scalar where its characters cannot be told apart."""
        if self.file is None or not self.offsets or start >= end:
            return self.at
        last = len(self.offsets) - 1
        return self.file.span(self.offsets[min(start, last)], self.offsets[min(end - 1, last)] + 1)

    def is_cut_by_comma(self) -> bool:
        """Whether a comma ends it, as it does where a value without quotes stands in `{…}` or `[…]`."""
        if self.file is None or not self.offsets:
            return False
        return self.file.text[self.offsets[-1] + 1 :].lstrip().startswith(",")


def align_folded(text: str, source: str, start: int, end: int, *, doubled: str = "") -> tuple[int, ...] | None:
    r"""Where each character of `text` stands in `source[start:end]`, or None where escapes hide it.

    A line break with the blanks around it stands for one space, and k + 1 of them for k line breaks;
    `doubled` is a character that the source writes twice.

    >>> align_folded("a b", "x: a\n   b", 3, 9)
    (3, 4, 8)
    """
    offsets: list[int] = []
    at = start
    while len(offsets) < len(text):
        rest = len(offsets)
        if (fold := _FOLD.match(source, at, end)) is not None:
            breaks = len(LINE_BREAK.findall(fold.group()))
            folded = " " if breaks == 1 else "\n" * (breaks - 1)
            if not text.startswith(folded, rest):
                return None
            offsets.extend([at] * len(folded))
            at = fold.end()
        elif at < end and source[at] == text[rest]:
            offsets.append(at)
            at += 2 if source[at] == doubled else 1
        else:
            return None
    return tuple(offsets)


def align_lines(text: str, source: str, start: int, end: int) -> tuple[int, ...] | None:
    r"""The same for a literal block, whose lines stand as they are behind an indent, from `start` on.

    >>> align_lines("a\nb", "x: |\n  a\n  b", 5, 12)
    (7, 8, 11)
    """
    offsets: list[int] = []
    indent: int | None = None
    at = start
    for line in text.split("\n"):
        if line:
            blanks = len(source[at:end]) - len(source[at:end].lstrip(" "))
            indent = blanks if indent is None else indent
            at += min(indent, blanks)
        if source[at : at + len(line)] != line or (not line and indent is None):
            return None
        stop = LINE_BREAK.search(source, at + len(line), end)
        if stop is None and len(offsets) + len(line) < len(text):
            return None
        offsets.extend(range(at, at + len(line)))
        if stop is not None:
            offsets.append(stop.start())
            at = stop.end()
    return tuple(offsets[: len(text)])
