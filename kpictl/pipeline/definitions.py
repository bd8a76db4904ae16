"""Brings the database's tables and views into the shape that the catalog asks for, and no more than differs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256

from sqlglot import exp

from kpictl.catalog import Catalog, Column, Table, TableName
from kpictl.compile import Relation, create, query
from kpictl.compile.tree import col, lit, select, table
from kpictl.engine import Engine


def registry(catalog: Catalog) -> Table:
    """The table that remembers what each relation was last made from."""
    return Table(
        TableName(catalog.project.schemas.kpi, "kpictl_relation"),
        (Column("relation", "text"), Column("kind", "text"), Column("definition_hash", "text")),
        ("relation",),
    )


def definition_hash(relation: Relation, engine: Engine) -> str:
    if relation.select is not None:
        meaning = query(relation, engine.dialect)
    else:
        meaning = repr((relation.columns, relation.rows))
    return sha256(f"{relation.kind} {meaning}".encode()).hexdigest()[:16]


def remembered(engine: Engine, known: Table, existing: Collection[TableName]) -> dict[str, tuple[str, str]]:
    """Per relation the kind and hash that it was last made with."""
    if known.name not in existing:
        return {}
    columns = [col(column.name) for column in known.columns]
    rows = engine.query(select(columns).from_(table(known.name), copy=False))
    return {str(relation): (str(kind), str(digest)) for relation, kind, digest in rows}


def define(catalog: Catalog, relations: Sequence[Relation], engine: Engine, existing: Collection[TableName]) -> int:
    """Make the tables, and the views whose definition changed with all views above them; how many views.

    Views that the catalog no longer has are dropped.
    """
    known = registry(catalog)
    for schema in {relation.name.schema for relation in relations} | {known.name.schema}:
        if schema is not None:
            engine.create_schema(schema)
    engine.create(known)
    before = remembered(engine, known, existing)
    kept = [relation for relation in relations if relation.name.schema is not None]
    changed = _changed(kept, before, engine, existing)
    gone = {name for name, (kind, _) in before.items() if kind in {"view", "table"}}
    gone -= {str(relation.name) for relation in kept if relation.kind in {"view", "table"}}
    for name in [str(relation.name) for relation in reversed(changed)] + sorted(gone):
        if name in before:
            engine.drop(_parsed(name), before[name][0])
    for relation in kept:
        if relation.kind in {"data", "facts", "snapshot"}:
            engine.create(relation.table)
        elif relation in changed:
            engine.execute(create(relation, engine.dialect))
    forget(engine, known, gone)
    remember(engine, known, changed)
    return len(changed)


def _changed(
    relations: Sequence[Relation],
    before: dict[str, tuple[str, str]],
    engine: Engine,
    existing: Collection[TableName],
) -> list[Relation]:
    """The views and materialized models to make anew: changed, missing, or above one that is."""
    changed: list[Relation] = []
    names: set[TableName] = set()
    for relation in relations:
        if relation.kind not in {"view", "table"}:
            continue
        same = before.get(str(relation.name)) == (relation.kind, definition_hash(relation, engine))
        if not same or relation.name not in existing or names & set(relation.needs):
            changed.append(relation)
            names.add(relation.name)
    return changed


def remember(engine: Engine, known: Table, relations: Sequence[Relation]) -> None:
    rows = [(str(r.name), r.kind, definition_hash(r, engine)) for r in relations]
    if rows:
        engine.upsert(known, rows)


def forget(engine: Engine, known: Table, names: Collection[str]) -> None:
    if names:
        gone = exp.In(this=col("relation"), expressions=[lit(name) for name in sorted(names)])
        engine.delete(known.name, gone)


def _parsed(name: str) -> TableName:
    schema, _, table_name = name.partition(".")
    return TableName(schema, table_name)
