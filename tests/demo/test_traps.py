"""Every awkward thing that the world promises is there, in each of its years."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kpictl.demo import World

Record = Mapping[str, Any]
ZONE = ZoneInfo("America/Los_Angeles")
EXPERIENCES = {
    "Estate Tasting",
    "Cave Tour and Tasting",
    "Library Flight",
    "Member Tasting",
    "Pickup Party Tasting",
    "Harvest Dinner",
    "Concert in the Vines",
}


@pytest.fixture(scope="session")
def orders(world: World) -> list[Record]:
    """The orders, each with the one before it and with whether its customer is there."""
    by_id = {order["id"]: order for order in world.orders}
    customers = {None, *(customer["id"] for customer in world.customers)}
    return [
        {
            **order,
            "original": by_id.get(order["previousOrderId"]),
            "has lost its customer": order["customerId"] not in customers,
        }
        for order in world.orders
    ]


@pytest.fixture(scope="session")
def memberships(world: World) -> list[Record]:
    """The memberships, each with the same person's others in the club, and with the world's last day."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for membership in world.club_memberships:
        groups.setdefault((membership["customerId"], membership["clubId"]), []).append(membership)
    return [
        {
            **membership,
            "others": [other for other in group if other["id"] != membership["id"]],
            "today": world.last_day,
        }
        for group in groups.values()
        for membership in group
    ]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE)


def paid_at(order: Record) -> datetime:
    return local(order["orderPaidDate"] or order["orderSubmittedDate"])


def service_at(reservation: Record) -> datetime:
    return datetime.fromtimestamp(int(reservation["serviceDateTimestamp"]) / 1000, UTC).astimezone(ZONE)


def month(at: datetime) -> tuple[int, int]:
    return at.year, at.month


def is_refund(order: Record) -> bool:
    return bool(order["purchaseType"] == "Refund")


def comes_later(order: Record) -> bool:
    original = order["original"]
    return original is not None and month(paid_at(original)) < month(paid_at(order))


def is_full(order: Record) -> bool:
    return order["original"] is not None and bool(order["original"]["total"] == -order["total"])


def meta(order: Record, key: str) -> object:
    return (order["metaData"] or {}).get(key, ...)


def has_item(order: Record, **wanted: object) -> bool:
    return any(all(item.get(key) == value for key, value in wanted.items()) for item in order["items"])


def realized(order: Record) -> object:
    return meta(order, "event-revenue-relization-date") if meta(order, "event-specific-sale") is True else 0


def evening_after_the_date_line(order: Record) -> bool:
    at = paid_at(order)
    return 17 <= at.hour < 22 and at.date() < at.astimezone(UTC).date()


