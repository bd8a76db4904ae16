"""Opening the database that a URL names."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from socket import gethostname

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool
from sqlglot import exp

from kpictl.compile import dialect_of_url
from kpictl.diagnostics import LockError, UnpublishedError, WorldError
from kpictl.engine.duckdb import DuckDB, InMemory
from kpictl.engine.engine import Engine
from kpictl.engine.postgres import Postgres, number_of, refuse_old
from kpictl.engine.processes import started_at, user_of
from kpictl.engine.refusals import IS_OPEN, advice_of, first_line

# A run's SQL has no business with other files, and nothing in it may change that:
# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
_ATTACHED = "kpictl_file"
_ROW_GROUP_ROWS = 8_192
_FOR_LANDING = {"memory_limit": "80MB", "threads": "1"}
_CONFLICT = re.compile(
    r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)(?: by user (?P<user>\S+?))?[.;]"
)
_WRITABLE = "give the user that runs kpictl the permission to write the file and its folder"
_LOCK_TIMEOUT = "5min"
_CONNECT_TIMEOUT_SECONDS = 10
"""Of each address of a server, unless its URL or the environment says: libpq itself waits for as long as TCP does."""
_CLOSED = {"enable_external_access": "false", "lock_configuration": "true"}


def open_engine(url: str, folder: Path, *, is_for_landing: bool = False) -> Engine:
    """The database of an environment; a DuckDB file's path is relative to the project's folder.

    Where it `is_for_landing` alone, DuckDB keeps little in memory, as nothing that is written is read again. Raises
    WorldError where it cannot be reached, LockError where another process has the DuckDB file open.
    """
    match dialect_of_url(url).name:
        case "duckdb":
            path = duckdb_path(url, folder)
            connect = partial(_open_file, path, _FOR_LANDING if is_for_landing else {})
            return DuckDB(connect(), path, connect)
        case _:
            # SQLAlchemy no longer knows `postgres://`, which many hosts hand out.
            plain = url.replace("postgres://", "postgresql://", 1)
            parsed = _parse(plain).set(drivername="postgresql+psycopg2")
            is_bounded = "connect_timeout" in parsed.query or "PGCONNECT_TIMEOUT" in os.environ
            bound = {} if is_bounded else {"connect_timeout": _CONNECT_TIMEOUT_SECONDS}
            connection = _connect(parsed, {"application_name": "kpictl", **bound})
            refuse_old(number_of(connection))
            _bound_waits(connection)
            return Postgres(connection)


def _bound_waits(connection: Connection) -> None:
    """Nobody's lock is waited for without end, unless the role or the database says for how long."""
    bound = "SELECT set_config('lock_timeout', %s, false) WHERE current_setting('lock_timeout') = '0'"
    connection.exec_driver_sql(bound, (_LOCK_TIMEOUT,))
    connection.commit()


def open_in_memory(name: str) -> Engine:
    """A database that is shared by all who open it by this name in this process, until the last one closes it."""
    return InMemory(_connect(URL.create("duckdb", database=f":memory:{name}"), {"config": _CLOSED}), Path(name))


def open_for_reading(url: str, folder: Path) -> Engine:
    """The same for asking what a run would compute: nothing but temporary tables can be made on DuckDB."""
    if dialect_of_url(url).name != "duckdb":
        return open_engine(url, folder)
    path = duckdb_path(url, folder)
    if not path.exists():
        raise WorldError(f"there is no {path.name} with the rows of the last run", help="`kpictl run` makes it")
    return DuckDB(_open_file(path, {}, "READ_ONLY"), path)


def refuse_unwritable(url: str, folder: Path) -> None:
    """Raise what a run would, where it can neither write the DuckDB file nor make one; nothing is written.

    LockError where another process has the file open: a run needs it alone.
    """
    path = duckdb_path(url, folder)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise WorldError(
            f"{path.name} cannot be written: its folder {path.parent} is closed or missing", help=_WRITABLE
        )
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except BlockingIOError:
        # DuckDB knows who it is.
        open_engine(url, folder).close()
    except OSError as error:
        raise WorldError(f"{path.name} cannot be written: {error.strerror}", help=_WRITABLE) from None


