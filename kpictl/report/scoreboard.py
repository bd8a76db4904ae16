"""The scoreboard of an as-of date: what the published tables say of every KPI."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlglot import exp

from kpictl.catalog import Catalog
from kpictl.compile.tree import cast, col, lit, named, select, table
from kpictl.diagnostics import NotFoundError
from kpictl.report.published import ROOT, Reader, Row, published_dates, published_entity, published_table
from kpictl.report.shape import Direction, Shape, shape


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both ends counted."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Window:
    """A KPI over one window, against the same window a year before; no days where the window has none."""

    name: str
    days: Days | None
    prior_days: Days | None
    value: Decimal | None
    status: str
    prior: Decimal | None
    prior_status: str
    delta: Decimal | None
    delta_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class Card:
    """One KPI at the as-of date; `windows` are in the project's order, `trend` is oldest first."""

    code: str
    name: str
    category: str
    direction: Direction
    shape: Shape
    is_formula: bool
    data_through: date | None
    windows: tuple[Window, ...]
    trend: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Lag:
    """KPIs whose source, or of formulas a source, has no row between a day and the as-of date; None: no row at all."""

    data_through: date | None
    is_formula: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """The KPIs of one entity, by category and sort order."""

    project: str
    entity: str
    as_of: date
    windows: tuple[str, ...]
    cards: tuple[Card, ...]

    @property
    def data_through(self) -> date | None:
        """The last day with a row in the sources of any KPI that has data here."""
        shown = (card for card in self.cards if any(window.status != "no_data" for window in card.windows))
        return max((card.data_through for card in shown if card.data_through is not None), default=None)

    @property
    def categories(self) -> tuple[tuple[str, tuple[Card, ...]], ...]:
        """The cards by category, in the order of the cards."""
        return tuple((name, tuple(cards)) for name, cards in groupby(self.cards, lambda card: card.category))

    @property
    def lags(self) -> tuple[Lag, ...]:
        """Which KPIs' data ends before the as-of date, the latest day first."""
        found: dict[tuple[date | None, bool], list[str]] = {}
        for card in self.cards:
            if card.data_through is None or card.data_through < self.as_of:
                found.setdefault((card.data_through, card.is_formula), []).append(card.name)
        keys = sorted(found, key=lambda key: (key[0] or date.min, not key[1]), reverse=True)
        return tuple(Lag(day, is_formula, tuple(found[day, is_formula])) for day, is_formula in keys)


def payloads(reader: Reader, catalog: Catalog, as_of: date, entity: str | None = None) -> tuple[str, ...]:
    """The payloads of an as-of date as the database's own JSON texts, by sort order and entity."""
    return tuple(str(payload) for payload, *_ in _rows(reader, catalog, as_of, entity))


def scoreboard(reader: Reader, catalog: Catalog, as_of: date, entity: str = ROOT) -> Scoreboard:
    """The scoreboard of an entity, by its code; NotFoundError where that date, or that entity, was not published."""
    project = catalog.project
    rows = _rows(reader, catalog, as_of, entity)
    cards = [_card(row, catalog) for row in rows]
    return Scoreboard(
        project=project.name,
        entity=str(rows[0][3]),
        as_of=as_of,
        windows=tuple(name for name in project.windows if any(_has(card, name) for card in cards)),
        cards=_in_order(cards),
    )


def _has(card: Card, name: str) -> bool:
    return any(window.name == name for window in card.windows)


def _in_order(cards: Sequence[Card]) -> tuple[Card, ...]:
    """By category, each where its first KPI stands; within it as given."""
    position: dict[str, int] = {}
    for card in cards:
        position.setdefault(card.category, len(position))
    return tuple(sorted(cards, key=lambda card: position[card.category]))


def _rows(reader: Reader, catalog: Catalog, as_of: date, entity: str | None) -> list[Row]:
    """Payload, category, data_through, entity name and kind of KPI of each row, by sort order."""
    columns = [
        named(cast(col("payload", "d"), "text"), "payload"),
        col("category", "k"),
        col("data_through", "d"),
        col("entity_name", "e"),
        col("kind", "k"),
    ]
    query = select(columns).from_(table(published_table(catalog, "agg_kpi_dashboard"), "d"), copy=False)
    for name, alias, key in (("dim_kpi", "k", "kpi_id"), ("dim_entity", "e", "entity_id")):
        same = exp.EQ(this=col(key, alias), expression=col(key, "d"))
        query = query.join(table(published_table(catalog, name), alias), on=same, copy=False)
    query = query.where(exp.EQ(this=col("as_of_date", "d"), expression=lit(as_of)), copy=False)
    if entity is not None:
        query = query.where(exp.EQ(this=col("entity_code", "e"), expression=lit(entity)), copy=False)
    order = [col("sort_order", "k"), col("kpi_id", "k"), col("entity_id", "e")]
    rows = reader.query(query.order_by(*order, copy=False))
    if not rows:
        latest = published_dates(reader, catalog)[-1]
        if entity is not None:
            published_entity(reader, catalog, entity)
        raise NotFoundError(
            f"nothing has been published as of {as_of}",
            help=f"the latest as-of date is {latest}; `kpictl run --as-of {as_of}` publishes another",
        )
    return rows


def _card(row: Row, catalog: Catalog) -> Card:
    text, category, through, _, kind = row
    assert through is None or isinstance(through, date)
    payload: Mapping[str, Any] = json.loads(str(text), parse_float=Decimal, parse_int=Decimal)
    kpi, by_window = payload["kpi"], payload["windows"]
    return Card(
        code=kpi["code"],
        name=kpi["name"],
        category=str(category or ""),
        direction=kpi["target_direction"],
        shape=shape(payload["format"], catalog.project.locale),
        is_formula=kind == "formula",
        data_through=through,
        windows=tuple(_window(name, by_window[name]) for name in catalog.project.windows if name in by_window),
        trend=tuple(day["value"] for day in payload["trend"]),
    )


def _window(name: str, found: Mapping[str, Any]) -> Window:
    prior = found["prior"]
    return Window(
        name=name,
        days=_days(found),
        prior_days=_days(prior),
        value=found["value"],
        status=found["status"],
        prior=prior["value"],
        prior_status=prior["status"],
        delta=found["delta"],
        delta_pct=found["delta_pct"],
    )


def _days(found: Mapping[str, Any]) -> Days | None:
    """The range of a window of a payload; since inception there is none before the first covered day."""
    first, last = found["from"], found["to"]
    return None if first is None or last is None else Days(date.fromisoformat(first), date.fromisoformat(last))
