"""What KPIs are computed from: the sources and tables that a test of them needs."""

from __future__ import annotations

from dataclasses import dataclass

from kpictl.catalog.model import Source
from kpictl.catalog.table import TableName
from kpictl.check.rule import Known


@dataclass(frozen=True, slots=True)
class Reading:
    """What some KPIs are computed from: all of their sources, and every table on the way.

    `is_whole` says whether all that they name is there; a misspelt name is told elsewhere.
    """

    sources: tuple[Source, ...]
    tables: frozenset[TableName]
    is_whole: bool


def reading(known: Known, codes: set[str], given: frozenset[TableName] = frozenset()) -> Reading:
    """Behind a table whose rows are given nothing is read."""
    kpis = {kpi.code: kpi for kpi in known.catalog.kpis}
    used: set[str] = set()
    is_whole = codes <= kpis.keys()
    pending = list(codes)
    while pending:
        code = pending.pop()
        is_whole = is_whole and code in kpis
        if code in kpis and code not in used:
            used.add(code)
            formula = kpis[code].formula
            pending += [] if formula is None else [column.name for column in formula.columns()]
    sources = tuple(
        source for source in known.catalog.sources if any(kpis[code].source == source.code for code in used)
    )
    named = {kpis[code].source for code in used} - {None}
    is_whole = is_whole and named <= {source.code for source in sources}
    models = {model.name: model for model in known.catalog.models if model.name not in given}
    tables: set[TableName] = set()
    waiting = [source.relation for source in sources]
    while waiting:
        name = waiting.pop()
        if name not in tables:
            tables.add(name)
            waiting += [reference.name for reference in models[name].reads] if name in models else []
    return Reading(sources, frozenset(tables), is_whole)