OrderTest = Callable[[Record], bool]
ORDERS: dict[str, OrderTest] = {
    "full refund in a later month": lambda o: is_refund(o) and comes_later(o) and is_full(o),
    "partial refund in a later month": lambda o: (
        is_refund(o) and comes_later(o) and bool(o["items"]) and not is_full(o)
    ),
    "shipping-only refund": lambda o: is_refund(o) and not o["items"] and o["shipTotal"] < 0 == o["subTotal"],
    "item-less refund": lambda o: is_refund(o) and not o["items"] and o["subTotal"] < 0,
    "tip-only refund": lambda o: is_refund(o) and o["total"] == 0 and o["tipTotal"] < 0,
    "exchange": lambda o: o["purchaseType"] == "Exchange" and o["channel"] == "Inbound" and o["original"] is not None,
    "exchange of an exchange": lambda o: (
        o["purchaseType"] == "Exchange" and (o["original"] or {}).get("purchaseType") == "Exchange"
    ),
    "cancelled": lambda o: o["paymentStatus"] == "Cancelled",
    "authorised": lambda o: o["paymentStatus"] == "Authorized" and o["orderPaidDate"] is None,
    "zero total": lambda o: o["purchaseType"] == "Regular" and bool(o["items"]) and o["total"] == 0,
    "tip": lambda o: o["tipTotal"] > 0 and o["totalAfterTip"] > o["total"],
    "imported from Tock": lambda o: (
        o["externalOrderVendor"] == "Tock" and all(item["productId"] is None for item in o["items"])
    ),
    "no customer": lambda o: o["customerId"] is None,
    "a customer that is gone": lambda o: o["has lost its customer"],
    "Marketplace": lambda o: o["channel"] == "Marketplace",
    "Capture": lambda o: any(tender["chargeType"] == "Capture" for tender in o["tenders"]),
    "No Compliance": lambda o: o["complianceStatus"] == "No Compliance",
    "POS": lambda o: o["channel"] == "POS",
    "Web": lambda o: o["channel"] == "Web",
    "Club": lambda o: o["channel"] == "Club" and o["club"] is not None,
    "Inbound": lambda o: o["channel"] == "Inbound" and o["purchaseType"] == "Regular",
    "corporate order": lambda o: o["purchaseType"] == "Corporate Order",
    "pickup to ship": lambda o: o["purchaseType"] == "Pickup To Ship",
    "event fee": lambda o: meta(o, "event-fee-or-wine") == "Event Fee",
    "event wine": lambda o: meta(o, "event-fee-or-wine") == "Event Wine",
    "event with a date": lambda o: isinstance(realized(o), str) and realized(o) != "",
    "event with a null date": lambda o: realized(o) is None,
    "event with an empty date": lambda o: realized(o) == "",
    "event without a date": lambda o: realized(o) is ...,
    "event sale that is none": lambda o: meta(o, "event-specific-sale") is False,
    "bundle": lambda o: any(item["type"] == "Bundle" and len(item["bundleItems"]) == 3 for item in o["items"]),
    "gift card sale": lambda o: has_item(o, type="Gift Card"),
    "gift card tender": lambda o: any(tender["tenderType"] == "Gift Card" for tender in o["tenders"]),
    "wine without a volume": lambda o: has_item(o, type="Wine", volumeInML=None),
    "magnum": lambda o: has_item(o, type="Wine", volumeInML=1500),
    "tasting fee": lambda o: has_item(o, type="Tasting"),
    "evening across the date line": evening_after_the_date_line,
}


@pytest.mark.parametrize("trap", ORDERS)
def test_an_order_of_each_kind_is_in_every_year(world: World, orders: list[Record], trap: str) -> None:
    assert {0, 1, 2} <= {_year(world, paid_at(order)) for order in orders if ORDERS[trap](order)}


def _year(world: World, at: datetime) -> int:
    """The world's years begin in its first month."""
    return ((at.year - world.first_day.year) * 12 + at.month - world.first_day.month) // 12


def experience(reservation: Record, key: str) -> object:
    return reservation.get("experience", {}).get(key)


def cents(reservation: Record, key: str) -> int:
    return int(reservation.get(key, 0))


def is_cancelled(reservation: Record) -> bool:
    return bool(reservation.get("isCancelled", False))


def refunds(reservation: Record, status: str) -> int:
    return sum(int(entry["amount"]) for entry in reservation.get("refund", []) if entry["status"] == status)


def paid(reservation: Record) -> int:
    return sum(int(entry["amount"]) for entry in reservation.get("payment", []))


def has_fees(reservation: Record) -> bool:
    return any(entry["processorFeeCents"] > 0 and entry["tockFeeCents"] > 0 for entry in reservation.get("payment", []))


ReservationTest = Callable[[Record], bool]
STATES = """
    EXPECTED ARRIVED SEATED LEFT NO_SHOW CANCELLED AWAITING_RESPONSE CONFIRMED_VIA_TEXT CONFIRMED_VIA_EMAIL
    PARTIALLY_ARRIVED PARTIALLY_SEATED FINISHED
"""
VARIETIES = "RESERVATION PREPAID DEPOSIT TABLESIDE PICKUP DELIVERY EVENT"


def says(value: str, *keys: str) -> ReservationTest:
    """The record has the value in the field, or in the field of the field."""

    def test(record: Record) -> bool:
        found: Any = record
        for key in keys:
            found = found.get(key, {})
        return bool(found == value)

    return test


