"""What a sync asks for: everything at first and once a week, else what has changed; after a break, the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kpictl.connect import (
    Choice,
    Connector,
    Item,
    Local,
    Pages,
    Record,
    Stream,
    Synced,
    Walk,
    everything,
    sync,
)
from kpictl.connect.memory import MemorySink
from kpictl.connect.sync import EVERYTHING
from kpictl.diagnostics import WorldError

DAY = timedelta(days=1)
NOW = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)


class Order(Record):
    id: str
    total: int = 0
    updated_at: datetime | None = None


class Numbered(Record):
    id: int
    total: int = 0


class Killed(BaseException):
    """As if the process had gone."""


@dataclass
class Api:
    """Orders in pages of two, by id or by their change; remembers what it was asked, and breaks where it is told."""

    orders: dict[str, Item] = field(default_factory=dict)
    walks: list[Walk] = field(default_factory=list)
    pages_sent: int = 0
    breaks_after: int | None = None
    is_sorted: bool = False
    is_resumable: bool = False

    def put(self, *names: str, at: datetime = NOW, **members: Any) -> None:
        for name in names:
            self.orders[name] = {"id": name, "updatedAt": at.isoformat(), **members}

    def pages(self, walk: Walk) -> Pages:
        self.walks.append(walk)
        found = sorted(self.orders.values(), key=lambda order: order.get("updatedAt" if self.is_sorted else "id", ""))
        if walk.since is not None:
            assert isinstance(walk.since, datetime)
            found = [order for order in found if datetime.fromisoformat(order["updatedAt"]) >= walk.since]
        begin = int(walk.position or 0)
        for start in range(begin, max(len(found), 1), 2):
            if self.breaks_after == self.pages_sent:
                raise RuntimeError("the line is dead")
            self.pages_sent += 1
            yield Local(found[start : start + 2], str(start + 2) if self.is_resumable else None)

    def stream(self, **changes: Any) -> Stream:
        made = Stream("order", "raw_order", ("id",), Order, self.pages, updated="updated_at", is_sorted=self.is_sorted)
        return replace(made, **changes)


@pytest.fixture
def api() -> Api:
    return Api()


def land(api: Api, sink: MemorySink, now: datetime, choice: Choice = EVERYTHING, **changes: Any) -> int:
    """Syncs, and says how many rows of orders were written."""
    made = Connector("shop", "", (api.stream(**changes),))
    said = sync(everything((made,)), sink, schema="raw", now=now, choice=choice, batch_rows=2)
    return sum(one.rows for one in said if isinstance(one, Synced))


def bookmark(sink: MemorySink) -> dict[str, Any]:
    (row,) = sink.rows("kpictl_bookmark")
    return dict(row)


def test_the_first_walk_is_whole_and_the_next_asks_for_changes(api: Api, sink: MemorySink) -> None:
    api.put("a", "b", at=NOW - 9 * DAY)
    api.put("c", at=NOW - DAY)
    assert land(api, sink, NOW) == 3
    api.put("d", at=NOW + DAY / 2)
    assert land(api, sink, NOW + DAY) == 2  # c, changed within the lookback, comes again
    assert [walk.since for walk in api.walks] == [None, NOW - DAY - timedelta(hours=48)]
    assert sink.rows("raw_order", "id") == ["a", "b", "c", "d"]
    assert bookmark(sink)["bookmark"] == (NOW + DAY / 2).isoformat()


def test_the_lookback_is_the_streams_own(api: Api, sink: MemorySink) -> None:
    api.put("a")
    land(api, sink, NOW)
    land(api, sink, NOW + DAY, lookback=timedelta(hours=1))
    assert api.walks[1].since == NOW - timedelta(hours=1)


def test_a_clock_that_is_wrong_stops_nothing(api: Api, sink: MemorySink) -> None:
    """A change in the far future would keep out all that comes before it; the bookmark goes no further than today."""
    api.put("a", at=NOW + 3650 * DAY)
    land(api, sink, NOW)
    assert bookmark(sink)["bookmark"] == NOW.isoformat()
    api.put("b", at=NOW + DAY)
    land(api, sink, NOW + DAY)
    assert sink.rows("raw_order", "id") == ["a", "b"]


def test_a_bookmark_never_goes_back(api: Api, sink: MemorySink) -> None:
    api.put("a")
    land(api, sink, NOW)
    del api.orders["a"]
    api.put("b", at=NOW - 3 * DAY)
    land(api, sink, NOW + 8 * DAY)  # a whole walk, in which nothing is as new
    assert bookmark(sink)["bookmark"] == NOW.isoformat()


def test_once_a_week_everything_is_walked_and_what_is_gone_is_marked(api: Api, sink: MemorySink) -> None:
    api.put("a", "b", "c")
    land(api, sink, NOW)
    del api.orders["b"]
    for day in range(1, 8):
        land(api, sink, NOW + day * DAY)
        assert sink.rows("raw_order", "deleted_at") == [None, NOW + 7 * DAY if day == 7 else None, None]
    assert [walk.is_full for walk in api.walks] == [True] + [False] * 6 + [True]
    api.put("b", at=NOW + 8 * DAY)
    land(api, sink, NOW + 8 * DAY)
    assert sink.rows("raw_order", "deleted_at") == [None, None, None]


def test_a_stream_without_changes_is_walked_whole_each_time(api: Api, sink: MemorySink) -> None:
    api.put("a", "b")
    land(api, sink, NOW, updated=None)
    del api.orders["a"]
    land(api, sink, NOW + DAY, updated=None)
    assert sink.rows("raw_order", "deleted_at") == [NOW + DAY, None]


def test_a_person_may_ask_for_more(api: Api, sink: MemorySink) -> None:
    api.put("a", "b")
    land(api, sink, NOW)
    land(api, sink, NOW + DAY, Choice(is_full=True))
    land(api, sink, NOW + DAY, Choice(since=NOW - 30 * DAY))
    land(api, sink, NOW + DAY, Choice(since=NOW + DAY))  # later than what is missing: that is asked for all the same
    assert [walk.since for walk in api.walks] == [None, None, NOW - 30 * DAY, NOW - 2 * DAY]


def test_a_first_walk_is_whole_whatever_is_asked(api: Api, sink: MemorySink) -> None:
    api.put("a", at=NOW - 300 * DAY)
    land(api, sink, NOW, Choice(since=NOW - DAY))
    assert sink.rows("raw_order", "id") == ["a"]


def test_an_older_version_never_overwrites_a_newer_one(api: Api, sink: MemorySink) -> None:
    api.put("a", at=NOW, total=2)
    land(api, sink, NOW)
    api.put("a", at=NOW - DAY, total=1)  # from a replica that lags behind
    land(api, sink, NOW + DAY)
    assert sink.rows("raw_order", "total", "synced_at") == [(2, NOW + DAY)]


def test_a_walk_that_fails_moves_no_bookmark_and_keeps_its_rows(api: Api, sink: MemorySink) -> None:
    api.put("a", "b", "c", at=NOW - DAY)
    land(api, sink, NOW)
    api.put(*"abcdef", at=NOW)
    api.breaks_after = api.pages_sent + 1
    with pytest.raises(WorldError, match="the connector's code failed: RuntimeError: the line is dead"):
        land(api, sink, NOW + DAY)
    assert bookmark(sink)["bookmark"] == (NOW - DAY).isoformat()
    assert sink.rows("raw_order", "synced_at") == [NOW + DAY, NOW + DAY, NOW]
    assert sink.rows("kpictl_sync", "finished_at") == [NOW]
    api.breaks_after = None
    land(api, sink, NOW + DAY)
    assert sink.rows("raw_order", "id") == list("abcdef")
    assert bookmark(sink)["bookmark"] == NOW.isoformat()


def killed_after(sink: MemorySink, merges: int) -> Callable[..., None]:
    whole, left = sink.merge, [merges]

    def merge(*arguments: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        whole(*arguments)

    return merge


def kill(api: Api, sink: MemorySink, merges: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that dies after so many batches."""
    with monkeypatch.context() as patched:
        patched.setattr(sink, "merge", killed_after(sink, merges))
        with pytest.raises(Killed):
            land(api, sink, NOW)


