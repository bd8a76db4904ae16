"""What is valid on a day: each row counts from its first day until the day before its last."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Kpi, TableName
from kpictl.compile.components import (
    COMPONENT_KEY,
    ROWS,
    columns_of,
    component_name,
    counters_of,
    daily_name,
    described,
    weight,
)
from kpictl.compile.entities import rolled_up
from kpictl.compile.frames import COVERED_DAY, covers
from kpictl.compile.plan import Part, Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.rows import findings, is_average, source_rows, value
from kpictl.compile.tree import (
    Step,
    any_of,
    case,
    cast,
    col,
    is_not_null,
    is_null,
    lit,
    named,
    select,
    sum_of,
    table,
    union_all,
    with_cte,
    with_steps,
)


def changes(plan: Plan, part: Part) -> Relation:
    """The components of a source of rows that last: what begins on a day less what ends on it, per leaf."""
    floats = plan.floats[part.source.code]
    values = [named(value(kpi, floats), kpi.code) for kpi in part.measures]
    found = findings(plan, part.source, part.measures, first=part.number == 1)
    rows = source_rows(plan, part.source, [*values, *found])
    columns: list[exp.Expr] = [*(col(key) for key in COMPONENT_KEY), named(_total(ROWS), ROWS)]
    for kpi in part.measures:
        signed = exp.Mul(this=col("sign"), expression=col(kpi.code))
        columns.append(named(cast(sum_of(signed), "decimal"), kpi.code))
        if is_average(kpi):
            counted = case((is_not_null(col(kpi.code)), col("sign")))
            columns.append(named(cast(sum_of(counted), "bigint"), weight(kpi)))
    columns.extend(named(_total(name), name) for name in counters_of(part))
    totals = select(columns).from_(table(TableName(None, "event")), copy=False)
    totals = totals.group_by(*(col(key) for key in COMPONENT_KEY), copy=False)
    query = with_cte(totals, "row", rows, "the source's rows with their first day and the day they end")
    both = union_all([_begin(part), _end(part)])
    query = with_cte(query, "event", both, "+1 on the day that a row begins to count, -1 on the day it ends")
    comment = f"per business day and leaf, what begins less what ends in {part.source.code}"
    return computed(component_name(part), "work", comment, described(plan, part), COMPONENT_KEY, query)


def _total(column: str) -> exp.Expr:
    return cast(sum_of(col(column)), "bigint")


def _lasts() -> exp.Expr:
    """Whether a row counts on any day: it must not end before, or on, the day that it begins."""
    later = exp.GT(this=col("valid_to"), expression=col("valid_from"))
    return any_of([is_null(col("valid_to")), later])


def _begin(part: Part) -> exp.Select:
    columns = [named(col("valid_from"), "date_key"), col("entity_id"), named(lit(1), "sign"), named(lit(1), ROWS)]
    columns.extend(named(case((_lasts(), col(kpi.code))), kpi.code) for kpi in part.measures)
    flags = counters_of(part)
    columns.extend(named(case((col(flag), lit(1)), default=lit(0)), flag) for flag in flags)
    return select(columns).from_(table(TableName(None, "row")), copy=False)


def _end(part: Part) -> exp.Select:
    columns = [named(col("valid_to"), "date_key"), col("entity_id"), named(lit(-1), "sign"), named(lit(0), ROWS)]
    columns.extend(col(kpi.code) for kpi in part.measures)
    columns.extend(named(lit(0), flag) for flag in counters_of(part))
    ends = exp.GT(this=col("valid_to"), expression=col("valid_from"))
    return select(columns).from_(table(TableName(None, "row")), copy=False).where(ends, copy=False)


def valid(part: Part) -> Relation:
    """A row for each covered day and entity: the measures over the rows that are valid on it."""
    changed = columns_of(part.measures)
    events = _up_the_tree(part, [column.name for column in changed])
    calm = select([*(col(key) for key in COMPONENT_KEY), *(named(lit(0), column.name) for column in changed)])
    calm = calm.from_(table(COVERED_DAY), copy=False).where(covers(part.source), copy=False)
    sums = [named(cast(_running(column.name), column.type), column.name) for column in changed]
    running = select([*(col(key) for key in COMPONENT_KEY), *sums])
    running = running.from_(table(TableName(None, "change")), copy=False)
    running = running.group_by(*(col(key) for key in COMPONENT_KEY), copy=False)
    values = select([*(col(key) for key in COMPONENT_KEY), *(_value(kpi) for kpi in part.measures)])
    query = with_steps(
        values.from_(table(TableName(None, "running")), copy=False),
        [
            Step("change", union_all([events, calm]), "what begins and ends, and each covered day with no change"),
            Step("running", running, "the sum of all that began and ended up to the day"),
        ],
    )
    columns = [Column("date_key", "date"), Column("entity_id", "bigint")]
    columns += [Column(kpi.code, "double" if is_average(kpi) else "decimal") for kpi in part.measures]
    comment = f"what is valid on each day in {part.source.code}"
    return computed(daily_name(part), "work", comment, columns, COMPONENT_KEY, query)


def _up_the_tree(part: Part, names: list[str]) -> exp.Select:
    leaf = table(component_name(part), "leaf")
    happened = is_not_null(col("date_key", "leaf"))
    if part.source.entity is None:
        query = select([col(name, "leaf") for name in (*COMPONENT_KEY, *names)]).from_(leaf, copy=False)
        return query.where(happened, copy=False)
    columns = [col("date_key", "leaf"), col("entity_id", "above"), *(col(name, "leaf") for name in names)]
    return rolled_up(select(columns).from_(leaf, copy=False), "leaf").where(happened, copy=False)


def _running(name: str) -> exp.Expr:
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    return exp.Window(this=sum_of(sum_of(col(name))), partition_by=[col("entity_id")], order=by_day)


def _value(kpi: Kpi) -> exp.Expr:
    if not is_average(kpi):
        return col(kpi.code)
    divisor = exp.Nullif(this=col(weight(kpi)), expression=lit(0))
    return named(exp.Div(this=cast(col(kpi.code), "double"), expression=divisor), kpi.code)
