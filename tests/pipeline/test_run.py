"""A run publishes what its rows say, changes no more than it must, and never leaves half of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kpictl.connect import state_table
from kpictl.diagnostics import CatalogError, CheckError, WorldError
from kpictl.pipeline import Published, Warned
from tests.pipeline.shop import COLUMNS, FIRST, KPICTL, KPIS, MODEL, ROWS, Contents, Shop

LATER = datetime(2025, 6, 2, tzinfo=UTC)
AVERAGE = "  - {id: 3, code: average, name: Average, format: number, formula: revenue / orders}\n"


def facts(contents: Contents) -> dict[tuple[str, int], Decimal | None]:
    found: dict[tuple[str, int], Decimal | None] = {}
    for row in contents["fact_kpi_daily"]:
        value = row["value"]
        assert value is None or isinstance(value, Decimal)
        found[str(row["date_key"])[-2:], int(str(row["kpi_id"]))] = value
    return found


def dashboard(contents: Contents, column: str = "mtd_value") -> dict[tuple[str, int], object]:
    """A column of the dashboard under the as-of date's day of the month and the KPI's id."""
    rows = contents["agg_kpi_dashboard"]
    return {(str(row["as_of_date"])[-2:], int(str(row["kpi_id"]))): row[column] for row in rows}


def without(contents: Contents, column: str) -> Contents:
    return {
        name: [{key: value for key, value in row.items() if key != column} for row in rows]
        for name, rows in contents.items()
    }


def warnings(events: list[object]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


# What a run writes


def test_a_run_publishes_the_numbers(shop: Shop) -> None:
    events = shop.run("2025-05-03")
    contents = shop.published()
    assert facts(contents) == {
        ("01", 1): 30, ("01", 2): 2, ("01", 3): 15,
        ("02", 1): 0, ("02", 2): 0, ("02", 3): None,
        ("03", 1): Decimal("5.5"), ("03", 2): 1, ("03", 3): Decimal("5.5"),
    }  # fmt: skip
    assert dashboard(contents) == {
        ("03", 1): Decimal("35.5"),
        ("03", 2): 3,
        ("03", 3): Decimal("11.8333333333"),
    }
    assert set(dashboard(contents, "refreshed_at").values()) == {FIRST}
    last = events[-1]
    assert isinstance(last, Published)
    assert (last.as_of, last.kpis, last.facts_written) == (date(2025, 5, 3), 3, 9)
    assert not warnings([*events])


def test_a_second_run_changes_nothing_but_refreshed_at(shop: Shop) -> None:
    shop.run("2025-05-03", FIRST)
    before = shop.published()
    shop.run("2025-05-03", LATER)
    after = shop.published()
    assert without(after, "refreshed_at") == without(before, "refreshed_at")
    assert set(dashboard(after, "refreshed_at").values()) == {LATER}
    assert len(after["dim_date"]) == 366 + 365


def test_an_earlier_as_of_date_adds_its_own_dashboard_rows_alone(shop: Shop) -> None:
    shop.run("2025-05-03", FIRST)
    before = shop.published()
    shop.run("2025-05-01", LATER)
    after = shop.published()
    added = [row for row in after["agg_kpi_dashboard"] if row not in before["agg_kpi_dashboard"]]
    assert sorted((str(row["as_of_date"]), str(row["kpi_id"]), row["mtd_value"]) for row in added) == [
        ("2025-05-01", "1", 30),
        ("2025-05-01", "2", 2),
        ("2025-05-01", "3", 15),
    ]
    kept = [row for row in after["agg_kpi_dashboard"] if row not in added]
    assert {**after, "agg_kpi_dashboard": kept} == before


def test_the_trend_of_an_earlier_date_knows_nothing_of_later_rows(shop: Shop) -> None:
    """The source covers the days to its last row; on 4 May that is the one of 3 May."""
    shop.write({"kpis/kpis.yml": KPIS.replace("time: ordered_on", "time: ordered_on, covers_to: last_row")})
    shop.load([*ROWS, (4, "2025-05-06", "1")])
    shop.run("2025-05-06")
    shop.run("2025-05-04", LATER)
    payload = dashboard(shop.published(), "payload")["04", 1]
    trend = (json.loads(payload) if isinstance(payload, str) else payload)["trend"]  # type: ignore[index]  # is JSON
    values = {point["date"]: point["value"] for point in trend}
    assert len(values) == 28
    assert [values[f"2025-05-0{day}"] for day in (1, 2, 3, 4)] == [30, 0, 5.5, None]


def test_a_late_row_changes_facts_and_todays_dashboard_but_not_what_was_reported(shop: Shop) -> None:
    shop.run("2025-05-02")
    shop.run("2025-05-03")
    shop.load([*ROWS, (4, "2025-05-02", "100")])
    shop.run("2025-05-03", LATER)
    after = shop.published()
    assert facts(after)["02", 1] == 100
    assert facts(after)["02", 3] == 100
    assert dashboard(after) == {
        ("02", 1): 30,
        ("02", 2): 2,
        ("02", 3): 15,
        ("03", 1): Decimal("135.5"),
        ("03", 2): 4,
        ("03", 3): Decimal("33.875"),
    }
    assert dashboard(after, "refreshed_at")["02", 1] == FIRST


def test_many_runs_come_to_what_one_run_over_the_last_rows_does(shop: Shop) -> None:
    shop.run("2025-05-02")
    shop.load([*ROWS, (4, "2025-04-30", "7"), (5, "2025-05-03", "1")])
    shop.run("2025-05-04")
    shop.run("2025-05-01")
    shop.load([(1, "2025-05-01", "10"), (2, "2025-05-02", "21"), (3, "2025-05-03", "5.5")])
    shop.run("2025-05-04")
    stepwise = shop.published()
    files = {
        "kpictl.yml": f"{KPICTL}schemas: {{raw: raw, models: anew_marts, kpi: anew}}\n",
        "kpis/kpis.yml": KPIS.replace("marts.", "anew_marts."),
    }
    shop.write(files)
    shop.run("2025-05-04")
    anew = shop.published("anew")
    for name in ("fact_kpi_daily", "dim_date", "dim_entity"):
        assert stepwise[name] == anew[name]
    last = [row for row in stepwise["agg_kpi_dashboard"] if row["as_of_date"] == date(2025, 5, 4)]
    assert last == anew["agg_kpi_dashboard"]
    assert facts(anew)["02", 1] == 21
    assert dashboard(anew)["04", 1] == Decimal("36.5")


# Changes of the catalog


def test_a_kpi_that_is_switched_off_keeps_its_facts_and_leaves_the_dashboard(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/kpis.yml": KPIS.replace("measure: count(*)", "measure: count(*), is_active: false")})
    shop.run("2025-05-04")
    off = shop.published()
    assert {day for day, kpi_id in facts(off) if kpi_id == 2} == {"01", "02", "03"}
    assert {day for day, kpi_id in facts(off) if kpi_id == 1} == {"01", "02", "03", "04"}
    assert {kpi_id for day, kpi_id in dashboard(off) if day == "04"} == {1, 3}
    assert [row["is_active"] for row in off["dim_kpi"] if row["kpi_id"] == 2] == [False]
    shop.write({})
    shop.run("2025-05-04")
    assert facts(shop.published())["04", 2] == 0
    assert ("04", 2) in dashboard(shop.published())


def test_the_facts_of_a_removed_kpi_go(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/kpis.yml": KPIS.replace(AVERAGE, "")})
    shop.run("2025-05-04")
    after = shop.published()
    assert {kpi_id for _, kpi_id in facts(after)} == {1, 2}
    assert {row["kpi_id"] for row in after["dim_kpi"]} == {1, 2}
    # As reported: what the dashboard said of it on the day before stays.
    assert dashboard(after)["03", 3] == Decimal("11.8333333333")
    assert ("04", 3) not in dashboard(after)


def test_a_new_window_adds_columns_and_a_removed_one_leaves_them(shop: Shop) -> None:
    shop.run("2025-05-02")
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", "[mtd, last2]")})
    shop.run("2025-05-03")
    more = shop.published()
    assert [dashboard(more, "last2_value")[day, 1] for day in ("02", "03")] == [None, Decimal("5.5")]
    assert [dashboard(more, "last2_status")[day, 1] for day in ("02", "03")] == [None, "ok"]
    assert dashboard(more)["02", 1] == 30
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", "[last2]")})
    shop.run("2025-05-04")
    fewer = shop.published()
    assert dashboard(fewer)["03", 1] == Decimal("35.5")
    assert dashboard(fewer)["04", 1] is None
    assert dashboard(fewer, "last2_value")["04", 1] == Decimal("5.5")


def test_a_changed_view_is_replaced_with_those_above_it(shop: Shop) -> None:
    stage = "select order_id, ordered_on, amount from raw.orders\n"
    above = "select order_id, ordered_on, amount from stg_order\n"
    shop.write({"kpis/models/stg_order.sql": stage, "kpis/models/fct_order.sql": above})
    shop.run("2025-05-03")
    shop.write(
        {
            "kpis/models/stg_order.sql": "select order_id, ordered_on, amount * 2 as doubled from raw.orders\n",
            "kpis/models/fct_order.sql": "select order_id, ordered_on, doubled as amount from stg_order\n",
        }
    )
    shop.run("2025-05-03")
    assert dashboard(shop.published())["03", 1] == 71
    with shop.working() as engine:
        assert engine.fetch("select sum(amount) from marts.fct_order") == [(71,)]


def test_a_model_may_become_a_table_and_a_view_again(shop: Shop) -> None:
    for head in ("", "-- materialize: table\n", ""):
        shop.write({"kpis/models/fct_order.sql": head + MODEL})
        shop.load(ROWS)
        shop.run("2025-05-03")
        shop.load([*ROWS, (4, "2025-05-03", "1")])
        shop.run("2025-05-03")
        assert dashboard(shop.published())["03", 1] == Decimal("36.5")


def test_the_view_of_a_dropped_model_disappears(shop: Shop) -> None:
    # The first in the alphabet is what the others read; `fct_order` changes while a view above it goes.
    extra: dict[str, str | None] = {
        "kpis/models/a_stage.sql": "select order_id from raw.orders\n",
        "kpis/models/b_mart.sql": "select order_id from a_stage\n",
        "kpis/models/c_above.sql": "select order_id from fct_order\n",
    }
    shop.write(extra)
    shop.run("2025-05-03")
    assert {"marts.a_stage", "marts.b_mart", "marts.c_above"} <= shop.names()
    shop.write({"kpis/models/fct_order.sql": MODEL.replace("amount from", "amount * 3 as amount from")})
    shop.run("2025-05-03")
    assert {name for name in shop.names() if name.startswith("marts.")} == {
        "marts.fct_order",
        "marts.agg_daily_orders",
    }
    assert dashboard(shop.published())["03", 1] == Decimal("106.5")


# What stops a run, and what it warns about

EXPECT = "time: ordered_on, expect: [{that: amount > 0, severity: error, message: an order of nothing}]"


def test_an_expectation_of_severity_error_stops_the_publishing(shop: Shop) -> None:
    shop.write({"kpis/kpis.yml": KPIS.replace("time: ordered_on", EXPECT)})
    shop.run("2025-05-02")
    before, held = shop.published(), shop.held()
    shop.load([*ROWS, (4, "2025-05-02", "0"), (5, "2025-05-03", "-1")])
    with pytest.raises(CheckError, match="an order of nothing: 2 rows"):
        shop.run("2025-05-03", LATER)
    assert shop.published() == before
    assert shop.held() == held
    shop.load(ROWS)
    shop.run("2025-05-03", LATER)
    assert dashboard(shop.published())["03", 1] == Decimal("35.5")


LOOKUP = """\
sources:
  - {code: visits, relation: marts.visits, time: visited_on}
