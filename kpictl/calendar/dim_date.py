"""The rows of `dim_date`: each day with its periods and the days one year earlier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, overload

from kpictl.calendar.days import ONE_DAY, Bounds, Position, same_date_last_year, same_weekday_last_year
from kpictl.calendar.start_month import StartMonth
from kpictl.calendar.years import NATURAL, Calendar

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DateRow(NamedTuple):
    """A row of `dim_date`: fields are its columns, in order.

    `week_of_year` and `week_year` follow ISO 8601 where weeks start on Monday; else week 1 is the one that
    holds 4 January. Fiscal columns equal the calendar's where the fiscal year starts in January.
    """

    date_key: date
    year: int
    quarter: int
    month: int
    day_of_month: int
    day_of_year: int
    day_of_week: int  # 1 is the day that the project's weeks start on
    day_name: str
    month_name: str
    is_weekend: bool
    week_year: int
    week_of_year: int
    week_start: date
    week_end: date
    month_start: date
    month_end: date
    quarter_start: date
    quarter_end: date
    year_start: date
    year_end: date
    fiscal_year: int
    fiscal_quarter: int
    fiscal_month: int
    fiscal_week: int
    fiscal_month_start: date
    fiscal_month_end: date
    fiscal_quarter_start: date
    fiscal_quarter_end: date
    fiscal_year_start: date
    fiscal_year_end: date
    prior_year_date: date
    prior_year_weekday_date: date
    prior_year_fiscal_date: date | None  # of retail patterns alone
    prior_date: date


@dataclass(frozen=True)
class DateRows(Sequence[DateRow]):
    """One row for each day from the calendar's start to its end, made when it is asked for.

    Their `repr` is short and says all about them, so that rows need not be made to see whether they changed.
    """

    calendar: Calendar

    def __len__(self) -> int:
        return (self.calendar.end - self.calendar.start).days + 1

    @overload
    def __getitem__(self, index: int) -> DateRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[DateRow, ...]: ...
    def __getitem__(self, index: int | slice) -> DateRow | tuple[DateRow, ...]:
        offsets = range(len(self))[index]
        if isinstance(offsets, int):
            day = self.calendar.start + timedelta(days=offsets)
            return _row(day, _months_of(day, self.calendar), self.calendar)
        return tuple(self[offset] for offset in offsets)

    def __iter__(self) -> Iterator[DateRow]:
        day = self.calendar.start
        months = _months_of(day, self.calendar)
        for _ in range(len(self)):
            if day > months.until:
                months = _months_of(day, self.calendar)
            yield _row(day, months, self.calendar)
            day += ONE_DAY


@dataclass(frozen=True, slots=True)
class _Months:
    """What days up to `until` have in common, that lie in one calendar month and one fiscal month."""

    until: date
    calendar_month: Bounds
    calendar_quarter: Bounds
    calendar_year: Bounds
    fiscal_month: Bounds
    fiscal_quarter: Bounds
    fiscal_year: Bounds
    fiscal_position: Position


def _months_of(day: date, calendar: Calendar) -> _Months:
    calendar_month, fiscal_month = NATURAL.month_bounds(day), calendar.fiscal.month_bounds(day)
    return _Months(
        until=min(calendar_month.last, fiscal_month.last),
        calendar_month=calendar_month,
        calendar_quarter=NATURAL.quarter_bounds(day),
        calendar_year=NATURAL.year_bounds(day),
        fiscal_month=fiscal_month,
        fiscal_quarter=calendar.fiscal.quarter_bounds(day),
        fiscal_year=calendar.fiscal.year_bounds(day),
        fiscal_position=calendar.fiscal.position(day),
    )


def _row(day: date, months: _Months, calendar: Calendar) -> DateRow:
    week = calendar.bounds("week", day)
    week_year, week_of_year = _numbered(week, calendar)
    return DateRow(
        date_key=day,
        year=day.year,
        quarter=(day.month - 1) // 3 + 1,
        month=day.month,
        day_of_month=day.day,
        day_of_year=(day - months.calendar_year.first).days + 1,
        day_of_week=(day - week.first).days + 1,
        day_name=_DAYS[day.weekday()],
        month_name=_MONTHS[day.month - 1],
        is_weekend=day.weekday() >= 5,
        week_year=week_year,
        week_of_year=week_of_year,
        week_start=week.first,
        week_end=week.last,
        month_start=months.calendar_month.first,
        month_end=months.calendar_month.last,
        quarter_start=months.calendar_quarter.first,
        quarter_end=months.calendar_quarter.last,
        year_start=months.calendar_year.first,
        year_end=months.calendar_year.last,
        fiscal_year=months.fiscal_position.year,
        fiscal_quarter=months.fiscal_position.quarter,
        fiscal_month=months.fiscal_position.month,
        fiscal_week=_fiscal_week(week, week_of_year, months, calendar),
        fiscal_month_start=months.fiscal_month.first,
        fiscal_month_end=months.fiscal_month.last,
        fiscal_quarter_start=months.fiscal_quarter.first,
        fiscal_quarter_end=months.fiscal_quarter.last,
        fiscal_year_start=months.fiscal_year.first,
        fiscal_year_end=months.fiscal_year.last,
        prior_year_date=same_date_last_year(day),
        prior_year_weekday_date=same_weekday_last_year(day),
        prior_year_fiscal_date=calendar.prior_fiscal(day),
        prior_date=calendar.prior(day),
    )


def _numbered(week: Bounds, calendar: Calendar) -> tuple[int, int]:
    """The year and number of a week: week 1 holds 4 January, as in ISO 8601 for weeks from Monday."""
    year = week.last.year
    first = calendar.week_start(date(year, 1, 4))
    if week.first < first:
        year -= 1
        first = calendar.week_start(date(year, 1, 4))
    return year, (week.first - first).days // 7 + 1


def _fiscal_week(week: Bounds, week_of_year: int, months: _Months, calendar: Calendar) -> int:
    """The number of a week, counted from the one that the fiscal year begins in; the calendar's for its own years."""
    match calendar.fiscal:
        case StartMonth(month=1):
            return week_of_year
        case _:
            return (week.first - calendar.week_start(months.fiscal_year.first)).days // 7 + 1
