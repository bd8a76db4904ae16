"""Keeps one relation as its kind says, within the transaction of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from sqlglot import exp

from kpictl.catalog import Catalog, TableName
from kpictl.compile import Relation, create
from kpictl.compile.tree import col, lit
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine
from kpictl.pipeline.definitions import Made, definition_hash, registry, remember
from kpictl.pipeline.inputs import Rows


@dataclass(frozen=True, slots=True)
class Work:
    """What materializing needs to know of the run: its rows, its as-of dates, the KPIs that are switched off."""

    engine: Engine
    catalog: Catalog
    inputs: Mapping[TableName, Rows]
    as_of: tuple[date, ...]
    inactive: tuple[int, ...]
    made: Mapping[str, Made]


@dataclass(frozen=True, slots=True)
class Done:
    """`rows` that the relation has, or that were written where nobody counts; `detail` is for people."""

    rows: int = 0
    detail: str = ""


def materialize(work: Work, relation: Relation) -> Done:
    """Keep the relation; WorldError names it where the database refuses."""
    try:
        return _kept(work, relation)
    except WorldError as error:
        raise WorldError(f"{relation.name}: {error}", help=error.help) from error


def _kept(work: Work, relation: Relation) -> Done:
    engine = work.engine
    match relation.kind:
        case "input":
            engine.create_temporary(relation.table)
            engine.load(relation.name, relation.columns, work.inputs[relation.name])
            engine.analyze(relation.name)
            return Done()
        case "data" if relation.name.schema is None:
            engine.create_temporary(relation.table)
            engine.load(relation.name, relation.columns, relation.rows)
            engine.analyze(relation.name)
            return Done()
        case "data":
            return _data(work, relation)
        case "view":
            return Done()
        case "table":
            assert relation.select is not None
            return Done(engine.refill(relation.name, relation.select))
        case "work":
            engine.execute(create(relation, engine.dialect))
            engine.analyze(relation.name)
            return Done()
        case "facts":
            return _facts(work, relation)
        case "snapshot":
            assert relation.select is not None
            at = exp.In(this=col("as_of_date"), expressions=[lit(day) for day in work.as_of])
            return Done(engine.rewrite(relation.table, relation.select, scope=at))
        case never:
            assert_never(never)


def _data(work: Work, relation: Relation) -> Done:
    """Rows from the catalog; they are written where the catalog's differ from those of the last run."""
    engine = work.engine
    digest = definition_hash(relation, engine)
    made = work.made[str(relation.name)]
    if made.definition_hash == digest:
        return Done(len(relation.rows))
    engine.delete(relation.name, lit(value=True))
    engine.load(relation.name, relation.columns, relation.rows)
    engine.analyze(relation.name)
    remember(engine, registry(work.catalog), {str(relation.name): replace(made, definition_hash=digest)})
    return Done(len(relation.rows), f"{relation.name.name} written anew")


def _facts(work: Work, relation: Relation) -> Done:
    """Facts, and periods, of KPIs that are switched off stay as they are."""
    assert relation.select is not None
    scope: exp.Expr = lit(value=True)
    if work.inactive:
        off = exp.In(this=col("kpi_id"), expressions=[lit(kpi_id) for kpi_id in work.inactive])
        scope = exp.Not(this=off)
    removed, written = work.engine.replace(relation.table, relation.select, scope=scope)
    rows = work.engine.count(relation.name)
    return Done(rows, f"{written:,} written, {removed:,} removed" if removed else f"{written:,} written")
