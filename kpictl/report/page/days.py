"""The days that a page can show: how each is written, and which day of the year before it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from babel.dates import format_skeleton

from kpictl.catalog import Catalog
from kpictl.compile.tree import between, col, lit, select, table
from kpictl.report.numerals import locale_of
from kpictl.report.page.document import Document
from kpictl.report.published import Reader, published_table
from kpictl.report.scoreboard import Days
from kpictl.report.words import day_of_year_text, day_text, days_text

YEAR_DAYS = 365
# A year, the year that it is compared with, and room for a retail year's 53rd week.
_REACH = timedelta(days=2 * YEAR_DAYS + 10)


@dataclass(frozen=True, slots=True)
class Shown:
    """Days one after another, each with the day that it is compared with."""

    days: tuple[date, ...]
    prior: tuple[date | None, ...]  # None before the calendar begins

    @property
    def first(self) -> date:
        return self.days[0]

    @property
    def last(self) -> date:
        return self.days[-1]


def shown_days(reader: Reader, catalog: Catalog, dates: Sequence[date]) -> Shown:
    """A year of days until each of these as-of dates, and the days of the year before."""
    query = select([col("date_key"), col("prior_date")])
    query = query.from_(table(published_table(catalog, "dim_date")), copy=False)
    query = query.where(between(col("date_key"), lit(dates[0] - _REACH), lit(dates[-1])), copy=False)
    rows = cast("list[tuple[date, date]]", reader.query(query.order_by(col("date_key"), copy=False)))
    prior = dict(rows)
    begin = dates[0] - timedelta(days=YEAR_DAYS - 1)
    first = min((before for day, before in rows if day >= begin), default=begin)
    days = tuple(first + timedelta(days=number) for number in range((dates[-1] - first).days + 1))
    return Shown(days, tuple(prior.get(day) for day in days))


def days_document(shown: Shown, locale: str) -> Document:
    """The days as columns; `prior` has the places of the days compared with, None before the first."""
    place = {day: number for number, day in enumerate(shown.days)}
    return {
        "first": shown.first.isoformat(),
        "long": [weekday_text(day, locale) for day in shown.days],
        "short": [day_of_year_text(day, locale) for day in shown.days],
        "prior": [None if day is None else place.get(day) for day in shown.prior],
        "months": [[number, _month(day, locale)] for number, day in enumerate(shown.days) if day.day == 1],
    }


def weekday_text(day: date, locale: str) -> str:
    """A day with its weekday.

    >>> weekday_text(date(2026, 11, 29), "en")
    'Sun, Nov 29, 2026'
    """
    return format_skeleton("yMMMEd", day, locale=locale_of(locale))


def _month(day: date, locale: str) -> str:
    """A month under an axis; January names its year."""
    return format_skeleton("yMMM" if day.month == 1 else "MMM", day, locale=locale_of(locale))


def range_text(days: Days, locale: str) -> str:
    """A range of days; a day alone is written as a day."""
    return day_text(days.first, locale) if days.count == 1 else days_text(days.first, days.last, locale)


def count_text(days: Days) -> str:
    """How many days there are."""
    return "1 day" if days.count == 1 else f"{days.count:,} days"
