"""Folding days into spans: every window and period of an entity, from the relations that have its days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqlglot import exp

from kpictl.catalog import Column, Kpi, OverTime, TableName
from kpictl.compile.components import columns_of, daily_name, sums
from kpictl.compile.coverage import extreme_of_all
from kpictl.compile.distinct import last_within, seen_name
from kpictl.compile.frames import (
    COVERED_SPAN,
    COVERED_SPAN_KEY,
    SPAN_DAY,
    Rank,
    from_column,
    span_rank,
    until_column,
)
from kpictl.compile.plan import Part, Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.rows import is_average
from kpictl.compile.stocks import stale_column, stock_name
from kpictl.compile.tree import (
    Step,
    all_of,
    between,
    case,
    cast,
    col,
    count_of,
    greatest,
    least,
    lit,
    max_of,
    min_of,
    named,
    select,
    sum_of,
    table,
    with_steps,
)

_KEYS = (Column("span_id", "bigint"), Column("entity_id", "bigint"))


def folded_name(part: Part) -> TableName:
    return TableName(None, f"folded_{part.name}")


def directly_folded_name(part: Part) -> TableName:
    """What no running sum can tell: extremes, and what was valid."""
    return TableName(None, f"directly_folded_{part.name}")


def kpi_folded_name(kpi: Kpi) -> TableName:
    return TableName(None, f"kpi_folded_{kpi.code}")


def averaged_name(kpi: Kpi) -> TableName:
    """The daily values of a formula that is averaged over time."""
    return TableName(None, f"averaged_{kpi.code}")


def days_column(kpi: Kpi) -> str:
    """The column that counts the days whose values are averaged."""
    return f"{kpi.code}$days"


def own_rank_column(kpi: Kpi) -> str:
    """The column that says how a KPI stands by itself, beyond its sources' coverage."""
    return f"{kpi.code}$own_rank"


def is_looked_up(kpi: Kpi) -> bool:
    """Whether a value over a span is that of its last covered day, and needs no folding."""
    return kpi.over_time in {None, "last"}


def folded_measures(plan: Plan, part: Part) -> tuple[Kpi, ...]:
    """The measures of a part that are folded side by side from the days of each span."""
    if part.source.time is None:
        return tuple(kpi for kpi in part.measures if not is_looked_up(kpi))
    return tuple(kpi for kpi in part.measures if plan.kind(kpi) == "extreme")


def fold_part(plan: Plan, part: Part) -> Relation:
    """The extremes of a part over each span and entity that have rows; or what was valid, folded by `over_time`."""
    kpis = folded_measures(plan, part)
    if part.source.time is None:
        values = [column for kpi in kpis for column in _over_time(kpi)]
        described = [column for kpi in kpis for column in over_time_columns(kpi)]
    else:
        values, described = sums(kpis, "day"), columns_of(kpis)
    query = _spans(daily_name(part), values, from_column(part.source), until_column(part.source))
    comment = f"the measures over {part.source.code}, folded over each span"
    return computed(directly_folded_name(part), "work", comment, (*_KEYS, *described), COVERED_SPAN_KEY, query)


def fold_stock(plan: Plan, kpi: Kpi) -> Relation:
    """A stock's daily values over each span, folded by `over_time`."""
    source = plan.source_of(kpi)
    query = _spans(stock_name(kpi), _over_time(kpi), from_column(source), until_column(source))
    comment = f"{kpi.code} over each span: `over_time: {kpi.over_time}`"
    columns = (*_KEYS, *over_time_columns(kpi))
    return computed(kpi_folded_name(kpi), "work", comment, columns, COVERED_SPAN_KEY, query)


def fold_distinct(plan: Plan, kpi: Kpi) -> Relation:
    """How many different values each span has: those whose next day lies after it (the rule is in distinct.py)."""
    source = plan.source_of(kpi)
    values = [named(cast(sum_of(col("keys", "day")), "decimal"), kpi.code)]
    query = _spans(seen_name(kpi), values, from_column(source), until_column(source))
    query = query.where(last_within(col(until_column(source), "span"), "day"), copy=False)
    comment = f"the different values of {kpi.code} in each span"
    columns = (*_KEYS, Column(kpi.code, "decimal"))
    return computed(kpi_folded_name(kpi), "work", comment, columns, COVERED_SPAN_KEY, query)


