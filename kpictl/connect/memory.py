"""A sink in memory, for the tests of connectors: holds them to the types of their columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kpictl.catalog.table import DELETED_AT, SYNCED_AT, VERSION, Table
from kpictl.connect.sink import Row

TYPES: dict[str, type] = {
    "boolean": bool,
    "bigint": int,
    "decimal": Decimal,
    "double": float,
    "text": str,
    "date": date,
    "timestamp": datetime,
    "timestamptz": datetime,
    "json": str,
}

Named = dict[str, Any]


class MemorySink:
    """Tables as dictionaries by key; a transaction that fails leaves no trace."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[Any, ...], Named]] = {}
        self.commits = 0
        self.written: list[tuple[str, int]] = []
        """The tables that rows were written to, and how many, in order."""
        self._open = False

    def rows(self, table: str, *columns: str) -> list[Any]:
        """The rows of a raw table by their keys; whole, or one column's values, or tuples of some columns."""
        held = self.tables.get(f"raw.{table}", {})
        rows = [held[key] for key in sorted(held)]
        match columns:
            case ():
                return rows
            case (column,):
                return [row[column] for row in rows]
            case _:
                return [tuple(row[column] for column in columns) for row in rows]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        assert not self._open, "transactions do not nest"
        before = {name: dict(held) for name, held in self.tables.items()}  # rows are replaced, and never changed
        self._open = True
        try:
            yield
        except BaseException:
            self.tables = before
            raise
        finally:
            self._open = False
        self.commits += 1

    def create(self, table: Table) -> bool:
        assert self._open
        is_new = str(table.name) not in self.tables
        self.tables.setdefault(str(table.name), {})
        return is_new

    def upsert(self, table: Table, rows: Sequence[Row]) -> int:
        held = self._held(table)
        for row in rows:
            named = _named(table, row)
            held[_key(table, named)] = named
        self.written.append((str(table.name), len(rows)))
        return len(rows)

    def merge(self, table: Table, rows: Sequence[Row], children: Sequence[tuple[Table, Sequence[Row]]]) -> None:
        held = self._held(table)
        fresh = {_key(table, named): named for named in (_named(table, row) for row in rows)}
        assert len(fresh) == len(rows), f"{table.name}: a key is there twice in one batch"
        older = {key for key in fresh if key in held and held[key].get(VERSION, "") > fresh[key].get(VERSION, "")}
        for key in older:
            self._see(table, [child for child, _ in children], key, fresh.pop(key)[SYNCED_AT])
        held.update(fresh)
        self.written.append((str(table.name), len(fresh)))
        for child, below in children:
            named_rows = [_named(child, row) for row in below]
            written = {_key(child, named): named for named in named_rows}
            assert len(written) == len(below), f"{child.name}: a key is there twice in one batch"
            length = len(table.key)
            kept = {key: named for key, named in written.items() if key[:length] in fresh}
            there = self._held(child)
            for key in [key for key in there if key[:length] in fresh]:
                del there[key]
            there.update(kept)
            self.written.append((str(child.name), len(kept)))

    def touch(self, table: Table, children: Sequence[Table], keys: Sequence[Row], at: datetime) -> None:
        for key in keys:
            if key in self._held(table):
                self._see(table, children, key, at)

    def find(self, table: Table, equal: Mapping[str, str]) -> list[Row]:
        found = [row for row in self._held(table).values() if _matches(row, equal)]
        return [tuple(row[column.name] for column in table.columns) for row in found]

    def vanished(self, table: Table, before: datetime) -> tuple[int, int]:
        there = [row for row in self._held(table).values() if row[DELETED_AT] is None]
        return sum(row[SYNCED_AT] < before for row in there), len(there)

    def mark_deleted(self, table: Table, children: Sequence[Table], before: datetime, at: datetime) -> None:
        there = self._held(table)
        gone = {key for key, row in there.items() if row[DELETED_AT] is None and row[SYNCED_AT] < before}
        there.update({key: {**there[key], DELETED_AT: at} for key in gone})
        for child in children:
            held = self._held(child)
            for key, row in list(held.items()):
                if key[: len(table.key)] in gone and row[DELETED_AT] is None:
                    held[key] = {**row, DELETED_AT: at}

    def expire(self, table: Table, equal: Mapping[str, str], before: datetime) -> None:
        held = self._held(table)
        for key in [key for key, row in held.items() if _matches(row, equal) and row[SYNCED_AT] < before]:
            del held[key]

    def _held(self, table: Table) -> dict[tuple[Any, ...], Named]:
        assert self._open, "only within a transaction"
        return self.tables[str(table.name)]

    def _see(self, table: Table, children: Sequence[Table], key: Row, at: datetime) -> None:
        held = self._held(table)
        held[key] = {**held[key], SYNCED_AT: at, DELETED_AT: None}
        for child in children:
            rows = self._held(child)
            rows.update({below: {**row, DELETED_AT: None} for below, row in rows.items() if below[: len(key)] == key})


def _matches(row: Named, equal: Mapping[str, str]) -> bool:
    return all(row[name] == value for name, value in equal.items())


def _key(table: Table, named: Named) -> tuple[Any, ...]:
    return tuple(named[name] for name in table.key)


def _named(table: Table, row: Row) -> Named:
    named = dict(zip((column.name for column in table.columns), row, strict=True))
    for column in table.columns:
        value = named[column.name]
        if value is None:
            continue
        assert type(value) is TYPES[column.type], (column, value)
        if isinstance(value, str) and column.type == "json":
            json.loads(value)
        if isinstance(value, datetime):
            assert value.tzinfo is (UTC if column.type == "timestamptz" else None), (column, value)
    return named
