"""Every number that the API tells is that of the tables, on each engine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpictl.engine import open_published
from tests.serve.served import BACKWARDS, HOSTILE_CODE, LONG, SCRIPT, Served

pytestmark = pytest.mark.xdist_group("web")

Row = dict[str, Any]

WINDOWS = ("mtd", "ytd", "last7")
PAGE = 4
GRAINS = ("week", "month", "quarter", "year")


def tables(served: Served) -> dict[str, list[Row]]:
    return served.shop.published()


def test_the_dashboard_is_the_table(served: Served) -> None:
    found = tables(served)
    kpis = {row["kpi_id"]: row for row in found["dim_kpi"]}
    entities = {row["entity_id"]: row["entity_code"] for row in found["dim_entity"]}
    stored = payloads(served)
    compared = 0
    for as_of in (date(2025, 3, 1), date(2025, 3, 2)):
        expected = [row for row in found["agg_kpi_dashboard"] if row["as_of_date"] == as_of]
        told = served.every("/api/dashboard", "rows", as_of=as_of, limit=PAGE)
        assert len(told) == len(expected) == 9  # three active KPIs of three entities
        by_key = {(each["payload"]["kpi"]["code"], each["payload"]["entity"]["code"]): each for each in told}
        for row in expected:
            kpi = kpis[row["kpi_id"]]
            one = by_key[kpi["kpi_code"], entities[row["entity_id"]]]
            assert one["category"] == (kpi["category"] or "")
            assert one["payload"] == stored[as_of, row["kpi_id"], row["entity_id"]]
            for window in WINDOWS:
                shown = one["payload"]["windows"][window]
                assert (shown["value"], shown["status"]) == (row[f"{window}_value"], row[f"{window}_status"])
                assert shown["prior"]["value"] == row[f"{window}_prior"]
                assert shown["prior"]["status"] == row[f"{window}_prior_status"]
                assert (shown["delta"], shown["delta_pct"]) == (row[f"{window}_delta"], row[f"{window}_delta_pct"])
                compared += 1
    assert compared == 2 * 9 * 3


def payloads(served: Served) -> dict[tuple[object, ...], Any]:
    """As texts: one of the drivers would read their numbers as doubles."""
    with closing(open_published(served.shop.url, served.shop.folder)) as engine, engine.transaction():
        query = "select as_of_date, kpi_id, entity_id, cast(payload as text) from kpi.agg_kpi_dashboard"
        rows = engine.fetch(query)
    return {tuple(key): json.loads(str(text), parse_float=Decimal, parse_int=Decimal) for *key, text in rows}


def test_the_days_of_a_series_are_the_facts(served: Served) -> None:
    found = tables(served)
    facts = {(row["kpi_id"], row["entity_id"], row["date_key"]): row["value"] for row in found["fact_kpi_daily"]}
    priors = {row["date_key"]: row["prior_date"] for row in found["dim_date"]}
    compared = 0
    for kpi, entity in pairs(found):
        told = served.every(
            f"/api/kpis/{kpi['kpi_code']}/series",
            "rows",
            **{"entity": entity["entity_code"], "from": "2024-02-01", "to": "2025-03-31"},
        )
        assert [each["date"] for each in told] == [str(date(2024, 2, 1) + timedelta(n)) for n in range(425)]
        for each in told:
            day = date.fromisoformat(each["date"])
            assert each["value"] == facts.get((kpi["kpi_id"], entity["entity_id"], day))
            assert each["prior_date"] == str(priors[day])
            assert each["prior"] == facts.get((kpi["kpi_id"], entity["entity_id"], priors[day]))
            compared += each["value"] is not None
    assert compared > 1_000


def test_the_periods_of_a_series_are_the_table(served: Served) -> None:
    found = tables(served)
    compared = 0
    for number, (kpi, entity) in enumerate(pairs(found)):
        # One grain of each, unless all are asked for: a call takes about 20 ms.
        for grain in GRAINS if "KPICTL_EVERYTHING" in os.environ else (GRAINS[number % 4],):
            keys = {"period": grain, "kpi_id": kpi["kpi_id"], "entity_id": entity["entity_id"]}
            expected = sorted(
                (row for row in found["agg_kpi_period"] if all(row[name] == value for name, value in keys.items())),
                key=lambda row: row["period_start"],
            )
            told = served.every(
                f"/api/kpis/{kpi['kpi_code']}/series", "rows", grain=grain, entity=entity["entity_code"]
            )
            assert told == [as_told(row) for row in expected]
            compared += len(told)
    assert compared > 100


def pairs(found: dict[str, list[Row]]) -> Iterator[tuple[Row, Row]]:
    for kpi in found["dim_kpi"]:
        for entity in found["dim_entity"]:
            yield kpi, entity


def as_told(row: Row) -> Row:
    names = {"from": "period_start", "to": "period_end", "through": "through"}
    same = ("value", "prior", "delta", "delta_pct", "status", "prior_status", "in_progress")
    return {**{name: str(row[column]) for name, column in names.items()}, **{name: row[name] for name in same}}


def test_kpis_and_entities_are_the_tables(served: Served) -> None:
    found = tables(served)
    told = {each["code"]: each for each in served.every("/api/kpis", "kpis", limit=1)}
    same = ("description", "category", "kind", "over_time", "owner", "sort_order", "is_active", "definition")
    assert {row["kpi_code"] for row in found["dim_kpi"]} == set(told)
    for row in found["dim_kpi"]:
        one = told[row["kpi_code"]]
        expected = {name: row[name] if row[name] is not None or name == "over_time" else "" for name in same}
        assert {name: one[name] for name in same} == expected
        assert (one["id"], one["name"]) == (row["kpi_id"], row["kpi_name"])
        assert (one["format"]["kind"], one["format"]["decimals"]) == (row["format_kind"], row["decimals"])
        assert served.get(f"/api/kpis/{row['kpi_code']}")["kpi"] == one
    entities = {each["id"]: each for each in served.every("/api/entities", "entities")}
    assert {(row["entity_id"], row["entity_code"], row["entity_name"]) for row in found["dim_entity"]} == {
        (each["id"], each["code"], each["name"]) for each in entities.values()
    }
    assert [entities[number]["parent"] for number in (0, 1, 2)] == [None, "ALL", "ALL"]


def test_the_runs_are_the_journal(served: Served) -> None:
    with served.shop.working() as engine:
        rows = engine.fetch("select run_id, status, facts_written, began_at from kpi.kpictl_run order by began_at desc")
    told = served.every("/api/runs", "runs", limit=1)
    assert [(each["run_id"], each["status"], each["facts_written"]) for each in told] == [row[:3] for row in rows]
    assert told[0]["began_at"][:10] == f"{rows[0][3]:%Y-%m-%d}"  # type: ignore[str-bytes-safe, unused-ignore]
    latest = served.get("/api/dashboard", limit=1)
    assert (latest["edition"], latest["as_of"]) == (rows[0][0], "2025-03-02")
    assert served.get("/healthz") == {"status": "ok", "edition": rows[0][0], "as_of": "2025-03-02"}
    assert served.get("/api/dates")["dates"] == ["2025-03-02", "2025-03-01"]


def test_hostile_names_and_large_numbers_arrive_as_they_are(served: Served) -> None:
    revenue = served.get("/api/kpis/revenue")["kpi"]
    assert (revenue["name"], revenue["category"], revenue["description"]) == (SCRIPT, SCRIPT, LONG)
    assert served.get("/api/kpis/orders")["kpi"]["name"] == BACKWARDS
    one, two, part = served.get("/api/dashboard", entity=HOSTILE_CODE)["rows"]
    assert [each["payload"]["kpi"]["code"] for each in (one, two, part)] == ["revenue", "orders", "part"]
    assert one["payload"]["entity"] == {"id": 1, "code": HOSTILE_CODE, "name": SCRIPT}
    assert one["payload"]["windows"]["ytd"]["value"] == Decimal("9999999999999999.0123456789")
    assert one["text"]["ytd"]["value"] == "€9,999,999,999,999,999.01"
    assert two["text"]["ytd"]["value"] == f"1 {SCRIPT}"
    south = served.get("/api/dashboard", entity="south")["rows"][0]
    # 5.5 against the ten billionth part of a euro on 1 March 2024.
    assert south["payload"]["windows"]["mtd"]["prior"]["value"] == Decimal("0.0000000001")
    assert (south["text"]["mtd"]["value"], south["text"]["mtd"]["prior"]) == ("€5.50", "€0.00")
    assert served.complaints == []
