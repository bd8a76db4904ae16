"""`fact_kpi_daily`: every published KPI on every covered day, long."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, TableName
from kpictl.compile.daily import DAILY, DAILY_KEY
from kpictl.compile.evaluate import Rank, cells
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import Step, any_of, col, lit, select, table

DAILY_CELL = TableName(None, "daily_cell")

FACT_COLUMNS = (
    Column("date_key", "date", "the business day"),
    Column("kpi_id", "bigint", "the KPI, of dim_kpi"),
    Column("entity_id", "bigint", "the entity, of dim_entity"),
    Column("value", "decimal", "the KPI's value on the day; NULL where it is undefined"),
)
FACT_KEY = ("date_key", "kpi_id", "entity_id")


def daily_cell(plan: Plan) -> Relation:
    """The facts before they are thinned: dense, for the trend too."""
    everything = select([exp.Star()]).from_(table(DAILY), copy=False)
    cell = cells(plan, [Step("folded", everything, "the components of each day")], DAILY_KEY)
    query = select([*(col(name) for name in FACT_KEY), col("value")])
    query = query.from_(exp.Subquery(this=cell, alias=exp.TableAlias(this=exp.to_identifier("cell", quoted=True))))
    query = query.where(exp.LT(this=col("status_rank"), expression=lit(int(Rank.NO_DATA))), copy=False)
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
