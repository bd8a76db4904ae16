"""Windows, statuses and days in words: every expected text is written by hand."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from kpictl.calendar import NAMED
from kpictl.catalog.schema import Status
from kpictl.report import PeriodName
from kpictl.report.words import (
    day_of_year_text,
    day_text,
    days_text,
    month_text,
    period_text,
    status_words,
    window_label,
    window_title,
)

DASH = "\N{EN DASH}"
SPACED = f"\N{THIN SPACE}{DASH}\N{THIN SPACE}"
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)
LAST_QUARTER = date(2026, 10, 1), date(2026, 12, 31)
FISCAL = date(2025, 7, 1), date(2026, 6, 30)
WEEK = date(2026, 11, 23), date(2026, 11, 29)
RETAIL = date(2026, 11, 1), date(2026, 11, 28)


@pytest.mark.parametrize(
    ("window", "label", "title"),
    [
        ("day", "DAY", "Day"),
        ("mtd", "MTD", "Month to date"),
        ("ttm", "TTM", "Twelve months"),
        ("itd", "ITD", "Since inception"),
        ("last1", "1 day", "Last day"),
        ("last28", "28 days", "Last 28 days"),
        ("calendar_mtd", "calendar MTD", "Calendar month to date"),
    ],
)
def test_a_window_has_a_heading_and_a_name(window: str, label: str, title: str) -> None:
    assert (window_label(window), window_title(window)) == (label, title)


def test_every_window_and_status_has_words() -> None:
    assert len({window_title(name) for name in NAMED}) == len(NAMED)
    assert len({status_words(status) for status in get_args(Status)}) == len(get_args(Status))


@pytest.mark.parametrize(
    ("locale", "day", "month", "of_year"),
    [
        ("en", "Nov 3, 2026", "Nov 2026", "Nov 3"),
        ("en_GB", "3 Nov 2026", "Nov 2026", "3 Nov"),
        ("de", "03.11.2026", "Nov. 2026", "3. Nov."),
        ("fr", "3 nov. 2026", "nov. 2026", "3 nov."),
        ("ja", "2026/11/03", "2026\u5e7411\u6708", "11\u67083\u65e5"),
    ],
)
def test_days_and_months_are_the_locales(locale: str, day: str, month: str, of_year: str) -> None:
    third = date(2026, 11, 3)
    assert (day_text(third, locale), month_text(third, locale)) == (day, month)
    assert day_of_year_text(third, locale) == of_year


@pytest.mark.parametrize(
    ("days", "period", "locale", "expected"),
    [
        (WEEK, "week", "en", f"Nov 23{SPACED}29, 2026"),
        (WEEK, "week", "de", f"23.{DASH}29. Nov. 2026"),
        (NOVEMBER, "month", "en", "Nov 2026"),
        (RETAIL, "month", "en", f"Nov 1{SPACED}28, 2026"),
        (LAST_QUARTER, "quarter", "en", f"Oct{SPACED}Dec 2026"),
        (LAST_QUARTER, "quarter", "fr", f"oct.{DASH}déc. 2026"),
        ((date(2026, 1, 1), date(2026, 12, 31)), "year", "en", "2026"),
        (FISCAL, "year", "en", f"Jul 2025{SPACED}Jun 2026"),
    ],
)
def test_a_period_is_named_by_its_months_or_its_days(
    days: tuple[date, date], period: PeriodName, locale: str, expected: str
) -> None:
    assert period_text(*days, period, locale) == expected


def test_a_range_of_one_day_is_that_day() -> None:
    assert days_text(date(2026, 11, 29), date(2026, 11, 29)) == "Nov 29, 2026"
