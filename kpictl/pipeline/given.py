"""The catalog of a KPI test: its KPIs alone, with the rows that it gives in the place of tables and models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from kpictl.catalog import Catalog, Column, ColumnType, Expected, KpiTest, Lookup, Model, TableName, TableReference
from kpictl.catalog.cells import fitted, type_of
from kpictl.catalog.lookups import Value
from kpictl.catalog.model import Cell, GivenRow
from kpictl.catalog.tested import table_of
from kpictl.check.rule import column_uses
from kpictl.check.taken import published
from kpictl.compile import needed_by, with_ids
from kpictl.compile.tree import col, lit, named, select, table
from kpictl.diagnostics import CatalogError, Diagnostic, Span
from kpictl.pipeline.raw import RawTable

RawTables = Mapping[TableName, RawTable]
Rows = Sequence[GivenRow]

ROW = "__row"
"""The column of a table that has no other."""
DATE: ColumnType = "date"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is compiled and run for a test; `untyped` are columns that models read and of which no row has a value."""

    catalog: Catalog
    untyped: tuple[str, ...]


def prepared(catalog: Catalog, test: KpiTest, raw: RawTables) -> Prepared:
    """A catalog of the tested KPIs alone.

    A table whose rows are given is a lookup with these rows, whatever makes it otherwise. All others that the tested
    KPIs need and that the project does not make itself are there without rows.
    """
    given = {table_of(catalog, each): each.rows for each in test.given}
    windows = (window_of(line, catalog) for line in test.expect)
    kept = replace(
        catalog,
        project=replace(catalog.project, windows=tuple(dict.fromkeys(windows))),
        models=tuple(model for model in catalog.models if model.name not in given),
        lookups=tuple(lookup for lookup in catalog.lookups if lookup.name not in given),
        tests=(),
    )
    part = with_ids(kept, {line.kpi for line in test.expect})
    needed = needed_by(part, {source.relation for source in part.sources})
    made = {model.name for model in part.models} | {lookup.name for lookup in part.lookups} | set(published(part))
    lookups, views = list(part.lookups), list[Model]()
    untyped: list[str] = []
    for name in sorted(needed - made):
        rows = given.get(name, ())
        columns = _of_connector(raw[name]) if name in raw else _as_written(catalog, part, name, rows)
        beneath = TableName(name.schema, f"{name.name}__given") if columns.bare else name
        lookups.append(Lookup(beneath, test.places.path, columns.stored, _values(name, columns, rows, raw.get(name))))
        if columns.bare:
            views.append(_view(name, beneath, columns, test.places.path))
            untyped += [f"{name}.{column}" for column in columns.bare] if rows else []
    # A column of a view may be NULL of no type, which goes with every other; in a table it becomes a number.
    models = tuple(replace(model, materialize="view") for model in part.models) if views else part.models
    return Prepared(replace(part, models=(*models, *views), lookups=tuple(lookups)), tuple(untyped))


def window_of(line: Expected, catalog: Catalog) -> str:
    """A line's window: its own, or the first of the project's."""
    return line.window or catalog.project.windows[0]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table of a test; `bare` are read and have neither values nor a type."""

    typed: tuple[Column, ...]
    bare: tuple[str, ...] = ()

    @property
    def stored(self) -> tuple[Column, ...]:
        return self.typed or (Column(ROW, "bigint"),)


def _of_connector(raw: RawTable) -> _Columns:
    return _Columns(raw.table.columns)


def _as_written(catalog: Catalog, part: Catalog, name: TableName, rows: Rows) -> _Columns:
    """What the rows name, and what is read without being named."""
    cells: dict[str, list[Cell]] = {}
    for row in rows:
        for cell in row.cells:
            cells.setdefault(cell.column, []).append(cell)
    types = {column: type_of(found) or "text" for column, found in cells.items()}
    used = [column for column in _used(part, name) if column not in types]
    known: dict[str, ColumnType] = {**_lookup_types(catalog, name), **dict.fromkeys(_times(part, name), DATE)}
    types |= {column: known[column] for column in used if column in known}
    bare = tuple(column for column in used if column not in known)
    return _Columns(tuple(Column(column, kind) for column, kind in types.items()), bare)


def _values(name: TableName, columns: _Columns, rows: Rows, raw: RawTable | None) -> tuple[tuple[Value, ...], ...]:
    found = []
    for number, row in enumerate(rows, start=1):
        cells = {cell.column: cell for cell in row.cells}
        if raw is not None:
            _refuse_without_key(name, raw, cells, row)
        values: dict[str, Value] = {ROW: number, **(raw.defaults if raw is not None else {})}
        values |= {
            column.name: fitted(cells[column.name], column.type) for column in columns.typed if column.name in cells
        }
        found.append(tuple(values.get(column.name) for column in columns.stored))
    return tuple(found)


def _refuse_without_key(name: TableName, raw: RawTable, cells: Mapping[str, Cell], row: GivenRow) -> None:
    missing = [column for column in raw.table.key if column not in cells]
    if missing:
        message = f"this row of `{name}` lacks `{missing[0]}`, which is of the table's key"
        advice = f"add `{missing[0]}`: the connector stores no row without it"
        raise CatalogError((Diagnostic("KPI149", message, row.places.at(), help=advice),))


def _view(name: TableName, beneath: TableName, columns: _Columns, path: Path) -> Model:
    """The table with the columns that are read and that no row names."""
    typed = [col(column.name) for column in columns.typed]
    tree = select([*typed, *(named(lit(None), column) for column in columns.bare)]).from_(table(beneath), copy=False)
    names = (*(column.name for column in columns.typed), *columns.bare)
    reads = (TableReference(beneath, Span.whole_file(path)),)
    return Model(name, path, f"{beneath} {names}", "duckdb", "view", "the rows of a test", tree, reads, names)


def _lookup_types(catalog: Catalog, name: TableName) -> dict[str, ColumnType]:
    """The columns of a lookup's file, whose rows a test replaces."""
    return {column.name: column.type for lookup in catalog.lookups if lookup.name == name for column in lookup.columns}


def _times(part: Catalog, name: TableName) -> Iterator[str]:
    """The columns that must be times."""
    for source in part.sources:
        if source.relation == name:
            yield from (each for each in (source.time, source.valid_from, source.valid_to) if each is not None)


def _used(part: Catalog, name: TableName) -> tuple[str, ...]:
    """The columns of a table that sources, KPIs and models read."""
    found: dict[str, None] = {}
    for source in part.sources:
        if source.relation == name:
            found |= dict.fromkeys(use.name for use in column_uses(part, source))
    for model in part.models:
        if any(reference.name == name for reference in model.reads):
            found |= dict.fromkeys(_read_by(model, name))
    return tuple(found)


def _read_by(model: Model, name: TableName) -> Iterator[str]:
    """The columns of a table that a model names, where it is clear that they are of this table."""
    every = [column for scope in traverse_scope(model.tree.copy()) for column in scope.columns]
    for scope in traverse_scope(model.tree.copy()):
        for alias, source in scope.sources.items():
            if not isinstance(source, exp.Table) or TableName(source.db or None, source.name) != name:
                continue
            step = scope.expression
            if isinstance(step, exp.Query) and step.is_star and len(model.reads) == 1:
                # What is behind the star is named further up, beside what this step adds.
                added = set(step.named_selects)
                yield from (column.name for column in every if column.name not in added)
            for column in scope.columns:
                if column.table == alias or (not column.table and len(scope.sources) == 1):
                    yield column.name
