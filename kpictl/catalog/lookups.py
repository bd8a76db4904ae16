"""Small tables that people keep by hand as CSV, with the types that all their values fit."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from kpictl.catalog.document import read_text
from kpictl.catalog.model import Lookup
from kpictl.catalog.table import Column, ColumnType, TableName
from kpictl.catalog.text import FileText
from kpictl.diagnostics import Diagnostic, Span

Value = str | int | Decimal | date | None

_COLUMN = re.compile("[a-z_][a-z0-9_]*")
_BIGINT = re.compile("-?(?:0|[1-9][0-9]{0,17})")  # `007` is a text: its zeros mean something
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,27})(?:\.[0-9]{1,10})?")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(path: Path, schema: str) -> tuple[Lookup | None, tuple[Diagnostic, ...]]:
    """A CSV file as a table of the models' schema; its first row names the columns."""
    file, problem = read_text(path)
    if file is None:
        return None, problem
    if not _COLUMN.fullmatch(path.stem):
        help_ = "rename the file: `a` to `z`, digits and `_`"
        return None, (Diagnostic("KPI043", f"`{path.stem}` is not a table's name", Span.whole_file(path), help=help_),)
    rows, broken = _rows(file)
    if broken is not None:
        return None, (broken,)
    if not rows:
        help_ = "the first row names the columns"
        return None, (Diagnostic("KPI040", "the file has no header", Span.whole_file(path), help=help_),)
    (header_line, header), *body = rows
    found = [*_header(file, header_line, header), *_ragged(file, len(header), body)]
    if found:
        return None, tuple(found)
    columns = [_typed([row[index] for _, row in body]) for index in range(len(header))]
    return Lookup(
        name=TableName(schema, path.stem),
        path=path,
        columns=tuple(Column(name.strip(), kind) for name, (kind, _) in zip(header, columns, strict=True)),
        rows=tuple(zip(*(values for _, values in columns), strict=True)),
    ), ()


def _rows(file: FileText) -> tuple[list[tuple[int, list[str]]], Diagnostic | None]:
    """The rows that hold anything, each with the line on which it begins; and what stopped the reading."""
    reader = csv.reader(io.StringIO(file.text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        advice = 'a quote within a field in quotes is doubled: "say ""yes"""'
        return rows, Diagnostic("KPI044", f"this is not CSV: {error}", _line(file, line), help=advice)
    return rows, None


def _header(file: FileText, line: int, header: list[str]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    names = [name.strip() for name in header]
    for index, name in enumerate(names):
        at = _field(file, line, index)
        if not _COLUMN.fullmatch(name):
            help_ = "a column's name is written with `a` to `z`, digits and `_`"
            message = f"`{name[:40]}` is not a column's name" if name else "a column has no name"
            found.append(Diagnostic("KPI040", message, at, help=help_))
        elif name in names[:index]:
            found.append(Diagnostic("KPI041", f"the column `{name}` stands twice", at, help="rename one of them"))
    return found


def _field(file: FileText, line: int, index: int) -> Span:
    """The place of a field of a row that stands on one line; fields that hold commas are rare in headers."""
    whole = _line(file, line)
    text = file.text[file.line_starts[line - 1] :].splitlines()[0]
    parts = text.split(",")
    if index >= len(parts):
        return whole
    start = file.line_starts[line - 1] + sum(len(part) + 1 for part in parts[:index])
    return file.span(start, start + len(parts[index]))


def _line(file: FileText, line: int) -> Span:
    start = file.line_starts[min(line, len(file.line_starts)) - 1]
    lines = file.text[start:].splitlines()
    return file.span(start, start + (len(lines[0]) if lines else 0))


def _ragged(file: FileText, width: int, rows: Sequence[tuple[int, list[str]]]) -> list[Diagnostic]:
    return [
        Diagnostic(
            "KPI042",
            f"this row has {len(row)} fields, the header has {width}",
            _line(file, line),
            help='a field that holds a comma needs quotes: "a, b"',
        )
        for line, row in rows
        if len(row) != width
    ]


def _typed(values: list[str]) -> tuple[ColumnType, list[Value]]:
    filled = [value for value in values if value]
    for kind, fits, make in _TYPES:
        if filled and all(fits(value) for value in filled):
            return kind, [make(value) if value else None for value in values]
    return "text", [value or None for value in values]


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


_TYPES: tuple[tuple[ColumnType, Callable[[str], object], Callable[[str], Value]], ...] = (
    ("bigint", _BIGINT.fullmatch, int),
    ("decimal", _DECIMAL.fullmatch, Decimal),
    ("date", _is_date, date.fromisoformat),
)
