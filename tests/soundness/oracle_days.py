"""The oracle's own dates: daylight saving, fiscal calendars, windows, whole periods and the year before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Range = tuple[date, date]
PeriodName = Literal["week", "month", "quarter", "year"]
PERIODS: tuple[PeriodName, ...] = ("week", "month", "quarter", "year")
# The window that is a period so far.
TO_DATE: dict[PeriodName, str] = {"week": "wtd", "month": "mtd", "quarter": "qtd", "year": "ytd"}

ONE_DAY = timedelta(days=1)
# 52 weeks: the same weekday, a year earlier.
YEAR_OF_WEEKS = timedelta(days=364)


@dataclass(frozen=True, slots=True)
class Retail:
    """Years of whole weeks, their months 4-4-5 weeks or the like.

    A year ends on the last `weekday` of `month`; with a `day`, on the `weekday` nearest to that day of the month.
    """

    pattern: tuple[int, int, int]
    weekday: int  # Monday is 0, as in date.weekday()
    month: int
    day: int | None = None


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """How a project reads days: its zone, its weeks and years, and what it compares with."""

    timezone: str = "UTC"
    day_starts_at: time = time(0)
    calendar_start: date = date(2015, 1, 1)
    calendar_end: date = date(2035, 12, 31)
    week_starts_on: int = 0  # Monday is 0; a retail calendar has its own
    fiscal_starts: int = 1  # the month in which fiscal years start
    retail: Retail | None = None
    windows: tuple[str, ...] = ("mtd", "qtd", "ytd", "last28")
    compare: Literal["same_date", "same_weekday", "fiscal"] = "same_date"


def each_day(days: Range | None) -> list[date]:
    return [] if days is None else [days[0] + n * ONE_DAY for n in range((days[1] - days[0]).days + 1)]


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """A local time that occurs twice is the second one; one that does not exist is moved forward."""
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    exists = early.astimezone(zone).replace(tzinfo=None) == local
    return local.replace(tzinfo=zone, fold=1).astimezone(UTC) if exists else early


# Retail years


def retail_year(day: date, retail: Retail) -> Range:
    """The first and last day of the fiscal year in which a day lies."""
    for year in range(day.year - 1, day.year + 3):
        first, last = _year_end(year - 1, retail) + ONE_DAY, _year_end(year, retail)
        if first <= day <= last:
            return first, last
    raise AssertionError(f"{day} lies in no fiscal year")


def _year_end(year: int, retail: Retail) -> date:
    if retail.day is None:
        first = date(year, retail.month, 1)
        candidates = each_day((first, _months_back(first, -1) - ONE_DAY))
    else:
        middle = date(year, retail.month, retail.day)
        candidates = each_day((middle - 3 * ONE_DAY, middle + 3 * ONE_DAY))
    return [day for day in candidates if day.weekday() == retail.weekday][-1]


def retail_months(year: Range, retail: Retail) -> list[Range]:
    """The twelve months of a fiscal year; a 53rd week is the last month's."""
    found = []
    first = year[0]
    for number in range(1, 13):
        last = year[1] if number == 12 else first + retail.pattern[(number - 1) % 3] * timedelta(days=7) - ONE_DAY
        found.append((first, last))
        first = last + ONE_DAY
    return found


def retail_week(day: date, retail: Retail) -> int:
    return (day - retail_year(day, retail)[0]).days // 7 + 1


def is_week_53(day: date, calendar: Calendar) -> bool:
    return calendar.retail is not None and retail_week(day, calendar.retail) == 53


# The year before


