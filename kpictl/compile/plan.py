"""Which KPIs a catalog computes, in which order, and how exact each one is: decided once, before any SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from kpictl.catalog import Catalog, Kind, Kpi, Source, TableName, topological
from kpictl.compile.expressions import EXACT_KINDS, inputs_of, is_exact_formula

Tables = Mapping[TableName, Mapping[str, str]]
"""What a database has: the types of the columns of each table and view."""

Level = Literal["day", "span"]
"""Where KPIs are evaluated: on single days, or on ranges of them."""

MEASURES_AT_MOST = 150
"""Measures that share a relation. PostgreSQL keeps a row in 8 KB, some 400 decimals, and an average takes two:
https://www.postgresql.org/docs/current/limits.html"""


@dataclass(frozen=True, slots=True)
class Part:
    """Measures of one source that are computed side by side: all of them, unless they are too many for a row."""

    source: Source
    number: int
    measures: tuple[Kpi, ...]

    @property
    def name(self) -> str:
        """The ending of the names of its relations; `$` cannot stand in a source's code."""
        return self.source.code if self.number == 1 else f"{self.source.code}${self.number}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The KPIs that are computed: those that are published and active, and what their formulas use.

    `formulas` stand after those that they use. `base` gives, by level and KPI, the KPIs whose values are folded from
    rows or days and that its own is made of; `within` the formulas on the way. `types` gives, by source, the
    types of its relation's columns, `floats` those of them that may hold NaN, both as far as the database was asked.
    """

    catalog: Catalog
    published: tuple[Kpi, ...]
    measures: tuple[Kpi, ...]
    formulas: tuple[Kpi, ...]
    kinds: Mapping[str, Kind]
    exact: Mapping[str, bool]
    sources: tuple[Source, ...]
    parts: tuple[Part, ...]
    part_of: Mapping[str, Part]
    types: Mapping[str, Mapping[str, str]]
    floats: Mapping[str, frozenset[str]]
    base: Mapping[Level, Mapping[str, tuple[str, ...]]]
    within: Mapping[Level, Mapping[str, tuple[str, ...]]]
    by_code: Mapping[str, Kpi]
    source_by_code: Mapping[str, Source]

    def kind(self, kpi: Kpi) -> Kind:
        return self.kinds[kpi.code]

    def source_of(self, kpi: Kpi) -> Source:
        """The source of a measure."""
        assert kpi.source is not None
        return self.source_by_code[kpi.source]

    def measures_of(self, source: Source) -> tuple[Kpi, ...]:
        return tuple(kpi for kpi in self.measures if kpi.source == source.code)

    def parts_of(self, source: Source) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.source == source)

    def of_kind(self, kind: Kind) -> tuple[Kpi, ...]:
        """The measures of a kind."""
        return tuple(kpi for kpi in self.measures if self.kinds[kpi.code] == kind)

    @property
    def averaged(self) -> tuple[Kpi, ...]:
        """The formulas whose value over days is the mean of their daily values."""
        return tuple(kpi for kpi in self.formulas if kpi.over_time == "average")

    def all_inputs(self, kpi: Kpi) -> tuple[str, ...]:
        """Every KPI that a KPI's value depends on, itself included, each once."""
        return (*self.base["day"][kpi.code], *self.within["day"][kpi.code])

    def sources_of(self, kpi: Kpi) -> tuple[Source, ...]:
        """The sources that a KPI's value depends on, each once."""
        used = {self.by_code[code].source for code in self.base["day"][kpi.code]}
        return tuple(source for source in self.sources if source.code in used)

    def has_entities(self, kpi: Kpi) -> bool:
        """Whether a KPI is defined for every entity: all of its sources say whose their rows are."""
        return all(source.entity is not None for source in self.sources_of(kpi))


