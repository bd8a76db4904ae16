"""`fact_kpi_daily`: every published KPI on every covered day, long."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Kind, TableName
from kpictl.compile.evaluate import CELL_COLUMNS, cells
from kpictl.compile.frames import COVERED_DAY_KEY
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import any_of, col, lit, select, table

FACT_CELL = TableName(None, "fact_cell")

FACT_COLUMNS = (
    Column("date_key", "date", "the business day"),
    Column("kpi_id", "bigint", "the KPI, of dim_kpi"),
    Column("entity_id", "bigint", "the entity, of dim_entity"),
    Column("value", "decimal", "the KPI's value on the day; NULL where it is undefined"),
)
FACT_KEY = ("date_key", "kpi_id", "entity_id")
THINNED: frozenset[Kind] = frozenset({"additive", "distinct"})
"""The kinds of KPIs whose zeros are no rows with `facts: sparse`: a covered day without one of them was zero."""


def fact_cell(plan: Plan) -> Relation:
    """The facts before they are thinned: dense, for the trend too."""
    columns = (Column("date_key", "date"), Column("entity_id", "bigint"), *CELL_COLUMNS)
    comment = "the value of every KPI on every covered day"
    return computed(FACT_CELL, "work", comment, columns, (*COVERED_DAY_KEY, "kpi_id"), cells(plan, "day"))


def fact_kpi_daily(plan: Plan, name: TableName) -> Relation:
    """The published facts; with `facts: sparse` the zeros of THINNED kinds are left out."""
    query = select([col(column.name) for column in FACT_COLUMNS]).from_(table(FACT_CELL), copy=False)
    if plan.catalog.project.facts == "sparse":
        thinned = [kpi for kpi in plan.published if plan.kind(kpi) in THINNED]
        dense = exp.Not(this=exp.In(this=col("kpi_id"), expressions=[lit(kpi.id) for kpi in thinned]))
        other = exp.NEQ(this=col("value"), expression=lit(0))
        if thinned:
            query = query.where(any_of([dense, other]), copy=False)
    comment = "the value of every KPI on every covered business day"
    return computed(name, "facts", comment, FACT_COLUMNS, FACT_KEY, query)