def fold_average(plan: Plan, kpi: Kpi) -> Relation:
    """The daily values of a formula over each span, and how the days that all of its inputs cover stand in it."""
    sources = plan.sources_of(kpi)
    starts = extreme_of_all([col(from_column(source)) for source in sources], greatest)
    ends = extreme_of_all([col(until_column(source)) for source in sources], least)
    days = ("first_day", "last_day")
    clipped = select(
        [*(col(name) for name in (*COVERED_SPAN_KEY, *days)), named(starts, "starts"), named(ends, "ends")]
    )
    clipped = clipped.from_(table(COVERED_SPAN), copy=False)
    ranked = select([*(col(name) for name in COVERED_SPAN_KEY), col("starts"), col("ends")])
    nowhere = exp.GT(this=col("starts"), expression=col("ends"))
    rank = case((nowhere, lit(int(Rank.NO_DATA))), default=span_rank(col("starts"), col("ends")))
    ranked = ranked.select(named(rank, own_rank_column(kpi)), copy=False)
    ranked = ranked.from_(table(TableName(None, "clipped")), copy=False)
    summed = _spans(averaged_name(kpi), _over_time(kpi), "starts", "ends", TableName(None, "ranked"))
    names = [column.name for column in over_time_columns(kpi)]
    query = select([*(col(key, "ranked") for key in COVERED_SPAN_KEY), *(col(name, "summed") for name in names)])
    query = query.select(col(own_rank_column(kpi), "ranked"), copy=False).from_(table(TableName(None, "ranked")))
    same = all_of(exp.EQ(this=col(key, "summed"), expression=col(key, "ranked")) for key in COVERED_SPAN_KEY)
    query = query.join(table(TableName(None, "summed")), on=same, join_type="left", copy=False)
    steps = [
        Step("clipped", clipped, "the days that all of its inputs cover"),
        Step("ranked", ranked, "and how well they cover the span"),
        Step("summed", summed, "the daily values of those days"),
    ]
    columns = (*_KEYS, *over_time_columns(kpi), Column(own_rank_column(kpi), "bigint"))
    comment = f"the mean of the daily values of {kpi.code} over each span"
    return computed(kpi_folded_name(kpi), "work", comment, columns, COVERED_SPAN_KEY, with_steps(query, steps))


def _spans(
    days: TableName, values: Sequence[exp.Expr], starts: str, ends: str, spans: TableName = COVERED_SPAN
) -> exp.Select:
    """The days of a relation, grouped by the spans and entities of which they are covered days."""
    keys: list[exp.Expr] = [col(key, "span") for key in COVERED_SPAN_KEY]
    of_span = exp.EQ(this=col("span_id", "within"), expression=col("span_id", "span"))
    of_day = [
        exp.EQ(this=col("date_key", "day"), expression=col("date_key", "within")),
        exp.EQ(this=col("entity_id", "day"), expression=col("entity_id", "span")),
    ]
    return (
        select([*keys, *values])
        .from_(table(spans, "span"), copy=False)
        .join(table(SPAN_DAY, "within"), on=of_span, copy=False)
        .join(table(days, "day"), on=all_of(of_day), copy=False)
        .where(between(col("date_key", "within"), col(starts, "span"), col(ends, "span")), copy=False)
        .group_by(*(key.copy() for key in keys), copy=False)
    )


def has_staleness(kpi: Kpi) -> bool:
    """Whether days of a KPI can be stale: those of a stock with a limit, or of a formula that may use one."""
    return kpi.max_staleness is not None or kpi.formula is not None


def is_daily_double(kpi: Kpi) -> bool:
    """Whether the daily values are doubles."""
    return kpi.formula is not None or is_average(kpi)


def over_time_columns(kpi: Kpi) -> list[Column]:
    """The columns of daily values that are folded by `over_time`."""
    columns = [Column(kpi.code, "double" if is_daily_double(kpi) else "decimal")]
    if kpi.over_time == "average":
        columns.append(Column(days_column(kpi), "bigint"))
    if has_staleness(kpi):
        columns.append(Column(stale_column(kpi), "bigint"))
    return columns


def _over_time(kpi: Kpi) -> list[exp.Expr]:
    """Daily values folded over days, those without a value skipped."""
    assert kpi.over_time is not None
    value = col(kpi.code, "day")
    total = _fold(kpi.over_time, value)
    found = [named(cast(total, "double" if is_daily_double(kpi) else "decimal"), kpi.code)]
    if kpi.over_time == "average":
        found.append(named(count_of(value.copy()), days_column(kpi)))
    if has_staleness(kpi):
        found.append(named(max_of(col(stale_column(kpi), "day")), stale_column(kpi)))
    return found


def _fold(over_time: OverTime, value: exp.Expr) -> exp.Expr:
    match over_time:
        case "average":
            return sum_of(value)
        case "min":
            return min_of(value)
        case "max":
            return max_of(value)
        case "first":
            return exp.ArgMin(this=value, expression=col("date_key", "day"))
        case "last":
            raise AssertionError("the last day's value is looked up")
        case _:
            assert_never(over_time)