def plan(catalog: Catalog, tables: Tables | None = None) -> Plan:
    """The plan of a catalog that has been checked.

    `tables` is what the database has, where that is known; columns that may hold NaN are of type `double` there.
    """
    by_code = {kpi.code: kpi for kpi in catalog.kpis}
    graph = {code: inputs_of(kpi) for code, kpi in by_code.items()}
    published = sorted(
        (kpi for kpi in catalog.kpis if kpi.id is not None and kpi.is_active),
        key=lambda kpi: kpi.id or 0,
    )
    used = _used(published, graph)
    order = [by_code[code] for code in topological(graph) if code in used]
    source_by_code = {source.code: source for source in catalog.sources}
    kinds = {kpi.code: kpi.kind(source_by_code.get(kpi.source or "")) for kpi in order}
    exact: dict[str, bool] = {}
    for kpi in order:
        exact[kpi.code] = _is_exact(kpi, kinds[kpi.code], exact)
    measures = tuple(kpi for kpi in catalog.kpis if kpi.code in used and kpi.measure is not None)
    formulas = tuple(kpi for kpi in order if kpi.formula is not None)
    codes = {kpi.source for kpi in measures}
    sources = tuple(source for source in catalog.sources if source.code in codes)
    in_parts = [kpi for kpi in measures if not _has_relation_of_its_own(kpi, kinds[kpi.code])]
    parts = tuple(part for source in sources for part in _parts(source, in_parts))
    base, within = {}, {}
    levels: tuple[Level, ...] = ("day", "span")
    for level in levels:
        base[level], within[level] = _inputs(order, level)
    return Plan(
        catalog=catalog,
        published=tuple(published),
        measures=measures,
        formulas=formulas,
        kinds=kinds,
        exact=exact,
        sources=sources,
        parts=parts,
        part_of={kpi.code: part for part in parts for kpi in part.measures},
        types={source.code: (tables or {}).get(source.relation, {}) for source in sources},
        floats={source.code: _floats(source, measures, tables or {}) for source in sources},
        base=base,
        within=within,
        by_code=by_code,
        source_by_code=source_by_code,
    )


def _used(published: Sequence[Kpi], graph: Mapping[str, Sequence[str]]) -> set[str]:
    used: set[str] = set()
    pending = [kpi.code for kpi in published]
    while pending:
        code = pending.pop()
        if code not in used:
            used.add(code)
            pending.extend(graph[code])
    return used


def _has_relation_of_its_own(kpi: Kpi, kind: Kind) -> bool:
    """Distinct values are no numbers that could stand beside those of other measures."""
    return kind == "distinct" or (kpi.measure is not None and kpi.measure.distinct)


def _parts(source: Source, measures: Sequence[Kpi]) -> list[Part]:
    """At least one part, which counts the source's rows, even where each of its KPIs has relations of its own."""
    mine = [kpi for kpi in measures if kpi.source == source.code]
    starts = range(0, max(len(mine), 1), MEASURES_AT_MOST)
    return [Part(source, i + 1, tuple(mine[at : at + MEASURES_AT_MOST])) for i, at in enumerate(starts)]


def _inputs(order: Sequence[Kpi], level: Level) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """By KPI what its value is folded from, and the formulas between, itself included, each after what it uses.

    Over a range of days the mean of daily values is folded from days, so it is at the base as measures are.
    """
    base: dict[str, tuple[str, ...]] = {}
    within: dict[str, tuple[str, ...]] = {}
    for kpi in order:
        if kpi.formula is None or (level == "span" and kpi.over_time is not None):
            base[kpi.code], within[kpi.code] = (kpi.code,), ()
            continue
        names = inputs_of(kpi)
        base[kpi.code] = tuple(dict.fromkeys(code for name in names for code in base[name]))
        within[kpi.code] = (*dict.fromkeys(code for name in names for code in within[name]), kpi.code)
    return base, within


def _floats(source: Source, measures: Sequence[Kpi], tables: Tables) -> frozenset[str]:
    """The columns that may hold NaN and are read by more than a measure that takes them as they are."""
    columns = tables.get(source.relation, {})
    read = [source.where, *(expectation.that for expectation in source.expect)]
    for kpi in measures:
        if kpi.source == source.code and kpi.measure is not None:
            argument = kpi.measure.argument
            is_bare = argument is not None and isinstance(argument.tree, exp.Column)
            read += [kpi.where, None if is_bare and kpi.measure.aggregate != "count" else argument]
    names = {column.name for each in read if each is not None for column in each.columns()}
    return frozenset(name for name in names if columns.get(name) == "double")


def _is_exact(kpi: Kpi, kind: Kind, exact: dict[str, bool]) -> bool:
    """Sums and counts are exact, and formulas that only add, subtract and scale them by integers; means are not."""
    if kpi.over_time == "average":
        return False
    if kpi.formula is not None:
        return is_exact_formula(kpi.formula, exact)
    if kind in {"validity", "stock"}:
        return kpi.measure is not None and kpi.measure.aggregate != "avg"
    return kind in EXACT_KINDS
