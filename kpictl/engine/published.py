"""The DuckDB file that people open: a copy of the published tables, made from the last one where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shutil import copyfile

import duckdb
from sqlglot import exp

from kpictl.engine.edition import Edition
from kpictl.engine.shown import drop_views, make_views

_TABLES = """
    SELECT table_name, sql FROM duckdb_tables()
    WHERE database_name = $1 AND schema_name = $2 AND NOT starts_with(table_name, 'kept_')
"""
"""The tables of a schema, but for what runs keep for themselves."""


def write_edition(work: Path, last: Path, fresh: Path, edition: Edition) -> None:
    """Write the published tables of the work file into a fresh file; duckdb.Error and OSError where that fails.

    Where the last published file is the edition before, its rows are taken over but for those that were written since:
    to copy all of them takes longer with every day that is published.
    """
    with duckdb.connect() as copier:
        copier.execute(f"ATTACH {_text(work)} AS work (READ_ONLY)")
        if _is_before(copier, last, edition):
            copyfile(last, fresh)
            copier.execute(f"ATTACH {_text(fresh)} AS published")
            drop_views(copier, edition.schema, edition.views)
            _follow(copier, edition)
        else:
            copier.execute(f"ATTACH {_text(fresh)} AS published")
            copier.execute(f"CREATE SCHEMA published.{_name(edition.schema)}")
            for name, definition in _tables(copier, "work", edition.schema).items():
                _copy(copier, edition.schema, name, definition)
        make_views(copier, edition.schema, edition.views)
        # Closing would do both, but would not say when the disk is full.
        copier.execute("CHECKPOINT published")
        copier.execute("USE memory")
        copier.execute("DETACH published")


def _is_before(copier: duckdb.DuckDBPyConnection, last: Path, edition: Edition) -> bool:
    """Whether the file that people open is of the edition that this one follows."""
    if edition.before is None or not last.exists():
        return False
    state = exp.table_("kpictl_state", db=edition.schema, catalog="last", quoted=True)
    query = exp.select("value").from_(state).where(exp.column("name").eq("published"))
    try:
        copier.execute(f"ATTACH {_text(last)} AS last (READ_ONLY)")
        found = copier.execute(query.sql("duckdb")).fetchone()
        copier.execute("DETACH last")
    except duckdb.Error:
        # Whatever it is, it will be replaced.
        return False
    return found == (edition.before,)


def _follow(copier: duckdb.DuckDBPyConnection, edition: Edition) -> None:
    """The rows that were written since, in the place of those of the edition before; in steps, as nobody looks on."""
    work, there = (_tables(copier, database, edition.schema) for database in ("work", "published"))
    written = {each.table.name: each.where for each in edition.written}
    for name in there.keys() - work.keys():
        copier.execute(f"DROP TABLE published.{_name(edition.schema)}.{_name(name)}")
    for name, definition in work.items():
        if there.get(name) != definition:
            if name in there:
                copier.execute(f"DROP TABLE published.{_name(edition.schema)}.{_name(name)}")
            _copy(copier, edition.schema, name, definition)
            continue
        condition = written.get(name, exp.true())
        if condition == exp.false():
            continue
        target = exp.table_(name, db=edition.schema, catalog="published", quoted=True)
        gone = exp.Delete(this=target, where=exp.Where(this=condition.copy()))
        copier.execute(gone.sql("duckdb", identify=True))
        fresh = _rows(edition.schema, name)
        fresh.set("where", exp.Where(this=condition.copy()))
        copier.execute(exp.Insert(this=target.copy(), expression=fresh).sql("duckdb", identify=True))


def _copy(copier: duckdb.DuckDBPyConnection, schema: str, name: str, definition: str) -> None:
    copier.execute("USE published")
    copier.execute(definition)
    target = exp.table_(name, db=schema, catalog="published", quoted=True)
    copier.execute(exp.insert(_rows(schema, name), target).sql("duckdb", identify=True))


def _rows(schema: str, name: str) -> exp.Select:
    return exp.select("*").from_(exp.table_(name, db=schema, catalog="work", quoted=True))


def _tables(copier: duckdb.DuckDBPyConnection, database: str, schema: str) -> Mapping[str, str]:
    return dict(copier.execute(_TABLES, [database, schema]).fetchall())


def _text(path: Path) -> str:
    return exp.Literal.string(str(path)).sql("duckdb")


def _name(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
