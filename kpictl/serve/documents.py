"""What the API answers: documents of the published tables, numbers with all their digits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from kpictl.catalog import Catalog
from kpictl.engine import Engine
from kpictl.pipeline.journal import Entry
from kpictl.pipeline.look import Look
from kpictl.pipeline.own import run_table
from kpictl.report import (
    ROOT,
    Day,
    Period,
    PeriodName,
    PublishedEntity,
    PublishedKpi,
    daily,
    periods,
    published_dates,
    published_entities,
    published_entity,
    published_kpi,
    published_kpis,
)
from kpictl.report.format import change, value
from kpictl.report.json_text import Written
from kpictl.report.shape import Shape, shape
from kpictl.serve.parameters import Asked
from kpictl.serve.problems import Problem
from kpictl.serve.source import Reading
from kpictl.serve.tables import DashboardRow, dashboard_rows

Document = Mapping[str, object]

DAYS = 366
"""How many days of a series are given where none is named as the first."""


def health(at: Reading, asked: Asked) -> Document:
    del asked
    return {"status": "ok", "edition": at.edition, "as_of": published_dates(at.reader, at.catalog)[-1]}


def kpis(at: Reading, asked: Asked) -> Document:
    found = [kpi_object(each) for each in published_kpis(at.reader, at.catalog)]
    return {"edition": at.edition, **_page("kpis", found, asked)}


def kpi(at: Reading, asked: Asked) -> Document:
    found = published_kpi(at.reader, at.catalog, asked.code)
    as_of = published_dates(at.reader, at.catalog)[-1]
    return {"edition": at.edition, "as_of": as_of, "kpi": kpi_object(found)}


def entities(at: Reading, asked: Asked) -> Document:
    every = published_entities(at.reader, at.catalog)
    codes: dict[int | None, str] = {each.id: each.code for each in every}
    found = [
        {"id": each.id, "code": each.code, "name": each.name, "parent": codes.get(each.parent_id), "level": each.level}
        for each in every
    ]
    return {"edition": at.edition, **_page("entities", found, asked)}


def dates(at: Reading, asked: Asked) -> Document:
    found = list(reversed(published_dates(at.reader, at.catalog)))
    return {"edition": at.edition, **_page("dates", found, asked)}


def dashboard(at: Reading, asked: Asked) -> Document:
    published = published_dates(at.reader, at.catalog)
    as_of = asked.day("as_of") or published[-1]
    if as_of not in published:
        raise Problem(404, f"nothing has been published as of {as_of}: the latest as-of date is {published[-1]}")
    code = asked.text("entity")
    entity = None if code is None else published_entity(at.reader, at.catalog, code)
    total, rows = dashboard_rows(at.reader, at.catalog, as_of, entity, asked.limit, asked.offset)
    shown = [_row(each, at.catalog.project.locale) for each in rows]
    return {"edition": at.edition, "as_of": as_of, **_paged("rows", shown, total, asked)}


def series(at: Reading, asked: Asked) -> Document:
    found = published_kpi(at.reader, at.catalog, asked.code)
    entity = published_entity(at.reader, at.catalog, asked.text("entity") or ROOT)
    first, last = asked.day("from"), asked.day("to")
    if first is not None and last is not None and first > last:
        raise Problem(400, f"from is {first}, which is after to, {last}")
    grain = asked.text("grain") or "day"
    rows = _series(at.reader, at.catalog, found, entity, grain, first, last)
    return {
        "edition": at.edition,
        "kpi": found.code,
        "entity": entity.code,
        "grain": grain,
        **_page("rows", rows, asked),
    }


def runs(at: Reading, asked: Asked) -> Document:
    known = run_table(at.catalog)
    there = {known.name: dict.fromkeys(at.reader.columns_of(known.name), "")}
    if not there[known.name]:
        return _paged("runs", [], 0, asked)
    found = Look(at.catalog, at.reader, there).runs(asked.limit, offset=asked.offset)
    return _paged("runs", [run_object(each) for each in found], at.reader.count(known.name), asked)


def kpi_object(kpi: PublishedKpi) -> Document:
    """The columns of `dim_kpi`, by the names that the payload has."""
    return {
        "id": kpi.id,
        "code": kpi.code,
        "name": kpi.name,
        "description": kpi.description,
        "category": kpi.category,
        "target_direction": kpi.direction,
        "format": _format(kpi.shape),
        "kind": kpi.kind,
        "over_time": kpi.over_time,
        "source": kpi.source,
        "definition": kpi.definition,
        "definition_hash": kpi.definition_hash,
        "owner": kpi.owner,
        "sort_order": kpi.sort_order,
        "is_active": kpi.is_active,
    }


def run_object(entry: Entry) -> Document:
    """What the journal has of a run that may be told: neither where it ran, nor what a database said to it."""
    return {
        "run_id": entry.run_id,
        "status": entry.status,
        "as_of_date": entry.as_of_date,
        "as_of_dates": entry.as_of_dates,
        "began_at": entry.began_at,
        "ended_at": entry.ended_at,
        "seconds": entry.seconds,
        "recomputed": entry.recomputed,
        "facts_written": entry.facts_written,
        "restated": entry.restated,
        "warnings": entry.warnings,
        "exit_code": entry.exit_code,
        "error": None if entry.error is None else f"`kpictl runs {entry.run_id}` says why",
        "kpictl_version": entry.kpictl_version,
        "project_revision": entry.project_revision,
    }


def _format(of: Shape) -> Document:
    """As a payload has it; what says nothing is left out."""
    found: dict[str, object] = {"kind": of.kind, "decimals": of.decimals}
    if of.currency is not None:
        found["currency"] = of.currency
    if of.unit is not None:
        found["unit"] = of.unit
    if of.compact:
        found["compact"] = True
    if of.kind == "percent":
        found["stored_as"] = of.stored_as
    return found


def _row(row: DashboardRow, locale: str) -> Document:
    payload = json.loads(row.payload, parse_float=Decimal, parse_int=Decimal)
    of = shape(payload["format"], locale)
    direction = payload["kpi"]["target_direction"]
    texts = {name: _texts(window, of, direction) for name, window in payload["windows"].items()}
    return {"category": row.category, "text": texts, "payload": Written(row.payload)}


def _texts(window: Mapping[str, Any], of: Shape, direction: Any) -> Document:
    """A window as people read it."""
    is_partial = "partial" in {window["status"], window["prior"]["status"]}
    against = change(window["delta"], window["delta_pct"], of, direction, is_partial=is_partial)
    return {
        "value": value(window["value"], of),
        "prior": value(window["prior"]["value"], of),
        "change": against.text,
        "goodness": against.goodness,
        "words": against.words,
    }


def _series(
    reader: Engine,
    catalog: Catalog,
    kpi: PublishedKpi,
    entity: PublishedEntity,
    grain: str,
    first: date | None,
    last: date | None,
) -> Sequence[Document]:
    if grain != "day":
        return [_period(each) for each in periods(reader, catalog, kpi, entity, _period_name(grain), first, last)]
    # Days after the latest as-of date have no facts yet; whoever asks for them gets those of the year before.
    last = last or max(published_dates(reader, catalog)[-1], first or date.min)
    first = first or max(last, date.min + timedelta(DAYS)) - timedelta(DAYS - 1)
    return [_day(each) for each in daily(reader, catalog, kpi, entity, first, last)]


def _period_name(grain: str) -> PeriodName:
    assert grain in {"week", "month", "quarter", "year"}
    return grain  # type: ignore[return-value]  # as asserted


def _day(day: Day) -> Document:
    return {"date": day.day, "value": day.value, "prior_date": day.prior_day, "prior": day.prior}


def _period(period: Period) -> Document:
    named = asdict(period)
    return {"from": named.pop("first"), "to": named.pop("last"), **named}


def _page(name: str, every: Sequence[object], asked: Asked) -> Document:
    """A page of rows that are all known."""
    return _paged(name, every[asked.offset : asked.offset + asked.limit], len(every), asked)


def _paged(name: str, rows: Sequence[object], total: int, asked: Asked) -> Document:
    return {"total": total, "limit": asked.limit, "offset": asked.offset, "next": asked.next(total), name: rows}
