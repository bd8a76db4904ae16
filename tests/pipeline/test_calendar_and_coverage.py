"""Runs at earlier as-of dates, with another calendar, and what the wide view says of sparse facts."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from kpictl.diagnostics import WorldError
from tests.pipeline.shop import KPICTL, KPIS, Shop


def test_the_calendar_cannot_end_before_what_is_published(shop: Shop) -> None:
    shop.run("2025-05-03")
    before = shop.published()
    shop.write({"kpictl.yml": KPICTL.replace("end: 2025-12-31", "end: 2025-05-01")})
    with pytest.raises(WorldError, match="2025-05-03 has been published, and the calendar ends before it") as caught:
        shop.run("2025-05-01")
    assert "from 2025-05-01 to 2025-05-03 or later" in str(caught.value.help)
    assert shop.published() == before


@pytest.mark.parametrize("dates", [("2025-05-01", "2025-05-10"), ("2025-05-10", "2025-05-01")])
def test_the_trend_knows_nothing_before_the_first_row_in_either_order(shop: Shop, dates: tuple[str, str]) -> None:
    source = "{code: orders, relation: marts.fct_order, time: ordered_on, covers_from: 2025-05-01, covers_to: last_row}"
    kpis = KPIS.replace("{code: orders, relation: marts.fct_order, time: ordered_on}", source)
    shop.write({"kpis/kpis.yml": kpis})
    shop.load([(1, "2025-05-03", "5"), (2, "2025-05-07", "7")])
    for as_of in dates:
        shop.run(as_of)
    trends = _trends(shop)
    assert {entry["value"] for entry in trends["2025-05-01"]} == {None}
    known = [entry["value"] for entry in trends["2025-05-10"] if str(entry["date"]) >= "2025-05-01"]
    assert known == [0, 0, 5, 0, 0, 0, 7, None, None, None]


def _trends(shop: Shop) -> dict[str, list[dict[str, object]]]:
    with shop.working() as engine:
        query = "select as_of_date, cast(payload as text) from kpi.agg_kpi_dashboard where kpi_id = 1"
        return {
            str(day): json.loads(str(payload), parse_float=Decimal)["trend"] for day, payload in engine.fetch(query)
        }


def test_the_wide_view_of_sparse_facts_says_zero(shop: Shop) -> None:
    other = (
        "  - {id: 4, code: large, name: Large, format: number, source: orders, measure: count(*), where: amount > 9}\n"
    )
    shop.write({"kpictl.yml": KPICTL + "facts: sparse\n", "kpis/kpis.yml": KPIS + other})
    shop.run("2025-05-03")
    with shop.working() as engine:
        query = "select date_key, revenue, orders, large from marts.agg_daily_orders order by date_key"
        found = [(str(day)[-2:], *values) for day, *values in engine.fetch(query)]
    assert found == [("01", 30, 2, 2), ("03", Decimal("5.5"), 1, 0)]


def test_sixty_windows_stand_in_one_payload(shop: Shop) -> None:
    names = [f"last{days}" for days in range(1, 61)]
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", f"[{', '.join(names)}]")})
    shop.run("2025-05-03")
    with shop.working() as engine:
        query = "select cast(payload as text), last60_value from kpi.agg_kpi_dashboard where kpi_id = 1"
        ((text, value),) = engine.fetch(query)
    windows = json.loads(str(text), parse_float=Decimal, parse_int=Decimal)["windows"]
    assert set(windows) == set(names)
    assert windows["last60"]["value"] == value == Decimal("35.5")


def test_since_inception_has_no_first_day_where_nothing_is_covered(shop: Shop) -> None:
    source = "{code: orders, relation: marts.fct_order, time: ordered_on, covers_from: 2025-05-01, covers_to: last_row}"
    kpis = KPIS.replace("{code: orders, relation: marts.fct_order, time: ordered_on}", source)
    shop.write({"kpis/kpis.yml": kpis, "kpictl.yml": KPICTL.replace("[mtd]", "[itd]")})
    ranges = []
    for rows in ([], [(1, "2025-05-03", "5")]):
        shop.load(rows)
        shop.run("2025-05-10")
        with shop.working() as engine:
            query = "select cast(payload as text) from kpi.agg_kpi_dashboard where kpi_id = 1"
            ((text,),) = engine.fetch(query)
        window = json.loads(str(text))["windows"]["itd"]
        ranges.append([window[key] for key in ("from", "to", "days", "value", "status")])
    assert ranges == [
        [None, "2025-05-10", None, None, "no_data"],
        ["2025-05-01", "2025-05-10", 10, 5, "partial"],
    ]