RESERVATIONS: dict[str, ReservationTest] = {
    **{f"state {state}": says(state, "partyState") for state in STATES.split()},
    **{f"variety {variety}": says(variety, "experience", "variety") for variety in VARIETIES.split()},
    **{f"experience {name}": says(name, "experience", "name") for name in sorted(EXPERIENCES)},
    "an experience in no mapping": lambda r: experience(r, "name") == "Sunset Yoga",
    "cancelled, nothing given back": lambda r: is_cancelled(r) and paid(r) == cents(r, "netAmountPaidCents") > 0,
    "cancelled, a part given back": lambda r: is_cancelled(r) and paid(r) > cents(r, "netAmountPaidCents") > 0,
    "cancelled, all given back": lambda r: is_cancelled(r) and paid(r) == refunds(r, "COMPLETE") > 0,
    "a deferred refund": lambda r: refunds(r, "DEFERRED") > 0,
    "a failed refund": lambda r: refunds(r, "ERROR") > 0,
    "a dispute": lambda r: any(entry["isDispute"] for entry in r.get("refund", [])),
    "transferred out": lambda r: bool(r.get("transferredOut", False)) and cents(r, "netAmountPaidCents") == 0,
    "walk-in without an id": lambda r: "walkinId" in r and "id" not in r and "experience" not in r,
    "walk-in with an empty id": lambda r: "walkinId" in r and r.get("id") == "",
    "ids as numbers": lambda r: isinstance(r.get("id"), int) and isinstance(r["serviceDateTimestamp"], int),
    "ids as text": lambda r: isinstance(r.get("id"), str) and isinstance(r["serviceDateTimestamp"], str),
    "an id above 2^53": lambda r: int(r.get("id") or 0) > 2**53,
    "the time without its date": lambda r: len(r["dateTime"]) == len("13:30"),
    "date and time": lambda r: len(r["dateTime"]) == len("2026-05-16T13:30"),
    "defaults left out": lambda r: "isCancelled" not in r,
    "defaults written out": lambda r: r.get("isCancelled") is False,
    "another venue": lambda r: str(r["business"]["id"]) == "99999",
    "fees of the processor and of Tock": has_fees,
    "amount due": lambda r: cents(r, "amountDueCents") > 0,
    "a comp": lambda r: cents(r, "compAmountCents") > 0,
    "a gift card": lambda r: any("giftCard" in entry for entry in r.get("discount", [])),
}


@pytest.mark.parametrize("trap", RESERVATIONS)
def test_a_reservation_of_each_kind_is_in_every_year(world: World, trap: str) -> None:
    found = (record for record in world.reservations if RESERVATIONS[trap](record))
    assert {0, 1, 2} <= {_year(world, service_at(record)) for record in found}


def test_what_is_past_is_expected_still(world: World) -> None:
    past = [r for r in world.reservations if service_at(r).date() <= world.last_day and r["partyState"] == "EXPECTED"]
    assert {0, 1, 2} <= {_year(world, service_at(record)) for record in past}


def test_a_transferred_reservation_has_a_successor_at_the_same_time(world: World) -> None:
    def slot(record: Record) -> tuple[int, object]:
        return int(record["serviceDateTimestamp"]), experience(record, "name")

    taken = Counter(slot(record) for record in world.reservations if not record.get("transferredOut"))
    given = [slot(record) for record in world.reservations if record.get("transferredOut")]
    assert given
    assert all(taken[one] for one in given)


