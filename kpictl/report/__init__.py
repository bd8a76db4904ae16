"""What the published tables show: values and their text; a stranger to every engine and to the terminal.

How they are written is in `format`, `numerals` and `words`, which a run does not need: they import Babel.
"""

from kpictl.report.explain import (
    DIRECTIONS,
    Explained,
    Thing,
    Use,
    UsedSource,
    explained,
    meaning_of,
    thing,
    used,
    written_out,
)
from kpictl.report.flat import FlatTable, Wanted, flat_table, published_windows
from kpictl.report.kpi_page import KpiPage, kpi_named, kpi_page
from kpictl.report.published import (
    ROOT,
    PublishedEntity,
    PublishedKpi,
    Reader,
    edition,
    published_dates,
    published_entities,
    published_entity,
    published_kpi,
    published_kpis,
    published_table,
)
from kpictl.report.scoreboard import Card, Days, Lag, Scoreboard, Window, payloads, scoreboard
from kpictl.report.series import Day, Period, PeriodName, daily, periods
from kpictl.report.sparkline import sparkline

__all__ = [
    "DIRECTIONS",
    "ROOT",
    "Card",
    "Day",
    "Days",
    "Explained",
    "FlatTable",
    "KpiPage",
    "Lag",
    "Period",
    "PeriodName",
    "PublishedEntity",
    "PublishedKpi",
    "Reader",
    "Scoreboard",
    "Thing",
    "Use",
    "UsedSource",
    "Wanted",
    "Window",
    "daily",
    "edition",
    "explained",
    "flat_table",
    "kpi_named",
    "kpi_page",
    "meaning_of",
    "payloads",
    "periods",
    "published_dates",
    "published_entities",
    "published_entity",
    "published_kpi",
    "published_kpis",
    "published_table",
    "published_windows",
    "scoreboard",
    "sparkline",
    "thing",
    "used",
    "written_out",
]
