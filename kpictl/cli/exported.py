"""How rows are exported: which, in which format, and where to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from kpictl.catalog import Column, database_url
from kpictl.cli.output import STDOUT, called, refuse_folder, written_whole
from kpictl.cli.project import settings
from kpictl.cli.terminal import printable
from kpictl.compile import Flat
from kpictl.diagnostics import UsageError, WorldError
from kpictl.engine import Engine, open_published, write_parquet
from kpictl.report import FlatTable, Wanted, flat_table
from kpictl.report.exported import Batches, csv_text, json_array_text, json_lines_text

BATCH_ROWS = 5_000
BINARY = frozenset({"parquet", "xlsx"})
SUFFIXES: Mapping[str, str] = MappingProxyType(
    {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".xlsx": "xlsx"}
)
TEXTS: Mapping[str, Callable[[Sequence[Column], Batches], Iterator[str]]] = MappingProxyType(
    {"csv": csv_text, "json": json_array_text, "jsonl": json_lines_text}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    what: Flat = "dashboard"
    format: str | None = None
    out: Path = STDOUT
    as_of: date | None = None
    first: date | None = None
    last: date | None = None
    kpis: Sequence[str] = ()
    entities: Sequence[str] = ()

    @property
    def is_any(self) -> bool:
        """Whether it asks for anything but what is exported without a word."""
        return self != Asked()

    @property
    def wanted(self) -> Wanted:
        first, last = self.first, self.last
        if self.as_of is not None:
            if self.what != "dashboard":
                raise UsageError("--as-of is for the dashboard", help="--from and --to choose days and periods")
            if first is not None or last is not None:
                raise UsageError("--as-of and --from or --to contradict each other")
            first = last = self.as_of
        if first is not None and last is not None and first > last:
            raise UsageError(f"the days end on {last}, before they begin on {first}")
        return Wanted(self.what, first, last, tuple(self.kpis), tuple(self.entities))

    @property
    def written_as(self) -> str:
        """The format, by the file's suffix if nobody says; binary ones are for files and programs."""
        refuse_folder(self.out)
        found = self.format
        if found is None:
            found = "csv" if self.out == STDOUT else SUFFIXES.get(self.out.suffix.lower())
        if found is None:
            known = ", ".join(SUFFIXES)
            raise UsageError(
                f"{printable(self.out.name)} does not say how to write it", help=f"add --format, or end it with {known}"
            )
        if found in BINARY and self.out == STDOUT and sys.stdout.isatty():
            raise UsageError(f"{found} is not for a terminal", help="write it to a file with --out FILE")
        return found


def export_rows(project: Path, env: str | None, asked: Asked) -> None:
    """Write the rows, and say how many there were where they went to a file."""
    catalog = settings(project)
    wanted, written_as = asked.wanted, asked.written_as
    if written_as == "xlsx":
        _refuse_without_excel()
    with (
        closing(open_published(database_url(catalog, env), catalog.project.folder)) as reader,
        reader.transaction(sees_one_moment=True),
    ):
        table = flat_table(reader, catalog, wanted)
        rows = _Counted(reader.stream(table.query, BATCH_ROWS))
        notes = _write(reader, table, rows, written_as, asked.out)
    if asked.out != STDOUT:
        said = "1 row" if rows.count == 1 else f"{rows.count:,} rows"
        sys.stderr.write(f"wrote {printable(str(asked.out))}: {said}\n")
    for note in notes:
        sys.stderr.write(f"note: {note}\n")


def _write(reader: Engine, table: FlatTable, rows: Batches, written_as: str, out: Path) -> list[str]:
    """Write the rows; what is to be told of them."""
    if written_as in TEXTS:
        texts = TEXTS[written_as](table.columns, rows)
        if out == STDOUT:
            _write_texts(texts, sys.stdout.buffer)
            return []
        with written_whole(out) as path, path.open("wb") as file:
            _write_texts(texts, file)
        return []
    if written_as == "xlsx":
        return _write_workbook(reader, table, rows, out)
    with written_whole(out) as path:
        write_parquet(path, table.columns, rows, called(out))
    return []


def _write_texts(texts: Iterable[str], out: BinaryIO) -> None:
    out.writelines(text.encode() for text in texts)


def _write_workbook(reader: Engine, table: FlatTable, rows: Batches, out: Path) -> list[str]:
    from kpictl.report.workbook import DIGITS_AT_MOST, ROWS_AT_MOST, write_workbook

    unordered = table.query.copy()
    unordered.set("order", None)
    number = reader.count_of(unordered)
    if number > ROWS_AT_MOST:
        raise WorldError(
            f"these are {number:,} rows, and an Excel sheet holds {ROWS_AT_MOST:,} below its header",
            help="choose fewer by --from, --to, --kpi or --entity; csv and parquet hold any number",
        )
    with written_whole(out) as path:
        limits = write_workbook(path, table, rows)
    notes = []
    if limits.longer_numbers:
        have = "1 number has" if limits.longer_numbers == 1 else f"{limits.longer_numbers:,} numbers have"
        notes.append(f"{have} more than the {DIGITS_AT_MOST} digits that Excel keeps; csv, json and parquet have all")
    if limits.cut_texts:
        have = "1 text is" if limits.cut_texts == 1 else f"{limits.cut_texts:,} texts are"
        notes.append(f"{have} cut to the 32,767 characters that a cell of Excel holds")
    return notes


def _refuse_without_excel() -> None:
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise WorldError(
            "an Excel file needs the Python package `xlsxwriter`", help="pip install 'kpictl[excel]'"
        ) from None
    del xlsxwriter


@dataclass(slots=True)
class _Counted:
    """Batches of rows, and how many rows have gone by."""

    batches: Batches
    count: int = field(default=0)

    def __iter__(self) -> Iterator[Sequence[Sequence[object]]]:
        for batch in self.batches:
            self.count += len(batch)
            yield batch
