"""What the pipeline asks of a database, and the parts of the answer that all databases share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager

from sqlalchemy import Connection
from sqlglot import exp

from kpictl.catalog import Column, ColumnType, Table, TableName
from kpictl.compile import Dialect, create_table, text
from kpictl.compile.tree import col, count_of, lit, named, select
from kpictl.compile.tree import table as table_tree
from kpictl.engine import statements
from kpictl.engine.edition import Edition
from kpictl.engine.permissions import Lacking, Needs
from kpictl.engine.refusals import told
from kpictl.engine.server import Server

_TYPES: dict[str, ColumnType] = {
    "boolean": "boolean",
    "smallint": "bigint",
    "integer": "bigint",
    "bigint": "bigint",
    "numeric": "decimal",
    "decimal": "decimal",
    "real": "double",
    "float": "double",
    "double": "double",
    "double precision": "double",
    "text": "text",
    "varchar": "text",
    "character varying": "text",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "json": "json",
    "jsonb": "json",
}


class Engine(ABC):
    """One connection to a database, for one run: what it makes stays only if it happens in `transaction()`."""

    dialect: Dialect
    with_nan: frozenset[str] = frozenset({"double"})
    """The types that have values which are no numbers."""
    one_moment: str = ""
    """The statement that a transaction begins with, where it would else see what others commit meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @abstractmethod
    def load(self, name: TableName, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
        """Append rows to an existing table, in bulk. JSON columns take JSON text."""

    @abstractmethod
    def lock(self, schema: str) -> AbstractContextManager[None]:
        """Hold the lock of all runs on a schema; LockError says who has it."""

    @abstractmethod
    def server(self) -> Server:
        """What answers, and its clock."""

    def lock_holder(self, schema: str) -> str | None:
        """Who holds the lock of runs, where one can look without taking it."""
        del schema
        return None

    def lacking(self, needs: Needs) -> tuple[Lacking, ...]:
        """What the connection must be allowed to do and is not, where a database has such rules."""
        del needs
        return ()

    def publish(self, edition: Edition) -> None:
        """What is left to do after the commit, so that readers see the schema's tables."""
        del edition

    @contextmanager
    def transaction(self, *, sees_one_moment: bool = False) -> Iterator[None]:
        """What happens within is there as a whole or not at all.

        With `sees_one_moment` all of it sees the tables as they are when it begins, whoever writes meanwhile.
        """
        with told(), self.connection.begin():
            if sees_one_moment and self.one_moment:
                self.execute(self.one_moment)
            yield

    def wait_at_most(self, seconds: int) -> None:
        """Wait no longer for others' locks in this transaction, where there are such: BusyError then."""
        del seconds

    def answer_within(self, seconds: int) -> None:
        """Give up on a statement of this transaction that takes longer, where the database can: WorldError then."""
        del seconds

    @property
    def is_lost(self) -> bool:
        """Whether the connection broke."""
        return self.connection.invalidated

    def execute(self, sql: str) -> int:
        """Run a statement; the number of rows that it touched, where the engine tells."""
        with told():
            result = self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            return max(result.rowcount, 0)

    def fetch(self, sql: str) -> list[tuple[object, ...]]:
        """Run a query; all its rows."""
        with told():
            result = self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            return [tuple(row) for row in result.fetchall()]

    def query(self, tree: exp.Query) -> list[tuple[object, ...]]:
        """Run a query that is given as a generic tree."""
        return self.fetch(text(self.dialect.lower(tree), self.dialect))

    def stream(self, tree: exp.Query, batch_rows: int) -> Iterator[Sequence[tuple[object, ...]]]:
        """The rows of a query, so many at a time: no more of them are kept here."""
        # https://docs.sqlalchemy.org/en/20/core/connections.html#using-server-side-cursors-a-k-a-stream-results
        options = {"no_parameters": True, "stream_results": True, "max_row_buffer": batch_rows}
        sql = text(self.dialect.lower(tree), self.dialect)
        with told(), closing(self.connection.exec_driver_sql(sql, execution_options=options)) as result:
            while rows := result.fetchmany(batch_rows):
                yield [tuple(row) for row in rows]

    def run(self, tree: exp.Expr) -> int:
        """Run a statement that is given as a tree in the dialect's words."""
        return self.execute(text(tree, self.dialect))

    def tables(self) -> dict[TableName, dict[str, str]]:
        """Every table and view that the connection can see: its columns and their types, ours where we know them."""
        found: dict[TableName, dict[str, str]] = {}
        for schema, name, column, kind in self.query(statements.all_columns(self.dialect.name)):
            found.setdefault(TableName(str(schema), str(name)), {})[str(column)] = _type(str(kind))
        return found

    def types_of(self, query: exp.Query) -> dict[str, str]:
        """The columns of a query's result and their types, in the same words; no row is computed."""
        empty = _as(select([exp.Star()]).from_(_as(query, "asked"), copy=False).limit(0, copy=False), "empty")
        with told():
            sql = text(self.dialect.lower(select([exp.Star()]).from_(empty.copy(), copy=False)), self.dialect)
            result = self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            names = list(result.keys())
            result.close()
        kinds = [exp.Typeof(this=col(name, "empty")) for name in names]
        # One row of nothing but NULLs, each of which knows its type.
        one = select(kinds).from_(_as(select([named(lit(1), "one")]), "one"), copy=False)
        (row,) = self.query(one.join(empty, on=lit(value=True), join_type="left", copy=False))
        return {name: _type(str(kind)) for name, kind in zip(names, row, strict=True)}

    def create_schema(self, name: str) -> None:
        self.run(statements.create_schema(name))

    def create(self, table: Table) -> bool:
        """Make the table, or add the columns that it lacks, and say whether any was; the schema is made too."""
        assert table.name.schema is not None
        existing = self.columns_of(table.name)
        if not existing:
            self.create_schema(table.name.schema)
        self.shape(table, existing)
        return not {column.name for column in table.columns} <= set(existing)

    def shape(self, table: Table, existing: Collection[str]) -> None:
        """The same where it is known which columns exist: none, where the table does not."""
        if not existing:
            self.execute(create_table(table, self.dialect))
            return
        for column in table.columns:
            if column.name not in existing:
                self.run(statements.add_column(table.name, column, self.dialect))

    def columns_of(self, name: TableName) -> tuple[str, ...]:
        rows = self.query(statements.columns_of(name, self.dialect.name))
        return tuple(str(column) for (column,) in rows)

    def create_temporary(self, table: Table) -> None:
        self.execute(create_table(table, self.dialect, temporary=True))

    def upsert(self, table: Table, rows: Sequence[Sequence[object]]) -> int:
        """Insert rows, in the place of those with the same key; of several with one key the last is taken."""
        positions = [[column.name for column in table.columns].index(name) for name in table.key]
        latest = {tuple(row[position] for position in positions): row for row in rows}
        staging = Table(TableName(None, f"staged_{table.name.name}"), table.columns, table.key)
        self.create_temporary(staging)
        self.load(staging.name, table.columns, list(latest.values()))
        fresh = select([exp.Star()]).from_(table_tree(staging.name), copy=False)
        self.run(statements.delete_same_key(table, fresh))
        self.run(statements.insert(table, fresh))
        self.drop(staging.name, "TABLE")
        return len(latest)

    def replace(self, table: Table, fresh: exp.Query, *, scope: exp.Expr) -> tuple[int, int]:
        """Make a table's rows those of a query, touching only rows that differ: (removed, written).

        `scope` is a condition on the table's rows; rows outside it are left alone. Once all fresh rows are in, equal
        numbers of rows mean that no other is left, and nothing has to be looked for.
        """
        lowered = self.dialect.lower(fresh)
        written = self.run(statements.upsert_changed(table, lowered))
        if self.count(table.name, scope) == self.count_of(lowered):
            return 0, written
        return self.run(statements.delete_gone(table, lowered, scope)), written

    def rewrite(self, table: Table, fresh: exp.Query, *, scope: exp.Expr) -> int:
        """Delete the rows within the scope and insert those of a query: for rows that always differ."""
        self.delete(table.name, scope)
        return self.run(statements.insert(table, self.dialect.lower(fresh)))

    def append(self, table: Table, fresh: exp.Query) -> int:
        """Insert the rows of a query."""
        return self.run(statements.insert(table, self.dialect.lower(fresh)))

    def refill(self, name: TableName, fresh: exp.Query) -> int:
        """Make a table's rows those of a query with the same columns in the same order."""
        self.delete(name, lit(value=True))
        return self.run(exp.Insert(this=table_tree(name), expression=self.dialect.lower(fresh)))

    def delete(self, name: TableName, condition: exp.Expr) -> int:
        return self.run(statements.delete_where(name, condition))

    def drop(self, name: TableName, kind: str) -> None:
        """Drop a VIEW or a TABLE, if it is there."""
        self.run(statements.drop(name, kind))

    def comment(self, name: TableName, kind: str, comment: str, columns: Sequence[Column]) -> None:
        """Say in the database what a VIEW or a TABLE and its columns are for."""
        for tree in statements.comments(name, kind, comment, columns):
            self.run(tree)

    def count(self, name: TableName, scope: exp.Expr | None = None) -> int:
        """How many rows a table has, or those that meet a condition."""
        query = select([count_of()]).from_(table_tree(name), copy=False)
        ((rows,),) = self.query(query if scope is None else query.where(scope.copy(), copy=False))
        return int(str(rows))

    def count_of(self, query: exp.Query) -> int:
        """How many rows a query has."""
        ((number,),) = self.query(select([count_of()]).from_(_as(query, "counted"), copy=False))
        return int(str(number))

    def index(self, name: TableName, column: str) -> None:
        """Make rows quick to find by a column, where the engine does not see to it by itself."""
        del name, column

    def analyze(self, name: TableName) -> None:
        """Tell the planner how large a table is, where it does not know by itself."""
        del name

    def reopen(self) -> bool:
        """Connect again after a publishing that failed; whether there is a connection."""
        return True

    def close(self) -> None:
        self.connection.close()
        self.connection.engine.dispose()


def _type(name: str) -> str:
    """A database's type in our words, in its own where we have none."""
    return _TYPES.get(name.lower().partition("(")[0].strip(), name)


def _as(query: exp.Query, name: str) -> exp.Subquery:
    return exp.Subquery(this=query.copy(), alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
