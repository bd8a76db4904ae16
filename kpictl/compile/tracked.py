"""Sources that say when a row was last changed: which rows are new, moved or gone since, and what days they touch."""

from __future__ import annotations

from datetime import date, timedelta

from sqlglot import exp

from kpictl.catalog import Column, ColumnType, Source, TableName
from kpictl.compile.expressions import lower
from kpictl.compile.plan import Plan
from kpictl.compile.rows import ZONES_DAYS, source_rows
from kpictl.compile.tree import (
    all_of,
    any_of,
    cast,
    coalesce,
    col,
    is_not_null,
    is_null,
    lit,
    named,
    select,
    table,
    union_all,
)

ROW_KEY, CHANGED_AT, BELONGS = "row_key", "changed_at", "belongs"
WAS_THERE, IS_THERE = "was_there", "is_there"
TIMES: tuple[ColumnType, ...] = ("date", "timestamp", "timestamptz")
"""The types that `changed_at` may have."""


def is_tracked(source: Source) -> bool:
    """Whether a source's changed rows are looked for, instead of computing it whole."""
    return source.key is not None and source.changed_at is not None


def day_columns(source: Source) -> tuple[str, ...]:
    """The business days of a row: one, or those on which it begins and ends to count."""
    return ("date_key",) if source.time is not None else ("valid_from", "valid_to")


def kept_columns(plan: Plan, source: Source) -> tuple[Column, ...]:
    """What is kept of each row; `changed_at` as its own type has it."""
    kind = next(each for each in TIMES if each == plan.types[source.code].get(source.changed_at or ""))
    days = (Column(name, "date") for name in day_columns(source))
    return (Column(ROW_KEY, "text"), *days, Column("entity_id", "bigint"), Column(CHANGED_AT, kind))


def rows_since(plan: Plan, source: Source, since: exp.Expr | None) -> exp.Select:
    """The rows that were changed since a moment, or all; `belongs` says which of them the source has.

    A row that says nothing of when it was changed may have been at any time.
    """
    assert source.key is not None
    assert source.changed_at is not None
    condition = lit(value=True)
    if source.where is not None:
        kept = exp.paren(lower(source.where, plan.floats[source.code]), copy=False)
        condition = coalesce(kept, lit(value=False))
    columns = [
        named(cast(col(source.key), "text"), ROW_KEY),
        named(col(source.changed_at), CHANGED_AT),
        named(condition, BELONGS),
    ]
    rows = source_rows(plan, source, columns)
    rows.set("where", None)
    if since is None:
        return rows
    later = exp.GTE(this=col(source.changed_at), expression=since)
    return rows.where(any_of([later, is_null(col(source.changed_at))]), copy=False)


def moved(source: Source, kept: TableName, found: TableName, *, is_whole: bool) -> exp.Query:
    """The keys of rows that may differ from what is kept, with their days before and now.

    Those that were read by `changed_at` may all: it need not tell two changes of one day apart, or of one second. Where
    all rows are compared, those that have other days, another entity or another `changed_at`.
    """
    days = day_columns(source)
    columns: list[exp.Expr] = [col(ROW_KEY, "now")]
    columns += [named(is_not_null(col(ROW_KEY, "before")), WAS_THERE), named(col(BELONGS, "now"), IS_THERE)]
    columns += [named(col(day, "before"), f"old_{day}") for day in days]
    columns += [
        named(exp.Case(ifs=[exp.If(this=col(BELONGS, "now"), true=col(day, "now"))]), f"new_{day}") for day in days
    ]
    same = exp.EQ(this=col(ROW_KEY, "before"), expression=col(ROW_KEY, "now"))
    is_kept = is_not_null(col(ROW_KEY, "before"))
    differs: list[exp.Expr] = [
        exp.NullSafeNEQ(this=col(name, "before"), expression=col(name, "now"))
        for name in (*days, "entity_id", CHANGED_AT)
    ]
    differs.append(is_null(col(CHANGED_AT, "now")))
    if not is_whole:
        differs = [lit(value=True)]
    came_or_changed = all_of([col(BELONGS, "now"), any_of([is_null(col(ROW_KEY, "before")), *differs])])
    left = all_of([exp.Not(this=col(BELONGS, "now")), is_kept])
    query = select(columns).from_(table(found, "now"), copy=False)
    query = query.join(table(kept, "before"), on=same, join_type="left", copy=False)
    query = query.where(any_of([came_or_changed, left]), copy=False)
    return exp.Union(this=query, expression=_gone(source, kept, found), distinct=False) if is_whole else query


