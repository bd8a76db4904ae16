"""The periods that a day lies in, and the day one year earlier."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The project's calendar: its first and last day, and the weekday (0 is Monday) that a week starts on."""

    start: date
    end: date
    week_starts_on: int = 0

    def __post_init__(self) -> None:
        assert self.start <= self.end, "a calendar ends after it starts"
        assert 0 <= self.week_starts_on < 7, "a weekday is 0 (Monday) to 6"

    def week_start(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_starts_on) % 7)

    def week_end(self, day: date) -> date:
        return self.week_start(day) + timedelta(days=6)

    def month_start(self, day: date) -> date:
        return day.replace(day=1)

    def month_end(self, day: date) -> date:
        return day.replace(day=monthrange(day.year, day.month)[1])

    def quarter_start(self, day: date) -> date:
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)

    def quarter_end(self, day: date) -> date:
        start = self.quarter_start(day)
        return self.month_end(start.replace(month=start.month + 2))

    def year_start(self, day: date) -> date:
        return date(day.year, 1, 1)

    def year_end(self, day: date) -> date:
        return date(day.year, 12, 31)

    def prior(self, day: date) -> date:
        """The day one year earlier under the project's rule, `same_date`."""
        return same_date_last_year(day)


def same_date_last_year(day: date) -> date:
    """The same month and day; 29 February becomes the 28th.

    >>> same_date_last_year(date(2024, 2, 29))
    datetime.date(2023, 2, 28)
    """
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def same_weekday_last_year(day: date) -> date:
    return day - timedelta(days=364)
