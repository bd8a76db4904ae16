"""Reads records from files: CSV, JSON lines and Parquet, packed or not; and what types their columns seem to have."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, cast

import duckdb

from kpictl.catalog.table import ColumnType
from kpictl.connect.exchange import AnswerError, Item, Spoilt
from kpictl.connect.json_stream import storable, values
from kpictl.connect.record import strict_json

Format = Literal["csv", "jsonl", "parquet"]

DELIMITERS = ",;\t|"
SAMPLE = 10_000
"""Records that a column's type is guessed from."""

_FORMATS: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
_OF_PARQUET: Mapping[str, ColumnType] = {
    "BOOLEAN": "boolean",
    "TINYINT": "bigint",
    "SMALLINT": "bigint",
    "INTEGER": "bigint",
    "BIGINT": "bigint",
    "UTINYINT": "bigint",
    "USMALLINT": "bigint",
    "UINTEGER": "bigint",
    "UBIGINT": "decimal",
    "HUGEINT": "decimal",
    "DECIMAL": "decimal",
    "FLOAT": "double",
    "DOUBLE": "double",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "VARCHAR": "text",
    "UUID": "text",
}
_BIGINT = re.compile("-?(?:0|[1-9][0-9]{0,17})")  # `007` is a text: its zeros mean something
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,27})(?:\.[0-9]{1,10})?")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_ZONED = re.compile(_TIME.pattern + r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)")


@dataclass(frozen=True, slots=True)
class Reading:
    """How files of one kind are read; what is None is found out."""

    format: Format | None = None
    delimiter: str | None = None
    encoding: str = "utf-8-sig"

    def items(self, path: Path) -> Iterator[Item]:
        """The records of a file; AnswerError where it cannot be read to its end."""
        with told(path):
            match self._format(path):
                case "jsonl":
                    with _opened(path) as file:
                        for value in values(file):
                            yield value if isinstance(value, dict) else Spoilt({"value": value}, "it is no object")
                case "csv":
                    yield from self._lines(path)
                case "parquet":
                    yield from _rows(path)

    def headings(self, path: Path) -> list[str] | None:
        """The columns that a file has, as far as its format says so."""
        with told(path):
            match self._format(path):
                case "jsonl":
                    return None
                case "csv":
                    with self._text(path) as text:
                        return self._heading(path, text)
                case "parquet":
                    return list(_parquet_types(path))

    def types(self, path: Path) -> dict[str, ColumnType]:
        """The columns that a file has, and the types that their values seem to be of."""
        with told(path):
            if self._format(path) == "parquet":
                return _parquet_types(path)
            found: dict[str, list[Any]] = {name: [] for name in self.headings(path) or ()}
            for item in islice(self.items(path), SAMPLE):
                for name, value in item.items():
                    found.setdefault(name, []).append(value)
        return {name: _type(values_) for name, values_ in found.items()}

    def _format(self, path: Path) -> Format:
        suffix = next((part for part in reversed(path.suffixes) if part != ".gz"), "")
        found = self.format or _FORMATS.get(suffix.lower())
        if found is None:
            raise AnswerError(f"{path.name}: its name does not tell its format", help="add `format: csv`, for one")
        return found

    @contextmanager
    def _text(self, path: Path) -> Iterator[IO[str]]:
        with _opened(path) as file, io.TextIOWrapper(file, encoding=self.encoding, newline="") as text:
            yield text

    def _heading(self, path: Path, text: IO[str]) -> list[str]:
        heading = text.readline()
        if not heading.strip():
            raise AnswerError(f"{path.name} has no heading", help="its first line names the columns")
        text.seek(0)
        return next(csv.reader(text, delimiter=self._delimiter(heading), strict=True))

    def _delimiter(self, heading: str) -> str:
        """The one that is declared, else that of which the heading has most."""
        return self.delimiter or max(DELIMITERS, key=heading.count)

    def _lines(self, path: Path) -> Iterator[Item]:
        with self._text(path) as text:
            heading = self._heading(path, text)
            text.seek(0)
            delimiter = self._delimiter(text.readline())
            text.seek(0)
            lines = csv.reader(text, delimiter=delimiter, strict=True)
            next(lines)
            for fields in lines:
                if not fields:
                    continue
                given = {name: storable(field) or None for name, field in zip(heading, fields, strict=False)}
                if len(fields) == len(heading):
                    yield given
                else:
                    reason = f"line {lines.line_num} has {len(fields)} fields, and the heading {len(heading)}"
                    yield Spoilt({**given, "": fields[len(heading) :]}, reason)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Says which file could not be read, and why."""
    help_ = "look at the file"
    try:
        yield
    except FileNotFoundError:
        raise AnswerError(f"there is no file {path}", help="look at `path` and `folder`") from None
    except UnicodeDecodeError as error:
        message = f"{path.name} is not written in {error.encoding}"
        raise AnswerError(message, help="add `encoding: latin-1`, or what it is written in") from None
    except (EOFError, zlib.error):
        raise AnswerError(f"{path.name} is cut off: its packing has no end", help="fetch it again") from None
    except OSError as error:
        raise AnswerError(f"{path}: {error.strerror or error}", help=help_) from None
    except duckdb.Error as error:
        raise AnswerError(f"{path.name} cannot be read: {str(error).splitlines()[0]}", help=help_) from None
    except (csv.Error, ValueError, LookupError) as error:
        raise AnswerError(f"{path.name} cannot be read: {error}", help=help_) from None


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))  # a GzipFile reads as any file does
    return path.open("rb")


def _rows(path: Path) -> Iterator[Item]:
    with duckdb.connect() as reader:
        cursor = reader.execute("SELECT * FROM read_parquet(?)", [_literal(path)])
        names = [str(column[0]) for column in cursor.description or ()]
        while rows := cursor.fetchmany(1_000):
            for row in rows:
                yield {name: storable(strict_json(value)) for name, value in zip(names, row, strict=True)}


def _parquet_types(path: Path) -> dict[str, ColumnType]:
    with duckdb.connect() as reader:
        described = reader.execute("DESCRIBE SELECT * FROM read_parquet(?)", [_literal(path)]).fetchall()
    return {str(row[0]): _OF_PARQUET.get(str(row[1]).partition("(")[0], "json") for row in described}


def _literal(path: Path) -> str:
    """The path as a pattern that means itself alone."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _type(found: Sequence[Any]) -> ColumnType:
    """The narrowest type that all values fit; a text for none at all."""
    given = [value for value in found if value is not None]
    kinds: set[ColumnType] = {_type_of(value) for value in given}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds and kinds <= {"bigint", "decimal"}:
        return "decimal"
    if kinds and kinds <= {"date", "timestamp"}:
        return "timestamp"
    return "json" if "json" in kinds else "text"


def _type_of(value: Any) -> ColumnType:
    match value:
        case bool():
            return "boolean"
        case int():
            return "bigint" if abs(value) < 2**63 else "decimal"
        case float():
            return "decimal"  # written out, a number with a point is what it says
        case str():
            return _type_of_text(value.strip())
        case _:
            return "json"


def _type_of_text(text: str) -> ColumnType:
    patterns: tuple[tuple[ColumnType, re.Pattern[str]], ...] = (
        ("bigint", _BIGINT),
        ("decimal", _DECIMAL),
        ("date", _DATE),
        ("timestamp", _TIME),
        ("timestamptz", _ZONED),
    )
    if text in {"true", "false"}:
        return "boolean"
    for kind, pattern in patterns:
        if pattern.fullmatch(text):
            return kind if kind in {"bigint", "decimal"} or _is_moment(text) else "text"
    return "text"


def _is_moment(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
