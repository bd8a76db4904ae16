"""How far each stream has come, and what the next walk is to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kpictl.catalog.table import Column, Table, TableName
from kpictl.connect.exchange import Mark, Walk
from kpictl.connect.sink import Row
from kpictl.connect.stream import Stream

STATE_TABLE = "kpictl_sync"
BOOKMARK_TABLE = "kpictl_bookmark"
REJECTS_TABLE = "raw_rejects"

POSITION_AGE = timedelta(days=1)
"""A walk that broke off longer ago begins anew: what lies behind its position has changed since."""


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


def bookmark_table(schema: str) -> Table:
    """Where each stream goes on."""
    described = (
        Column("connector", "text"),
        Column("stream", "text"),
        Column("bookmark", "text", "the greatest value seen of the column that says when a record was changed"),
        Column("position", "text", "where a walk that broke off goes on"),
        Column("walk_began_at", "timestamptz", "when the sync began that made the walk; NULL once it is done"),
        Column("walk_is_full", "boolean", "whether that walk is of everything"),
        Column("full_walk_at", "timestamptz", "when the last whole walk began that reached its end"),
    )
    return Table(TableName(schema, BOOKMARK_TABLE), described, ("connector", "stream"))


def rejects_table(schema: str) -> Table:
    """Records that did not fit; those of a stream that have not come again go with its next whole walk."""
    described = (
        Column("connector", "text"),
        Column("stream", "text"),
        Column("table_name", "text"),
        Column("record_key", "text", "the record's key, or a digest of one that has none"),
        Column("reason", "text"),
        Column("record", "json", "the record as it came, but for what must not be stored"),
        Column("synced_at", "timestamptz", "when the sync began that met it last"),
    )
    return Table(TableName(schema, REJECTS_TABLE), described, ("connector", "stream", "table_name", "record_key"))


@dataclass(frozen=True, slots=True)
class State:
    """A stream's row of the bookmarks."""

    bookmark: Mark | None = None
    position: str | None = None
    walk_began_at: datetime | None = None
    walk_is_full: bool = False
    full_walk_at: datetime | None = None

    def row(self, connector: str, stream: str) -> Row:
        mark = None if self.bookmark is None else mark_text(self.bookmark)
        return (connector, stream, mark, self.position, self.walk_began_at, self.walk_is_full, self.full_walk_at)


def state_of(rows: Sequence[Row]) -> State:
    """The state in the rows that were found for a stream: one or none."""
    if not rows:
        return State()
    ((_, _, mark, position, began_at, is_full, full_at),) = rows
    return State(
        None if mark is None else parse_mark(str(mark)),
        None if position is None else str(position),
        _moment(began_at),
        bool(is_full),
        _moment(full_at),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asks of a sync: `is_full` walks, or what has changed since a moment, if that is earlier."""

    is_full: bool = False
    since: datetime | None = None
    allows_deletions: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A walk to make: what the stream is asked, whether it covers everything, and when it began."""

    walk: Walk
    is_full: bool
    began_at: datetime
    before: State
    is_resumed_by_mark: bool = False
    """Whether it goes on at a value of `updated`: what has none is not seen, and nothing can be said to be gone."""


def plan_walk(stream: Stream, state: State, now: datetime, choice: Choice) -> Plan:
    """The next walk of a stream: whole at first, when one is due and on demand; else from the bookmark on."""
    is_full = choice.is_full or stream.updated is None or _is_due(stream, state, now) or state.bookmark is None
    if stream.keeps_position and not choice.is_full and state.full_walk_at is not None:
        return Plan(Walk(position=state.position), False, now, state)
    went_on = (
        state.walk_began_at is not None
        and state.position is not None
        and state.walk_is_full == is_full
        and (choice.since is None or is_full)
        and now - state.walk_began_at < POSITION_AGE
    )
    began_at = state.walk_began_at if went_on and state.walk_began_at is not None else now
    since = None if is_full else _since(stream, state.bookmark, choice)
    if not went_on:
        return Plan(Walk(since), is_full, began_at, state)
    if stream.is_sorted and state.position is not None:
        walk = Walk(_less(parse_mark(state.position), stream.lookback))
        return Plan(walk, is_full, began_at, state, is_resumed_by_mark=is_full)
    return Plan(Walk(since, state.position), is_full, began_at, state)


def _is_due(stream: Stream, state: State, now: datetime) -> bool:
    if state.full_walk_at is None:
        return True
    return stream.full_every is not None and now - state.full_walk_at >= stream.full_every


def _since(stream: Stream, bookmark: Mark | None, choice: Choice) -> Mark | None:
    assert bookmark is not None, "without a bookmark everything is walked"
    since = _less(bookmark, stream.lookback)
    if isinstance(since, datetime) and choice.since is not None:
        return min(since, choice.since)
    return since


def _less(mark: Mark, lookback: timedelta) -> Mark:
    try:
        return mark - lookback if isinstance(mark, datetime) else mark
    except OverflowError:  # the first day of all, which some systems write for none
        return datetime.min.replace(tzinfo=UTC)


def mark_text(mark: Mark) -> str:
    return mark.isoformat() if isinstance(mark, datetime) else str(mark)


def parse_mark(text: str) -> Mark:
    return int(text) if text.lstrip("-").isdecimal() else datetime.fromisoformat(text)


def _moment(value: object) -> datetime | None:
    assert value is None or isinstance(value, datetime)
    return None if value is None else value.astimezone(UTC)
