"""The rows that a run brings into the SQL: its dates, the windows at them, how far each source is synced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kpictl.calendar import business_day, windows
from kpictl.catalog import Catalog, TableName
from kpictl.compile import (
    RUN_DATE,
    RUN_FACTS,
    RUN_SYNC,
    RUN_TREND,
    RUN_WINDOW,
    calendar_of,
    needed_by,
)

TREND_DAYS = 28

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class RunDates:
    """`facts_until` is the greatest as-of date ever published, this run's included."""

    as_of: date
    facts_until: date
    began_at: datetime


def run_inputs(catalog: Catalog, dates: RunDates, synced: Mapping[TableName, datetime]) -> dict[TableName, Rows]:
    """The rows of every `input` relation; `synced` says when each raw table's last sync finished."""
    project = catalog.project
    ranges = windows(project.windows, dates.as_of, calendar_of(project))
    trend = (dates.as_of - timedelta(days=back) for back in reversed(range(TREND_DAYS)))
    return {
        RUN_DATE: [(dates.as_of, dates.began_at)],
        RUN_WINDOW: [
            (dates.as_of, window.name, side, days.first_day, days.last_day)
            for window in ranges
            for side, days in (("current", window.current), ("prior", window.prior))
        ],
        RUN_TREND: [(dates.as_of, day) for day in trend],
        RUN_SYNC: [(code, day) for code, day in _synced_until(catalog, synced).items()],
        RUN_FACTS: [(dates.facts_until,)],
    }


def _synced_until(catalog: Catalog, synced: Mapping[TableName, datetime]) -> dict[str, date]:
    """Per source the business day of the oldest sync among the raw tables that it is made from."""
    project = catalog.project
    found: dict[str, date] = {}
    for source in catalog.sources:
        moments = [synced[name] for name in needed_by(catalog, {source.relation}) if name in synced]
        if moments:
            found[source.code] = business_day(min(moments), project.timezone, project.day_starts_at)
    return found
