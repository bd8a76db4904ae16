"""The flat views for BI tools: made when asked for, kept by every run, described, and gone when dropped."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.catalog import TableName
from kpictl.check.taken import FLAT
from kpictl.compile import SQL_VIEWS, compile, flat_views  # noqa: A004 -- the field's own word for it
from kpictl.diagnostics import CatalogError, WorldError
from kpictl.engine import open_engine, open_published
from kpictl.pipeline.own import restatement_table
from kpictl.pipeline.sql_views import drop_views, publish_views
from tests.pipeline.conftest import opened
from tests.pipeline.shop import KPICTL, KPIS, ROWS, Shop

VIEWS = {"kpi_dashboard", "kpi_daily", "kpi_period"}
DASHBOARD = """
    select kpi_code, entity_name, window_name, first_day, last_day, value, status
    from kpi.kpi_dashboard where as_of_date = date '2025-05-03' order by window_order, kpi_id
"""
MTD = ("All", "mtd", date(2025, 5, 1), date(2025, 5, 3))


def change(shop: Shop, how: str = "publish") -> list[str]:
    engine = open_engine(shop.url, shop.folder)
    try:
        made = (publish_views if how == "publish" else drop_views)(shop.catalog(), engine)
        return [view.name.name for view in made]
    finally:
        engine.close()


def fetch(shop: Shop, sql: str) -> list[tuple[object, ...]]:
    """What readers see."""
    engine = open_published(shop.url, shop.folder)
    try:
        with engine.transaction():
            return engine.fetch(sql)
    finally:
        engine.close()


def views(shop: Shop) -> set[str]:
    engine = open_published(shop.url, shop.folder)
    try:
        with engine.transaction():
            return {name.name for name in engine.tables() if name.schema == "kpi"} & VIEWS
    finally:
        engine.close()


def comments(shop: Shop, relation: str) -> dict[str | None, str]:
    """What readers are told of a relation and, by name, of its columns."""
    if shop.url.startswith("duckdb"):
        sql = f"""
            select null, comment from duckdb_views() where view_name = '{relation}'
            union all select null, comment from duckdb_tables() where table_name = '{relation}'
            union all select column_name, comment from duckdb_columns() where table_name = '{relation}'
        """
    else:
        sql = f"""
            select null, obj_description('kpi.{relation}'::regclass) union all
            select attname, col_description(attrelid, attnum) from pg_attribute
            where attrelid = 'kpi.{relation}'::regclass and attnum > 0
        """
    return {None if name is None else str(name): str(comment) for name, comment in fetch(shop, sql) if comment}


def test_the_names_are_taken(tmp_path: Path) -> None:
    assert set(FLAT) == set(SQL_VIEWS.values()) == VIEWS
    shop = Shop("", tmp_path)
    shop.write({"kpictl.yml": KPICTL + "schemas: {models: kpi}\n", "kpis/models/kpi_daily.sql": "select 1 as one\n"})
    with pytest.raises(CatalogError) as raised:
        shop.catalog()
    assert "KPI117" in {each.code for each in raised.value.diagnostics}


def test_views_are_made_and_described(shop: Shop) -> None:
    shop.run("2025-05-03")
    assert views(shop) == set()
    assert set(change(shop)) == VIEWS
    assert views(shop) == VIEWS
    # 10 + 20 on the 1st and 5.5 on the 3rd; three orders.
    assert fetch(shop, DASHBOARD) == [
        ("revenue", *MTD, Decimal("35.5"), "ok"),
        ("orders", *MTD, Decimal(3), "ok"),
        ("average", *MTD, Decimal("11.8333333333"), "ok"),
    ]
    daily = "select kpi_name, date_key, value, prior_date, prior, month_name from kpi.kpi_daily"
    assert fetch(shop, f"{daily} where kpi_code = 'revenue' order by date_key") == [
        ("Revenue", date(2025, 5, day), Decimal(value), date(2024, 5, day), None, "May")
        for day, value in ((1, "30"), (2, "0"), (3, "5.5"))
    ]
    period = "select period_start, through, value, in_progress from kpi.kpi_period"
    assert fetch(shop, f"{period} where kpi_code = 'orders' and period = 'month'") == [
        (date(2025, 5, 1), date(2025, 5, 3), Decimal(3), True)
    ]
    with shop.working() as engine:
        tables = engine.tables()
    for view in flat_views("kpi", ["mtd"]):
        types = {column.name: column.type for column in view.columns}
        assert tables[view.name] == types
        told = comments(shop, view.name.name)
        assert told.keys() - {None} == types.keys()
        assert told[None] == view.comment
    assert comments(shop, "fact_kpi_daily")[None] == "the value of every KPI on every covered business day"
    assert comments(shop, "agg_kpi_dashboard")["mtd_prior"] == "the value over mtd one year earlier"


def test_every_published_column_says_what_it_is(shop: Shop) -> None:
    shop.run("2025-05-03")
    change(shop)
    published = {each.name.name: each for each in compile(shop.catalog()) if each.name.schema == "kpi"}
    assert set(published) > {"dim_date", "dim_kpi", "dim_entity", "fact_kpi_daily", "agg_kpi_dashboard"}
    for name, relation in published.items():
        told = comments(shop, name)
        assert told.pop(None) == relation.comment
        assert told.keys() == {column.name for column in relation.columns}, name
        assert all(told.values())
    restated = restatement_table(shop.catalog())
    assert comments(shop, "kpi_restatement").keys() == {None, *(column.name for column in restated.columns)}


def test_a_window_and_a_kpi_that_are_added_come_into_the_views(shop: Shop) -> None:
    shop.run("2025-05-03")
    change(shop)
    shop.run("2025-05-03")
    assert views(shop) == VIEWS
    # They are no part of what is computed.
    recomputed = "select recomputed from kpi.kpictl_run order by run_id desc limit 1"
    assert fetch(shop, recomputed) == [("no day has changed",)]
    added = "  - {id: 4, code: largest, name: Largest, format: number, source: orders, measure: max(amount)}\n"
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", "[mtd, last7]"), "kpis/kpis.yml": KPIS + added})
    # The window is in the files and not yet in the tables.
    change(shop)
    shop.run("2025-05-05")
    latest = "select kpi_code, window_name, value from kpi.kpi_dashboard where as_of_date = date '2025-05-05'"
    assert (("largest", "last7", Decimal(20))) in fetch(shop, latest)
    # What was reported before there was the window has none.
    assert len(fetch(shop, DASHBOARD)) == 3
    assert comments(shop, "agg_kpi_dashboard")["last7_value"] == "the value over last7"
    assert comments(shop, "kpi_dashboard")["window_name"].endswith("mtd, last7")


def test_a_table_that_is_made_anew_takes_its_views_along(shop: Shop) -> None:
    shop.run("2025-05-03")
    change(shop)
    # As an older kpictl would have made it.
    with shop.working() as engine:
        for view in VIEWS:
            engine.drop(TableName("kpi", view), "VIEW")
        engine.execute("alter table kpi.dim_kpi drop column stored_as")
        engine.execute("create view kpi.kpi_daily as select * from kpi.dim_kpi")
    shop.run("2025-05-04")
    assert views(shop) == VIEWS
    assert len(fetch(shop, DASHBOARD)) == 3
    assert comments(shop, "dim_kpi")["stored_as"]


def test_nobody_is_asked_to_keep_what_was_dropped(shop: Shop) -> None:
    shop.run("2025-05-03")
    assert change(shop, "drop") == []
    change(shop)
    assert set(change(shop, "drop")) == VIEWS
    assert views(shop) == set()
    shop.run("2025-05-04")
    assert views(shop) == set()
    assert change(shop, "drop") == []


def test_a_view_of_somebody_elses_stays(shop: Shop) -> None:
    shop.run("2025-05-03")
    with shop.working() as engine:
        engine.execute("create view kpi.kpi_daily as select 1 as mine")
    with pytest.raises(WorldError, match=r"kpictl did not make kpi\.kpi_daily, and leaves it alone"):
        change(shop)
    shop.run("2025-05-04")
    with shop.working() as engine:
        assert engine.fetch("select mine from kpi.kpi_daily") == [(1,)]


def test_an_added_window_changes_nothing_for_those_who_read_the_views(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Grants stay, and so do views above them."""
    shop = opened(Shop(postgres_url, tmp_path_factory.mktemp("shop")))
    shop.run("2025-05-03")
    change(shop)
    shop.change("grant select on kpi.kpi_dashboard to public")
    shop.change("create view public.mine as select * from kpi.kpi_dashboard")
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", "[mtd, last7]")})
    shop.run("2025-05-04")
    granted = "select grantee from information_schema.role_table_grants where table_name = 'kpi_dashboard'"
    assert ("PUBLIC",) in fetch(shop, granted)
    assert set(fetch(shop, "select window_name from public.mine")) == {("mtd",), ("last7",)}


