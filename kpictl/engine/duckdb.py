"""DuckDB, the embedded default: a file beside `kpictl.yml`, and a published copy that people open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from sqlalchemy import Connection
from sqlglot import exp

from kpictl.catalog import Column, TableName
from kpictl.compile import dialect, text
from kpictl.compile.tree import cast, col, named, select, table
from kpictl.diagnostics import KpictlError, LockError, WorldError
from kpictl.engine.edition import Edition
from kpictl.engine.engine import Engine
from kpictl.engine.published import write_edition
from kpictl.engine.refusals import IS_OPEN, advice_of, first_line
from kpictl.engine.server import Server


class DuckDB(Engine):
    """A connection to a DuckDB file, which no other process can open meanwhile."""

    dialect = dialect("duckdb")

    def __init__(self, connection: Connection, path: Path, connect: Callable[[], Connection] | None = None) -> None:
        super().__init__(connection)
        self.path = path
        self._connect = connect

    def reopen(self) -> bool:
        """The file was closed so that it could be copied."""
        if self._connect is None:
            return False
        try:
            self.connection = self._connect()
        except KpictlError:
            return False
        return True

    def load(self, name: TableName, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
        """The rows travel as one JSON text, which DuckDB reads in C++: 15 µs a row, where `executemany` takes
        0.9 ms and lists of Python values 0.5 ms (20,000 rows of six columns; tests/bench/load.py).
        """
        if not rows:
            return
        self.connection.exec_driver_sql(text(insertion(name, columns), self.dialect), (document(rows),))

    @contextmanager
    def lock(self, schema: str) -> Iterator[None]:
        """The file itself is the lock: whoever has it open keeps others out."""
        del schema
        yield

    def server(self) -> Server:
        """The package itself, which asks for a version that it knows when it is installed."""
        return Server("DuckDB", duckdb.__version__)

    def publish(self, edition: Edition) -> None:
        """Copy the published tables into the file that people open, and put it in place in one step.

        A reader that has the old file open goes on reading it; the next one opens the new file.
        """
        self.close()
        last = self.path.with_suffix(".published.duckdb")
        fresh = self.path.with_suffix(".published.duckdb.next")
        journal = fresh.with_name(f"{fresh.name}.wal")
        try:
            fresh.unlink(missing_ok=True)
            journal.unlink(missing_ok=True)
            write_edition(self.path, last, fresh, edition)
            if journal.exists():
                raise WorldError(f"{fresh.name} could not be written whole", help="look whether the disk is full")
            fresh.replace(last)
        except (duckdb.Error, OSError) as error:
            # An OSError's own text begins with a number.
            message = (error.strerror if isinstance(error, OSError) else None) or first_line(str(error))
            if IS_OPEN in message:
                raise LockError(
                    f"the tables are computed, but {self.path.name} was opened before they could be copied",
                    help="close it there, and run again",
                ) from error
            raise WorldError(
                f"the tables are computed, but not published: {message}",
                help=advice_of(message) or "what was published before stays; mend that, and run again",
            ) from error


class InMemory(DuckDB):
    """A connection to a database that no other process can see, so that there is nothing to publish."""

    def publish(self, edition: Edition) -> None:
        del edition


def insertion(name: TableName, columns: Sequence[Column]) -> exp.Insert:
    """The statement that appends the rows of a document, its one parameter."""
    cells = [
        named(cast(exp.Bracket(this=col("row"), expressions=[exp.Literal.number(i)]), c.type), c.name)
        for i, c in enumerate(columns)
    ]
    parsed = exp.Anonymous(this="FROM_JSON", expressions=[exp.Placeholder(), exp.Literal.string('[["VARCHAR"]]')])
    unnested = select([named(exp.Explode(this=parsed), "row")])
    source = exp.Subquery(this=unnested, alias=exp.TableAlias(this=exp.to_identifier("given", quoted=True)))
    target = exp.Schema(
        this=table(name), expressions=[exp.to_identifier(column.name, quoted=True) for column in columns]
    )
    return exp.Insert(this=target, expression=select(cells).from_(source, copy=False))


def document(rows: Sequence[Sequence[object]]) -> str:
    try:
        return json.dumps(list(rows), default=_plain, allow_nan=False)
    except ValueError:  # NaN and infinities are no JSON, but DuckDB reads their names
        cells = [[str(value) if isinstance(value, float) else value for value in row] for row in rows]
        return json.dumps(cells, default=_plain)


def _plain(value: object) -> str:
    match value:
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            raise TypeError(f"no column holds a {type(value).__name__}")
