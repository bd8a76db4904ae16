"""What once went wrong between runs: each of these lost a number, or told something untrue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.diagnostics import WorldError
from kpictl.engine import open_engine
from kpictl.pipeline import Request, Restated, Stale, Started, run
from tests.pipeline.conftest import opened
from tests.pipeline.shop import KPIS, ROWS, Shop
from tests.pipeline.test_memory import LATER, NOTHING, ONE, THREE, TRACKED, TWO, computed, revenue, rows, tracked

BUYERS = KPIS.replace("measure: count(*)}", "measure: count(distinct order_id)}")


def test_a_time_to_come_does_not_hide_what_changed_some_days_ago(shop: Shop) -> None:
    """A row from the future, and a run only once a week: the rows between were taken for known."""
    shop.write(TRACKED)
    ahead = (3, "2025-05-03", "5.5", "2199-01-01 00:00", False)
    tracked(shop, ONE, TWO, ahead)
    shop.run("2025-05-03")
    some_days_ago = f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d %H:%M}"
    tracked(shop, ONE, (2, "2025-05-01", "25", some_days_ago, False), ahead)
    shop.run("2025-05-03")
    assert revenue(shop)["05-01"] == 35


def test_two_changes_at_one_moment_are_both_seen(shop: Shop) -> None:
    shop.write(TRACKED)
    tracked(shop, ONE, TWO, THREE)
    shop.run("2025-05-03")
    for amount in ("6", "7"):
        tracked(shop, ONE, TWO, (3, "2025-05-03", amount, THREE[3], False))
        assert computed(shop.run("2025-05-03")) == "1 day from 2025-05-03: orders 1"
        assert revenue(shop)["05-03"] == Decimal(amount)


@pytest.mark.parametrize("is_tracked", [True, False], ids=["followed", "whole"])
@pytest.mark.parametrize("day", ["0001-01-01", "infinity"])
def test_a_day_that_no_calendar_has_stops_nothing(shop: Shop, day: str, is_tracked: bool) -> None:
    files = (
        TRACKED
        if is_tracked
        else {**TRACKED, "kpis/kpis.yml": KPIS.replace("ordered_on}", "ordered_on, key: order_id}")}
    )
    shop.write(files)
    tracked(shop, ONE, TWO, THREE)
    shop.run("2025-05-03")
    odd = (4, day, "1000", "2025-05-03 13:00", False)
    corrected = (2, "2025-05-01", "25", "2025-05-03 13:00", False)
    tracked(shop, ONE, corrected, THREE, odd)
    shop.run("2025-05-03")
    assert revenue(shop)["05-01"] == 35
    tracked(shop, ONE, corrected, THREE)
    shop.run("2025-05-03")
    assert list(revenue(shop).values())[-3:] == [35, 0, Decimal("5.5")]


def test_members_from_before_all_time_count(shop: Shop) -> None:
    kpis = KPIS.replace(
        "time: ordered_on}", "valid_from: ordered_on, valid_to: left_on,\n     key: order_id, changed_at: loaded_at}"
    ).replace("sum(amount)", "count(*)")
    kpis = "\n".join(line for line in kpis.splitlines() if "id: 2" not in line and "id: 3" not in line) + "\n"
    model = "select order_id, ordered_on, cast(null as date) as left_on, loaded_at, amount from raw.orders\n"
    shop.write({"kpis/kpis.yml": kpis, "kpis/models/fct_order.sql": model})
    tracked(shop, ONE)
    shop.run("2025-05-03")
    tracked(shop, ONE, (2, "-infinity", "1", "2025-05-02 13:00", False))
    shop.run("2025-05-03")
    assert revenue(shop)["05-03"] == 2


def test_rows_that_change_while_a_run_computes_count_in_the_next(postgres_url: str, tmp_path: Path) -> None:
    """Components had been added up before, and different values were counted after: 1 order of 2 customers.

    Nobody can write to a DuckDB file meanwhile.
    """
    shop = opened(Shop(postgres_url, tmp_path))
    shop.write({"kpis/kpis.yml": KPIS.replace("measure: count(*)}", "measure: count(distinct amount)}")})
    shop.run("2025-05-03")
    engine = open_engine(shop.url, shop.folder)
    events = run(shop.catalog(), engine, Request(date(2025, 5, 3), LATER))
    for event in events:
        if event == Started("facts"):
            shop.change("insert into raw.orders values (9, '2025-05-03', 77)")
    engine.close()
    query = "select mtd_value from kpi.agg_kpi_dashboard where kpi_id = 2"
    assert rows(shop, query) == [(3,)]
    shop.run("2025-05-03", LATER)
    assert rows(shop, query) == [(4,)]


def test_a_number_that_goes_is_restated(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/kpis.yml": KPIS.replace("id: 3, code: average", "id: 3, is_active: false, code: average")})
    assert Restated(1, 1) in shop.run("2025-05-03", LATER)
    query = "select kpi_id, old_value, new_value from kpi.kpi_restatement"
    assert rows(shop, query) == [(3, Decimal("11.8333333333"), None)]


def test_a_full_refresh_tells_what_was_late(shop: Shop) -> None:
    """Another customer on the same day: no day's number differs, and the month's may."""
    shop.write({"kpis/kpis.yml": BUYERS})
    for day in ("2025-05-02", "2025-05-03"):
        shop.run(day)
    shop.load([ROWS[0], (3, *ROWS[1][1:]), ROWS[2]])
    engine = open_engine(shop.url, shop.folder)
    events = list(run(shop.catalog(), engine, Request(date(2025, 5, 4), LATER, is_full=True)))
    engine.close()
    assert Stale(2, date(2025, 5, 2), date(2025, 5, 3)) in events


def test_changed_definitions_are_not_called_late_data(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/kpis.yml": KPIS.replace("formula: revenue / orders", "formula: 2 * revenue / orders")})
    assert Stale(1, date(2025, 5, 3), date(2025, 5, 3), by_definition=True) in shop.run("2025-05-04", LATER)


def test_a_publishing_that_fails_is_no_success(duckdb_shop: Shop) -> None:
    shop = duckdb_shop
    shop.run("2025-05-03")
    before = shop.published()
    in_the_way = shop.folder / "test.published.duckdb.next"
    in_the_way.mkdir()
    with pytest.raises(WorldError, match="not published"):
        shop.run("2025-05-04")
    assert shop.published() == before
    assert rows(shop, "select status, exit_code from kpi.kpictl_run order by began_at desc limit 1") == [("failed", 3)]
    in_the_way.rmdir()
    assert computed(shop.run("2025-05-04")) == NOTHING
    assert shop.published() == shop.held()
