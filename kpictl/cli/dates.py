"""The as-of date of a command."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kpictl.catalog import Catalog
from kpictl.cli.options import Days
from kpictl.diagnostics import UsageError
from kpictl.pipeline.dates import default_as_of, today


def as_of_date(catalog: Catalog, chosen: date | None, now: datetime) -> date:
    """The date chosen, if it has come, else the project's default."""
    if chosen is None:
        return default_as_of(catalog, now)
    latest = today(catalog, now)
    if chosen > latest:
        zone = catalog.project.timezone
        raise UsageError(f"the as-of date {chosen} has not come yet", help=f"today is {latest} in {zone}")
    return chosen


def as_of_dates(catalog: Catalog, chosen: date | None, backfill: Days | None, now: datetime) -> tuple[date, ...]:
    """The as-of dates of a run: one, or every day of a backfill."""
    if backfill is None:
        return (as_of_date(catalog, chosen, now),)
    if chosen is not None:
        raise UsageError("--as-of and --backfill contradict each other", help="--backfill names the as-of dates")
    first, last = backfill.first, backfill.last
    if first > last:
        raise UsageError(f"the backfill ends on {last}, before it begins on {first}", help="write FROM:TO")
    last = as_of_date(catalog, last, now)
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
