"""All that has been published of one KPI, for an entity at an as-of date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kpictl.catalog import Catalog
from kpictl.diagnostics import NotFoundError
from kpictl.report.published import (
    ROOT,
    PublishedEntity,
    PublishedKpi,
    Reader,
    published_dates,
    published_entity,
    published_kpi,
)
from kpictl.report.scoreboard import Card, scoreboard
from kpictl.report.series import Day, Period, daily, periods

DAYS = 371  # 53 weeks
MONTHS = 13


@dataclass(frozen=True, slots=True)
class KpiPage:
    """One KPI: its windows, its last days and its last months, oldest first.

    There is no `card` where the KPI is on no dashboard: it is switched off, or not defined for the entity.
    """

    project: str
    kpi: PublishedKpi
    entity: PublishedEntity
    as_of: date
    card: Card | None
    days: tuple[Day, ...]
    months: tuple[Period, ...]


def kpi_page(reader: Reader, catalog: Catalog, code: str, as_of: date | None = None, entity: str = ROOT) -> KpiPage:
    """The page as of a date, by default the latest; NotFoundError where it, the KPI or the entity is not there."""
    day = as_of or published_dates(reader, catalog)[-1]
    kpi = kpi_named(reader, catalog, code)
    whose = published_entity(reader, catalog, entity)
    cards = scoreboard(reader, catalog, day, entity).cards
    # What was not known yet at an earlier date is not shown as if it had been.
    months = [each for each in periods(reader, catalog, kpi, whose, "month", last=day) if each.through <= day]
    return KpiPage(
        project=catalog.project.name,
        kpi=kpi,
        entity=whose,
        as_of=day,
        card=next((card for card in cards if card.code == code), None),
        days=daily(reader, catalog, kpi, whose, day - timedelta(DAYS - 1), day),
        months=tuple(months[-MONTHS:]),
    )


def kpi_named(reader: Reader, catalog: Catalog, code: str) -> PublishedKpi:
    """The published KPI of that code; NotFoundError tells what the files know of one that has not been published."""
    try:
        return published_kpi(reader, catalog, code)
    except NotFoundError:
        for kpi in catalog.kpis:
            if kpi.code == code:
                raise _unpublished(code, is_helper=kpi.id is None) from None
        raise


def _unpublished(code: str, *, is_helper: bool) -> NotFoundError:
    if is_helper:
        said = f"`{code}` is a helper: it has no id, so that it is in no table and has no page"
        return NotFoundError(said, help=f"`kpictl explain {code}` tells what it is; with an `id` it is published")
    return NotFoundError(f"`{code}` has not been published yet", help="`kpictl run` publishes it")
