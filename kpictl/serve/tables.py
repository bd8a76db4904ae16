"""Rows of the published dashboard, a page of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from kpictl.catalog import Catalog
from kpictl.compile.tree import cast, col, count_of, lit, named, select, table
from kpictl.report import PublishedEntity, Reader, published_table


@dataclass(frozen=True, slots=True)
class DashboardRow:
    """A row's payload as the database's own JSON text, and whose category it stands in."""

    payload: str
    category: str


def dashboard_rows(
    reader: Reader, catalog: Catalog, as_of: date, entity: PublishedEntity | None, limit: int, offset: int
) -> tuple[int, tuple[DashboardRow, ...]]:
    """How many rows an as-of date has, of one entity or of all, and some of them: by sort order and entity."""
    rows = select([]).from_(table(published_table(catalog, "agg_kpi_dashboard"), "d"), copy=False)
    same = exp.EQ(this=col("kpi_id", "k"), expression=col("kpi_id", "d"))
    rows = rows.join(table(published_table(catalog, "dim_kpi"), "k"), on=same, copy=False)
    rows = rows.where(exp.EQ(this=col("as_of_date", "d"), expression=lit(as_of)), copy=False)
    if entity is not None:
        rows = rows.where(exp.EQ(this=col("entity_id", "d"), expression=lit(entity.id)), copy=False)
    ((total,),) = reader.query(rows.select(count_of()))
    page = rows.select(named(cast(col("payload", "d"), "text"), "payload"), col("category", "k"))
    page = page.order_by(col("sort_order", "k"), col("kpi_id", "d"), col("entity_id", "d"), copy=False)
    found = reader.query(page.limit(limit, copy=False).offset(offset, copy=False))
    return int(str(total)), tuple(DashboardRow(str(payload), str(category or "")) for payload, category in found)
