"""A calendar or a tree of entities that has changed recomputes what it touches, days long ago included."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from kpictl.pipeline import Finished
from tests.pipeline.shop import COLUMNS, FIRST, KPICTL, KPIS, Shop

TOMORROW = FIRST + timedelta(days=1)
PLACES = """\
entities:
  - {id: 0, code: ALL, name: All}
  - {id: 1, code: north, name: North, parent: ALL}
  - {id: 2, code: hill, name: Hill, parent: north}
  - {id: 3, code: mill, name: Mill, parent: ALL}
"""
BY_PLACE = KPIS.replace("time: ordered_on}", "time: ordered_on, entity: place}")
MODEL = "select order_id, ordered_on, amount, place from raw.orders\n"


def starts(shop: Shop, period: str) -> set[date]:
    found = {row["period_start"] for row in shop.published()["agg_kpi_period"] if row["period"] == period}
    return {day for day in found if isinstance(day, date)}


def test_periods_follow_the_calendar(duckdb_shop: Shop) -> None:
    duckdb_shop.load([(1, "2024-01-10", "10"), (2, "2025-05-02", "20")])
    duckdb_shop.run("2025-05-03", FIRST)
    assert {day.month for day in starts(duckdb_shop, "quarter")} == {1, 4, 7, 10}
    assert {day.weekday() for day in starts(duckdb_shop, "week")} == {0}
    changed = KPICTL.replace("2025-12-31}", "2025-12-31, week_starts_on: sunday, fiscal: {starts: february}}")
    duckdb_shop.write({"kpictl.yml": changed})
    duckdb_shop.run("2025-05-04", TOMORROW)
    assert {day.month for day in starts(duckdb_shop, "quarter")} == {2, 5, 8, 11}
    assert {day.weekday() for day in starts(duckdb_shop, "week")} == {6}


def test_a_later_end_of_the_calendar_touches_no_day(duckdb_shop: Shop) -> None:
    duckdb_shop.run("2025-05-03", FIRST)
    duckdb_shop.write({"kpictl.yml": KPICTL.replace("2025-12-31", "2026-12-31")})
    events = duckdb_shop.run("2025-05-03", TOMORROW)
    assert "no day has changed" in [event.detail for event in events if isinstance(event, Finished)]


def test_an_entity_that_has_moved_takes_its_days_along(duckdb_shop: Shop) -> None:
    """Hill has sold for 100, the mill for 1: the north, which gets the mill, for 101."""
    duckdb_shop.write({"kpis/kpis.yml": BY_PLACE + PLACES, "kpis/models/fct_order.sql": MODEL})
    rows = [(1, "2025-03-01", "100", "hill"), (2, "2025-03-01", "1", "mill"), (3, "2025-03-02", "3", "mill")]
    duckdb_shop.load(rows, f"{COLUMNS} place:text")
    duckdb_shop.run("2025-05-03", FIRST)
    assert revenue_of_the_north(duckdb_shop) == [100, 0]
    moved = PLACES.replace("name: Mill, parent: ALL", "name: Mill, parent: north")
    duckdb_shop.write({"kpis/kpis.yml": BY_PLACE + moved, "kpis/models/fct_order.sql": MODEL})
    duckdb_shop.run("2025-05-04", TOMORROW)
    assert revenue_of_the_north(duckdb_shop) == [101, 3]


def revenue_of_the_north(shop: Shop) -> list[Decimal]:
    """On 1 and 2 March."""
    facts = shop.published()["fact_kpi_daily"]
    found = {row["date_key"]: row["value"] for row in facts if (row["kpi_id"], row["entity_id"]) == (1, 1)}
    values = [found[day] for day in (date(2025, 3, 1), date(2025, 3, 2))]
    return [value for value in values if isinstance(value, Decimal)]
