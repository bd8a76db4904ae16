"""Tables as every room sees them: a name, typed columns, a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["boolean", "bigint", "decimal", "double", "text", "date", "timestamp", "timestamptz", "json"]
"""The types that every supported engine has; `decimal` is DECIMAL(38, 10), `timestamp` has no zone."""


VERSION = "record_version"
SYNCED_AT = "synced_at"
DELETED_AT = "deleted_at"
"""What raw tables have beside the columns of their records: `connect` fills them, `engine` compares by them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `comment` is for people who look at the database."""

    name: str
    type: ColumnType
    comment: str = ""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table's or view's name; without a schema it is a temporary table of the running session."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table to keep: its columns in order and the columns that identify a row."""

    name: TableName
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(set(names)) == len(names), f"{self.name}: duplicate columns"
        assert set(self.key) <= set(names), f"{self.name}: the key is not among the columns"
