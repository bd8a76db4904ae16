"""Diagnostics as people and programs read them: annotated source, a line each, or JSON."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from textwrap import wrap

from kpictl.diagnostics.diagnostic import Diagnostic, Severity
from kpictl.diagnostics.span import Span

PAGE_COLUMNS = 80
TAB = "    "
CUT = "…"
HELP = "help: "
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Those of YAML, by which places are counted."""
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder what a terminal shows: a source line must look like what it is."""


def text(diagnostics: Sequence[Diagnostic], *, color: bool, base: Path) -> str:
    """Each diagnostic with its source line and carets, then a count of them; paths are relative to `base`."""
    if not diagnostics:
        return ""
    page = _Page(_Paint(on=color), base, {})
    blocks = [page.block(diagnostic) for diagnostic in diagnostics]
    return "\n".join([*blocks, page.closing(diagnostics)])


def concise(diagnostics: Sequence[Diagnostic], *, base: Path) -> str:
    """One line each, which editors can jump from: `file:line:column: error[KPI101] message`."""
    return "".join(
        f"{relative(each.at.path, base)}:{each.at.line}:{each.at.column}: "
        f"{each.severity}[{each.code}] {_printable(each.message)}\n"
        for each in diagnostics
    )


def json(diagnostics: Sequence[Diagnostic], *, base: Path) -> str:
    """A JSON list of objects; no key is ever missing."""
    values = [
        {
            "code": each.code,
            "severity": each.severity.value,
            "message": each.message,
            **_place(each.at, base),
            "also": [{"message": note.message, **_place(note.at, base)} for note in each.also],
            "help": each.help,
        }
        for each in diagnostics
    ]
    return dumps(values, indent=2, ensure_ascii=False) + "\n"


def _place(span: Span, base: Path) -> dict[str, str | int]:
    return {
        "path": relative(span.path, base),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def relative(path: Path, base: Path) -> str:
    """The path from `base` where it lies below it; links are not followed: people see the names they use."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
    root = Path(os.path.abspath(base))  # noqa: PTH100 -- resolve() would follow links
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else path.as_posix()


@dataclass(frozen=True, slots=True)
class _Paint:
    """Text in ANSI colours, or as it is."""

    on: bool

    def _in(self, code: str, words: str) -> str:
        return f"\033[{code}m{words}\033[0m" if self.on and words else words

    def bold(self, words: str) -> str:
        return self._in("1", words)

    def frame(self, words: str) -> str:
        return self._in("1;34", words)

    def severity(self, severity: Severity, words: str) -> str:
        return self._in("1;31" if severity is Severity.ERROR else "1;33", words)