def year_earlier(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return date(day.year - 1, day.month, day.day)


def fiscal_year_earlier(day: date, retail: Retail) -> date:
    """The same week and weekday of the fiscal year before; of week 53, those of week 52."""
    year = retail_year(day, retail)
    before = retail_year(year[0] - ONE_DAY, retail)
    week = min(retail_week(day, retail), 52)
    return before[0] + timedelta(days=7 * (week - 1) + (day - year[0]).days % 7)


def prior_day(as_of: date, calendar: Calendar) -> date:
    if calendar.compare == "same_weekday":
        return as_of - YEAR_OF_WEEKS
    if calendar.compare == "same_date":
        return year_earlier(as_of)
    assert calendar.retail is not None, "only retail calendars compare by fiscal weeks"
    return fiscal_year_earlier(as_of, calendar.retail)


# Windows and periods


def period(name: PeriodName, day: date, calendar: Calendar) -> Range:
    """The week, month, quarter or year, of the project's calendar, in which a day lies."""
    retail = calendar.retail
    if name == "week":
        starts_on = calendar.week_starts_on if retail is None else (retail.weekday + 1) % 7
        first = day - timedelta(days=(day.weekday() - starts_on) % 7)
        return first, first + 6 * ONE_DAY
    if retail is None:
        return _months(day, {"month": 1, "quarter": 3, "year": 12}[name], calendar.fiscal_starts)
    year = retail_year(day, retail)
    return next(days for days in _parts(name, year, retail) if days[0] <= day <= days[1])


def _parts(name: PeriodName, year: Range, retail: Retail) -> list[Range]:
    """The months of a retail year, its quarters, or itself."""
    months = retail_months(year, retail)
    if name == "month":
        return months
    if name == "quarter":
        return [(months[n][0], months[n + 2][1]) for n in (0, 3, 6, 9)]
    return [year]


def _months(day: date, length: int, starts: int) -> Range:
    """The `length` months around a day, counted from the month in which years start."""
    first = _months_back(date(day.year, day.month, 1), (day.month - starts) % length)
    return first, _months_back(first, -length) - ONE_DAY


def _months_back(first_of_month: date, months: int) -> date:
    count = first_of_month.year * 12 + first_of_month.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def window(name: str, as_of: date, calendar: Calendar) -> tuple[date | None, date]:
    """The first and last day; the first of `itd` is None, for it depends on the KPI and the entity."""
    match name:
        case "itd":
            return None, as_of
        case "day":
            return as_of, as_of
        case "wtd":
            return period("week", as_of, calendar)[0], as_of
        case "mtd":
            return period("month", as_of, calendar)[0], as_of
        case "qtd":
            return period("quarter", as_of, calendar)[0], as_of
        case "ytd":
            return period("year", as_of, calendar)[0], as_of
        case "calendar_mtd":
            return date(as_of.year, as_of.month, 1), as_of
        case "calendar_qtd":
            return _months(as_of, 3, 1)[0], as_of
        case "calendar_ytd":
            return date(as_of.year, 1, 1), as_of
        case "ttm":
            return year_earlier(as_of) + ONE_DAY, as_of
    last = re.fullmatch(r"last([1-9]\d*)", name)
    if last is None:
        raise ValueError(f"the oracle knows no window {name!r}")
    return as_of - timedelta(days=int(last[1]) - 1), as_of


def prior_window(name: str, as_of: date, calendar: Calendar) -> tuple[date | None, date]:
    if name == "wtd" or calendar.compare == "same_weekday":
        first, last = window(name, as_of, calendar)
        return None if first is None else first - YEAR_OF_WEEKS, last - YEAR_OF_WEEKS
    if name.startswith("calendar_"):
        return window(name, year_earlier(as_of), calendar)
    return window(name, prior_day(as_of, calendar), calendar)


def whole_prior(name: PeriodName, days: Range, calendar: Calendar) -> Range:
    """The whole period that a whole period is compared with."""
    first, last = days
    if name == "week" or calendar.compare == "same_weekday":
        return first - YEAR_OF_WEEKS, last - YEAR_OF_WEEKS
    if calendar.compare == "same_date":
        return period(name, year_earlier(first), calendar)
    retail = calendar.retail
    assert retail is not None, "only retail calendars compare by fiscal weeks"
    year = retail_year(first, retail)
    number = _parts(name, year, retail).index(days)
    return _parts(name, retail_year(year[0] - ONE_DAY, retail), retail)[number]
