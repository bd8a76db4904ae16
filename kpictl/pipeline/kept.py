"""What a run keeps of its components, so that the next one knows which days have changed and computes no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from sqlglot import exp

from kpictl import __version__
from kpictl.catalog import Catalog, Source, Table, TableName
from kpictl.compile import Plan, Relation, create_as, needed_by, query
from kpictl.compile.components import component_name
from kpictl.compile.coverage import COVERAGE, first_day, last_day
from kpictl.compile.entities import entity_relations
from kpictl.compile.plan import Part
from kpictl.compile.tracked import is_asked, is_tracked, kept_columns, on_days
from kpictl.compile.tree import any_of, case, cast, col, greatest, is_null, least, lit, named, select, table
from kpictl.engine import Engine
from kpictl.pipeline.own import State, coverage_table
from kpictl.pipeline.tracked import TouchedDays, Tracked

Days = frozenset[date] | None
"""Some days, or None for all of them."""


Parts = Sequence[tuple[Part, Relation]]
"""The parts of one source, each with the relation of its components."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The components that are kept in a database: a table for each part of a source."""

    catalog: Catalog
    engine: Engine
    made: Plan
    state: State
    known: Mapping[str, str]
    is_full: bool

    def table(self, part: Part, relation: Relation) -> Table:
        name = TableName(self.catalog.project.schemas.kpi, f"kept_{part.name}")
        return Table(name, relation.columns, ())

    def update(self, source: Source, parts: Parts) -> Days:
        """Compute a source's components, keep what differs, and say on which days; then they can be read."""
        digests = self._digests(source, parts)
        is_same = self.is_same(source, parts)
        tracked = Tracked(self.engine, self.made, source, self.catalog.project.schemas.kpi)
        changed: Days = frozenset()
        if not is_same:
            self.engine.drop(tracked.name, "TABLE")
            if is_tracked(source):
                tracked.start()
            for part, relation in parts:
                self._make(part, relation)
            self.state.write(digests)
            changed = None
        elif is_tracked(source) and self.is_full:
            self.engine.drop(tracked.name, "TABLE")
            tracked.start()
            changed = frozenset().union(*(self._compare(part, relation, None) for part, relation in parts))
        elif is_tracked(source):
            touched = tracked.follow()
            if touched.number or touched.has_none:
                changed = frozenset().union(*(self._compare(part, relation, touched) for part, relation in parts))
        else:
            changed = frozenset().union(*(self._compare(part, relation, None) for part, relation in parts))
        for part, relation in parts:
            self._show(part, relation)
        return changed

    def is_same(self, source: Source, parts: Parts) -> bool:
        """Whether a source's components are made from what they were made from in the last run."""
        return all(self.known.get(name) == digest for name, digest in self._digests(source, parts).items())

    def _digests(self, source: Source, parts: Parts) -> dict[str, str]:
        return {relation.name.name: self._digest(source, relation) for _, relation in parts}

    def _digest(self, source: Source, relation: Relation) -> str:
        """What the components are made from. Where only changed rows are read, what makes the rows counts as well."""
        meaning = [query(relation, self.engine.dialect)]
        if is_tracked(source):
            needs = needed_by(self.catalog, {source.relation})
            meaning += [each.text for each in self.catalog.models if each.name in needs]
            meaning += [repr(each.rows) for each in self.catalog.lookups if each.name in needs]
            meaning += [repr(each.rows) for each in entity_relations(self.made)]
            meaning += [repr((source.key, source.changed_at, kept_columns(self.made, source))), __version__]
        return sha256("\n".join(meaning).encode()).hexdigest()[:16]

    def _show(self, part: Part, relation: Relation) -> None:
        """Let the kept components be read under their relation's name."""
        columns = [col(column.name) for column in relation.columns]
        whole = select(columns).from_(table(self.table(part, relation).name), copy=False)
        self.engine.execute(create_as(relation.name, "VIEW", whole, self.engine.dialect))

    def _make(self, part: Part, relation: Relation) -> None:
        kept = self.table(part, relation)
        assert relation.select is not None
        self.engine.drop(kept.name, "TABLE")
        self.engine.shape(kept, ())
        self.engine.index(kept.name, "date_key")
        self.engine.append(kept, relation.select)
        self.engine.analyze(kept.name)

    def _compare(self, part: Part, relation: Relation, asked: TouchedDays | None) -> frozenset[date]:
        """The days, among those asked for or all, on which the components are others now; they are written anew."""
        assert relation.select is not None
        kept, fresh = self.table(part, relation), TableName(None, f"fresh_{part.name}")
        select_, where = relation.select, None
        if asked is not None:
            first, last = asked.first, asked.last
            select_ = on_days(part.source, relation.select, asked.name, first, last, with_none=asked.has_none)
            where = is_asked(asked.name, with_none=asked.has_none)
        self.engine.execute(create_as(fresh, "TABLE", select_, self.engine.dialect))
        changed = self._write(kept, fresh, TableName(None, f"touched_{part.name}"), where)
        self.engine.drop(fresh, "TABLE")
        return changed

    def _write(self, kept: Table, fresh: TableName, touched: TableName, where: exp.Expr | None) -> frozenset[date]:
        names = [column.name for column in kept.columns]
        differing = _differing(names, kept.name, fresh, where)
        days = select([col("date_key")]).distinct(copy=False).from_(differing, copy=False)
        self.engine.execute(create_as(touched, "TABLE", days, self.engine.dialect))
        found = [day for (day,) in self.engine.query(self._within(touched))]
        if found:
            here: exp.Expr = exp.In(this=col("date_key"), query=exp.Subquery(this=_all(touched)))
            if None in found:
                here = any_of([here, is_null(col("date_key"))])
            self.engine.delete(kept.name, here)
            self.engine.append(kept, _all(fresh).where(here.copy(), copy=False))
        self.engine.drop(touched, "TABLE")
        return frozenset(day for day in found if isinstance(day, date))

    def _within(self, touched: TableName) -> exp.Query:
        """Some days as far as they matter, since Python has no others: those outside the calendar as its ends."""
        calendar = self.catalog.project.calendar
        day = least([greatest([col("date_key"), lit(calendar.start)]), lit(calendar.end)])
        known = named(case((is_null(col("date_key")), cast(lit(None), "date")), default=day), "day")
        return select([known]).distinct(copy=False).from_(table(touched), copy=False)

    def forget(self, parts: Iterable[Part]) -> None:
        """Drop the components of sources that are no longer computed."""
        there = {component_name(part).name for part in parts}
        gone = [name for name in self.known if name.startswith("component_") and name not in there]
        for name in gone:
            for ending in ("", "$rows"):
                kept = f"kept_{name.removeprefix('component_')}{ending}"
                self.engine.drop(TableName(self.catalog.project.schemas.kpi, kept), "TABLE")
            self.engine.delete(self.state.table.name, exp.EQ(this=col("name"), expression=lit(name)))


