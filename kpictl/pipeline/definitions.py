"""Brings the database's tables and views into the shape that the catalog asks for, and changes what differs alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlglot import exp

from kpictl import __version__
from kpictl.catalog import Catalog, Column, Table, TableName
from kpictl.compile import Relation, Tables, create, query
from kpictl.compile.tree import col, lit, select, table
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine

DEFINED_BY_A_SELECT = frozenset({"view", "table"})


@dataclass(frozen=True, slots=True)
class Made:
    """What a relation was last made from; relations stand after those that they need."""

    kind: str
    definition_hash: str
    position: int


def registry(catalog: Catalog) -> Table:
    """The table that remembers what kpictl made, and from what."""
    columns = (
        Column("relation", "text"),
        Column("kind", "text"),
        Column("definition_hash", "text"),
        Column("position", "bigint"),
    )
    return Table(TableName(catalog.project.schemas.kpi, "kpictl_relation"), columns, ("relation",))


def definition_hash(relation: Relation, engine: Engine) -> str:
    if relation.written:
        # What a model's text becomes depends on the version; writing all of it out would take longer than the rest.
        meaning = f"{__version__} {relation.written}"
    elif relation.select is not None:
        meaning = query(relation, engine.dialect)
    else:
        # The rows of dim_date describe themselves by their calendar, so what makes them counts as well.
        meaning = repr((__version__, relation.columns, relation.rows))
    return sha256(f"{relation.kind} {meaning}".encode()).hexdigest()[:16]


def remembered(engine: Engine, known: Table) -> dict[str, Made]:
    """What each relation was last made from."""
    columns = [col(column.name) for column in known.columns]
    rows = engine.query(select(columns).from_(table(known.name), copy=False))
    return {
        str(relation): Made(str(kind), str(digest), int(str(position))) for relation, kind, digest, position in rows
    }


def remember(engine: Engine, known: Table, made: Mapping[str, Made]) -> None:
    rows = [(name, each.kind, each.definition_hash, each.position) for name, each in made.items()]
    if rows:
        engine.upsert(known, rows)


def define(
    catalog: Catalog, relations: Sequence[Relation], engine: Engine, existing: Tables, *, is_whole: bool = True
) -> bool:
    """Make the tables, and whatever has another definition than before with all views above it; whether any had.

    What the catalog no longer has is dropped, if these relations are the whole of it. Raises WorldError before anything
    is made where a name is taken by something that kpictl did not make.
    """
    known = registry(catalog)
    kept = [relation for relation in relations if relation.name.schema is not None]
    _make_schemas({relation.name.schema for relation in kept}, engine, existing)
    engine.shape(known, existing.get(known.name, ()))
    before = remembered(engine, known)
    _refuse_foreign(kept, before, existing)
    anew = _anew(kept, before, engine, existing)
    gone = _gone(kept, before) if is_whole else set()
    replaced = {str(relation.name) for relation in kept if _is_replaced(relation, before, anew, existing)}
    dropped = [name for name in before if (name in anew and name not in replaced) or name in gone]
    for name in sorted(dropped, key=lambda name: -before[name].position):
        engine.drop(_parsed(name), "VIEW" if before[name].kind == "view" else "TABLE")
    for relation in kept:
        if relation.kind not in DEFINED_BY_A_SELECT:
            engine.shape(relation.table, () if str(relation.name) in anew else existing.get(relation.name, ()))
        elif str(relation.name) in anew:
            engine.execute(create(relation, engine.dialect, replaces=str(relation.name) in replaced))
    if gone:
        engine.delete(known.name, exp.In(this=col("relation"), expressions=[lit(name) for name in sorted(gone)]))
    first = 0 if is_whole else 1 + max((made.position for made in before.values()), default=-1)
    now = {str(relation.name): _made(relation, at, before, anew) for at, relation in enumerate(kept, first)}
    remember(engine, known, {name: made for name, made in now.items() if before.get(name) != made})
    return bool(anew or gone)


def forget(catalog: Catalog, engine: Engine, *, keep: str) -> None:
    """Drop what runs made, but for the table of that name among those that readers see."""
    known = registry(catalog)
    stays = str(TableName(known.name.schema, keep))
    with engine.transaction():
        if not engine.columns_of(known.name):
            return
        made = {name: each for name, each in remembered(engine, known).items() if name != stays}
        for name in sorted(made, key=lambda name: -made[name].position):
            engine.drop(_parsed(name), "VIEW" if made[name].kind == "view" else "TABLE")
        engine.delete(known.name, exp.NEQ(this=col("relation"), expression=lit(stays)))


def _made(relation: Relation, position: int, before: Mapping[str, Made], anew: Mapping[str, str]) -> Made:
    """What is to be remembered; the hash of rows is remembered when they are loaded."""
    name = str(relation.name)
    if name in anew or name not in before:
        return Made(relation.kind, anew.get(name, ""), position)
    return Made(relation.kind, before[name].definition_hash, position)


def _make_schemas(wanted: Collection[str | None], engine: Engine, existing: Tables) -> None:
    """Make the schemas that are not there: asking for one that is takes a permission that a run may lack."""
    for schema in sorted({name for name in wanted if name is not None} - {name.schema for name in existing}):
        engine.create_schema(schema)


def _refuse_foreign(kept: Sequence[Relation], before: Mapping[str, Made], existing: Tables) -> None:
    foreign = [
        str(relation.name) for relation in kept if relation.name in existing and str(relation.name) not in before
    ]
    if foreign:
        raise WorldError(
            f"kpictl did not make {', '.join(sorted(foreign))}, and leaves it alone",
            help="drop or rename it, or name other `schemas` in kpictl.yml",
        )


def _anew(kept: Sequence[Relation], before: Mapping[str, Made], engine: Engine, existing: Tables) -> dict[str, str]:
    """What is to be made anew, with its hash: changed, missing, or above something that is."""
    anew: dict[str, str] = {}
    for relation in kept:
        name, made = str(relation.name), before.get(str(relation.name))
        if relation.kind in DEFINED_BY_A_SELECT:
            digest = definition_hash(relation, engine)
            same = made is not None and (made.kind, made.definition_hash) == (relation.kind, digest)
            if not same or relation.name not in existing or any(str(need) in anew for need in relation.needs):
                anew[name] = digest
        elif made is not None and (made.kind != relation.kind or not _fits(relation, existing)):
            anew[name] = ""
    return anew


def _is_replaced(relation: Relation, before: Mapping[str, Made], anew: Mapping[str, str], existing: Tables) -> bool:
    """Whether a view gives the same columns in another way: then what stands above it, and who may read it, stays.

    https://www.postgresql.org/docs/current/sql-createview.html
    """
    name = str(relation.name)
    if relation.kind != "view" or name not in anew or name not in before or before[name].kind != "view":
        return False
    columns = [(column.name, column.type) for column in relation.columns]
    is_same = list(existing.get(relation.name, {}).items()) == columns
    return is_same and not any(str(need) in anew for need in relation.needs)


def _fits(relation: Relation, existing: Tables) -> bool:
    """Whether the rows of the catalog fit the table that is there; published tables only ever gain columns."""
    if relation.kind != "data":
        return True
    columns = {column.name: column.type for column in relation.columns}
    return relation.name not in existing or dict(existing[relation.name]) == columns


def _gone(kept: Sequence[Relation], before: Mapping[str, Made]) -> set[str]:
    """The models and lookups that the catalog no longer has."""
    names = {str(relation.name) for relation in kept}
    return {name for name, made in before.items() if made.kind in {*DEFINED_BY_A_SELECT, "data"} and name not in names}


def _parsed(name: str) -> TableName:
    schema, _, table_name = name.partition(".")
    return TableName(schema, table_name)
