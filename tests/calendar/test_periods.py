"""Whole periods and the ones that they are compared with, by hand."""

from __future__ import annotations

from datetime import date

import pytest

from kpictl.calendar import Calendar, Period, Range, periods
from tests.calendar.calendars import CALENDARS, LAST_SATURDAY, NRF, day, days, retail

BY_DATE = CALENDARS["calendar years, by date"]
BY_WEEKDAY = CALENDARS["calendar years, by weekday"]


def period(name: str, start: str, as_of: str, calendar: Calendar) -> Period:
    found = periods(day(start), day(as_of), calendar)
    return next(each for each in found if (each.name, each.period_start) == (name, day(start)))


@pytest.mark.parametrize(
    ("calendar", "name", "dates", "prior", "is_short"),
    [
        # February 2025 against all 29 days of the year before, and the leap month against 28.
        (BY_DATE, "month", "2025-02-01..2025-02-28", "2024-02-01..2024-02-29", False),
        (BY_DATE, "month", "2024-02-01..2024-02-29", "2023-02-01..2023-02-28", False),
        (BY_DATE, "quarter", "2025-01-01..2025-03-31", "2024-01-01..2024-03-31", False),
        (BY_DATE, "year", "2025-01-01..2025-12-31", "2024-01-01..2024-12-31", False),
        (BY_DATE, "week", "2025-10-06..2025-10-12", "2024-10-07..2024-10-13", False),
        (BY_WEEKDAY, "month", "2025-02-01..2025-02-28", "2024-02-03..2024-03-01", False),
        (BY_WEEKDAY, "year", "2025-01-01..2025-12-31", "2024-01-03..2025-01-01", False),
        (CALENDARS["from July, by date"], "year", "2024-07-01..2025-06-30", "2023-07-01..2024-06-30", False),
        # The National Retail Federation's year 2023, with its 53rd week, and the one after.
        (retail(NRF), "week", "2024-01-28..2024-02-03", "2023-01-29..2023-02-04", False),
        (retail(NRF), "month", "2023-12-31..2024-02-03", "2023-01-01..2023-01-28", True),
        (retail(NRF), "quarter", "2023-10-29..2024-02-03", "2022-10-30..2023-01-28", True),
        (retail(NRF), "year", "2023-01-29..2024-02-03", "2022-01-30..2023-01-28", True),
        (retail(NRF), "month", "2023-11-26..2023-12-30", "2022-11-27..2022-12-31", False),
        (retail(NRF), "month", "2024-02-04..2024-03-02", "2023-01-29..2023-02-25", False),
        (retail(NRF), "month", "2025-01-05..2025-02-01", "2023-12-31..2024-02-03", False),
        (retail(NRF), "year", "2024-02-04..2025-02-01", "2023-01-29..2024-02-03", False),
        (retail(NRF, "same_weekday"), "month", "2023-12-31..2024-02-03", "2023-01-01..2023-02-04", False),
        (retail(LAST_SATURDAY), "year", "2025-01-26..2026-01-31", "2024-01-28..2025-01-25", True),
    ],
)
def test_a_whole_period(calendar: Calendar, name: str, dates: str, prior: str, is_short: bool) -> None:
    first, last = days(dates)
    found = period(name, first.isoformat(), last.isoformat(), calendar)
    assert (found.period_end, found.through, found.in_progress) == (last, last, False)
    assert (found.current, found.prior) == (Range(first, last), Range(*days(prior)))
    assert found.prior_is_short == is_short


@pytest.mark.parametrize(
    ("calendar", "name", "dates", "as_of", "prior", "is_short"),
    [
        (BY_DATE, "month", "2025-02-01..2025-02-28", "2025-02-27", "2024-02-01..2024-02-27", False),
        (BY_DATE, "month", "2025-10-01..2025-10-31", "2025-10-06", "2024-10-01..2024-10-06", False),
        (BY_DATE, "year", "2024-01-01..2024-12-31", "2024-02-29", "2023-01-01..2023-02-28", False),
        (BY_DATE, "week", "2025-10-06..2025-10-12", "2025-10-08", "2024-10-07..2024-10-09", False),
        (BY_WEEKDAY, "quarter", "2025-10-01..2025-12-31", "2025-10-06", "2024-10-02..2024-10-07", False),
        (retail(NRF), "month", "2023-12-31..2024-02-03", "2024-01-15", "2023-01-01..2023-01-16", False),
        (retail(NRF), "month", "2023-12-31..2024-02-03", "2024-02-01", "2023-01-01..2023-01-26", True),
        (retail(NRF), "year", "2023-01-29..2024-02-03", "2024-02-01", "2022-01-30..2023-01-26", True),
        (retail(NRF), "week", "2024-01-28..2024-02-03", "2024-02-01", "2023-01-29..2023-02-02", False),
    ],
)
def test_a_period_in_progress(
    calendar: Calendar, name: str, dates: str, as_of: str, prior: str, is_short: bool
) -> None:
    first, last = days(dates)
    found = period(name, first.isoformat(), as_of, calendar)
    assert (found.period_end, found.through, found.in_progress) == (last, day(as_of), True)
    assert (found.current, found.prior) == (Range(first, day(as_of)), Range(*days(prior)))
    assert found.prior_is_short == is_short


def test_every_period_that_holds_a_day() -> None:
    found = periods(day("2025-02-28"), day("2025-03-03"), BY_DATE)
    assert [(each.name, each.period_start, each.in_progress) for each in found] == [
        ("week", day("2025-02-24"), False),
        ("week", day("2025-03-03"), True),
        ("month", day("2025-02-01"), False),
        ("month", day("2025-03-01"), True),
        ("quarter", day("2025-01-01"), True),
        ("year", day("2025-01-01"), True),
    ]


def test_no_period_before_the_first_day() -> None:
    assert periods(day("2025-03-04"), day("2025-03-03"), BY_DATE) == ()


def test_a_prior_that_begins_before_the_calendar_is_none() -> None:
    calendar = Calendar(date(2024, 1, 15), date(2025, 12, 31))
    found = {
        (each.name, each.period_start): each.prior for each in periods(day("2025-01-01"), day("2025-03-31"), calendar)
    }
    assert found["month", day("2025-01-01")] is None
    assert found["month", day("2025-02-01")] == Range(*days("2024-02-01..2024-02-29"))
    assert found["quarter", day("2025-01-01")] is None
    assert found["year", day("2025-01-01")] is None
    assert found["week", day("2025-01-06")] is None
    assert found["week", day("2025-01-13")] == Range(*days("2024-01-15..2024-01-21"))
