"""From records to rows: which raw tables there are, and what a page becomes in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import AliasPath, TypeAdapter, ValidationError

from kpictl.catalog.table import DELETED_AT, SYNCED_AT, VERSION, Column, Table, TableName
from kpictl.connect.exchange import Item, Mark, MisfitError, Spoilt
from kpictl.connect.record import Record, columns, defaults, in_utc, json_text, values
from kpictl.connect.sink import Row
from kpictl.connect.stream import Child, Connector, Stream

Key = tuple[object, ...]

PROBLEMS_SHOWN = 3
NAMELESS = "sha256 "
VERSION_DIGITS = 20  # those of 2 ** 64: members compare as texts as they do as numbers

_RECORD = Column("record", "json", "the whole record as it came, but for what must not be stored")
_VERSION = Column(VERSION, "text", "how new the record is: none is overwritten by an older one")
_SYNCED_AT = Column(SYNCED_AT, "timestamptz", "when the sync began that saw this record last")
_DELETED_AT = Column(DELETED_AT, "timestamptz", "when a whole walk found the record gone; NULL while it is there")
_OURS = frozenset({_RECORD.name, VERSION, SYNCED_AT, DELETED_AT})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tables(connector: Connector, schema: str) -> tuple[Table, ...]:
    """The raw tables that the connector fills, in the order of its streams, each with its children."""
    return tuple(table for table, _ in tables_with_defaults(connector, schema))


def tables_with_defaults(connector: Connector, schema: str) -> tuple[tuple[Table, dict[str, object]], ...]:
    """The same, each with what its columns hold where the API says nothing."""
    found = []
    for stream in connector.streams:
        found.append((stream_table(stream, schema), defaults(stream.record)))
        found.extend((child_table(child, schema), defaults(child.record)) for child in stream.children)
    return tuple(found)


def stream_table(stream: Stream, schema: str) -> Table:
    version = (_VERSION,) if _has_version(stream) else ()
    return _table(stream, schema, (_RECORD, *version, _SYNCED_AT, _DELETED_AT))


def child_table(child: Child, schema: str) -> Table:
    return _table(child, schema, (_RECORD, _SYNCED_AT, _DELETED_AT))


def _table(part: Stream | Child, schema: str, ours: tuple[Column, ...]) -> Table:
    own = columns(part.record)
    taken = sorted(_OURS & {column.name for column in own})
    if taken:
        raise ValueError(f"table {part.table}: the column {taken[0]} is kpictl's own")
    return Table(TableName(schema, part.table), (*own, *ours), part.key)


def _has_version(stream: Stream) -> bool:
    return stream.version is not None or stream.updated is not None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that does not fit its table, and why; `key` where that much of it is known."""

    table: str
    name: str
    reason: str
    record: str
    key: Key | None


@dataclass(slots=True)
class Batch:
    """Records on their way: of each key the newest, with its children; and those that do not fit."""

    rows: dict[Key, tuple[str, Row, tuple[list[Row], ...]]] = field(default_factory=dict)
    rejects: list[Rejected] = field(default_factory=list)
    received: int = 0
    mark: Mark | None = None
    unseen: frozenset[str] | None = None
    """The columns that no record had, of those that are looked for; None before the first record."""

    def add(self, other: Batch) -> None:
        for key, found in other.rows.items():
            self.keep(key, *found)
        self.rejects += other.rejects
        self.received += other.received
        self.mark = later(self.mark, other.mark)
        if other.unseen is not None:
            self.unseen = other.unseen if self.unseen is None else self.unseen & other.unseen

    def keep(self, key: Key, version: str, row: Row, children: tuple[list[Row], ...]) -> None:
        """Of two with one key the greater version, of equals the later."""
        there = self.rows.get(key)
        if there is None or version >= there[0]:
            self.rows[key] = (version, row, children)

    def row_count(self) -> int:
        return sum(1 + sum(map(len, children)) for _, _, children in self.rows.values())


