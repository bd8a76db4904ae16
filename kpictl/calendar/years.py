"""The project's calendar: the periods that a day lies in, and the day one year earlier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias, assert_never

from kpictl.calendar.days import Bounds, same_date_last_year, same_weekday_last_year
from kpictl.calendar.retail import Retail
from kpictl.calendar.start_month import StartMonth

Compare: TypeAlias = Literal["same_date", "same_weekday", "fiscal"]
"""What "one year ago" means: the same date, the same weekday 364 days before, the same fiscal week and weekday."""

Fiscal: TypeAlias = StartMonth | Retail
PeriodName: TypeAlias = Literal["week", "month", "quarter", "year"]

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years that a calendar may lie in: windows begin up to 28 years earlier, and are days still."""

NATURAL = StartMonth(1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The project's calendar, from its first day to its last.

    Weeks start on the weekday `week_starts_on` (0 is Monday). Months, quarters and years are the `fiscal` ones;
    those called `calendar_…` are the natural ones.
    """

    start: date
    end: date
    week_starts_on: int = 0
    fiscal: Fiscal = NATURAL
    compare: Compare = "same_date"

    def __post_init__(self) -> None:
        assert self.start.year >= FIRST_YEAR, "a calendar starts in or after 1900"
        assert self.end.year <= LAST_YEAR, "a calendar ends in or before 2199"
        assert self.start <= self.end, "a calendar ends after it starts"
        assert 0 <= self.week_starts_on < 7, "a weekday is 0 (Monday) to 6"
        if isinstance(self.fiscal, Retail):
            assert self.week_starts_on == self.fiscal.week_starts_on, "weeks start where the pattern's do"
            assert self.compare != "same_date", "periods of a retail pattern do not match by date"
        else:
            assert self.compare != "fiscal", "only a retail pattern has fiscal weeks"

    def bounds(self, period: PeriodName, day: date) -> Bounds:
        """The first and the last day of the project's period that the day lies in."""
        match period:
            case "week":
                first = day - timedelta(days=(day.weekday() - self.week_starts_on) % 7)
                return Bounds(first, first + timedelta(days=6))
            case "month":
                return self.fiscal.month_bounds(day)
            case "quarter":
                return self.fiscal.quarter_bounds(day)
            case "year":
                return self.fiscal.year_bounds(day)
            case _:
                assert_never(period)

    def week_start(self, day: date) -> date:
        return self.bounds("week", day).first

    def week_end(self, day: date) -> date:
        return self.bounds("week", day).last

    def month_start(self, day: date) -> date:
        return self.fiscal.month_bounds(day).first

    def month_end(self, day: date) -> date:
        return self.fiscal.month_bounds(day).last

    def quarter_start(self, day: date) -> date:
        return self.fiscal.quarter_bounds(day).first

    def quarter_end(self, day: date) -> date:
        return self.fiscal.quarter_bounds(day).last

    def year_start(self, day: date) -> date:
        return self.fiscal.year_bounds(day).first

    def year_end(self, day: date) -> date:
        return self.fiscal.year_bounds(day).last

    def calendar_month_start(self, day: date) -> date:
        return NATURAL.month_bounds(day).first

    def calendar_month_end(self, day: date) -> date:
        return NATURAL.month_bounds(day).last

    def calendar_quarter_start(self, day: date) -> date:
        return NATURAL.quarter_bounds(day).first

    def calendar_quarter_end(self, day: date) -> date:
        return NATURAL.quarter_bounds(day).last

    def calendar_year_start(self, day: date) -> date:
        return NATURAL.year_bounds(day).first

    def calendar_year_end(self, day: date) -> date:
        return NATURAL.year_bounds(day).last

    def prior(self, day: date) -> date:
        """The day one year earlier under the project's rule."""
        match self.compare:
            case "same_date":
                return same_date_last_year(day)
            case "same_weekday":
                return same_weekday_last_year(day)
            case "fiscal":
                prior = self.prior_fiscal(day)
                assert prior is not None
                return prior
            case _:
                assert_never(self.compare)

    def prior_fiscal(self, day: date) -> date | None:
        """The same week and weekday of the fiscal year before; a retail pattern alone has one."""
        return self.fiscal.prior(day) if isinstance(self.fiscal, Retail) else None

    def prior_is_short(self, day: date) -> bool:
        """Whether the day is compared with a shorter part of the year before: that one has no 53rd week."""
        return self.compare == "fiscal" and isinstance(self.fiscal, Retail) and self.fiscal.in_week_53(day)
