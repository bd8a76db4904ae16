"""The two fake APIs over real HTTP: credentials, pages, cursors, filters, signed files."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest

from kpictl.demo import Address, World, serve

LISTING = "/api/data/export/urls"


@pytest.fixture(scope="module")
def shop(address: Address) -> Iterator[httpx.Client]:
    headers = {"tenant": address.tenant}
    auth = (address.app_id, address.app_secret)
    with httpx.Client(base_url=address.commerce7_url, auth=auth, headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def anybody(address: Address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address.tock_url) as client:
        yield client


def walk(shop: httpx.Client, path: str, key: str, **filters: str) -> Iterator[list[dict[str, Any]]]:
    cursor: str | None = "start"
    while cursor:
        body = shop.get(path, params={"cursor": cursor, **filters}).raise_for_status().json()
        assert set(body) <= {key, "cursor"}
        yield body[key]
        cursor = body.get("cursor")


@pytest.mark.parametrize(
    ("path", "key", "field"),
    [
        ("/order", "orders", "orders"),
        ("/customer", "customers", "customers"),
        ("/club-membership", "clubMemberships", "club_memberships"),
        ("/product", "products", "products"),
    ],
)
def test_the_pages_of_a_cursor_are_the_whole_list_by_id(
    shop: httpx.Client, world: World, path: str, key: str, field: str
) -> None:
    records = getattr(world, field)
    pages = list(walk(shop, path, key))
    assert [len(page) for page in pages[:-1]] == [50] * (len(pages) - 1)
    assert [row for page in pages for row in page] == sorted(records, key=lambda record: record["id"])


@pytest.mark.parametrize("rows", [0, 50, 51])
def test_a_cursor_ends_with_the_last_row(world: World, rows: int) -> None:
    few = World(**{**vars(world), "customers": world.customers[:rows]})
    with serve(few) as address, _client(address) as shop:
        assert [len(page) for page in walk(shop, "/customer", "customers")] == {
            0: [0],
            50: [50],
            51: [50, 1],
        }[rows]


def test_the_page_size_can_be_smaller(world: World) -> None:
    with serve(world, page_size=20) as address, _client(address) as shop:
        sizes = [len(page) for page in walk(shop, "/product", "products")]
    assert sizes[0] == 20
    assert sum(sizes) == len(world.products)


def _client(address: Address) -> httpx.Client:
    return httpx.Client(
        base_url=address.commerce7_url,
        auth=(address.app_id, address.app_secret),
        headers={"tenant": address.tenant},
    )


def test_pages_have_a_total_and_no_cursor(shop: httpx.Client, world: World) -> None:
    first = shop.get("/customer", params={"page": 1, "limit": 30}).json()
    second = shop.get("/customer", params={"page": 2, "limit": 30}).json()
    past = shop.get("/customer", params={"page": 9999, "limit": 30}).json()
    ordered = sorted(world.customers, key=lambda record: record["id"])
    assert first == {"customers": ordered[:30], "total": len(ordered)}
    assert second == {"customers": ordered[30:60], "total": len(ordered)}
    assert past == {"customers": [], "total": len(ordered)}


def test_clubs_come_in_pages_even_where_a_cursor_is_asked_for(shop: httpx.Client) -> None:
    body = shop.get("/club", params={"cursor": "start"}).json()
    assert body["total"] == len(body["clubs"]) == 3
    assert [club["title"] for club in shop.get("/department").json()["departments"]] != []
    assert shop.get("/setting").json()["settings"][0]["timeZone"] == "America/Los_Angeles"
    assert shop.get("/reservation", params={"cursor": "start"}).json() == {"reservations": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "51"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"page": "0"}, "page"),
        ({"cursor": "584a97d0-3276-11ea-a64c-062a616166d8"}, "cursor"),
        ({"cursor": "start", "updatedAt": "gte:yesterday"}, "updatedAt"),
    ],
)
def test_what_makes_no_sense_is_refused(shop: httpx.Client, query: Mapping[str, str], field: str) -> None:
    response = shop.get("/order", params=query)
    assert response.status_code == 422
    body = response.json()
    assert (body["statusCode"], body["type"]) == (422, "validationError")
    assert [error["field"] for error in body["errors"]] == [field]


def test_a_cursor_belongs_to_its_list_and_its_filters(shop: httpx.Client) -> None:
    cursor = shop.get("/order", params={"cursor": "start", "channel": "POS"}).json()["cursor"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", cursor)
    assert shop.get("/order", params={"cursor": cursor, "channel": "POS"}).status_code == 200
    assert shop.get("/order", params={"cursor": cursor}).status_code == 422
    assert shop.get("/customer", params={"cursor": cursor, "channel": "POS"}).status_code == 422


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("gte:2026-05-01", "2026-05-01T00:00:00.000Z", "9"),
        ("gte: 2026-05-01", "2026-05-01T00:00:00.000Z", "9"),
        ("gte:2026-05-01T07:30:00.250Z", "2026-05-01T07:30:00.250Z", "9"),
        ("gt:2026-04-30", "2026-05-01T00:00:00.000Z", "9"),
        ("lt:2023-05-10", "0", "2023-05-09T23:59:59.999Z"),
        ("lte:2023-05-10", "0", "2023-05-10T23:59:59.999Z"),
        ("btw:2025-02-01|2025-02-28", "2025-02-01T00:00:00.000Z", "2025-02-28T23:59:59.999Z"),
        ("2025-02-01", "2025-02-01T00:00:00.000Z", "2025-02-01T23:59:59.999Z"),
    ],
)
def test_orders_are_filtered_by_their_date(shop: httpx.Client, world: World, value: str, low: str, high: str) -> None:
    wanted = {o["id"] for o in world.orders if o["orderPaidDate"] and low <= o["orderPaidDate"] <= high}
    got = [row["id"] for page in walk(shop, "/order", "orders", orderPaidDate=value) for row in page]
    assert wanted
    assert sorted(wanted) == got
    assert shop.get("/order", params={"orderPaidDate": value, "limit": 1}).json()["total"] == len(wanted)


def test_orders_are_filtered_by_equality_and_unknown_parameters_are_ignored(shop: httpx.Client, world: World) -> None:
    clubs = sum(order["channel"] == "Club" for order in world.orders)
    assert shop.get("/order", params={"channel": "Club"}).json()["total"] == clubs
    assert shop.get("/order", params={"colour": "red"}).json()["total"] == len(world.orders)


def test_a_single_record_is_found_by_its_id(shop: httpx.Client, world: World) -> None:
    order = world.orders[100]
    assert shop.get(f"/order/{order['id']}").json() == order
    missing = shop.get("/order/nobody")
    assert (missing.status_code, missing.json()["statusCode"]) == (404, 404)
    assert shop.get("/no-such-list").status_code == 404


@pytest.mark.parametrize("wrong", ["no credentials", "secret", "id", "tenant", "no tenant"])
def test_commerce7_refuses_wrong_credentials(address: Address, wrong: str) -> None:
    auth = {"secret": (address.app_id, "wrong"), "id": ("wrong", address.app_secret), "no credentials": None}
    tenant = {"tenant": {"tenant": "another"}, "no tenant": {}}
    response = httpx.get(
        f"{address.commerce7_url}/order",
        auth=auth.get(wrong, (address.app_id, address.app_secret)),
        headers=tenant.get(wrong, {"tenant": address.tenant}),
    )
    assert response.status_code == 401
    assert response.json() == {
        "statusCode": 401,
        "type": "unauthorized",
        "message": "Unauthenticated User",
        "errors": [],
    }


def tock_headers(address: Address, **changes: str) -> dict[str, str]:
    scope = {"businessId": address.tock_business_id, "businessGroupId": address.tock_business_group_id}
    return {"X-Tock-Authorization": address.tock_api_key, "X-Tock-Scope": json.dumps(scope), **changes}


def test_the_files_of_the_listing_are_all_records(anybody: httpx.Client, address: Address, world: World) -> None:
    result = anybody.get(LISTING, headers=tock_headers(address)).raise_for_status().json()["result"]
    assert set(result) == {"reservationDataUrls", "guestDataUrls"}
    files = [anybody.get(url) for url in result["reservationDataUrls"]]
    assert all(file.headers["content-type"].startswith("application/json") for file in files)
    parsed = [file.json() for file in files]
    assert [len(records) for records in parsed[:-1]] == [5000, 5000]
    assert [record for records in parsed for record in records] == list(world.reservations)
    guests = [record for url in result["guestDataUrls"] for record in anybody.get(url).json()]
    assert guests == list(world.guests)
    names = [re.sub(r".*/|\?.*", "", url) for url in (*result["reservationDataUrls"], *result["guestDataUrls"])]
    assert names == ["reservation-0.json", "reservation-1.json", "reservation-2.json", "guest-profile-0.json"]


def test_tock_accepts_numbers_in_the_scope(anybody: httpx.Client, address: Address) -> None:
    scope = {
        "businessId": int(address.tock_business_id),
        "businessGroupId": int(address.tock_business_group_id),
    }
    headers = tock_headers(address, **{"X-Tock-Scope": json.dumps(scope)})
    assert anybody.get(LISTING, headers=headers).status_code == 200


def test_tock_without_a_key_or_an_agent_answers_403_and_nothing(anybody: httpx.Client, address: Address) -> None:
    for headers in ({}, tock_headers(address, **{"User-Agent": ""})):
        response = anybody.get(LISTING, headers=headers)
        assert (response.status_code, response.content) == (403, b"")


@pytest.mark.parametrize(
    "wrong",
    [
        {"X-Tock-Authorization": "wrong"},
        {"X-Tock-Scope": '{"businessId":"1","businessGroupId":"678"}'},
        {"X-Tock-Scope": '{"businessId":"12345"}'},
        {"X-Tock-Scope": "12345"},
        {"X-Tock-Scope": "{"},
    ],
)
def test_a_wrong_key_looks_like_an_outage(anybody: httpx.Client, address: Address, wrong: Mapping[str, str]) -> None:
    response = anybody.get(LISTING, headers=tock_headers(address, **wrong))
    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/html")
    assert "retry-after" not in response.headers


def test_a_tock_header_on_a_file_fails_the_request(anybody: httpx.Client, address: Address) -> None:
    headers = tock_headers(address)
    url = anybody.get(LISTING, headers=headers).json()["result"]["guestDataUrls"][0]
    for name, value in headers.items():
        response = anybody.get(url, headers={name: value})
        assert response.status_code == 400
        assert name.lower() in response.text
        assert value not in response.text


def test_a_file_without_its_signature_is_denied(anybody: httpx.Client, address: Address) -> None:
    first, second, *_ = anybody.get(LISTING, headers=tock_headers(address)).json()["result"]["reservationDataUrls"]
    bare, signature = first.split("?")
    for url in (bare, f"{bare}?{second.split('?')[1]}", f"{bare}x?{signature}"):
        response = anybody.get(url)
        assert response.status_code == 403
        assert response.headers["content-type"].startswith("application/xml")


def test_the_server_is_fast(shop: httpx.Client) -> None:
    pages, started = 0, time.perf_counter()
    for _ in walk(shop, "/order", "orders"):
        pages += 1
    # 600 on two slow cores. A delayed acknowledgement for each page (40 ms) would make it fewer than 25.
    assert pages / (time.perf_counter() - started) > 50


def test_after_the_end_nobody_is_answered(world: World) -> None:
    with serve(world) as address:
        shop = _client(address)
        assert shop.get("/club").status_code == 200
    with closing(shop), pytest.raises(httpx.TransportError):
        shop.get("/club")