def test_what_stands_on_a_view_is_to_be_dropped_first(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop = opened(Shop(postgres_url, tmp_path_factory.mktemp("shop")))
    shop.run("2025-05-03")
    change(shop)
    shop.change("create view public.mine as select * from kpi.kpi_daily")
    with pytest.raises(WorldError, match=r"because other objects depend on it \(view mine depends on") as raised:
        change(shop, "drop")
    assert raised.value.help == "drop what stands on it first, and make that anew where it is needed"
    assert views(shop) == VIEWS


def test_sparse_facts_leave_zeros_out_and_the_prior_is_zero_all_the_same(shop: Shop) -> None:
    shop.write({"kpictl.yml": KPICTL + "facts: sparse\n"})
    shop.load([*ROWS, (4, "2024-05-02", "7"), (5, "2024-05-04", "8"), (6, "2025-05-05", "9")])
    shop.run("2025-05-05")
    change(shop)
    daily = "select date_key, value, prior from kpi.kpi_daily where date_key > date '2025-01-01' and kpi_code = "
    # Covered since 2 May 2024: of the 1st there is nothing to know, the 3rd was closed. The 2nd and 4th of 2025 are.
    assert fetch(shop, f"{daily} 'revenue' order by date_key") == [
        (date(2025, 5, 1), Decimal(30), None),
        (date(2025, 5, 3), Decimal("5.5"), Decimal(0)),
        (date(2025, 5, 5), Decimal(9), Decimal(0)),
    ]
    # An average of nothing is nothing.
    assert (date(2025, 5, 3), Decimal("5.5"), None) in fetch(shop, f"{daily} 'average' order by date_key")
