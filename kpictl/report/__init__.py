"""What the published tables show: values and their text; a stranger to every engine and to the terminal."""

from kpictl.report.explain import Explained, Thing, Use, UsedSource, explained, thing, used, written_out
from kpictl.report.format import MISSING, Change, Shape, change, compact, rounded, shape, value
from kpictl.report.scoreboard import ROOT, Card, Lag, Reader, Scoreboard, Window, payloads, published_dates, scoreboard
from kpictl.report.sparkline import sparkline

__all__ = [
    "MISSING",
    "ROOT",
    "Card",
    "Change",
    "Explained",
    "Lag",
    "Reader",
    "Scoreboard",
    "Shape",
    "Thing",
    "Use",
    "UsedSource",
    "Window",
    "change",
    "compact",
    "explained",
    "payloads",
    "published_dates",
    "rounded",
    "scoreboard",
    "shape",
    "sparkline",
    "thing",
    "used",
    "value",
    "written_out",
]
