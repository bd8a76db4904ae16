"""What every connector must do, as tests that its author runs: subclass `Conformance` and give it a `connector`.

Needs pytest. The connector must point at a server that the tests may call often, and whose data stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kpictl.connect.exchange import Mark
from kpictl.connect.landing import later, tables
from kpictl.connect.memory import MemorySink
from kpictl.connect.pace import Retries
from kpictl.connect.state import Choice, parse_mark
from kpictl.connect.stream import Connector
from kpictl.connect.sync import BATCH_ROWS, EVERYTHING, everything, sync
from kpictl.connect.told import Noticed, Synced, Told

NOW = datetime(2100, 1, 1, tzinfo=UTC)
SCHEMA = "raw"
SECONDS_LIMIT = 300
KILLS = 20
_CHANGES_EACH_TIME = frozenset({"synced_at"})


class Killed(BaseException):
    """As if the process had gone."""


class KilledSink(MemorySink):
    """Dies at one of its transactions."""

    def __init__(self, dies_at: int) -> None:
        super().__init__()
        self.dies_at = dies_at

    def merge(self, *arguments: Any) -> None:
        if self.commits >= self.dies_at:
            raise Killed
        super().merge(*arguments)


class Conformance:
    """The tests; a subclass has a fixture `connector`."""

    @pytest.fixture
    def connector(self) -> Connector:
        raise NotImplementedError("a subclass gives the connector")

    def test_walks_end_and_their_records_fit(self, connector: Connector) -> None:
        sink = MemorySink()
        said = _land(connector, sink)
        assert {one.stream for one in said if isinstance(one, Synced)} == {stream.name for stream in connector.streams}
        assert [one.message for one in said if isinstance(one, Noticed)] == []

    def test_keys_are_there_and_name_one_record_each(self, connector: Connector) -> None:
        """A walk may send a record twice, and must not send two under one key."""
        sink = MemorySink()
        _land(connector, sink)
        for table in tables(connector, SCHEMA):
            for row in sink.rows(table.name.name):
                assert all(row[name] not in (None, "") for name in table.key), f"{table.name}: a key is empty"

    def test_columns_have_names_and_types_before_a_sync(self, connector: Connector) -> None:
        found = tables(connector, SCHEMA)
        assert len({table.name for table in found}) == len(found)
        assert all(table.columns and table.key for table in found)

    def test_a_second_sync_changes_nothing_and_moves_no_bookmark_back(self, connector: Connector) -> None:
        sink = MemorySink()
        _land(connector, sink)
        before, marks = _stored(connector, sink), _marks(sink)
        _land(connector, sink, now=NOW + timedelta(days=1))
        assert _stored(connector, sink) == before
        for stream, mark in _marks(sink).items():
            was = marks[stream]
            assert later(was, mark) == mark, f"{stream}: the bookmark went back"

    def test_bookmarks_come_from_records(self, connector: Connector) -> None:
        sink = MemorySink()
        _land(connector, sink)
        for stream in connector.streams:
            if stream.updated is not None and any(sink.rows(stream.table, stream.updated)):
                assert _marks(sink)[stream.name] is not None, f"{stream.name}: records, and no bookmark"

    def test_whole_walks_find_nothing_gone(self, connector: Connector) -> None:
        sink = MemorySink()
        for nth in range(2):
            _land(connector, sink, now=NOW + timedelta(days=nth), choice=Choice(is_full=True))
        for table in tables(connector, SCHEMA):
            assert not any(sink.rows(table.name.name, "deleted_at")), f"{table.name}: a record is in one walk alone"

    def test_going_on_after_a_kill_equals_one_go(self, connector: Connector) -> None:
        calm = MemorySink()
        _land(connector, calm, batch_rows=1)
        for dies_at in _some(calm.commits):
            sink = KilledSink(dies_at)
            try:
                _land(connector, sink, batch_rows=1)
            except Killed:
                sink.dies_at = 1 << 30
                _land(connector, sink, now=NOW + timedelta(minutes=1))
            assert _stored(connector, sink) == _stored(connector, calm), f"killed at the transaction {dies_at}"

    def test_secrets_are_in_nothing_that_is_said_or_stored(
        self, connector: Connector, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert connector.secrets, "the connector says no secret: are its settings of the type SecretStr?"
        caplog.set_level(logging.DEBUG)
        sink = MemorySink()
        said = [repr(connector), repr(connector.streams), *map(repr, _land(connector, sink))]
        stored = "\n".join(str(row) for held in sink.tables.values() for row in held.values())
        for secret in connector.secrets:
            for where, text in (("said", "\n".join(said)), ("logged", caplog.text), ("stored", stored)):
                assert secret not in text, f"a secret is in what is {where}"

    def test_secrets_are_in_no_error(self, connector: Connector) -> None:
        """Nobody listens at the address: the error says where, and nothing that opens a door."""
        away = "http://127.0.0.1:9"
        if not connector.base_url:
            return  # it calls no API
        lost = replace(connector, base_url=away, retries=Retries(attempts=1))
        with pytest.raises(Exception, match="connector ") as caught:
            _land(lost, MemorySink())
        text = f"{caught.value} {getattr(caught.value, 'help', '')} {caught.value!r}"
        assert not [secret for secret in connector.secrets if secret in text]


def _land(
    connector: Connector,
    sink: MemorySink,
    *,
    now: datetime = NOW,
    choice: Choice = EVERYTHING,
    batch_rows: int = BATCH_ROWS,
) -> list[Told]:
    return list(sync(everything((connector,)), sink, schema=SCHEMA, now=now, choice=choice, batch_rows=batch_rows))


def _stored(connector: Connector, sink: MemorySink) -> dict[str, list[dict[str, Any]]]:
    """All rows, without what is of the sync and not of the record."""
    return {
        table.name.name: [
            {name: value for name, value in row.items() if name not in _CHANGES_EACH_TIME}
            for row in sink.rows(table.name.name)
        ]
        for table in tables(connector, SCHEMA)
    }


def _marks(sink: MemorySink) -> dict[str, Mark | None]:
    rows = sink.rows("kpictl_bookmark", "stream", "bookmark")
    return {stream: None if mark is None else parse_mark(mark) for stream, mark in rows}


def _some(commits: int) -> Iterable[int]:
    """Moments at which to die, spread evenly."""
    return range(1, commits + 1, max(1, commits // KILLS))
