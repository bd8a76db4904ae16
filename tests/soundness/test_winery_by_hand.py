"""The oracle's hand-made records through the whole of kpictl: the month's numbers are those worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kpictl.check import checked
from kpictl.demo import World, serve
from kpictl.engine import open_engine, open_published
from kpictl.pipeline import Request, Warned, run
from tests.soundness.test_oracle_winery import (
    AS_OF,
    BEGIN,
    MEMBERSHIPS,
    MONTH,
    ORDERS,
    RESERVATIONS,
    event,
    order,
)
from tests.soundness.winery_published import ROOT, connectors

NOW = datetime(2025, 7, 11, 6, 59, tzinfo=UTC)  # 23:59 on 10 July in California
CODES = tuple(MONTH)
TOLERANCE = Decimal("1e-10")

# None of them counts anywhere.
MORE_ORDERS = (
    order("event, authorized", "POS", 4000, metaData=event("Event Fee"), paymentStatus="Authorized"),
    order("event, cancelled", "POS", 4000, metaData=event("Event Wine"), paymentStatus="Cancelled"),
    *(
        order(
            f"tock by {channel}", channel, 5000, externalOrderVendor="Tock", items=[{"type": "Tasting", "quantity": 2}]
        )
        for channel in ("Club", "Web", "Inbound")
    ),
    order("event, far away", "POS", 1, metaData=event("Event Fee", "9999-12-31")),
    order("event, long ago", "POS", 1, metaData=event("Event Fee", "0205-07-02")),
    order("event, never", "POS", 0, metaData=event("Event Fee", "0000-07-02")),
    order("event, no day of the calendar", "POS", 0, metaData=event("Event Fee", "2025-02-30")),
)


def test_the_month_is_the_one_worked_out_by_hand(engine_url: str, tmp_path: Path) -> None:
    catalog = checked(ROOT)
    catalog = replace(catalog, project=replace(catalog.project, covers_from=BEGIN))
    with serve(world()) as address:
        engine = open_engine(engine_url, tmp_path)
        events = list(run(catalog, engine, Request(AS_OF, NOW, connectors(address))))
        engine.close()
    engine = open_published(engine_url, tmp_path)
    with engine.transaction():
        rows = engine.fetch("select kpi_id, mtd_value, mtd_status from nate_sandbox.agg_kpi_dashboard")
    engine.close()
    found = {CODES[int(str(kpi_id)) - 1]: (value, status) for kpi_id, value, status in rows}
    assert set(found) == set(MONTH)
    wrong = {
        code: (expected, found[code])
        for code, expected in MONTH.items()
        if found[code][1] != "ok" or abs(Decimal(str(found[code][0])) - Decimal(expected)) > TOLERANCE
    }
    assert not wrong
    warnings = " ".join(event.message for event in events if isinstance(event, Warned))
    assert "source reservations: 1 row has no service_at" in warnings
    assert "experience_name = Secret (2)" in warnings


def world() -> World:
    return World(
        seed=7,
        first_day=BEGIN,
        last_day=AS_OF,
        customers=(),
        orders=(*(with_ids(order) for order in only_once(ORDERS)), *map(with_ids, MORE_ORDERS)),
        products=(),
        clubs=(),
        club_memberships=tuple(without_blanks(record) for record in only_once(MEMBERSHIPS)),
        reservations=tuple(renamed(visit) for visit in RESERVATIONS if visit.get("id") or visit.get("walkinId")),
        guests=(),
    )


def only_once(records: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """Of records with one id the newest: the API lists each id once."""
    oldest_first = sorted(records, key=lambda record: str(record.get("updatedAt", "")))
    return tuple({record["id"]: record for record in oldest_first}.values())


def without_blanks(record: dict[str, Any]) -> dict[str, Any]:
    """A date that is not there is null in the API's answers."""
    return {name: value for name, value in record.items() if value != ""}


def with_ids(order: dict[str, Any]) -> dict[str, Any]:
    items = [{"id": f"{order['id']} {nth}", **item} for nth, item in enumerate(order.get("items", ()))]
    return {"orderNumber": None, **order, "items": items}


def renamed(visit: dict[str, Any]) -> dict[str, Any]:
    """The winery's lookup calls it so."""
    name = (visit.get("experience") or {}).get("name")
    return (
        visit
        if name != "Pickup Party"
        else {**visit, "experience": {**visit["experience"], "name": "Pickup Party Tasting"}}
    )
