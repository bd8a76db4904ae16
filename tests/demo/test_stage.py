"""A world replaced while it is read, its changes and its clock, the log of requests, the API's limits."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from kpictl.demo import Address, Fault, Request, Stage, World, changed, serve, simulate, skewed

LISTING = "/api/data/export/urls"


@pytest.fixture(scope="module")
def small() -> World:
    return simulate(last_day=date(2026, 5, 16), years=0)


@dataclass
class Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def shop_of(world: World | Stage, **settings: Any) -> Iterator[httpx.Client]:
    with serve(world, **settings) as address, shop_at(address) as shop:
        yield shop


def shop_at(address: Address) -> httpx.Client:
    return httpx.Client(
        base_url=address.commerce7_url,
        auth=(address.app_id, address.app_secret),
        headers={"tenant": address.tenant},
        verify=False,
    )


def page(shop: httpx.Client, cursor: str, **filters: str) -> tuple[list[dict[str, Any]], str]:
    body = shop.get("/order", params={"cursor": cursor, **filters}).raise_for_status().json()
    return body["orders"], body.get("cursor", "")


def by_id(world: World) -> list[dict[str, Any]]:
    return sorted(world.orders, key=lambda order: str(order["id"]))


def rest(shop: httpx.Client, cursor: str, **filters: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while cursor:
        some, cursor = page(shop, cursor, **filters)
        rows += some
    return rows


def test_a_walk_goes_on_after_its_last_id_whatever_comes_and_goes(small: World) -> None:
    stage, orders = Stage(small), by_id(small)
    before = {**orders[0], "id": "0" * 36}
    edited, new = {**orders[60], "total": 1}, {**orders[60], "id": orders[60]["id"] + "a"}
    with shop_of(stage) as shop:
        first, cursor = page(shop, "start")
        # Also the row that the cursor stands at is taken away.
        gone = (orders[10]["id"], orders[49]["id"], orders[70]["id"])
        stage.world = changed(small, orders=[before, edited, new], removed_orders=gone)
        following = rest(shop, cursor)
        afresh = rest(shop, "start")
    assert first == orders[:50]
    assert following == [*orders[50:60], edited, new, *orders[61:70], *orders[71:]]
    assert afresh == by_id(stage.world)


def test_a_filter_looks_at_the_records_of_the_moment(small: World) -> None:
    stage, filters = Stage(small), {"updatedAt": "gte:2026-05-01"}
    wanted = [order for order in by_id(small) if order["updatedAt"] >= "2026-05-01"]
    touched = {**wanted[30], "updatedAt": "2026-04-01T00:00:00.000Z"}
    with shop_of(stage, page_size=20) as shop:
        first, cursor = page(shop, "start", **filters)
        stage.world = changed(small, orders=[touched])
        following = rest(shop, cursor, **filters)
    assert first == wanted[:20]
    assert following == [*wanted[20:30], *wanted[31:]]


def test_pages_by_number_shift_when_a_row_goes(small: World) -> None:
    stage, orders = Stage(small), by_id(small)
    with shop_of(stage) as shop:
        shop.get("/order", params={"page": 1, "limit": 10})
        stage.world = changed(small, removed_orders=[orders[0]["id"]])
        second = shop.get("/order", params={"page": 2, "limit": 10}).json()
        missing = shop.get(f"/order/{orders[0]['id']}")
    assert second == {"orders": orders[11:21], "total": len(orders) - 1}
    assert missing.status_code == 404


def test_a_script_replaces_the_world_at_a_request(small: World) -> None:
    stage = Stage(small)

    def script(number: int, _request: Request) -> Fault | None:
        if number == 2:
            stage.world = changed(stage.world, removed_orders=[order["id"] for order in small.orders])
        return None

    with shop_of(stage, script=script) as shop:
        first, cursor = page(shop, "start")
        assert len(first) == 50
        assert page(shop, cursor) == ([], "")


def urls_of(address: Address) -> list[str]:
    scope = {"businessId": address.tock_business_id, "businessGroupId": address.tock_business_group_id}
    headers = {"X-Tock-Authorization": address.tock_api_key, "X-Tock-Scope": json.dumps(scope)}
    result = httpx.get(address.tock_url + LISTING, headers=headers, verify=False).json()["result"]
    return [*result["reservationDataUrls"], *result["guestDataUrls"]]


def read(url: str) -> Any:
    return httpx.get(url, verify=False).raise_for_status().json()


def test_tock_exports_anew_and_keeps_the_files_of_before(small: World) -> None:
    stage = Stage(small)
    with serve(stage) as address:
        old = urls_of(address)
        stage.world = changed(small, removed_orders=[small.orders[0]["id"]])
        assert urls_of(address) == old
        stage.world = changed(small, removed_reservations=[small.reservations[0]["id"]])
        new = urls_of(address)
        assert not set(new) & set(old)
        assert read(old[0]) == list(small.reservations)
        assert read(new[0]) == list(stage.world.reservations)
        assert len(stage.world.reservations) < len(small.reservations)


def test_records_change_in_place_and_new_ones_come_last(small: World) -> None:
    edited, new = {**small.products[1], "title": "Other"}, {**small.products[1], "id": "new"}
    walk_in = {"walkinId": "1", "partySize": 2}
    world = changed(small, products=[new, edited], removed_products=[small.products[0]["id"]], reservations=[walk_in])
    assert world.products == (edited, *small.products[2:], new)
    assert world.reservations == (*small.reservations, walk_in)
    assert world.customers is small.customers
    assert changed(small) == small


def test_a_wrong_clock_shifts_what_was_updated_and_nothing_else(small: World) -> None:
    world = skewed(small, timedelta(minutes=-90))
    order = replace(small, orders=small.orders[:1]).orders[0]
    assert order["updatedAt"] > world.orders[0]["updatedAt"]
    assert skewed(world, timedelta(minutes=90)) == small
    assert {**world.orders[0], "updatedAt": ""} == {**order, "updatedAt": ""}
    assert world.reservations is small.reservations


def test_every_request_is_in_the_log(small: World) -> None:
    stage = Stage(small)
    with shop_of(stage) as shop:
        started = time.monotonic()
        page(shop, "start", channel="POS")
        shop.get("/club/none")
    assert [(seen.path, seen.query) for seen in stage.log] == [
        ("/v1/order", {"cursor": "start", "channel": "POS"}),
        ("/v1/club/none", {}),
    ]
    assert started <= stage.log[0].seconds <= stage.log[1].seconds <= time.monotonic()


def test_a_hundred_requests_a_minute_are_granted_and_cursors_are_free(small: World) -> None:
    clock, stage = Clock(), Stage(small)
    club = small.clubs[0]["id"]
    with shop_of(stage, limits=True, clock=clock) as shop:
        for _ in range(50):
            assert shop.get("/club", params={"cursor": "start"}).status_code == 200
            clock.seconds += 0.1
        for _ in range(50):
            assert shop.get(f"/club/{club}").status_code == 200
        refused = shop.get("/order", params={"page": 1})
        assert [page(shop, "start")[0] != [] for _ in range(20)] == [True] * 20
        assert httpx.get(f"{shop.base_url}/club", verify=False).status_code == 401
        clock.seconds = 1059.9
        assert shop.get("/club").status_code == 429
        clock.seconds = 1060.0
        assert [shop.get("/club").status_code for _ in range(2)] == [200, 429]
    assert (refused.status_code, refused.json()["statusCode"]) == (429, 429)
    assert "retry-after" not in refused.headers
    assert stage.log[-1].seconds == 1060.0


def test_beyond_page_100_one_request_a_minute_is_granted(small: World) -> None:
    clock = Clock()
    with shop_of(small, limits=True, clock=clock) as shop:

        def status(number: int) -> int:
            return shop.get("/order", params={"page": number, "limit": 1}).status_code

        assert [status(number) for number in (100, 101, 102, 100)] == [200, 200, 429, 200]
        clock.seconds += 59
        assert status(102) == 429
        clock.seconds += 1
        assert [status(number) for number in (102, 103)] == [200, 429]


def test_without_limits_nothing_is_refused(small: World) -> None:
    with shop_of(small) as shop:
        assert {shop.get("/club").status_code for _ in range(120)} == {200}
