"""A connector that is only YAML, for files in a folder: CSV, JSON lines and Parquet, `type: files`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, Literal, cast

import duckdb
from pydantic import Field, ValidationInfo, field_validator

from kpictl.catalog.table import ColumnType
from kpictl.connect.declared import (
    ColumnName,
    Columns,
    ColumnShape,
    Name,
    Shape,
    TableShape,
    column_names,
    plain,
    record_of,
    without,
)
from kpictl.connect.exchange import AnswerError, Item, Local, Pages, Walk
from kpictl.connect.json_stream import values
from kpictl.connect.stream import FULL_EVERY, Connector, Stream, Version

ITEMS = 1_000
"""Records of a file that travel together."""

Format = Literal["csv", "jsonl", "parquet"]
_FORMATS: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
_TYPES: Mapping[str, ColumnType] = {
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


class FilesShape(TableShape):
    """Files of one kind, and the table that they fill."""

    path: str
    """A file or a pattern, `exports/orders-*.csv`; relative to the project's folder."""
    format: Format | None = None
    columns: Columns = Field(default_factory=dict)
    """Without them the columns and types are those that the first file seems to have."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    updated: ColumnName | None = None
    """A column that says which of two records with one key is newer; without it the later file's is."""
    snapshot: bool = False
    """Whether the files are everything there is, each time: what none of them has is deleted."""


class Settings(Shape):
    """What a connector of `type: files` says in kpictl.yml."""

    folder: Annotated[Path, Field(validate_default=True)] = Path()
    streams: Annotated[dict[Name, FilesShape], Field(min_length=1)]

    @field_validator("folder")
    @classmethod
    def _in_the_project(cls, value: Path, info: ValidationInfo) -> Path:
        folder: Path = (info.context or {}).get("folder", Path())
        return folder / value


@dataclass(frozen=True, slots=True)
class _Files:
    """One stream's files, and how they are read."""

    folder: Path
    shape: FilesShape

    def found(self) -> list[Path]:
        pattern = self.shape.path
        if not any(sign in pattern for sign in "*?["):
            return [self.folder / pattern]
        if Path(pattern).is_absolute():
            root = Path(pattern).anchor
            return sorted(path for path in Path(root).glob(pattern.removeprefix(root)) if path.is_file())
        return sorted(path for path in self.folder.glob(pattern) if path.is_file())

    def format(self, path: Path) -> Format:
        suffix = next((part for part in reversed(path.suffixes) if part != ".gz"), "")
        found = self.shape.format or _FORMATS.get(suffix.lower())
        if found is None:
            raise AnswerError(f"{path.name}: its name does not tell its format", help="add `format: csv`, for one")
        return found

    def columns(self) -> Columns:
        """Those that are declared, else those that the first file has."""
        if self.shape.columns:
            return self.shape.columns
        found = self.found()
        if not found or not found[0].is_file():
            raise AnswerError(
                f"there is no file {self.shape.path} whose columns could be told", help="declare `columns`"
            )
        with _told(found[0]), duckdb.connect() as reader:
            query, arguments = self._query(found[0], is_typed=True)
            described = reader.execute(f"DESCRIBE {query}", arguments).fetchall()
        names = list(column_names([str(row[0]) for row in described]))
        twice = sorted({name for name, _ in names if [each for each, _ in names].count(name) > 1})
        if twice:
            raise AnswerError(f"{found[0].name}: two columns would be called {twice[0]}", help="declare `columns`")
        kinds = [_TYPES.get(str(row[1]).partition("(")[0], "json") for row in described]
        if self.format(found[0]) == "csv":
            # Written out, a number with a point is what it says; a double would be near it.
            kinds = ["decimal" if kind == "double" else kind for kind in kinds]
        return {
            name: ColumnShape.model_validate({"type": kind, "from": [heading]})
            for (name, heading), kind in zip(names, kinds, strict=True)
        }

    def items(self, path: Path) -> Iterator[list[Item]]:
        with _told(path):
            if self.format(path) == "jsonl":
                with _opened(path) as file:
                    yield from _chunks(values(file))
                return
            with duckdb.connect() as reader:
                query, arguments = self._query(path, is_typed=False)
                cursor = reader.execute(query, arguments)
                names = [str(column[0]) for column in cursor.description or ()]
                while rows := cursor.fetchmany(ITEMS):
                    yield [plain(dict(zip(names, row, strict=True))) for row in rows]

    def _query(self, path: Path, *, is_typed: bool) -> tuple[str, list[object]]:
        """A SELECT over the file; of CSV all values as texts, for the record to read, or as what they seem to be."""
        match self.format(path):
            case "csv":
                arguments: list[object] = [str(path), not is_typed]
                delimiter = self.shape.delimiter or ("\t" if ".tsv" in path.suffixes else None)
                if delimiter is None:
                    return "SELECT * FROM read_csv(?, header = true, all_varchar = ?)", arguments
                query = "SELECT * FROM read_csv(?, header = true, all_varchar = ?, delim = ?)"
                return query, [*arguments, delimiter]
            case "jsonl":
                return "SELECT * FROM read_json(?)", [str(path)]
            case "parquet":
                return "SELECT * FROM read_parquet(?)", [str(path)]


