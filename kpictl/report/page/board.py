"""A board's document: the cards of one as-of date and entity, over every window, as they were reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kpictl.catalog import Catalog
from kpictl.report.page.days import count_text, range_text
from kpictl.report.page.document import Document, compared, points, texts
from kpictl.report.published import ROOT, Reader
from kpictl.report.scoreboard import Card, Lag, Scoreboard, Window, scoreboard
from kpictl.report.words import behind_words, day_text


def board(reader: Reader, catalog: Catalog, as_of: date, entity: str = ROOT) -> Document:
    """The board of an as-of date; NotFoundError where that date, or that entity, was not published."""
    return board_document(scoreboard(reader, catalog, as_of, entity), entity, catalog.project.locale)


def board_document(shown: Scoreboard, entity: str, locale: str) -> Document:
    ranges = {name: _range(_first(shown.cards, name), locale) for name in shown.windows}
    through = shown.data_through
    return {
        "as_of": shown.as_of.isoformat(),
        "as_of_text": day_text(shown.as_of, locale),
        "entity": entity,
        "entity_name": shown.entity,
        "through": None if through is None else day_text(through, locale),
        "windows": list(shown.windows),
        "ranges": ranges,
        "lags": [_lag(lag, locale) for lag in shown.lags],
        "categories": [
            {"name": name, "cards": [_card(card, shown, ranges, locale) for card in cards]}
            for name, cards in shown.categories
        ],
    }


def _card(card: Card, board: Scoreboard, ranges: Document, locale: str) -> Document:
    by_name = {window.name: window for window in card.windows}
    document: Document = {
        "code": card.code,
        "name": card.name,
        "unit": card.shape.unit or "",
        "windows": [_window(by_name.get(name), card) for name in board.windows],
        "points": points(card.trend),
        "texts": texts(card.trend, card.shape),
    }
    if card.data_through is None or card.data_through < board.as_of:
        document["behind"] = _behind(card, locale)
    own = {name: _range(window, locale) for name, window in by_name.items()}
    if differing := {name: each for name, each in own.items() if each != ranges[name]}:
        document["ranges"] = differing
    return document


def _window(window: Window | None, card: Card) -> list[str] | None:
    if window is None:
        return None
    numbers = (window.value, window.prior, window.delta, window.delta_pct)
    return compared(card.shape, card.direction, numbers, (window.status, window.prior_status))


def _first(cards: Sequence[Card], name: str) -> Window | None:
    found = (window for card in cards for window in card.windows if window.name == name)
    return next(found, None)


def _range(window: Window | None, locale: str) -> list[str | None] | None:
    """The days counted and those compared with, each with how many there are."""
    if window is None or window.days is None:
        return None
    now = [range_text(window.days, locale), count_text(window.days)]
    prior = window.prior_days
    return [*now, *((None, None) if prior is None else (range_text(prior, locale), count_text(prior)))]


def _lag(lag: Lag, locale: str) -> Document:
    count = "1 KPI" if len(lag.names) == 1 else f"{len(lag.names):,} KPIs"
    return {"text": _behind(lag, locale), "count": count, "names": list(lag.names)}


def _behind(of: Card | Lag, locale: str) -> str:
    through = None if of.data_through is None else day_text(of.data_through, locale)
    return behind_words(through, is_formula=of.is_formula)
