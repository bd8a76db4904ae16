"""Fiscal years of twelve calendar months, which begin with the first day of any month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kpictl.calendar.days import Bounds, NamedBy, Position, month_length


@dataclass(frozen=True, slots=True)
class StartMonth:
    """A fiscal year from the first day of `month`, called after the calendar year that it starts or ends in."""

    month: int
    named_by: NamedBy = "end"

    def __post_init__(self) -> None:
        assert 1 <= self.month <= 12, "a month is 1 to 12"

    def month_bounds(self, day: date) -> Bounds:
        return _months(day, 0, 1)

    def quarter_bounds(self, day: date) -> Bounds:
        return _months(day, self._months_into_year(day) % 3, 3)

    def year_bounds(self, day: date) -> Bounds:
        return _months(day, self._months_into_year(day), 12)

    def position(self, day: date) -> Position:
        into = self._months_into_year(day)
        started = day.year if day.month >= self.month else day.year - 1
        ends_later = self.named_by == "end" and self.month > 1
        return Position(started + 1 if ends_later else started, into // 3 + 1, into + 1)

    def _months_into_year(self, day: date) -> int:
        return (day.month - self.month) % 12


def _months(day: date, before: int, length: int) -> Bounds:
    """The `length` months from the one that lies `before` months before the day's."""
    start = 12 * day.year + day.month - 1 - before
    first_year, first_month = divmod(start, 12)
    last_year, last_month = divmod(start + length - 1, 12)
    last = date(last_year, last_month + 1, month_length(last_year, last_month + 1))
    return Bounds(date(first_year, first_month + 1, 1), last)