def later(one: Mark | None, other: Mark | None) -> Mark | None:
    """The greater of two marks of one stream."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


@dataclass(frozen=True, slots=True)
class Landing:
    """Turns the records of one stream into rows."""

    stream: Stream
    schema: str
    now: datetime

    @property
    def table(self) -> Table:
        return stream_table(self.stream, self.schema)

    @property
    def children(self) -> tuple[Table, ...]:
        return tuple(child_table(child, self.schema) for child in self.stream.children)

    def batch(self, items: Iterable[Item]) -> Batch:
        """The rows of a page; a record lands whole, with all its children, or not at all."""
        made = Batch()
        own = columns(self.stream.record)
        below = [(child, columns(child.record)) for child in self.stream.children]
        looked_for = frozenset(column.name for column in own) if self.stream.expects_all_columns else frozenset()
        for item in items:
            made.received += 1
            try:
                if isinstance(item, Spoilt):
                    raise MisfitError(item.reason)  # noqa: TRY301 -- one way out for all that do not fit
                record = self.stream.record.model_validate(item)
                key = _key(self.stream, record)
                children = tuple([self._of_child(child, described, item) for child, described in below])
                version = self._version(record)
                row = self._row(record, own, item, (version,) if version else ())
            except Exception as error:  # noqa: BLE001 -- whatever is wrong with one record stops no other
                made.rejects.append(self._rejected(item, error))
                continue
            made.keep(key, version, row, children)
            made.mark = later(made.mark, self._mark(record))
            unseen = looked_for if made.unseen is None else made.unseen
            made.unseen = frozenset(name for name in unseen if getattr(record, name) is None)
        return made

    def rows(self, batch: Batch) -> list[Row]:
        return [row for _, row, _ in batch.rows.values()]

    def child_rows(self, batch: Batch) -> list[tuple[Table, list[Row]]]:
        kept = [children for _, _, children in batch.rows.values()]
        return [(table, [row for children in kept for row in children[nth]]) for nth, table in enumerate(self.children)]

    def name_of(self, key: Key) -> str:
        """What a record with this key is called among the rejects."""
        return ", ".join(f"{column} {str(value)[:80]}" for column, value in zip(self.stream.key, key, strict=True))

    def _of_child(self, child: Child, described: tuple[Column, ...], parent: Item) -> list[Row]:
        rows: dict[Key, Row] = {}
        for position, item in enumerate(child.items(parent), start=1):
            try:
                record = child.record.model_validate(item)
                rows[_key(child, record)] = self._row(record, described, item)
            except (ValidationError, MisfitError, OverflowError) as error:
                raise MisfitError(f"{_named(child, item, position)} of {child.table}: {reason(error)}") from None
        return list(rows.values())

    def _row(self, record: Record, described: tuple[Column, ...], item: Item, version: tuple[str, ...] = ()) -> Row:
        try:
            found = values(record, described)
        except OverflowError as error:
            raise MisfitError(str(error)) from None
        return (*found, json_text(item), *version, self.now, None)

    def _version(self, record: Record) -> str:
        if self.stream.version is not None:
            members: Sequence[int] = self.stream.version(record)
        elif self.stream.updated is not None:
            members = (_number(self._mark(record)),)
        else:
            return ""
        return ".".join(f"{max(member, 0):0{VERSION_DIGITS}d}" for member in members)

    def _mark(self, record: Record) -> Mark | None:
        if self.stream.updated is None:
            return None
        value: Any = getattr(record, self.stream.updated)
        match value:
            case None | int():
                return value
            case datetime():
                return in_utc(value)
            case _:
                return datetime(value.year, value.month, value.day, tzinfo=UTC)

    def _rejected(self, item: Item, error: Exception) -> Rejected:
        text = json_text(item)
        key = _key_alone(self.stream, item)
        shown = self.name_of(key) if key is not None else f"{NAMELESS}{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        return Rejected(self.stream.table, shown, reason(error), text, key)


def is_nameless(name: str) -> bool:
    """Whether a reject's name is that of one without a key that could be read."""
    return name.startswith(NAMELESS)


def reason(error: Exception) -> str:
    """Why a record does not fit; of an error that is not for people its kind alone, as its text can quote a value."""
    if isinstance(error, MisfitError):
        return str(error)
    if not isinstance(error, ValidationError):
        return f"it cannot be read ({type(error).__name__})"
    problems = [f"{_path(found['loc'])}: {found['msg']}" for found in error.errors(include_input=False)]
    more = "" if len(problems) <= PROBLEMS_SHOWN else f" (and {len(problems) - PROBLEMS_SHOWN} more)"
    return "; ".join(problems[:PROBLEMS_SHOWN]) + more


def _number(mark: Mark | None) -> int:
    match mark:
        case None:
            return 0
        case int():
            return mark
        case _:
            elapsed = mark - _EPOCH
            return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def _key(part: Stream | Child, record: Record) -> Key:
    key = tuple([getattr(record, column) for column in part.key])
    for column, value in zip(part.key, key, strict=True):
        if value is None or value == "":
            raise MisfitError(f"{column} is missing")
    return key


def _key_alone(part: Stream, item: Item) -> Key | None:
    """The key of a record of which nothing else need be right."""
    found: list[object] = []
    for column in part.key:
        kind: Any = part.record.model_fields[column].annotation
        try:
            value = TypeAdapter(kind, config=part.record.model_config).validate_python(_raw(part, item, column))
        except Exception:  # noqa: BLE001 -- a validator of the record's own may raise anything
            return None
        if value is None or value == "":
            return None
        found.append(value)
    return tuple(found)


def _named(part: Stream | Child, item: Item, position: int) -> str:
    found: list[str] = []
    for column in part.key:
        value = _raw(part, item, column)
        if not isinstance(value, str | int):
            return f"record {position} of its page"
        found.append(f"{column} {str(value)[:80]}")
    return ", ".join(found)


def _raw(part: Stream | Child, item: Item, column: str) -> Any:
    """What a record as it came has for a column."""
    alias = part.record.model_fields[column].validation_alias or column
    found: Any = item
    for step in alias.path if isinstance(alias, AliasPath) else [alias]:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the record"