def _gone(source: Source, kept: TableName, found: TableName) -> exp.Select:
    """The rows that are kept and that the relation has no more."""
    days = day_columns(source)
    columns = [col(ROW_KEY, "before"), named(lit(value=True), WAS_THERE), named(lit(value=False), IS_THERE)]
    columns += [named(col(day, "before"), f"old_{day}") for day in days]
    columns += [named(cast(lit(None), "date"), f"new_{day}") for day in days]
    there = select([lit(1)]).from_(table(found, "now"), copy=False)
    there = there.where(exp.EQ(this=col(ROW_KEY, "now"), expression=col(ROW_KEY, "before")), copy=False)
    return (
        select(columns).from_(table(kept, "before"), copy=False).where(exp.Not(this=exp.Exists(this=there)), copy=False)
    )


def rows_that_belong(plan: Plan, source: Source) -> exp.Select:
    """A row of ones for each row that the source has: for counting."""
    query = select([lit(1)]).from_(table(source.relation), copy=False)
    if source.where is None:
        return query
    return query.where(lower(source.where, plan.floats[source.code]), copy=False)


def days_of_moved(source: Source, moved_rows: TableName) -> exp.Query:
    """The days of moved rows, before and now, as `date_key`; NULL for a row that has, or had, no first day."""
    parts = []
    for nth, day in enumerate(day_columns(source)):
        for age, there in (("old", WAS_THERE), ("new", IS_THERE)):
            rows = select([named(col(f"{age}_{day}"), "date_key")]).from_(table(moved_rows), copy=False)
            rows = rows.where(col(there), copy=False)
            # A row that lasts may have no end, which is no day that anything happens on.
            parts.append(rows.where(is_not_null(col(f"{age}_{day}")), copy=False) if nth else rows)
    stacked = exp.Subquery(this=union_all(parts), alias=exp.TableAlias(this=exp.to_identifier("touched", quoted=True)))
    return select([col("date_key")]).distinct(copy=False).from_(stacked, copy=False)


def is_asked(asked: TableName, *, with_none: bool) -> exp.Expr:
    """Whether a component's row is of one of some days, or, with `with_none`, of none."""
    days = select([col("date_key")]).from_(table(asked), copy=False)
    found = exp.In(this=col("date_key"), query=exp.Subquery(this=days))
    return any_of([found, is_null(col("date_key"))]) if with_none else found


def on_days(
    source: Source, component: exp.Query, asked: TableName, first: date | None, last: date | None, *, with_none: bool
) -> exp.Query:
    """The query of a component, of some business days alone, and with `with_none` of the rows without one.

    `first` and `last` are the ends of the days, None where there is none within the calendar. A row's time lies near
    its business day: so an index on the time serves.
    """
    assert isinstance(component, exp.Select)
    query = component.copy().where(is_asked(asked, with_none=with_none), copy=False)
    rows = next(cte.this for cte in query.ctes if cte.alias == "row")
    if source.time is not None and not with_none:
        margin = timedelta(days=ZONES_DAYS)
        if first is not None:
            begins = cast(lit((first - margin).isoformat()), "timestamp")
            rows.where(exp.GTE(this=col(source.time), expression=begins), copy=False)
        if last is not None:
            ends = cast(lit((last + margin).isoformat()), "timestamp")
            rows.where(exp.LTE(this=col(source.time), expression=ends), copy=False)
    return query
