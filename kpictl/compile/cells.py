"""The values of all KPIs over all spans, and how a value stands against its prior."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, TableName
from kpictl.compile.evaluate import CELL_COLUMNS, cells
from kpictl.compile.expressions import stored
from kpictl.compile.frames import COVERED_SPAN_KEY, Rank
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import all_of, case, cast, coalesce, col, lit

SPAN_CELL = TableName(None, "span_cell")


def span_cell(plan: Plan) -> Relation:
    """A row for each span, entity and KPI that has data: its value and how it stands."""
    columns = (Column("span_id", "bigint"), Column("entity_id", "bigint"), *CELL_COLUMNS)
    comment = "the value of every KPI over every span"
    return computed(SPAN_CELL, "work", comment, columns, (*COVERED_SPAN_KEY, "kpi_id"), cells(plan, "span"))


def side_value(compared: str, cell: str) -> exp.Expr:
    """How a cell stands as one side of a comparison: a prior that lacks a week is at best partial."""
    rank = col("status_rank", cell)
    lacks = all_of([col("is_short", compared), exp.LT(this=rank, expression=lit(int(Rank.PARTIAL)))])
    return case((lacks, lit(int(Rank.PARTIAL))), default=rank.copy())


def status(rank: exp.Expr) -> exp.Expr:
    """A status in words; where there is no cell there is no data."""
    tree = exp.Case(this=coalesce(rank, lit(int(Rank.NO_DATA))), ifs=[])
    for each in Rank:
        tree.append("ifs", exp.If(this=lit(int(each)), true=lit(each.name.lower())))
    return tree


def change(value: exp.Expr, prior: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """The delta of two values, and the same in percent of the prior's size."""
    delta = exp.Sub(this=value.copy(), expression=prior.copy())
    size = exp.Nullif(this=exp.Abs(this=cast(prior.copy(), "double")), expression=lit(0))
    hundredfold = exp.Mul(this=lit(100), expression=cast(exp.paren(delta.copy()), "double"))
    percent = exp.Div(this=exp.paren(hundredfold), expression=size)
    return cast(delta, "decimal"), stored(exp.paren(percent), exact=False)