def test_older_versions_of_some_reservations_come_in_a_later_file(world: World) -> None:
    where: dict[int, list[tuple[int, int]]] = {}
    for position, record in enumerate(world.reservations):
        if record.get("id"):
            where.setdefault(int(record["id"]), []).append((position // 5000, int(record["versionId"])))
    twice = [places for places in where.values() if len(places) > 1]
    assert len(twice) >= 24
    assert all(later_version < version for (_, version), (_, later_version) in twice)
    assert any(file < later_file for (file, _), (later_file, _) in twice)


MembershipTest = Callable[[Record], bool]


def ends_in_the_future(membership: Record) -> bool:
    end = membership["cancelDate"]
    return end is not None and local(end).date() > membership["today"] and membership["status"] == "Active"


MEMBERSHIPS: dict[str, tuple[MembershipTest, set[int]]] = {
    "cancelled with a date": (
        lambda m: m["status"] == "Cancelled" and m["cancelDate"] is not None,
        {0, 1, 2},
    ),
    "cancelled without a date": (lambda m: m["status"] == "Cancelled" and m["cancelDate"] is None, {0, 1, 2}),
    "double": (
        lambda m: any(m["signupDate"] <= other["signupDate"] < (m["cancelDate"] or "9") for other in m["others"]),
        {0, 1, 2},
    ),
    "cancelled and back": (
        lambda m: bool(m["cancelDate"]) and any(other["signupDate"] > m["cancelDate"] for other in m["others"]),
        {0, 1, 2},
    ),
    "gone to another club": (lambda m: m["cancellationReason"] == "Switching to another club", {0, 1, 2}),
    "in and out on one day": (
        lambda m: bool(m["cancelDate"]) and local(m["signupDate"]).date() == local(m["cancelDate"]).date(),
        {0, 1, 2},
    ),
    "held once": (lambda m: bool(m["onHolds"]), {0, 1, 2}),
    # What is true today only.
    "on hold": (lambda m: m["status"] == "On Hold" and bool(m["onHolds"]), set()),
    "ends in the future": (ends_in_the_future, set()),
    "active": (lambda m: m["status"] == "Active", set()),
}


@pytest.mark.parametrize("trap", MEMBERSHIPS)
def test_a_membership_of_each_kind_is_in_every_year(world: World, memberships: list[Record], trap: str) -> None:
    is_one, years = MEMBERSHIPS[trap]
    found = [membership for membership in memberships if is_one(membership)]
    assert found
    assert years <= {_year(world, local(membership["signupDate"])) for membership in found}


CHANGING_CLOCKS = (
    date(2023, 11, 5),
    date(2024, 3, 10),
    date(2024, 11, 3),
    date(2025, 3, 9),
    date(2025, 11, 2),
    date(2026, 3, 8),
)


@pytest.mark.parametrize("day", [*CHANGING_CLOCKS, date(2024, 2, 29)], ids=str)
def test_there_are_sales_and_visits_on_days_out_of_the_ordinary(world: World, day: date) -> None:
    assert any(paid_at(order).date() == day for order in world.orders)
    assert any(service_at(record).date() == day for record in world.reservations)


@pytest.mark.parametrize("day", [date(2023, 11, 23), date(2024, 12, 25), date(2025, 1, 1)], ids=str)
def test_nothing_happens_on_a_closed_day(world: World, day: date) -> None:
    assert not any(paid_at(order).date() == day for order in world.orders)
    assert not any(service_at(record).date() == day for record in world.reservations)
    dates = [m[key] for m in world.club_memberships for key in ("signupDate", "cancelDate") if m[key]]
    assert not any(local(text).date() == day for text in dates)


def test_the_club_ships_four_times_a_year(world: World) -> None:
    shipped = Counter(
        paid_at(order).date()
        for order in world.orders
        if order["channel"] == "Club" and order["purchaseType"] == "Regular" and paid_at(order).year == 2025
    )
    assert sorted(shipped) == [date(2025, 2, 12), date(2025, 5, 14), date(2025, 9, 10), date(2025, 11, 12)]
    assert min(shipped.values()) > 200


def test_the_lookup_knows_every_experience_but_the_new_one(world: World) -> None:
    path = Path(__file__).parents[2] / "kpis" / "lookups" / "experience.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    mapping = dict(row.split(",") for row in rows)
    names = {experience(record, "name") for record in world.reservations if "experience" in record}
    assert head == "experience_name,attribution"
    assert set(mapping) == EXPERIENCES == names - {"Sunset Yoga"}
    assert set(mapping.values()) == {"tasting_room", "club", "event"}
