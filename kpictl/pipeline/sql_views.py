"""The flat views for BI tools: made when somebody asks for them, and kept by every run from then on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kpictl.catalog import Catalog
from kpictl.compile import Relation, Tables, compile, flat_views  # noqa: A004 -- the field's own word for it
from kpictl.compile.tree import col, lit
from kpictl.diagnostics import WorldError
from kpictl.engine import Edition, Engine, Written
from kpictl.pipeline.definitions import define, registry, remembered
from kpictl.pipeline.own import State, own_tables, prepare, state_table
from kpictl.report import published_dates, published_kpis, published_windows

WAIT_SECONDS = 5
"""How long a lock on a view is waited for: whoever waits to change one keeps its readers waiting too."""


def views_asked_for(catalog: Catalog, engine: Engine, existing: Tables) -> tuple[Relation, ...]:
    """The views that a run is to keep: all of them, or none where nobody has asked."""
    known = registry(catalog)
    if known.name not in existing:
        return ()
    made = remembered(engine, known)
    views = _views(catalog, catalog.project.windows)
    return views if any(str(view.name) in made for view in views) else ()


def publish_views(catalog: Catalog, engine: Engine) -> tuple[Relation, ...]:
    """Make the views over what is published, say of all tables what they are for, and show that to readers."""
    with engine.lock(catalog.project.schemas.kpi):
        with engine.transaction():
            tables = _published(catalog, engine)
            views = _views(catalog, published_windows(engine, catalog))
            define(catalog, views, engine, tables, is_whole=False)
            describe(catalog, engine, (*compile(catalog), *views), {**tables, **_columns(views)})
            edition = _edition(catalog, engine, tables, views)
        engine.publish(edition)
    return views


def drop_views(catalog: Catalog, engine: Engine) -> tuple[Relation, ...]:
    """Take the views away, so that no run keeps them any more; those that there were."""
    with engine.lock(catalog.project.schemas.kpi):
        with engine.transaction():
            tables = _published(catalog, engine)
            views = views_asked_for(catalog, engine, tables)
            for view in views:
                _drop(engine, view)
            names = [lit(str(view.name)) for view in views]
            if names:
                engine.delete(registry(catalog).name, exp.In(this=col("relation"), expressions=names))
            edition = _edition(catalog, engine, tables, ())
        engine.publish(edition)
    return views


def _drop(engine: Engine, view: Relation) -> None:
    """Drop a view; what somebody else has built on it keeps it there."""
    try:
        engine.drop(view.name, "VIEW")
    except WorldError as error:
        if error.help is not None:  # a lock, or a permission: the engine knows what to do
            raise
        advice = "drop what stands on it first, and make that anew where it is needed"
        raise WorldError(str(error), help=advice) from error


def describe(catalog: Catalog, engine: Engine, relations: Sequence[Relation], existing: Tables) -> None:
    """Say in the database what the published tables and views are for, and each of their columns."""
    schema = catalog.project.schemas.kpi
    told = [
        (relation.table, "VIEW" if relation.kind == "view" else "TABLE", relation.comment)
        for relation in relations
        if relation.name.schema == schema and relation.columns
    ]
    told += [(made, "TABLE", comment) for made, comment in own_tables(catalog)]
    for made, kind, comment in told:
        there = existing.get(made.name, {})
        if there:
            engine.comment(made.name, kind, comment, [column for column in made.columns if column.name in there])


def _views(catalog: Catalog, windows: Sequence[str]) -> tuple[Relation, ...]:
    project = catalog.project
    return flat_views(project.schemas.kpi, windows, is_sparse=project.facts == "sparse")


def _published(catalog: Catalog, engine: Engine) -> Tables:
    """What the database has; WorldError where nothing is published, or by another kpictl than this."""
    engine.wait_at_most(WAIT_SECONDS)
    published_dates(engine, catalog)
    published_kpis(engine, catalog)
    tables = engine.tables()
    if registry(catalog).name not in tables:
        raise WorldError("nothing has been published: no run has finished", help="`kpictl run` publishes")
    prepare(catalog, engine, tables)
    return tables


def _columns(views: Sequence[Relation]) -> Tables:
    return {view.name: {column.name: column.type for column in view.columns} for view in views}


def _edition(catalog: Catalog, engine: Engine, tables: Tables, views: Sequence[Relation]) -> Edition:
    """The one that readers see already, with these views; of its tables only what kpictl made is another."""
    schema = catalog.project.schemas.kpi
    before = State(engine, state_table(catalog)).all().get("published")
    same = [name for name in tables if name.schema == schema and name != registry(catalog).name]
    written = tuple(Written(name, lit(value=False)) for name in same)
    return Edition(schema, before, written, tuple(view.name for view in views))
