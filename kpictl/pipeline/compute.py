"""The transaction of a run: every relation in its step, and with the commit all that readers see."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kpictl.catalog import Catalog, TableName
from kpictl.compile import RUN_DATE, RUN_FACTS, RUN_SYNC, Plan, Relation
from kpictl.compile.components import component_name
from kpictl.compile.coverage import COVERAGE, KPI_COVERAGE
from kpictl.compile.tree import col, max_of, select, table
from kpictl.diagnostics import WorldError
from kpictl.engine import Edition, Engine
from kpictl.pipeline import checks
from kpictl.pipeline.changes import Memory, Seen
from kpictl.pipeline.definitions import registry, remembered
from kpictl.pipeline.events import Event, Finished, Restated, Stale, Started
from kpictl.pipeline.inputs import EVERYTHING, RunDates, asked_inputs, known_inputs
from kpictl.pipeline.journal import Journal
from kpictl.pipeline.kept import Days, coverage_now
from kpictl.pipeline.materialize import Done, Work, materialize
from kpictl.pipeline.own import pass_fence
from kpictl.pipeline.refresh import last_syncs
from kpictl.pipeline.request import Request
from kpictl.pipeline.restated import of_this_run, remember_stale, reported, stale
from kpictl.pipeline.verify import verify, verify_whole

STEPS = ("models", "dimensions", "sources", "facts", "dashboard")
FIRST_STEP = STEPS[0]
"""It has begun when tables and views are brought into shape."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Relations, and the plan that they were compiled from."""

    relations: tuple[Relation, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Computed:
    """How many facts were written, and what is to be published."""

    facts_written: int
    edition: Edition
    journal: Journal | None = None


def compute(
    catalog: Catalog, engine: Engine, request: Request, compiled: Compiled, journal: Journal | None
) -> Generator[Event, None, Computed]:
    """Every relation, within a transaction. Without a journal nothing is remembered."""
    dates = _dates(catalog, engine, request)
    by_step = steps(catalog, compiled.relations)
    memory = None
    if journal is not None:
        memory = Memory.of(catalog, engine, compiled.plan, dates, is_full=request.is_full)
    work = _work(catalog, engine, request, dates, None if journal is None else journal.entry.run_id)
    yield from _step(work, "models", by_step["models"])
    dimensions = yield from _step(work, "dimensions", by_step["dimensions"])
    work, seen = yield from _sources(work, compiled.plan, by_step["sources"], dates, memory, by_step)
    facts = yield from _step(work, "facts", by_step["facts"])
    shown = yield from _step(work, "dashboard", by_step["dashboard"])
    yield Started("checks")
    if request.is_test:
        verify_whole(compiled.plan, engine)
    else:
        yield from verify(compiled.plan, engine, request.dates, request.began_at)
    if journal is not None and memory is not None and seen is not None:
        yield from _remember(work, request, journal, memory, seen, facts, shown)
        pass_fence(catalog, engine, journal.entry.run_id)
        written = [*dimensions.tables, *facts.tables, *shown.tables, of_this_run(catalog, journal.entry.run_id)]
        return Computed(facts.written, Edition(catalog.project.schemas.kpi, memory.published, tuple(written)), journal)
    return Computed(facts.written, Edition(catalog.project.schemas.kpi))


def _step(work: Work, name: str, relations: Sequence[Relation]) -> Generator[Event, None, Done]:
    """The relations of a step; what was done for all of them."""
    began = time.monotonic()
    if name != FIRST_STEP:
        yield Started(name)
    total = Done()
    for relation in relations:
        total = total.and_then(materialize(work, relation))
    yield Finished(name, total.rows, time.monotonic() - began, total.detail)
    return total


def _sources(
    work: Work,
    made: Plan,
    relations: Sequence[Relation],
    dates: RunDates,
    memory: Memory | None,
    by_step: dict[str, list[Relation]],
) -> Generator[Event, None, tuple[Work, Seen | None]]:
    """What each source gives per day, and which days are to be computed; then what is to be looked at is known."""
    began = time.monotonic()
    yield Started("sources")
    changed: dict[str, Days] = {}
    if memory is not None:
        by_name = {relation.name: relation for relation in relations}
        for source in made.sources:
            parts = [(part, by_name.pop(component_name(part))) for part in made.parts_of(source)]
            changed[source.code] = memory.kept.update(source, parts)
        relations = list(by_name.values())
    for relation in relations:
        materialize(work, relation)
    yield from checks.warnings(made, work.engine)
    covered = coverage_now(work.engine, made, dates.facts_until)
    if memory is None:
        since = covered.since or dates.facts_until
        inputs = asked_inputs(work.catalog, dates, EVERYTHING, since)
        yield Finished("sources", 0, time.monotonic() - began)
        return replace(work, inputs={**work.inputs, **inputs}), None
    seen = memory.look(changed, covered, [*by_step["facts"], *by_step["dashboard"]])
    inputs = asked_inputs(work.catalog, dates, seen.touched, seen.since)
    yield Finished("sources", 0, time.monotonic() - began, seen.said)
    return replace(work, inputs={**work.inputs, **inputs}, touched=seen.touched), seen


def _remember(
    work: Work, request: Request, journal: Journal, memory: Memory, seen: Seen, facts: Done, shown: Done
) -> Iterator[Event]:
    catalog, engine, run_id = work.catalog, work.engine, journal.entry.run_id
    if shown.restated:
        yield Restated(shown.restated, shown.restated_dates)
    changed = seen.late | facts.changed_days
    earlier = reported(catalog, engine, min(changed)) if changed else ()
    found = list(stale(catalog, [day for day in earlier if day not in request.dates], changed))
    remember_stale(catalog, engine, found, request.dates, run_id)
    if found:
        yield Stale(len(found), found[0][0], found[-1][0], seen.is_defined_anew)
    memory.write(seen, run_id)
    journal.succeed(seen.said, facts.written, shown.restated)


def _dates(catalog: Catalog, engine: Engine, request: Request) -> RunDates:
    latest = _latest_as_of(catalog, engine)
    facts_until = max(*request.dates, latest or request.as_of)
    if facts_until > catalog.project.calendar.end:
        raise WorldError(
            f"{facts_until} has been published, and the calendar ends before it",
            help=f"move `end` of kpictl.yml's calendar from {catalog.project.calendar.end} to {facts_until} or later",
        )
    return RunDates(request.dates, facts_until, request.began_at)


def _latest_as_of(catalog: Catalog, engine: Engine) -> date | None:
    name = TableName(catalog.project.schemas.kpi, "agg_kpi_dashboard")
    ((latest,),) = engine.query(select([max_of(col("as_of_date"))]).from_(table(name), copy=False))
    assert latest is None or isinstance(latest, date)
    return latest


def _work(catalog: Catalog, engine: Engine, request: Request, dates: RunDates, run_id: str | None) -> Work:
    inactive = tuple(kpi.id for kpi in catalog.kpis if kpi.id is not None and not kpi.is_active)
    return Work(
        engine=engine,
        catalog=catalog,
        inputs=known_inputs(catalog, dates, last_syncs(catalog, engine)),
        as_of=request.dates,
        began_at=request.began_at,
        inactive=inactive,
        made=remembered(engine, registry(catalog)),
        touched=EVERYTHING,
        run_id=run_id,
    )


def steps(catalog: Catalog, relations: Sequence[Relation]) -> dict[str, list[Relation]]:
    """Each relation in its step, or in the step of what it needs, if that is later."""
    position: dict[TableName, int] = {}
    result: dict[str, list[Relation]] = {step: [] for step in STEPS}
    for relation in relations:
        own = STEPS.index(_step_of(catalog, relation))
        position[relation.name] = max([own, *(position.get(need, 0) for need in relation.needs)])
        result[STEPS[position[relation.name]]].append(relation)
    return result


_FIRST = frozenset({RUN_DATE, RUN_FACTS, RUN_SYNC})
"""What is there before the sources are read."""
_OF_SOURCES = frozenset({COVERAGE, KPI_COVERAGE})
_OF_SPANS = frozenset({"covered_span", "span_day", "trend"})


def _step_of(catalog: Catalog, relation: Relation) -> str:
    match relation.kind:
        case "input":
            return "models" if relation.name in _FIRST else "facts"
        case "data" if relation.name.schema == catalog.project.schemas.models:
            return "models"
        case "data":
            return "dimensions"
        case "view" | "table":
            return "models"
        case "snapshot":
            return "dashboard"
        case "work" | "facts":
            if relation.name in _OF_SOURCES or relation.name.name.startswith("component_"):
                return "sources"
            return "dashboard" if relation.name.name in _OF_SPANS else "facts"
