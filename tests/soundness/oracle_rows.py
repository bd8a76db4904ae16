"""The oracle's rows: their business days, their leaves and the days they cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from math import isfinite
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from tests.soundness.oracle_days import Calendar, Range, instant_of
from tests.soundness.oracle_model import ROOT, Entity, Formula, Measure, Row, Source, row_value

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Dated:
    """A row of a source with its business day (or days of validity) and its leaf (None: an unknown code)."""

    row: Row
    leaf: str | None
    day: date
    until: date | None


@dataclass(frozen=True, kw_only=True)
class Project(Calendar):
    """All that values depend on. The cached properties and the memory only save time."""

    sources: tuple[Source, ...]
    kpis: tuple[Measure | Formula, ...]
    entities: tuple[Entity, ...] = (Entity(ROOT),)

    @cached_property
    def source(self) -> dict[str, Source]:
        return {source.code: source for source in self.sources}

    @cached_property
    def kpi(self) -> dict[str, Measure | Formula]:
        return {kpi.code: kpi for kpi in self.kpis}

    @cached_property
    def entity(self) -> dict[str, Entity]:
        return {entity.code: entity for entity in self.entities}

    @cached_property
    def dated(self) -> dict[str, list[Dated]]:
        return {source.code: _dated(source, self) for source in self.sources}

    @cached_property
    def days_with_rows(self) -> dict[str, dict[str | None, set[date]]]:
        found: dict[str, dict[str | None, set[date]]] = {source.code: {} for source in self.sources}
        for code, rows in self.dated.items():
            for row in rows:
                found[code].setdefault(row.leaf, set()).add(row.day)
        return found

    @cached_property
    def matching(self) -> dict[str, list[tuple[Dated, Any]]]:
        """For each measure the rows that pass its `where` and have an x, with that x."""
        return {kpi.code: _matching(kpi, self) for kpi in self.kpis if isinstance(kpi, Measure)}

    @cached_property
    def memory(self) -> dict[tuple[object, ...], Any]:
        return {}


def remembered(work_out: Callable[Concatenate[Project, P], R]) -> Callable[Concatenate[Project, P], R]:
    """The same function, which works out each answer about a project once."""

    def look_up(project: Project, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (work_out, args, tuple(kwargs.items()))
        if key not in project.memory:
            project.memory[key] = work_out(project, *args, **kwargs)
        found: R = project.memory[key]
        return found

    return look_up


def business_day(
    value: date | datetime | None, source: Source, project: Project, leaf: str | None = ROOT
) -> date | None:
    """The calendar date, in the zone of the row's entity, on which a row happened."""
    if not isinstance(value, datetime):
        return value
    instant = value if value.tzinfo is not None else instant_of(value, ZoneInfo(source.timezone))
    wall_clock = instant.astimezone(_zone(project, leaf)).replace(tzinfo=None)
    start = project.day_starts_at
    return (wall_clock - timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)).date()


def _zone(project: Project, leaf: str | None) -> ZoneInfo:
    for code in lineage(project, leaf):
        zone = project.entity[code].timezone
        if zone is not None:
            return ZoneInfo(zone)
    return ZoneInfo(project.timezone)


def lineage(project: Project, leaf: str | None) -> list[str]:
    """The entities that a leaf's rows count for, from the nearest up to the root."""
    found = [ROOT if leaf is None else leaf]
    while found[-1] != ROOT:
        found.append(project.entity[found[-1]].parent or ROOT)
    return found


def _leaf(row: Row, source: Source, project: Project) -> str | None:
    if source.entity is None:
        return ROOT
    code = row.get(source.entity)
    for entity in project.entities:
        if code is not None and (str(code) == entity.code or str(code) in entity.aliases):
            return entity.code
    return None


def _rows(source: Source) -> list[Row]:
    return [row for row in source.rows if source.where is None or source.where(row) is True]


