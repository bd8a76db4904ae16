"""The components of all sources side by side, a row a day: what days and windows are evaluated from."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.components import component_name, weight
from kpictl.compile.coverage import COVERAGE, FIRST_DAY, first_day, last_day
from kpictl.compile.evaluate import Rank, rank_column
from kpictl.compile.inputs import RUN_FACTS
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    between,
    case,
    cast,
    col,
    is_not_null,
    lit,
    named,
    select,
    sum_of,
    table,
    union_all,
    with_steps,
)

DAILY = TableName(None, "daily")
DAILY_KEY = ("date_key", "entity_id")


def component_columns(plan: Plan, source: Source) -> list[Column]:
    """The columns of a source's components that values are made from."""
    columns = []
    for kpi in plan.measures_of(source):
        columns.append(Column(kpi.code, "decimal"))
        if kpi.measure is not None and kpi.measure.aggregate == "avg":
            columns.append(Column(weight(kpi), "bigint"))
    return columns


def daily(plan: Plan, dim_date: TableName) -> Relation:
    """A row for each day that any source covers and each entity; a source's columns are NULL where it does not.

    For a source of rows that are valid from one day to another the columns hold what is valid on the day.
    """
    described = [Column("date_key", "date"), Column("entity_id", "bigint")]
    columns: list[exp.Expr] = [col(key, "day") for key in DAILY_KEY]
    query = select([]).from_(table(TableName(None, "day")), copy=False)
    steps = [Step("day", _days(dim_date), "each day that any source covers")]
    for source in plan.sources:
        name = component_name(source).name
        origin = component_name(source)
        if source.time is None:
            steps.append(_running(plan, source))
            origin = TableName(None, steps[-1].name)
        covered = between(col("date_key", "day"), col(first_day(source), "day"), col(last_day(source), "day"))
        # The range stands beside the join, not in it: DuckDB takes five times as long with it there.
        same = all_of(exp.EQ(this=col(key, name), expression=col(key, "day")) for key in DAILY_KEY)
        query = query.join(table(origin, name), on=same, join_type="left", copy=False)
        rank = case((covered.copy(), lit(int(Rank.OK))), default=lit(int(Rank.NO_DATA)))
        columns.append(named(rank, rank_column(source.code)))
        described.append(Column(rank_column(source.code), "bigint"))
        for column in component_columns(plan, source):
            columns.append(named(case((covered.copy(), col(column.name, name))), column.name))
            described.append(column)
    query.set("expressions", columns)
    comment = "the components of all sources, a row a day"
    return computed(DAILY, "work", comment, described, DAILY_KEY, with_steps(query, steps))


def _days(dim_date: TableName) -> exp.Select:
    """The days of the facts, each with the coverage at the last of them."""
    at = exp.EQ(this=col("as_of_date", "v"), expression=col("last_day", "f"))
    inside = between(col("date_key", "d"), col(FIRST_DAY, "v"), col("last_day", "f"))
    return (
        select([col("date_key", "d"), exp.Column(this=exp.Star(), table=exp.to_identifier("v", quoted=True))])
        .from_(table(RUN_FACTS, "f"), copy=False)
        .join(table(COVERAGE, "v"), on=at, copy=False)
        .join(table(dim_date, "d"), on=inside, copy=False)
    )


def _running(plan: Plan, source: Source) -> Step:
    """What is valid on each day: the running sum of the day's +1s and -1s, on days without any too."""
    components = component_columns(plan, source)
    names = [column.name for column in components]
    events = select([col(name) for name in (*DAILY_KEY, *names)]).from_(table(component_name(source)), copy=False)
    events = events.where(is_not_null(col("date_key")), copy=False)
    calm = select([*(col(key) for key in DAILY_KEY), *(named(lit(0), name) for name in names)])
    calm = calm.from_(table(TableName(None, "day")), copy=False)
    stacked = exp.Subquery(
        this=union_all([events, calm]),
        alias=exp.TableAlias(this=exp.to_identifier("change", quoted=True)),
    )
    sums = [named(cast(_running_sum(column.name), column.type), column.name) for column in components]
    query = select([*(col(key) for key in DAILY_KEY), *sums]).from_(stacked, copy=False)
    query = query.group_by(*(col(key) for key in DAILY_KEY), copy=False)
    return Step(f"running_{source.code}", query, "the sum of all that began and ended up to the day")


def _running_sum(name: str) -> exp.Expr:
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    return exp.Window(this=sum_of(sum_of(col(name))), partition_by=[col("entity_id")], order=by_day)