def _all(name: TableName) -> exp.Select:
    return select([exp.Star()]).from_(table(name), copy=False)


def _differing(names: Sequence[str], kept: TableName, fresh: TableName, where: exp.Expr | None) -> exp.Subquery:
    """The rows that only one of two tables has, among those that meet a condition."""

    def rows(of: TableName) -> exp.Select:
        query = select([col(name) for name in names]).from_(table(of), copy=False)
        return query if where is None else query.where(where.copy(), copy=False)

    def inner(tree: exp.Query, alias: str) -> exp.Subquery:
        return exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))

    new = inner(exp.Except(this=rows(fresh), expression=rows(kept), distinct=True), "new")
    old = inner(exp.Except(this=rows(kept), expression=rows(fresh), distinct=True), "old")
    days = [select([col("date_key")]).from_(each, copy=False) for each in (new, old)]
    return inner(exp.Union(this=days[0], expression=days[1], distinct=False), "differing")


Range = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Covered:
    """The days that each source covers, by its code and the entity's id."""

    ranges: Mapping[tuple[str, int], Range]

    @property
    def since(self) -> date | None:
        return min((first for first, _ in self.ranges.values()), default=None)

    def differing(self, before: Covered) -> frozenset[date]:
        """The days that one of two coverages has and the other lacks, of any source and entity."""
        found: set[date] = set()
        for key in {*self.ranges, *before.ranges}:
            now, then = self.ranges.get(key), before.ranges.get(key)
            if now != then:
                found |= _days(now) ^ _days(then)
        return frozenset(found)


def _days(covered: Range | None) -> set[date]:
    if covered is None:
        return set()
    first, last = covered
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


def coverage_now(engine: Engine, made: Plan, facts_until: date) -> Covered:
    """What the sources cover at the last day of the facts."""
    names = [name for source in made.sources for name in (first_day(source), last_day(source))]
    columns = [col(name) for name in ("entity_id", *names)]
    asked = exp.EQ(this=col("as_of_date"), expression=lit(facts_until))
    ranges: dict[tuple[str, int], Range] = {}
    for entity_id, *days in engine.query(select(columns).from_(table(COVERAGE), copy=False).where(asked, copy=False)):
        for source, first, last in zip(made.sources, days[::2], days[1::2], strict=True):
            if isinstance(first, date) and isinstance(last, date) and first <= last:
                ranges[source.code, int(str(entity_id))] = (first, last)
    return Covered(ranges)


def coverage_before(catalog: Catalog, engine: Engine) -> Covered:
    """What they covered when the facts were last written."""
    known = coverage_table(catalog)
    rows = engine.query(select([col(column.name) for column in known.columns]).from_(table(known.name), copy=False))
    ranges: dict[tuple[str, int], Range] = {}
    for code, entity_id, first, last in rows:
        assert isinstance(first, date)
        assert isinstance(last, date)
        ranges[str(code), int(str(entity_id))] = (first, last)
    return Covered(ranges)


def remember_coverage(catalog: Catalog, engine: Engine, covered: Covered) -> None:
    known = coverage_table(catalog)
    engine.delete(known.name, lit(value=True))
    rows = [(code, entity_id, first, last) for (code, entity_id), (first, last) in covered.ranges.items()]
    engine.load(known.name, known.columns, rows)


def depending(made: Plan, source: Source, days: frozenset[date], until: date) -> frozenset[date]:
    """The days whose facts may differ where a source's rows of some days do.

    What a stock carries forward, and what is valid, depends on the days before: all later ones may differ.
    """
    carried = any(made.kind(kpi) in {"stock", "validity"} for kpi in made.measures_of(source))
    if not carried or not days:
        return days
    first = max(min(days), made.catalog.project.calendar.start)
    return days | {first + timedelta(days=n) for n in range((until - first).days + 1)}
