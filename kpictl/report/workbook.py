"""Rows as an Excel workbook: numbers and days as such, each in the format of its KPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from io import SEEK_CUR, BufferedWriter, FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, BinaryIO, assert_never

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kpictl.report.exported import Batches, begins_a_formula
from kpictl.report.flat import FlatTable
from kpictl.report.format import value
from kpictl.report.shape import Shape

# https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
ROWS_AT_MOST = 1_048_575
"""Of a sheet, below its header."""
DIGITS_AT_MOST = 15

_SECONDS_A_DAY = 86_400
_FIRST_DAY = date(1900, 3, 1)
"""Excel's calendar has a 29 February 1900: https://learn.microsoft.com/en-us/office/troubleshoot/excel/wrongly-assumes-1900-is-leap-year"""
_BY_KPI = frozenset({"value", "prior", "delta"})
_WIDTHS: Mapping[str, int] = MappingProxyType(
    {"kpi_name": 32, "kpi_code": 26, "category": 18, "entity_name": 20, "value": 16, "prior": 16, "delta": 16}
)
_WIDTH = 12


@dataclass(slots=True)
class Limits:
    """How often Excel could not keep all: texts that were cut, numbers with more digits than it has."""

    cut_texts: int = 0
    longer_numbers: int = 0


def write_workbook(path: Path, table: FlatTable, batches: Batches) -> Limits:
    """Write a workbook of one sheet; of two exports of the same rows the bytes are the same.

    Its rows are gathered on disk, beside the file.
    """
    output, limits = _Output(path, "w"), Limits()
    with BufferedWriter(output) as file, TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder:
        try:
            limits = _write_book(file, folder, table, batches)
        except FileCreateError as error:
            output.error = OSError(error.args[0].errno, error.args[0].strerror)
        # The refusal is gone by now, and with its traceback the ZipFile, which writes its end on its way out.
    if output.error is not None:
        raise output.error
    return limits


def _write_book(file: BinaryIO, folder: str, table: FlatTable, batches: Batches) -> Limits:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": folder}
    # Not as a context, which would write the book even if its rows cannot be had.
    book = Workbook(file, options)
    book.use_zip64()
    book.set_properties({"created": datetime.combine(table.latest, time(), UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet(table.which)
    head = book.add_format({"bold": True, "bottom": 1})
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, _WIDTHS.get(column.name, max(_WIDTH, len(column.name) + 3)))
        sheet.write_string(0, at, column.name, head)
    sheet.freeze_panes(1, 0)
    styled = cache(lambda code: book.add_format({"num_format": code}))
    cells = _Cells(table, sheet, styled, book.add_format({"quote_prefix": True}))
    rows = 0
    for batch in batches:
        for row in batch:
            rows += 1
            cells.write(rows, row)
    sheet.autofilter(0, 0, rows, len(table.columns) - 1)
    book.close()
    return cells.limits


class _Output(FileIO):
    """A file that remembers what it could not write and goes on: a ZipFile that is thrown away would complain again."""

    error: OSError | None = None

    def write(self, data: Any, /) -> int:  # bytes, or a view of them
        try:
            return super().write(data)
        except OSError as error:
            self.error = self.error or OSError(error.errno, error.strerror)
            size = memoryview(data).nbytes
            self.seek(size, SEEK_CUR)
            return size


def number_format(shape: Shape, name: str) -> str:
    """How Excel writes a KPI's `value`, `prior` or `delta`; separators are those of whoever looks at it.

    >>> number_format(Shape("currency", 2, "USD"), "value")
    '"$"#,##0.00'
    """
    digits = f"0.{'0' * shape.decimals}" if shape.decimals else "0"
    match shape.kind:
        case "currency":
            one = Shape("currency", 0, shape.currency, locale=shape.locale)
            before, _, after = value(Decimal(1), one).partition("1")
            return f"{_quoted(before)}#,##{digits}{_quoted(after)}"
        case "number":
            return f"#,##{digits}"
        case "percent" if shape.stored_as == "fraction":
            # The cell keeps value less prior, 0.9: of points it has to say so, or it reads as a change in percent.
            return f'{digits}%" pts"' if name == "delta" else f"{digits}%"
        case "percent":
            return f'{digits}"{" pp" if name == "delta" else "%"}"'
        case "duration":
            # Of less than nothing Excel has no hours.
            return '[h]:mm:ss;-0.00" d"'
        case never:
            assert_never(never)


def _quoted(text: str) -> str:
    kept = text.replace('"', "")
    return f'"{kept}"' if kept else ""


@dataclass(frozen=True, slots=True)
class _Cells:
    """Writes the rows of a table, one below the other."""

    table: FlatTable
    sheet: Worksheet
    styled: Callable[[str], Format]
    quoted: Format
    limits: Limits = field(default_factory=Limits)

    def write(self, row: int, values: Sequence[object]) -> None:
        cells = dict(zip((column.name for column in self.table.columns), values, strict=True))
        shape = self.table.shapes.get(int(str(cells["kpi_id"])))
        for at, (name, each) in enumerate(cells.items()):
            self._cell(row, at, name, each, shape)

    def _cell(self, row: int, at: int, name: str, each: object, shape: Shape | None) -> None:
        match each:
            case None:
                pass
            case bool():
                self.sheet.write_boolean(row, at, each)
            case int():
                self.sheet.write_number(row, at, each)
            case Decimal():
                self._number(row, at, name, each, shape)
            case date() if each >= _FIRST_DAY:
                self.sheet.write_datetime(row, at, datetime.combine(each, time()), self.styled("yyyy-mm-dd"))
            case _:
                self._text(row, at, str(each))

    def _number(self, row: int, at: int, name: str, number: Decimal, shape: Shape | None) -> None:
        if len(number.normalize().as_tuple().digits) > DIGITS_AT_MOST:
            self.limits.longer_numbers += 1
        code = '0.0"%"' if name == "delta_pct" else "General"
        if shape is not None and name in _BY_KPI:
            code = number_format(shape, name)
            if shape.kind == "duration":
                number = number / _SECONDS_A_DAY
        self.sheet.write_number(row, at, float(number), self.styled(code))

    def _text(self, row: int, at: int, text: str) -> None:
        style = self.quoted if begins_a_formula(text) else None
        if self.sheet.write_string(row, at, text, style) != 0:
            self.limits.cut_texts += 1
