"""All documents of a page that stands alone, for a file to carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from kpictl.catalog import Catalog
from kpictl.diagnostics import NotFoundError
from kpictl.report.page.board import board
from kpictl.report.page.days import shown_days
from kpictl.report.page.document import Document
from kpictl.report.page.head import head, shown_dates
from kpictl.report.page.kpi import kpi_document
from kpictl.report.published import Reader, published_entities, published_entity, published_kpis


@dataclass(frozen=True, slots=True)
class Embedded:
    """The documents: `boards` by entity and as-of date, `kpis` by entity and code."""

    head: Document
    boards: dict[str, dict[str, Document]]
    kpis: dict[str, dict[str, Document]]

    @property
    def kpi_count(self) -> int:
        return len({code for by_code in self.kpis.values() for code in by_code})

    @property
    def default_board(self) -> Document | None:
        """What is shown when nothing has been chosen."""
        return self.boards[self.head["entity"]].get(self.head["dates"][0][0])


def embedded(reader: Reader, catalog: Catalog, date_count: int, entities: Sequence[str] = ()) -> Embedded:
    """The boards of the latest as-of dates and the KPIs' pages, of these entities; of all where none is named."""
    dates = shown_dates(reader, catalog, date_count)
    if entities:
        chosen = tuple(published_entity(reader, catalog, code) for code in dict.fromkeys(entities))
    else:
        chosen = published_entities(reader, catalog)
    boards = {each.code: dict(_boards(reader, catalog, dates, each.code)) for each in chosen}
    chosen = tuple(each for each in chosen if boards[each.code])
    shown, every = shown_days(reader, catalog, dates), published_kpis(reader, catalog)
    kpis = {}
    for each in chosen:
        on_boards = {code for document in boards[each.code].values() for code in _codes(document)}
        kpis[each.code] = {
            kpi.code: kpi_document(reader, catalog, kpi, each, shown) for kpi in every if kpi.code in on_boards
        }
    return Embedded(head(reader, catalog, date_count, chosen), boards, kpis)


def _boards(reader: Reader, catalog: Catalog, dates: Sequence[date], entity: str) -> Iterator[tuple[str, Document]]:
    """The latest first; an entity for which no KPI is defined, or was then, has none."""
    for day in reversed(dates):
        try:
            yield day.isoformat(), board(reader, catalog, day, entity)
        except NotFoundError:
            continue


def _codes(document: Document) -> list[str]:
    return [card["code"] for category in document["categories"] for card in category["cards"]]
