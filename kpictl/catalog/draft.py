"""A KPI that stands in no file yet, read as if it did, so that what is said of it can be judged at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kpictl.catalog import build
from kpictl.catalog.document import Places, Value, parse
from kpictl.catalog.edit import KEY, with_kpi
from kpictl.catalog.model import Kpi
from kpictl.catalog.problems import shaped
from kpictl.catalog.schema import KpiShape
from kpictl.catalog.text import FileText
from kpictl.diagnostics import Diagnostic, Span

LAST = "~draft.yml"
"""A name behind those of all files of a project: of two things with one code the later is the one that is wrong."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A KPI as far as it could be read, what is wrong with it by itself, its text and the places in that."""

    kpi: Kpi | None
    found: tuple[Diagnostic, ...]
    file: FileText
    places: Places

    def is_about(self, found: Diagnostic, key: str) -> bool:
        """Whether something is wrong with the value of a key."""
        value, at = self.places.at(key), found.at
        return at.path == self.file.path and self.places.has(key) and value.line <= at.line <= value.end_line

    def marked(self, at: Span, key: str) -> tuple[str, int, int]:
        """The line that a place begins on, without the key, and where the place begins and ends in it."""
        start = self.file.line_starts[at.line - 1]
        value = self.places.at(key)
        before = value.column - 1 if at.line == value.line else len(self._line(start)) - len(self._line(start).lstrip())
        line = self._line(start)[before:]
        first = max(0, at.column - 1 - before)
        last = at.end_column - 1 - before if at.end_line == at.line else len(line)
        return line, first, max(first + 1, last)

    def _line(self, start: int) -> str:
        return self.file.text[start:].splitlines()[0]


def draft(entry: Mapping[str, Value], folder: Path) -> Draft:
    """A KPI of a project with those keys and values."""
    path = folder / LAST
    file = FileText.of(path, with_kpi("", entry, path))
    document, problems = parse(file)
    assert document is not None
    assert not problems
    places = document.places.under(KEY, 0)
    item = dict(entry)
    shape, wrong, _ = shaped(KpiShape, item, places)
    if shape is None:
        return Draft(None, (*wrong, *build.expression_problems(item, places)), file, places)
    found: list[Diagnostic] = []
    kpi = build.kpi(shape, places, found)
    return Draft(kpi, tuple(found), file, places)
