"""The rows of `dim_date`: each day with its periods and the days one year earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, overload

from kpictl.calendar.years import Calendar, same_date_last_year, same_weekday_last_year

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DateRow(NamedTuple):
    """A row of `dim_date`: fields are its columns, in order.

    `week_of_year` and `week_year` follow ISO 8601 where weeks start on Monday; else week 1 is the one that
    holds 4 January. Fiscal columns equal the calendar's while the fiscal year starts in January.
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
    """One row for each day from the calendar's start to its end, made when it is asked for."""

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
            return _row(self.calendar.start + timedelta(days=offsets), self.calendar)
        return tuple(self[offset] for offset in offsets)


def _row(day: date, calendar: Calendar) -> DateRow:
    quarter = (day.month - 1) // 3 + 1
    week_year, week = _week(day, calendar)
    periods = {
        "month_start": calendar.month_start(day),
        "month_end": calendar.month_end(day),
        "quarter_start": calendar.quarter_start(day),
        "quarter_end": calendar.quarter_end(day),
        "year_start": calendar.year_start(day),
        "year_end": calendar.year_end(day),
    }
    return DateRow(
        date_key=day,
        year=day.year,
        quarter=quarter,
        month=day.month,
        day_of_month=day.day,
        day_of_year=day.timetuple().tm_yday,
        day_of_week=(day.weekday() - calendar.week_starts_on) % 7 + 1,
        day_name=_DAYS[day.weekday()],
        month_name=_MONTHS[day.month - 1],
        is_weekend=day.weekday() >= 5,
        week_year=week_year,
        week_of_year=week,
        week_start=calendar.week_start(day),
        week_end=calendar.week_end(day),
        **periods,
        fiscal_year=day.year,
        fiscal_quarter=quarter,
        fiscal_month=day.month,
        fiscal_week=week,
        **{f"fiscal_{name}": value for name, value in periods.items()},
        prior_year_date=same_date_last_year(day),
        prior_year_weekday_date=same_weekday_last_year(day),
        prior_year_fiscal_date=None,
        prior_date=calendar.prior(day),
    )


def _week(day: date, calendar: Calendar) -> tuple[int, int]:
    """The year and number of the day's week: week 1 holds 4 January, as in ISO 8601 for weeks from Monday."""
    start = calendar.week_start(day)
    year = (start + timedelta(days=6)).year
    first = calendar.week_start(date(year, 1, 4))
    if start < first:
        year -= 1
        first = calendar.week_start(date(year, 1, 4))
    return year, (start - first).days // 7 + 1
