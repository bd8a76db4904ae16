"""A run: refresh the raw tables, compute every KPI beside the published tables, publish in one transaction."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from itertools import count

from kpictl import compile as compiler
from kpictl.catalog import Catalog
from kpictl.check import errors, errors_of_types
from kpictl.check.mismatches import WrongKind
from kpictl.compile import SQL_VIEWS, Relation, Tables, plan
from kpictl.connect import everything
from kpictl.diagnostics import BusyError, CatalogError, Diagnostic, KpictlError, WorldError, has_errors
from kpictl.engine import Engine
from kpictl.pipeline.clock import clock_warnings
from kpictl.pipeline.compute import FIRST_STEP, Compiled, Computed, compute
from kpictl.pipeline.definitions import define
from kpictl.pipeline.events import Began, Event, Published, Started, Waiting
from kpictl.pipeline.journal import Journal, begin
from kpictl.pipeline.own import prepare, raise_fence, run_table
from kpictl.pipeline.permissions import refuse_lacking
from kpictl.pipeline.refresh import raw_tables, refresh
from kpictl.pipeline.request import Request
from kpictl.pipeline.sql_views import describe, views_asked_for

SHAPING_SECONDS, SHAPING_TRIES, SHAPING_PAUSE_SECONDS = 2, 5, 3
"""How long a lock for changing a table is waited for, how often, and the time between for readers."""


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
    run_id = None
    with engine.lock(schema):
        refuse_lacking(catalog, engine)
        with engine.transaction():
            tables = engine.tables()
        if request.is_test:
            done = yield from _refreshed_and_computed(catalog, engine, request, tables, None)
        else:
            run_id, done = yield from _journaled(catalog, engine, request, tables)
        yield Started("publish")
        _publish(engine, done)
    kpis, dates = len(plan(catalog).published), len(request.dates)
    yield Published(request.as_of, kpis, done.facts_written, time.monotonic() - began, run_id, dates)


def _publish(engine: Engine, done: Computed) -> None:
    """Show readers what is computed; the journal says so where that fails."""
    try:
        engine.publish(done.edition)
    except KpictlError as error:
        if done.journal is not None and engine.reopen():
            done.journal.fail(error)
        raise


def _journaled(
    catalog: Catalog, engine: Engine, request: Request, tables: Tables
) -> Generator[Event, None, tuple[str, Computed]]:
    """The run, with its entry in the journal: as published where it ends well, as failed where it does not."""
    if run_table(catalog).name not in tables:
        # Where the catalog does not fit the database, a first run leaves nothing behind.
        _checked(catalog, engine, request, tables)
    with engine.transaction():
        yield from clock_warnings(catalog, engine, tables)
        prepare(catalog, engine, tables)
        journal = begin(catalog, engine, request.dates)
        raise_fence(catalog, engine, journal.entry.run_id)
    try:
        yield Began(journal.entry.run_id, request.as_of, len(request.dates))
        done = yield from journal.note(_refreshed_and_computed(catalog, engine, request, tables, journal))
    except BaseException as error:
        journal.fail(error)
        raise
    return journal.entry.run_id, done


def _refreshed_and_computed(
    catalog: Catalog, engine: Engine, request: Request, tables: Tables, journal: Journal | None
) -> Generator[Event, None, Computed]:
    """The raw tables, then all the rest."""
    known, relations = _checked(catalog, engine, request, tables)
    if request.connectors:
        yield from refresh(catalog, engine, everything(request.connectors), request.began_at)
        with engine.transaction():
            tables = engine.tables()
    yield Started(FIRST_STEP)
    with engine.transaction():
        views = views_asked_for(catalog, engine, tables)
    tables = yield from _defined(catalog, engine, request, (*relations, *views), tables)
    now_known = source_types(catalog, engine, tables)
    if now_known != known:
        relations = compiler.compile(catalog, now_known)
    with engine.transaction(sees_one_moment=True):
        compiled = Compiled(relations, plan(catalog, now_known))
        done = yield from compute(catalog, engine, request, compiled, journal)
    return replace(done, edition=replace(done.edition, views=tuple(view.name for view in views)))


def _defined(
    catalog: Catalog, engine: Engine, request: Request, relations: Sequence[Relation], tables: Tables
) -> Generator[Event, None, Tables]:
    """Tables and views in their shape, and what the database has then.

    Whoever waits to change a table keeps its readers waiting as well: so it is tried for a short time, again and again.
    """
    for attempt in count(1):
        try:
            with engine.transaction():
                engine.wait_at_most(SHAPING_SECONDS)
                if define(catalog, relations, engine, tables):
                    tables = engine.tables()
                    if any(relation.name.name in SQL_VIEWS.values() for relation in relations):
                        describe(catalog, engine, relations, tables)
                _refuse_types(catalog, request, tables)
            break
        except BusyError:
            if attempt == SHAPING_TRIES:
                raise
        yield Waiting(FIRST_STEP, "somebody holds a lock on a table that has to change", SHAPING_PAUSE_SECONDS)
        time.sleep(SHAPING_PAUSE_SECONDS)
    return tables


def _checked(catalog: Catalog, engine: Engine, request: Request, tables: Tables) -> tuple[Tables, tuple[Relation, ...]]:
    """The types of the sources' columns and the relations that were compiled for them."""
    known = source_types(catalog, engine, tables)
    relations = compiler.compile(catalog, known)
    _check(catalog, request, relations, {**raw_tables(catalog, request.connectors), **tables})
    return known, relations


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
    if request.is_test:
        found = tuple(each for each in found if each.code != WrongKind.code)
    diagnostics = (*_nothing_to_publish(catalog), *found)
    if has_errors(diagnostics):
        raise CatalogError(diagnostics)


def _refuse_types(catalog: Catalog, request: Request, tables: Tables) -> None:
    """What the types of columns show to be wrong: of models only the database knows them, once they are there."""
    found = [] if request.is_test else list(errors_of_types(catalog, tables))
    for source in catalog.sources:
        columns = tables.get(source.relation, {})
        for key in ("time", "valid_from", "valid_to", "changed_at"):
            name = getattr(source, key)
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
