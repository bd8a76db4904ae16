"""`dim_date` against dates read off a paper calendar and against the standard library's ISO weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kpictl.calendar import Calendar, DateRow, DateRows, StartMonth
from tests.calendar.calendars import CALENDARS, NEW_YEAR, NRF, day, days, retail

ROWS = DateRows(Calendar(date(2015, 1, 1), date(2035, 12, 31)))


def row_of(each: str, calendar: Calendar) -> DateRow:
    return DateRows(calendar)[(day(each) - calendar.start).days]


def test_a_row_for_each_day() -> None:
    # 21 years with the leap years 2016, 2020, 2024, 2028 and 2032: 21 * 365 + 5.
    assert len(ROWS) == 7670
    assert ROWS[0].date_key == date(2015, 1, 1)
    assert ROWS[-1].date_key == date(2035, 12, 31)
    assert len({row.date_key for row in ROWS}) == 7670


def test_weeks_from_monday_are_those_of_iso_8601() -> None:
    for row in ROWS:
        iso = row.date_key.isocalendar()
        assert (row.week_year, row.week_of_year, row.day_of_week) == (iso.year, iso.week, iso.weekday)


def test_the_leap_day() -> None:
    row = next(row for row in ROWS if row.date_key == date(2024, 2, 29))
    assert (row.year, row.quarter, row.month, row.day_of_month, row.day_of_year) == (2024, 1, 2, 29, 60)
    assert (row.day_name, row.month_name, row.is_weekend) == ("Thursday", "February", False)
    assert (row.week_start, row.week_end) == (date(2024, 2, 26), date(2024, 3, 3))
    assert (row.month_start, row.month_end) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (row.quarter_start, row.quarter_end) == (date(2024, 1, 1), date(2024, 3, 31))
    assert (row.year_start, row.year_end) == (date(2024, 1, 1), date(2024, 12, 31))
    assert (row.fiscal_year, row.fiscal_quarter_start) == (2024, date(2024, 1, 1))
    assert row.prior_year_date == row.prior_date == date(2023, 2, 28)
    assert row.prior_year_weekday_date == date(2023, 3, 2)  # a Thursday, too
    assert row.prior_year_fiscal_date is None


def test_weeks_from_sunday() -> None:
    rows = DateRows(Calendar(date(2025, 1, 1), date(2025, 12, 31), week_starts_on=6))
    sunday = next(row for row in rows if row.date_key == date(2025, 10, 5))
    assert (sunday.day_of_week, sunday.week_start, sunday.week_end) == (1, date(2025, 10, 5), date(2025, 10, 11))
    # The week from 29 December 2024 to 4 January 2025 holds 4 January: week 1 of 2025.
    assert (rows[0].week_year, rows[0].week_of_year) == (2025, 1)


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
def test_rows_are_the_same_one_by_one_and_all_at_once(calendar: Calendar) -> None:
    rows = DateRows(replace(calendar, start=date(2019, 1, 1), end=date(2026, 12, 31)))
    assert list(rows)[::97] == [rows[index] for index in range(0, len(rows), 97)]
    assert rows[-3:] == tuple(list(rows)[-3:])


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
def test_rows_say_what_the_calendar_says(calendar: Calendar) -> None:
    before = None
    for row in DateRows(replace(calendar, start=date(2019, 1, 1), end=date(2026, 12, 31))):
        each = row.date_key
        assert (row.fiscal_month_start, row.fiscal_month_end) == calendar.bounds("month", each)
        assert (row.fiscal_quarter_start, row.fiscal_quarter_end) == calendar.bounds("quarter", each)
        assert (row.fiscal_year_start, row.fiscal_year_end) == calendar.bounds("year", each)
        assert row.prior_date == calendar.prior(each)
        assert row.month_start == each.replace(day=1)
        assert row.year_start == date(row.year, 1, 1)
        assert 1 <= row.fiscal_week <= 54
        if before is not None and each == row.fiscal_year_start:
            assert row.fiscal_year == before.fiscal_year + 1
            assert (row.fiscal_quarter, row.fiscal_month, before.fiscal_quarter, before.fiscal_month) == (1, 1, 4, 12)
        before = row


def test_fiscal_years_from_july() -> None:
    july = Calendar(date(2020, 1, 1), date(2030, 12, 31), fiscal=StartMonth(7))
    last, first = row_of("2025-06-30", july), row_of("2025-07-01", july)
    assert (last.fiscal_year, last.fiscal_quarter, last.fiscal_month, last.fiscal_week) == (2025, 4, 12, 53)
    assert (first.fiscal_year, first.fiscal_quarter, first.fiscal_month, first.fiscal_week) == (2026, 1, 1, 1)
    assert row_of("2025-07-07", july).fiscal_week == 2  # 1 July is a Tuesday, the 7th a Monday
    assert (first.fiscal_year_start, first.fiscal_year_end) == days("2025-07-01..2026-06-30")
    assert (first.fiscal_quarter_start, first.fiscal_quarter_end) == days("2025-07-01..2025-09-30")
    assert (first.year, first.quarter, first.month, first.year_start) == (2025, 3, 7, date(2025, 1, 1))
    assert (first.prior_year_fiscal_date, first.prior_date) == (None, date(2024, 7, 1))
    named_by_start = Calendar(date(2020, 1, 1), date(2030, 12, 31), fiscal=StartMonth(7, "start"))
    assert row_of("2025-07-01", named_by_start).fiscal_year == 2025


def test_the_weeks_of_a_january_start_are_the_calendars() -> None:
    for fiscal in (StartMonth(1), StartMonth(1, "start")):
        row = row_of("2021-01-03", Calendar(date(2020, 1, 1), date(2030, 12, 31), fiscal=fiscal))
        assert (row.fiscal_year, row.week_year, row.week_of_year, row.fiscal_week) == (2021, 2020, 53, 53)


def test_the_53rd_week_of_a_retail_year() -> None:
    row = row_of("2024-02-01", retail(NRF))
    assert (row.fiscal_year, row.fiscal_quarter, row.fiscal_month, row.fiscal_week) == (2023, 4, 12, 53)
    assert (row.fiscal_month_start, row.fiscal_month_end) == days("2023-12-31..2024-02-03")
    assert (row.fiscal_quarter_start, row.fiscal_quarter_end) == days("2023-10-29..2024-02-03")
    assert (row.fiscal_year_start, row.fiscal_year_end) == days("2023-01-29..2024-02-03")
    assert (row.month_start, row.quarter_start, row.year_start) == (
        day("2024-02-01"),
        day("2024-01-01"),
        day("2024-01-01"),
    )
    assert row.day_of_week == 5  # the week starts on Sunday
    assert (row.prior_year_date, row.prior_year_weekday_date) == (day("2023-02-01"), day("2023-02-02"))
    assert row.prior_year_fiscal_date == row.prior_date == day("2023-01-26")
    assert row_of("2024-02-04", retail(NRF)).fiscal_week == 1


def test_a_retail_year_compared_by_weekday_has_its_fiscal_date_too() -> None:
    row = row_of("2024-03-01", CALENDARS["4-5-4 of the NRF, by weekday"])
    assert (row.prior_year_fiscal_date, row.prior_date) == (day("2023-02-24"), day("2023-03-03"))


def test_rows_are_told_apart_by_all_that_they_are_made_from() -> None:
    start, end = days("2020-01-01..2030-12-31")
    made = [
        Calendar(start, end),
        Calendar(start, date(2029, 12, 31)),
        Calendar(start, end, 6),
        Calendar(start, end, fiscal=StartMonth(7)),
        Calendar(start, end, fiscal=StartMonth(7, "start")),
        Calendar(start, end, compare="same_weekday"),
        Calendar(start, end, 6, NRF, "fiscal"),
        Calendar(start, end, 6, NRF, "same_weekday"),
        Calendar(start, end, 6, NEW_YEAR, "fiscal"),
    ]
    assert len({repr(DateRows(calendar)) for calendar in made}) == len(made)
    assert max(len(repr(DateRows(calendar))) for calendar in made) < 300
