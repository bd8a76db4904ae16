"""Rules on the calendar: fiscal years, weeks, comparisons and windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.calendar import FIRST_YEAR, LAST_YEAR, MONTHS, NAMED, is_window, month_length
from kpictl.catalog.model import Fiscal
from kpictl.check.rule import Known, Rule
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic

YEAR_ENDS = (("last", "of"), ("nearest", "to"))
"""The two ways to say when a retail year ends, each by two keys."""

EXAMPLE = "`last: saturday, of: january`, or `nearest: saturday, to: january-31`"


class UnknownWindow(Rule):
    """A window's name says no range of days, so nothing could be computed for it.

    Wrong:

        # kpictl.yml
        name: shop
        windows: [«month»]

    Right:

        # kpictl.yml
        name: shop
        windows: [mtd, last28]
    """

    code = "KPI213"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        for index, name in enumerate(project.windows):
            if is_window(name):
                continue
            if re.fullmatch("last[0-9]+", name):
                advice = "`lastN` has an N from 1 to 9999, without leading zeros"
            else:
                advice = suggest(name, {*NAMED, "last28"}, otherwise=f"windows are `{' '.join(NAMED)}` and `lastN`")
            yield self.found(f"unknown window `{name}`", project.places.at("windows", index), help=advice)


class FiscalYear(Rule):
    """A fiscal year begins with a month or follows a pattern of weeks: with both or neither it has no first day.

    Wrong:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: «{named_by: end}»

    Right:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: {starts: july}
    """

    code = "KPI214"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        places, fiscal = known.catalog.project.places, known.catalog.project.calendar.fiscal
        if fiscal.starts is not None and fiscal.pattern is not None:
            at = places.key("calendar", "fiscal", "pattern")
            advice = "keep `starts` for years of twelve months, `pattern` for years of whole weeks"
            yield self.found("`fiscal` has both `starts` and `pattern`", at, help=advice)
        elif fiscal.starts is None and fiscal.pattern is None:
            at = places.at("calendar", "fiscal")
            advice = "add `starts`, the month that years begin with, or a `pattern` of weeks"
            yield self.found("`fiscal` has neither `starts` nor `pattern`", at, help=advice)


class YearEnd(Rule):
    """A retail pattern needs one rule for the last day of its years, and nothing else has a use for one.

    52 weeks leave a day or two of a year over: the rule says in which year they lie.

    Wrong:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: {pattern: «4-4-5»}

    Right:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: {pattern: 4-4-5, last: saturday, of: january}
    """

    code = "KPI215"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        places, fiscal = known.catalog.project.places.under("calendar", "fiscal"), known.catalog.project.calendar.fiscal
        given = _year_end_keys(fiscal)
        if fiscal.pattern is None:
            for key in given if fiscal.starts is not None else ():
                message = f"`{key}` has a meaning with a `pattern` alone"
                yield self.found(message, places.key(key), help=f"remove it: years begin with {fiscal.starts}")
        elif not given:
            message = f"`pattern: {fiscal.pattern}` does not say when its years end"
            yield self.found(message, places.at("pattern"), help=f"add {EXAMPLE}")
        elif given not in YEAR_ENDS:
            ways = [way for way in YEAR_ENDS if set(way) & set(given)]
            if len(ways) > 1:
                message = "two rules say when years end: `last` with `of`, and `nearest` with `to`"
                at = next(key for key in given if key in ways[1])
                yield self.found(message, places.key(at), help=f"keep one of them: {EXAMPLE}")
            else:
                missing = next(key for key in ways[0] if key not in given)
                message = f"`{given[0]}` without `{missing}` does not say when years end"
                yield self.found(message, places.key(given[0]), help=f"add `{missing}`, as in {EXAMPLE}")


class NoSuchDay(Rule):
    """Years end nearest to a day that no month has. 29 February is the 28th in other years.

    Wrong:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: {pattern: 4-4-5, nearest: saturday, to: «june-31»}

    Right:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: {pattern: 4-4-5, nearest: saturday, to: june-30}
    """

    code = "KPI216"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        if project.calendar.fiscal.to is None:
            return
        month, _, day = project.calendar.fiscal.to.partition("-")
        days = month_length(2024, MONTHS.index(month) + 1)
        if int(day) > days:
            at = project.places.at("calendar", "fiscal", "to")
            yield self.found(f"{month.capitalize()} has no day {day}", at, help=f"its last day is `{month}-{days}`")


class WeekStart(Rule):
    """Weeks start on another day than those of the retail pattern, so that periods would cut weeks in two.

    Wrong:

        # kpictl.yml
        name: shop
        calendar:
          week_starts_on: «monday»
          fiscal: {pattern: 4-4-5, last: saturday, of: january}

    Right:

        # kpictl.yml
        name: shop
        calendar:
          fiscal: {pattern: 4-4-5, last: saturday, of: january}
    """

    code = "KPI217"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        fiscal, week_starts_on = project.calendar.fiscal, project.calendar.week_starts_on
        if fiscal.pattern is None or _year_end_keys(fiscal) not in YEAR_ENDS:
            return
        if week_starts_on != fiscal.week_starts_on:
            message = f"weeks start on {week_starts_on}, those of the pattern on {fiscal.week_starts_on}"
            advice = "remove it: weeks start on the day after the one that years end on"
            yield self.found(message, project.places.at("calendar", "week_starts_on"), help=advice)


class CompareWithoutPattern(Rule):
    """`compare: fiscal` compares weeks of fiscal years, and only a retail pattern has those.

    Wrong:

        # kpictl.yml
        name: shop
        compare: «fiscal»

    Right:

        # kpictl.yml
        name: shop
        compare: same_weekday
    """

    code = "KPI218"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        if project.compare == "fiscal" and project.calendar.fiscal.pattern is None:
            message = "`compare: fiscal` needs a retail pattern"
            advice = "compare by `same_date` or `same_weekday`, or give `calendar.fiscal` a `pattern`"
            yield self.found(message, project.places.at("compare"), help=advice)


class PatternBySameDate(Rule):
    """Periods of a retail pattern start on another date each year, so that the same dates are not the same period.

    Wrong:

        # kpictl.yml
        name: shop
        compare: «same_date»
        calendar:
          fiscal: {pattern: 4-4-5, last: saturday, of: january}

    Right:

        # kpictl.yml
        name: shop
        compare: fiscal
        calendar:
          fiscal: {pattern: 4-4-5, last: saturday, of: january}
    """

    code = "KPI219"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        if project.compare == "same_date" and project.calendar.fiscal.pattern is not None:
            message = "`compare: same_date` does not match the periods of a retail pattern"
            advice = "remove it, since `fiscal` is the default here, or compare by `same_weekday`"
            yield self.found(message, project.places.at("compare"), help=advice)


class CalendarYears(Rule):
    """The calendar reaches further than any business does: most likely a year is misspelt.

    Wrong:

        # kpictl.yml
        name: shop
        calendar: {start: «0204-01-01»}

    Right:

        # kpictl.yml
        name: shop
        calendar: {start: 2004-01-01}
    """

    code = "KPI221"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        for key, day in (("start", project.calendar.start), ("end", project.calendar.end)):
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                message = f"the calendar's {key} is in the year {day.year}"
                advice = f"name a day from {FIRST_YEAR} to {LAST_YEAR}"
                yield self.found(message, project.places.at("calendar", key), help=advice)


def _year_end_keys(fiscal: Fiscal) -> tuple[str, ...]:
    """Those of the keys for the year end that are given."""
    return tuple(key for way in YEAR_ENDS for key in way if getattr(fiscal, key) is not None)


RULES: tuple[Rule, ...] = (
    UnknownWindow(),
    FiscalYear(),
    YearEnd(),
    NoSuchDay(),
    WeekStart(),
    CompareWithoutPattern(),
    PatternBySameDate(),
    CalendarYears(),
)