@dataclass(frozen=True, slots=True)
class _Page:
    """What all the blocks of one rendering share; `read` keeps the lines of the files already seen."""

    paint: _Paint
    base: Path
    read: dict[Path, list[str]]

    def block(self, diagnostic: Diagnostic) -> str:
        """One diagnostic: its heading, its place, the places of its notes, its help."""
        paint, severity = self.paint, diagnostic.severity
        spans = [diagnostic.at, *(note.at for note in diagnostic.also)]
        width = max(len(str(span.line)) for span in spans)
        heading = paint.severity(severity, f"{severity}[{diagnostic.code}]")
        bar = " " * (width + 1) + paint.frame("|")
        rows = [
            heading + paint.bold(f": {_printable(diagnostic.message)}"),
            f"{' ' * width}{paint.frame('-->')} {self.place(diagnostic.at)}",
            *self.excerpt(diagnostic.at, width, severity, ""),
        ]
        for note in diagnostic.also:
            label = _printable(note.message)
            rows += [bar, f"{' ' * width}{paint.frame(':::')} {self.place(note.at)}"]
            rows += self.excerpt(note.at, width, None, label) or [f"{bar} {label}"]
        if diagnostic.help is not None:
            margin = " " * (width + 1)
            room = PAGE_COLUMNS - len(margin) - len(HELP) - 2
            words = _printable(diagnostic.help)
            first, *others = wrap(words, room, break_long_words=False, break_on_hyphens=False)
            rows += [bar, f"{margin}{paint.frame('=')} {paint.bold('help')}: {first}"]
            rows += [f"{margin}{' ' * (len(HELP) + 2)}{line}" for line in others]
        return "\n".join(rows) + "\n"

    def place(self, span: Span) -> str:
        """`file:line:column`, or the file alone where the finding is about all of it."""
        name = relative(span.path, self.base)
        return name if _is_whole_file(span) else f"{name}:{span.line}:{span.column}"

    def excerpt(self, span: Span, width: int, severity: Severity | None, label: str) -> list[str]:
        """The first line of a span with a mark under it, if there is one; `severity` is None for a note."""
        line = self.line(span)
        if line is None:
            return []
        frame = self.paint.frame
        bar = " " * (width + 1) + frame("|")
        shown, indent, marks = _fit(line, span, PAGE_COLUMNS - width - 3)
        mark = frame(f"{'-' * marks} {label}") if severity is None else self.paint.severity(severity, "^" * marks)
        return [bar, f"{frame(f'{span.line:>{width}} |')} {shown}".rstrip(), f"{bar} {' ' * indent}{mark}"]

    def line(self, span: Span) -> str | None:
        """The line that a span begins on; None where there is none to show."""
        if _is_whole_file(span):
            return None
        if span.path not in self.read:
            try:
                content = span.path.read_text(encoding="utf-8-sig", errors="replace")
            except OSError:
                content = ""
            self.read[span.path] = LINE_BREAK.split(content)
        lines = self.read[span.path]
        return lines[span.line - 1] if span.line <= len(lines) else None

    def closing(self, diagnostics: Sequence[Diagnostic]) -> str:
        """How many errors and warnings there are, and in which file or how many of them."""
        counts = Counter(diagnostic.severity for diagnostic in diagnostics)
        worst = Severity.ERROR if counts[Severity.ERROR] else Severity.WARNING
        parts = [_count(counts[severity], severity) for severity in Severity if counts[severity]]
        files = {relative(diagnostic.at.path, self.base) for diagnostic in diagnostics}
        where = next(iter(files)) if len(files) == 1 else _count(len(files), "file")
        counted = f": {' and '.join(parts)} in {where}"
        return f"{self.paint.severity(worst, worst)}{self.paint.bold(counted)}\n"


def _is_whole_file(span: Span) -> bool:
    return span == Span.whole_file(span.path)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _fit(line: str, span: Span, room_columns: int) -> tuple[str, int, int]:
    """A line cut to the room around its span: its text, the mark's indent and length, in terminal columns."""
    cells = [_cell(character) for character in line]
    start = min(span.column - 1, len(cells))
    end = len(line.rstrip()) if span.end_line > span.line else min(span.end_column - 1, len(cells))
    end = max(start, end)
    first, last = _window(cells, start, end, room_columns)
    shown = "".join(glyph for glyph, _ in cells[first:last])
    before = CUT if first > 0 else ""
    after = CUT if last < len(cells) else ""
    indent = len(before) + _columns(cells[first:start])
    marks = max(1, _columns(cells[start : min(end, last)]))
    return before + shown + after, indent, marks


def _window(cells: Sequence[tuple[str, int]], start: int, end: int, room_columns: int) -> tuple[int, int]:
    """Which characters to show: all, else those from the beginning, else the span with room on both sides."""
    if _columns(cells) <= room_columns:
        return 0, len(cells)
    if _columns(cells[:end]) <= room_columns - len(CUT):
        return 0, _grow(cells, 0, end, room_columns - len(CUT))
    room = room_columns - 2 * len(CUT)
    margin = max(0, room - _columns(cells[start:end])) // 2
    first = _grow_left(cells, start, start, margin)
    last = _grow(cells, first, start, room)
    return _grow_left(cells, first, last, room), last


def _grow(cells: Sequence[tuple[str, int]], first: int, last: int, room_columns: int) -> int:
    while last < len(cells) and _columns(cells[first : last + 1]) <= room_columns:
        last += 1
    return last


def _grow_left(cells: Sequence[tuple[str, int]], first: int, last: int, room_columns: int) -> int:
    while first > 0 and _columns(cells[first - 1 : last]) <= room_columns:
        first -= 1
    return first


def _columns(cells: Sequence[tuple[str, int]]) -> int:
    return sum(width for _, width in cells)


def _cell(character: str) -> tuple[str, int]:
    """What to print for a character, and how many terminal columns that takes."""
    if character == "\t":
        return TAB, len(TAB)
    if unicodedata.category(character) == "Cc" or character in BIDI:
        return "\ufffd", 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _printable(words: str) -> str:
    """Words on one line, without characters that steer a terminal: names in them come from people's files."""
    return "".join(_cell(character)[0] for character in words.replace("\n", " "))
