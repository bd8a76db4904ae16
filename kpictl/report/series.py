"""A KPI over time, from the published tables: day by day, and over whole weeks, months, quarters and years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlglot import exp

from kpictl.catalog import Catalog, TableName
from kpictl.compile import THINNED
from kpictl.compile.tree import all_of, between, case, cast, coalesce, col, lit, named, select, table
from kpictl.report.published import PublishedEntity, PublishedKpi, Reader, published_table

PeriodName = Literal["week", "month", "quarter", "year"]

_PERIOD = (
    "period_start",
    "period_end",
    "through",
    "value",
    "prior",
    "delta",
    "delta_pct",
    "status",
    "prior_status",
    "in_progress",
)


@dataclass(frozen=True, slots=True)
class Day:
    """A KPI on a day and on that a year before; None where there is no fact, or none with a value."""

    day: date
    value: Decimal | None
    prior_day: date
    prior: Decimal | None


@dataclass(frozen=True, slots=True)
class Period:
    """A KPI over a period against the same of a year before; while it is in progress, up to `through` in both."""

    first: date
    last: date
    through: date
    value: Decimal | None
    prior: Decimal | None
    delta: Decimal | None
    delta_pct: Decimal | None
    status: str
    prior_status: str
    in_progress: bool


def daily(
    reader: Reader, catalog: Catalog, kpi: PublishedKpi, entity: PublishedEntity, first: date, last: date
) -> tuple[Day, ...]:
    """Every day from the first to the last that the calendar has, oldest first, with a fact or without."""
    days = table(published_table(catalog, "dim_date"), "d")
    query = select([]).from_(days, copy=False)
    for alias, day in (("f", "date_key"), ("p", "prior_date")):
        facts = table(published_table(catalog, "fact_kpi_daily"), alias)
        query = query.join(facts, on=_at(alias, kpi, entity, day), join_type="left", copy=False)
    value: exp.Expr = col("value", "f")
    prior: exp.Expr = col("value", "p")
    if catalog.project.facts == "sparse" and kpi.is_active and kpi.kind in THINNED:
        known = table(published_table(catalog, "kpictl_coverage"), "c")
        query = query.join(known, on=_covering(kpi, entity), join_type="left", copy=False)
        value, prior = _or_zero(value, "date_key"), _or_zero(prior, "prior_date")
    query = query.select(col("date_key", "d"), named(value, "value"), copy=False)
    query = query.select(col("prior_date", "d"), named(prior, "prior"), copy=False)
    query = query.where(between(col("date_key", "d"), lit(first), lit(last)), copy=False)
    rows = reader.query(query.order_by(col("date_key", "d"), copy=False))
    return tuple(Day(*row) for row in rows)  # type: ignore[arg-type]  # the columns' types


def _at(alias: str, kpi: PublishedKpi, entity: PublishedEntity, day: str) -> exp.Expr:
    """A fact's key; its KPI and entity stand as literals, so that an engine can look it up."""
    return all_of(
        [
            exp.EQ(this=col("date_key", alias), expression=col(day, "d")),
            exp.EQ(this=col("kpi_id", alias), expression=lit(kpi.id)),
            exp.EQ(this=col("entity_id", alias), expression=lit(entity.id)),
        ]
    )


def _covering(kpi: PublishedKpi, entity: PublishedEntity) -> exp.Expr:
    """Which days the KPI's source covers."""
    wanted: dict[str, str | int] = {"source_code": kpi.source or "", "entity_id": entity.id}
    return all_of(exp.EQ(this=col(name, "c"), expression=lit(value)) for name, value in wanted.items())


def _or_zero(value: exp.Expr, day: str) -> exp.Expr:
    """A fact, or the zero of a covered day that sparse facts leave out."""
    is_covered = between(col(day, "d"), col("first_day", "c"), col("last_day", "c"))
    return coalesce(value, case((is_covered, cast(lit(0), "decimal"))))


def periods(
    reader: Reader,
    catalog: Catalog,
    kpi: PublishedKpi,
    entity: PublishedEntity,
    period: PeriodName,
    first: date | None = None,
    last: date | None = None,
) -> tuple[Period, ...]:
    """The periods that begin within the days given, oldest first."""
    wanted: dict[str, str | int] = {"period": period, "kpi_id": kpi.id, "entity_id": entity.id}
    conditions: list[exp.Expr] = [exp.EQ(this=col(name), expression=lit(value)) for name, value in wanted.items()]
    if first is not None:
        conditions.append(exp.GTE(this=col("period_start"), expression=lit(first)))
    if last is not None:
        conditions.append(exp.LTE(this=col("period_start"), expression=lit(last)))
    name: TableName = published_table(catalog, "agg_kpi_period")
    query = select([col(each) for each in _PERIOD]).from_(table(name), copy=False)
    rows = reader.query(query.where(all_of(conditions), copy=False).order_by(col("period_start"), copy=False))
    return tuple(Period(*row) for row in rows)  # type: ignore[arg-type]  # the columns' types
