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
    Step,
    all_of,
    case,
    col,
    least,
    lit,
    max_of,
    min_of,
    named,
    select,
    table,
    with_steps,
)

COVERAGE = TableName(None, "coverage")
COVERAGE_KEY = ("as_of_date", "entity_id")
FIRST_DAY = "$first_day"
"""The first day that any source covers."""


def first_day(source: Source) -> str:
    """The column with a source's first covered day; NULL where it covers none."""
    return f"{source.code}$first_day"


def last_day(source: Source) -> str:
    """The column with a source's last covered day."""
    return f"{source.code}$last_day"


def data_through(source: Source) -> str:
    """The column with the last day on which a source has a row."""
    return f"{source.code}$data_through"


def coverage(plan: Plan) -> Relation:
    """A row for each as-of date and entity, with three days of each source."""
    dates = exp.Union(
        this=select([col("as_of_date")]).from_(table(RUN_DATE), copy=False),
        expression=select([col("last_day")]).from_(table(RUN_FACTS), copy=False),
        distinct=True,
    )
    steps = [Step("at", dates, "the dates at which coverage is asked for")]
    firsts = [col(first_day(source)) for source in plan.sources]
    columns: list[exp.Expr] = [col("as_of_date", "at"), named(lit(ALL_ENTITY), "entity_id")]
    columns.append(named(least(list(firsts)), FIRST_DAY))
    query = select([]).from_(table(TableName(None, "at")), copy=False)
    described = [Column("as_of_date", "date"), Column("entity_id", "bigint"), Column(FIRST_DAY, "date")]
    for source in plan.sources:
        name = f"days_of_{source.code}"
        steps.append(Step(name, _of(plan, source), f"the days of {source.code}"))
        same = exp.EQ(this=col("as_of_date", name), expression=col("as_of_date", "at"))
        query = query.join(table(TableName(None, name)), on=same, copy=False)
        for column in (first_day(source), last_day(source), data_through(source)):
            columns.append(col(column))
            described.append(Column(column, "date"))
    query.set("expressions", columns)
    comment = "the days for which each source can know anything, at each as-of date"
    return computed(COVERAGE, "work", comment, described, COVERAGE_KEY, with_steps(query, steps))


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
        named(_not_before(project.calendar.start, covers_from, first_row), first_day(source)),
        named(_not_after(ends, max_of(col("last_day", "s"))), last_day(source)),
        named(last_row, data_through(source)),
    ]
    of_source = exp.EQ(this=col("source_code", "s"), expression=lit(source.code))
    return (
        select(columns)
        .from_(table(TableName(None, "at")), copy=False)
        .join(table(component_name(source), "c"), on=all_of([has_rows, seen]), join_type="left", copy=False)
        .join(table(RUN_SYNC, "s"), on=of_source, join_type="left", copy=False)
        .group_by(col("as_of_date", "at"), copy=False)
    )


def _not_before(start: date, covers_from: date | None, first_row: exp.Expr) -> exp.Expr:
    """The first covered day, never before the calendar starts; NULL without `covers_from` and without a row."""
    if covers_from is not None:
        return lit(max(covers_from, start))
    early = exp.LT(this=first_row.copy(), expression=lit(start))
    return case((early, lit(start)), default=first_row)


def _not_after(day: exp.Expr, end: exp.Expr) -> exp.Expr:
    """The earlier of the two; no end is no limit."""
    return case((exp.GT(this=day.copy(), expression=end.copy()), end), default=day)
