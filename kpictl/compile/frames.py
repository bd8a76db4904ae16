"""The rows on which KPIs are evaluated: covered days and covered spans, with how well each source covers them.

A span is a range of business days at an as-of date: a window, a whole period, or the prior one of either. Windows and
periods that are the same days are one span.
"""

from __future__ import annotations

from enum import IntEnum

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.coverage import COVERAGE, FIRST_DAY, first_day, last_day
from kpictl.compile.inputs import RUN_DAY, RUN_FACTS, RUN_SPAN
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    all_of,
    any_of,
    between,
    case,
    coalesce,
    col,
    greatest,
    is_null,
    least,
    lit,
    named,
    select,
    table,
)

COVERED_DAY = TableName(None, "covered_day")
COVERED_DAY_KEY = ("date_key", "entity_id")
COVERED_SPAN = TableName(None, "covered_span")
COVERED_SPAN_KEY = ("span_id", "entity_id")
SPAN_DAY = TableName(None, "span_day")


class Rank(IntEnum):
    """The statuses, so that the greatest of several is the one that is given."""

    OK = 0
    UNDEFINED = 1
    PARTIAL = 2
    STALE = 3
    NO_DATA = 4


def rank_column(source: Source) -> str:
    """The column that says how well a source covers a row."""
    return f"{source.code}$rank"


def from_column(source: Source) -> str:
    """The column with the first day of a span that a source covers."""
    return f"{source.code}$from"


def until_column(source: Source) -> str:
    """The column with the last day of a span that a source covers."""
    return f"{source.code}$until"


def covers(source: Source) -> exp.Expr:
    """Whether a source covers any of a row's days."""
    return exp.LT(this=col(rank_column(source)), expression=lit(int(Rank.NO_DATA)))


def covered_day(plan: Plan) -> Relation:
    """A row for each day that is looked at and that any source covers, and entity."""
    columns: list[exp.Expr] = [col("date_key", "day"), col("entity_id", "of"), col("is_fact", "day")]
    described = [Column("date_key", "date"), Column("entity_id", "bigint"), Column("is_fact", "boolean")]
    for source in plan.sources:
        covered = between(col("date_key", "day"), col(first_day(source), "of"), col(last_day(source), "of"))
        rank = case((covered, lit(int(Rank.OK))), default=lit(int(Rank.NO_DATA)))
        columns.append(named(rank, rank_column(source)))
        described.append(Column(rank_column(source), "bigint"))
    at = exp.EQ(this=col("as_of_date", "of"), expression=col("last_day", "facts"))
    inside = between(col("date_key", "day"), col(FIRST_DAY, "of"), col("last_day", "facts"))
    query = (
        select(columns)
        .from_(table(RUN_FACTS, "facts"), copy=False)
        .join(table(COVERAGE, "of"), on=at, copy=False)
        .join(table(RUN_DAY, "day"), on=inside, copy=False)
    )
    comment = "the days that are looked at, and which sources cover them"
    return computed(COVERED_DAY, "work", comment, described, COVERED_DAY_KEY, query)


def covered_span(plan: Plan) -> Relation:
    """A row for each span of which any source covers a day, and entity.

    A span without a first day is one since inception: whatever is covered up to its last day is all of it.
    """
    columns: list[exp.Expr] = [col("span_id", "span"), col("entity_id", "of")]
    columns += [col("first_day", "span"), col("last_day", "span")]
    described = [Column("span_id", "bigint"), Column("entity_id", "bigint")]
    described += [Column("first_day", "date"), Column("last_day", "date")]
    for source in plan.sources:
        first, last = col(first_day(source), "of"), col(last_day(source), "of")
        starts = greatest([first, coalesce(col("first_day", "span"), first.copy())])
        ends = least([last, col("last_day", "span")])
        exists = exp.LTE(this=starts, expression=ends)
        known = all_of([exp.Not(this=is_null(day.copy())) for day in (first, last)])
        whole = case((all_of([known, exists]), starts.copy()))
        columns.append(named(whole, from_column(source)))
        columns.append(named(case((all_of([known.copy(), exists.copy()]), ends.copy())), until_column(source)))
        described += [Column(from_column(source), "date"), Column(until_column(source), "date")]
    at = exp.EQ(this=col("as_of_date", "of"), expression=col("as_of_date", "span"))
    clipped = select(columns).from_(table(RUN_SPAN, "span"), copy=False).join(table(COVERAGE, "of"), on=at, copy=False)
    ranks = [named(_rank(source), rank_column(source)) for source in plan.sources]
    described += [Column(rank_column(source), "bigint") for source in plan.sources]
    query = select([exp.Star(), *ranks]).from_(
        exp.Subquery(this=clipped, alias=exp.TableAlias(this=exp.to_identifier("clipped", quoted=True))), copy=False
    )
    somewhere = any_of([exp.Not(this=is_null(col(from_column(source)))) for source in plan.sources])
    comment = "the days of each span that each source covers"
    return computed(COVERED_SPAN, "work", comment, described, COVERED_SPAN_KEY, query.where(somewhere, copy=False))


def _rank(source: Source) -> exp.Expr:
    first, last = col(from_column(source)), col(until_column(source))
    return span_rank(first, last)


def span_rank(first: exp.Expr, last: exp.Expr) -> exp.Expr:
    """How well the days from `first` to `last`, NULL where there are none, cover a span."""
    partly = [
        exp.GT(this=first.copy(), expression=col("first_day")),
        exp.LT(this=last.copy(), expression=col("last_day")),
    ]
    return case(
        (is_null(first), lit(int(Rank.NO_DATA))),
        (any_of(partly), lit(int(Rank.PARTIAL))),
        default=lit(int(Rank.OK)),
    )


def span_day(plan: Plan, dim_date: TableName) -> Relation:
    """The days of each span."""
    begins = coalesce(col("first_day", "span"), lit(plan.catalog.project.calendar.start))
    inside = between(col("date_key", "day"), begins, col("last_day", "span"))
    query = select([col("span_id", "span"), col("date_key", "day")]).from_(table(RUN_SPAN, "span"), copy=False)
    query = query.join(table(dim_date, "day"), on=inside, copy=False)
    columns = (Column("span_id", "bigint"), Column("date_key", "date"))
    return computed(SPAN_DAY, "work", "the days of each span", columns, ("span_id", "date_key"), query)
