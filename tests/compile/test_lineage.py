"""Where columns come from; the expected ways are read from the models by eye."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.catalog import TableName, load
from kpictl.compile.lineage import Lineage, Origin

ROOT = Path(__file__).parents[2]


def lineage(folder: Path) -> Lineage:
    catalog, diagnostics = load(folder)
    assert catalog is not None
    assert not diagnostics
    return Lineage(catalog)


@pytest.fixture(scope="module")
def winery() -> Lineage:
    return lineage(ROOT)


def way(origin: Origin, depth: int = 0) -> list[str]:
    """A column and all that it is made of, deeper ones indented."""
    field = f" {origin.field}" if origin.field else ""
    made = f" = {origin.expression}" if origin.expression else ""
    lines = [f"{'  ' * depth}{origin.kind} {origin.name}{field}{made}"]
    return [*lines, *(line for each in origin.inputs for line in way(each, depth + 1))]


def of(made: Lineage, name: str) -> list[str]:
    table, _, column = name.rpartition(".")
    return way(made.trace(TableName("marts", table), column))


def test_the_wine_revenue_is_made_of_cents_of_the_api(winery: Lineage) -> None:
    assert of(winery, "fct_order.net_sales") == [
        "model marts.fct_order.net_sales",
        "  model marts.stg_order.net_sales = sub_total * 0.01",
        "    raw raw.raw_order.sub_total",
    ]


def test_a_field_within_json_is_named(winery: Lineage) -> None:
    assert of(winery, "fct_event_order.event_kind") == [
        "model marts.fct_event_order.event_kind",
        "  model marts.fct_order.event_kind",
        "    model marts.stg_order.event_kind = meta_data ->> 'event-fee-or-wine'",
        "      raw raw.raw_order.meta_data ->> 'event-fee-or-wine'",
    ]


def test_an_exchange_has_the_channel_of_its_original(winery: Lineage) -> None:
    """The recursive steps pass the channel of one sale or another on: all of them are the raw order's."""
    assert of(winery, "fct_order.channel") == [
        "model marts.fct_order.channel = COALESCE(original.channel, sale.channel)",
        "  model marts.stg_order.channel",
        "    raw raw.raw_order.channel",
    ]


def test_a_lookup_is_an_end_as_a_raw_table_is(winery: Lineage) -> None:
    lines = of(winery, "fct_reservation.attribution")
    assert lines[1] == "  lookup marts.experience.attribution"
    assert [line.strip() for line in lines if " raw." in line] == [
        f"raw raw.raw_tock_reservation.{name}"
        for name in ("walkin_id", "experience_id", "experience_name", "confirmation_code")
    ]


def test_values_on_the_way_within_a_model(winery: Lineage) -> None:
    lines = of(winery, "fct_order_item.wine_ml")
    assert lines[0].startswith("model marts.fct_order_item.wine_ml = CASE WHEN item_type = 'Wine' THEN quantity *")
    assert lines[1:3] == ["  model marts.stg_order_item.item_type", "    raw raw.raw_order_item.type"]
    assert lines[3].startswith("  step line.quantity = CASE WHEN item.purchase_type = 'Refund' OR sale.purchase_type")
    # Whether the item or its order is a refund, then the quantity.
    assert [line.strip() for line in lines[4:11]] == [
        "model marts.stg_order_item.purchase_type",
        "raw raw.raw_order_item.purchase_type",
        "model marts.fct_order.purchase_type",
        "model marts.stg_order.purchase_type",
        "raw raw.raw_order.purchase_type",
        "model marts.stg_order_item.quantity",
        "raw raw.raw_order_item.quantity",
    ]


def test_what_a_run_publishes_is_an_end(winery: Lineage) -> None:
    assert [line.strip() for line in of(winery, "agg_daily_revenue.phone_revenue")][1:] == [
        "published nate_sandbox.fact_kpi_daily.kpi_id",
        "published nate_sandbox.fact_kpi_daily.value",
    ]


def project(tmp_path: Path, **models: str) -> Lineage:
    (tmp_path / "kpis/models").mkdir(parents=True)
    (tmp_path / "kpictl.yml").write_text("name: test\n")
    for name, sql in models.items():
        (tmp_path / f"kpis/models/{name}.sql").write_text(sql)
    return lineage(tmp_path)


def test_a_column_behind_a_star_over_one_table_is_that_tables(tmp_path: Path) -> None:
    made = project(tmp_path, a="select * from raw.t", b="select * from a", c="select x + 1 as y from b")
    assert of(made, "c.y") == [
        "model marts.c.y = x + 1",
        "  model marts.b.x",
        "    model marts.a.x",
        "      raw raw.t.x",
    ]


def test_a_star_over_tables_that_nobody_knows_hides_the_source(tmp_path: Path) -> None:
    made = project(tmp_path, a="select * from raw.t join raw.u on t.id = u.id")
    assert of(made, "a.x") == ["model marts.a.x", "  hidden x"]


def test_a_star_over_known_tables_hides_nothing(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        t="select id, x from raw.t",
        u="select id as other, y from raw.u",
        a="select * from t join u on t.id = u.other",
    )
    assert of(made, "a.y") == ["model marts.a.y", "  model marts.u.y", "    raw raw.u.y"]


def test_both_sides_of_a_union(tmp_path: Path) -> None:
    made = project(tmp_path, a="select x from raw.t union all select y * 2 from raw.u")
    lines = of(made, "a.x")
    assert lines[0] == "model marts.a.x"
    assert [line.strip() for line in lines if line.strip().startswith("raw")] == ["raw raw.t.x", "raw raw.u.y"]
    assert any("y * 2" in line for line in lines)


def test_a_count_of_rows_has_no_columns(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        a="select id, coalesce(n.rows, 0) as n from raw.t join (select count(*) as rows from raw.u) as n on true",
    )
    assert of(made, "a.n") == ["model marts.a.n = COALESCE(rows, 0)", "  step n.rows = COUNT(*)"]


def test_json_that_is_read_two_models_later(tmp_path: Path) -> None:
    made = project(tmp_path, a="select id, data from raw.t", b="select data ->> 'price' as price from a")
    assert of(made, "b.price") == [
        "model marts.b.price = data ->> 'price'",
        "  model marts.a.data ->> 'price'",
        "    raw raw.t.data ->> 'price'",
    ]


def test_a_subquery_within_an_expression(tmp_path: Path) -> None:
    made = project(
        tmp_path, a="select id, (select max(u.at) from raw.u as u where u.id = t.id) as last from raw.t as t"
    )
    assert "  raw raw.u.at" in of(made, "a.last")


def test_another_dialect_and_another_schema(tmp_path: Path) -> None:
    made = project(tmp_path, a="-- dialect: duckdb\nselect amount // 100 as whole from sales.orders")
    lines = of(made, "a.whole")
    assert lines[1] == "  table sales.orders.amount"
    assert "//" in lines[0]


def test_a_table_that_no_file_describes_is_an_end(winery: Lineage) -> None:
    assert of(winery, "made_elsewhere.amount") == ["table marts.made_elsewhere.amount"]


def test_each_column_of_each_model_of_the_winery_comes_to_an_end(winery: Lineage) -> None:
    for model in winery.catalog.models:
        for column in model.columns or ():
            lines = way(winery.trace(model.name, column))
            assert not any("hidden" in line for line in lines), lines
            assert any(
                line.strip().startswith(("raw ", "lookup ", "published ")) or "COUNT(*)" in line for line in lines
            )
