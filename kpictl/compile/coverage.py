"""Coverage: the days for which a source can know anything, at each as-of date."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.components import ALL_ENTITY, ROWS, component_name
from kpictl.compile.inputs import RUN_DATE, RUN_FACTS, RUN_SYNC
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    all_of,
    case,
    col,
    lit,
    max_of,
    min_of,
    named,
    select,
    table,
    union_all,
    with_cte,
)

COVERAGE = TableName(None, "coverage")


def coverage(plan: Plan) -> Relation:
    """A row for each as-of date, source and entity: its covered days (NULLs: none) and the last day with a row."""
    columns = (
        Column("as_of_date", "date"),
        Column("source_code", "text"),
        Column("entity_id", "bigint"),
        Column("first_day", "date"),
        Column("last_day", "date"),
        Column("data_through", "date"),
    )
    dates = exp.Union(
        this=select([col("as_of_date")]).from_(table(RUN_DATE), copy=False),
        expression=select([col("last_day")]).from_(table(RUN_FACTS), copy=False),
        distinct=True,
    )
    query = union_all([_of(plan, source) for source in plan.sources])
    query = with_cte(query, "at", dates, "the dates at which coverage is asked for")
    comment = "the days for which each source can know anything, at each as-of date"
    return computed(COVERAGE, "work", comment, columns, ("as_of_date", "source_code", "entity_id"), query)


def _of(plan: Plan, source: Source) -> exp.Select:
    project = plan.catalog.project
    covers_from = source.covers_from or project.covers_from
    has_rows = exp.GT(this=col(ROWS, "c"), expression=lit(0))
    seen = exp.LTE(this=col("date_key", "c"), expression=col("as_of_date", "at"))
    first_row = min_of(col("date_key", "c"))
    last_row = max_of(col("date_key", "c"))
    ends = last_row.copy() if source.covers_to == "last_row" else col("as_of_date", "at")
    columns = [
        col("as_of_date", "at"),
        named(lit(source.code), "source_code"),
        named(lit(ALL_ENTITY), "entity_id"),
        named(_first_day(covers_from, first_row, project.calendar.start), "first_day"),
        named(_not_after(ends, max_of(col("last_day", "s"))), "last_day"),
        named(last_row, "data_through"),
    ]
    of_source = exp.EQ(this=col("source_code", "s"), expression=lit(source.code))
    return (
        select(columns)
        .from_(table(TableName(None, "at")), copy=False)
        .join(table(component_name(source), "c"), on=all_of([has_rows, seen]), join_type="left", copy=False)
        .join(table(RUN_SYNC, "s"), on=of_source, join_type="left", copy=False)
        .group_by(col("as_of_date", "at"), copy=False)
    )


def _first_day(covers_from: date | None, first_row: exp.Expr, start: date) -> exp.Expr:
    """Never before the calendar starts; NULL without `covers_from` and without a row."""
    if covers_from is not None:
        return lit(max(covers_from, start))
    early = exp.LT(this=first_row.copy(), expression=lit(start))
    return case((early, lit(start)), default=first_row)


def _not_after(day: exp.Expr, end: exp.Expr) -> exp.Expr:
    """The earlier of the two; no end is no limit."""
    return case((exp.GT(this=day.copy(), expression=end.copy()), end), default=day)
