"""How a project stands: what is told of its runs, its sources, and what the next run would do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from kpictl.pipeline.look import Look, looking
from kpictl.pipeline.runs import Whole, whole
from kpictl.pipeline.status import StaleDates, Status, status
from tests.pipeline.shop import COLUMNS, FIRST, KPICTL, KPIS, ROWS, Shop, paused

LATER = datetime(2025, 6, 2, tzinfo=UTC)
SOURCE = "  - {code: orders, relation: marts.fct_order, time: ordered_on}\n"


def stands(shop: Shop, now: datetime = LATER) -> Status:
    catalog = shop.catalog()
    with looking(catalog, shop.url) as look:
        return status(look, catalog, 0, now)


def looked_at(shop: Shop, run_id: str) -> Whole:
    with looking(shop.catalog(), shop.url) as look:
        assert isinstance(look, Look)
        return whole(look, run_id)


def with_source(line: str) -> dict[str, str | None]:
    return {"kpis/kpis.yml": KPIS.replace(SOURCE, line)}


def test_before_the_first_run(shop: Shop) -> None:
    found = stands(shop)
    assert (found.last, found.last_success, found.holder, found.stale, found.restated) == (None, None, None, None, 0)
    # 2 June, midnight UTC, is the evening of the 1st in Los Angeles.
    assert found.next_run.as_of == date(2025, 5, 31)
    assert (found.next_run.is_foreseen, found.next_run.all_days) == (True, "the first run")
    assert not found.is_alarming
    assert not any(name.startswith("kpi.") for name in shop.names())


def test_without_a_database(duckdb_shop: Shop) -> None:
    (duckdb_shop.folder / "test.duckdb").unlink()
    found = stands(duckdb_shop)
    assert (found.last, found.next_run.all_days) == (None, "the first run")
    assert not (duckdb_shop.folder / "test.duckdb").exists()


def test_what_is_foreseen_of_a_run_is_what_its_journal_says(shop: Shop) -> None:
    shop.run("2025-05-03", FIRST)
    found = stands(shop)
    assert found.last is not None
    assert found.last == found.last_success == found.ended
    assert (found.last.status, found.last.as_of_date) == ("succeeded", date(2025, 5, 3))
    assert (found.next_run.is_foreseen, found.next_run.all_days) == (True, None)
    assert [(each.code, each.newest_day, each.no_time) for each in found.sources] == [("orders", date(2025, 5, 3), 0)]
    shop.write({"kpis/kpis.yml": KPIS.replace("revenue / orders", "orders / revenue")})
    assert stands(shop).next_run.all_days == "definitions have changed"
    shop.write({"kpis/kpis.yml": KPIS.replace("sum(amount)", "sum(amount + 1)")})
    assert stands(shop).next_run.all_days == "measures of orders have changed"
    shop.run("2025-05-03", LATER)
    found = stands(shop)
    assert found.last is not None
    assert (found.last.recomputed, found.next_run.all_days) == ("all days: measures of orders have changed", None)
    shop.write({"kpictl.yml": KPICTL.replace("2025-12-31", "2025-05-30")})
    assert stands(shop).next_run.stopped_by == (
        "it lies outside the calendar, which goes from 2024-01-01 to 2025-05-30"
    )


def test_late_data_and_what_is_restated(shop: Shop) -> None:
    shop.run("2025-05-03", FIRST)
    shop.load([*ROWS, (4, "2025-05-02", "4.5")])
    shop.run("2025-05-04", LATER)
    found = stands(shop, LATER)
    assert (found.stale, found.restated) == (StaleDates(1, date(2025, 5, 3), date(2025, 5, 3)), 0)
    shop.run("2025-05-03", LATER)
    found = stands(shop, LATER + timedelta(days=7))
    # 35.5 in 3 orders are 40 in 4; the mean of 11.8333333333 is 10.
    assert (found.stale, found.restated) == (None, 3)
    assert stands(shop, LATER + timedelta(days=7, seconds=1)).restated == 0
    assert found.last is not None
    numbers = looked_at(shop, found.last.run_id).restated
    assert [(each.kpi_id, each.window, each.side, str(each.old), str(each.new)) for each in numbers] == [
        (1, "mtd", "current", "35.5000000000", "40.0000000000"),
        (2, "mtd", "current", "3.0000000000", "4.0000000000"),
        (3, "mtd", "current", "11.8333333333", "10.0000000000"),
    ]


def test_rows_that_belong_nowhere(shop: Shop) -> None:
    source = "  - {code: orders, relation: raw.orders, time: ordered_on, entity: place}\n"
    entities = "entities:\n  - {id: 0, code: ALL, name: All}\n  - {id: 1, code: mill, name: Mill, parent: ALL}\n"
    shop.write({"kpis/kpis.yml": KPIS.replace(SOURCE, source) + entities})
    rows = [(1, "2025-05-01", "1", "mill"), (2, "2025-05-01", "1", "mil"), (3, "2025-05-02", "1", None)]
    shop.load([*rows, (4, None, "1", "mill")], f"{COLUMNS} place:text")
    shop.run("2025-05-03", FIRST)
    (found,) = stands(shop).sources
    assert (found.no_entity, found.no_time) == (2, 1)


def test_a_source_is_late_once_its_newest_day_is_over_so_long(shop: Shop) -> None:
    """3 May is over at midnight in Los Angeles, 7:00 UTC; 36 hours later it is 19:00 UTC on the 5th."""
    shop.write(with_source("  - {code: orders, relation: marts.fct_order, time: ordered_on, expect_fresh: 36h}\n"))
    shop.run("2025-05-03", FIRST)
    last_moment = datetime(2025, 5, 5, 19, tzinfo=UTC)
    found = stands(shop, last_moment)
    assert [(each.expect_fresh, each.is_late) for each in found.sources] == [("36h", False)]
    assert not found.is_alarming
    found = stands(shop, last_moment + timedelta(seconds=1))
    assert [each.is_late for each in found.sources] == [True]
    assert found.is_alarming
    shop.change("drop view marts.fct_order")
    (source,) = stands(shop, last_moment).sources
    assert (source.is_there, source.newest_day, source.is_late, source.no_time) == (False, None, True, 0)


def test_while_a_run_goes_on_and_after_it_was_killed(shop: Shop) -> None:
    shop.run("2025-05-03", FIRST)
    is_file = shop.url.startswith("duckdb")
    with paused(shop, "2025-05-04", "facts") as child:
        found = stands(shop)
        assert found.holder is not None
        assert f"process {child.pid} on " in found.holder
        assert found.last is not None
        assert found.ended is not None
        # DuckDB's file is closed to others: its copy knows of the run before alone.
        assert (found.is_copy, found.last.status) == ((True, "succeeded") if is_file else (False, "running"))
        assert found.next_run.is_foreseen is not is_file
        assert (found.ended.status, found.is_alarming) == ("succeeded", False)
        assert [each.is_there for each in found.sources] == [None if is_file else True]
    found = stands(shop)
    assert found.last is not None
    assert (found.holder, found.last.status, found.is_copy) == (None, "died", False)
    assert found.is_alarming
