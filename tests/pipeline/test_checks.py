"""Between computing and publishing: what is not whole, not fresh, not as usual or not as the project checks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from kpictl.compile import plan
from kpictl.compile.dimensions import definition_hashes
from kpictl.diagnostics import CheckError
from kpictl.engine import Engine, open_engine
from kpictl.pipeline import Finished, Request, run
from kpictl.pipeline.verify import verify, verify_whole
from tests.pipeline.shop import KPICTL, KPIS, ROWS, Shop

NOW = datetime(2025, 5, 4, 19, tzinfo=UTC)  # noon in Los Angeles
ENTITIES = "entities:\n  - {id: 1, code: estate, name: Estate}\n  - {id: 2, code: mill, name: Mill}\n"


def with_checks(**checks: str) -> dict[str, str]:
    """The shop's KPIs with checks, by KPI."""
    text = KPIS
    for code, written in checks.items():
        text = re.sub(rf"(id: ., code: {code}, .*)}}\n", rf"\1, checks: [{written}]}}\n", text)
    assert text.count("checks:") == len(checks)
    return {"kpis/kpis.yml": text}


Look = Callable[..., list[str]]


@contextmanager
def computed(shop: Shop, as_of: str, *also: str, now: datetime = NOW) -> Iterator[tuple[Engine, Look]]:
    """A run that has computed all of it and published nothing, and never will; and what is warned of it."""
    catalog, engine = shop.catalog(), open_engine(shop.url, shop.folder)
    day, others = date.fromisoformat(as_of), tuple(date.fromisoformat(each) for each in also)
    events = run(catalog, engine, Request(day, now, also=others))
    assert isinstance(events, Generator)
    try:
        while not ((event := next(events)) and isinstance(event, Finished) and event.step == "dashboard"):
            pass
        made = plan(catalog, engine.tables())

        def look(dates: Sequence[date] = (day, *others), began_at: datetime = now) -> list[str]:
            return [warned.message for warned in verify(made, engine, dates, began_at)]

        yield engine, look
    finally:
        events.close()
        engine.close()


def looked(shop: Shop, as_of: str, *also: str, now: datetime = NOW) -> list[str]:
    with computed(shop, as_of, *also, now=now) as (_, look):
        return look()


# The checks of KPIs


def test_each_check_tells_what_it_fails_on(shop: Shop) -> None:
    """On 3 May one order of 5.5 came in, and in the month 35.5 from three: 11.83… each."""
    shop.write(
        with_checks(
            revenue="{min: 5.5}, {min: 5.6}, {min: 35.5, window: mtd}, {not_null: true},"
            " {min: 36, window: mtd, message: too little is sold}",
            average="{max: 5.5}, {max: 5.4}, {max: 11.8333333333, window: mtd}, {max: -1.50, window: mtd}",
        )
    )
    assert looked(shop, "2025-05-03") == [
        "KPI revenue: `min: 5.6` does not hold: day of ALL at 2025-05-03 is 5.5",
        "KPI revenue: too little is sold: mtd of ALL at 2025-05-03 is 35.5",
        "KPI average: `max: 5.4` does not hold: day of ALL at 2025-05-03 is 5.5",
        "KPI average: `max: -1.50` does not hold: mtd of ALL at 2025-05-03 is 11.8333333333",
    ]


def test_what_has_no_value_is_neither_too_small_nor_too_large(shop: Shop) -> None:
    """On 2 May nothing was sold: no order, and so no average of that day, but one of the month."""
    checks = "{min: 1}, {max: 2}, {not_null: true}, {not_null: true, window: mtd}"
    shop.write(with_checks(average=checks, orders="{not_null: true}, {min: 1}, {min: 0}"))
    assert looked(shop, "2025-05-02") == [
        "KPI orders: `min: 1` does not hold: day of ALL at 2025-05-02 is 0",
        "KPI average: `not_null: true` does not hold: day of ALL at 2025-05-02 has no value",
    ]


