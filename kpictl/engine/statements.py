"""The statements that keep tables, as trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from kpictl.catalog import Column, Table, TableName
from kpictl.compile import Dialect
from kpictl.compile.tree import all_of, col, data_type, lit, select, table


def create_schema(name: str) -> exp.Expr:
    return exp.Create(this=exp.Table(db=exp.to_identifier(name, quoted=True)), kind="SCHEMA", exists=True)


def add_column(name: TableName, column: Column, dialect: Dialect) -> exp.Expr:
    kind = dialect.word(data_type(column.type))
    definition = exp.ColumnDef(this=exp.to_identifier(column.name, quoted=True), kind=kind)
    return exp.Alter(this=table(name), kind="TABLE", actions=[definition])


def drop(name: TableName, kind: str) -> exp.Expr:
    return exp.Drop(tables=[table(name)], kind=kind, exists=True)


def comments(name: TableName, kind: str, comment: str, columns: Sequence[Column]) -> Iterator[exp.Expr]:
    """What a relation and its columns are for."""
    yield commented(name, kind, None, comment)
    for column in columns:
        if column.comment:
            yield commented(name, "COLUMN", column.name, column.comment)


def commented(name: TableName, kind: str, column: str | None, comment: str | None) -> exp.Expr:
    """What a table, a view or a COLUMN of one is for; None says nothing any more."""
    this: exp.Expr = table(name)
    if column is not None:
        this = exp.column(column, table=name.name, db=name.schema, quoted=True)
    return exp.Comment(this=this, kind=kind, expression=lit(comment))


def delete_where(name: TableName, condition: exp.Expr) -> exp.Expr:
    return exp.Delete(this=table(name), where=exp.Where(this=condition))


def insert(target: Table, fresh: exp.Query) -> exp.Expr:
    names = [exp.to_identifier(column.name, quoted=True) for column in target.columns]
    rows = select([col(column.name, "fresh") for column in target.columns]).from_(_fresh(fresh), copy=False)
    return exp.Insert(this=exp.Schema(this=table(target.name), expressions=names), expression=rows)


def upsert_changed(target: Table, fresh: exp.Query) -> exp.Expr:
    """Insert the fresh rows that no row of the table equals in every column, over those of the same key."""
    statement = insert(target, fresh)
    others = [column.name for column in target.columns if column.name not in target.key]
    same = [_same(target.key, "kept", "fresh")]
    same += [exp.NullSafeEQ(this=col(name, "kept"), expression=col(name, "fresh")) for name in others]
    equal = select([lit(1)]).from_(table(target.name, "kept"), copy=False).where(all_of(same), copy=False)
    statement.expression.where(exp.Not(this=exp.Exists(this=equal)), copy=False)
    conflict = exp.OnConflict(
        conflict_keys=[exp.to_identifier(name, quoted=True) for name in target.key],
        action=exp.var("DO UPDATE"),
        expressions=[
            exp.EQ(this=exp.to_identifier(name, quoted=True), expression=col(name, "excluded")) for name in others
        ],
    )
    statement.set("conflict", conflict)
    return statement


def delete_same_key(target: Table, fresh: exp.Query) -> exp.Expr:
    """Delete the rows whose key is among the fresh ones."""
    found = select([lit(1)]).from_(_fresh(fresh), copy=False)
    found = found.where(_same(target.key, "fresh", target.name.name), copy=False)
    return delete_where(target.name, exp.Exists(this=found))


def delete_gone(target: Table, fresh: exp.Query, scope: exp.Expr) -> exp.Expr:
    """Delete the rows within the scope whose key no fresh row has."""
    present = select([lit(1)]).from_(_fresh(fresh), copy=False)
    present = present.where(_same(target.key, "fresh", target.name.name), copy=False)
    return delete_where(target.name, all_of([exp.Not(this=exp.Exists(this=present)), scope]))


def _fresh(fresh: exp.Query) -> exp.Subquery:
    alias = exp.TableAlias(this=exp.to_identifier("fresh", quoted=True))
    return exp.Subquery(this=fresh.copy(), alias=alias)


def _same(keys: tuple[str, ...], left: str, right: str) -> exp.Expr:
    return all_of(exp.EQ(this=col(key, left), expression=col(key, right)) for key in keys)


def all_columns(dialect: str) -> exp.Query:
    """Schema, table, column and type of everything that is there, in order."""
    names = ("table_schema", "table_name", "column_name", "data_type")
    query = select([col(name) for name in names]).from_(_information(), copy=False).where(_here(dialect), copy=False)
    return query.order_by(col("table_schema"), col("table_name"), col("ordinal_position"), copy=False)


def columns_of(name: TableName, dialect: str) -> exp.Query:
    query = select([col("column_name")]).from_(_information(), copy=False).where(_here(dialect), copy=False)
    query = query.where(
        exp.EQ(this=col("table_schema"), expression=lit(name.schema or "")),
        exp.EQ(this=col("table_name"), expression=lit(name.name)),
        copy=False,
    )
    return query.order_by(col("ordinal_position"), copy=False)


def _information() -> exp.Table:
    return table(TableName("information_schema", "columns"))


def _here(dialect: str) -> exp.Expr:
    """The connected database alone: DuckDB lists temporary tables and attached files too."""
    catalog = exp.func("CURRENT_DATABASE") if dialect == "duckdb" else exp.Anonymous(this="CURRENT_DATABASE")
    ours = exp.EQ(this=col("table_catalog"), expression=catalog)
    system = exp.In(this=col("table_schema"), expressions=[lit("information_schema"), lit("pg_catalog")])
    return all_of([ours, exp.Not(this=system)])
