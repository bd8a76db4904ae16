"""Retail years: whole weeks in a pattern such as 4-5-4, of which some years have a 53rd."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal, NamedTuple

from kpictl.calendar.days import ONE_DAY, Bounds, NamedBy, Position, month_length

WEEKS = 52
"""Weeks of a fiscal year but for the long ones, which have one more, in the last month."""


class RetailYear(NamedTuple):
    """A fiscal year; `rule_year` is the calendar year whose month or day the rule for its last day names."""

    rule_year: int
    first: date
    last: date

    def week(self, day: date) -> int:
        """The week that a day of the year lies in, 1 to 53."""
        return (day - self.first).days // 7 + 1


@dataclass(frozen=True, slots=True)
class Retail:
    """Quarters of three months of so many `weeks`, and the rule for the last day of a year.

    `last`: the last `weekday` of `month`. `nearest`: the `weekday` nearest to the `day` of `month`.
    """

    weeks: tuple[int, int, int]
    rule: Literal["last", "nearest"]
    weekday: int
    month: int
    day: int | None
    named_by: NamedBy = "start"

    def __post_init__(self) -> None:
        assert sum(self.weeks) == WEEKS // 4, "a quarter has 13 weeks"
        assert 0 <= self.weekday < 7, "a weekday is 0 (Monday) to 6"
        assert 1 <= self.month <= 12, "a month is 1 to 12"
        assert (self.rule == "nearest") == (self.day is not None), "a year ends nearest to a day, or last of a month"
        assert self.day is None or 1 <= self.day <= month_length(2024, self.month), "the month has such a day"

    @property
    def week_starts_on(self) -> int:
        """The weekday (0 is Monday) after the one that years end on."""
        return (self.weekday + 1) % 7

    def year(self, day: date) -> RetailYear:
        """The fiscal year that the day lies in."""
        rule_year = day.year if day <= self._aim(day.year) else day.year + 1
        before, last = self._last_day(rule_year - 1), self._last_day(rule_year)
        # A year ends up to six days from the day that its rule aims at.
        if day <= before:
            rule_year, before, last = rule_year - 1, self._last_day(rule_year - 2), before
        elif day > last:
            rule_year, before, last = rule_year + 1, last, self._last_day(rule_year + 1)
        return RetailYear(rule_year, before + ONE_DAY, last)

    def month_bounds(self, day: date) -> Bounds:
        year = self.year(day)
        ends = tuple(accumulate(self.weeks * 4))
        month = self._month(year.week(day))
        first = year.first + timedelta(weeks=ends[month - 2] if month > 1 else 0)
        return Bounds(first, year.last if month == 12 else year.first + timedelta(weeks=ends[month - 1], days=-1))

    def quarter_bounds(self, day: date) -> Bounds:
        year = self.year(day)
        quarter = self._quarter(year.week(day))
        first = year.first + timedelta(weeks=13 * (quarter - 1))
        return Bounds(first, year.last if quarter == 4 else first + timedelta(weeks=13, days=-1))

    def year_bounds(self, day: date) -> Bounds:
        _, first, last = self.year(day)
        return Bounds(first, last)

    def position(self, day: date) -> Position:
        year = self.year(day)
        week = year.week(day)
        return Position(self._name(year.rule_year), self._quarter(week), self._month(week))

    def prior(self, day: date) -> date:
        """The same week and weekday of the fiscal year before; week 52 for week 53."""
        year = self.year(day)
        into = (day - year.first).days
        first_before = self._last_day(year.rule_year - 2) + ONE_DAY
        return first_before + timedelta(days=into if into < 7 * WEEKS else into - 7)

    def in_week_53(self, day: date) -> bool:
        return self.year(day).week(day) > WEEKS

    def _name(self, rule_year: int) -> int:
        """What a fiscal year is called.

        Years that end in the second half of December start around the New Year, some before it and some after:
        they are named by the calendar year that they lie in, or two would have one name.
        """
        aim = self._aim(rule_year)
        return rule_year if self.named_by == "end" or (aim.month, aim.day) > (12, 15) else rule_year - 1

    def _aim(self, year: int) -> date:
        """The day that the rule aims at: the last of the month, or the one that it names."""
        length = month_length(year, self.month)
        return date(year, self.month, length if self.day is None else min(self.day, length))

    def _last_day(self, year: int) -> date:
        aim = self._aim(year)
        past = (aim.weekday() - self.weekday) % 7
        if self.rule == "nearest" and past > 3:
            return aim + timedelta(days=7 - past)
        return aim - timedelta(days=past)

    @staticmethod
    def _quarter(week: int) -> int:
        return min((week - 1) // 13, 3) + 1

    def _month(self, week: int) -> int:
        quarter = self._quarter(week)
        into = week - 13 * (quarter - 1)  # 1 to 14
        first, second, _ = self.weeks
        return 3 * quarter - 2 + (into > first) + (into > first + second)