def test_a_zero_that_sparse_facts_leave_out_is_a_zero(shop: Shop) -> None:
    checks = with_checks(orders="{not_null: true}, {min: 1}", average="{not_null: true}")
    shop.write({"kpictl.yml": f"{KPICTL}facts: sparse\n", **checks})
    assert looked(shop, "2025-05-02") == [
        "KPI orders: `min: 1` does not hold: day of ALL at 2025-05-02 is 0",
        "KPI average: `not_null: true` does not hold: day of ALL at 2025-05-02 has no value",
    ]


def test_a_change_is_that_from_the_same_window_a_year_before(shop: Shop) -> None:
    """35.5 after 71 is half as much; three orders after one are 200% more; no order a year before is no change."""
    shop.write(
        with_checks(
            revenue="{max_change_pct: 50}, {max_change_pct: 49.9, window: mtd}",
            orders="{max_change_pct: 200}, {max_change_pct: 199}",
        )
    )
    shop.load([*ROWS, (4, "2024-05-02", "71")])
    with computed(shop, "2025-05-03", "2025-04-30") as (_, look):
        assert look() == [
            "KPI revenue: `max_change_pct: 49.9` does not hold: mtd of ALL at 2025-05-03 changed by -50.0%",
            "KPI orders: `max_change_pct: 199` does not hold: mtd of ALL at 2025-05-03 changed by +200.0%",
        ]


def test_every_entity_is_looked_at_unless_one_is_named(shop: Shop) -> None:
    kpis = with_checks(
        revenue="{min: 0, entity: mill}, {max: 3, window: mtd}",
        orders="{not_null: true, entity: estate}, {not_null: true}",
    )["kpis/kpis.yml"]
    columns = "order_id:bigint ordered_on:date amount:decimal place:text"
    shop.write(
        {
            "kpis/kpis.yml": ENTITIES + kpis.replace("time: ordered_on", "time: ordered_on, entity: place"),
            "kpis/models/fct_order.sql": "select order_id, ordered_on, amount, place from raw.orders\n",
        }
    )
    shop.load([(1, "2025-05-01", "10", "estate"), (2, "2025-05-03", "-4", "estate")], columns)
    revenue, orders = looked(shop, "2025-05-03", "2025-05-02")
    assert revenue == (
        "KPI revenue: `max: 3` does not hold: mtd of ALL at 2025-05-02 is 10; "
        "mtd of estate at 2025-05-02 is 10; mtd of ALL at 2025-05-03 is 6; and 1 more"
    )
    assert orders == (
        "KPI orders: `not_null: true` does not hold: day of mill at 2025-05-02 has no value; "
        "day of mill at 2025-05-03 has no value"
    )


def test_an_error_stops_the_run_with_all_that_failed(shop: Shop) -> None:
    shop.run("2025-05-02")
    before = shop.published()
    shop.write(
        with_checks(
            revenue="{max: 1, severity: error}, {min: 1}",
            orders="{max: 0, severity: error}, {min: -1, severity: error}",
        )
    )
    with computed(shop, "2025-05-03") as (_, look), pytest.raises(CheckError) as stopped:
        look()
    assert stopped.value.exit_code == 5
    assert str(stopped.value) == (
        "2 checks failed: KPI revenue: `max: 1` does not hold: day of ALL at 2025-05-03 is 5.5; "
        "KPI orders: `max: 0` does not hold: day of ALL at 2025-05-03 is 1"
    )
    assert "nothing was published" in str(stopped.value.help)
    assert shop.published() == before


def test_checks_are_no_part_of_what_a_kpi_means(duckdb_shop: Shop) -> None:
    before = definition_hashes(duckdb_shop.catalog())
    fresh = KPIS.replace("time: ordered_on", "time: ordered_on, expect_fresh: 1d")
    duckdb_shop.write({"kpis/kpis.yml": fresh.replace("count(*)", "count(*), checks: [{min: 0}]")})
    assert definition_hashes(duckdb_shop.catalog()) == before


# Whether the tables are whole

