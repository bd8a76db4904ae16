"""Which KPIs a catalog computes, in which order, and how exact each one is: decided once, before any SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kpictl.catalog import Catalog, Kind, Kpi, Source, TableName, topological
from kpictl.compile.expressions import EXACT_KINDS, inputs_of, is_exact_formula

Tables = Mapping[TableName, Mapping[str, str]]
"""What a database has: the types of the columns of each table and view."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The KPIs that are computed: those that are published and active, and what their formulas use.

    `formulas` is in layers: each layer uses measures and formulas of the layers before it alone. `floats` gives, by
    source, the columns that the database holds as floating point, as far as it was asked.
    """

    catalog: Catalog
    published: tuple[Kpi, ...]
    measures: tuple[Kpi, ...]
    formulas: tuple[tuple[Kpi, ...], ...]
    exact: Mapping[str, bool]
    sources: tuple[Source, ...]
    floats: Mapping[str, frozenset[str]]

    def measures_of(self, source: Source) -> tuple[Kpi, ...]:
        return tuple(kpi for kpi in self.measures if kpi.source == source.code)

    def kind(self, kpi: Kpi) -> Kind:
        return self.catalog.kind(kpi)

    def all_inputs(self, kpi: Kpi) -> tuple[str, ...]:
        """Every KPI that a KPI's value depends on, itself included, each once."""
        found: dict[str, None] = {}

        def visit(code: str) -> None:
            for name in inputs_of(self.catalog.kpi(code)):
                visit(name)
            found[code] = None

        visit(kpi.code)
        return tuple(found)

    def sources_of(self, kpi: Kpi) -> tuple[str, ...]:
        """The codes of the sources that a KPI's value depends on, each once."""
        used = (self.catalog.kpi(code).source for code in self.all_inputs(kpi))
        return tuple(dict.fromkeys(source for source in used if source is not None))


def plan(catalog: Catalog, tables: Tables | None = None) -> Plan:
    """The plan of a catalog that has been checked; `tables` is what the database has, where that is known."""
    by_code = {kpi.code: kpi for kpi in catalog.kpis}
    graph = {code: inputs_of(kpi) for code, kpi in by_code.items()}
    published = sorted(
        (kpi for kpi in catalog.kpis if kpi.id is not None and kpi.is_active),
        key=lambda kpi: kpi.id or 0,
    )
    used: set[str] = set()
    pending = [kpi.code for kpi in published]
    while pending:
        code = pending.pop()
        if code not in used:
            used.add(code)
            pending.extend(graph[code])
    order = [by_code[code] for code in topological(graph) if code in used]
    exact: dict[str, bool] = {}
    for kpi in order:
        exact[kpi.code] = _is_exact(kpi, catalog, exact)
    measures = tuple(kpi for kpi in catalog.kpis if kpi.code in used and kpi.measure is not None)
    codes = {kpi.source for kpi in measures}
    sources = tuple(source for source in catalog.sources if source.code in codes)
    floats = {source.code: _floats(source, tables or {}) for source in sources}
    return Plan(catalog, tuple(published), measures, _layers(order), exact, sources, floats)


def _floats(source: Source, tables: Tables) -> frozenset[str]:
    columns = tables.get(source.relation, {})
    return frozenset(name for name, kind in columns.items() if kind == "double")


def _layers(order: list[Kpi]) -> tuple[tuple[Kpi, ...], ...]:
    depth: dict[str, int] = {}
    for kpi in order:
        depth[kpi.code] = max((depth[name] + 1 for name in inputs_of(kpi)), default=0)
    deepest = max(depth.values(), default=0)
    return tuple(tuple(kpi for kpi in order if depth[kpi.code] == level) for level in range(1, deepest + 1))


def _is_exact(kpi: Kpi, catalog: Catalog, exact: dict[str, bool]) -> bool:
    """Sums and counts are exact, and formulas that only add, subtract and scale them by integers."""
    if kpi.formula is not None:
        return is_exact_formula(kpi.formula, exact)
    kind = catalog.kind(kpi)
    if kind == "validity":
        return kpi.measure is not None and kpi.measure.aggregate != "avg"
    return kind in EXACT_KINDS