def open_published(url: str, folder: Path) -> Engine:
    """The same for reading what has been published: nothing can be written. DuckDB's file is open to many readers."""
    if dialect_of_url(url).name != "duckdb":
        engine = open_engine(url, folder)
        # Each transaction begins as READ ONLY: a setting of the session might outlive it in a pooler.
        engine.connection.execution_options(postgresql_readonly=True)
        return engine
    path = published_path(duckdb_path(url, folder))
    if not path.exists():
        raise UnpublishedError(f"nothing has been published: there is no {path.name}", help="`kpictl run` publishes")
    return DuckDB(_connect(_duckdb_url(path), {"read_only": True}), path)


def _open_file(path: Path, settings: Mapping[str, str], *options: str) -> Connection:
    """A DuckDB file, attached to an empty database in memory: only so can its row groups be small.

    A group is compressed whole at each checkpoint. With DuckDB's 122,880 rows, of records that are long texts, that
    takes 300 MB and more: https://duckdb.org/docs/stable/sql/statements/attach#attach-options
    """
    url = _duckdb_url(path)
    groups = () if "READ_ONLY" in options else (f"ROW_GROUP_SIZE {_ROW_GROUP_ROWS}",)
    connection = _connect(URL.create("duckdb", database=":memory:"), {"config": dict(settings)})
    file = exp.Literal.string(str(path)).sql("duckdb")
    with _told(url):
        try:
            connection.exec_driver_sql(f"ATTACH {file} AS {_ATTACHED} ({', '.join((*options, *groups))})")
            connection.exec_driver_sql(f"USE {_ATTACHED}")
            for name, value in _CLOSED.items():
                connection.exec_driver_sql(f"SET {name} = {value}")
            connection.commit()
        except BaseException:
            connection.close()
            raise
    return connection


def duckdb_path(url: str, folder: Path) -> Path:
    database = _parse(url).database
    if database is None or database == ":memory:":
        raise WorldError("a DuckDB environment names a file", help="write duckdb:///NAME.duckdb")
    return folder / database


def published_path(path: Path) -> Path:
    """The file that people open, beside the one that a run works in."""
    return path.with_suffix(".published.duckdb")


def _duckdb_url(path: Path) -> URL:
    return URL.create("duckdb", database=str(path))


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # The first repeats the URL, the second what seems to be its port; there may be a password in both.
        raise WorldError("the environment's url is no database URL") from None


def _connect(url: URL, arguments: dict[str, object]) -> Connection:
    with _told(url):
        return create_engine(url, poolclass=NullPool, connect_args=arguments).connect()


@contextmanager
def _told(url: URL) -> Iterator[None]:
    """Says why a database cannot be opened, without its password."""
    try:
        yield
    except NoSuchModuleError as error:
        raise WorldError(f"the driver for {url.drivername} is missing: {error}") from None
    except DBAPIError as error:
        message = str(error.orig).strip()
        if IS_OPEN in message:
            raise LockError(
                f"another process has {Path(url.database or '').name} open: {_holder(message)}",
                help="close it, or wait until it has finished",
            ) from None
        reason = first_line(message)
        if url.drivername == "duckdb":
            said = reason.removeprefix("IO Error: ")
            raise WorldError(f"{Path(url.database or '').name} cannot be opened: {said}", help=_of_file(said)) from None
        # What follows `?` may hold a password too, and no message needs it.
        where = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        raise WorldError(f"no connection to {where}: {reason}", help=_of_server(reason)) from None


def _of_file(said: str) -> str:
    """What to do about a DuckDB file that cannot be opened."""
    known = advice_of(said)
    return known or "look at the environment's url in kpictl.yml, and at the permissions of the file and its folder"


def _of_server(said: str) -> str:
    """What to do about a server that lets nobody in."""
    if "password" in said:
        return "correct the user or the password in the environment's url"
    if "database" in said and "does not exist" in said:
        return "make the database, or correct its name in the environment's url"
    return advice_of(said) or "look at the environment's url in kpictl.yml, and whether the server is up"


def _holder(message: str) -> str:
    """Who has a file open: DuckDB names the process, and the machine knows since when that has been running."""
    found = _CONFLICT.search(message)
    if found is None:
        return message.splitlines()[0]
    process = int(found["process"])
    user, began = found["user"] or user_of(process), started_at(process)
    who = f"process {process} on {gethostname()}, {Path(found['program']).name}"
    by = "" if user is None else f", as {user}"
    return f"{who}{by}" + ("" if began is None else f", running since {began:%Y-%m-%d %H:%M:%S %Z}")
