"""Raw tables as a sync keeps them: newer rows over older ones, children with their parents, and what is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from kpictl.catalog import DELETED_AT, SYNCED_AT, VERSION, Table, TableName
from kpictl.compile.tree import all_of, cast, col, lit, select
from kpictl.compile.tree import table as table_tree
from kpictl.diagnostics import WorldError
from kpictl.engine import statements
from kpictl.engine.engine import Engine

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class RawTables:
    """The raw tables of a database, as connectors fill them."""

    engine: Engine

    def transaction(self) -> AbstractContextManager[None]:
        return self.engine.transaction()

    def create(self, table: Table) -> bool:
        """The table with its columns, and whether any is new; WorldError for one that is there with another type."""
        is_new = self.engine.create(table)
        there = self.engine.types_of(select([exp.Star()]).from_(table_tree(table.name), copy=False))
        for column in table.columns:
            if _kind(there[column.name]) != column.type:
                raise WorldError(
                    f"{table.name}.{column.name} is {there[column.name]} in the database, "
                    f"and the connector says {column.type}",
                    help="rename the column, or drop the table: the next sync fills it anew",
                    code="KPI509",
                )
        return is_new

    def upsert(self, table: Table, rows: Sequence[Row]) -> int:
        return self.engine.upsert(table, rows)

    def merge(self, table: Table, rows: Sequence[Row], children: Sequence[tuple[Table, Sequence[Row]]]) -> None:
        """Rows over those with their key unless they are older, and their children in the place of those there."""
        if not self._are_there(table, rows, [child for child, _ in children]):
            for each, fresh in ((table, rows), *children):
                self.engine.load(each.name, each.columns, fresh)
            return
        engine = self.engine
        staged = _stage(engine, table, rows)
        if VERSION in [column.name for column in table.columns]:
            _keep_newer(engine, table, staged, [child for child, _ in children])
        _overwrite(engine, table, staged, table, staged)
        for child, written in children:
            below = _stage(engine, child, written)
            _overwrite(engine, child, below, table, staged)
            engine.drop(below, "TABLE")
        engine.drop(staged, "TABLE")

    def _are_there(self, table: Table, rows: Sequence[Row], children: Sequence[Table]) -> bool:
        """Whether a row with one of the keys is there, or a child of one.

        Of a first load none is, and rows go in without a detour.
        """
        positions = [[column.name for column in table.columns].index(name) for name in table.key]
        keys = _stage_keys(self.engine, table, [[row[position] for position in positions] for row in rows])
        found = any(
            self.engine.count(each.name, _exists(keys, table.key, each.key, each.name.name))
            for each in (table, *children)
        )
        self.engine.drop(keys, "TABLE")
        return found

    def touch(self, table: Table, children: Sequence[Table], keys: Sequence[Row], at: datetime) -> None:
        """Marks the rows with these keys as seen: they get this `synced_at`, and are not deleted."""
        engine = self.engine
        staged = _stage_keys(engine, table, list(dict.fromkeys(map(tuple, keys))))
        seen = _exists(staged, table.key, table.key, table.name.name)
        engine.run(_update(table, {SYNCED_AT: _moment(at), DELETED_AT: exp.null()}, seen))
        for child in children:
            _revive(engine, child, staged, table)
        engine.drop(staged, "TABLE")

    def find(self, table: Table, equal: Mapping[str, str]) -> list[tuple[object, ...]]:
        """The rows in which these text columns have these values."""
        query = select([col(column.name) for column in table.columns]).from_(table_tree(table.name), copy=False)
        return self.engine.query(query.where(_equal(equal), copy=False))

    def vanished(self, table: Table, before: datetime) -> tuple[int, int]:
        """How many of the rows that are not deleted were last seen before a moment; and how many there are."""
        there = self.engine.count(table.name, _is_there())
        return self.engine.count(table.name, all_of([_is_there(), _unseen_since(before)])), there

    def mark_deleted(self, table: Table, children: Sequence[Table], before: datetime, at: datetime) -> None:
        """Sets `deleted_at` of those, and of their children."""
        gone = all_of([_is_there(), _unseen_since(before)])
        self.engine.run(_update(table, {DELETED_AT: _moment(at)}, gone))
        for child in children:
            now = exp.EQ(this=col(DELETED_AT, "parent"), expression=_moment(at))
            orphaned = _exists(table.name, table.key, child.key, child.name.name, alias="parent", also=now)
            self.engine.run(_update(child, {DELETED_AT: _moment(at)}, all_of([_is_there(child), orphaned])))

    def expire(self, table: Table, equal: Mapping[str, str], before: datetime) -> None:
        """Deletes the rows in which these text columns have these values and `synced_at` is before a moment."""
        self.engine.delete(table.name, all_of([_equal(equal), _unseen_since(before)]))


def _kind(name: str) -> str:
    """A type in our words; DuckDB's name of a decimal has its digits."""
    return "decimal" if name.lower().startswith("decimal") else name


