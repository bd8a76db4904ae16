"""The winery's 27 KPIs for the oracle, straight from the records of its two APIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from tests.soundness.oracle import (
    Condition,
    Formula,
    Measure,
    Project,
    Source,
    add,
    divide,
    multiply,
    subtract,
)

Record = Mapping[str, Any]
Row = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMEZONE = "America/Los_Angeles"


class Records(Protocol):
    """What the APIs hold; customers, products, clubs and guests feed no KPI."""

    @property
    def orders(self) -> Sequence[Record]: ...
    @property
    def club_memberships(self) -> Sequence[Record]: ...
    @property
    def reservations(self) -> Sequence[Record]: ...


def winery(
    records: Records,
    *,
    attribution: Mapping[str, str],
    covers_from: date,
    business_id: str,
    windows: tuple[str, ...] = ("mtd", "qtd", "ytd", "last28"),
    synced_through: date | None = None,
) -> Project:
    """The project that the oracle evaluates; `attribution` says which experience is whose."""
    return Project(
        sources=sources(records, attribution, covers_from, business_id, synced_through),
        kpis=(*MEASURES, *FORMULAS),
        timezone=TIMEZONE,
        windows=windows,
    )


def sources(
    records: Records,
    attribution: Mapping[str, str],
    covers_from: date,
    business_id: str,
    synced_through: date | None = None,
) -> tuple[Source, ...]:
    orders = order_rows(records.orders)
    visits = reservation_rows(records.reservations, attribution, business_id)
    members = membership_rows(records.club_memberships)
    timed = (
        ("orders", orders, "paid_at"),
        ("event_orders", [order for order in orders if order["is_event"]], "event_day"),
        ("order_items", [item for order in orders for item in order["items"]], "paid_at"),
        ("reservations", visits, "service_day"),
        ("signups", members, "signup"),
        ("cancellations", members, "cancel"),
    )
    return (
        *(
            Source(code, rows, time=time, covers_from=covers_from, synced_through=synced_through)
            for code, rows, time in timed
        ),
        Source(
            "memberships",
            members,
            valid_from="signup",
            valid_to="cancel",
            covers_from=covers_from,
            synced_through=synced_through,
        ),
    )


# Values as the APIs write them


def whole(value: Any) -> int | None:
    """An integer that may be text; 64-bit ids never pass through a float."""
    return None if value in (None, "") else int(value)


def amount(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def dollars(cents: Any) -> Decimal | None:
    return divide(amount(cents), 100)


def is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def day_of(text: Any) -> date | None:
    """The date that a text begins with, where it begins with one."""
    digits = re.match(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII) if isinstance(text, str) else None
    if digits is None:
        return None
    try:
        return date(int(digits[1]), int(digits[2]), int(digits[3]))
    except ValueError:
        return None


def latest(
    records: Iterable[Record], key: Callable[[Record], Hashable], version: Callable[[Record], Any]
) -> list[Record]:
    """One record for each key: the greatest version, and of equal ones the later. A None key is no key."""
    kept: dict[Hashable, Record] = {}
    for record in records:
        name = key(record)
        if name is not None and (name not in kept or version(record) >= version(kept[name])):
            kept[name] = record
    return list(kept.values())


def updated(record: Record) -> datetime:
    return instant(record.get("updatedAt")) or EPOCH


# Commerce7


def order_rows(orders: Sequence[Record]) -> list[Row]:
    """One row for each paid order, with its items."""
    current = latest(orders, lambda order: order.get("id"), updated)
    # An imported order is made anew under another id: its number stays.
    current = latest(current, lambda order: str(order.get("orderNumber") or order["id"]), updated)
    by_id = {order["id"]: order for order in current}
    return [_order(order, by_id) for order in current if order.get("paymentStatus") == "Paid"]


def _order(order: Record, by_id: Mapping[str, Record]) -> Row:
    meta = order.get("metaData") or {}
    paid_at = instant(order.get("orderPaidDate"))
    return {
        "paid_at": paid_at,
        "event_day": day_of(meta.get("event-revenue-relization-date")) or paid_at,
        "channel": channel(order, by_id),
        "purchase_type": order.get("purchaseType"),
        "is_tock": str(order.get("externalOrderVendor") or "").lower() == "tock",
        "is_event": is_true(meta.get("event-specific-sale")),
        "event_kind": meta.get("event-fee-or-wine"),
        "net_sales": dollars(order.get("subTotal")),
        "shipping": dollars(order.get("shipTotal")),
        "total": dollars(order.get("total")),
        "items": [_item(item, order, paid_at) for item in order.get("items") or ()],
    }


def channel(order: Record, by_id: Mapping[str, Record]) -> str | None:
    """An exchange's channel is that of the order it began with, where that is known."""
    original: Record | None = order
    seen = set()
    while original is not None and original.get("purchaseType") == "Exchange":
        if original["id"] in seen:
            original = None
            break
        seen.add(original["id"])
        original = by_id.get(original.get("previousOrderId") or "")
    found = (original or order).get("channel")
    return found if found is not None else order.get("channel")


