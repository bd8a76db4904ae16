"""A run: refresh the raw tables, compute every KPI beside the published tables, publish in one transaction."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kpictl import compile as compiler
from kpictl.catalog import Catalog, TableName
from kpictl.check import errors, errors_of_types
from kpictl.check.mismatches import WrongKind
from kpictl.compile import Relation, Tables, plan
from kpictl.compile.tree import col, max_of, select, table
from kpictl.connect import everything
from kpictl.diagnostics import CatalogError, Diagnostic, WorldError, has_errors
from kpictl.engine import Engine
from kpictl.pipeline import checks
from kpictl.pipeline.definitions import define, registry, remembered
from kpictl.pipeline.events import Event, Finished, Published, Started
from kpictl.pipeline.inputs import RunDates, run_inputs
from kpictl.pipeline.materialize import Work, materialize
from kpictl.pipeline.refresh import Connectors, last_syncs, raw_tables, refresh

STEPS = ("models", "dimensions", "facts", "dashboard")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run: its as-of date, the moment it began, and the connectors to refresh first.

    `also` are further as-of dates whose dashboard rows are written with it. `types_are_guessed` where the tables are
    those of a test, whose columns have the types of the few values that it gives: nothing is refused by those.
    """

    as_of: date
    began_at: datetime
    connectors: Connectors = ()
    also: tuple[date, ...] = ()
    types_are_guessed: bool = False

    @property
    def dates(self) -> tuple[date, ...]:
        return tuple(sorted({self.as_of, *self.also}))


