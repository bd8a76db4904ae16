"""The winery's connectors conform, against the simulated APIs with all their traps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kpictl.connect import Connector, Noticed, Retries, Synced, Waited, everything, sync
from kpictl.connect.conformance import Conformance
from kpictl.connect.memory import MemorySink
from kpictl.demo import Request, Script, Stage, World, changed, serve, simulate
from kpictl.demo.faults import (
    EmptyCursor,
    EmptyPage,
    ExpireFile,
    Fault,
    FewerRecords,
    GzipBody,
    IgnoreFilters,
    OmitFile,
    Redirect,
    Refuse,
    RefuseFilters,
    RepeatCursor,
    TrailingPage,
)
from kpictl.diagnostics import WorldError
from tests.connect.test_soak import winery

NOW = datetime(2026, 5, 17, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    """A month, thinned: every trap of the orders is among them."""
    whole = simulate(last_day=date(2026, 5, 16), years=0)
    return replace(
        whole,
        customers=whole.customers[:120],
        orders=whole.orders[:200],
        club_memberships=whole.club_memberships[:60],
        reservations=whole.reservations[:90],
        guests=whole.guests[:60],
    )


class _Served(Conformance):
    nth: int

    @pytest.fixture
    def connector(self, world: World) -> Iterator[Connector]:
        with serve(world, file_size=40) as address:
            yield winery(address)[self.nth]


class TestCommerce7(_Served):
    nth = 0


class TestTock(_Served):
    nth = 1

    def test_walks_end_and_their_records_fit(self, connector: Connector) -> None:
        """But for walk-ins and visits that have no id at all, which the APIs do send."""
        said = list(sync(everything((connector,)), MemorySink(), schema="raw", now=NOW))
        assert {one.stream for one in said if isinstance(one, Synced)} == {"reservation", "guest"}


def land(stage: Stage, sink: MemorySink, now: datetime, script: Script | None = None) -> list[object]:
    with serve(stage, script=script) as address:
        return list(sync(everything(winery(address)), sink, schema="raw", now=now))


def failing(world: World, script: Script) -> WorldError:
    with pytest.raises(WorldError) as caught:
        land(Stage(world), MemorySink(), NOW, script)
    return caught.value


def at_path(fault: Fault, ending: str, *, nth: int = 1) -> Script:
    """The fault at the so manieth request whose path has this in it."""
    met = [0]

    def script(_: int, request: Request) -> Fault | None:
        met[0] += ending in request.path
        return fault if ending in request.path and met[0] == nth else None

    return script


def always(fault: Fault) -> Script:
    return lambda _, request: fault if request.path.startswith("/v1/") else None


def asked(stage: Stage, path: str) -> list[dict[str, str]]:
    return [dict(seen.query) for seen in stage.log if seen.path == path]


@pytest.mark.parametrize(
    "fault", [EmptyCursor(None), EmptyCursor(""), TrailingPage(), GzipBody(), IgnoreFilters()], ids=repr
)
def test_the_ways_in_which_lists_end(world: World, fault: Fault) -> None:
    plain, odd = MemorySink(), MemorySink()
    land(Stage(world), plain, NOW)
    land(Stage(world), odd, NOW, always(fault))
    for table in ("raw_order", "raw_order_item", "raw_customer", "raw_club", "raw_tock_reservation"):
        assert odd.rows(table) == plain.rows(table)


def test_an_empty_page_is_not_the_end(world: World) -> None:
    plain, odd = MemorySink(), MemorySink()
    land(Stage(world), plain, NOW)
    land(Stage(world), odd, NOW, at_path(EmptyPage(), "/order", nth=2))
    assert odd.rows("raw_order") == plain.rows("raw_order")
    assert "101 empty pages in a row" in str(failing(world, always(EmptyPage())))


def test_a_cursor_in_a_circle_is_told(world: World) -> None:
    error = failing(world, at_path(RepeatCursor(1), "/order", nth=3))
    assert "stream order: page 3 repeats an earlier cursor; the walk would never end" in str(error)
    assert error.code == "KPI504"


@pytest.mark.parametrize("fault", [RefuseFilters(), IgnoreFilters()], ids=repr)
def test_filters_that_are_refused_or_ignored_lose_nothing(world: World, fault: Fault) -> None:
    stage, sink = Stage(world), MemorySink()
    land(stage, sink, NOW)
    order = {**world.orders[3], "total": 7, "updatedAt": "2026-05-16T23:00:00.000Z"}
    stage.world = changed(world, orders=[order])
    stage.log.clear()
    land(stage, sink, LATER, always(fault))
    assert dict(sink.rows("raw_order", "id", "total"))[order["id"]] == 7
    first, *rest = asked(stage, "/v1/order")
    assert first["updatedAt"].startswith("gte:2026-05-1")
    if isinstance(fault, RefuseFilters):
        assert all("updatedAt" not in query for query in rest)
        assert rest
    else:
        assert all(query["updatedAt"] == first["updatedAt"] for query in rest)


def test_changes_alone_are_asked_for(world: World) -> None:
    stage, sink = Stage(world), MemorySink()
    land(stage, sink, NOW)
    whole = len(stage.log)
    stage.log.clear()
    said = land(stage, sink, LATER)
    newest = max(str(order["updatedAt"]) for order in world.orders)
    since = datetime.fromisoformat(newest) - timedelta(hours=48)
    wanted = f"gte:{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03d}Z"
    assert {query["updatedAt"] for query in asked(stage, "/v1/order")} == {wanted}
    assert len(stage.log) < whole
    counts = {one.table: one.rows for one in said if isinstance(one, Synced)}
    assert 0 < counts["raw_order"] < len(world.orders)
    assert counts["raw_club"] == len(world.clubs)  # a short list without a filter comes whole


def test_records_that_change_while_they_are_paged(world: World) -> None:
    """A page after the change has the new version; a page before it the old, and the next sync the new."""
    stage, sink = Stage(world), MemorySink()
    order = {**world.orders[3], "total": 7, "updatedAt": "2026-05-16T23:30:00.000Z"}

    def change(_: int, request: Request) -> Fault | None:
        if request.path == "/v1/order" and request.query["cursor"] != "start":
            stage.world = changed(world, orders=[order], removed_orders=[str(world.orders[9]["id"])])
        return None

    land(stage, sink, NOW, change)
    land(stage, sink, LATER)
    assert dict(sink.rows("raw_order", "id", "total"))[order["id"]] == 7


def test_an_order_that_is_gone_is_marked_once_a_week(world: World) -> None:
    stage, sink = Stage(world), MemorySink()
    land(stage, sink, NOW)
    gone = str(world.orders[9]["id"])
    stage.world = changed(world, removed_orders=[gone])
    land(stage, sink, LATER)
    assert dict(sink.rows("raw_order", "id", "deleted_at"))[gone] is None
    week = NOW + timedelta(days=7)
    land(stage, sink, week)
    assert {name for name, at in sink.rows("raw_order", "id", "deleted_at") if at} == {gone}
    assert {at for name, at in sink.rows("raw_order_item", "order_id", "deleted_at") if name == gone} <= {week}


def test_the_api_leads_elsewhere(world: World) -> None:
    error = failing(world, at_path(Redirect("https://c7.example.org/v1/order"), "/order"))
    assert "redirects are refused" in str(error)
    assert error.code == "KPI505"


@pytest.mark.parametrize(("status", "code"), [(401, "KPI501"), (403, "KPI501")])
def test_wrong_credentials_or_a_wrong_tenant_are_told_at_once(world: World, status: int, code: str) -> None:
    stage = Stage(world)
    with pytest.raises(WorldError) as caught:
        land(stage, MemorySink(), NOW, always(Refuse(status)))
    assert caught.value.code == code
    assert "`app_id`, `app_secret` and `tenant`" in str(caught.value.help)
    assert len([seen for seen in stage.log if seen.path.startswith("/v1/")]) == (1 if status == 401 else 6)


def test_a_key_that_looks_like_an_outage(world: World) -> None:
    """Tock answers a wrong key with 503 and a page; it is tried again, and then both readings are told."""
    with serve(world) as address:
        wrong = replace(address, tock_api_key="wrong-key")
        made = replace(winery(wrong)[1], retries=Retries(attempts=2, first_seconds=0.001))
        said: list[object] = []
        with pytest.raises(WorldError, match="503") as caught:
            said.extend(sync(everything((made,)), MemorySink(), schema="raw", now=NOW))
    assert "hides rejected credentials behind this answer" in str(caught.value.help)
    assert "wrong-key" not in f"{caught.value} {caught.value.help}"


def test_files_that_expire_are_listed_anew(world: World) -> None:
    stage, sink = Stage(world), MemorySink()
    land(stage, sink, NOW, at_path(ExpireFile(), "/exports/"))
    assert len(asked(stage, "/api/data/export/urls")) == 3
    assert len(sink.rows("raw_tock_guest")) > 0


def test_a_file_that_is_missing_fails_the_export(world: World) -> None:
    assert "came back with 404" in str(failing(world, at_path(OmitFile(), "/exports/")))


def test_a_shrunken_export_deletes_nothing(world: World) -> None:
    stage, sink = Stage(world), MemorySink()
    land(stage, sink, NOW)
    said = land(stage, sink, LATER, lambda _, request: FewerRecords(0.5) if "/reservation-" in request.path else None)
    (notice,) = [one for one in said if isinstance(one, Noticed) and "are gone" in one.message]
    assert notice.help == "if that is right: kpictl sync tock.reservation --full --allow-deletions"
    assert not any(sink.rows("raw_tock_reservation", "deleted_at"))


def test_waits_are_told(world: World) -> None:
    said = land(Stage(world), MemorySink(), NOW, at_path(Refuse(429, "0"), "/order"))
    assert [(one.stream, one.reason) for one in said if isinstance(one, Waited)] == [("order", "status 429")]
