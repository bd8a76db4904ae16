"""Queries that look at what a run is about to publish: whether it is whole, and what its checks are asked of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlglot import exp

from kpictl.catalog import Kpi, Source, TableName
from kpictl.compile.components import ROWS, component_name
from kpictl.compile.coverage import KPI_COVERAGE, KPI_COVERAGE_KEY, only_defined
from kpictl.compile.dashboard import DASHBOARD_KEY
from kpictl.compile.expressions import fits, lower
from kpictl.compile.facts import FACT_KEY, THINNED
from kpictl.compile.feeds import is_never_null
from kpictl.compile.inputs import RUN_DATE, RUN_FACTS
from kpictl.compile.plan import Plan
from kpictl.compile.tree import (
    all_of,
    any_of,
    between,
    case,
    cast,
    coalesce,
    col,
    greatest,
    is_not_null,
    is_null,
    least,
    lit,
    max_of,
    min_of,
    named,
    only_where,
    select,
    sum_of,
    table,
    union_all,
    unnest,
)

WEEKS = 8
"""How many weeks before it a day is compared with."""
EXAMPLES = 4
"""How many rows a query names at most: one more than are shown."""


def _published(plan: Plan, name: str) -> TableName:
    return TableName(plan.catalog.project.schemas.kpi, name)


def _inner(query: exp.Query, name: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)))


def _same(left: str, right: str, keys: Iterable[str]) -> exp.Expr:
    return all_of(exp.EQ(this=col(key, left), expression=col(key, right)) for key in keys)


def _ids(kpis: Iterable[Kpi]) -> exp.Expr:
    """Whether a row is of one of some KPIs."""
    return exp.In(this=col("kpi_id"), expressions=[lit(kpi.id) for kpi in kpis])


def dashboard_differences(plan: Plan) -> tuple[exp.Query, exp.Query]:
    """The rows that the dashboard lacks at the run's as-of dates, and those that it has too many."""
    ids: list[exp.Expr] = [lit(kpi.id) for kpi in plan.published]
    every = select([col("as_of_date", "at"), named(unnest(ids), "kpi_id"), col("entity_id", "of")])
    every = every.from_(table(RUN_DATE, "at"), copy=False)
    every = every.join(table(_published(plan, "dim_entity"), "of"), join_type="cross", copy=False)
    wanted = select([col(key) for key in DASHBOARD_KEY]).from_(_inner(every, "every"), copy=False)
    there = select([col(key) for key in DASHBOARD_KEY]).from_(table(_published(plan, "agg_kpi_dashboard")), copy=False)
    return _differences(only_defined(plan, wanted), there.where(_at_run_dates("as_of_date"), copy=False), DASHBOARD_KEY)


def fact_differences(plan: Plan) -> tuple[exp.Query, exp.Query]:
    """The same of the facts on those dates: one for each KPI and entity that is covered; sparse zeros may lack."""
    day = col("as_of_date", "at")
    covered = between(day, col("covered_from", "of"), col("covered_until", "of"))
    wanted = select([named(day.copy(), "date_key"), col("kpi_id", "of"), col("entity_id", "of")])
    wanted = wanted.from_(table(KPI_COVERAGE, "of"), copy=False)
    last = exp.EQ(this=col("as_of_date", "of"), expression=col("last_day", "facts"))
    wanted = wanted.join(table(RUN_FACTS, "facts"), on=last, copy=False)
    wanted = wanted.join(table(RUN_DATE, "at"), on=covered, copy=False)
    there = select([col(key) for key in FACT_KEY]).from_(table(_published(plan, "fact_kpi_daily")), copy=False)
    there = there.where(_at_run_dates("date_key"), _ids(plan.published), copy=False)
    lacking, beyond = _differences(wanted, there, FACT_KEY)
    thinned = _thinned(plan)
    if thinned:
        assert isinstance(lacking, exp.Select)
        lacking = lacking.where(exp.Not(this=_ids(thinned)), copy=False)
    return lacking, beyond


def _thinned(plan: Plan) -> list[Kpi]:
    """The KPIs whose zeros are no facts."""
    if plan.catalog.project.facts == "dense":
        return []
    return [kpi for kpi in plan.published if plan.kind(kpi) in THINNED]


