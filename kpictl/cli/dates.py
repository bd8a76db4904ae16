"""The as-of date of a command."""

from __future__ import annotations

from datetime import date, datetime

from kpictl.catalog import Catalog
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