@pytest.mark.parametrize(("is_sorted", "is_resumable"), [(False, False), (False, True), (True, False)])
def test_a_first_load_that_is_killed_goes_on_where_the_api_allows_it(
    api: Api, sink: MemorySink, monkeypatch: pytest.MonkeyPatch, is_sorted: bool, is_resumable: bool
) -> None:
    api.is_sorted, api.is_resumable = is_sorted, is_resumable
    for nth, name in enumerate("abcdefgh"):
        api.put(name, at=NOW - (30 - nth) * DAY)
    kill(api, sink, 3, monkeypatch)
    assert sink.rows("raw_order", "id") == list("abcdef")
    sent = api.pages_sent
    later = NOW + timedelta(hours=1)
    land(api, sink, later)
    assert sink.rows("raw_order", "id") == list("abcdefgh")
    assert sink.rows("raw_order", "deleted_at") == [None] * 8
    again = api.pages_sent - sent
    if is_resumable:
        assert (again, api.walks[-1].position) == (1, "6")
    elif is_sorted:
        assert (again, api.walks[-1].since) == (3, NOW - 25 * DAY - timedelta(hours=48))
    else:
        assert again == 4
    assert bookmark(sink) == {
        "connector": "shop",
        "stream": "order",
        "bookmark": (NOW - 23 * DAY).isoformat(),
        "position": None,
        "walk_began_at": None,
        "walk_is_full": False,
        # What a walk has not seen since its begin is gone: it began when the first of its parts did.
        # One that goes on at a time has not seen what has none: it is made again.
        "full_walk_at": {True: NOW, False: later}[is_resumable] if not is_sorted else None,
    }


