"""Where each measure's columns come from when KPIs are evaluated, and what its value is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlglot import exp

from kpictl.catalog import Kpi, TableName
from kpictl.compile.components import daily_name, weight
from kpictl.compile.distinct import seen_on_days
from kpictl.compile.folds import (
    days_column,
    directly_folded_name,
    folded_name,
    is_looked_up,
    kpi_folded_name,
    own_rank_column,
)
from kpictl.compile.frames import Rank, covers, until_column
from kpictl.compile.plan import Level, Plan
from kpictl.compile.rows import is_average
from kpictl.compile.stocks import stale_column, stock_name
from kpictl.compile.tree import all_of, case, cast, coalesce, col, is_null, lit, named


@dataclass(frozen=True, slots=True)
class Feed:
    """A relation, or a step, that has columns of measures; `day` is the frame's column for its `date_key`, if any."""

    relation: TableName
    day: str | None
    step: exp.Query | None = None


def feed(plan: Plan, kpi: Kpi, level: Level) -> Feed:
    """Where a measure's columns are at a level: those of days, or folded over a span."""
    kind = plan.kind(kpi)
    if level == "day":
        match kind:
            case "additive" | "average" | "extreme" | "validity":
                return Feed(daily_name(plan.part_of[kpi.code]), "date_key")
            case "stock":
                return Feed(stock_name(kpi), "date_key")
            case "distinct":
                return Feed(TableName(None, f"on_day_{kpi.code}"), "date_key", seen_on_days(kpi))
            case "formula":
                raise AssertionError("a day's formulas are evaluated, not read")
            case _:
                assert_never(kind)
    match kind:
        case "additive" | "average":
            return Feed(folded_name(plan.part_of[kpi.code]), None)
        case "extreme":
            return Feed(directly_folded_name(plan.part_of[kpi.code]), None)
        case "validity" if is_looked_up(kpi):
            return Feed(daily_name(plan.part_of[kpi.code]), until_column(plan.source_of(kpi)))
        case "validity":
            return Feed(directly_folded_name(plan.part_of[kpi.code]), None)
        case "stock" if is_looked_up(kpi):
            return Feed(stock_name(kpi), until_column(plan.source_of(kpi)))
        case "stock" | "distinct" | "formula":
            return Feed(kpi_folded_name(kpi), None)
        case _:
            assert_never(kind)


def raw_columns(plan: Plan, kpi: Kpi, level: Level) -> list[str]:
    """The columns of a measure in its feed."""
    kind = plan.kind(kpi)
    columns = [kpi.code]
    if kind == "average":
        columns.append(weight(kpi))
    if level == "span" and kpi.over_time == "average":
        columns.append(days_column(kpi))
    if kind == "stock" and kpi.max_staleness is not None:
        columns.append(stale_column(kpi))
    if kind == "formula":
        columns += [stale_column(kpi), own_rank_column(kpi)]
    return columns


def value(plan: Plan, kpi: Kpi, level: Level) -> exp.Expr:
    """A measure's value, unrounded, from its columns; NULL where its source covers no day."""
    kind = plan.kind(kpi)
    if kind == "formula":
        known: exp.Expr = exp.LT(this=col(own_rank_column(kpi)), expression=lit(int(Rank.NO_DATA)))
    else:
        known = covers(plan.source_of(kpi))
    if level == "span" and kpi.over_time == "average":
        return case((known, _mean(kpi.code, days_column(kpi))))
    match kind:
        case "additive" | "distinct":
            return case((known, coalesce(col(kpi.code), lit(0))))
        case "validity" if not is_average(kpi):
            return case((known, coalesce(col(kpi.code), lit(0))))
        case "average":
            return case((known, _mean(kpi.code, weight(kpi))))
        case "extreme" | "stock" | "validity" | "formula":
            return case((known, col(kpi.code)))
        case _:
            assert_never(kind)


def _mean(total: str, number: str) -> exp.Expr:
    return exp.Div(this=cast(col(total), "double"), expression=exp.Nullif(this=col(number), expression=lit(0)))


def is_never_null(plan: Plan, kpi: Kpi) -> bool:
    """Whether a measure has a value wherever its source covers a day: sums and counts do."""
    kind = plan.kind(kpi)
    return kind in {"additive", "distinct"} or (kind == "validity" and not is_average(kpi))


def own_rank(plan: Plan, kpi: Kpi, level: Level) -> exp.Expr | None:
    """How a measure stands beyond its source's coverage: stale, or as the days of its inputs are covered."""
    kind = plan.kind(kpi)
    if kind == "formula":
        stale = _stale_without_value(kpi, value(plan, kpi, level))
        covered = col(own_rank_column(kpi))
        worst = case((exp.GT(this=covered.copy(), expression=stale.copy()), covered), default=stale)
        return named(worst, own_rank_column(kpi))
    if kind == "stock" and kpi.max_staleness is not None:
        return named(_stale_without_value(kpi, value(plan, kpi, level)), own_rank_column(kpi))
    return None


def _stale_without_value(kpi: Kpi, found: exp.Expr) -> exp.Case:
    is_stale = exp.EQ(this=col(stale_column(kpi)), expression=lit(1))
    return case((all_of([is_null(found), is_stale]), lit(int(Rank.STALE))), default=lit(int(Rank.OK)))