def _item(item: Record, order: Record, paid_at: datetime | None) -> Row:
    quantity = amount(item.get("quantity"))
    if quantity is not None and "Refund" in (order.get("purchaseType"), item.get("purchaseType")):
        quantity = -abs(quantity)
    volume = amount(item.get("volumeInML"))
    return {
        "paid_at": paid_at,
        "type": item.get("type"),
        "millilitres": multiply(quantity, Decimal(750) if volume is None else volume),
    }


def membership_rows(memberships: Sequence[Record]) -> list[Row]:
    """One row for each membership; a cancelled one without a cancel date is left out."""
    return [
        {"signup": instant(record.get("signupDate")), "cancel": instant(record.get("cancelDate"))}
        for record in latest(memberships, lambda record: record.get("id"), updated)
        if record.get("cancelDate") or record.get("status") != "Cancelled"
    ]


# Tock


def reservation_rows(reservations: Sequence[Record], attribution: Mapping[str, str], business_id: str) -> list[Row]:
    """One row for each reservation or walk-in of this business, in its latest version."""
    ours = [record for record in reservations if _business(record) in (None, int(business_id))]
    return [_reservation(record, attribution) for record in latest(ours, _reservation_key, _version)]


def _business(record: Record) -> int | None:
    return whole((record.get("business") or {}).get("id"))


def _reservation_key(record: Record) -> tuple[str, int] | None:
    if number := whole(record.get("id")):
        return ("reservation", number)
    walkin = whole(record.get("walkinId"))
    return ("walkin", walkin) if walkin else None


def _version(record: Record) -> tuple[int, ...]:
    return tuple(whole(record.get(name)) or 0 for name in ("versionId", "sequenceId", "lastUpdatedTimestamp"))


def _reservation(record: Record, attribution: Mapping[str, str]) -> Row:
    experience = record.get("experience") or {}
    state = str(record.get("partyState") or "").upper()
    cancelled = is_true(record.get("isCancelled")) or state == "CANCELLED"
    pickup = str(experience.get("variety") or "").upper() in ("PICKUP", "DELIVERY")
    return {
        "service_day": _service_day(record),
        "attribution": _attribution(record, attribution),
        "held": not (cancelled or is_true(record.get("transferredOut")) or state == "NO_SHOW" or pickup),
        "guests": amount(record.get("partySize")),
        "final_total": _final_total(record),
    }


def _service_day(record: Record) -> datetime | date | None:
    milliseconds = whole(record.get("serviceDateTimestamp"))
    if milliseconds:
        return EPOCH + timedelta(milliseconds=milliseconds)
    return day_of(record.get("dateTime"))


def _attribution(record: Record, attribution: Mapping[str, str]) -> str | None:
    experience = record.get("experience") or {}
    if experience.get("name") in attribution:
        return attribution[experience["name"]]
    # Written-out defaults say 0 where there is no walk-in.
    walkin = whole(record.get("walkinId")) or not (experience or record.get("confirmationCode"))
    return "tasting_room" if walkin else None


def _final_total(record: Record) -> Decimal | None:
    kept = amount(record.get("netAmountPaidCents"))
    for payment in record.get("payment") or ():
        for name in ("processorFeeCents", "tockFeeCents"):
            kept = subtract(kept, amount(payment.get(name)) or Decimal(0))
    for refund in record.get("refund") or ():
        if str(refund.get("status") or "").upper() == "COMPLETE":
            for name in ("processorFeeRefundedCents", "tockFeeRefundedCents"):
                kept = add(kept, amount(refund.get(name)) or Decimal(0))
    return divide(kept, 100)


# The KPIs


def _sum(number: int | None, code: str, source: str, column: str, *, where: Condition | None = None) -> Measure:
    return Measure(code, source, "sum", lambda row: row[column], where=where, id=number)


def _count(number: int | None, code: str, source: str, where: Condition | None = None) -> Measure:
    return Measure(code, source, "count", where=where, id=number)


def _sold(through: str) -> Condition:
    return lambda row: row["channel"] == through and not row["is_tock"] and not row["is_event"]