def test_a_walk_from_a_day_on_that_breaks_off_leaves_no_position(
    api: Api, sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages are those of another question."""
    api.is_resumable = True
    api.put(*"abcdefgh", at=NOW - 9 * DAY)
    land(api, sink, NOW)
    api.breaks_after = api.pages_sent + 2
    with pytest.raises(WorldError):
        land(api, sink, NOW + DAY, Choice(since=NOW - 30 * DAY))
    api.breaks_after = None
    land(api, sink, NOW + DAY)
    assert api.walks[-1] == Walk(NOW - 11 * DAY)


def test_a_new_column_is_filled_even_if_the_first_try_fails(api: Api, sink: MemorySink) -> None:
    api.put("a", at=NOW - 9 * DAY)
    land(api, sink, NOW)
    del sink.tables["raw.raw_order"]  # as if it was made anew
    api.breaks_after = api.pages_sent
    with pytest.raises(WorldError):
        land(api, sink, NOW + DAY)
    api.breaks_after = None
    land(api, sink, NOW + DAY)
    assert sink.rows("raw_order", "id") == ["a"]


def test_the_first_day_of_all_is_a_time_too(api: Api, sink: MemorySink) -> None:
    api.put("a", at=datetime(1, 1, 1, tzinfo=UTC))
    land(api, sink, NOW)
    land(api, sink, NOW + DAY)
    assert api.walks[-1].since == datetime.min.replace(tzinfo=UTC)


def test_a_broken_walk_of_long_ago_begins_anew(api: Api, sink: MemorySink, monkeypatch: pytest.MonkeyPatch) -> None:
    api.is_resumable = True
    api.put(*"abcd")
    kill(api, sink, 1, monkeypatch)
    assert bookmark(sink)["position"] == "2"
    land(api, sink, NOW + 2 * DAY)
    assert api.walks[-1] == Walk()


def test_a_row_that_vanishes_between_the_parts_of_a_broken_walk_is_found_next_time(
    api: Api, sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.is_resumable = True
    api.put(*"abcdef")
    land(api, sink, NOW - 7 * DAY)
    kill(api, sink, 2, monkeypatch)
    del api.orders["f"]
    land(api, sink, NOW + timedelta(hours=1))
    assert sink.rows("raw_order", "deleted_at") == [None] * 5 + [NOW + timedelta(hours=1)]


def numbers(found: list[int], walks: list[Walk]) -> Stream:
    def pages(walk: Walk) -> Pages:
        walks.append(walk)
        since = walk.since
        assert since is None or isinstance(since, int)
        yield Local([{"id": number} for number in found if since is None or number >= since])

    return Stream("number", "raw_number", ("id",), Numbered, pages, updated="id", is_sorted=True)


def test_a_number_that_grows_is_a_bookmark_too(sink: MemorySink) -> None:
    found = [1, 2, 3]
    walks: list[Walk] = []
    made = Connector("shop", "", (numbers(found, walks),))
    list(sync(everything((made,)), sink, schema="raw", now=NOW))
    found += [4, 5]
    said = list(sync(everything((made,)), sink, schema="raw", now=NOW + DAY))
    assert walks == [Walk(), Walk(3)]
    assert [one.rows for one in said if isinstance(one, Synced)] == [3]


def test_the_walks_of_a_connector_stop_with_the_sync(api: Api, sink: MemorySink) -> None:
    """Who stops listening, as with Ctrl-C, leaves no thread that calls on."""
    asked: list[int] = []

    def endless(_: Walk) -> Iterator[Any]:
        nth = 0
        while True:
            asked.append(nth)
            yield Local([{"id": str(nth)}])
            nth += 1

    stream = Stream("order", "raw_order", ("id",), Order, endless)  # type: ignore[arg-type]  # never sent to
    saying = sync(everything((Connector("shop", "", (stream,)),)), sink, schema="raw", now=NOW, batch_rows=3)
    next(saying)
    saying.close()  # type: ignore[attr-defined]  # a generator
    length = -1
    while length != len(asked):
        length = len(asked)

        time.sleep(0.3)
    assert length < 100


def test_a_record_without_a_key_in_the_first_part_of_a_walk_keeps_all_of_it_from_deleting(
    api: Api, sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows which row it was that came without its key."""
    api.is_resumable = True
    api.put(*"abcdef")
    land(api, sink, NOW - 7 * DAY)
    api.orders["a"].pop("id")
    kill(api, sink, 1, monkeypatch)
    land(api, sink, NOW + timedelta(hours=1))
    assert sink.rows("raw_order", "deleted_at") == [None] * 6
