"""The calls that there are: where each is found, what it takes and what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kpictl.report.json_text import json_text
from kpictl.report.page import board, head, kpi_page, page
from kpictl.report.published import ROOT, published_dates
from kpictl.serve import documents
from kpictl.serve.parameters import PAGING, Asked, Choice, Code, Day, Parameter
from kpictl.serve.problems import Problem
from kpictl.serve.source import Reading

JSON, HTML = "application/json", "text/html; charset=utf-8"

GRAINS = ("day", "week", "month", "quarter", "year")
_ENTITY = "The code of an entity."


@dataclass(frozen=True, slots=True)
class Operation:
    """A call; `answer` names the schema of what it gives, those of the page alone have none.

    One that `is_kept` says the same for as long as an edition is published. One that `is_open` asks for no token. One
    that `is_quick` does not wait for those that are slow.
    """

    path: str
    name: str
    summary: str
    text: Callable[[Reading, Asked], str]
    parameters: tuple[Parameter, ...] = ()
    answer: str | None = None
    media_type: str = JSON
    is_kept: bool = True
    is_open: bool = False
    is_quick: bool = False

    @property
    def has_code(self) -> bool:
        return "{code}" in self.path


def _written(document: Callable[[Reading, Asked], Mapping[str, object]]) -> Callable[[Reading, Asked], str]:
    """A document with a line for each value, for people with curl."""
    return lambda at, asked: json_text(document(at, asked)) + "\n"


def _drawn(document: Callable[[Reading, Asked], Mapping[str, object]]) -> Callable[[Reading, Asked], str]:
    """A document of the page, for its script."""
    return lambda at, asked: json.dumps(document(at, asked), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


API: tuple[Operation, ...] = (
    Operation(
        "/api/kpis",
        "kpis",
        "The KPIs: their names, formats and definitions, by sort order.",
        _written(documents.kpis),
        PAGING,
        "Kpis",
    ),
    Operation("/api/kpis/{code}", "kpi", "One KPI.", _written(documents.kpi), (), "OneKpi"),
    Operation(
        "/api/kpis/{code}/series",
        "series",
        "A KPI over time: days beside those of a year before, or whole weeks, months, quarters or years.",
        _written(documents.series),
        (
            Day("from", "The first day; of periods, that on which the first begins. Of days, 366 are given without."),
            Day("to", "The last day; of periods, that on which the last begins. The latest as-of date without."),
            Choice("grain", "What a row is.", GRAINS),
            Code("entity", f"{_ENTITY} ALL without."),
            *PAGING,
        ),
        "Series",
    ),
    Operation(
        "/api/dashboard",
        "dashboard",
        "The dashboard of an as-of date: every KPI of every entity, over every window.",
        _written(documents.dashboard),
        (
            Day("as_of", "An as-of date that was published. The latest without."),
            Code("entity", f"{_ENTITY} All of them without."),
            *PAGING,
        ),
        "Dashboard",
    ),
    Operation(
        "/api/entities",
        "entities",
        "The entities, each below its parent.",
        _written(documents.entities),
        PAGING,
        "Entities",
    ),
    Operation(
        "/api/dates",
        "dates",
        "The as-of dates that were published, the latest first.",
        _written(documents.dates),
        PAGING,
        "Dates",
    ),
    Operation(
        "/api/runs",
        "runs",
        "The runs, the newest first. On DuckDB, those up to the last that has published.",
        _written(documents.runs),
        PAGING,
        "Runs",
        is_kept=False,
    ),
    Operation(
        "/healthz",
        "health",
        "Whether there is something to read.",
        _written(documents.health),
        (),
        "Health",
        is_open=True,
        is_quick=True,
    ),
)


def _board(at: Reading, asked: Asked) -> Mapping[str, object]:
    as_of = asked.day("as_of") or published_dates(at.reader, at.catalog)[-1]
    return board(at.reader, at.catalog, as_of, asked.text("entity") or ROOT)


def _kpi(at: Reading, asked: Asked) -> Mapping[str, object]:
    code = asked.text("code")
    if code is None:
        raise Problem(400, "code names the KPI")
    return kpi_page(at.reader, at.catalog, code, asked.text("entity") or ROOT)


PAGE: tuple[Operation, ...] = (
    Operation("/", "page", "The page.", lambda at, _: page(head(at.reader, at.catalog)), media_type=HTML),
    Operation(
        "/page/head.json",
        "page_head",
        "What the page offers to choose from.",
        _drawn(lambda at, _: head(at.reader, at.catalog)),
    ),
    Operation(
        "/page/board.json",
        "page_board",
        "The page's cards.",
        _drawn(_board),
        (Day("as_of", "An as-of date."), Code("entity", _ENTITY)),
    ),
    Operation(
        "/page/kpi.json",
        "page_kpi",
        "The page of a KPI.",
        _drawn(_kpi),
        (Code("code", "The KPI's code."), Code("entity", _ENTITY)),
    ),
)
