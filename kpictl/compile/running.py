"""Sums over spans from running sums: two of them tell the sum of all the days between, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kpictl.catalog import Column, Kpi, TableName
from kpictl.compile.components import columns_of, daily_name
from kpictl.compile.folds import folded_name
from kpictl.compile.frames import (
    COVERED_DAY,
    COVERED_DAY_KEY,
    COVERED_SPAN,
    COVERED_SPAN_KEY,
    covers,
    from_column,
    until_column,
)
from kpictl.compile.plan import Part, Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    cast,
    coalesce,
    col,
    lit,
    named,
    select,
    sum_of,
    table,
    union_all,
    with_steps,
)


def running_name(part: Part) -> TableName:
    return TableName(None, f"running_{part.name}")


def before(column: str) -> str:
    """The column with a running sum up to the day before."""
    return f"{column}$before"


def summed(plan: Plan, part: Part) -> tuple[Kpi, ...]:
    """The measures of a part whose components are added up over days: decimals, so that differences are exact."""
    return tuple(kpi for kpi in part.measures if plan.kind(kpi) in {"additive", "average"})


def running(plan: Plan, part: Part) -> Relation:
    """A row for each day that is looked at and covered, and entity: the sums up to it, and up to the day before.

    They begin with the first of these days: all days of each span are among them.
    """
    columns = columns_of(summed(plan, part))
    days = daily_name(part)
    same = all_of(exp.EQ(this=col(key, "day"), expression=col(key, COVERED_DAY.name)) for key in COVERED_DAY_KEY)
    own = [named(coalesce(col(column.name, "day"), lit(0)), column.name) for column in columns]
    dense = select([*(col(key, COVERED_DAY.name) for key in COVERED_DAY_KEY), *own])
    dense = dense.from_(table(COVERED_DAY), copy=False).where(covers(part.source), copy=False)
    dense = dense.join(table(days, "day"), on=same, join_type="left", copy=False)
    values = [named(cast(_up_to(column.name), column.type), column.name) for column in columns]
    earlier = [
        named(cast(exp.Sub(this=_up_to(column.name), expression=col(column.name)), column.type), before(column.name))
        for column in columns
    ]
    query = select([*(col(key) for key in COVERED_DAY_KEY), *values, *earlier])
    query = query.from_(table(TableName(None, "dense")), copy=False)
    steps = [Step("dense", dense, "each covered day, zero where there are no rows")]
    described = [Column("date_key", "date"), Column("entity_id", "bigint"), *columns]
    described += [Column(before(column.name), column.type) for column in columns]
    comment = f"the sums of the measures over {part.source.code} up to each day"
    return computed(running_name(part), "work", comment, described, COVERED_DAY_KEY, with_steps(query, steps))


def _up_to(column: str) -> exp.Window:
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    return exp.Window(this=sum_of(col(column)), partition_by=[col("entity_id")], order=by_day)


def fold_sums(plan: Plan, part: Part) -> Relation:
    """The sums over each span: up to its last covered day, less those up to the day before its first.

    To join each span with its days costs spans times days: a backfill of 365 dates took three times as long
    (tests/bench/scale.py).
    """
    columns = columns_of(summed(plan, part))
    up_to_last = _looked_up(part, until_column(part.source), [col(column.name, "day") for column in columns], columns)
    earlier: list[exp.Expr] = [exp.Neg(this=col(before(column.name), "day")) for column in columns]
    up_to_first = _looked_up(part, from_column(part.source), earlier, columns)
    values = [named(cast(sum_of(col(column.name)), column.type), column.name) for column in columns]
    query = select([*(col(key) for key in COVERED_SPAN_KEY), *values]).from_(table(TableName(None, "end")), copy=False)
    query = query.group_by(*(col(key) for key in COVERED_SPAN_KEY), copy=False)
    steps = [
        Step("end", union_all([up_to_last, up_to_first]), "the sums at a span's last day, less those before its first")
    ]
    comment = f"the measures over {part.source.code}, summed over each span"
    described = (Column("span_id", "bigint"), Column("entity_id", "bigint"), *columns)
    return computed(folded_name(part), "work", comment, described, COVERED_SPAN_KEY, with_steps(query, steps))


def _looked_up(part: Part, day: str, values: Sequence[exp.Expr], columns: Sequence[Column]) -> exp.Select:
    """The running sums on one of each span's days. One join at a time: of two, DuckDB makes one of days with days."""
    keys: list[exp.Expr] = [col(key, "span") for key in COVERED_SPAN_KEY]
    found = [named(value, column.name) for value, column in zip(values, columns, strict=True)]
    same = all_of(
        [
            exp.EQ(this=col("date_key", "day"), expression=col(day, "span")),
            exp.EQ(this=col("entity_id", "day"), expression=col("entity_id", "span")),
        ]
    )
    query = select([*keys, *found]).from_(table(COVERED_SPAN, "span"), copy=False)
    return query.join(table(running_name(part), "day"), on=same, copy=False)
