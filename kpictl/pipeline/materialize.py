"""Keeps one relation as its kind says, within the transaction of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from sqlglot import exp

from kpictl.catalog import Catalog, TableName
from kpictl.compile import RUN_DAY, RUN_PERIOD, Relation, create
from kpictl.compile.tree import all_of, col, lit, select, table
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine, Written
from kpictl.pipeline.definitions import Made, definition_hash, registry, remember
from kpictl.pipeline.inputs import Rows, Touched
from kpictl.pipeline.restated import Restating, differing_days, restate


@dataclass(frozen=True, slots=True)
class Work:
    """What materializing needs to know of the run: its rows, its as-of dates, the KPIs that are switched off.

    `touched` are the days whose facts are written; without a `run_id` nobody asks what changes.
    """

    engine: Engine
    catalog: Catalog
    inputs: Mapping[TableName, Rows]
    as_of: tuple[date, ...]
    began_at: datetime
    inactive: tuple[int, ...]
    made: Mapping[str, Made]
    touched: Touched
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """`rows` that were computed; `detail` is for people.

    `written` are the facts that differed, `changed_days` their days as far as it was asked.
    `restated` numbers were published before, at so many as-of dates. `tables` says what of which published table has
    been written; those that it does not name may differ anywhere.
    """

    rows: int = 0
    detail: str = ""
    written: int = 0
    changed_days: frozenset[date] = frozenset()
    restated: int = 0
    restated_dates: int = 0
    tables: tuple[Written, ...] = ()

    def and_then(self, other: Done) -> Done:
        """Both of them."""
        return Done(
            self.rows + other.rows,
            other.detail or self.detail,
            self.written + other.written,
            self.changed_days | other.changed_days,
            self.restated + other.restated,
            self.restated_dates + other.restated_dates,
            (*self.tables, *other.tables),
        )


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
            return _snapshot(work, relation)
        case never:
            assert_never(never)


def _data(work: Work, relation: Relation) -> Done:
    """Rows from the catalog; they are written where the catalog's differ from those of the last run."""
    engine = work.engine
    digest = definition_hash(relation, engine)
    made = work.made[str(relation.name)]
    if made.definition_hash == digest:
        return Done(len(relation.rows), tables=(Written(relation.name, lit(value=False)),))
    engine.delete(relation.name, lit(value=True))
    engine.load(relation.name, relation.columns, relation.rows)
    engine.analyze(relation.name)
    remember(engine, registry(work.catalog), {str(relation.name): replace(made, definition_hash=digest)})
    return Done(len(relation.rows), f"{relation.name.name} written anew")


def _facts(work: Work, relation: Relation) -> Done:
    """Facts, and periods, of the days that are touched; those of KPIs that are switched off stay as they are."""
    engine = work.engine
    fresh = _fresh(work, relation)
    changed: frozenset[date] = frozenset()
    is_daily = relation.name.name == "fact_kpi_daily"
    scope = [] if work.touched.days is None else [_is_touched(relation)]
    is_asked = work.run_id is not None and (work.touched.days is None or work.touched.are_dependent)
    if is_daily and is_asked:
        changed = differing_days(engine, relation.table, fresh, all_of(scope) if scope else lit(value=True))
    if work.inactive:
        off = exp.In(this=col("kpi_id"), expressions=[lit(kpi_id) for kpi_id in work.inactive])
        scope.append(exp.Not(this=off))
    removed, written = engine.replace(relation.table, _all(fresh), scope=all_of(scope) if scope else lit(value=True))
    rows = engine.count(fresh)
    engine.drop(fresh, "TABLE")
    if work.touched.days is None:
        # Most rows are new to the planner, and the checks that follow ask for a few of them.
        engine.analyze(relation.name)
    detail = f"{written:,} written, {removed:,} removed" if removed else f"{written:,} written"
    tables = () if work.touched.days is None else (Written(relation.name, _asked(work, relation)),)
    if not is_daily:
        return Done(rows, tables=tables)
    return Done(rows, detail, written=written + removed, changed_days=changed, tables=tables)


def _asked(work: Work, relation: Relation) -> exp.Expr:
    """The same rows as `_is_touched` has, in a condition that stands for itself."""
    if "date_key" in relation.grain:
        days = [lit(day) for day, is_fact in work.inputs[RUN_DAY] if is_fact and isinstance(day, date)]
        return exp.In(this=col("date_key"), expressions=days)
    periods = {(str(row[0]), row[1]) for row in work.inputs[RUN_PERIOD]}
    keys = [exp.Tuple(expressions=[lit(name), lit(day)]) for name, day in periods if isinstance(day, date)]
    this = exp.Tuple(expressions=[col("period"), col("period_start")])
    return exp.In(this=this, expressions=keys)


def _is_touched(relation: Relation) -> exp.Expr:
    """Whether a row of the facts, or of the periods, is among those that are looked at."""
    keys, asked = (("date_key",), RUN_DAY) if "date_key" in relation.grain else (("period", "period_start"), RUN_PERIOD)
    query = select([col(key) for key in keys]).from_(table(asked), copy=False)
    if asked == RUN_DAY:
        query = query.where(col("is_fact"), copy=False)
    columns = [col(key) for key in keys]
    this = columns[0] if len(columns) == 1 else exp.Tuple(expressions=columns)
    return exp.In(this=this, query=exp.Subquery(this=query))


def _snapshot(work: Work, relation: Relation) -> Done:
    engine = work.engine
    fresh = _fresh(work, relation)
    restated, dates = 0, 0
    at = exp.In(this=col("as_of_date"), expressions=[lit(day) for day in work.as_of])
    if work.run_id is not None:
        by = Restating(work.run_id, work.began_at, work.as_of)
        restated, dates = restate(work.catalog, engine, relation.table, fresh, by)
    rows = engine.rewrite(relation.table, _all(fresh), scope=at)
    engine.drop(fresh, "TABLE")
    if len(work.as_of) > 1:
        # A backfill brings rows that the planner knows nothing of: the checks would compare each with each.
        engine.analyze(relation.name)
    detail = f"{rows:,} written"
    return Done(rows, detail, restated=restated, restated_dates=dates, tables=(Written(relation.name, at),))


def _fresh(work: Work, relation: Relation) -> TableName:
    """The relation's rows beside the published ones."""
    fresh = TableName(None, f"fresh_{relation.name.name}")
    work.engine.execute(create(replace(relation, name=fresh, kind="work"), work.engine.dialect))
    work.engine.analyze(fresh)
    return fresh


def _all(name: TableName) -> exp.Select:
    return select([exp.Star()]).from_(table(name), copy=False)