def _event(kind: str) -> Condition:
    return lambda row: row["event_kind"] == kind and not row["is_tock"]


def _attributed(to: str) -> Condition:
    return lambda row: row["attribution"] == to


def _visiting(where: str) -> Condition:
    return lambda row: row["held"] and row["attribution"] == where


def _held(row: Record) -> bool:
    return row["held"] is True


def _tasting_room_order(row: Record) -> bool:
    sale = row["purchase_type"] not in ("Refund", "Exchange", "Pickup To Ship")
    return sale and _sold("POS")(row) is True and row["total"] is not None and row["total"] > 0


MEASURES = (
    _sum(1, "tasting_room_wine_revenue", "orders", "net_sales", where=_sold("POS")),
    _sum(2, "tasting_room_fees_revenue", "reservations", "final_total", where=_attributed("tasting_room")),
    _sum(4, "wine_club_orders_revenue", "orders", "net_sales", where=_sold("Club")),
    _sum(5, "wine_club_fees_revenue", "reservations", "final_total", where=_attributed("club")),
    _sum(7, "ecomm_revenue", "orders", "net_sales", where=_sold("Web")),
    _sum(8, "phone_revenue", "orders", "net_sales", where=_sold("Inbound")),
    _sum(9, "event_fees_orders_revenue", "event_orders", "net_sales", where=_event("Event Fee")),
    _sum(10, "event_fees_reservations_revenue", "reservations", "final_total", where=_attributed("event")),
    _sum(12, "event_wine_revenue", "event_orders", "net_sales", where=_event("Event Wine")),
    _sum(13, "shipping_revenue", "orders", "shipping"),
    _count(15, "total_reservations", "reservations", where=_held),
    _sum(16, "total_visitors", "reservations", "guests", where=_held),
    _sum(18, "tasting_room_guests", "reservations", "guests", where=_visiting("tasting_room")),
    _sum(19, "event_guests", "reservations", "guests", where=_visiting("event")),
    _count(23, "total_active_club_membership", "memberships"),
    _count(24, "new_member_acquisition", "signups"),
    _count(25, "existing_member_attrition", "cancellations"),
    _count(None, "tasting_room_orders", "orders", where=_tasting_room_order),
    _sum(None, "wine_ml", "order_items", "millilitres", where=lambda row: row["type"] == "Wine"),
)


def _total(number: int, code: str, *parts: str) -> Formula:
    return Formula(code, parts, lambda of: add(*(of[part] for part in parts)), exact=True, id=number)


def _ratio(number: int, code: str, top: str, bottom: str, factor: int = 1) -> Formula:
    return Formula(code, (top, bottom), lambda of: divide(multiply(factor, of[top]), of[bottom]), id=number)


FORMULAS = (
    _total(3, "tasting_room_total_revenue", "tasting_room_wine_revenue", "tasting_room_fees_revenue"),
    _total(6, "wine_club_total_revenue", "wine_club_orders_revenue", "wine_club_fees_revenue"),
    _total(11, "event_fees_total_revenue", "event_fees_orders_revenue", "event_fees_reservations_revenue"),
    _total(
        14,
        "total_daily_revenue",
        "tasting_room_total_revenue",
        "wine_club_total_revenue",
        "ecomm_revenue",
        "phone_revenue",
        "event_fees_total_revenue",
        "event_wine_revenue",
        "shipping_revenue",
    ),
    _ratio(17, "avg_party_size", "total_visitors", "total_reservations"),
    Formula(
        "avg_tasting_fee_per_guest",
        (
            "tasting_room_fees_revenue",
            "wine_club_fees_revenue",
            "event_fees_reservations_revenue",
            "total_visitors",
        ),
        lambda of: divide(
            add(
                of["tasting_room_fees_revenue"],
                of["wine_club_fees_revenue"],
                of["event_fees_reservations_revenue"],
            ),
            of["total_visitors"],
        ),
        id=20,
    ),
    _ratio(21, "tasting_room_orders_per_guest_pct", "tasting_room_orders", "tasting_room_guests", 100),
    Formula("total_9l_sold", ("wine_ml",), lambda of: divide(of["wine_ml"], 9000), id=22),
    Formula(
        "club_population_net_gain_loss",
        ("new_member_acquisition", "existing_member_attrition"),
        lambda of: subtract(of["new_member_acquisition"], of["existing_member_attrition"]),
        exact=True,
        id=26,
    ),
    _ratio(27, "club_conversion_per_taster_pct", "new_member_acquisition", "tasting_room_guests", 100),
)
