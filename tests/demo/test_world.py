"""The world is the same for the same seed, goes on from day to day, and its money adds up."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kpictl.demo import World, simulate

Record = Mapping[str, Any]
ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("America/Los_Angeles")


DIGEST = """
import hashlib
from datetime import date
from kpictl.demo import simulate
print(hashlib.sha256(repr(simulate(last_day=date(2026, 5, 16), years=1)).encode()).hexdigest())
"""


def test_the_same_seed_makes_the_same_world_in_every_process() -> None:
    # Another hash seed gives sets another order: nothing may depend on it.
    environment = {**os.environ, "PYTHONHASHSEED": "20"}
    child = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    here = repr(simulate(last_day=date(2026, 5, 16), years=1))
    assert child.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_another_seed_makes_another_world(world: World) -> None:
    other = simulate(last_day=date(2026, 5, 16), seed=1, years=0)
    assert not {order["id"] for order in other.orders} & {order["id"] for order in world.orders}


def test_the_world_begins_on_the_first_of_the_month_three_years_before(world: World) -> None:
    assert world.first_day == date(2023, 5, 1)
    days = {_day(order["orderPaidDate"]) for order in world.orders if order["orderPaidDate"]}
    assert (min(days), max(days)) == (date(2023, 5, 1), date(2026, 5, 16))


def test_a_world_may_end_on_29_february() -> None:
    assert simulate(last_day=date(2024, 2, 29), years=0).first_day == date(2024, 2, 1)


def test_tomorrow_tells_today_again_and_goes_on(world: World) -> None:
    tomorrow = simulate(last_day=date(2026, 5, 17))
    later = {order["id"]: order for order in tomorrow.orders}
    for order in world.orders:
        # A return of tomorrow is linked to the order before, and touches it.
        assert _without(later[order["id"]], "linkedOrders", "updatedAt") == _without(order, "linkedOrders", "updatedAt")
    known = {order["id"] for order in world.orders}
    new = [order for order in tomorrow.orders if order["id"] not in known]
    assert {_day(order["orderSubmittedDate"]) for order in new} == {date(2026, 5, 17)}
    assert {r.get("id") or r["walkinId"] for r in world.reservations} < {
        r.get("id") or r["walkinId"] for r in tomorrow.reservations
    }
    assert {m["id"] for m in world.club_memberships} <= {m["id"] for m in tomorrow.club_memberships}


def test_nothing_is_known_that_comes_after_the_last_day(world: World) -> None:
    end = "2026-05-17T07:00:00.000Z"
    assert all(record["updatedAt"] < end for record in (*world.orders, *world.customers, *world.club_memberships))
    end_milliseconds = int(datetime(2026, 5, 17, 7, tzinfo=UTC).timestamp()) * 1000
    assert all(int(record["createdTimestamp"]) < end_milliseconds for record in world.reservations)
    ahead = [r for r in world.reservations if int(r["serviceDateTimestamp"]) >= end_milliseconds]
    assert ahead
    assert {record["partyState"] for record in ahead} <= {"EXPECTED", "CANCELLED"}


def test_the_world_has_the_size_of_a_winery(world: World) -> None:
    assert 12_000 <= len(world.orders) <= 15_000
    assert 9_000 <= len(world.reservations) <= 12_000
    assert 3_500 <= len(world.customers) <= 4_500
    assert 1_200 <= len(world.club_memberships) <= 1_800


def test_the_winery_grows_and_is_busiest_at_weekends_and_at_harvest(world: World) -> None:
    sold: dict[int, int] = {}
    by_weekday = [0] * 7
    by_month = [0] * 13
    for order in world.orders:
        if order["paymentStatus"] == "Paid":
            day = _day(order["orderPaidDate"])
            year = ((day.year - 2023) * 12 + day.month - 5) // 12
            sold[year] = sold.get(year, 0) + order["subTotal"]
            if order["channel"] == "POS":
                by_weekday[day.weekday()] += order["subTotal"]
                by_month[day.month] += order["subTotal"]
    assert sold[0] < sold[1] < sold[2]
    assert min(by_weekday[5:]) > max(by_weekday[:5])
    assert min(by_month[9:11]) > max(by_month[1:5])


def test_ids_and_numbers_are_unique(world: World) -> None:
    for records in (world.orders, world.customers, world.products, world.club_memberships, world.guests):
        assert len({record["id"] for record in records}) == len(records)
    assert len({order["orderNumber"] for order in world.orders}) == len(world.orders)
    assert max(order["orderNumber"] for order in world.orders) <= 2_147_483_647


def test_the_totals_of_every_order_add_up(world: World) -> None:
    for order in world.orders:
        # A refund of an amount has no items; a shipping fee has none either, and a subtotal of 0.
        if order["items"]:
            assert order["subTotal"] == sum(item["price"] * item["quantity"] for item in order["items"])
            assert order["taxTotal"] == sum(item["tax"] for item in order["items"])
        extras = order["shipTotal"] + order["taxTotal"] + order["dutyTotal"] + order["bottleDepositTotal"]
        assert order["total"] == order["subTotal"] + extras
        assert order["totalAfterTip"] == order["total"] + order["tipTotal"]
        assert order["totalAfterTip"] == sum(tender["amountTendered"] for tender in order["tenders"])


def test_discounts_are_in_the_promotions(world: World) -> None:
    for order in world.orders:
        sold = [item for item in order["items"] if item["quantity"] > 0]
        saved = sum((item["originalPrice"] - item["price"]) * item["quantity"] for item in sold)
        assert saved == sum(promotion["totalValue"] for promotion in order["promotions"])


def test_a_refund_is_negative_and_points_to_an_earlier_order_that_points_back(world: World) -> None:
    by_id = {order["id"]: order for order in world.orders}
    for order in world.orders:
        if order["purchaseType"] == "Refund":
            assert order["totalAfterTip"] < 0
            assert all(item["quantity"] == -1 and item["price"] >= 0 >= item["tax"] for item in order["items"])
        if order["purchaseType"] in {"Refund", "Exchange"}:
            before = by_id[order["previousOrderId"]]
            assert before["orderNumber"] == order["previousOrderNumber"]
            assert _day(before["orderPaidDate"]) < _day(order["orderPaidDate"])
            assert order["id"] in {link["orderId"] for link in before["linkedOrders"]}


def test_the_money_of_every_reservation_adds_up(world: World) -> None:
    for record in world.reservations:
        gone = sum(r["amount"] for r in record.get("refund", []) if r["status"] == "COMPLETE")
        net = sum(p["amount"] for p in record.get("payment", [])) - gone
        total = record.get("totalPriceCents", 0)
        assert record.get("netAmountPaidCents", 0) == net
        assert record.get("amountDueCents", 0) == total - net
        options = sum(int(option["amountCents"]) for option in record.get("option", []))
        amount = int(record.get("experience", {}).get("amountCents", 0))
        subtotal = record.get("subtotalCents", 0)
        assert subtotal == amount + options
        off = sum(d["amountCents"] for d in record.get("discount", [])) + record.get("compAmountCents", 0)
        assert total == subtotal - off + record.get("eventFeeCents", 0) + record.get("gratuityCents", 0)


def test_the_local_time_and_the_timestamp_of_a_reservation_agree(world: World) -> None:
    for record in world.reservations:
        at = datetime.fromtimestamp(int(record["serviceDateTimestamp"]) / 1000, ZONE)
        assert record["dateTime"] in {f"{at:%Y-%m-%dT%H:%M}", f"{at:%H:%M}"}


@pytest.mark.parametrize(("key", "low", "high"), [("isArchived", 20, 300)])
def test_some_guest_profiles_have_a_successor(world: World, key: str, low: int, high: int) -> None:
    current = {guest["id"]: guest["patron"]["id"] for guest in world.guests if not guest[key]}
    edited = [guest for guest in world.guests if guest[key]]
    assert low <= len(edited) <= high
    assert all(current[guest["nextGuestProfileId"]] == guest["patron"]["id"] for guest in edited)


def test_guests_know_their_commerce7_customer_and_some_have_no_email(world: World) -> None:
    customers = {customer["id"] for customer in world.customers}
    links = [entry["stringValue"] for guest in world.guests for entry in guest["attribute"]]
    assert links
    assert set(links) <= customers
    assert any("email" not in guest["patron"] for guest in world.guests)


def _without(record: Record, *keys: str) -> Record:
    return {key: value for key, value in record.items() if key not in keys}


def _day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(ZONE).date()
