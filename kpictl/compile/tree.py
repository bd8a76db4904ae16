"""Small words for building sqlglot trees, so that the compiler's files read like the SQL they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce

from sqlglot import exp

from kpictl.catalog.table import ColumnType, TableName

_TYPES: dict[ColumnType, str] = {
    "boolean": "BOOLEAN",
    "bigint": "BIGINT",
    "decimal": "DECIMAL(38, 10)",
    "double": "DOUBLE",
    "text": "TEXT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "json": "JSON",
}


# Built once: each build parses the name. Trees share them; a dialect rewrites a copy, in which nothing is shared.
_BUILT: dict[ColumnType, exp.DataType] = {kind: exp.DataType.build(name) for kind, name in _TYPES.items()}


def data_type(kind: ColumnType) -> exp.DataType:
    return _BUILT[kind]


def col(name: str, table: str | None = None) -> exp.Column:
    return exp.column(name, table=table, quoted=True)


def table(name: TableName, alias: str | None = None) -> exp.Table:
    tree = exp.table_(name.name, db=name.schema, quoted=True)
    if alias is not None and alias != name.name:
        tree.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return tree


def lit(value: str | float | Decimal | bool | date | None) -> exp.Expr:
    """A literal: dates as typed literals, so that no engine has to guess."""
    match value:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case date():
            return cast(exp.Literal.string(value.isoformat()), "date")
        case str():
            return exp.Literal.string(value)
        case int() | float() | Decimal():
            return exp.Literal.number(str(value))


def cast(value: exp.Expr, kind: ColumnType) -> exp.Cast:
    return exp.Cast(this=value, to=data_type(kind))


def call(name: str, *arguments: exp.Expr) -> exp.Func:
    """A call of a function that sqlglot knows, or of one by its bare name."""
    return exp.func(name, *arguments)


def case(*branches: tuple[exp.Expr, exp.Expr], default: exp.Expr | None = None) -> exp.Case:
    return exp.Case(
        ifs=[exp.If(this=condition, true=value) for condition, value in branches],
        default=default,
    )


def all_of(conditions: Iterable[exp.Expr]) -> exp.Expr:
    return exp.and_(*conditions, copy=False)


def any_of(conditions: Iterable[exp.Expr]) -> exp.Expr:
    return exp.or_(*conditions, copy=False)


def only_where(aggregate: exp.Expr, condition: exp.Expr) -> exp.Filter:
    """An aggregate over the rows that meet a condition."""
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def sum_of(value: exp.Expr) -> exp.Sum:
    return exp.Sum(this=value)


def max_of(value: exp.Expr) -> exp.Max:
    return exp.Max(this=value)


def min_of(value: exp.Expr) -> exp.Min:
    return exp.Min(this=value)


def count_of(value: exp.Expr | None = None) -> exp.Count:
    """Rows with a value, or all rows."""
    return exp.Count(this=exp.Star() if value is None else value, big_int=True)


def coalesce(*values: exp.Expr) -> exp.Coalesce:
    return exp.Coalesce(this=values[0], expressions=list(values[1:]))


def greatest(values: list[exp.Expr]) -> exp.Expr:
    """The greatest of one or more values that are never NULL."""
    if len(values) == 1:
        return values[0]
    return exp.Greatest(this=values[0], expressions=values[1:], ignore_nulls=True)


def least(values: list[exp.Expr]) -> exp.Expr:
    if len(values) == 1:
        return values[0]
    return exp.Least(this=values[0], expressions=values[1:], ignore_nulls=True)


def is_null(value: exp.Expr) -> exp.Is:
    return exp.Is(this=value, expression=exp.Null())


def is_not_null(value: exp.Expr) -> exp.Not:
    return exp.Not(this=is_null(value))


def between(value: exp.Expr, low: exp.Expr, high: exp.Expr) -> exp.Between:
    return exp.Between(this=value, low=low, high=high)


def select(columns: Iterable[exp.Expr], comment: str | None = None) -> exp.Select:
    tree = exp.Select(expressions=list(columns))
    if comment is not None:
        tree.add_comments([f" {comment} "])
    return tree


def named(value: exp.Expr, name: str) -> exp.Expr:
    """A select's column under a name; a column of that name stays bare."""
    if isinstance(value, exp.Column) and value.name == name:
        return value
    return exp.alias_(value, name, quoted=True, copy=False)


def unnest(values: list[exp.Expr]) -> exp.Expr:
    """A row for each value; several of these in one select go side by side, on both engines."""
    return exp.Explode(this=exp.Array(expressions=values))


def rewrite(tree: exp.Expr, rule: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """The tree with a rule applied to each node, from the leaves up, so that a rule meets what it takes along done.

    sqlglot's own `transform` goes from the root down and does not enter what a rule has made.
    """
    for node in reversed(list(tree.walk())):
        made = rule(node)
        if made is node:
            continue
        if node is tree:
            tree = made
        else:
            node.replace(made)
    return tree


def union_all(parts: list[exp.Select]) -> exp.Query:
    def stack(above: exp.Query, below: exp.Query) -> exp.Query:
        return exp.Union(this=above, expression=below, distinct=False)

    first: exp.Query = parts[0]
    return reduce(stack, parts[1:], first)


@dataclass(frozen=True, slots=True)
class Step:
    """A named step of a query: a CTE, with a comment that says what it is for."""

    name: str
    body: exp.Query
    comment: str
    kept: bool = False  # computed once, whatever the planner thinks


def with_steps(query: exp.Query, steps: Iterable[Step]) -> exp.Query:
    """The query with its steps before it, each of which may use those before it."""
    for step in steps:
        query = with_cte(query, step.name, step.body, step.comment, kept=step.kept)
    return query


def with_cte(query: exp.Query, name: str, body: exp.Query, comment: str, *, kept: bool = False) -> exp.Query:
    """The query with one more named step before it; the comment says what the step is for."""
    first = body
    while isinstance(first, exp.SetOperation):
        first = first.this
    first.add_comments([f" {comment} "])
    alias = exp.to_identifier(name, quoted=True)
    return query.with_(alias, as_=body, materialized=True if kept else None, copy=False)
