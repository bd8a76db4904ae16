"""Prints what has been published: the scoreboard, or the payloads."""

from __future__ import annotations

import sys
from datetime import date

from kpictl.catalog import Catalog
from kpictl.cli.board import draw
from kpictl.cli.terminal import console
from kpictl.report import ROOT, Reader, payloads, published_dates, scoreboard


def print_board(reader: Reader, catalog: Catalog, as_of: date | None, entity: str | None = None) -> None:
    latest = published_dates(reader, catalog)[-1]
    out = console(sys.stdout)
    for line in draw(scoreboard(reader, catalog, as_of or latest, entity or ROOT), out.width):
        out.print(line)


def print_payloads(reader: Reader, catalog: Catalog, as_of: date | None, entity: str | None = None) -> None:
    """The database's own JSON texts: no number is read and written again."""
    latest = published_dates(reader, catalog)[-1]
    texts = payloads(reader, catalog, as_of or latest, entity)
    sys.stdout.write("[\n" + ",\n".join(texts) + "\n]\n")
