"""What the project's models select, resolved against the tables that they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from kpictl.catalog.model import Model
from kpictl.catalog.table import TableName

Names: TypeAlias = frozenset[str]
"""Names of columns in lower case."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A column that no table of a model has; `table` is None where the model names none."""

    column: exp.Column
    table: str | None
    candidates: Names


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model's columns, None where they stay hidden; what is wrong; `failure` where sqlglot gave up."""

    columns: tuple[str, ...] | None
    unresolved: tuple[Unresolved, ...] = ()
    failure: str | None = None


def resolve(model: Model, tables: Mapping[TableName, Names]) -> Resolved:
    """Resolves a model's columns; where a table that it reads is not among `tables`, nothing is judged."""
    reads = {reference.name for reference in model.reads}
    if not reads <= tables.keys() or any(name.schema is None for name in reads):
        return Resolved(model.columns)
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for name in reads:
        schema.setdefault(name.schema or "", {})[name.name] = dict.fromkeys(sorted(tables[name]), "text")
    try:
        tree = qualify(
            model.tree.copy(),
            dialect=model.dialect,
            schema=dict(schema),
            allow_partial_qualification=True,  # what stays unresolved is collected below, with its place
            validate_qualify_columns=False,
        )
    except SqlglotError as error:
        return Resolved(model.columns, failure=str(error).splitlines()[0])
    assert isinstance(tree, exp.Query)
    return Resolved(_selected(tree), tuple(_unresolved(tree, tables)))


def _selected(tree: exp.Query) -> tuple[str, ...] | None:
    names = tuple(tree.named_selects)
    return None if "*" in names or not all(names) else names


def _unresolved(tree: exp.Query, tables: Mapping[TableName, Names]) -> Iterator[Unresolved]:
    """Columns that surely exist nowhere; where anything in reach is unknown, nothing is said."""
    loose: dict[int, Unresolved] = {}
    doubtful: set[int] = set()
    for scope in traverse_scope(tree):
        sources = {alias: _columns(source, tables) for alias, source in scope.sources.items()}
        in_reach = frozenset().union(*(names or () for names in sources.values()))
        for column in scope.columns:
            name = column.name.lower()
            if column.table:
                names = sources.get(column.table)
                if names is not None and name not in names:
                    yield Unresolved(column, column.table, names)
            elif None in sources.values() or name in in_reach or name in sources:
                doubtful.add(id(column))
            else:
                loose[id(column)] = Unresolved(column, None, in_reach)
    # A subquery's columns are seen from the queries around it too, and may be theirs.
    yield from (found for key, found in loose.items() if key not in doubtful)


def _columns(source: exp.Expr | Scope, tables: Mapping[TableName, Names]) -> Names | None:
    """The columns of something in a FROM clause; None where they are not known."""
    if isinstance(source, exp.Table):
        return tables.get(TableName(source.db or None, source.name))
    if not isinstance(source, Scope) or not isinstance(source.expression, exp.Query):
        return None
    names = source.outer_columns or source.expression.named_selects
    return None if "*" in names else frozenset(name.lower() for name in names)
