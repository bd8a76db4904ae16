"""Windows, statuses, days and periods in words: headings, titles, and what screen readers say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from babel.dates import format_date, format_interval, format_skeleton

from kpictl.calendar import last_days
from kpictl.report.numerals import locale_of
from kpictl.report.series import PeriodName

_TITLES: Mapping[str, str] = {
    "day": "Day",
    "wtd": "Week to date",
    "mtd": "Month to date",
    "qtd": "Quarter to date",
    "ytd": "Year to date",
    "ttm": "Twelve months",
    "itd": "Since inception",
    "calendar_mtd": "Calendar month to date",
    "calendar_qtd": "Calendar quarter to date",
    "calendar_ytd": "Calendar year to date",
}
STATUSES: Mapping[str, str] = {
    "ok": "complete",
    "partial": "data for a part of the days",
    "undefined": "undefined: nothing to divide by, or no row",
    "stale": "the last known value is too old",
    "no_data": "no data",
}


def window_label(window: str) -> str:
    """A window's heading.

    >>> [window_label(name) for name in ("mtd", "last28", "calendar_mtd")]
    ['MTD', '28 days', 'calendar MTD']
    """
    days = last_days(window)
    if days is not None:
        return f"{days} {'day' if days == 1 else 'days'}"
    kind, _, name = window.rpartition("_")
    return f"{kind} {name.upper()}".strip()


def window_title(window: str) -> str:
    """A window's name in full.

    >>> [window_title(name) for name in ("mtd", "last28", "last1", "itd")]
    ['Month to date', 'Last 28 days', 'Last day', 'Since inception']
    """
    days = last_days(window)
    if days is None:
        return _TITLES[window]
    return "Last day" if days == 1 else f"Last {days:,} days"


def status_words(status: str) -> str:
    """What a status says.

    >>> status_words("partial")
    'data for a part of the days'
    """
    return STATUSES[status]


def behind_words(through: str | None, *, is_formula: bool) -> str:
    """Up to which day there are rows; of a formula, in the input that is the furthest behind.

    >>> behind_words("Oct 31, 2026", is_formula=True)
    'an input has no rows after Oct 31, 2026'
    """
    since = "no rows at all" if through is None else f"no rows after {through}"
    return f"an input has {since}" if is_formula else since


def day_text(day: date, locale: str = "en") -> str:
    """A day as the locale writes it.

    >>> day_text(date(2026, 11, 29)), day_text(date(2026, 11, 29), "de")
    ('Nov 29, 2026', '29.11.2026')
    """
    return format_date(day, "medium", locale_of(locale))


def month_text(day: date, locale: str = "en") -> str:
    """The month of a day as the locale writes it.

    >>> month_text(date(2026, 11, 29)), month_text(date(2026, 11, 29), "de")
    ('Nov 2026', 'Nov. 2026')
    """
    return format_skeleton("yMMM", day, locale=locale_of(locale))


def day_of_year_text(day: date, locale: str = "en") -> str:
    """A day without its year.

    >>> day_of_year_text(date(2026, 11, 29)), day_of_year_text(date(2026, 11, 29), "de")
    ('Nov 29', '29. Nov.')
    """
    return format_skeleton("MMMd", day, locale=locale_of(locale))


def days_text(first: date, last: date, locale: str = "en") -> str:
    """A range of days; what both have in common is written once.

    >>> days_text(date(2026, 11, 29), date(2026, 11, 29), "de")
    '29. Nov. 2026'
    """
    return format_interval(first, last, "yMMMd", locale=locale_of(locale))


def period_text(first: date, last: date, period: PeriodName, locale: str = "en") -> str:
    """A period by its months, or by its days where it is not of whole months.

    A quarter has no number: which one it is depends on when fiscal years start.

    >>> period_text(date(2026, 1, 1), date(2026, 12, 31), "year")
    '2026'
    """
    if period == "week" or first.day != 1 or (last + timedelta(days=1)).day != 1:
        return days_text(first, last, locale)
    known = locale_of(locale)
    if (first.month, last.month, first.year) == (1, 12, last.year):
        return format_skeleton("y", first, locale=known)
    return format_interval(first, last, "yMMM", locale=known)
