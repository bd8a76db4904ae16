"""From records to rows: which raw tables there are, and what a page becomes in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from kpictl.catalog.table import Column, Table, TableName
from kpictl.connect.paging import AnswerError, Item
from kpictl.connect.record import Record, columns, defaults, json_text, values
from kpictl.connect.stream import Child, Connector, Stream, Version

Row = tuple[object, ...]
Key = tuple[object, ...]

STATE_TABLE = "kpictl_sync"
PROBLEMS_SHOWN = 3

_EVERY_TABLE = (
    Column("record", "json", "the whole record as it came, but for what must not be stored"),
    Column("synced_at", "timestamptz", "when the sync that wrote this row began"),
)


def state_table(schema: str) -> Table:
    """When each stream was last synced to its end."""
    described = (
        Column("connector", "text"),
        Column("stream", "text"),
        Column("table_name", "text"),
        Column("finished_at", "timestamptz", "the start of the last sync that reached its end"),
        Column("row_count", "bigint", "rows written by that sync"),
    )
    return Table(TableName(schema, STATE_TABLE), described, ("connector", "stream", "table_name"))


def tables(connector: Connector, schema: str) -> tuple[Table, ...]:
    """The raw tables that the connector fills, in the order of its streams, each with its children."""
    return tuple(raw_table(part, schema) for stream in connector.streams for part in parts(stream))


def tables_with_defaults(connector: Connector, schema: str) -> tuple[tuple[Table, dict[str, object]], ...]:
    """The same, each with what its columns hold where the API says nothing."""
    every = [part for stream in connector.streams for part in parts(stream)]
    return tuple((raw_table(part, schema), defaults(part.record)) for part in every)


def parts(stream: Stream) -> tuple[Stream | Child, ...]:
    """The stream itself and its children: whatever has a table."""
    return (stream, *stream.children)


def raw_table(part: Stream | Child, schema: str) -> Table:
    return Table(TableName(schema, part.table), (*columns(part.record), *_EVERY_TABLE), part.key)


@dataclass(slots=True)
class Landing:
    """What one stream brings in one sync: turns pages into rows, and remembers the versions seen."""

    stream: Stream
    schema: str
    now: datetime
    seen: dict[Key, Version] = field(default_factory=dict)

    def batches(self, items: Sequence[Item]) -> list[tuple[Table, list[Row]]]:
        """The rows of a page, table by table; in each, a key occurs once."""
        described = columns(self.stream.record)
        rows: dict[Key, Row] = {}
        kept: dict[Key, Item] = {}
        for position, item in enumerate(items, start=1):
            record = _parsed(self.stream, item, position)
            key = _key(self.stream, record, position)
            if self._is_outdated(key, record):
                continue
            rows[key] = self._row(described, record, item)
            kept[key] = item
        found = [(raw_table(self.stream, self.schema), list(rows.values()))]
        found.extend((raw_table(child, self.schema), self._of_child(child, kept)) for child in self.stream.children)
        return found

    def _is_outdated(self, key: Key, record: Record) -> bool:
        if self.stream.version is None:
            return False
        version = self.stream.version(record)
        if version < self.seen.get(key, version):
            return True
        self.seen[key] = version
        return False

    def _of_child(self, child: Child, parents: dict[Key, Item]) -> list[Row]:
        described = columns(child.record)
        rows: dict[Key, Row] = {}
        for parent in parents.values():
            for position, item in enumerate(child.items(parent), start=1):
                record = _parsed(child, item, position)
                rows[_key(child, record, position)] = self._row(described, record, item)
        return list(rows.values())

    def _row(self, described: tuple[Column, ...], record: Record, item: Item) -> Row:
        return (*values(record, described), json_text(item), self.now)


def _parsed(part: Stream | Child, item: Item, position: int) -> Record:
    try:
        return part.record.model_validate(item)
    except ValidationError as error:
        problems = [f"{_path(found['loc'])}: {found['msg']}" for found in error.errors(include_input=False)]
        more = "" if len(problems) <= PROBLEMS_SHOWN else f" (and {len(problems) - PROBLEMS_SHOWN} more)"
        raise AnswerError(
            f"a record does not fit {part.table}: {_named(part, item, position)}: "
            f"{'; '.join(problems[:PROBLEMS_SHOWN])}{more}",
            help="nothing of this stream was stored; correct the record where it comes from",
        ) from None


def _key(part: Stream | Child, record: Record, position: int) -> Key:
    key = tuple(getattr(record, column) for column in part.key)
    for column, value in zip(part.key, key, strict=True):
        if value is None or value == "":
            raise AnswerError(f"a record does not fit {part.table}: record {position} of its page: {column} is missing")
    return key


def _named(part: Stream | Child, item: Item, position: int) -> str:
    found: list[str] = []
    for column in part.key:
        value: Any = item.get(part.record.model_fields[column].alias or column)
        if not isinstance(value, str | int):
            return f"record {position} of its page"
        found.append(f"{column} {str(value)[:80]}")
    return ", ".join(found)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the record"
