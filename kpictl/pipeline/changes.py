"""Which days a run computes, and why: what of its sources, their coverage and the definitions is new since the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from kpictl.catalog import Catalog, Source
from kpictl.compile import Plan, Relation
from kpictl.compile.entities import ENTITY_ABOVE, entity_relations
from kpictl.engine import Engine
from kpictl.pipeline.definitions import definition_hash
from kpictl.pipeline.inputs import RunDates, Touched
from kpictl.pipeline.kept import Covered, Days, Kept, Parts, coverage_before, depending, remember_coverage
from kpictl.pipeline.own import State, state_table

_FACTS, _UNTIL, _PUBLISHED = "facts", "facts_until", "published"


@dataclass(frozen=True, slots=True)
class Seen:
    """The days that are to be computed, in words too, and what is to be remembered of it.

    `since` is the first day that any source covers, or covered when the facts were last written. `late` are the days
    on which rows have changed, or their coverage, whatever is computed; with `is_defined_anew` all days are, as what is
    computed of the rows has changed.
    """

    touched: Touched
    since: date
    late: frozenset[date]
    is_defined_anew: bool
    said: str
    definitions: str
    covered: Covered


@dataclass(frozen=True, slots=True)
class Memory:
    """What the runs before have left: it is read when a run begins to compute, and written before it commits."""

    catalog: Catalog
    engine: Engine
    made: Plan
    dates: RunDates
    state: State
    known: Mapping[str, str]
    kept: Kept
    is_full: bool

    @classmethod
    def of(cls, catalog: Catalog, engine: Engine, made: Plan, dates: RunDates, *, is_full: bool) -> Memory:
        state = State(engine, state_table(catalog))
        known = state.all()
        kept = Kept(catalog, engine, made, state, known, is_full)
        return cls(catalog, engine, made, dates, state, known, kept, is_full)

    def look(self, changed: Mapping[str, Days], covered: Covered, relations: Sequence[Relation]) -> Seen:
        """What has changed: of each source the days, or None for all; then the coverage and the definitions."""
        definitions = self._definitions(relations)
        until = self.known.get(_UNTIL)
        anew = self._anew(changed, definitions, until)
        before = coverage_before(self.catalog, self.engine)
        since = min((day for day in (covered.since, before.since) if day is not None), default=self.dates.facts_until)
        by_coverage = covered.differing(before)
        late = by_coverage.union(
            *(changed.get(source.code) or () for source in self.made.sources if self._adds_up(source))
        )
        if anew is not None:
            return Seen(Touched(), since, late, not self.is_full, f"all days: {anew}", definitions, covered)
        assert until is not None
        found: set[date] = set()
        of_source: list[str] = []
        for source in self.made.sources:
            days = changed.get(source.code) or frozenset()
            found |= depending(self.made, source, days, self.dates.facts_until)
            if days:
                of_source.append(f"{source.code} {len(days):,}")
        found |= by_coverage
        if by_coverage:
            of_source.append(f"coverage {len(by_coverage):,}")
        said = f"{_days(len(found))} from {min(found)}: {', '.join(of_source)}" if found else "no day has changed"
        # The last period of the run before goes on, or has ended since.
        goes_on_from = min(date.fromisoformat(until), self.dates.facts_until)
        touched = Touched(frozenset(found), goes_on_from, are_dependent=not found <= late)
        return Seen(touched, since, late, False, said, definitions, covered)

    def _adds_up(self, source: Source) -> bool:
        """Whether a day's rows count on that day; else which days have others now shows in the facts alone."""
        return any(self.made.kind(kpi) not in {"stock", "validity"} for kpi in self.made.measures_of(source))

    def foreseen(self, of_sources: Sequence[tuple[Source, Parts]], relations: Sequence[Relation]) -> str | None:
        """Why a run would compute all days, if that shows before it has looked at any row."""
        changed: dict[str, Days] = {}
        for source, parts in of_sources:
            changed[source.code] = frozenset() if self.kept.is_same(source, parts) else None
        return self._anew(changed, self._definitions(relations), self.known.get(_UNTIL))

    def _anew(self, changed: Mapping[str, Days], definitions: str, until: str | None) -> str | None:
        """Why all days are to be computed, if they are."""
        if self.is_full:
            return "--full-refresh"
        if _FACTS not in self.known or until is None:
            return "the first run"
        if self.known[_FACTS] != definitions:
            return "definitions have changed"
        sources = [code for code, days in changed.items() if days is None]
        return f"measures of {', '.join(sources)} have changed" if sources else None

    def _definitions(self, relations: Sequence[Relation]) -> str:
        """A digest of all that makes values of components: the SQL of the steps after them, entities, and periods."""
        project = self.catalog.project
        # The calendar's `end` only adds days.
        periods = (project.calendar.start, project.calendar.week_starts_on, project.calendar.fiscal, project.compare)
        digest = sha256(repr(periods).encode())
        above = [each for each in entity_relations(self.made) if each.name == ENTITY_ABOVE]
        for relation in (*above, *relations):
            # What only the dashboard shows is no part of facts and periods.
            if relation.kind not in {"input", "snapshot"}:
                digest.update(definition_hash(relation, self.engine).encode())
        return digest.hexdigest()[:16]

    @property
    def published(self) -> str | None:
        """The run whose tables readers see, where that is known."""
        return self.known.get(_PUBLISHED)

    def write(self, seen: Seen, run_id: str) -> None:
        self.kept.forget(self.made.parts)
        remember_coverage(self.catalog, self.engine, seen.covered)
        until = self.dates.facts_until.isoformat()
        self.state.write({_FACTS: seen.definitions, _UNTIL: until, _PUBLISHED: run_id})


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number:,} days"
