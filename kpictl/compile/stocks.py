"""Stocks: what each leaf last reported, carried forward over the days without a report."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Kpi, Source, TableName
from kpictl.compile.components import component_name, folded, weight
from kpictl.compile.entities import rolled_up
from kpictl.compile.inputs import RUN_DAY, RUN_FACTS
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.rows import distinct_rows, is_average, is_count
from kpictl.compile.tree import (
    Step,
    all_of,
    case,
    cast,
    coalesce,
    col,
    is_not_null,
    lit,
    max_of,
    named,
    select,
    sum_of,
    table,
    with_steps,
)

STOCK_KEY = ("date_key", "entity_id")
NEXT_DAY = "$next_day"
"""The day of a leaf's next report, from which on that one counts."""


def stock_name(kpi: Kpi) -> TableName:
    return TableName(None, f"stock_{kpi.code}")


def stale_column(kpi: Kpi) -> str:
    """The column that is 1 where a leaf's last report is older than `max_staleness`."""
    return f"{kpi.code}$stale"


def stock(plan: Plan, kpi: Kpi) -> Relation:
    """A row for each entity and day on which one of its leaves has a report in force.

    A report is in force from its day until the day before the leaf's next one; each day takes each leaf's report
    once. Days before the coverage are there too: what is carried in from them counts.
    """
    assert kpi.measure is not None
    source = plan.source_of(kpi)
    steps = _distinct_reports(plan, kpi) if kpi.measure.distinct else [_reports(plan, kpi)]
    keys: list[exp.Expr] = [
        col("date_key", "day"),
        col("entity_id", "report" if source.entity is None else "above"),
    ]
    values = [named(_unless_stale(kpi, _value(kpi)), kpi.code)]
    columns = [Column("date_key", "date"), Column("entity_id", "bigint")]
    columns.append(Column(kpi.code, "double" if is_average(kpi) else "decimal"))
    if kpi.max_staleness is not None:
        values.append(named(_stale(kpi), stale_column(kpi)))
        columns.append(Column(stale_column(kpi), "bigint"))
    query = _in_force(kpi, source, select([*keys, *values]))
    query = query.group_by(*(each.copy() for each in keys), copy=False)
    comment = f"{kpi.code} on each day: the sum of what each leaf last reported"
    if kpi.measure.aggregate != "sum":
        comment = f"{kpi.code} on each day, over what each leaf last reported"
    return computed(stock_name(kpi), "work", comment, columns, STOCK_KEY, with_steps(query, steps))


def _in_force(kpi: Kpi, source: Source, query: exp.Select) -> exp.Select:
    after = exp.Add(this=col("last_day", "facts"), expression=lit(1))
    until = coalesce(col(NEXT_DAY, "report"), after)
    inside = all_of(
        [
            exp.GTE(this=col("date_key", "day"), expression=col("date_key", "report")),
            exp.LT(this=col("date_key", "day"), expression=until),
            exp.LTE(this=col("date_key", "day"), expression=col("last_day", "facts")),
        ]
    )
    query = query.from_(table(TableName(None, "report")), copy=False)
    query = query.join(table(RUN_FACTS, "facts"), join_type="cross", copy=False)
    query = query.join(table(RUN_DAY, "day"), on=inside, copy=False)
    if kpi.measure is not None and kpi.measure.distinct:
        same = [exp.EQ(this=col(name, "seen"), expression=col(name, "report")) for name in STOCK_KEY]
        query = query.join(table(TableName(None, "seen")), on=all_of(same), copy=False)
    return query if source.entity is None else rolled_up(query, "report")


def _reports(plan: Plan, kpi: Kpi) -> Step:
    """The days on which a leaf has rows that the measure counts."""
    value = col(kpi.code)
    reported = exp.GT(this=value, expression=lit(0)) if is_count(kpi) else is_not_null(value)
    columns = [*(col(name) for name in STOCK_KEY), value.copy()]
    if is_average(kpi):
        columns.append(col(weight(kpi)))
    query = select([*columns, named(_next_day(), NEXT_DAY)]).from_(
        table(component_name(plan.part_of[kpi.code])), copy=False
    )
    query = query.where(all_of([is_not_null(col("date_key")), reported]), copy=False)
    return Step("report", query, "what each leaf reported, until its next report")


def _distinct_reports(plan: Plan, kpi: Kpi) -> list[Step]:
    """The same, with the values that tell the rows of each report apart beside it."""
    seen = distinct_rows(plan, kpi)
    report = select([col(name) for name in STOCK_KEY]).distinct(copy=False).from_(table(TableName(None, "seen")))
    dated = exp.Subquery(this=report, alias=exp.TableAlias(this=exp.to_identifier("report_day", quoted=True)))
    following = select([*(col(name) for name in STOCK_KEY), named(_next_day(), NEXT_DAY)]).from_(dated, copy=False)
    return [
        Step("seen", seen, "the different values of each leaf's day"),
        Step("report", following, "the days on which each leaf reported, until its next report"),
    ]


def _next_day() -> exp.Window:
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    return exp.Window(this=exp.Lead(this=col("date_key")), partition_by=[col("entity_id")], order=by_day)


def _value(kpi: Kpi) -> exp.Expr:
    assert kpi.measure is not None
    if kpi.measure.distinct:
        return cast(exp.Count(this=exp.Distinct(expressions=[col("key", "seen")]), big_int=True), "decimal")
    value = folded(kpi, col(kpi.code, "report"))
    if is_average(kpi):
        divisor = exp.Nullif(this=sum_of(col(weight(kpi), "report")), expression=lit(0))
        return exp.Div(this=cast(value, "double"), expression=divisor)
    return cast(value, "decimal")


def _unless_stale(kpi: Kpi, value: exp.Expr) -> exp.Expr:
    if kpi.max_staleness is None:
        return value
    return case((exp.EQ(this=_stale(kpi), expression=lit(0)), value))


def _stale(kpi: Kpi) -> exp.Expr:
    age = exp.Sub(this=col("date_key", "day"), expression=col("date_key", "report"))
    old = exp.GT(this=exp.paren(age, copy=False), expression=lit(kpi.max_staleness))
    return max_of(case((old, lit(1)), default=lit(0)))
