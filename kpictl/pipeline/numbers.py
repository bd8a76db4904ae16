"""The numbers behind a KPI at an as-of date: each window's days, what its value is made of, and what was published.

They are computed anew from the rows that the last run left, by the compiler's own SQL, into temporary tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never

from kpictl.calendar import Window, windows
from kpictl.catalog import Catalog, Entity, Kpi
from kpictl.compile import calendar_of
from kpictl.diagnostics import UsageError, WorldError
from kpictl.engine import Engine
from kpictl.pipeline.inputs import RunDates
from kpictl.pipeline.publication import Publication, compared
from kpictl.pipeline.recomputed import Recomputed, Side, recomputed
from kpictl.pipeline.workings import (
    Arithmetic,
    Daily,
    Distinct,
    OnDay,
    Quotient,
    Term,
    Working,
    averaged,
    last_reports,
    reached,
    summed,
    total,
)
from kpictl.report import published_dates


@dataclass(frozen=True, slots=True)
class Question:
    """Whose numbers are asked for, and at which moment."""

    kpi: Kpi
    as_of: date
    entity: Entity
    now: datetime


@dataclass(frozen=True, slots=True)
class SideNumbers:
    """A window, or the same a year before: its days, of which `covered` are known; `first_day` is None since inception.

    `working` is None where there is nothing to show, as without data.
    """

    first_day: date | None
    last_day: date
    covered_from: date | None
    covered_until: date | None
    value: Decimal | None
    status: str
    working: Working | None

    @property
    def days(self) -> int:
        """How many days it has; since inception those that are covered."""
        first = self.first_day or self.covered_from
        return 0 if first is None else (self.last_day - first).days + 1

    @property
    def covered_days(self) -> int:
        if self.covered_from is None or self.covered_until is None:
            return 0
        return (self.covered_until - self.covered_from).days + 1


@dataclass(frozen=True, slots=True)
class WindowNumbers:
    """A window against the same a year before."""

    name: str
    current: SideNumbers
    prior: SideNumbers
    delta: Decimal | None
    delta_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """All windows of the project, for one entity."""

    kpi: Kpi
    as_of: date
    entity: Entity
    windows: tuple[WindowNumbers, ...]
    publication: Publication


def numbers(catalog: Catalog, engine: Engine, reader: Engine, question: Question) -> Numbers:
    """The numbers of a KPI; `engine` is where runs work, `reader` what people read.

    Raises UsageError where the KPI has none for the entity, WorldError where no run has been there.
    """
    calendar = calendar_of(catalog.project)
    if not calendar.start <= question.as_of <= calendar.end:
        raise UsageError(
            f"the as-of date {question.as_of} lies outside the calendar",
            help=f"kpictl.yml's calendar goes from {calendar.start} to {calendar.end}",
        )
    with reader.transaction():
        latest = published_dates(reader, catalog)[-1]
    with engine.transaction():
        found = _recomputed(catalog, engine, question, max(latest, question.as_of))
        if question.kpi.code not in found.rows:
            raise UsageError(
                f"`{question.kpi.code}` has no numbers for `{question.entity.code}`",
                help="one of its sources does not say whose its rows are (`entity:`): it is there for ALL alone",
            )
        at = windows(catalog.project.windows, question.as_of, calendar)
        made = tuple(_window(found, question, window) for window in at)
    with reader.transaction():
        publication = compared(catalog, reader, engine, question.kpi, question.entity, question.as_of, found)
    return Numbers(question.kpi, question.as_of, question.entity, made, publication)


def _recomputed(catalog: Catalog, engine: Engine, question: Question, facts_until: date) -> Recomputed:
    try:
        dates = RunDates((question.as_of,), facts_until, question.now)
        return recomputed(catalog, engine, question.kpi, question.entity, dates)
    except WorldError as error:
        advice = error.help or "`kpictl run` brings the tables and models up to date with the files"
        raise WorldError(str(error), help=advice) from error


def _window(found: Recomputed, question: Question, window: Window) -> WindowNumbers:
    row = found.rows[question.kpi.code]
    sides: list[SideNumbers] = []
    named: tuple[tuple[Side, date | None, date], ...] = (
        ("current", window.current.first_day, window.current.last_day),
        ("prior", window.prior.first_day, window.prior.last_day),
    )
    for side, first_day, last_day in named:
        covered = found.covered(question.kpi, window.name, side)
        value, status = found.cell(question.kpi.code, window.name, side)
        working = None if value is None and status != "undefined" else _working(found, question, window.name, side)
        sides.append(SideNumbers(first_day, last_day, *covered, value, status, working))
    delta, delta_pct = (row[f"{window.name}_{name}"] for name in ("delta", "delta_pct"))
    return WindowNumbers(window.name, sides[0], sides[1], _decimal(delta), _decimal(delta_pct))


def _working(found: Recomputed, question: Question, window: str, side: Side) -> Working | None:
    kpi = found.kpi(question.kpi.code)
    covered_from, covered_until = found.covered(kpi, window, side)
    if kpi.formula is not None and kpi.over_time is None:
        return _arithmetic(found, kpi, (window, side), set())
    if covered_from is None or covered_until is None:
        return None
    daily = found.daily(covered_from, covered_until)
    kind = found.kind(kpi)
    match kind:
        case "additive":
            return summed(daily)
        case "average":
            rows, number = found.average(kpi, window, side)
            return None if rows is None else Quotient(rows, number, "rows")
        case "extreme":
            return reached(kpi, daily)
        case "distinct":
            return Distinct(total([value for _, value in daily if value is not None]))
        case "formula":
            return averaged(daily)
        case "stock" | "validity":
            return _over_time(found, kpi, daily, covered_until)
        case _:
            assert_never(kind)


def _over_time(found: Recomputed, kpi: Kpi, daily: Daily, last_day: date) -> Working | None:
    if kpi.over_time == "average":
        return averaged(daily)
    if kpi.over_time not in {None, "last"}:
        return reached(kpi, daily)
    rows = found.reports(kpi)
    return OnDay(last_day) if rows is None else last_reports(kpi, rows, found.leaves(kpi), last_day)


def _arithmetic(found: Recomputed, kpi: Kpi, at: tuple[str, Side], seen: set[str]) -> Arithmetic:
    """A formula and its inputs, each formula among them worked out once."""
    terms = []
    for code in found.inputs(kpi):
        value, status = found.cell(code, *at)
        each = found.kpi(code)
        working = None
        if each.formula is not None and each.over_time is None and code not in seen:
            seen.add(code)
            working = _arithmetic(found, each, at, seen)
        terms.append(Term(code, value, status, working))
    return Arithmetic(kpi, tuple(terms))


def _decimal(value: object) -> Decimal | None:
    assert value is None or isinstance(value, Decimal)
    return value
