"""`dim_date` against dates read off a paper calendar and against the standard library's ISO weeks."""

from __future__ import annotations

from datetime import date

from kpictl.calendar import Calendar, DateRows

ROWS = DateRows(Calendar(date(2015, 1, 1), date(2035, 12, 31)))


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