DASHBOARD, FACTS = "kpi.agg_kpi_dashboard", "kpi.fact_kpi_daily"
LACKS = "agg_kpi_dashboard lacks rows: orders for ALL at 2025-05-03"
BEYOND = "agg_kpi_dashboard has rows that it should not have: orders for entity 7 at 2025-05-03"
UNFIT = "agg_kpi_dashboard has values that do not fit their status: mtd of revenue for ALL at 2025-05-03"


def test_what_is_not_whole_is_not_published(shop: Shop) -> None:
    """Each fault is made in the tables that a run has computed, told, and mended again."""
    day, of_orders, of_revenue = "date_key = '2025-05-03'", "kpi_id = 2", "kpi_id = 1"
    faults = [
        (f"{DASHBOARD} set entity_id = 7 where {of_orders}", f"{DASHBOARD} set entity_id = 0 where {of_orders}",
         f"2 checks failed: {LACKS}; {BEYOND}"),
        (f"{FACTS} set date_key = '2025-06-03' where {day} and {of_orders}",
         f"{FACTS} set date_key = '2025-05-03' where date_key = '2025-06-03'",
         "fact_kpi_daily lacks rows: orders for ALL at 2025-05-03"),
        (f"{FACTS} set entity_id = 7 where date_key = '2025-05-01' and {of_orders}",
         f"{FACTS} set entity_id = 0 where entity_id = 7", None),
        *((f"{DASHBOARD} set {wrong} where {of_revenue}", f"{DASHBOARD} set {right} where {of_revenue}", UNFIT)
          for wrong, right in (
              ("mtd_value = null", "mtd_value = 35.5"),
              ("mtd_status = null", "mtd_status = 'ok'"),
              ("mtd_status = 'no_data'", "mtd_status = 'ok'"),
              ("mtd_status = 'undefined'", "mtd_status = 'ok'"),
              ("mtd_prior_status = null", "mtd_prior_status = 'no_data'"),
              ("mtd_prior = 3", "mtd_prior = null"),
              ("mtd_delta = 3", "mtd_delta = null"),
              ("mtd_delta_pct = 3", "mtd_delta_pct = null"),
          )),
    ]  # fmt: skip
    with computed(shop, "2025-05-03") as (engine, look):
        assert look() == []
        for fault, mended, told in faults:
            engine.execute(f"update {fault}")
            if told is None:  # facts of other days are none of this run's dates
                assert look() == []
            else:
                with pytest.raises(CheckError) as stopped:
                    look()
                assert str(stopped.value) == told
            engine.execute(f"update {mended}")
        assert look() == []


def test_a_change_that_has_no_percentage_though_it_could(shop: Shop) -> None:
    """Half as much as the year before; the change of the average, 35.5 by 3 after 71, goes with it."""
    shop.load([*ROWS, (4, "2024-05-02", "71")])
    with computed(shop, "2025-05-03") as (engine, look):
        assert look() == []
        engine.execute(f"update {DASHBOARD} set mtd_delta_pct = null where kpi_id = 1")
        with pytest.raises(CheckError, match=UNFIT):
            look()


def test_what_a_kpi_test_gives_is_looked_at_for_wholeness_alone(duckdb_shop: Shop) -> None:
    duckdb_shop.write(with_checks(revenue="{max: 1, severity: error}"))
    with computed(duckdb_shop, "2025-05-03") as (engine, _):
        made = plan(duckdb_shop.catalog(), engine.tables())
        verify_whole(made, engine)
        engine.execute(f"delete from {DASHBOARD} where kpi_id = 2")
        with pytest.raises(CheckError, match=LACKS):
            verify_whole(made, engine)


# Freshness

FRESH = """\
  - {code: paid, relation: raw.paid, time: at, where: amount > 0, expect_fresh: 149m}
  - {code: told, relation: raw.told, time: at, timezone: Europe/Paris, expect_fresh: {within: 2d, severity: warn}}
  - {code: empty, relation: raw.nothing, time: at, expect_fresh: 1d}
"""
COUNTED = "".join(
    f"  - {{id: {number}, code: n_{code}, name: N, format: number, source: {code}, measure: count(*)}}\n"
    for number, code in enumerate(("paid", "told", "empty"), start=4)
)


