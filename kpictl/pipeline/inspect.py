"""What lint asks a database, changing nothing: which columns there are, and what a source's rows show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from kpictl.catalog import Catalog, Source, TableName
from kpictl.check import Seen, errors
from kpictl.check.database import TIME_TYPE
from kpictl.check.mismatches import faults_of_source, source_kinds
from kpictl.check.rows import duplicate_days, duplicate_rows, no_rows, refused_model, unreadable_rows
from kpictl.check.rule import Known
from kpictl.compile import (
    Plan,
    Tables,
    days,
    duplicates,
    keyed,
    models_in_order,
    on_files,
    plan,
    repeated_days,
    some_row,
)
from kpictl.compile.tree import select, table
from kpictl.diagnostics import Diagnostic, WorldError
from kpictl.engine import REFUSED, Engine
from kpictl.pipeline.run import source_types

ROWS_AT_LEAST = 10
UNIQUE_AT_LEAST = 0.9
"""From this share of days with one row on, a table is taken for one with a row a day."""

Rows = list[tuple[object, ...]]
Refused = list[Diagnostic]


def inspect(catalog: Catalog, engine: Engine) -> Seen:
    """The tables of a database, and the project's models and lookups as its files have them, made or not.

    Each query has a transaction of its own: what is refused spoils no other, and nobody waits for long.
    """
    with engine.transaction():
        found = engine.tables()
    tables, refused = _with_models(catalog, engine, found)
    made = plan(catalog, source_types(catalog, engine, tables))
    return Seen(tables, (*refused, *_found(made, engine, tables)))


def _with_models(catalog: Catalog, engine: Engine, found: Tables) -> tuple[dict[TableName, dict[str, str]], Refused]:
    """The tables with the models in the place of views of an earlier run, and what is wrong with the models.

    Nothing is known of a model that was refused or reads something that is not there; rules say that.
    """
    models = {model.name for model in catalog.models}
    tables = {name: dict(columns) for name, columns in found.items() if name not in models}
    tables |= {lookup.name: {each.name: each.type for each in lookup.columns} for lookup in catalog.lookups}
    told = {each.at.path for each in errors(replace(catalog, tests=()), tables)}
    refused: Refused = []
    for model in models_in_order(catalog):
        if model.path in told or not {each.name for each in model.reads} <= tables.keys():
            continue
        query = select([exp.Star()]).from_(table(model.name), copy=False)
        try:
            with engine.transaction():
                tables[model.name] = engine.types_of(on_files(query, catalog))
        except WorldError as error:
            refused.append(refused_model(model, _reason(error)))
    return tables, refused


def _found(made: Plan, engine: Engine, tables: Tables) -> Iterator[Diagnostic]:
    readable = [source for source in made.catalog.sources if _can_be_read(made.catalog, source, tables)]
    models = {model.name: model for model in made.catalog.models}
    looked_at = {source.code for source in keyed(readable)}
    for source in readable:
        try:
            yield from _in_rows(made, engine, source, is_key_looked_at=source.code in looked_at)
        except WorldError as error:
            if source.relation not in models:
                raise WorldError(f"source {source.code}: {error}", help=error.help) from error
            yield unreadable_rows(models[source.relation], source, _reason(error))


def _in_rows(made: Plan, engine: Engine, source: Source, *, is_key_looked_at: bool) -> Iterator[Diagnostic]:
    def rows_of(query: exp.Query) -> Rows:
        with engine.transaction():
            return engine.query(on_files(query, made.catalog))

    if source.key is not None or source.time is None:
        if is_key_looked_at and (examples := rows_of(duplicates(made, source))):
            yield duplicate_rows(source, examples)
        elif not rows_of(some_row(made, source)):
            yield no_rows(source)
        return
    ((rows, different),) = rows_of(days(made, source))
    if not rows:
        yield no_rows(source)
    elif _has_a_row_a_day(int(str(rows)), int(str(different))):
        yield duplicate_days(source, rows_of(repeated_days(made, source)))


def _can_be_read(catalog: Catalog, source: Source, tables: Tables) -> bool:
    """Whether a source's rows can be asked for; where not, a rule says why."""
    columns = tables.get(source.relation, {})
    conditions = () if source.where is None else source.where.columns()
    times = {source.time, source.valid_from} - {None}
    used = {*times, source.entity, source.key, *(column.name for column in conditions)} - {None}
    if not used <= columns.keys() or not all(TIME_TYPE.fullmatch(columns[time or ""]) for time in times):
        return False
    kinds = source_kinds(Known(catalog, {}, tables), source)
    return not any(faults for _, faults in faults_of_source(source, kinds))


def _has_a_row_a_day(rows: int, different: int) -> bool:
    return rows >= ROWS_AT_LEAST and UNIQUE_AT_LEAST * rows <= different < rows


def _reason(error: WorldError) -> str:
    return str(error).removeprefix(REFUSED)
