"""Whole periods: the weeks, months, quarters and years up to an as-of date, each with the one a year earlier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from kpictl.calendar.days import ONE_DAY, Bounds, Range
from kpictl.calendar.windows import has_data, moved_364_days, window
from kpictl.calendar.years import Calendar, PeriodName

TO_DATE_WINDOW = MappingProxyType({"week": "wtd", "month": "mtd", "quarter": "qtd", "year": "ytd"})
"""The window that covers a period to date, by the period's name."""

NAMES: tuple[PeriodName, ...] = ("week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the project's calendar, and the period that it is compared with.

    `period_end` is the nominal end, `through` the last day that counts. `prior` is None where that one begins
    before the calendar: it has no data. `prior_is_short` says that the prior lacks the current one's 53rd week.
    """

    name: PeriodName
    period_start: date
    period_end: date
    through: date
    in_progress: bool
    current: Range
    prior: Range | None
    prior_is_short: bool


def periods(first: date, as_of: date, calendar: Calendar) -> tuple[Period, ...]:
    """Every period that holds a day from `first` to `as_of`: weeks, months, quarters, years, each kind by date."""
    return tuple(
        _period(name, bounds, as_of, calendar) for name in NAMES for bounds in _bounds(name, first, as_of, calendar)
    )


def _bounds(name: PeriodName, first: date, as_of: date, calendar: Calendar) -> Iterator[Bounds]:
    day = first
    while day <= as_of:
        bounds = calendar.bounds(name, day)
        yield bounds
        day = bounds.last + ONE_DAY


def _period(name: PeriodName, bounds: Bounds, as_of: date, calendar: Calendar) -> Period:
    through = min(bounds.last, as_of)
    in_progress = bounds.last > as_of
    if in_progress:
        to_date = window(TO_DATE_WINDOW[name], as_of, calendar)
        prior, is_short = to_date.prior, to_date.prior_is_short
    else:
        prior = _whole_prior(name, bounds, calendar)
        is_short = name != "week" and calendar.prior_is_short(bounds.last)
    return Period(
        name=name,
        period_start=bounds.first,
        period_end=bounds.last,
        through=through,
        in_progress=in_progress,
        current=Range(bounds.first, through),
        prior=prior if has_data(prior, calendar) else None,
        prior_is_short=is_short,
    )


def _whole_prior(name: PeriodName, bounds: Bounds, calendar: Calendar) -> Range:
    """The whole period one year earlier, however long; for weeks, and by weekday, the same days 52 weeks earlier."""
    if name == "week" or calendar.compare == "same_weekday":
        return moved_364_days(Range(*bounds))
    return Range(*calendar.bounds(name, calendar.prior(bounds.first)))