formats:
  - {code: number, kind: number}
kpis:
  - {id: 1, code: minutes, name: Minutes, format: number, source: visits, measure: sum(minutes)}
"""


def test_a_lookup_takes_the_types_that_its_values_have_now(shop: Shop) -> None:
    files = {"kpis/kpis.yml": LOOKUP, "kpis/models/fct_order.sql": "select * from visits\n"}
    for minutes, total in (("45", "45"), ("45.5", "45.5"), ("7", "7")):
        shop.write({**files, "kpis/lookups/visits.csv": f"visited_on,minutes\n2025-05-01,{minutes}\n"})
        shop.run("2025-05-01")
        assert dashboard(shop.published())["01", 1] == Decimal(total)


def test_a_lookup_may_become_a_model_and_a_lookup_again(shop: Shop) -> None:
    shop.load([("2025-05-01", 8)], "visited_on:date minutes:bigint", "visits")
    lookup = {"kpis/lookups/visits.csv": "visited_on,minutes\n2025-05-01,7\n"}
    model = {"kpis/models/visits.sql": "select * from raw.visits\n"}
    for files, total in ((lookup, 7), (model, 8), (lookup, 7)):
        shop.write({"kpis/kpis.yml": LOOKUP, "kpis/models/fct_order.sql": None, **files})
        shop.run("2025-05-01")
        assert dashboard(shop.published())["01", 1] == total


def test_views_are_dropped_before_what_they_read_however_often_the_models_change(shop: Shop) -> None:
    model = "select order_id, ordered_on, amount from raw.orders\n"
    crowd = {f"kpis/models/a{number}.sql": model for number in range(8)}
    shop.write({**crowd, "kpis/models/base.sql": model})
    shop.run("2025-05-01")
    above = {"kpis/models/top.sql": "select order_id from base\n"}
    shop.write({"kpis/models/base.sql": model, **above})
    shop.run("2025-05-01")
    shop.write({"kpis/models/base.sql": model.replace("order_id,", "order_id, 1 as extra,"), **above})
    shop.run("2025-05-01")
    shop.write({})
    shop.run("2025-05-01")


def test_a_time_that_a_model_passes_on_as_text_is_refused(shop: Shop) -> None:
    shop.load([(1, "2025-05-01T01:00:00+05:00", "10")], "order_id:bigint ordered_on:text amount:decimal")
    with pytest.raises(CatalogError) as error:
        shop.run("2025-05-01")
    (found,) = error.value.diagnostics
    assert (found.code, found.at.path.name) == ("KPI404", "kpis.yml")
    assert "is of type text, which is no time" in found.message


def test_only_rows_that_a_measure_takes_may_stop_it(shop: Shop) -> None:
    shop.write({"kpis/kpis.yml": KPIS.replace("measure: sum(amount)}", "measure: sum(amount), where: order_id < 9}")})
    shop.load([*ROWS, (9, "2025-05-01", "100000000000000000000")])
    shop.run("2025-05-03")
    assert dashboard(shop.published())["03", 1] == Decimal("35.5")


def test_a_project_without_a_kpi_to_publish_says_so(shop: Shop) -> None:
    shop.write({"kpis/kpis.yml": KPIS.replace("{id: ", "{is_active: false, id: ")})
    with pytest.raises(CatalogError) as error:
        shop.run("2025-05-03")
    assert [found.code for found in error.value.diagnostics] == ["KPI212"]


def test_a_key_that_is_not_unique_stops_the_publishing(shop: Shop) -> None:
    shop.write({"kpis/kpis.yml": KPIS.replace("time: ordered_on", "time: ordered_on, key: order_id")})
    shop.load([*ROWS, (None, "2025-05-01", "1"), (None, "2025-05-01", "1")])
    shop.run("2025-05-03")
    before = shop.published()
    shop.load([*ROWS, (2, "2025-05-01", "20"), (3, "2025-05-03", "5.5"), (2, "2025-05-02", "20")])
    with pytest.raises(CheckError, match=r"source orders: order_id is not unique: 2 \(3 rows\), 3 \(2 rows\)"):
        shop.run("2025-05-03")
    assert shop.published() == before


@pytest.mark.parametrize("kind", ["decimal", "double"])
@pytest.mark.parametrize("value", ["100000000000000000", "-100000000000000000"])
def test_a_row_value_of_ten_to_the_17_stops_it_and_is_named(shop: Shop, kind: str, value: str) -> None:
    columns = COLUMNS.replace("amount:decimal", f"amount:{kind}")
    shop.load(ROWS, columns)
    shop.run("2025-05-01")
    before, held = shop.published(), shop.held()
    shop.load([*ROWS, (4, "2025-05-03", value), (5, "2025-05-02", value)], columns)
    with pytest.raises(CheckError) as error:
        shop.run("2025-05-03")
    for named in ("orders", "amount", "2025-05-02"):
        assert named in str(error.value)
    assert shop.published() == before
    assert shop.held() == held


def test_the_greatest_row_values_are_summed_exactly(shop: Shop) -> None:
    shop.load([(1, "2025-05-01", "99999999999999984.5"), (2, "2025-05-01", "99999999999999983.25")])
    shop.run("2025-05-01")
    assert dashboard(shop.published())["01", 1] == Decimal("199999999999999967.75")


def test_values_that_are_no_numbers_count_as_null_with_a_warning(shop: Shop) -> None:
    rows = [*ROWS, (4, "2025-05-02", "NaN"), (5, "2025-05-02", "Infinity"), (6, "2025-05-02", "-Infinity")]
    shop.load(rows, COLUMNS.replace("amount:decimal", "amount:double"))
    (warning,) = warnings([*shop.run("2025-05-03")])
    assert re.search(r"source orders: 3 rows .*amount.* no number", warning)
    contents = shop.published()
    assert facts(contents)["02", 1] == 0
    assert facts(contents)["02", 2] == 3
    assert dashboard(contents)["03", 1] == Decimal("35.5")


def test_rows_without_a_time_are_counted_in_a_warning(shop: Shop) -> None:
    shop.load([*ROWS, (4, None, "100"), (5, None, "200")])
    (warning,) = warnings([*shop.run("2025-05-03")])
    assert re.search(r"source orders: 2 rows have no ordered_on", warning)
    assert dashboard(shop.published())["03", 1] == Decimal("35.5")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("kpis/kpis.yml", KPIS.replace("marts.fct_order", "raw.nothing"), "KPI401"),
        ("kpis/kpis.yml", KPIS.replace("marts.fct_order", "raw.orders").replace("ordered_on", "sold_on"), "KPI403"),
        ("kpis/kpis.yml", KPIS.replace("marts.fct_order", "raw.orders").replace("sum(amount", "sum(price"), "KPI403"),
        ("kpis/models/fct_order.sql", MODEL.replace("raw.orders", "raw.nothing"), "KPI402"),
        ("kpis/models/fct_order.sql", MODEL.replace("amount", "price as amount"), "KPI405"),
    ],
)
def test_what_the_database_lacks_is_told_before_anything_is_written(
    shop: Shop, name: str, content: str, code: str
) -> None:
    names, schemas = shop.names(), shop.schemas()
    shop.write({name: content})
    with pytest.raises(CatalogError) as error:
        shop.run("2025-05-03")
    assert code in {diagnostic.code for diagnostic in error.value.diagnostics}
    assert shop.names() == names == {"raw.orders"}
    assert shop.schemas() == schemas
    assert not list(shop.folder.glob("*.published.*"))


@pytest.mark.parametrize("head", ["", "-- materialize: table\n"])
def test_a_model_that_fails_leaves_what_was_published(shop: Shop, head: str) -> None:
    columns = f"{COLUMNS} note:text"
    shop.load([(*row, "1") for row in ROWS], columns)
    model = f"{head}select order_id, ordered_on, cast(note as bigint) as amount from raw.orders\n"
    shop.write({"kpis/models/fct_order.sql": model})
    shop.run("2025-05-01")
    before, held = shop.published(), shop.held()
    assert dashboard(before)["01", 1] == 2
    shop.load([(*row, "one") for row in ROWS], columns)
    with pytest.raises(WorldError, match="the database refused"):
        shop.run("2025-05-03")
    assert shop.published() == before
    assert shop.held() == held
    shop.load([(*row, "2") for row in ROWS], columns)
    shop.run("2025-05-03")
    assert dashboard(shop.published())["03", 1] == 6


def test_an_as_of_date_outside_the_calendar_is_refused(shop: Shop) -> None:
    with pytest.raises(WorldError, match="2026-01-01 lies outside the calendar"):
        shop.run("2026-01-01")
    assert shop.names() == {"raw.orders"}


# How far a feed goes


def test_a_source_ends_on_the_business_day_of_its_last_sync(shop: Shop) -> None:
    state = state_table("raw")
    synced_at = datetime(2025, 5, 3, 6, 0, tzinfo=UTC)  # 23:00 on 2 May in California
    with shop.working() as engine:
        engine.create(state)
        engine.load(state.name, state.columns, [("tills", "order", "orders", synced_at, 3)])
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", "[mtd, last2]")})
    shop.run("2025-05-04")
    contents = shop.published()
    assert {day for day, _ in facts(contents)} == {"01", "02"}
    assert dashboard(contents)["04", 1] == 30
    assert dashboard(contents, "mtd_status")["04", 1] == "partial"
    assert dashboard(contents, "last2_value")["04", 1] is None
    assert dashboard(contents, "last2_status")["04", 1] == "no_data"
    shop.change("update raw.kpictl_sync set finished_at = timestamp with time zone '2025-05-04 20:00:00+00'")
    shop.run("2025-05-04")
    contents = shop.published()
    assert {day for day, _ in facts(contents)} == {"01", "02", "03", "04"}
    assert dashboard(contents, "last2_value")["04", 1] == Decimal("5.5")
    assert dashboard(contents, "mtd_status")["04", 1] == "ok"