def _at_run_dates(column: str) -> exp.Expr:
    dates = select([col("as_of_date")]).from_(table(RUN_DATE), copy=False)
    return exp.In(this=col(column), query=exp.Subquery(this=dates))


def _differences(wanted: exp.Query, there: exp.Query, key: Sequence[str]) -> tuple[exp.Query, exp.Query]:
    return _only_in(wanted, there, key), _only_in(there, wanted, key)


def _only_in(rows: exp.Query, others: exp.Query, key: Sequence[str]) -> exp.Query:
    """A difference of sets, which no planner works out pair by pair."""
    lone = exp.Except(this=rows.copy(), expression=others.copy(), distinct=True)
    query = select([col(name, "one") for name in key]).from_(_inner(lone, "one"), copy=False)
    return query.order_by(*(col(name) for name in key), copy=False).limit(EXAMPLES, copy=False)


CELL = ("value", "prior", "delta", "delta_pct", "status", "prior_status")


def unexplained(plan: Plan) -> exp.Query:
    """Cells at the run's as-of dates whose NULLs, or values, their statuses do not explain: keys and the window.

    The windows are laid below each other, so that there is one condition for all: DuckDB takes longer to plan several.
    """
    windows = plan.catalog.project.windows
    rows = select([*(col(key) for key in DASHBOARD_KEY), named(unnest([lit(name) for name in windows]), "window_name")])
    for ending in CELL:
        rows = rows.select(named(unnest([col(f"{name}_{ending}") for name in windows]), ending), copy=False)
    rows = rows.from_(table(_published(plan, "agg_kpi_dashboard")), copy=False)
    rows = rows.where(_at_run_dates("as_of_date"), copy=False)
    names = (*DASHBOARD_KEY, "window_name")
    query = select([col(name) for name in names]).from_(_inner(rows, "cell"), copy=False)
    query = query.where(_unexplained(plan), copy=False)
    return query.order_by(*(col(name) for name in names), copy=False).limit(EXAMPLES, copy=False)


def _unexplained(plan: Plan) -> exp.Expr:
    value, prior, delta, percent, status, prior_status = (col(name) for name in CELL)
    either = exp.paren(any_of([is_null(value.copy()), is_null(prior.copy())]))
    comparable = all_of([is_not_null(delta.copy()), exp.NEQ(this=prior.copy(), expression=lit(0))])
    size = exp.Nullif(this=exp.Abs(this=cast(prior.copy(), "double")), expression=lit(0))
    hundredfold = exp.paren(exp.Mul(this=lit(100), expression=cast(delta.copy(), "double")))
    can_be_kept = fits(exp.paren(exp.Div(this=hundredfold, expression=size)))
    return any_of(
        [
            _unlike_its_status(plan, value, status),
            _unlike_its_status(plan, prior, prior_status),
            exp.NEQ(this=exp.paren(is_null(delta.copy())), expression=either),
            all_of([is_not_null(percent.copy()), exp.Not(this=exp.paren(coalesce(comparable, lit(value=False))))]),
            all_of([is_null(percent.copy()), comparable.copy(), can_be_kept]),
        ]
    )


def _unlike_its_status(plan: Plan, value: exp.Expr, status: exp.Expr) -> exp.Expr:
    """A value, or the lack of one, that its status does not allow.

    A sum or a count lacks a value only where there is no data; a formula may have one where its inputs lack some.
    """

    def stands(*names: str) -> exp.Expr:
        return exp.In(this=status.copy(), expressions=[lit(name) for name in names])

    always = [kpi for kpi in plan.published if is_never_null(plan, kpi)]
    measures = [kpi for kpi in plan.published if kpi.formula is None]
    faults = [
        is_null(status.copy()),
        all_of([is_null(value.copy()), stands("ok")]),
        all_of([is_not_null(value.copy()), stands("no_data")]),
    ]
    if always:
        faults.append(all_of([is_null(value.copy()), exp.Not(this=stands("no_data")), _ids(always)]))
    if measures:
        faults.append(all_of([is_not_null(value.copy()), stands("undefined", "stale"), _ids(measures)]))
    return any_of(faults)


DAY = "$day"
"""The value on the day of the as-of date; `$` cannot stand in a window's name."""


