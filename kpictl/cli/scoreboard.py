"""Prints what has been published: the scoreboard, one KPI's page, or the payloads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date

from rich.text import Text

from kpictl.catalog import Catalog
from kpictl.cli import board, kpi_board
from kpictl.cli.terminal import console
from kpictl.report import ROOT, Reader, kpi_named, kpi_page, payloads, published_dates, scoreboard

Drawn = Callable[[int], Iterator[Text]]
"""The lines of what has been read, for so many columns."""


def read(reader: Reader, catalog: Catalog, code: str | None, as_of: date | None, entity: str | None) -> Drawn:
    """One KPI's page, or without a code the scoreboard."""
    if code is not None:
        page = kpi_page(reader, catalog, code, as_of, entity or ROOT)
        return lambda columns: kpi_board.draw(page, columns)
    day = as_of or published_dates(reader, catalog)[-1]
    found = scoreboard(reader, catalog, day, entity or ROOT)
    return lambda columns: board.draw(found, columns)


def print_board(reader: Reader, catalog: Catalog) -> None:
    print_drawn(read(reader, catalog, None, None, None))


def print_drawn(drawn: Drawn) -> None:
    out = console(sys.stdout)
    for line in drawn(out.width):
        out.print(line)


def print_payloads(
    reader: Reader, catalog: Catalog, code: str | None, as_of: date | None, entity: str | None = None
) -> None:
    """The database's own JSON texts: no number is read and written again."""
    latest = published_dates(reader, catalog)[-1]
    texts = payloads(reader, catalog, as_of or latest, entity)
    if code is not None:
        kpi_named(reader, catalog, code)
        texts = tuple(text for text in texts if json.loads(text)["kpi"]["code"] == code)
    sys.stdout.write("[\n" + ",\n".join(texts) + "\n]\n")
