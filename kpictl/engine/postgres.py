"""PostgreSQL 14 and later, over psycopg2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
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
from kpictl.diagnostics import LockError, WorldError
from kpictl.engine.engine import Engine
from kpictl.engine.permissions import Lacking, Needs, lacking
from kpictl.engine.refusals import refusal, told
from kpictl.engine.server import Server

OLDEST = 14
NAME_BYTES = 63
"""What PostgreSQL keeps of an application's name: https://www.postgresql.org/docs/current/runtime-config-logging.html"""

# What COPY's text format gives a meaning: https://www.postgresql.org/docs/current/sql-copy.html
_ESCAPED = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Postgres(Engine):
    """A connection to a PostgreSQL database."""

    dialect = dialect("postgres")
    # https://www.postgresql.org/docs/current/datatype-numeric.html
    with_nan = frozenset({"double", "decimal"})
    # https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ
    one_moment = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"

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
            raise refusal(error) from error

    def wait_at_most(self, seconds: int) -> None:
        # https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
        self.fetch(f"SELECT set_config('lock_timeout', '{seconds}s', true)")

    def answer_within(self, seconds: int) -> None:
        self.fetch(f"SELECT set_config('statement_timeout', '{seconds}s', true)")

    def index(self, name: TableName, column: str) -> None:
        ordered = exp.Ordered(this=exp.to_identifier(column, quoted=True))
        parameters = exp.IndexParameters(columns=[ordered])
        self.run(exp.Create(this=exp.Index(table=table(name), params=parameters), kind="INDEX"))

    def analyze(self, name: TableName) -> None:
        # Autovacuum never sees a temporary table: https://www.postgresql.org/docs/current/sql-createtable.html
        self.run(exp.Analyze(tables=[table(name)]))

    def create_schema(self, name: str) -> None:
        # IF NOT EXISTS asks for the permission to make one even where there is nothing to make.
        found = self.connection.exec_driver_sql("SELECT 1 FROM pg_namespace WHERE nspname = %s", (name,))
        if found.first() is None:
            super().create_schema(name)

    def server(self) -> Server:
        now = self.connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        assert isinstance(now, datetime)
        return Server("PostgreSQL", _version(number_of(self.connection)), now)

    def lacking(self, needs: Needs) -> tuple[Lacking, ...]:
        return lacking(self.connection, needs)

    def lock_holder(self, schema: str) -> str | None:
        found = _holder(self.connection, _number(schema))
        return None if found is None else found.said

    @contextmanager
    def lock(self, schema: str) -> Iterator[None]:
        """An advisory lock on a connection of its own, which the server frees when its holder dies."""
        number = _number(schema)
        engine = create_engine(
            self.connection.engine.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"application_name": _name(getpid(), gethostname())},
        )
        with told():
            holder = engine.connect()
        with holder:
            taken = holder.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (number,)).scalar_one()
            if not taken:
                raise _held(schema, _holder(holder, number))
            yield


def refuse_old(number: int) -> None:
    """WorldError for a server that is older than the oldest that kpictl knows."""
    if number < OLDEST * 10_000:
        raise WorldError(f"PostgreSQL {_version(number)} is too old", help=f"version {OLDEST} is the oldest that works")


def number_of(connection: Connection) -> int:
    """The server's version, which the driver has known since it connected."""
    number = connection.connection.server_version
    assert isinstance(number, int)
    return number


def _version(number: int) -> str:
    """150004 is 15.4, and 90624 is 9.6: https://www.postgresql.org/docs/current/libpq-status.html"""
    major, minor = divmod(number, 10_000)
    return f"{major}.{minor}" if major >= 10 else f"{major}.{minor // 100}"


def _name(process: int, host: str) -> str:
    """What a lock's connection is called: a long name of the machine is cut, and nothing else."""
    return f"kpictl, process {process} on {host}".encode("ascii", "replace")[:NAME_BYTES].decode()


def _number(schema: str) -> int:
    """The number of the lock of a schema's runs."""
    return int.from_bytes(sha256(f"kpictl {schema}".encode()).digest()[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who holds a lock, for people, and the server's process that serves them."""

    said: str
    backend: int


def _held(schema: str, holder: _Holder | None) -> LockError:
    what = f"another run holds the lock on the schema {schema}"
    if holder is None:
        return LockError(f"{what}: it has just gone", help="run again")
    free = f"SELECT pg_terminate_backend({holder.backend})"
    return LockError(f"{what}: {holder.said}", help=f"wait until it has finished; if it hangs, {free} frees the lock")


def _holder(connection: Connection, number: int) -> _Holder | None:
    """Who holds an advisory lock, and since when: https://www.postgresql.org/docs/current/view-pg-locks.html"""
    high, low = divmod(number % 2**64, 2**32)
    found = connection.exec_driver_sql(
        "SELECT application_name, usename, backend_start, pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s AND objsubid = 1"
        " AND datname = current_database()",
        (high, low),
    ).first()
    if found is None:
        return None
    name, role, since, backend = found
    # What another role does is hidden from one without pg_read_all_stats, and only that.
    who = name or "a connection"
    when = "" if since is None else f", since {since:%Y-%m-%d %H:%M:%S %Z}"
    return _Holder(f"{who}, as {role}{when}", int(backend))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if _ESCAPED.search(text) else text


_WRITERS: Mapping[ColumnType, Callable[[Any], str]] = MappingProxyType({"text": _escaped, "json": _escaped})
"""How a value of a column is written; others as `str` does, which is as PostgreSQL reads them."""