def run(catalog: Catalog, engine: Engine, request: Request) -> Iterator[Event]:
    """Do it all, saying what happens.

    Raises CatalogError before anything is written where the database lacks what the catalog names; WorldError,
    LockError and CheckError leave the tables of the last run published.
    """
    calendar = catalog.project.calendar
    outside = [day for day in request.dates if not calendar.start <= day <= calendar.end]
    if outside:
        raise WorldError(
            f"the as-of date {outside[0]} lies outside the calendar",
            help=f"kpictl.yml's calendar goes from {calendar.start} to {calendar.end}",
        )
    began = time.monotonic()
    schema = catalog.project.schemas.kpi
    with engine.lock(schema):
        with engine.transaction():
            tables = engine.tables()
        known = source_types(catalog, engine, tables)
        relations = compiler.compile(catalog, known)
        _check(catalog, request, relations, {**raw_tables(catalog, request.connectors), **tables})
        if request.connectors:
            yield from refresh(catalog, engine, everything(request.connectors), request.began_at)
            with engine.transaction():
                tables = engine.tables()
        facts = yield from _compute(catalog, engine, Compiled(relations, known), request, tables)
        engine.publish(schema)
    published = len(plan(catalog).published)
    yield Published(request.as_of, published, facts, time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Relations, and the types of the sources' columns that they were compiled for."""

    relations: tuple[Relation, ...]
    known: Tables


def source_types(catalog: Catalog, engine: Engine, tables: Tables) -> Tables:
    """The types of the sources' columns; what may hold NaN is called `double`."""
    return {
        source.relation: {
            column: "double" if kind in engine.with_nan else kind for column, kind in tables[source.relation].items()
        }
        for source in catalog.sources
        if source.relation in tables
    }


def _check(catalog: Catalog, request: Request, relations: Sequence[Relation], tables: Tables) -> None:
    ours = {
        relation.name: {column.name: column.type for column in relation.columns}
        for relation in relations
        if relation.name.schema is not None and relation.columns
    }
    # The view that an earlier run made says nothing about the model as it is now.
    models = {model.name for model in catalog.models}
    others = {name: columns for name, columns in tables.items() if name not in models}
    found = errors(replace(catalog, tests=()), {**others, **ours})
    if request.types_are_guessed:
        found = tuple(each for each in found if each.code != WrongKind.code)
    diagnostics = (*_nothing_to_publish(catalog), *found)
    if has_errors(diagnostics):
        raise CatalogError(diagnostics)


def _refuse_types(catalog: Catalog, request: Request, tables: Tables) -> None:
    """What the types of columns show to be wrong: of models only the database knows them, once they are there."""
    found = [] if request.types_are_guessed else list(errors_of_types(catalog, tables))
    for source in catalog.sources:
        columns = tables.get(source.relation, {})
        for key, name in (("time", source.time), ("valid_from", source.valid_from), ("valid_to", source.valid_to)):
            kind = columns.get(name or "", "date")
            if kind not in {"date", "timestamp", "timestamptz"}:
                message = f"`{source.relation}.{name}` is of type {kind}, which is no time"
                help_ = "cast it to a date or a timestamp in the model"
                found.append(Diagnostic("KPI404", message, source.places.at(key), help=help_))
    if found:
        raise CatalogError(tuple(found))


def _nothing_to_publish(catalog: Catalog) -> Iterator[Diagnostic]:
    if not plan(catalog).published:
        message = "no KPI of this project is to be published"
        yield Diagnostic("KPI212", message, catalog.project.places.at(), help="give one an `id`, or make one active")


def _compute(
    catalog: Catalog, engine: Engine, compiled: Compiled, request: Request, tables: Tables
) -> Generator[Event, None, int]:
    """Every relation in its step; all that readers see changes in the last transaction. The number of facts."""
    began = time.monotonic()
    yield Started("models")
    with engine.transaction():
        if define(catalog, compiled.relations, engine, tables):
            tables = engine.tables()
        _refuse_types(catalog, request, tables)
    known = source_types(catalog, engine, tables)
    relations = compiled.relations if known == compiled.known else compiler.compile(catalog, known)
    made = plan(catalog, known)
    by_step = steps(catalog, relations)
    facts = 0
    with engine.transaction():
        work = _work(catalog, engine, request)
        for step in STEPS:
            if step != "models":
                began = time.monotonic()
                yield Started(step)
            rows, detail = 0, ""
            for relation in by_step[step]:
                done = materialize(work, relation)
                rows += done.rows
                detail = done.detail or detail
                if relation.name.name == "fact_kpi_daily":
                    facts = done.rows
            if step == "facts":
                yield from checks.warnings(made, engine)
            yield Finished(step, rows, time.monotonic() - began, detail)
    return facts


def _work(catalog: Catalog, engine: Engine, request: Request) -> Work:
    latest = _latest_as_of(catalog, engine)
    facts_until = max(*request.dates, latest or request.as_of)
    if facts_until > catalog.project.calendar.end:
        raise WorldError(
            f"{facts_until} has been published, and the calendar ends before it",
            help=f"move `end` of kpictl.yml's calendar from {catalog.project.calendar.end} to {facts_until} or later",
        )
    dates = RunDates(request.dates, facts_until, request.began_at)
    rows = run_inputs(catalog, dates, last_syncs(catalog, engine))
    inactive = tuple(kpi.id for kpi in catalog.kpis if kpi.id is not None and not kpi.is_active)
    return Work(engine, catalog, rows, request.dates, inactive, remembered(engine, registry(catalog)))


def _latest_as_of(catalog: Catalog, engine: Engine) -> date | None:
    name = TableName(catalog.project.schemas.kpi, "agg_kpi_dashboard")
    ((latest,),) = engine.query(select([max_of(col("as_of_date"))]).from_(table(name), copy=False))
    assert latest is None or isinstance(latest, date)
    return latest


def steps(catalog: Catalog, relations: Sequence[Relation]) -> dict[str, list[Relation]]:
    """Each relation in its step, or in the step of what it needs, if that is later."""
    position: dict[TableName, int] = {}
    result: dict[str, list[Relation]] = {step: [] for step in STEPS}
    for relation in relations:
        own = STEPS.index(_step(catalog, relation))
        position[relation.name] = max([own, *(position.get(need, 0) for need in relation.needs)])
        result[STEPS[position[relation.name]]].append(relation)
    return result


def _step(catalog: Catalog, relation: Relation) -> str:
    match relation.kind:
        case "input":
            return "models"
        case "data" if relation.name.schema == catalog.project.schemas.models:
            return "models"
        case "data":
            return "dimensions"
        case "view" | "table":
            return "models"
        case "snapshot":
            return "dashboard"
        case "work" | "facts":
            return "dashboard" if relation.name.name in {"covered_span", "span_day", "trend"} else "facts"