def _dated(source: Source, project: Project) -> list[Dated]:
    found = []
    for row in _rows(source):
        leaf = _leaf(row, source, project)
        day = business_day(row.get(source.time or source.valid_from or ""), source, project, leaf)
        until = business_day(row.get(source.valid_to), source, project, leaf) if source.valid_to else None
        if day is not None:
            found.append(Dated(row, leaf, day, until))
    return found


def undated_rows(project: Project, source: str) -> int:
    """How many rows have no time: the run warns of them."""
    return len(_rows(project.source[source])) - len(project.dated[source])


def unknown_codes(project: Project, source: str) -> dict[str | None, int]:
    """The entity codes that the tree lacks, with their row counts: the run warns of them."""
    of = project.source[source]
    return Counter(row.get(of.entity) for row in _rows(of) if of.entity and _leaf(row, of, project) is None)


def _matching(measure: Measure, project: Project) -> list[tuple[Dated, Any]]:
    found = []
    for dated in project.dated[measure.source]:
        if measure.where is not None and measure.where(dated.row) is not True:
            continue
        x = 1 if measure.argument is None else measure.argument(dated.row)
        # NaN and infinities count as NULL.
        if x is None or (isinstance(x, float | Decimal) and not isfinite(x)):
            continue
        found.append((dated, x if measure.aggregate == "count" else row_value(x)))
    return found


@remembered
def rows_below(project: Project, code: str, entity: str) -> dict[str | None, list[tuple[Dated, Any]]]:
    """A measure's matching rows that count for an entity, by leaf, each with its x."""
    found: dict[str | None, list[tuple[Dated, Any]]] = {}
    for row, x in project.matching[code]:
        if entity in lineage(project, row.leaf):
            found.setdefault(row.leaf, []).append((row, x))
    return found


@remembered
def days_below(project: Project, code: str, entity: str) -> dict[date, list[Any]]:
    """The x of a measure's matching rows that count for an entity, by day."""
    found: dict[date, list[Any]] = {}
    for rows in rows_below(project, code, entity).values():
        for row, x in rows:
            found.setdefault(row.day, []).append(x)
    return found


@remembered
def defined(project: Project, code: str, entity: str) -> bool:
    kpi = project.kpi[code]
    if isinstance(kpi, Formula):
        return all(defined(project, name, entity) for name in kpi.inputs)
    return entity == ROOT or project.source[kpi.source].entity is not None


@remembered
def covered(project: Project, code: str, entity: str, as_of: date) -> Range | None:
    """The days on which a KPI can be known for an entity; a formula's are those of all its inputs."""
    kpi = project.kpi[code]
    if isinstance(kpi, Formula):
        ranges = [covered(project, name, entity, as_of) for name in kpi.inputs]
        known = [r for r in ranges if r is not None]
        if len(known) < len(ranges):
            return None
        first, last = max(r[0] for r in known), min(r[1] for r in known)
        return (first, last) if first <= last else None
    source = project.source[kpi.source]
    days: set[date] = set()
    for leaf, leaf_days in project.days_with_rows[source.code].items():
        if entity in lineage(project, leaf):
            days |= {day for day in leaf_days if day <= as_of}
    if not days and (source.covers_from is None or source.covers_to_last_row):
        return None
    first = max(source.covers_from or min(days), project.calendar_start)
    last = min(as_of, source.synced_through or as_of)
    last = min(last, max(days)) if source.covers_to_last_row else last
    return (first, last) if first <= last else None


@remembered
def data_through(project: Project, code: str, as_of: date) -> date | None:
    """The last day with a row in the KPI's source; the earliest such day of a formula's sources."""
    kpi = project.kpi[code]
    if isinstance(kpi, Formula):
        days = [data_through(project, name, as_of) for name in kpi.inputs]
        known = [day for day in days if day is not None]
        return min(known) if len(known) == len(days) else None
    leaves = project.days_with_rows[kpi.source].values()
    return max((day for days in leaves for day in days if day <= as_of), default=None)
