"""The oracle's tables: daily facts, the dashboard with its trend, and whole periods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, localcontext

from tests.soundness.oracle_days import (
    ONE_DAY,
    PERIODS,
    TO_DATE,
    PeriodName,
    each_day,
    is_week_53,
    period,
    prior_window,
    whole_prior,
    window,
)
from tests.soundness.oracle_model import CONTEXT, Answer, Cell, Period, divide, multiply, rounded, subtract
from tests.soundness.oracle_rows import Project, covered, defined
from tests.soundness.oracle_values import fact, value, worst

# In a 53rd week these are compared with a shorter part of the year before.
SHORT = frozenset({"mtd", "qtd", "ytd"})
TREND_DAYS = 28


def published(project: Project) -> list[tuple[str, str]]:
    pairs = [(kpi.code, entity.code) for kpi in project.kpis if kpi.id is not None for entity in project.entities]
    return [(code, entity) for code, entity in pairs if defined(project, code, entity)]


def facts(project: Project, as_of: date) -> dict[tuple[date, str, str], Decimal | None]:
    """`fact_kpi_daily`, dense: every published KPI, entity and covered day."""
    found = {}
    for code, entity in published(project):
        for day in each_day(covered(project, code, entity, as_of)):
            found[day, code, entity] = fact(project, code, entity, day, as_of).value
    return found


def trend(project: Project, code: str, entity: str, as_of: date) -> dict[date, Decimal | None]:
    """The last 28 days, oldest first."""
    days = each_day((as_of - timedelta(days=TREND_DAYS - 1), as_of))
    return {day: fact(project, code, entity, day, as_of).value for day in days}


def dashboard(project: Project, as_of: date) -> dict[tuple[str, str], dict[str, Cell]]:
    """Every published KPI and entity, every window."""
    return {
        (code, entity): {name: _window_cell(project, code, entity, name, as_of) for name in project.windows}
        for code, entity in published(project)
    }


def _window_cell(project: Project, code: str, entity: str, name: str, as_of: date) -> Cell:
    days, prior_days = window(name, as_of, project), prior_window(name, as_of, project)
    is_short = name in SHORT and project.compare == "fiscal" and is_week_53(as_of, project)
    return _compared(project, code, entity, days, prior_days, as_of, is_short=is_short)


def _compared(
    project: Project,
    code: str,
    entity: str,
    days: tuple[date | None, date],
    prior_days: tuple[date | None, date],
    as_of: date,
    *,
    is_short: bool,
) -> Cell:
    """A range of days beside the one that it is compared with, both as known at `as_of`."""
    now = value(project, code, entity, *days, as_of=as_of)
    if prior_days[0] is not None and prior_days[0] < project.calendar_start:
        prior = Answer(None, "no_data")
    else:
        prior = value(project, code, entity, *prior_days, as_of=as_of)
    known = covered(project, code, entity, as_of)
    inception = None if known is None else known[0]
    with localcontext(CONTEXT):
        delta = subtract(now.value, prior.value)
        percent = multiply(100, divide(delta, None if prior.value is None else abs(prior.value)))
    return Cell(
        value=now.value,
        status=now.status,
        prior=prior.value,
        prior_status=worst(prior.status, "partial") if is_short else prior.status,
        delta=delta,
        delta_pct=None if percent is None else rounded(percent),
        first=days[0] or _begun(inception, days[1]),
        last=days[1],
        prior_first=prior_days[0] or _begun(inception, prior_days[1]),
        prior_last=prior_days[1],
    )


def _begun(inception: date | None, last: date) -> date | None:
    """Where a range since inception begins, if it does before it ends."""
    return None if inception is None or inception > last else inception


def periods(project: Project, as_of: date) -> dict[tuple[PeriodName, date, str, str], Period]:
    """`agg_kpi_period` by period, first day, KPI and entity; `as_of` is the greatest date ever published."""
    found = {}
    for code, entity in published(project):
        known = covered(project, code, entity, as_of)
        for name in PERIODS if known is not None else ():
            for first, last in _each_period(name, known[0] if known else as_of, as_of, project):
                found[name, first, code, entity] = _period(project, code, entity, name, (first, last), as_of)
    return found


def _each_period(name: PeriodName, since: date, as_of: date, project: Project) -> Iterator[tuple[date, date]]:
    day = since
    while day <= as_of:
        days = period(name, day, project)
        yield days
        day = days[1] + ONE_DAY


def _period(project: Project, code: str, entity: str, name: PeriodName, days: tuple[date, date], as_of: date) -> Period:
    first, last = days
    in_progress = last > as_of
    through = min(last, as_of)
    prior_days = prior_window(TO_DATE[name], as_of, project) if in_progress else whole_prior(name, days, project)
    is_short = name != "week" and project.compare == "fiscal" and is_week_53(through, project)
    cell = _compared(project, code, entity, (first, through), prior_days, as_of, is_short=is_short)
    return Period(cell, last, in_progress)
