"""The winery's rules on a few dozen hand-made records, each amount worked out by hand."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.soundness.oracle import Project, dashboard, fact, facts, undated_rows, value
from tests.soundness.winery import winery

NOON = "2025-07-05T19:00:00.000Z"  # 12:00 on 5 July in California
LATE = "2025-07-11T06:59:00.000Z"  # 23:59 on 10 July there
NEXT = "2025-07-11T07:00:00.000Z"  # 00:00 on 11 July there
OLD, NEW = "2025-07-01T00:00:00.000Z", "2025-07-09T00:00:00.000Z"
BEGIN, AS_OF = date(2025, 7, 1), date(2025, 7, 10)


@dataclass(frozen=True)
class Tiny:
    orders: tuple[dict[str, Any], ...]
    club_memberships: tuple[dict[str, Any], ...]
    reservations: tuple[dict[str, Any], ...]


def order(name: str, through: str, cents: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "channel": through,
        "purchaseType": "Regular",
        "paymentStatus": "Paid",
        "orderPaidDate": NOON,
        "subTotal": cents,
        "shipTotal": 0,
        "total": cents,
        "updatedAt": NEW,
        **more,
    }


def wine(quantity: Any, millilitres: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "Wine", "quantity": quantity, "volumeInML": millilitres, **more}


def event(kind: str, day: Any = None, flag: Any = True) -> dict[str, Any]:
    meta = {"event-specific-sale": flag, "event-fee-or-wine": kind}
    return meta if day is None else {**meta, "event-revenue-relization-date": day}


ORDERS = (
    order("sale", "POS", 10000, items=[wine(2, 750), {"type": "Tasting", "quantity": 2, "volumeInML": None}]),
    order("refund", "POS", -4000, purchaseType="Refund", items=[wine(-1, 750, purchaseType="Refund")]),
    order("late", "POS", 100, orderPaidDate=LATE),
    order("next day", "POS", 123456, orderPaidDate=NEXT),
    order("club", "Club", 20000, shipTotal=1500, items=[wine(3, 1500)]),
    order("web", "Web", "3000", shipTotal="1000", items=[wine(1)]),
    order("phone, first", "Inbound", 999, orderNumber=7, updatedAt=OLD),
    order("phone, made anew", "Inbound", 700, orderNumber="7"),
    order(
        "exchange",
        "Inbound",
        500,
        purchaseType="Exchange",
        previousOrderId="club",
        items=[wine(1, 750, purchaseType="Refund"), wine(1, 1500)],
    ),
    order("exchange of it", "Inbound", 50, purchaseType="Exchange", previousOrderId="exchange"),
    order("exchange of a lost one", "Inbound", 5, purchaseType="Exchange", previousOrderId="lost"),
    order("exchange at the till", "Inbound", 50, purchaseType="Exchange", previousOrderId="sale"),
    order("ring a", "Web", 2, purchaseType="Exchange", previousOrderId="ring b"),
    order("ring b", "Inbound", 3, purchaseType="Exchange", previousOrderId="ring a"),
    order("tock", "POS", 99999, externalOrderVendor="tock", shipTotal=200, items=[wine(1, 187)]),
    order("fee", "POS", 40000, metaData=event("Event Fee", "2025-07-02"), shipTotal=30),
    order("fee, bad day", "Web", 1, metaData=event("Event Fee", "2025-13-45")),
    order("fee, before", "POS", 7777, metaData=event("Event Fee", "2025-06-30")),
    order("fee, after", "POS", 8888, metaData=event("Event Fee", "2025-08-01T00:00:00Z")),
    order("event wine", "Club", 60000, metaData=event("Event Wine", "", "TRUE"), items=[wine(4, 750)]),
    order("event wine, tock", "POS", 5555, metaData=event("Event Wine"), externalOrderVendor="Tock"),
    order("no event", "Web", 25, metaData=event("Event Fee", "2025-07-02", "false")),
    order("cancelled", "Web", 1111, paymentStatus="Cancelled", shipTotal=5000, items=[wine(9)]),
    order("authorized", "Web", 2222, paymentStatus="Authorized", orderPaidDate=None),
    order("pickup to ship", "POS", 0, purchaseType="Pickup To Ship", shipTotal=400, total=400),
    order("corporate", "POS", 300, purchaseType="Corporate Order"),
    order("nothing", "POS", 0),
    order("new kind", "POS", 20, purchaseType="Something New"),
    order("marketplace", "Marketplace", 4444, shipTotal=9),
    order("refund, unsigned", "Web", -100, purchaseType="Refund", items=[wine("1", "375")]),
    order("bundle", "Web", 800, items=[{"type": "Bundle", "quantity": 1, "bundleItems": [wine(3, 750)]}]),
    order("sale", "POS", 77777, updatedAt=OLD),  # an older copy of the first
)

MEMBERSHIPS = (
    {"id": "m1", "status": "Active", "signupDate": "2025-04-10T18:00:00.000Z", "cancelDate": None},
    {"id": "m2", "status": "Cancelled", "signupDate": "2025-07-03T18:00:00.000Z", "cancelDate": LATE},
    {"id": "m3", "status": "Cancelled", "signupDate": "2025-07-03T18:00:00.000Z", "cancelDate": None},
    {"id": "m4", "status": "On Hold", "signupDate": "2025-07-08T18:00:00.000Z", "updatedAt": NEW},
    {"id": "m4", "status": "Active", "signupDate": "2025-06-08T18:00:00.000Z", "updatedAt": OLD},
    {"id": "m5", "status": "Active", "signupDate": LATE, "cancelDate": ""},
    {
        "id": "m6",
        "status": "Cancelled",
        "signupDate": NEW,
        "cancelDate": NEW,
    },  # 8 July in California, one day
    {
        "id": "m7",
        "status": "Active",
        "signupDate": "2025-05-01T18:00:00.000Z",
        "cancelDate": "2025-09-01T18:00:00Z",
    },
    {
        "id": "m8",
        "status": "Cancelled",
        "signupDate": "2025-05-01T18:00:00Z",
        "cancelDate": "2025-06-15T18:00:00Z",
    },
)

ATTRIBUTION = {"Estate Tasting": "tasting_room", "Pickup Party": "club", "Harvest Dinner": "event"}


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def visit(number: Any, name: str | None, guests: Any, net: Any = None, **more: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": number,
        "business": {"id": "12345", "timeZone": "America/Los_Angeles"},
        "serviceDateTimestamp": str(milliseconds(NOON)),
        "partySize": guests,
        "partyState": "LEFT",
        "versionId": "5",
    }
    if name is not None:
        record |= {"experience": {"name": name, "variety": "PREPAID"}, "confirmationCode": "K7QM2XPA"}
    return record | ({} if net is None else {"netAmountPaidCents": net}) | more


RESERVATIONS = (
    visit("1", "Estate Tasting", 4, 21000, payment=[{"processorFeeCents": 639, "tockFeeCents": 420}]),
    visit("1", "Estate Tasting", 40, 1, versionId=4),  # an older version, met later
    visit(2, "Pickup Party", "3", "5000", payment=[{"tockFeeCents": "100"}], partyState="EXPECTED"),
    visit(
        "3",
        "Harvest Dinner",
        10,
        100000,
        payment=[{"processorFeeCents": 3000}, {"tockFeeCents": 2000}],
        refund=[
            {"status": "COMPLETE", "processorFeeRefundedCents": 30, "tockFeeRefundedCents": 20},
            {"status": "DEFERRED", "processorFeeRefundedCents": 999},
        ],
    ),
    visit("4", "Estate Tasting", 2, 1000, isCancelled=True),
    visit("5", "Estate Tasting", 5, 2000, partyState="NO_SHOW"),
    visit("6", "Estate Tasting", 6, 300, transferredOut=True),
    visit("7", "Curbside", 1, 700, experience={"name": "Curbside", "variety": "PICKUP"}),
    visit("8", "Estate Tasting", 1, 50, experience={"name": "Estate Tasting", "variety": "DELIVERY"}),
    visit("9", "Secret", 7, 9900),
    visit(None, None, 2, walkinId="66120", confirmationCode="W", versionId="2", business={"id": 12345}),
    visit("", None, 9, walkinId=66120, versionId=1),
    visit("50", None, 1),  # neither experience nor code: a walk-in
    visit("51", "Estate Tasting", 100, 1000000, business={"id": "999"}),
    visit("52", "Estate Tasting", 8, 1, serviceDateTimestamp=None, dateTime="13:30"),
    visit("53", "Estate Tasting", 3, 400, serviceDateTimestamp=0, dateTime="2025-07-06T20:00"),
    visit("9007199254740993", "Estate Tasting", 1, serviceDateTimestamp=milliseconds(LATE)),
    visit(9007199254740992, "Secret", 1, walkinId="0"),
    visit("54", "Estate Tasting", 2, partyState="CANCELLED"),
    visit(None, "Estate Tasting", 50, 1),  # no key at all
    visit("55", "Estate Tasting", 1, payment=[{"processorFeeCents": 100}]),  # amount unknown: no money
    visit("56", "Estate Tasting", 1, 60, serviceDateTimestamp=milliseconds(NEXT)),
)

MONTH = {
    # sale 100.00, refund -40.00, late 1.00, corporate 3.00, new kind 0.20, exchange at the till 0.50
    "tasting_room_wine_revenue": "64.70",
    # 1: 210.00 - 6.39 - 4.20 = 199.41; 4: 10.00; 5: 20.00; 6: 3.00; 8: 0.50; 53: 4.00
    "tasting_room_fees_revenue": "236.91",
    "tasting_room_total_revenue": "301.61",
    # 200.00, exchange 5.00, exchange of it 0.50
    "wine_club_orders_revenue": "205.50",
    # 50.00 - 1.00
    "wine_club_fees_revenue": "49.00",
    "wine_club_total_revenue": "254.50",
    # 30.00, no event 0.25, ring a 0.02, unsigned refund -1.00, bundle 8.00
    "ecomm_revenue": "37.27",
    # 7.00, exchange of a lost one 0.05, ring b 0.03
    "phone_revenue": "7.08",
    # 400.00 on the 2nd, 0.01 with the bad day
    "event_fees_orders_revenue": "400.01",
    # 1000.00 - 50.00 + 0.50
    "event_fees_reservations_revenue": "950.50",
    "event_fees_total_revenue": "1350.51",
    "event_wine_revenue": "600.00",
    # club 15.00, web 10.00, tock 2.00, fee 0.30, pickup to ship 4.00, marketplace 0.09
    "shipping_revenue": "31.39",
    # 301.61 + 254.50 + 37.27 + 7.08 + 1350.51 + 600.00 + 31.39
    "total_daily_revenue": "2582.36",
    # 1, 2, 3, 9, 66120, 50, 53, the two large ids, 55
    "total_reservations": "10",
    # 4 + 3 + 10 + 7 + 2 + 1 + 3 + 1 + 1 + 1
    "total_visitors": "33",
    "avg_party_size": "3.3",
    # 1: 4; 66120: 2; 50: 1; 53: 3; 9007199254740993: 1; 55: 1
    "tasting_room_guests": "12",
    "event_guests": "10",
    # (236.91 + 49.00 + 950.50) / 33 = 1236.41 / 33
    "avg_tasting_fee_per_guest": "37.4669696970",
    # sale, late, corporate, new kind: 100 * 4 / 12
    "tasting_room_orders_per_guest_pct": "33.3333333333",
    # 1500 - 750 + 4500 + 750 + (-750 + 1500) + 187 + 3000 - 375 = 9562 ml
    "total_9l_sold": "1.0624444444",
    # m1, m4, m5, m7; m2 went on the 10th, m6 came and went on one day
    "total_active_club_membership": "4",
    # m2, m4, m5, m6
    "new_member_acquisition": "4",
    # m2, m6
    "existing_member_attrition": "2",
    "club_population_net_gain_loss": "2",
    # 100 * 4 / 12
    "club_conversion_per_taster_pct": "33.3333333333",
}


@pytest.fixture(scope="module")
def project() -> Project:
    return winery(
        Tiny(ORDERS, MEMBERSHIPS, RESERVATIONS),
        attribution=ATTRIBUTION,
        covers_from=BEGIN,
        business_id="12345",
    )


@pytest.mark.parametrize("code", MONTH)
def test_the_month_to_date(project: Project, code: str) -> None:
    answer = value(project, code, "ALL", BEGIN, AS_OF)
    assert (answer.value, answer.status) == (Decimal(MONTH[code]), "ok")


def test_the_dashboard_shows_27_kpis_under_their_numbers(project: Project) -> None:
    cells = dashboard(project, AS_OF)
    assert {code for code, _ in cells} == set(MONTH)
    numbers = {kpi.code: kpi.id for kpi in project.kpis if kpi.id is not None}
    assert [numbers[code] for code in MONTH] == list(range(1, 28))
    revenue = cells["total_daily_revenue", "ALL"]
    assert (revenue["mtd"].status, revenue["ytd"].status, revenue["mtd"].prior_status) == (
        "ok",
        "partial",
        "no_data",
    )


def test_every_day_has_27_facts_that_add_up(project: Project) -> None:
    daily = facts(project, AS_OF)
    assert len(daily) == 27 * 10
    known = [number for (_, code, _), number in daily.items() if code == "total_daily_revenue" and number]
    assert sum(known) == Decimal("2582.36")


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("event_fees_orders_revenue", 2, "400"),  # the day of the event, not of the payment
        ("event_fees_orders_revenue", 5, "0.01"),
        ("shipping_revenue", 5, "31.39"),  # shipping stays on the paid date
        ("tasting_room_wine_revenue", 10, "1"),
        ("tasting_room_guests", 6, "3"),
        ("total_active_club_membership", 1, "2"),  # m1, m7
        ("total_active_club_membership", 9, "4"),  # m1, m2, m4, m7
        ("club_conversion_per_taster_pct", 9, None),  # nobody tasted
    ],
)
def test_days(project: Project, code: str, day: int, expected: str | None) -> None:
    assert fact(project, code, "ALL", date(2025, 7, day), AS_OF).value == (expected and Decimal(expected))


def test_what_cannot_be_dated_is_counted(project: Project) -> None:
    assert undated_rows(project, "reservations") == 1
    assert undated_rows(project, "orders") == 0