def checked_values(plan: Plan, kpis: Sequence[Kpi], columns: Sequence[str], dates: Sequence[date]) -> exp.Query:
    """The keys, the day's value and some columns of the dashboard's rows of some KPIs at some as-of dates."""
    query = select([*(col(key, "row") for key in DASHBOARD_KEY), named(_day_value(plan), DAY)])
    query = query.select(*(col(name, "row") for name in columns), copy=False)
    query = query.from_(table(_published(plan, "agg_kpi_dashboard"), "row"), copy=False)
    query = query.join(table(KPI_COVERAGE, "of"), on=_same("of", "row", KPI_COVERAGE_KEY), join_type="left", copy=False)
    on_the_day = exp.EQ(this=col("date_key", "fact"), expression=col("as_of_date", "row"))
    same = all_of([on_the_day, _same("fact", "row", ("kpi_id", "entity_id"))])
    query = query.join(table(_published(plan, "fact_kpi_daily"), "fact"), on=same, join_type="left", copy=False)
    query = query.where(
        exp.In(this=col("as_of_date", "row"), expressions=[lit(day) for day in dates]),
        exp.In(this=col("kpi_id", "row"), expressions=[lit(kpi.id) for kpi in kpis]),
        copy=False,
    )
    return query.order_by(*(col(key, "row") for key in DASHBOARD_KEY), copy=False)


def _day_value(plan: Plan) -> exp.Expr:
    """That of the fact where the day is covered, as it is known at the as-of date; zeros need not be facts."""
    covered = between(col("as_of_date", "row"), col("covered_from", "of"), col("covered_until", "of"))
    value: exp.Expr = col("value", "fact")
    thinned = [lit(kpi.id) for kpi in _thinned(plan)]
    if thinned:
        is_zero = all_of([is_null(value.copy()), exp.In(this=col("kpi_id", "row"), expressions=thinned)])
        value = case((is_zero, cast(lit(0), "decimal")), default=value)
    return case((covered, value))


def newest(plan: Plan, source: Source, now: datetime, today: date) -> exp.Query:
    """The time of a source's newest row that is not in the future: a day, or a moment."""
    assert source.time is not None
    column = col(source.time)
    moment = cast(lit(now.isoformat()), "timestamptz")
    match plan.types[source.code].get(source.time):
        case "date":
            until: exp.Expr = lit(today)
            found: exp.Expr = max_of(column)
        case "timestamptz":
            until, found = moment, max_of(column)
        case _:
            zone = lit(source.timezone)
            until = exp.AtTimeZone(this=moment, zone=zone)
            found = exp.AtTimeZone(this=max_of(column), zone=zone.copy())
    query = select([named(found, "$newest")]).from_(table(source.relation), copy=False)
    query = query.where(exp.LTE(this=column.copy(), expression=until), copy=False)
    if source.where is not None:
        query = query.where(exp.paren(lower(source.where, plan.floats[source.code])), copy=False)
    return query


def volumes(plan: Plan, day: date) -> exp.Query | None:
    """Per source of rows that happened: its first and last day, its rows on a day, and on that weekday before.

    `(source_code, first_day, last_day, rows, rows a week before, …)`, taken of the components: nothing is read again.
    """
    days = [day - timedelta(weeks=back) for back in range(WEEKS + 1)]
    parts = [
        select(
            [
                named(lit(source.code), "source_code"),
                named(_within(plan, min_of(col("date_key"))), "first_day"),
                named(_within(plan, max_of(col("date_key"))), "last_day"),
                *(named(_rows_on(each), f"weeks_{back}") for back, each in enumerate(days)),
            ]
        ).from_(table(component_name(plan.parts_of(source)[0])), copy=False)
        for source in plan.sources
        if source.time is not None
    ]
    return union_all(parts) if parts else None


def _within(plan: Plan, day: exp.Expr) -> exp.Expr:
    """A day as far as it matters, since Python has no others: the calendar's ends for those outside."""
    calendar = plan.catalog.project.calendar
    known = least([greatest([day, lit(calendar.start)]), lit(calendar.end)])
    return case((is_null(day.copy()), cast(lit(None), "date")), default=known)


def _rows_on(day: date) -> exp.Expr:
    on_it = exp.EQ(this=col("date_key"), expression=lit(day))
    return cast(coalesce(only_where(sum_of(col(ROWS)), on_it), lit(0)), "bigint")
