"""A sink in memory that holds connectors to the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kpictl.catalog.table import Table

TYPES: dict[str, type] = {
    "boolean": bool,
    "bigint": int,
    "decimal": Decimal,
    "double": float,
    "text": str,
    "date": date,
    "timestamptz": datetime,
    "json": str,
}


class MemorySink:
    """Tables as dictionaries; a transaction that fails leaves no trace."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        self.commits = 0
        self.upserts: list[tuple[str, int]] = []
        self._open = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        assert not self._open, "transactions do not nest"
        before = deepcopy(self.tables)
        self._open = True
        try:
            yield
        except BaseException:
            self.tables = before
            raise
        finally:
            self._open = False
        self.commits += 1

    def create(self, table: Table) -> None:
        assert self._open
        self.tables.setdefault(str(table.name), {})

    def upsert(self, table: Table, rows: Sequence[Sequence[object]]) -> int:
        assert self._open
        held = self.tables[str(table.name)]
        for row in rows:
            named = dict(zip((column.name for column in table.columns), row, strict=True))
            for column in table.columns:
                _check(column.type, named[column.name])
            held[tuple(named[name] for name in table.key)] = named
        self.upserts.append((str(table.name), len(rows)))
        return len(rows)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a raw table, in the order of their keys."""
        held = self.tables[f"raw.{table}"]
        return [held[key] for key in sorted(held)]


def _check(kind: str, value: Any) -> None:
    if value is None:
        return
    assert type(value) is TYPES[kind], (kind, value)
    if isinstance(value, str) and kind == "json":
        json.loads(value)
    if isinstance(value, datetime):
        assert value.utcoffset() == timedelta(0)
        assert value.tzinfo is UTC
