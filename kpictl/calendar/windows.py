"""Windows: ranges of business days that end at an as-of date, and the same windows one year earlier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kpictl.calendar.days import ONE_DAY, Range, same_date_last_year, same_weekday_last_year
from kpictl.calendar.years import Calendar

NAMED = ("day", "wtd", "mtd", "qtd", "ytd", "ttm", "itd", "calendar_mtd", "calendar_qtd", "calendar_ytd")
"""The windows but for `lastN`."""

TO_DATE = frozenset({"mtd", "qtd", "ytd"})


@dataclass(frozen=True, slots=True)
class Window:
    """A window at an as-of date, and the window one year earlier that it is compared with.

    A prior that begins before the calendar has no data. `prior_is_short` says that the prior lacks the 53rd week
    that the current one reaches into, so that it covers a part of it at most.
    """

    name: str
    current: Range
    prior: Range
    prior_has_data: bool
    prior_is_short: bool


def business_day(moment: datetime, timezone: str, day_starts_at: time) -> date:
    """The business day of an aware datetime: its wall clock in the zone, less `day_starts_at`."""
    wall_clock = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return (wall_clock - timedelta(hours=day_starts_at.hour, minutes=day_starts_at.minute)).date()


def last_days(name: str) -> int | None:
    """The N of `lastN`, or None for another window.

    >>> last_days("last28")
    28
    """
    match = re.fullmatch(r"last([1-9][0-9]{0,3})", name)
    return None if match is None else int(match[1])


def is_window(name: str) -> bool:
    """Whether a window has this name.

    >>> [is_window(name) for name in ("mtd", "last28", "last0", "monthly")]
    [True, True, False, False]
    """
    return name in NAMED or last_days(name) is not None


def window(name: str, as_of: date, calendar: Calendar) -> Window:
    """The window of that name at `as_of`, with its prior; ValueError for a name that is no window."""
    current = _range(name, as_of, calendar)
    prior = _prior(name, current, calendar)
    return Window(
        name,
        current,
        prior,
        prior_has_data=has_data(prior, calendar),
        prior_is_short=name in TO_DATE and calendar.prior_is_short(as_of),
    )


def windows(names: Iterable[str], as_of: date, calendar: Calendar) -> tuple[Window, ...]:
    """The windows of those names at `as_of`, in their order."""
    return tuple(window(name, as_of, calendar) for name in names)


def has_data(prior: Range, calendar: Calendar) -> bool:
    """Whether a prior range begins within the calendar; one without a beginning must end in it."""
    return (prior.first_day or prior.last_day) >= calendar.start


def moved_364_days(days: Range) -> Range:
    """The range 52 weeks earlier."""
    first = None if days.first_day is None else same_weekday_last_year(days.first_day)
    return Range(first, same_weekday_last_year(days.last_day))


def _prior(name: str, current: Range, calendar: Calendar) -> Range:
    if name == "wtd" or calendar.compare == "same_weekday":
        return moved_364_days(current)
    as_of = current.last_day
    by_date = name.startswith("calendar_")
    return _range(name, same_date_last_year(as_of) if by_date else calendar.prior(as_of), calendar)


def _range(name: str, day: date, calendar: Calendar) -> Range:
    """The window at any day."""
    first: date | None
    match name:
        case "day":
            first = day
        case "wtd":
            first = calendar.week_start(day)
        case "mtd":
            first = calendar.month_start(day)
        case "qtd":
            first = calendar.quarter_start(day)
        case "ytd":
            first = calendar.year_start(day)
        case "calendar_mtd":
            first = calendar.calendar_month_start(day)
        case "calendar_qtd":
            first = calendar.calendar_quarter_start(day)
        case "calendar_ytd":
            first = calendar.calendar_year_start(day)
        case "ttm":
            first = same_date_last_year(day) + ONE_DAY
        case "itd":
            first = None
        case _:
            length = last_days(name)
            if length is None:
                raise ValueError(f"no window is called {name!r}")
            first = day - timedelta(days=length - 1)
    return Range(first, day)
