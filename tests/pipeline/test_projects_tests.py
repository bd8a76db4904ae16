"""The KPI tests of every project here pass; and each of the winery's fails when the rule that it tests is broken."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from kpictl.check import checked
from kpictl.cli.winery import lay_out
from kpictl.demo.traps import MemberTrap, OrderTrap, VisitTrap
from kpictl.pipeline import run_tests

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT, *sorted(path.parent for path in (ROOT / "examples").glob("*/kpictl.yml"))]

STG_ORDER, FCT_ORDER = "models/stg_order.sql", "models/fct_order.sql"
ITEM, STG_ITEM = "models/fct_order_item.sql", "models/stg_order_item.sql"
EVENT_ORDER = "models/fct_event_order.sql"
VISIT, STG_VISIT = "models/fct_reservation.sql", "models/stg_reservation.sql"
MEMBER = "models/fct_club_membership.sql"

BROKEN = (
    (STG_ORDER, "sub_total * 0.01", "abs(sub_total) * 0.01", "A full refund counts on its own day"),
    (STG_ORDER, "ship_total * 0.01", "abs(ship_total) * 0.01", "A refund of the shipping alone leaves the wine sold"),
    (STG_ORDER, "sub_total * 0.01", "total * 0.01", "Tips, and refunds of them, are no revenue"),
    (STG_ORDER, "updated_at desc", "updated_at asc", "An order that was made anew under its number replaces"),
    (STG_ORDER, "external_order_vendor), '') = 'tock'", "external_order_vendor), '') = '-'", "Orders that came from"),
    (STG_ORDER, "lower(external_order_vendor)", "external_order_vendor", "Orders that came from Tock"),
    (STG_ORDER, "'') = 'true' as is_event", "'') <> '' as is_event", "An event's order is of the event"),
    (FCT_ORDER, "coalesce(original.channel, sale.channel)", "sale.channel", "An exchange counts where its original"),
    (FCT_ORDER, "trail.steps < 50", "trail.steps < 1", "An exchange of an exchange counts where the first was sold"),
    (FCT_ORDER, "coalesce(original.channel, sale.channel)", "original.channel", "An exchange whose original is not"),
    (ITEM, "or sale.purchase_type = 'Refund'", "", "Wine that comes back is negative"),
    (ITEM, "-abs(item.quantity)", "-item.quantity", "Of a partial refund the rest stays sold"),
    (ITEM, "case when item_type = 'Wine' then quantity * volume_in_ml end", "quantity * volume_in_ml", "Litres are"),
    (STG_ITEM, "coalesce(volume_in_ml, 750)", "volume_in_ml", "Litres are those of wine, by the bottle's own volume"),
    (STG_ITEM, "coalesce(volume_in_ml, 750)", "750", "Litres are those of wine, by the bottle's own volume"),
    (EVENT_ORDER, "then written_date", "then paid_date", "An event's revenue is on the day that it names"),
    (EVENT_ORDER, "else paid_date", "else written_date", "An event without a day is on the day it was paid"),
    (EVENT_ORDER, "and not is_from_tock", "", "Fees of events come from the shop and from Tock, each once"),
    (VISIT, "not booking.is_cancelled\n    and ", "", "A cancelled reservation keeps what was kept"),
    (VISIT, "and not booking.transferred_out", "", "A reservation that was given to others is theirs"),
    (VISIT, "('NO_SHOW', 'CANCELLED')", "('CANCELLED')", "Who does not come is no guest"),
    (VISIT, "('NO_SHOW', 'CANCELLED')", "('NO_SHOW', 'CANCELLED', 'EXPECTED', '')", "What is past and still expected"),
    (VISIT, "('PICKUP', 'DELIVERY')", "('PICKUP')", "Parcels have no guests"),
    (VISIT, "case when booking.is_walk_in then 'tasting_room' end", "null", "Walk-ins are of the tasting room"),
    (VISIT, "experience.attribution,", "experience.attribution, 'event',", "An experience in no mapping belongs"),
    (STG_VISIT, "tock_fee_refunded_cents", "0", "A cancelled reservation keeps what was kept"),
    (STG_VISIT, "net_amount_paid_cents", "subtotal_cents", "A gift card is a discount, and what was paid counts"),
    (STG_VISIT, "net_amount_paid_cents", "net_amount_paid_cents - refunded_cents", "Refunds that are deferred"),
    (STG_VISIT, "id as reservation_id", "cast(cast(id as double precision) as text) as reservation_id", "Ids too"),
    (MEMBER, "or cancelled_at is not null", "or cancelled_at is not null or true", "A membership that was cancelled"),
    (MEMBER, "status is null or status <> 'Cancelled'", "status = 'Active'", "Who is on hold is a member"),
    (MEMBER, "cast(cancelled_at as", "cast(case when status = 'Cancelled' then cancelled_at end as", "Who has given"),
    (MEMBER, "cast(cancelled_at as", "cast(null as", "Members are counted on the last day"),
    ("sources.yml", "time: cancelled_at", "time: signed_up_at", "Members are counted on the last day"),
    ("sources.yml", "    where: payment_status = 'Paid'\n", "", "Only what is paid counts"),
    ("tasting_room.yml", "and total > 0", "", "An order of no value is no order of the tasting room"),
    ("tasting_room.yml", ", 'Pickup To Ship'", "", "What is picked up and then shipped pays its shipping"),
    ("wine_club.yml", "100 * new_member_acquisition / tasting_room_guests",
     "100 * tasting_room_guests / new_member_acquisition", "A ratio over a month is that of the month's sums"),
    ("guests.yml", "total_visitors / total_reservations", "total_reservations / total_visitors", "A ratio over a"),
    ("revenue.yml", "channel = 'Web'", "channel in ('Web', 'Marketplace')", "A channel that the vendor adds"),
    ("../kpictl.yml", "compare: same_date", "compare: same_weekday", "A year before is the same days of that year"),
    ("../kpictl.yml", "timezone: America/Los_Angeles", "timezone: UTC", "An evening in California is a night in"),
)  # fmt: skip


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_the_projects_tests_pass(project: Path) -> None:
    catalog = checked(project, with_tests=True)
    assert catalog.tests
    # The winery's take half a minute: some of them here, all of them by `kpictl test` in .ci/run.
    few = len(catalog.tests) < 20 or "KPICTL_EVERYTHING" in os.environ
    chosen = catalog.tests if few else catalog.tests[::5]
    assert [outcome.test.name for outcome in run_tests(catalog, chosen) if not outcome.passed] == []


CHOSEN = BROKEN if "KPICTL_EVERYTHING" in os.environ else BROKEN[::6]


@pytest.mark.parametrize(("file", "old", "new", "name"), CHOSEN, ids=[f"{name} {new}" for _, _, new, name in CHOSEN])
def test_a_broken_rule_is_found(file: str, old: str, new: str, name: str, tmp_path: Path) -> None:
    for part in ("kpis", "connectors"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "kpictl.yml", tmp_path)
    path = tmp_path / "kpis" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    catalog = checked(tmp_path, with_tests=True)
    (test,) = (test for test in catalog.tests if test.name.startswith(name))
    (outcome,) = run_tests(catalog, [test])
    # Ids that have become the same are a check's affair; nothing else stops a run.
    assert outcome.failure is None or "is not unique" in str(outcome.failure)
    assert not outcome.passed


def test_every_trap_of_the_demo_is_looked_at() -> None:
    """Those that the connector takes care of are tested with it; all others have a test here, by name."""
    of_the_connector = {VisitTrap.OTHER_VENUE, VisitTrap.STALE_DUPLICATE}
    catalog = checked(ROOT)
    names = {test.name for test in catalog.tests}
    assert set(TRAPS) == {*OrderTrap, *MemberTrap, *VisitTrap} - of_the_connector
    assert set(TRAPS.values()) <= names


_PAID = "Only what is paid counts"
_JUDGED = "However an order was paid or judged, it counts"
_LITRES = "Litres are those of wine, by the bottle's own volume"
_ANYBODY = "Orders of nobody, of strangers and of companies count"
_KEPT = "A cancelled reservation keeps what was kept, and has no guests"
_REFUNDED = "Refunds that are deferred, failed or disputed have given nothing back yet"
_PARCELS = "Parcels have no guests"
TRAPS: dict[OrderTrap | MemberTrap | VisitTrap, str] = {
    OrderTrap.FULL_REFUND: "A full refund counts on its own day",
    OrderTrap.PARTIAL_REFUND: "Of a partial refund the rest stays sold",
    OrderTrap.SHIPPING_REFUND: "A refund of the shipping alone leaves the wine sold",
    OrderTrap.AMOUNT_REFUND: "A refund of an amount has no lines, and no wine comes back",
    OrderTrap.TIP_REFUND: "Tips, and refunds of them, are no revenue",
    OrderTrap.EXCHANGE: "An exchange counts where its original was sold",
    OrderTrap.EXCHANGE_CHAIN: "An exchange of an exchange counts where the first was sold",
    OrderTrap.CANCELLED: _PAID,
    OrderTrap.AUTHORIZED: _PAID,
    OrderTrap.ZERO_TOTAL: "An order of no value is no order of the tasting room",
    OrderTrap.MARKETPLACE: "A channel that the vendor adds is in no channel's revenue",
    OrderTrap.CAPTURE: _JUDGED,
    OrderTrap.NO_COMPLIANCE: _JUDGED,
    OrderTrap.BUNDLE: _LITRES,
    OrderTrap.GIFT_CARD_SALE: _LITRES,
    OrderTrap.GIFT_CARD_TENDER: _JUDGED,
    OrderTrap.MAGNUM: _LITRES,
    OrderTrap.NO_VOLUME: _LITRES,
    OrderTrap.NO_CUSTOMER: _ANYBODY,
    OrderTrap.DANGLING_CUSTOMER: _ANYBODY,
    OrderTrap.CORPORATE: _ANYBODY,
    OrderTrap.PICKUP_TO_SHIP: "What is picked up and then shipped pays its shipping",
    OrderTrap.EVENING: "An evening in California is a night in Greenwich",
    MemberTrap.LOST_CANCEL_DATE: "A membership that was cancelled on an unknown day is left out",
    MemberTrap.DOUBLE: "One person with two memberships is two members",
    MemberTrap.COMES_BACK: "Who cancels and comes back has come twice",
    MemberTrap.SWITCHES: "Who goes to another club is gone from one and new in the other",
    MemberTrap.SAME_DAY: "In and out on one day is a member on none",
    MemberTrap.NOTICE: "Who has given notice is a member until the day",
    MemberTrap.HOLD: "Who is on hold is a member",
    VisitTrap.PICKUP: _PARCELS,
    VisitTrap.DELIVERY: _PARCELS,
    VisitTrap.TRANSFER: "A reservation that was given to others is theirs",
    VisitTrap.UNMAPPED: "An experience in no mapping belongs to nobody, and its guests were there",
    VisitTrap.ZERO_KEPT: _KEPT,
    VisitTrap.PART_KEPT: _KEPT,
    VisitTrap.ALL_KEPT: _KEPT,
    VisitTrap.DEFERRED_REFUND: _REFUNDED,
    VisitTrap.FAILED_REFUND: _REFUNDED,
    VisitTrap.DISPUTE: _REFUNDED,
    VisitTrap.NO_SHOW: "Who does not come is no guest, and has paid all the same",
    VisitTrap.GIFT_CARD: "A gift card is a discount, and what was paid counts",
    VisitTrap.BIG_ID: "Ids too large for a float are different ids",
    VisitTrap.STILL_EXPECTED: "What is past and still expected was held",
}


def test_the_winerys_tests_pass_in_a_demos_folder(tmp_path: Path) -> None:
    """It has no `connectors` in its kpictl.yml, and covers the last few years alone: one test of each file shows it."""
    lay_out(tmp_path, date(2029, 1, 1))
    catalog = checked(tmp_path, with_tests=True)
    assert catalog.project.connectors == ()
    first = {test.places.path.name: test for test in reversed(catalog.tests)}
    assert len(first) == 5
    assert all(outcome.passed for outcome in run_tests(catalog, list(first.values())))
