"""The oracle's own dates: daylight saving, windows and the year before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Range = tuple[date, date]
ONE_DAY = timedelta(days=1)
# 52 weeks: the same weekday, a year earlier.
YEAR_OF_WEEKS = timedelta(days=364)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """How a project reads days: its zone, its weeks and years, and what it compares with."""

    timezone: str = "UTC"
    day_starts_at: time = time(0)
    calendar_start: date = date(2015, 1, 1)
    calendar_end: date = date(2035, 12, 31)
    week_starts_on: int = 0  # Monday is 0, as in date.weekday()
    fiscal_starts: int = 1  # the month in which fiscal years start
    windows: tuple[str, ...] = ("mtd", "qtd", "ytd", "last28")
    compare: Literal["same_date", "same_weekday"] = "same_date"


def each_day(days: Range | None) -> list[date]:
    return [] if days is None else [days[0] + n * ONE_DAY for n in range((days[1] - days[0]).days + 1)]


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """A local time that occurs twice is the second one; one that does not exist is moved forward."""
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    exists = early.astimezone(zone).replace(tzinfo=None) == local
    return local.replace(tzinfo=zone, fold=1).astimezone(UTC) if exists else early


def year_earlier(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return date(day.year - 1, day.month, day.day)


def prior_day(as_of: date, calendar: Calendar) -> date:
    return year_earlier(as_of) if calendar.compare == "same_date" else as_of - YEAR_OF_WEEKS


def window(name: str, as_of: date, calendar: Calendar) -> tuple[date | None, date]:
    """The first and last day; the first of `itd` is None, for it depends on the KPI and the entity."""
    month = date(as_of.year, as_of.month, 1)
    match name:
        case "itd":
            return None, as_of
        case "day":
            return as_of, as_of
        case "wtd":
            return as_of - timedelta(days=(as_of.weekday() - calendar.week_starts_on) % 7), as_of
        case "mtd" | "calendar_mtd":
            return month, as_of
        case "qtd":
            return _months_back(month, (as_of.month - calendar.fiscal_starts) % 3), as_of
        case "calendar_qtd":
            return _months_back(month, (as_of.month - 1) % 3), as_of
        case "ytd":
            return _months_back(month, (as_of.month - calendar.fiscal_starts) % 12), as_of
        case "calendar_ytd":
            return date(as_of.year, 1, 1), as_of
        case "ttm":
            return year_earlier(as_of) + ONE_DAY, as_of
    last = re.fullmatch(r"last([1-9]\d*)", name)
    if last is None:
        raise ValueError(f"the oracle knows no window {name!r}")
    return as_of - timedelta(days=int(last[1]) - 1), as_of


def _months_back(first_of_month: date, months: int) -> date:
    count = first_of_month.year * 12 + first_of_month.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def prior_window(name: str, as_of: date, calendar: Calendar) -> tuple[date | None, date]:
    if name != "itd" and (name == "wtd" or calendar.compare == "same_weekday"):
        first, last = window(name, as_of, calendar)
        assert first is not None
        return first - YEAR_OF_WEEKS, last - YEAR_OF_WEEKS
    return window(name, prior_day(as_of, calendar), calendar)
