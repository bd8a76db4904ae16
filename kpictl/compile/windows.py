"""The value of every KPI over every window, current and prior, folded from the components of its days."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.coverage import COVERAGE, first_day, last_day
from kpictl.compile.daily import DAILY, component_columns
from kpictl.compile.evaluate import Rank, cells, rank_column
from kpictl.compile.inputs import RUN_WINDOW
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    any_of,
    between,
    case,
    col,
    is_null,
    least,
    lit,
    named,
    only_where,
    select,
    sum_of,
    table,
)

WINDOW_CELL = TableName(None, "window_cell")

WINDOW_KEY = ("as_of_date", "window_name", "side", "entity_id")


def window_cell(plan: Plan) -> Relation:
    """A row for each as-of date, window, side, entity and KPI: its value and how it stands."""
    steps = [
        Step("range", _ranges(plan), "each window, and how well the sources cover it"),
        Step("folded", _folded(plan), "the components of each window's days"),
    ]
    columns = (
        Column("as_of_date", "date"),
        Column("window_name", "text"),
        Column("side", "text"),
        Column("entity_id", "bigint"),
        Column("kpi_id", "bigint"),
        Column("value", "decimal"),
        Column("status_rank", "bigint"),
    )
    comment = "the value of every KPI over every window"
    query = cells(plan, steps, WINDOW_KEY)
    return computed(WINDOW_CELL, "work", comment, columns, (*WINDOW_KEY, "kpi_id"), query)


def _ranges(plan: Plan) -> exp.Select:
    columns: list[exp.Expr] = [col(name, "w") for name in ("as_of_date", "window_name", "side")]
    columns += [col("entity_id", "v"), col("first_day", "w"), col("last_day", "w")]
    for source in plan.sources:
        columns.append(named(_rank(plan, source), rank_column(source.code)))
        if source.time is None:
            columns.append(named(least([col("last_day", "w"), col(last_day(source), "v")]), last_day(source)))
    same = exp.EQ(this=col("as_of_date", "v"), expression=col("as_of_date", "w"))
    return select(columns).from_(table(RUN_WINDOW, "w"), copy=False).join(table(COVERAGE, "v"), on=same, copy=False)


def _folded(plan: Plan) -> exp.Select:
    """Sums over the days of the window; what is valid is taken on the window's last covered day."""
    keys = [col(name, "r") for name in WINDOW_KEY]
    keys += [col(rank_column(source.code), "r") for source in plan.sources]
    sums: list[exp.Expr] = []
    for source in plan.sources:
        for column in component_columns(plan, source):
            total: exp.Expr = sum_of(col(column.name, "d"))
            if source.time is None:
                at_the_end = exp.EQ(this=col("date_key", "d"), expression=col(last_day(source), "r"))
                total = only_where(total, at_the_end)
            sums.append(named(total, column.name))
    days = all_of(
        [
            exp.EQ(this=col("entity_id", "d"), expression=col("entity_id", "r")),
            between(col("date_key", "d"), col("first_day", "r"), col("last_day", "r")),
        ]
    )
    return (
        select([*keys, *sums])
        .from_(table(TableName(None, "range"), "r"), copy=False)
        .join(table(DAILY, "d"), on=days, join_type="left", copy=False)
        .group_by(*(key.copy() for key in keys), copy=False)
    )


def _rank(plan: Plan, source: Source) -> exp.Expr:
    """How well a source covers a window; a prior window that begins before the calendar has no data."""
    first, last = col(first_day(source), "v"), col(last_day(source), "v")
    too_early = all_of(
        [
            exp.EQ(this=col("side", "w"), expression=lit("prior")),
            exp.LT(this=col("first_day", "w"), expression=lit(plan.catalog.project.calendar.start)),
        ]
    )
    nowhere = [
        is_null(first),
        is_null(last.copy()),
        exp.GT(this=first.copy(), expression=last),
        exp.GT(this=first.copy(), expression=col("last_day", "w")),
        exp.LT(this=last.copy(), expression=col("first_day", "w")),
        too_early,
    ]
    partly = [
        exp.GT(this=first.copy(), expression=col("first_day", "w")),
        exp.LT(this=last.copy(), expression=col("last_day", "w")),
    ]
    return case(
        (any_of(nowhere), lit(int(Rank.NO_DATA))),
        (any_of(partly), lit(int(Rank.PARTIAL))),
        default=lit(int(Rank.OK)),
    )
