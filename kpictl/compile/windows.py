"""The components of each window, current and prior, folded from the components of its days."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.components import component_name
from kpictl.compile.coverage import COVERAGE
from kpictl.compile.evaluate import Rank, cells, rank_column
from kpictl.compile.facts import component_columns
from kpictl.compile.inputs import RUN_WINDOW
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    any_of,
    case,
    col,
    greatest,
    is_null,
    least,
    lit,
    named,
    select,
    sum_of,
    table,
)

WINDOW_CELL = TableName(None, "window_cell")

WINDOW_KEY = ("as_of_date", "window_name", "side")
_KEYS = (*WINDOW_KEY, "entity_id")


def window_cell(plan: Plan, dim_entity: TableName) -> Relation:
    """A row for each as-of date, window, side, entity and KPI: its value and how it stands."""
    query = cells(plan, _windows(plan, dim_entity), _KEYS)
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
    return computed(WINDOW_CELL, "work", comment, columns, (*_KEYS, "kpi_id"), query)


def _windows(plan: Plan, dim_entity: TableName) -> list[Step]:
    """A row per window for each source, and then the sources side by side."""
    columns: list[exp.Expr] = []
    steps: list[Step] = []
    query = select([])
    for position, source in enumerate(plan.sources):
        name = f"windows_of_{source.code}"
        comment = f"the days of each window that {source.code} covers"
        steps.append(Step(name, _of(plan, source, dim_entity), comment))
        if position == 0:
            query = query.from_(table(TableName(None, name)), copy=False)
            columns.extend(col(key, name) for key in _KEYS)
            first = name
        else:
            same = all_of(exp.EQ(this=col(key, name), expression=col(key, first)) for key in _KEYS)
            query = query.join(table(TableName(None, name)), on=same, copy=False)
        columns.append(col(rank_column(source.code), name))
        columns.extend(col(component, name) for component in component_columns(plan, source))
    query.set("expressions", columns)
    return [*steps, Step("folded", query, "each window with its sources side by side")]


def _of(plan: Plan, source: Source, dim_entity: TableName) -> exp.Query:
    """The components of one source summed over the covered days of each window.

    What is valid at a window's end is all that began and ended up to its last covered day, so a validity source
    has no first day.
    """
    components = component_columns(plan, source)
    last = least([col("last_day", "w"), col("last_day", "v")])
    until = exp.LTE(this=col("date_key", "c"), expression=last)
    first = greatest([col("first_day", "w"), col("first_day", "v")])
    since = exp.GTE(this=col("date_key", "c"), expression=first)
    covers = all_of(
        [
            exp.EQ(this=col("as_of_date", "v"), expression=col("as_of_date", "w")),
            exp.EQ(this=col("source_code", "v"), expression=lit(source.code)),
            exp.EQ(this=col("entity_id", "v"), expression=col("entity_id", "e")),
            exp.LTE(this=col("first_day", "v"), expression=col("last_day", "w")),
            exp.GTE(this=col("last_day", "v"), expression=col("first_day", "w")),
        ]
    )
    days = [exp.EQ(this=col("entity_id", "c"), expression=col("entity_id", "e")), until]
    if source.time is not None:
        days.append(since)
    keys = [*(col(key, "w") for key in WINDOW_KEY), col("entity_id", "e")]
    bounds = [
        col("first_day", "w"),
        col("last_day", "w"),
        col("first_day", "v"),
        col("last_day", "v"),
    ]
    columns = [
        *keys,
        named(_rank(plan), rank_column(source.code)),
        *(named(sum_of(col(name, "c")), name) for name in components),
    ]
    return (
        select(columns)
        .from_(table(RUN_WINDOW, "w"), copy=False)
        .join(table(dim_entity, "e"), join_type="cross", copy=False)
        .join(table(COVERAGE, "v"), on=covers, join_type="left", copy=False)
        .join(table(component_name(source), "c"), on=all_of(days), join_type="left", copy=False)
        .group_by(*(key.copy() for key in keys), *bounds, copy=False)
    )


def _rank(plan: Plan) -> exp.Expr:
    """How well a source covers a window; a prior window that begins before the calendar has no data."""
    start = lit(plan.catalog.project.calendar.start)
    too_early = all_of(
        [
            exp.EQ(this=col("side", "w"), expression=lit("prior")),
            exp.LT(this=col("first_day", "w"), expression=start),
        ]
    )
    partly = any_of(
        [
            exp.GT(this=col("first_day", "v"), expression=col("first_day", "w")),
            exp.LT(this=col("last_day", "v"), expression=col("last_day", "w")),
        ]
    )
    return case(
        (any_of([is_null(col("first_day", "v")), too_early]), lit(int(Rank.NO_DATA))),
        (partly, lit(int(Rank.PARTIAL))),
        default=lit(int(Rank.OK)),
    )
