"""The as-of date that a run takes where nobody names one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kpictl.calendar import business_day
from kpictl.catalog import Catalog


def today(catalog: Catalog, now: datetime) -> date:
    """The business day that is going on, in the project's zone."""
    project = catalog.project
    return business_day(now, project.timezone, project.day_starts_at)


def default_as_of(catalog: Catalog, now: datetime) -> date:
    """The last complete business day, or the one that is going on, as the project says."""
    day = today(catalog, now)
    return day if catalog.project.as_of == "today" else day - timedelta(days=1)
