"""From a Relation to SQL text: what a run executes, and what people read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlglot import ErrorLevel, exp

from kpictl.catalog import Column, Table, TableName
from kpictl.compile.dialects import Dialect
from kpictl.compile.relation import Relation
from kpictl.compile.tree import data_type, lit, table

_KEPT = {
    "input": "filled by the run",
    "data": "rows from the catalog",
    "view": "a view",
    "table": "a table, replaced by each run",
    "work": "a temporary table",
    "facts": "a table; rows that differ are replaced",
    "snapshot": "a table; the rows of the run's as-of dates are replaced",
}


def text(tree: exp.Expr, dialect: Dialect) -> str:
    """The SQL of a tree that is in the dialect's words already, and of no further use: writing may change it."""
    return tree.sql(dialect=dialect.name, identify=True, pretty=True, unsupported_level=ErrorLevel.RAISE, copy=False)


def query(relation: Relation, dialect: Dialect) -> str:
    """The SELECT of a relation."""
    assert relation.select is not None, f"{relation.name} has no SELECT"
    return text(dialect.lower(relation.select), dialect)


def create(relation: Relation, dialect: Dialect, *, replaces: bool = False) -> str:
    """The statement that makes a view, in the place of one with the same columns if it replaces it, or a temporary
    table.
    """
    assert relation.select is not None, f"{relation.name} has no SELECT"
    tree = exp.Create(
        this=table(relation.name),
        kind="VIEW" if relation.kind == "view" else "TABLE",
        replace=replaces,
        expression=dialect.lower(relation.select),
        properties=_temporary() if relation.kind == "work" else None,
    )
    return text(tree, dialect)


def create_as(name: TableName, kind: Literal["VIEW", "TABLE"], fresh: exp.Query, dialect: Dialect) -> str:
    """The statement that makes a temporary view or table of a query."""
    tree = exp.Create(this=table(name), kind=kind, expression=dialect.lower(fresh), properties=_temporary())
    return text(tree, dialect)


def create_table(made: Table, dialect: Dialect, *, temporary: bool = False) -> str:
    """The statement that makes an empty table, if it does not exist yet."""
    columns: list[exp.Expr] = [_definition(column, dialect) for column in made.columns]
    if made.key and not temporary:
        key = [exp.to_identifier(name, quoted=True) for name in made.key]
        columns.append(exp.PrimaryKey(expressions=key))
    tree = exp.Create(
        this=exp.Schema(this=table(made.name), expressions=columns),
        kind="TABLE",
        exists=not temporary,
        properties=_temporary() if temporary else None,
    )
    return text(tree, dialect)


def _temporary() -> exp.Properties:
    return exp.Properties(expressions=[exp.TemporaryProperty()])


def _definition(column: Column, dialect: Dialect) -> exp.ColumnDef:
    kind = dialect.word(data_type(column.type))
    return exp.ColumnDef(this=exp.to_identifier(column.name, quoted=True), kind=kind)


def preview(relation: Relation, dialect: Dialect, *, rows_at_most: int | None = None) -> str:
    """A relation as people read it: what it is and how it is kept, then its SQL, ended by a semicolon.

    `rows_at_most` cuts the rows of a `data` relation and says how many it left out.
    """
    comment = " ".join(relation.comment.split())
    head = f"-- {relation.name}: {comment} ({_KEPT[relation.kind]})\n"
    match relation.kind:
        case "input":
            return f"{head}{create_table(relation.table, dialect, temporary=True)};\n"
        case "data":
            made = create_table(relation.table, dialect, temporary=relation.name.schema is None)
            return f"{head}{made};\n\n{_values(relation, dialect, rows_at_most)}"
        case "view" | "work":
            return f"{head}{create(relation, dialect)};\n"
        case "table" | "facts" | "snapshot":
            return f"{head}{query(relation, dialect)};\n"


def _values(relation: Relation, dialect: Dialect, rows_at_most: int | None) -> str:
    names = ", ".join(f'"{column.name}"' for column in relation.columns)
    shown = relation.rows if rows_at_most is None else relation.rows[:rows_at_most]
    literals = _literals(shown, dialect)
    rows = ",\n".join(f"  ({', '.join(literals[_key(value)] for value in row)})" for row in shown)
    left_out = len(relation.rows) - len(shown)
    end = f"\n-- {left_out:,} more rows: kpictl compile {relation.name.name}\n;" if left_out else ";"
    target = text(table(relation.name), dialect)
    return f"INSERT INTO {target} (\n  {names}\n) VALUES\n{rows}{end}\n"


def _literals(rows: Iterable[Sequence[object]], dialect: Dialect) -> dict[object, str]:
    """Each different value's literal, written once: `dim_date` has a quarter of a million cells."""
    values = {_key(value): value for row in rows for value in row}
    return {key: text(_literal(value), dialect) for key, value in values.items()}


def _key(value: object) -> object:
    # 1, 1.0 and True are equal and hash alike, but read differently.
    return (type(value), value)


def _literal(value: object) -> exp.Expr:
    if isinstance(value, datetime):
        return exp.Literal.string(value.isoformat())
    if isinstance(value, date):
        return exp.Literal.string(value.isoformat())
    assert value is None or isinstance(value, str | int | float | Decimal), f"no literal for {value!r}"
    return lit(value)
