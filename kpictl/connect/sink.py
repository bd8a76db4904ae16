"""Where records land: what the sync asks of a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from kpictl.catalog.table import Table

Row = tuple[object, ...]


class Sink(Protocol):
    """Where records land; an engine is one."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commits at its end, and rolls back when an exception leaves it."""

    def create(self, table: Table) -> bool:
        """Creates the table if it is missing, adds the columns that it lacks, and says whether any is new."""

    def upsert(self, table: Table, rows: Sequence[Row]) -> int:
        """Writes rows, in the order of the table's columns, over those with their key; returns how many."""

    def merge(self, table: Table, rows: Sequence[Row], children: Sequence[tuple[Table, Sequence[Row]]]) -> None:
        """Writes rows, one for each key, over those with their key, and their children in place of those there.

        A child's key begins with its parent's. Where the table has the column `record_version`, a row whose version
        is less than that of the row that is there stays out with its children; the row that is there has been seen,
        as in `touch`.
        """

    def touch(self, table: Table, children: Sequence[Table], keys: Sequence[Row], at: datetime) -> None:
        """Marks the rows with these keys as seen: they get this `synced_at`, and are not deleted."""

    def find(self, table: Table, equal: Mapping[str, str]) -> list[Row]:
        """The rows in which these text columns have these values."""

    def vanished(self, table: Table, before: datetime) -> tuple[int, int]:
        """How many of the rows that are not deleted were last seen before a moment; and how many there are."""

    def mark_deleted(self, table: Table, children: Sequence[Table], before: datetime, at: datetime) -> None:
        """Sets `deleted_at` of those, and of their children."""

    def expire(self, table: Table, equal: Mapping[str, str], before: datetime) -> None:
        """Deletes the rows in which these text columns have these values and `synced_at` is before a moment."""