def test_the_newest_row_that_is_not_to_come_tells_how_fresh_a_source_is(shop: Shop) -> None:
    """3 May ended at 07:00 UTC on the 4th, 35 hours before; 10:00 in Paris was 08:00 UTC in May, 34 hours before."""
    now = datetime(2025, 5, 5, 18, tzinfo=UTC)
    kpis = KPIS.replace("kpis:\n", f"{FRESH}kpis:\n") + COUNTED
    shop.load([*ROWS, (4, "2025-05-06", "1")])
    moments = "at:timestamptz amount:decimal"
    paid = [("2025-05-05 15:30:00+00", "1"), ("2025-05-05 17:59:00+00", "-1"), ("2025-05-05 18:01:00+00", "1")]
    shop.load(paid, moments, "paid")
    shop.load([("2025-05-04 10:00:00",), ("2025-05-05 20:01:00",)], "at:timestamp", "told")
    shop.load([], moments, "nothing")
    fresh = "ordered_on, expect_fresh: {within: 35h, severity: error}}"
    shop.write({"kpis/kpis.yml": kpis.replace("ordered_on}", fresh)})
    with computed(shop, "2025-05-05", now=now) as (_, look):
        assert look() == [
            "source paid: the newest row, of 2025-05-05 08:30, is 2 h 30 min old, and expect_fresh is 149m",
            "source empty: there is no row, and expect_fresh is 1d",
        ]
        with pytest.raises(CheckError, match="source orders: the newest row, of 2025-05-03, is 35 h 01 min old"):
            look(began_at=now + timedelta(minutes=1))


# As many rows as usual


def test_a_day_with_few_rows_of_those_that_its_weekday_has(shop: Shop) -> None:
    """Eight weeks up to 5 May, each weekday of its own kind, and then a week with few rows."""
    monday = date(2025, 3, 10)
    usual = {0: [20] * 8, 1: [20] * 8, 2: [19] * 8, 3: [100] * 3 + [0] * 5, 4: [10, 20, 20, 20, 20, 20, 20, 900],
             6: [30] * 7}  # fmt: skip
    counts = {
        monday + timedelta(weeks=week, days=weekday): rows
        for weekday, weeks in usual.items()
        for week, rows in enumerate(weeks)
    }
    counts |= {date(2025, 5, 5): 3, date(2025, 5, 6): 4, date(2025, 5, 4): 0}
    shop.load([(1, day, "1") for day, rows in counts.items() for _ in range(rows)])
    late = "  - {code: late, relation: marts.fct_order, time: ordered_on, covers_to: last_row}\nkpis:\n"
    counted = "  - {id: 4, code: late, name: Late, format: number, source: late, measure: count(*)}\n"
    shop.write({"kpis/kpis.yml": KPIS.replace("kpis:\n", late) + counted})
    noon = datetime(2025, 5, 10, 19, tzinfo=UTC)
    mondays = "{}: 3 rows on 2025-05-05, where Mondays have 20"
    with computed(shop, "2025-05-09", now=noon) as (_, look):
        told = {day: look([date(2025, 5, day)], noon) for day in range(4, 10)}
        assert told == {
            4: [],  # it is the eighth Sunday, and seven are too few to tell
            5: [mondays.format("source orders"), mondays.format("source late")],
            6: [],  # a fifth of the usual rows
            7: [],  # of nineteen rows a day there may be none
            8: [],  # most Thursdays have none
            9: ["source orders: 0 rows on 2025-05-09, where Fridays have 20"],
        }
        still_monday = datetime(2025, 5, 6, 6, 59, tzinfo=UTC)
        assert look([date(2025, 5, 5)], still_monday) == []
        assert len(look([date(2025, 5, 5)], still_monday + timedelta(minutes=1))) == 2