def connector(settings: Settings) -> Connector:
    return Connector(
        name="files",
        base_url="",
        streams=tuple(_stream(_Files(settings.folder, shape), name) for name, shape in settings.streams.items()),
    )


def _stream(files: _Files, name: str) -> Stream:
    shape = files.shape
    return Stream(
        name=name,
        table=shape.table or f"raw_{name.lower().replace('-', '_')}",
        key=tuple(shape.key),
        record=record_of(name, files.columns()),
        pages=_pages(files),
        version=None if shape.updated is None else _version(shape.updated),
        full_every=FULL_EVERY if shape.snapshot else None,
        keeps_position=not shape.snapshot,
    )


def _pages(files: _Files) -> Callable[[Walk], Pages]:
    """File by file; those that are as they were when they were read are left out."""

    def pages(walk: Walk) -> Pages:
        done: dict[str, list[int]] = json.loads(walk.position) if walk.position else {}
        for path in files.found():
            name = path.relative_to(files.folder).as_posix() if path.is_relative_to(files.folder) else str(path)
            with _told(path):
                status = path.stat()
            mark = [status.st_size, status.st_mtime_ns]
            if done.get(name) == mark:
                continue
            for items in files.items(path):
                yield Local(without(items, files.shape.leave_out))
            done[name] = mark
            yield Local([], json.dumps(done))

    return pages


def _version(column: str) -> Callable[[Any], Version]:
    def version(record: Any) -> Version:
        value = getattr(record, column)
        match value:
            case None:
                return (0,)
            case datetime():
                return (int(value.timestamp() * 1_000_000),)
            case int():
                return (value,)
            case _:
                return (int(value.toordinal()),)

    return version


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))  # a GzipFile reads as any file does
    return path.open("rb")


def _chunks(found: Iterator[Any]) -> Iterator[list[Item]]:
    items: list[Item] = []
    for value in found:
        if not isinstance(value, dict):
            raise ValueError("a record is no object")  # noqa: TRY004 -- it is the file's content that is wrong
        items.append(value)
        if len(items) == ITEMS:
            yield items
            items = []
    yield items


class _told:  # noqa: N801 -- used as a function is
    """Says which file could not be read, and why."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case FileNotFoundError():
                raise AnswerError(f"there is no file {self._path}", help="look at `path` and `folder`") from None
            case OSError():
                raise AnswerError(f"{self._path}: {error.strerror or error}", help="look at the file") from None
            case duckdb.Error():
                line = str(error).splitlines()[0]
                raise AnswerError(f"{self._path.name} cannot be read: {line}", help="look at the file") from None
            case ValueError():
                raise AnswerError(f"{self._path.name} cannot be read: {error}", help="look at the file") from None
