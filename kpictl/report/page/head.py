"""The page's first document: what there is to choose from, and how days and statuses are written."""

from __future__ import annotations

from datetime import date

from kpictl import __version__
from kpictl.catalog import Catalog
from kpictl.report.page.days import YEAR_DAYS, days_document, shown_days
from kpictl.report.page.document import Document
from kpictl.report.published import ROOT, PublishedEntity, Reader, edition, published_dates, published_entities
from kpictl.report.words import STATUSES, day_text, window_label, window_title

DATES = 60
"""How many as-of dates a live page offers, the latest ones."""

_SPANS = ((28, "4 weeks"), (91, "13 weeks"), (YEAR_DAYS, "1 year"))


def head(
    reader: Reader, catalog: Catalog, date_count: int = DATES, entities: tuple[PublishedEntity, ...] | None = None
) -> Document:
    """What to choose from: the latest as-of dates, the entities (all of them unless told which), the windows."""
    project = catalog.project
    dates = shown_dates(reader, catalog, date_count)
    listed = published_entities(reader, catalog) if entities is None else entities
    codes = [each.code for each in listed]
    return {
        "project": project.name,
        "version": __version__,
        "edition": edition(reader, catalog),
        "dates": [[day.isoformat(), day_text(day, project.locale)] for day in reversed(dates)],
        "entities": [[each.code, each.name, each.level] for each in listed],
        "entity": ROOT if ROOT in codes else codes[0],
        "windows": [[name, window_label(name), window_title(name)] for name in project.windows],
        "spans": [list(span) for span in _SPANS],
        "span": 91,
        "statuses": dict(STATUSES),
        "days": days_document(shown_days(reader, catalog, dates), project.locale),
    }


def shown_dates(reader: Reader, catalog: Catalog, count: int) -> tuple[date, ...]:
    """The latest as-of dates, the latest last."""
    return published_dates(reader, catalog)[-count:]
