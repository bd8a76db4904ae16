"""What the published tables show: values and their text; a stranger to every engine and to the terminal."""

from kpictl.report.format import MISSING, Change, Shape, change, compact, rounded, shape, value
from kpictl.report.scoreboard import ROOT, Card, Lag, Reader, Scoreboard, Window, payloads, published_dates, scoreboard
from kpictl.report.sparkline import sparkline

__all__ = [
    "MISSING",
    "ROOT",
    "Card",
    "Change",
    "Lag",
    "Reader",
    "Scoreboard",
    "Shape",
    "Window",
    "change",
    "compact",
    "payloads",
    "published_dates",
    "rounded",
    "scoreboard",
    "shape",
    "sparkline",
    "value",
]
