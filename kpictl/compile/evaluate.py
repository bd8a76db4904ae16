"""From components to KPI values: one rule for a day, a window and a period.

The input is a query with a row for each day or window: its keys, per source a rank (`$rank_SOURCE`: how well the
source covers the row), per measure its folded components. The output is long: a row per key and published KPI.
"""

from __future__ import annotations

from enum import IntEnum

from sqlglot import exp

from kpictl.catalog import Kpi, Source, TableName
from kpictl.compile.components import weight
from kpictl.compile.expressions import formula_value, stored
from kpictl.compile.plan import Plan
from kpictl.compile.tree import (
    Step,
    any_of,
    case,
    cast,
    coalesce,
    col,
    greatest,
    is_null,
    lit,
    named,
    select,
    table,
    unnest,
    with_steps,
)


class Rank(IntEnum):
    """The statuses, so that the greatest of several is the one that is given."""

    OK = 0
    UNDEFINED = 1
    PARTIAL = 2
    STALE = 3
    NO_DATA = 4


def rank_column(source_code: str) -> str:
    return f"$rank_{source_code}"


def cells(plan: Plan, before: list[Step], keys: tuple[str, ...]) -> exp.Query:
    """Long rows `(keys…, kpi_id, value, status_rank)` from folded components.

    The last step of `before` gives the folded components. Every KPI is evaluated on a row that has its inputs as
    columns, unrounded: measures first, then formulas, a layer for each depth.
    """
    carried = [*keys, *(rank_column(source.code) for source in plan.sources)]
    columns = [col(name) for name in carried]
    columns_of_measures = [named(_value(plan, kpi), kpi.code) for kpi in plan.measures]
    measured = select([*columns, *columns_of_measures]).from_(_step(before[-1].name), copy=False)
    steps = [*before, Step("measured", measured, "the value of each measure")]
    known = [kpi.code for kpi in plan.measures]
    for depth, layer in enumerate(plan.formulas, start=1):
        carry = [col(name) for name in (*carried, *known)]
        layer_columns = [named(_formula(plan, kpi), kpi.code) for kpi in layer]
        name = f"formulas_{depth}"
        query = select([*carry, *layer_columns]).from_(_step(steps[-1].name), copy=False)
        steps.append(Step(name, query, "formulas over the values above"))
        known.extend(kpi.code for kpi in layer)
    return with_steps(_unpivot(plan, keys, steps[-1].name), steps)


def _step(name: str) -> exp.Table:
    return table(TableName(None, name))


def _covered(source: Source) -> exp.Expr:
    return exp.LT(this=col(rank_column(source.code)), expression=lit(int(Rank.NO_DATA)))


def _value(plan: Plan, kpi: Kpi) -> exp.Expr:
    assert kpi.measure is not None
    assert kpi.source is not None
    covered = _covered(plan.catalog.source(kpi.source))
    if kpi.measure.aggregate == "avg":
        divisor = exp.Nullif(this=col(weight(kpi)), expression=lit(0))
        mean = exp.Div(this=cast(col(kpi.code), "double"), expression=divisor)
        return case((covered, mean))
    return case((covered, coalesce(col(kpi.code), lit(0))))


def _formula(plan: Plan, kpi: Kpi) -> exp.Expr:
    """The formula; NULL where a source of it has no data at all, whatever `coalesce` would make of that."""
    assert kpi.formula is not None
    sources = [plan.catalog.source(code) for code in plan.sources_of(kpi)]
    value = formula_value(kpi.formula, exact=plan.exact[kpi.code])
    covered = exp.LT(
        this=greatest([col(rank_column(source.code)) for source in sources]),
        expression=lit(int(Rank.NO_DATA)),
    )
    return case((covered, value))


def _status_rank(plan: Plan, kpi: Kpi) -> exp.Expr:
    """The worst of the sources' ranks; at least `undefined` where the KPI or an input of it has no value."""
    undefined = any_of(is_null(col(code)) for code in plan.all_inputs(kpi))
    own = case((undefined, lit(int(Rank.UNDEFINED))), default=lit(int(Rank.OK)))
    return greatest([own, *(col(rank_column(code)) for code in plan.sources_of(kpi))])


def _unpivot(plan: Plan, keys: tuple[str, ...], step: str) -> exp.Select:
    """A row per KPI by unnesting arrays side by side: both engines walk them in step, in one pass over the rows."""
    values = [stored(col(kpi.code), exact=plan.exact[kpi.code]) for kpi in plan.published]
    ranks = [_status_rank(plan, kpi) for kpi in plan.published]
    ids: list[exp.Expr] = [lit(kpi.id) for kpi in plan.published]
    columns: list[exp.Expr] = [
        *(col(key) for key in keys),
        named(unnest(ids), "kpi_id"),
        named(unnest(values), "value"),
        named(unnest(ranks), "status_rank"),
    ]
    return select(columns).from_(_step(step), copy=False)
