"""Commerce7 as its reference describes it: cursors, pages, cents, and nothing that pays is stored."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kpictl.connect import Answer as Body
from kpictl.connect import Connector, Rate, Request, Retries, Synced, Walk, everything, load_connector, sync
from kpictl.connect.memory import MemorySink
from kpictl.diagnostics import WorldError
from tests.connect.web import HTML, Answer, Call, Web

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 18, tzinfo=UTC)
SECRET = "c7-s3cret"

SALE: dict[str, Any] = {
    "id": "0f3c2d6e-1001",
    "orderNumber": 20481,
    "externalOrderVendor": None,
    "orderSubmittedDate": "2026-05-16T21:04:11.120Z",
    "orderPaidDate": "2026-05-16T21:04:12.004Z",
    "purchaseType": "Regular",
    "paymentStatus": "Paid",
    "channel": "POS",
    "posProfile": {"id": "7a1d3e6b", "title": "Tasting Room"},
    "posProfileId": "7a1d3e6b",
    "customerId": "b7a1c3de",
    "subTotal": 13600,
    "shipTotal": 0,
    "taxTotal": 744,
    "tipTotal": 1500.5,
    "total": 14344,
    "metaData": {"event-specific-sale": True, "code": "kept"},
    "club": None,
    "items": [
        {
            "id": "i1",
            "type": "Wine",
            "sku": "21-CS-750",
            "price": 4800,
            "quantity": 2,
            "volumeInML": 750,
            "tax": 744,
        },
        {"id": "i2", "type": "Tasting", "price": 2000, "quantity": 2, "volumeInML": None, "productId": None},
    ],
    "tenders": [
        {
            "id": "t1",
            "amountTendered": 10000,
            "creditCard": {"maskedCardNumber": "4111", "cardHolderName": "D O"},
        },
        {"id": "t2", "amountTendered": 5844, "giftCard": {"id": "g1", "code": "GC-77", "maskedCode": "**77"}},
    ],
    "coupons": [{"id": "c1", "code": "SUMMER", "totalValue": 100}],
    "updatedAt": "2026-05-17T18:20:31.300Z",
}
REFUND: dict[str, Any] = {
    "id": "0f3c2d6e-1002",
    "orderNumber": "20499",
    "orderPaidDate": "2026-05-17T18:20:30.500Z",
    "previousOrderId": "0f3c2d6e-1001",
    "purchaseType": "Refund",
    "paymentStatus": "Paid",
    "channel": "Hologram",
    "externalOrderVendor": "Tock",
    "subTotal": -4800,
    "total": -5172,
    "items": [{"id": "i3", "purchaseType": "Refund", "type": "Wine", "price": 4800, "quantity": -1, "tax": -372}],
}
NEXT = "584a97d0-3276-11ea-a64c-062a616166d8"


def shop(call: Call) -> Answer:
    """Two pages of orders, two of clubs, one of everything else."""
    match call.path, call.query.get("cursor"), call.query.get("page"):
        case "/v1/customer", "start", None:
            information = {"orderCount": 7, "lifetimeValue": 84210}
            customer = {
                "id": "b7a1c3de",
                "city": "Sonoma",
                "orderInformation": information,
                "firstName": "Dana",
            }
            return Answer({"customers": [customer, {"id": "c2", "orderInformation": None}], "cursor": ""})
        case "/v1/order", "start", None:
            return Answer({"orders": [SALE], "cursor": NEXT})
        case "/v1/order", cursor, None if cursor == NEXT:
            return Answer({"orders": [REFUND]})
        case "/v1/product", "start", None:
            return Answer({"products": [{"id": "p1", "type": "Wine", "department": None}], "cursor": None})
        case "/v1/club", None, "1":
            return Answer({"clubs": [{"id": f"k{number}"} for number in range(50)], "total": 51})
        case "/v1/club", None, "2":
            return Answer({"clubs": [{"id": "k50", "title": "Estate Club"}], "total": 51})
        case "/v1/department", None, "1":
            return Answer({"departments": [{"id": "d1", "title": "Wine", "code": "W"}], "total": 1})
        case "/v1/club-membership", "start", None:
            member = {"id": "m1", "status": "Cancelled", "clubId": "k50", "customerId": "b7a1c3de"}
            dates = {"signupDate": "2025-04-10T18:00:00.000Z", "cancelDate": None}
            return Answer({"clubMemberships": [{**member, **dates, "club": {"title": "Estate Club"}}]})
        case _:
            return Answer({"statusCode": 404, "message": f"unexpected {call.path}?{call.raw_query}"}, 404)


def winery(web: Web) -> Connector:
    settings = {"tenant": "estate", "app_id": "app", "app_secret": SECRET, "base_url": f"{web.url}/v1"}
    made = load_connector("commerce7", settings, ROOT)
    return replace(made, retries=Retries(attempts=2, first_seconds=0.001))


@pytest.fixture
def filled(web: Web, sink: MemorySink) -> MemorySink:
    web.answer = shop
    rows = {
        one.table: one.rows
        for one in sync(everything((winery(web),)), sink, schema="raw", now=NOW)
        if isinstance(one, Synced)
    }
    assert rows == {
        "raw_customer": 2,
        "raw_order": 2,
        "raw_order_item": 3,
        "raw_product": 1,
        "raw_club": 51,
        "raw_department": 1,
        "raw_club_membership": 1,
    }
    return sink


def test_pages_keep_to_the_apis_limits(web: Web) -> None:
    """A hundred calls a minute, cursors free; beyond page 100 one page a minute."""
    made = winery(web)
    assert made.rate == Rate(100, 60)
    streams = {stream.name: stream for stream in made.streams}
    first = next(streams["order"].pages(Walk()))
    assert isinstance(first, Request)
    assert first.costs == 0
    pages = streams["club"].pages(Walk())
    asked = next(pages)
    pauses = []
    for nth in range(1, 103):
        assert isinstance(asked, Request)
        assert (asked.params["page"], asked.costs) == (str(nth), 1)
        pauses.append(asked.pause_seconds)
        asked = pages.send(Body({"clubs": [{"id": f"{nth}-{each}"} for each in range(50)], "total": 99_999}))
    assert pauses == [0] * 100 + [60, 60]


def picked(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_every_call_is_signed_and_asks_for_fifty(web: Web, filled: MemorySink) -> None:
    assert len(web.calls) == 8
    for call in web.calls:
        scheme, _, code = call.headers["authorization"].partition(" ")
        assert (scheme, base64.b64decode(code)) == ("Basic", b"app:c7-s3cret")
        assert call.headers["tenant"] == "estate"
        assert call.query["limit"] == "50"


def test_orders_and_refunds(filled: MemorySink) -> None:
    sale, refund = filled.rows("raw_order")
    names = ("order_number", "channel", "purchase_type", "sub_total", "tax_total", "tip_total", "total")
    assert picked(sale, *names) == (20481, "POS", "Regular", 13600, 744, 1500, 14344)
    assert picked(refund, *names) == (20499, "Hologram", "Refund", -4800, None, None, -5172)
    assert sale["order_paid_date"] == datetime(2026, 5, 16, 21, 4, 12, 4000, tzinfo=UTC)
    assert picked(sale, "pos_profile_title", "club_id", "external_order_vendor") == (
        "Tasting Room",
        None,
        None,
    )
    assert picked(refund, "previous_order_id", "external_order_vendor") == ("0f3c2d6e-1001", "Tock")
    assert json.loads(sale["meta_data"]) == {"event-specific-sale": True, "code": "kept"}


def test_items_know_their_order(filled: MemorySink) -> None:
    names = ("id", "order_id", "type", "price", "quantity", "volume_in_ml", "tax")
    assert [picked(row, *names) for row in filled.rows("raw_order_item")] == [
        ("i1", "0f3c2d6e-1001", "Wine", 4800, 2, 750, 744),
        ("i2", "0f3c2d6e-1001", "Tasting", 2000, 2, None, None),
        ("i3", "0f3c2d6e-1002", "Wine", 4800, -1, None, -372),
    ]


def test_the_record_is_whole_but_for_cards(filled: MemorySink) -> None:
    text = filled.rows("raw_order")[0]["record"]
    stored = json.loads(text)
    assert stored["tenders"] == [
        {"id": "t1", "amountTendered": 10000},
        {"id": "t2", "amountTendered": 5844, "giftCard": {"id": "g1"}},
    ]
    assert {**stored, "tenders": None} == {**SALE, "tenders": None}
    assert stored["coupons"][0]["code"] == "SUMMER"


def test_customers_products_clubs_and_memberships(filled: MemorySink) -> None:
    names = ("id", "city", "order_count", "lifetime_value")
    assert [picked(row, *names) for row in filled.rows("raw_customer")] == [
        ("b7a1c3de", "Sonoma", 7, 84210),
        ("c2", None, None, None),
    ]
    assert picked(filled.rows("raw_product")[0], "id", "type", "department_title") == ("p1", "Wine", None)
    assert len(filled.rows("raw_club")) == 51
    (member,) = filled.rows("raw_club_membership")
    assert picked(member, "status", "club_title", "cancel_date") == ("Cancelled", "Estate Club", None)
    assert member["signup_date"] == datetime(2025, 4, 10, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer(
                {"statusCode": 401, "type": "unauthorized", "message": "Unauthenticated User", "errors": []},
                401,
            ),
            "401 Unauthorized: Unauthenticated User",
        ),
        (Answer(b"<html>down</html>", 503, HTML), "503 Service Unavailable and an HTML page"),
        (Answer({"customers": [{"id": "x"}], "cursor": "start"}), "page 1 repeats an earlier cursor"),
    ],
)
def test_trouble_is_said_without_the_secret(web: Web, sink: MemorySink, answer: Answer, message: str) -> None:
    web.answer = lambda _: answer
    with pytest.raises(WorldError, match="connector commerce7, stream customer: ") as caught:
        list(sync(everything((winery(web),)), sink, schema="raw", now=NOW))
    assert message in str(caught.value)
    assert SECRET not in f"{caught.value} {caught.value.help}"
    assert "YXBwOmM3" not in f"{caught.value} {caught.value.help}"  # the beginning of the Basic header
