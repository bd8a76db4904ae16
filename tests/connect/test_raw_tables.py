"""Raw tables end as the records that were sent say, whatever came in which order: by an oracle, on every sink."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kpictl.connect import (
    Child,
    Choice,
    Connector,
    Item,
    Local,
    Noticed,
    Pages,
    Record,
    Sink,
    Stream,
    Walk,
    everything,
    sync,
)
from kpictl.connect.memory import MemorySink
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine, RawTables, open_engine

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)


class Thing(Record):
    id: str
    revision: int
    size: int | None = None
    seen_at: datetime | None = None
    label: str | None = None


class Part(Record):
    thing_id: str
    name: str


def parts(thing: Item) -> list[Item]:
    return [{"thingId": thing["id"], "name": name} for name in thing["parts"]]


def connector(pages: list[list[Item]], *, full_every: timedelta | None = timedelta()) -> Connector:
    def walked(_: Walk) -> Pages:
        for page in pages:
            yield Local(page)

    child = Child("raw_part", ("thing_id", "name"), Part, parts)
    stream = Stream(
        "thing",
        "raw_thing",
        ("id",),
        Thing,
        walked,
        children=(child,),
        version=lambda thing: (thing.revision,),
        full_every=full_every,
    )
    return Connector("shop", "", (stream,))


@dataclass
class Oracle:
    """What must be there, told record by record."""

    things: dict[str, Item] = field(default_factory=dict)
    deleted: dict[str, datetime] = field(default_factory=dict)

    def sync(self, pages: list[list[Item]], now: datetime) -> None:
        for item in (item for page in pages for item in page):
            self.deleted.pop(item["id"], None)
            if item["size"] == "many":
                continue
            there = self.things.get(item["id"])
            if there is None or item["revision"] >= there["revision"]:
                self.things[item["id"]] = item
        sent = {item["id"] for page in pages for item in page}
        gone = [name for name in self.things if name not in sent and name not in self.deleted]
        # That all are gone is not believed.
        if len(gone) < len(self.things) - len(self.deleted):
            self.deleted.update(dict.fromkeys(gone, now))

    def rows(self) -> list[tuple[Any, ...]]:
        return [
            (name, item["revision"], item["size"], item["label"], self.deleted.get(name), item)
            for name, item in sorted(self.things.items())
        ]

    def parts(self) -> list[tuple[Any, ...]]:
        found = {(name, part) for name, item in self.things.items() for part in item["parts"]}
        return [(name, part, self.deleted.get(name)) for name, part in sorted(found)]


items = st.fixed_dictionaries(
    {
        "id": st.sampled_from("abcde"),
        "revision": st.integers(0, 3),
        "size": st.sampled_from([None, 1, 2, "many"]),
        "label": st.sampled_from([None, "", "x\ty\\n", "naïve 🍷", '"q"']),
        "parts": st.lists(st.sampled_from("xyz"), max_size=3),
    }
)
GOOD: Item = {"id": "good", "revision": 0, "size": None, "label": None, "parts": []}


def with_a_good_one(pages: list[list[Item]]) -> list[list[Item]]:
    """A walk of which nothing fits is refused."""
    return [[GOOD, *pages[0]], *pages[1:]] if pages else []


pages_ = st.lists(st.lists(items, max_size=4), max_size=3).map(with_a_good_one)
syncs = st.lists(pages_, min_size=1, max_size=4)


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Engine]:
    with closing(open_engine(url, folder)) as engine:
        with engine.transaction():
            engine.connection.execute(text("drop schema if exists raw cascade"))
        yield engine


def stored(engine: Engine) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    with engine.transaction():
        things = engine.fetch(
            "select id, revision, size, label, deleted_at, cast(record as text) from raw.raw_thing order by id"
        )
        below = engine.fetch("select thing_id, name, deleted_at from raw.raw_part order by thing_id, name")
    return (
        [(*row[:4], _utc(row[4]), json.loads(str(row[5]))) for row in things],
        [(*row[:2], _utc(row[2])) for row in below],
    )


def _utc(value: Any) -> datetime | None:
    assert value is None or isinstance(value, datetime)
    return None if value is None else value.astimezone(UTC)


def land(sink: Sink, history: list[list[list[Item]]], batch_rows: int) -> None:
    for nth, pages in enumerate(history):
        now = BEGIN + timedelta(days=nth)
        list(sync(everything((connector(pages),)), sink, schema="raw", now=now, batch_rows=batch_rows))


def told(history: list[list[list[Item]]]) -> Oracle:
    oracle = Oracle()
    for nth, pages in enumerate(history):
        oracle.sync(pages, BEGIN + timedelta(days=nth))
    return oracle


@given(history=syncs, batch_rows=st.sampled_from([1, 3, 2000]))
@settings(max_examples=40, deadline=None)
def test_the_sink_in_memory(history: list[list[list[Item]]], batch_rows: int) -> None:
    sink, oracle = MemorySink(), told(history)
    land(sink, history, batch_rows)
    names = ("id", "revision", "size", "label", "deleted_at", "record")
    assert [(*row[:5], json.loads(row[5])) for row in sink.rows("raw_thing", *names)] == oracle.rows()
    assert sink.rows("raw_part", "thing_id", "name", "deleted_at") == oracle.parts()


@given(history=syncs, batch_rows=st.sampled_from([1, 3, 2000]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_database(engine_url: str, tmp_path: Path, history: list[list[list[Item]]], batch_rows: int) -> None:
    oracle = told(history)
    with opened(engine_url, tmp_path) as engine:
        land(RawTables(engine), history, batch_rows)
        assert stored(engine) == (oracle.rows(), oracle.parts())


def thing(name: str, revision: int = 1, **members: Any) -> Item:
    return {"id": name, "revision": revision, "size": None, "label": None, "parts": [], **members}


def test_what_is_missing_is_no_deletion_where_the_stream_says_so(engine_url: str, tmp_path: Path) -> None:
    with opened(engine_url, tmp_path) as engine:
        for pages in ([[thing("a"), thing("b")]], [[thing("b")]]):
            made = connector(pages, full_every=None)
            list(sync(everything((made,)), RawTables(engine), schema="raw", now=BEGIN))
        things, _ = stored(engine)
    assert [(row[0], row[4]) for row in things] == [("a", None), ("b", None)]


def test_more_deletions_than_one_believes_are_told_and_not_made(engine_url: str, tmp_path: Path) -> None:
    """21 of 100 are more than twenty and more than five percent; a person may say that it is right."""
    before, after = [thing(f"{nth:03}") for nth in range(100)], [thing(f"{nth:03}") for nth in range(79)]
    later = BEGIN + timedelta(days=1)
    with opened(engine_url, tmp_path) as engine:
        sink = RawTables(engine)
        list(sync(everything((connector([before]),)), sink, schema="raw", now=BEGIN))
        said = list(sync(everything((connector([after]),)), sink, schema="raw", now=later))
        (notice,) = [one for one in said if isinstance(one, Noticed)]
        assert notice.message.startswith("21 of 100 records of raw.raw_thing are gone from the API")
        assert notice.help == "if that is right: kpictl sync shop.thing --full --allow-deletions"
        assert not any(row[4] for row in stored(engine)[0])
        allowed = Choice(is_full=True, allows_deletions=True)
        list(sync(everything((connector([after]),)), sink, schema="raw", now=later, choice=allowed))
        assert [row[0] for row in stored(engine)[0] if row[4] == later] == [f"{nth:03}" for nth in range(79, 100)]


def test_a_table_that_is_dropped_is_filled_anew_beside_its_children(engine_url: str, tmp_path: Path) -> None:
    pages = [[thing("a", parts=["x", "y"])]]
    with opened(engine_url, tmp_path) as engine:
        list(sync(everything((connector(pages),)), RawTables(engine), schema="raw", now=BEGIN))
        with engine.transaction():
            engine.connection.execute(text("drop table raw.raw_thing"))
        list(sync(everything((connector(pages),)), RawTables(engine), schema="raw", now=BEGIN))
        assert stored(engine)[1] == [("a", "x", None), ("a", "y", None)]


def test_what_a_database_refuses_fails_its_own_stream_alone(engine_url: str, tmp_path: Path) -> None:
    """A NUL from a plugin's own code is no text for PostgreSQL; DuckDB takes it."""

    def walked(_: Walk) -> Pages:
        yield Local([{"id": "a\0b", "revision": 1}])

    odd = Stream("odd", "raw_odd", ("id",), Thing, walked)
    with opened(engine_url, tmp_path) as engine:
        good = connector([[thing("a")]])
        made = replace(good, streams=(odd, *good.streams))
        refused = pytest.raises(WorldError, match="connector shop, stream odd: the database refused: ")
        with refused if engine.dialect.name == "postgres" else nullcontext():
            list(sync(everything((made,)), RawTables(engine), schema="raw", now=BEGIN))
        assert [row[0] for row in stored(engine)[0]] == ["a"]


def test_a_column_that_is_declared_later_is_added_and_one_of_another_type_refused(
    engine_url: str, tmp_path: Path
) -> None:
    with opened(engine_url, tmp_path) as engine:
        with engine.transaction():
            engine.connection.execute(text("create schema raw"))
            engine.connection.execute(text("create table raw.raw_thing (id text primary key, revision bigint)"))
        list(sync(everything((connector([[thing("a", label="new")]]),)), RawTables(engine), schema="raw", now=BEGIN))
        assert stored(engine)[0][0][:4] == ("a", 1, None, "new")
        with engine.transaction():
            engine.connection.execute(text("alter table raw.raw_thing drop column size"))
            engine.connection.execute(text("alter table raw.raw_thing add column size text"))
        with pytest.raises(WorldError) as caught:
            list(sync(everything((connector([]),)), RawTables(engine), schema="raw", now=BEGIN))
    assert str(caught.value) == "raw.raw_thing.size is text in the database, and the connector says bigint"
    assert caught.value.help == "rename the column, or drop the table: the next sync fills it anew"
