"""`fact_kpi_daily`: every published KPI on every covered day, long."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.components import component_name, weight
from kpictl.compile.coverage import COVERAGE
from kpictl.compile.evaluate import Rank, cells, rank_column
from kpictl.compile.inputs import RUN_FACTS
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    any_of,
    between,
    case,
    col,
    is_not_null,
    lit,
    named,
    select,
    sum_of,
    table,
    union_all,
)

DAILY_CELL = TableName(None, "daily_cell")

FACT_COLUMNS = (
    Column("date_key", "date", "the business day"),
    Column("kpi_id", "bigint", "the KPI, of dim_kpi"),
    Column("entity_id", "bigint", "the entity, of dim_entity"),
    Column("value", "decimal", "the KPI's value on the day; NULL where it is undefined"),
)
FACT_KEY = ("date_key", "kpi_id", "entity_id")


def daily_cell(plan: Plan, dim_date: TableName, dim_entity: TableName) -> Relation:
    """The facts before they are thinned: dense, for the trend too."""
    query = cells(plan, _days(plan, dim_date, dim_entity), ("date_key", "entity_id"))
    query = (
        select([col(name) for name in FACT_KEY] + [col("value")])
        .from_(exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("cell", quoted=True))))
        .where(exp.LT(this=col("status_rank"), expression=lit(int(Rank.NO_DATA))), copy=False)
    )
    comment = "the value of every KPI on every covered day"
    return computed(DAILY_CELL, "work", comment, FACT_COLUMNS, FACT_KEY, query)


def fact_kpi_daily(plan: Plan, name: TableName) -> Relation:
    """The published facts; with `facts: sparse` the zeros of additive and distinct KPIs are left out."""
    query = select([col(column.name) for column in FACT_COLUMNS]).from_(table(DAILY_CELL), copy=False)
    if plan.catalog.project.facts == "sparse":
        thinned = [kpi for kpi in plan.published if plan.kind(kpi) in {"additive", "distinct"}]
        dense = exp.Not(this=exp.In(this=col("kpi_id"), expressions=[lit(kpi.id) for kpi in thinned]))
        other = exp.NEQ(this=col("value"), expression=lit(0))
        if thinned:
            query = query.where(any_of([dense, other]), copy=False)
    comment = "the value of every KPI on every covered business day"
    return computed(name, "facts", comment, FACT_COLUMNS, FACT_KEY, query)


def _days(plan: Plan, dim_date: TableName, dim_entity: TableName) -> list[Step]:
    """A row for each day and entity with the components of the day, and which sources cover it."""
    columns: list[exp.Expr] = [col("date_key", "d"), col("entity_id", "e")]
    days = exp.LTE(this=col("date_key", "d"), expression=col("last_day", "f"))
    query = (
        select([])
        .from_(table(dim_date, "d"), copy=False)
        .join(table(RUN_FACTS, "f"), on=days, copy=False)
        .join(table(dim_entity, "e"), join_type="cross", copy=False)
    )
    running = []
    for source in plan.sources:
        name = component_name(source).name
        covered, components = f"coverage of {source.code}", name
        columns.append(named(_rank(covered), rank_column(source.code)))
        columns.extend(col(component, components) for component in component_columns(plan, source))
        query = query.join(table(COVERAGE, covered), on=_covers(source, covered), join_type="left", copy=False)
        if source.time is None:
            running.append(_running(plan, source, dim_date, dim_entity))
        same_row = all_of(
            exp.EQ(this=col(key, components), expression=col(key, alias))
            for key, alias in (("date_key", "d"), ("entity_id", "e"))
        )
        step = TableName(None, running[-1].name) if source.time is None else component_name(source)
        query = query.join(table(step, components), on=same_row, join_type="left", copy=False)
    query.set("expressions", columns)
    return [*running, Step("day", query, "each day with the components of all sources")]


def component_columns(plan: Plan, source: Source) -> list[str]:
    """The columns of a source's components that values are made from."""
    names = []
    for kpi in plan.measures_of(source):
        names.append(kpi.code)
        if kpi.measure is not None and kpi.measure.aggregate == "avg":
            names.append(weight(kpi))
    return names


def _rank(covered: str) -> exp.Expr:
    missing = exp.Is(this=col("source_code", covered), expression=exp.Null())
    return case((missing, lit(int(Rank.NO_DATA))), default=lit(int(Rank.OK)))


def _covers(source: Source, covered: str) -> exp.Expr:
    return all_of(
        [
            exp.EQ(this=col("source_code", covered), expression=lit(source.code)),
            exp.EQ(this=col("as_of_date", covered), expression=col("last_day", "f")),
            exp.EQ(this=col("entity_id", covered), expression=col("entity_id", "e")),
            between(col("date_key", "d"), col("first_day", covered), col("last_day", covered)),
        ]
    )


def _running(plan: Plan, source: Source, dim_date: TableName, dim_entity: TableName) -> Step:
    """What is valid on each day: the running sum of the day's +1s and -1s, on days without any too."""
    names = component_columns(plan, source)
    keys = ["date_key", "entity_id"]
    events = select([col(name) for name in (*keys, *names)]).from_(table(component_name(source)), copy=False)
    events = events.where(is_not_null(col("date_key")), copy=False)
    calm = (
        select([col("date_key", "d"), col("entity_id", "e"), *(named(lit(0), name) for name in names)])
        .from_(table(dim_date, "d"), copy=False)
        .join(table(dim_entity, "e"), join_type="cross", copy=False)
    )
    stacked = exp.Subquery(
        this=union_all([events, calm]),
        alias=exp.TableAlias(this=exp.to_identifier("change", quoted=True)),
    )
    sums = [
        named(
            exp.Window(
                this=sum_of(sum_of(col(name))),
                partition_by=[col("entity_id")],
                order=exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)]),
            ),
            name,
        )
        for name in names
    ]
    query = select([*(col(key) for key in keys), *sums]).from_(stacked, copy=False)
    query = query.group_by(*(col(key) for key in keys), copy=False)
    comment = "the sum of all that began and ended up to the day, on days without any too"
    return Step(f"running_{source.code}", query, comment)
