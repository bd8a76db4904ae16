"""The middle of kpictl: a Relation is a named SELECT, or named rows, that an engine keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from kpictl.catalog.table import Column, Table, TableName

RelationKind = Literal["input", "data", "view", "table", "work", "facts", "snapshot"]
"""How a relation is kept.

| kind | is | kept |
| --- | --- | --- |
| `input` | rows that a run brings: its dates, how far each source is synced | temporary |
| `data` | rows made from the catalog: `dim_*`, lookups | rows that differ are replaced |
| `view` | a SELECT over what exists | as a view |
| `table` | a model that is kept as a table | rows are replaced |
| `work` | a step of the computation | temporary |
| `facts` | long facts, of days or of periods | rows that differ are replaced |
| `snapshot` | the rows of a run's as-of dates | those dates are replaced |
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """`columns` are empty for models, whose types the engine infers; `rows` are of kind `data` alone.

    `written` is the text that a model was read from, `needs` what the select reads.
    """

    name: TableName
    kind: RelationKind
    comment: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]
    select: exp.Query | None = None
    rows: Sequence[Sequence[object]] = ()
    written: str = ""
    needs: tuple[TableName, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        assert len(names) == len(self.columns), f"{self.name}: a column stands twice"
        assert not names or set(self.grain) <= names, f"{self.name}: the grain is not among the columns"
        assert (self.select is None) == (self.kind in {"input", "data"}), f"{self.name}: rows or a select"
        object.__setattr__(self, "needs", () if self.select is None else tables_of(self.select))

    @property
    def table(self) -> Table:
        return Table(self.name, self.columns, self.grain)


def tables_of(query: exp.Query) -> tuple[TableName, ...]:
    """The tables that a query reads, its own CTEs left out; each once, in order."""
    steps: set[str] = set()
    found: dict[TableName, None] = {}
    for node in query.find_all(exp.CTE, exp.Table):
        if isinstance(node, exp.CTE):
            steps.add(node.alias)
        elif isinstance(node, exp.Table):
            found[TableName(node.db or None, node.name)] = None
    return tuple(name for name in found if name.schema is not None or name.name not in steps)


def computed(
    name: TableName,
    kind: RelationKind,
    comment: str,
    columns: Sequence[Column],
    grain: tuple[str, ...],
    select: exp.Query,
) -> Relation:
    """A relation that a SELECT makes."""
    return Relation(name, kind, comment, tuple(columns), grain, select)
