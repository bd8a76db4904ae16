"""Published numbers that a run changes are kept beside the new ones: none of them changes silently."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlglot import exp

from kpictl.calendar import windows
from kpictl.catalog import Catalog, Table, TableName
from kpictl.compile import TREND_DAYS, calendar_of
from kpictl.compile.business_day import day_of_instant
from kpictl.compile.tree import all_of, cast, col, lit, named, select, table, union_all
from kpictl.engine import Engine, Written
from kpictl.pipeline.own import restatement_table, stale_table

SIDES = (("current", "value"), ("prior", "prior"))


@dataclass(frozen=True, slots=True)
class Restating:
    """The run that writes dashboard rows anew, when it began, and of which as-of dates."""

    run_id: str
    now: datetime
    as_of: tuple[date, ...]


def restate(catalog: Catalog, engine: Engine, published: Table, fresh: TableName, by: Restating) -> tuple[int, int]:
    """Keep the numbers that fresh dashboard rows change, or take away: how many, and of how many as-of dates.

    Rows that were written while their as-of day was going on were still to change: they are not counted.
    """
    known = restatement_table(catalog)
    there = set(engine.columns_of(published.name))
    changed = [
        _changed(catalog, published.name, fresh, by, window, side, f"{window}_{ending}")
        for window in catalog.project.windows
        for side, ending in SIDES
        if f"{window}_{ending}" in there
    ]
    numbers = engine.append(known, union_all(changed)) if changed else 0
    if not numbers:
        return 0, 0
    dates = select([exp.Count(this=exp.Distinct(expressions=[col("as_of_date")]))]).from_(table(known.name), copy=False)
    ((of_dates,),) = engine.query(dates.where(exp.EQ(this=col("run_id"), expression=lit(by.run_id)), copy=False))
    return numbers, int(str(of_dates))


def _changed(
    catalog: Catalog,
    published: TableName,
    fresh: TableName,
    by: Restating,
    window: str,
    side: str,
    column: str,
) -> exp.Select:
    keys = ("as_of_date", "kpi_id", "entity_id")
    columns = [
        named(lit(by.run_id), "run_id"),
        *(col(key, "old") for key in keys),
        named(lit(window), "window_name"),
        named(lit(side), "side"),
        named(col(column, "old"), "old_value"),
        named(col(column, "new"), "new_value"),
        named(col("refreshed_at", "old"), "published_at"),
        named(cast(lit(by.now.isoformat()), "timestamptz"), "restated_at"),
    ]
    same = all_of(exp.EQ(this=col(key, "new"), expression=col(key, "old")) for key in keys)
    differs = exp.NullSafeNEQ(this=col(column, "new"), expression=col(column, "old"))
    written_on = day_of_instant(catalog.project, col("refreshed_at", "old"), lit(catalog.project.timezone))
    was_over = exp.GT(this=written_on, expression=col("as_of_date", "old"))
    # A window that was added since is no number that anybody has seen.
    was_there = exp.Not(this=exp.Is(this=col(f"{window}_status", "old"), expression=exp.null()))
    written = exp.In(this=col("as_of_date", "old"), expressions=[lit(day) for day in by.as_of])
    query = select(columns).from_(table(published, "old"), copy=False)
    query = query.join(table(fresh, "new"), on=same, join_type="left", copy=False)
    return query.where(all_of([written, differs, was_over, was_there]), copy=False)


def of_this_run(catalog: Catalog, run_id: str) -> Written:
    """What a run adds to the restatements; it changes none of those before."""
    return Written(restatement_table(catalog).name, exp.EQ(this=col("run_id"), expression=lit(run_id)))


def reported(catalog: Catalog, engine: Engine, since: date) -> tuple[date, ...]:
    """The as-of dates from a day on that have been published, the earliest first."""
    name = TableName(catalog.project.schemas.kpi, "agg_kpi_dashboard")
    query = select([col("as_of_date")]).distinct(copy=False).from_(table(name), copy=False)
    found = engine.query(query.where(exp.GTE(this=col("as_of_date"), expression=lit(since)), copy=False))
    return tuple(sorted(day for (day,) in found if isinstance(day, date)))


def stale(catalog: Catalog, dates: Sequence[date], changed: Collection[date]) -> Iterator[tuple[date, date]]:
    """The as-of dates whose rows take a changed day into account, each with the first such day."""
    days = sorted(changed)
    if not days:
        return
    calendar = calendar_of(catalog.project)
    for as_of in dates:
        if as_of < days[0]:
            continue
        ranges = [(as_of - timedelta(days=TREND_DAYS - 1), as_of)]
        for each in windows(catalog.project.windows, as_of, calendar):
            ranges.append((each.current.first_day or calendar.start, each.current.last_day))
            if each.prior_has_data:
                ranges.append((each.prior.first_day or calendar.start, each.prior.last_day))
        first = [
            days[at] for begins, ends in ranges if (at := bisect_left(days, begins)) < len(days) and days[at] <= ends
        ]
        if first:
            yield as_of, min(first)


def remember_stale(
    catalog: Catalog, engine: Engine, found: Sequence[tuple[date, date]], written: Sequence[date], run_id: str
) -> list[tuple[date, date]]:
    """Add as-of dates to those that are stale, and take out those that were written anew; all that are now."""
    known = stale_table(catalog)
    engine.delete(known.name, exp.In(this=col("as_of_date"), expressions=[lit(day) for day in written]))
    before = {as_of: from_date for as_of, from_date, _ in stale_rows(catalog, engine)}
    rows = [
        (as_of, min(from_date, before.get(as_of, from_date)), run_id)
        for as_of, from_date in found
        if from_date < before.get(as_of, date.max)
    ]
    if rows:
        engine.upsert(known, rows)
    now = {**before, **{as_of: from_date for as_of, from_date, _ in rows}}
    return sorted(now.items())


def stale_rows(catalog: Catalog, engine: Engine) -> list[tuple[date, date, str]]:
    """The stale as-of dates, each with the first day that has changed since and the run that found it."""
    known = stale_table(catalog)
    query = select([col(column.name) for column in known.columns]).from_(table(known.name), copy=False)
    rows = engine.query(query.order_by(col("as_of_date"), copy=False))
    return [(as_of, from_date, str(run_id)) for as_of, from_date, run_id in rows]  # type: ignore[misc] # dates


def differing_days(engine: Engine, published: Table, fresh: TableName, scope: exp.Expr) -> frozenset[date]:
    """The days on which facts differ from those that are published, among those within a scope."""
    columns = [col(column.name) for column in published.columns]
    there = select(columns).from_(table(published.name), copy=False).where(scope.copy(), copy=False)
    now = select([column.copy() for column in columns]).from_(table(fresh), copy=False)
    days: list[exp.Select] = []
    for left, right in ((now, there), (there, now)):
        sides = (left.copy(), right.copy())
        differing = exp.Except(this=sides[0], expression=sides[1], distinct=True)
        alias = exp.TableAlias(this=exp.to_identifier("differing", quoted=True))
        days.append(select([col("date_key")]).from_(exp.Subquery(this=differing, alias=alias), copy=False))
    found = engine.query(exp.Union(this=days[0], expression=days[1], distinct=True))
    return frozenset(day for (day,) in found if isinstance(day, date))
