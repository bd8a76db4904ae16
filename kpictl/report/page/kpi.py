"""The document of a KPI's own page: what it means, its days of two years, its months."""

from __future__ import annotations

from typing import cast

from kpictl.catalog import Catalog, Kind
from kpictl.report.explain import DIRECTIONS, meaning_of
from kpictl.report.page.days import Shown, range_text, shown_days
from kpictl.report.page.document import Document, compared, point, points, texts
from kpictl.report.page.head import DATES, shown_dates
from kpictl.report.page.ticks import ticks
from kpictl.report.published import (
    ROOT,
    PublishedEntity,
    PublishedKpi,
    Reader,
    published_entity,
    published_kpi,
)
from kpictl.report.scoreboard import Days
from kpictl.report.series import Period, daily, periods
from kpictl.report.words import period_text


def kpi_page(reader: Reader, catalog: Catalog, code: str, entity: str = ROOT, date_count: int = DATES) -> Document:
    """The page of a KPI for an entity, as known now; NotFoundError where either has not been published."""
    dates = shown_dates(reader, catalog, date_count)
    shown = shown_days(reader, catalog, dates)
    kpi, of = published_kpi(reader, catalog, code), published_entity(reader, catalog, entity)
    return kpi_document(reader, catalog, kpi, of, shown)


def kpi_document(
    reader: Reader, catalog: Catalog, kpi: PublishedKpi, entity: PublishedEntity, shown: Shown
) -> Document:
    locale = catalog.project.locale
    facts = daily(reader, catalog, kpi, entity, shown.first, shown.last)
    begin = next((number for number, fact in enumerate(facts) if fact.value is not None), len(facts))
    values = [fact.value for fact in facts[begin:]]
    return {
        "code": kpi.code,
        "entity": entity.code,
        "name": kpi.name,
        "unit": kpi.shape.unit or "",
        "category": kpi.category,
        "description": kpi.description,
        "about": _about(kpi),
        "first": facts[begin].day.isoformat() if values else None,
        "points": points(values),
        "texts": texts(values, kpi.shape),
        "from_zero": kpi.kind not in {"stock", "validity", "average", "extreme"},
        "ticks": ticks(values, kpi.shape),
        "months": [_month(each, kpi, locale) for each in periods(reader, catalog, kpi, entity, "month")],
    }


def _about(kpi: PublishedKpi) -> list[list[str]]:
    """Terms and what they say, for a list; those without a word are left out."""
    meaning = meaning_of(cast("Kind", kpi.kind), kpi.over_time)
    pairs = [
        ["Definition", kpi.definition],
        ["Kind", f"{kpi.kind.capitalize()}. {meaning}"],
        ["Direction", f"{DIRECTIONS[kpi.direction].capitalize()}."],
        ["Unit", kpi.shape.unit or kpi.shape.currency or ""],
        ["Owner", kpi.owner],
        ["Code", kpi.code],
        ["State", "" if kpi.is_active else "switched off: no new numbers"],
    ]
    return [pair for pair in pairs if pair[1]]


def _month(month: Period, kpi: PublishedKpi, locale: str) -> Document:
    numbers = (month.value, month.prior, month.delta, month.delta_pct)
    return {
        "through": month.through.isoformat(),
        "text": period_text(month.first, month.last, "month", locale),
        "days": range_text(Days(month.first, month.through), locale) if month.in_progress else None,
        "cells": compared(kpi.shape, kpi.direction, numbers, (month.status, month.prior_status)),
        "points": [point(month.value), point(month.prior)],
    }