def _stage(engine: Engine, table: Table, rows: Sequence[Row]) -> TableName:
    """A temporary table with the rows; its key is the caller's promise, which is dearer to check than to keep."""
    staging = Table(TableName(None, f"staged_{table.name.name}"), table.columns, ())
    engine.create_temporary(staging)
    engine.load(staging.name, table.columns, rows)
    engine.analyze(staging.name)
    return staging.name


def _keep_newer(engine: Engine, table: Table, staged: TableName, children: Sequence[Table]) -> None:
    """Takes out of the staged rows those that are older than what is there; what is there has been seen."""
    newer = exp.GT(this=col(VERSION, "kept"), expression=col(VERSION, staged.name))
    is_older = _exists(table.name, table.key, table.key, staged.name, alias="kept", also=newer)
    older = select([col(name, staged.name) for name in (*table.key, SYNCED_AT)]).from_(table_tree(staged), copy=False)
    rows = engine.query(older.where(is_older, copy=False))
    if rows:
        # Seldom, and few: they are told by their keys.
        RawTables(engine).touch(table, children, [row[:-1] for row in rows], _instant(rows[0][-1]))
        engine.run(exp.Delete(this=table_tree(staged), where=exp.Where(this=is_older.copy())))


def _instant(value: object) -> datetime:
    assert isinstance(value, datetime), "every row of a raw table says when it was seen"
    return value


def _revive(engine: Engine, child: Table, staged: TableName, parent: Table) -> None:
    named = _exists(staged, parent.key, child.key, child.name.name)
    deleted = exp.Not(this=_is_there(child))
    engine.run(_update(child, {DELETED_AT: exp.null()}, all_of([deleted, named])))


def _stage_keys(engine: Engine, table: Table, keys: Sequence[Row]) -> TableName:
    columns = tuple(column for name in table.key for column in table.columns if column.name == name)
    return _stage(engine, Table(TableName(None, f"keys_{table.name.name}"), columns, table.key), keys)


def _overwrite(engine: Engine, table: Table, staged: TableName, parent: Table, staged_parents: TableName) -> None:
    """The staged rows in the place of all those that belong to the staged parents."""
    engine.delete(table.name, _exists(staged_parents, parent.key, table.key, table.name.name))
    fresh = select([exp.Star()]).from_(table_tree(staged), copy=False)
    if staged != staged_parents:
        fresh = fresh.where(_exists(staged_parents, parent.key, table.key, staged.name, alias="above"), copy=False)
    engine.run(statements.insert(table, fresh))


def _exists(
    inner: TableName,
    inner_key: Sequence[str],
    outer_key: Sequence[str],
    outer: str,
    *,
    alias: str = "fresh",
    also: exp.Expr | None = None,
) -> exp.Expr:
    """Whether a row of `inner` has the key of the outer row, as far as the shorter of the two goes."""
    pairs = zip(inner_key, outer_key, strict=False)
    same = [exp.EQ(this=col(theirs, alias), expression=col(ours, outer)) for theirs, ours in pairs]
    found = select([lit(1)]).from_(table_tree(inner, alias), copy=False)
    return exp.Exists(this=found.where(all_of([*same, *([also] if also is not None else [])]), copy=False))


def _update(table: Table, values: Mapping[str, exp.Expr], condition: exp.Expr) -> exp.Expr:
    changes = [exp.EQ(this=exp.to_identifier(name, quoted=True), expression=value) for name, value in values.items()]
    return exp.Update(this=table_tree(table.name), expressions=changes, where=exp.Where(this=condition))


def _equal(equal: Mapping[str, str]) -> exp.Expr:
    return all_of(exp.EQ(this=col(name), expression=lit(value)) for name, value in equal.items())


def _is_there(table: Table | None = None) -> exp.Expr:
    return exp.Is(this=col(DELETED_AT, None if table is None else table.name.name), expression=exp.null())


def _unseen_since(before: datetime) -> exp.Expr:
    return exp.LT(this=col(SYNCED_AT), expression=_moment(before))


def _moment(at: datetime) -> exp.Expr:
    return cast(lit(at.isoformat()), "timestamptz")
