"""What readers of the published DuckDB file see beside its tables: views of them, and what all columns are for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb
from sqlglot import exp

from kpictl.catalog import TableName
from kpictl.engine import statements

_VIEWS = """
    SELECT view_name, sql FROM duckdb_views()
    WHERE database_name = $1 AND schema_name = $2 AND NOT internal
"""
_COMMENTS = """
    SELECT 'TABLE', table_name, NULL, comment FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2
    UNION ALL
    SELECT 'VIEW', view_name, NULL, comment FROM duckdb_views() WHERE database_name = $1 AND schema_name = $2
    UNION ALL
    SELECT 'COLUMN', table_name, column_name, comment
    FROM duckdb_columns() WHERE database_name = $1 AND schema_name = $2
"""

Commented = tuple[str, str, str | None]
"""A kind, the name of a table or view, and that of its column."""


def drop_views(copier: duckdb.DuckDBPyConnection, schema: str, wanted: Collection[TableName]) -> None:
    """Drop the published views that readers are to see no longer, or otherwise."""
    work = _views(copier, "work", schema)
    names = {each.name for each in wanted}
    for name, definition in _views(copier, "published", schema).items():
        if name not in names or work.get(name) != definition:
            target = exp.table_(name, db=schema, catalog="published", quoted=True)
            copier.execute(exp.Drop(tables=[target], kind="VIEW").sql("duckdb"))


def make_views(copier: duckdb.DuckDBPyConnection, schema: str, wanted: Collection[TableName]) -> None:
    """Make the views that are wanted and not there; then say of everything what it is for."""
    work, there = _views(copier, "work", schema), _views(copier, "published", schema)
    copier.execute("USE published")
    for each in wanted:
        if each.name not in there and each.name in work:
            copier.execute(work[each.name])
    copied = _comments(copier, "published", schema)
    for (kind, name, column), comment in _comments(copier, "work", schema).items():
        key = (kind, name, column)
        if key in copied and copied[key] != comment:
            copier.execute(statements.commented(TableName(schema, name), kind, column, comment).sql("duckdb"))


def _views(copier: duckdb.DuckDBPyConnection, database: str, schema: str) -> Mapping[str, str]:
    return dict(copier.execute(_VIEWS, [database, schema]).fetchall())


def _comments(copier: duckdb.DuckDBPyConnection, database: str, schema: str) -> Mapping[Commented, str | None]:
    rows = copier.execute(_COMMENTS, [database, schema]).fetchall()
    return {(kind, name, column): comment for kind, name, column, comment in rows}
