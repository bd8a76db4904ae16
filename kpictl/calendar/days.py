"""Days and the words for them: weekdays, months, ranges of days, and the day one year earlier."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

NamedBy = Literal["start", "end"]
"""Which end of a fiscal year its number is taken from."""

ONE_DAY = timedelta(days=1)


class Bounds(NamedTuple):
    """The first and the last day of a period."""

    first: date
    last: date


class Position(NamedTuple):
    """Where a day lies in its fiscal year: what the year is called, and the numbers of its quarter and month."""

    year: int
    quarter: int
    month: int


@dataclass(frozen=True, slots=True)
class Range:
    """Business days from `first_day` to `last_day`, both inclusive; without `first_day` from the beginning of data."""

    first_day: date | None
    last_day: date

    @property
    def days(self) -> int | None:
        return None if self.first_day is None else (self.last_day - self.first_day).days + 1


def month_length(year: int, month: int) -> int:
    """The number of days of a month.

    >>> month_length(2024, 2)
    29
    """
    return monthrange(year, month)[1]


def same_date_last_year(day: date) -> date:
    """The same month and day; 29 February becomes the 28th.

    >>> same_date_last_year(date(2024, 2, 29))
    datetime.date(2023, 2, 28)
    """
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def same_weekday_last_year(day: date) -> date:
    """The same weekday, 52 weeks before.

    >>> same_weekday_last_year(date(2025, 10, 6))
    datetime.date(2024, 10, 7)
    """
    return day - timedelta(days=364)
