"""Which rows of the published tables, laid flat, are asked for: the question of an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from kpictl.catalog import Catalog, Column
from kpictl.compile import Flat, flat
from kpictl.compile.tree import all_of, col, lit, select
from kpictl.diagnostics import NotFoundError, WorldError
from kpictl.report.published import (
    Reader,
    published_dates,
    published_entity,
    published_kpi,
    published_kpis,
    published_table,
)
from kpictl.report.shape import Shape

_DAY: Mapping[Flat, str] = {"dashboard": "as_of_date", "facts": "date_key", "periods": "period_start"}
"""The column that a range of days is of."""

_ORDER: Mapping[Flat, tuple[str, ...]] = {
    "dashboard": ("as_of_date", "sort_order", "kpi_id", "entity_id", "window_order"),
    "facts": ("date_key", "sort_order", "kpi_id", "entity_id"),
    "periods": ("period", "period_start", "sort_order", "kpi_id", "entity_id"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The days, KPIs and entities that are wanted; without any, all of them.

    Of the dashboard only the latest as-of date is, unless days are given.
    """

    which: Flat
    first: date | None = None
    last: date | None = None
    kpis: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlatTable:
    """Rows to export: their columns, the query that gives them in order, and how each KPI's values are written."""

    which: Flat
    columns: tuple[Column, ...]
    query: exp.Query
    shapes: Mapping[int, Shape]
    latest: date


def flat_table(reader: Reader, catalog: Catalog, wanted: Wanted) -> FlatTable:
    """The rows that are wanted; NotFoundError for what was not published."""
    dates = published_dates(reader, catalog)
    for code in wanted.kpis:
        published_kpi(reader, catalog, code)
    for code in wanted.entities:
        published_entity(reader, catalog, code)
    first, last = wanted.first, wanted.last
    if wanted.which == "dashboard":
        first, last = _as_of_dates(dates, first, last)
    windows, project = published_windows(reader, catalog), catalog.project
    relation = flat(wanted.which, project.schemas.kpi, windows, is_sparse=project.facts == "sparse")
    assert relation.select is not None
    rows = exp.Subquery(this=relation.select, alias=exp.TableAlias(this=exp.to_identifier("flat", quoted=True)))
    query = select([col(column.name) for column in relation.columns]).from_(rows, copy=False)
    conditions = [*_days(wanted.which, first, last), *_codes(wanted)]
    if conditions:
        query = query.where(all_of(conditions), copy=False)
    query = query.order_by(*(col(name) for name in _ORDER[wanted.which]), copy=False)
    shapes = {kpi.id: kpi.shape for kpi in published_kpis(reader, catalog)}
    return FlatTable(wanted.which, relation.columns, query, shapes, dates[-1])


def published_windows(reader: Reader, catalog: Catalog) -> tuple[str, ...]:
    """The project's windows that the dashboard has columns for: one that was added since the last run has none."""
    name = published_table(catalog, "agg_kpi_dashboard")
    there = set(reader.columns_of(name))
    windows = tuple(window for window in catalog.project.windows if f"{window}_status" in there)
    if not windows:
        raise WorldError(f"{name} has none of the project's windows", help="`kpictl run` publishes them")
    return windows


def _as_of_dates(dates: Sequence[date], first: date | None, last: date | None) -> tuple[date, date]:
    """The latest as-of date, or the range; NotFoundError where there is none in it."""
    if first is None and last is None:
        return dates[-1], dates[-1]
    when = _when(first, last)
    first, last = first or dates[0], last or dates[-1]
    if not any(first <= day <= last for day in dates):
        there = f"as-of dates go from {dates[0]} to {dates[-1]}" if len(dates) > 1 else f"only as-of date is {dates[0]}"
        raise NotFoundError(
            f"nothing has been published {when}", help=f"the {there}; `kpictl run --as-of` publishes another"
        )
    return first, last


def _when(first: date | None, last: date | None) -> str:
    if last is None:
        return f"from {first} on"
    if first is None:
        return f"up to {last}"
    return f"as of {first}" if first == last else f"from {first} to {last}"


def _days(which: Flat, first: date | None, last: date | None) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    if first is not None:
        found.append(exp.GTE(this=col(_DAY[which]), expression=lit(first)))
    if last is not None:
        found.append(exp.LTE(this=col(_DAY[which]), expression=lit(last)))
    return found


def _codes(wanted: Wanted) -> list[exp.Expr]:
    return [
        exp.In(this=col(name), expressions=[lit(code) for code in codes])
        for name, codes in (("kpi_code", wanted.kpis), ("entity_code", wanted.entities))
        if codes
    ]
