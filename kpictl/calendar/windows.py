"""Windows: ranges of business days that end at an as-of date, and the same windows one year earlier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kpictl.calendar.years import Calendar, same_weekday_last_year


@dataclass(frozen=True, slots=True)
class Range:
    """Business days from `first_day` to `last_day`, both inclusive."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True)
class Window:
    """A window at an as-of date, and the window one year earlier that it is compared with."""

    name: str
    current: Range
    prior: Range


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


def window(name: str, as_of: date, calendar: Calendar) -> Window:
    """The window of that name at `as_of`; `wtd` compares by weekday, the others by the project's rule.

    Raises ValueError for a name that is no window.
    """
    prior = same_weekday_last_year(as_of) if name == "wtd" else calendar.prior(as_of)
    return Window(name, _range(name, as_of, calendar), _range(name, prior, calendar))


def windows(names: tuple[str, ...], as_of: date, calendar: Calendar) -> tuple[Window, ...]:
    return tuple(window(name, as_of, calendar) for name in names)


def _range(name: str, day: date, calendar: Calendar) -> Range:
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
        case _:
            days = last_days(name)
            if days is None:
                raise ValueError(f"no window is called {name!r}")
            first = day - timedelta(days=days - 1)
    return Range(first, day)
