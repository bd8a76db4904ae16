"""The colours of charts: this year's and those of the year before."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from kpictl.report.chart import Ink, Line

INKS: Mapping[Ink, str] = {"this": "cyan", "prior": "magenta", "both": "black on cyan", "axis": "dim"}


def inked(line: Line) -> Text:
    return Text.assemble(*((run.text, INKS[run.ink]) for run in line))
