"""A connector that is only YAML, for files in a folder: CSV, JSON lines and Parquet, `type: files`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from kpictl.connect.declared import (
    ColumnName,
    Columns,
    ColumnShape,
    Name,
    Shape,
    TableShape,
    column_names,
    record_of,
    without,
)
from kpictl.connect.exchange import AnswerError, Item, Local, Pages, Walk
from kpictl.connect.stream import FULL_EVERY, Connector, Stream, Version
from kpictl.connect.tabular import Format, Reading, told

ITEMS = 1_000
"""Records of a file that travel together."""
POSITION_SECONDS = 5
"""The list of what has been read is written down so often, and at the end."""


class FilesShape(TableShape):
    """Files of one kind, and the table that they fill."""

    path: str
    """A file or a pattern, `exports/orders-*.csv`; relative to the project's folder."""
    format: Format | None = None
    columns: Columns = Field(default_factory=dict)
    """Without them the columns and types are those that the first file seems to have."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8-sig"
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

    @property
    def reading(self) -> Reading:
        return Reading(self.shape.format, self.shape.delimiter, self.shape.encoding)

    def found(self) -> list[Path]:
        pattern = self.shape.path
        if not any(sign in pattern for sign in "*?"):
            return [self.folder / pattern]
        root = Path(pattern).anchor
        found = Path(root).glob(pattern.removeprefix(root)) if root else self.folder.glob(pattern)
        return sorted(path for path in found if path.is_file())

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)

    def columns(self) -> Columns:
        """Those that are declared, else those that the first file has."""
        if self.shape.columns:
            return self.shape.columns
        found = self.found()
        if not found or not found[0].is_file():
            message = f"there is no file {self.shape.path} whose columns could be told"
            raise AnswerError(message, help="declare `columns`, or look at `path` and `folder`")
        kinds = self.reading.types(found[0])
        names = list(column_names(list(kinds)))
        twice = sorted({name for name, _ in names if [each for each, _ in names].count(name) > 1})
        if twice:
            raise AnswerError(f"{found[0].name}: two columns would be called {twice[0]}", help="declare `columns`")
        return {name: ColumnShape.model_validate({"type": kinds[of], "from": [of]}) for name, of in names}

    def items(self, path: Path) -> Iterator[list[Item]]:
        self._refuse_other_headings(path)
        items = self.reading.items(path)
        while found := list(islice(items, ITEMS)):
            yield without(found, self.shape.leave_out)

    def _refuse_other_headings(self, path: Path) -> None:
        """A column that a file does not have would be NULL, and overwrite what was there."""
        there = self.reading.headings(path)
        wanted = [(shape.path or [name])[0] for name, shape in self.shape.columns.items()]
        missing = [heading for heading in wanted if there is not None and heading not in there]
        if missing:
            raise AnswerError(
                f"{path.name} has no column `{missing[0]}`", help=f"it has: {', '.join(there or ())}; correct `from`"
            )


def connector(settings: Settings) -> Connector:
    return Connector(
        name="files",
        base_url="",
        streams=tuple(_stream(_Files(settings.folder, shape), name) for name, shape in settings.streams.items()),
    )


def _stream(files: _Files, name: str) -> Stream:
    shape = files.shape
    columns = files.columns()
    kinds = {column: each.type for column, each in columns.items()}
    if shape.updated is not None and kinds.get(shape.updated) not in {"bigint", "date", "timestamp", "timestamptz"}:
        raise AnswerError(f"{name}: `updated` must be a column that is a time or a whole number", help="correct it")
    return Stream(
        name=name,
        table=shape.table or f"raw_{name.lower().replace('-', '_')}",
        key=tuple(shape.key),
        record=record_of(name, columns),
        pages=_pages(files),
        version=None if shape.updated is None else _version(shape.updated),
        full_every=FULL_EVERY if shape.snapshot else None,
        keeps_position=not shape.snapshot,
        expects_all_columns=bool(shape.columns),
    )


def _pages(files: _Files) -> Callable[[Walk], Pages]:
    """File by file; those that are as they were when they were read are left out.

    Of records with one key the later file's stays: after a file that is read, all later ones are, unless a column
    says which record is newer.
    """

    def pages(walk: Walk) -> Pages:
        before: dict[str, list[int]] = json.loads(walk.position) if walk.position else {}
        found = files.found()
        if not found and not before:
            raise AnswerError(f"no file matches {files.shape.path}", help="look at `path` and `folder`")
        done: dict[str, list[int]] = {}
        is_earlier_read = False
        written_at = time.monotonic()
        for path in found:
            with told(path):
                status = path.stat()
            mark = [status.st_size, status.st_mtime_ns]
            name = files.name(path)
            if before.get(name) != mark or (is_earlier_read and files.shape.updated is None):
                is_earlier_read = True
                for items in files.items(path):
                    yield Local(items)
            done[name] = mark
            if time.monotonic() - written_at > POSITION_SECONDS:
                written_at = time.monotonic()
                yield Local([], json.dumps(done))
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
