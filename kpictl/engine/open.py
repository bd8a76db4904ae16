"""Opening the database that a URL names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool
from sqlglot import exp

from kpictl.compile import dialect_of_url
from kpictl.diagnostics import LockError, WorldError
from kpictl.engine.duckdb import DuckDB, InMemory
from kpictl.engine.engine import Engine
from kpictl.engine.postgres import Postgres

# A run's SQL has no business with other files, and nothing in it may change that:
# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
_ATTACHED = "kpictl_file"
_ROW_GROUP_ROWS = 8_192
_FOR_LANDING = {"memory_limit": "80MB", "threads": "1"}
_CLOSED = {"enable_external_access": "false", "lock_configuration": "true"}


def open_engine(url: str, folder: Path, *, is_for_landing: bool = False) -> Engine:
    """The database of an environment; a DuckDB file's path is relative to the project's folder.

    Where it `is_for_landing` alone, DuckDB keeps little in memory, as nothing that is written is read again. Raises
    WorldError where it cannot be reached, LockError where another process has the DuckDB file open.
    """
    match dialect_of_url(url).name:
        case "duckdb":
            path = duckdb_path(url, folder)
            return DuckDB(_open_file(path, _FOR_LANDING if is_for_landing else {}), path)
        case _:
            # SQLAlchemy no longer knows `postgres://`, which many hosts hand out.
            plain = url.replace("postgres://", "postgresql://", 1)
            parsed = _parse(plain).set(drivername="postgresql+psycopg2")
            return Postgres(_connect(parsed, {"application_name": "kpictl"}))


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


def open_published(url: str, folder: Path) -> Engine:
    """The same for reading what has been published; DuckDB's published file is open to many readers."""
    if dialect_of_url(url).name != "duckdb":
        return open_engine(url, folder)
    path = published_path(duckdb_path(url, folder))
    if not path.exists():
        raise WorldError(f"nothing has been published: there is no {path.name}", help="`kpictl run` publishes")
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
    except ArgumentError:
        # The error repeats the URL, which may hold a password.
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
        if "lock" in message.lower() and url.drivername == "duckdb":
            raise LockError(
                f"another process has {Path(url.database or '').name} open: {_holder(message)}",
                help="close it, or wait until it has finished",
            ) from None
        where = url.render_as_string(hide_password=True)
        raise WorldError(
            f"no connection to {where}: {message.splitlines()[0]}",
            help="look at the environment's url in kpictl.yml, and whether the server is up",
        ) from None


def _holder(message: str) -> str:
    """The part of DuckDB's message that names the process."""
    start = message.find("Conflicting lock")
    return message[start:].split(". ", maxsplit=1)[0] if start >= 0 else message.splitlines()[0]
