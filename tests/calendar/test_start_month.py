"""Fiscal years of twelve calendar months, by hand, and the calendar's own periods beside them."""

from __future__ import annotations

from datetime import date

import pytest

from kpictl.calendar import Calendar, StartMonth
from tests.calendar.calendars import CALENDARS, NRF, day, days, retail


@pytest.mark.parametrize(
    ("month", "each", "quarter", "year", "position"),
    [
        (1, "2024-02-29", "2024-01-01..2024-03-31", "2024-01-01..2024-12-31", (2024, 1, 2)),
        (7, "2025-06-30", "2025-04-01..2025-06-30", "2024-07-01..2025-06-30", (2025, 4, 12)),
        (7, "2025-07-01", "2025-07-01..2025-09-30", "2025-07-01..2026-06-30", (2026, 1, 1)),
        (7, "2025-11-15", "2025-10-01..2025-12-31", "2025-07-01..2026-06-30", (2026, 2, 5)),
        (2, "2026-01-10", "2025-11-01..2026-01-31", "2025-02-01..2026-01-31", (2026, 4, 12)),
        (2, "2025-11-01", "2025-11-01..2026-01-31", "2025-02-01..2026-01-31", (2026, 4, 10)),
        (12, "2023-12-05", "2023-12-01..2024-02-29", "2023-12-01..2024-11-30", (2024, 1, 1)),
        (4, "2024-02-29", "2024-01-01..2024-03-31", "2023-04-01..2024-03-31", (2024, 4, 11)),
    ],
)
def test_quarters_and_years(month: int, each: str, quarter: str, year: str, position: tuple[int, int, int]) -> None:
    fiscal = StartMonth(month)
    assert fiscal.quarter_bounds(day(each)) == days(quarter)
    assert fiscal.year_bounds(day(each)) == days(year)
    assert fiscal.position(day(each)) == position


def test_years_are_named_by_their_end_unless_the_project_says_otherwise() -> None:
    around = (day("2025-06-30"), day("2025-07-01"))
    assert [StartMonth(7).position(each).year for each in around] == [2025, 2026]
    assert [StartMonth(7, "start").position(each).year for each in around] == [2024, 2025]
    assert StartMonth(1).position(day("2025-06-30")).year == StartMonth(1, "start").position(day("2025-06-30")).year


def test_the_calendars_own_periods_are_always_there() -> None:
    for calendar in (retail(NRF), CALENDARS["from July, by date"]):
        each = date(2024, 5, 15)
        assert (calendar.calendar_month_start(each), calendar.calendar_month_end(each)) == days(
            "2024-05-01..2024-05-31"
        )
        assert (calendar.calendar_quarter_start(each), calendar.calendar_quarter_end(each)) == days(
            "2024-04-01..2024-06-30"
        )
        assert (calendar.calendar_year_start(each), calendar.calendar_year_end(each)) == days("2024-01-01..2024-12-31")


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    start, end = days("2015-01-01..2035-12-31")
    with pytest.raises(AssertionError, match="weeks start where"):
        Calendar(start, end, 0, NRF, "fiscal")
    with pytest.raises(AssertionError, match="do not match by date"):
        Calendar(start, end, 6, NRF, "same_date")
    with pytest.raises(AssertionError, match="only a retail pattern"):
        Calendar(start, end, compare="fiscal")
    with pytest.raises(AssertionError, match="starts in or after"):
        Calendar(day("0020-01-01"), end)
