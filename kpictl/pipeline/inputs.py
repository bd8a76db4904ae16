"""The rows that a run brings into the SQL: its dates, the windows at them, how far each source is synced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kpictl.calendar import Calendar, Range, business_day, periods, windows
from kpictl.catalog import Catalog, TableName
from kpictl.compile import (
    RUN_DATE,
    RUN_DAY,
    RUN_FACTS,
    RUN_PERIOD,
    RUN_SPAN,
    RUN_SYNC,
    RUN_TREND,
    RUN_WINDOW,
    TREND_DAYS,
    calendar_of,
    needed_by,
)

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class RunDates:
    """`facts_until` is the greatest as-of date ever published, this run's included."""

    as_of: tuple[date, ...]
    facts_until: date
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """The days whose facts are computed, and the periods with them.

    `days` is None for all of them. Periods that end on `periods_from` or later may read otherwise without a changed
    day: they go on. With `are_dependent` some of the days are there because those before them are.
    """

    days: frozenset[date] | None = None
    periods_from: date | None = None
    are_dependent: bool = False

    def has(self, days: Range | None) -> bool:
        """Whether any of a range's days is one of these."""
        if self.days is None or days is None:
            return days is not None
        first = days.first_day
        if first is None:
            return any(day <= days.last_day for day in self.days)
        if (days.last_day - first).days < len(self.days):
            return any(first + timedelta(days=n) in self.days for n in range((days.last_day - first).days + 1))
        return any(first <= day <= days.last_day for day in self.days)


EVERYTHING = Touched()


class Spans:
    """The ranges of days that KPIs are evaluated on, each once however many windows and periods it is."""

    def __init__(self) -> None:
        self._ids: dict[tuple[date, date | None, date], int] = {}

    def id_of(self, as_of: date, days: Range | None) -> int | None:
        """The number of a range as it is known at an as-of date; None for one that has no data."""
        if days is None:
            return None
        return self._ids.setdefault((as_of, days.first_day, days.last_day), len(self._ids) + 1)

    @property
    def rows(self) -> Rows:
        return [(number, *span) for span, number in self._ids.items()]

    def days(self, since: date) -> set[date]:
        """Every day of every range; those since inception begin at `since`."""
        found: set[date] = set()
        until: dict[date, date] = {}
        for _, first, last in self._ids:
            begins = since if first is None else max(first, since)
            until[begins] = max(last, until.get(begins, last))
        for begins, last in until.items():
            found.update(begins + timedelta(days=n) for n in range((last - begins).days + 1))
        return found


def known_inputs(catalog: Catalog, dates: RunDates, synced: Mapping[TableName, datetime]) -> dict[TableName, Rows]:
    """What a run knows when it begins; `synced` says when each raw table's last sync finished."""
    return {
        RUN_DATE: [(day, dates.began_at) for day in dates.as_of],
        RUN_SYNC: [(code, day) for code, day in _synced_until(catalog, synced).items()],
        RUN_FACTS: [(dates.facts_until,)],
    }


def asked_inputs(catalog: Catalog, dates: RunDates, touched: Touched, since: date) -> dict[TableName, Rows]:
    """The spans and days to look at, once it is known which have changed; no source covers a day before `since`."""
    calendar = calendar_of(catalog.project)
    spans = Spans()
    by_window = list(_windows(catalog, calendar, dates, spans))
    by_period = list(_periods(calendar, dates.facts_until, spans, touched, since))
    trend = [(day, day - timedelta(days=back)) for day in dates.as_of for back in reversed(range(TREND_DAYS))]
    return {
        RUN_SPAN: spans.rows,
        RUN_WINDOW: by_window,
        RUN_PERIOD: by_period,
        RUN_TREND: list[tuple[object, ...]](trend),
        RUN_DAY: _days(spans, dates, touched, since, {day for _, day in trend}),
    }


def _days(spans: Spans, dates: RunDates, touched: Touched, since: date, trend: set[date]) -> Rows:
    facts = touched.days
    if facts is None:
        facts = frozenset(since + timedelta(days=n) for n in range((dates.facts_until - since).days + 1))
    facts |= trend
    return [(day, day in facts) for day in sorted(facts | spans.days(since))]


def run_inputs(catalog: Catalog, dates: RunDates, synced: Mapping[TableName, datetime]) -> dict[TableName, Rows]:
    """The rows of every `input` relation, for all days."""
    since = _first_day(catalog)
    return {**known_inputs(catalog, dates, synced), **asked_inputs(catalog, dates, EVERYTHING, since)}


def _windows(catalog: Catalog, calendar: Calendar, dates: RunDates, spans: Spans) -> Iterator[tuple[object, ...]]:
    for as_of in dates.as_of:
        for each in windows(catalog.project.windows, as_of, calendar):
            now, before = each.current, each.prior
            yield as_of, each.name, "current", now.first_day, now.last_day, spans.id_of(as_of, now), False
            number = spans.id_of(as_of, before) if each.prior_has_data else None
            yield as_of, each.name, "prior", before.first_day, before.last_day, number, each.prior_is_short


def _periods(
    calendar: Calendar, as_of: date, spans: Spans, touched: Touched, since: date
) -> Iterator[tuple[object, ...]]:
    goes_on_from = touched.periods_from
    for each in periods(since, as_of, calendar):
        goes_on = goes_on_from is None or each.period_end >= goes_on_from
        if goes_on or touched.has(each.current) or touched.has(each.prior):
            keys = (each.name, each.period_start, each.period_end, each.through, each.in_progress)
            yield *keys, "current", spans.id_of(as_of, each.current), False
            yield *keys, "prior", spans.id_of(as_of, each.prior), each.prior_is_short


def _first_day(catalog: Catalog) -> date:
    """The earliest day that any source can cover, as far as the catalog says it."""
    project = catalog.project
    starts = [source.covers_from or project.covers_from for source in catalog.sources]
    known = [start for start in starts if start is not None]
    whole = len(known) == len(starts) and known
    return max(min(known), project.calendar.start) if whole else project.calendar.start


def _synced_until(catalog: Catalog, synced: Mapping[TableName, datetime]) -> dict[str, date]:
    """Per source the business day of the oldest sync among the raw tables that it is made from."""
    project = catalog.project
    found: dict[str, date] = {}
    for source in catalog.sources:
        moments = [synced[name] for name in needed_by(catalog, {source.relation}) if name in synced]
        if moments:
            found[source.code] = business_day(min(moments), project.timezone, project.day_starts_at)
    return found
