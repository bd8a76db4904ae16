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
    col,
    is_not_null,
    lit,
    max_of,
    named,
    select,
    sum_of,
    table,
    union_all,
    with_steps,
)

STOCK_KEY = ("date_key", "entity_id")


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
    steps += _days_in_force()
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


def _days_in_force() -> list[Step]:
    """For each day that is looked at, and leaf, the day of its last report up to it.

    One walk along reports and days together: to join days with what reports last for is a join by a range, which
    PostgreSQL does by trying every pair.
    """
    leaves = select([col("entity_id")]).distinct(copy=False).from_(table(TableName(None, "report")), copy=False)
    leaf = exp.Subquery(this=leaves, alias=exp.TableAlias(this=exp.to_identifier("leaf", quoted=True)))
    there = exp.LTE(this=col("date_key", "day"), expression=col("last_day", "facts"))
    asked = select([col("entity_id", "leaf"), col("date_key", "day")]).from_(table(RUN_FACTS, "facts"), copy=False)
    asked = asked.join(table(RUN_DAY, "day"), on=there, copy=False).join(leaf, join_type="cross", copy=False)
    keys = [col("entity_id"), col("date_key")]
    reports = select([*keys, named(col("date_key"), "report_day"), named(lit(value=False), "is_asked")])
    nothing = named(cast(lit(None), "date"), "report_day")
    days = select([*(key.copy() for key in keys), nothing, named(lit(value=True), "is_asked")])
    both = union_all(
        [
            reports.from_(table(TableName(None, "report")), copy=False),
            days.from_(table(TableName(None, "asked")), copy=False),
        ]
    )
    stacked = exp.Subquery(this=both, alias=exp.TableAlias(this=exp.to_identifier("each", quoted=True)))
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    last = exp.Window(this=max_of(col("report_day")), partition_by=[col("entity_id")], order=by_day)
    walked = select([*(key.copy() for key in keys), col("is_asked"), named(last, "report_day")])
    return [
        Step("asked", asked, "the days that are looked at, of each leaf that ever reports"),
        Step("walked", walked.from_(stacked, copy=False), "and the last report up to each of them"),
    ]


def _in_force(kpi: Kpi, source: Source, query: exp.Select) -> exp.Select:
    same = all_of(
        [
            exp.EQ(this=col("entity_id", "report"), expression=col("entity_id", "day")),
            exp.EQ(this=col("date_key", "report"), expression=col("report_day", "day")),
        ]
    )
    query = query.from_(table(TableName(None, "walked"), "day"), copy=False)
    query = query.join(table(TableName(None, "report")), on=same, copy=False)
    query = query.where(col("is_asked", "day"), copy=False)
    if kpi.measure is not None and kpi.measure.distinct:
        alike = [exp.EQ(this=col(name, "seen"), expression=col(name, "report")) for name in STOCK_KEY]
        query = query.join(table(TableName(None, "seen")), on=all_of(alike), copy=False)
    return query if source.entity is None else rolled_up(query, "report")


def _reports(plan: Plan, kpi: Kpi) -> Step:
    """The days on which a leaf has rows that the measure counts."""
    value = col(kpi.code)
    reported = exp.GT(this=value, expression=lit(0)) if is_count(kpi) else is_not_null(value)
    columns = [*(col(name) for name in STOCK_KEY), value.copy()]
    if is_average(kpi):
        columns.append(col(weight(kpi)))
    query = select(columns).from_(table(component_name(plan.part_of[kpi.code])), copy=False)
    query = query.where(all_of([is_not_null(col("date_key")), reported]), copy=False)
    return Step("report", query, "what each leaf reported")


def _distinct_reports(plan: Plan, kpi: Kpi) -> list[Step]:
    """The same, with the values that tell the rows of each report apart beside it."""
    seen = distinct_rows(plan, kpi)
    report = select([col(name) for name in STOCK_KEY]).distinct(copy=False).from_(table(TableName(None, "seen")))
    return [
        Step("seen", seen, "the different values of each leaf's day"),
        Step("report", report, "the days on which each leaf reported"),
    ]


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
