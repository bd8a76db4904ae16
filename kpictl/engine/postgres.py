"""PostgreSQL 14 and later, over psycopg2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from io import StringIO
from os import getpid
from socket import gethostname
from types import MappingProxyType
from typing import Any

import psycopg2
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool
from sqlglot import exp

from kpictl.catalog import Column, ColumnType, TableName
from kpictl.compile import dialect, text
from kpictl.compile.tree import table
from kpictl.diagnostics import LockError
from kpictl.engine.engine import Engine, refusal

# What COPY's text format gives a meaning: https://www.postgresql.org/docs/current/sql-copy.html
_ESCAPED = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Postgres(Engine):
    """A connection to a PostgreSQL database."""

    dialect = dialect("postgres")
    # https://www.postgresql.org/docs/current/datatype-numeric.html
    with_nan = frozenset({"double", "decimal"})

    def load(self, name: TableName, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
        if not rows:
            return
        names = ", ".join(f'"{column.name}"' for column in columns)
        writers = [_WRITERS.get(column.type, str) for column in columns]
        lines = [
            "\t".join([r"\N" if value is None else write(value) for value, write in zip(row, writers, strict=True)])
            for row in rows
        ]
        document = StringIO("\n".join([*lines, ""]))
        cursor = self.connection.connection.cursor()
        try:
            cursor.copy_expert(f"COPY {text(table(name), self.dialect)} ({names}) FROM STDIN", document)
        except psycopg2.Error as error:
            raise refusal(str(error)) from error

    def analyze(self, name: TableName) -> None:
        # Autovacuum never sees a temporary table: https://www.postgresql.org/docs/current/sql-createtable.html
        self.run(exp.Analyze(tables=[table(name)]))

    @contextmanager
    def lock(self, schema: str) -> Iterator[None]:
        """An advisory lock on a connection of its own, which the server frees when its holder dies."""
        number = int.from_bytes(sha256(f"kpictl {schema}".encode()).digest()[:8], "big", signed=True)
        engine = create_engine(
            self.connection.engine.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"application_name": f"kpictl run on {gethostname()}, process {getpid()}"[:63]},
        )
        with engine.connect() as holder:
            taken = holder.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (number,)).scalar_one()
            if not taken:
                raise LockError(
                    f"another run holds the lock on the schema {schema}: {_holder(holder, number)}",
                    help="wait until it has finished, then run again",
                )
            yield


def _holder(connection: Connection, number: int) -> str:
    """Who holds an advisory lock, and since when: https://www.postgresql.org/docs/current/view-pg-locks.html"""
    high, low = divmod(number % 2**64, 2**32)
    found = connection.exec_driver_sql(
        "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s AND datname = current_database()",
        (high, low),
    ).first()
    return "it has just gone" if found is None else f"{found[0]}, since {found[1]:%Y-%m-%d %H:%M:%S %Z}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if _ESCAPED.search(text) else text


_WRITERS: Mapping[ColumnType, Callable[[Any], str]] = MappingProxyType({"text": _escaped, "json": _escaped})
"""How a value of a column is written; others as `str` does, which is as PostgreSQL reads them."""
