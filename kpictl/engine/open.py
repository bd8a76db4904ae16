"""Opening the database that a URL names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from kpictl.compile import dialect_of_url
from kpictl.diagnostics import LockError, WorldError
from kpictl.engine.duckdb import DuckDB, InMemory
from kpictl.engine.engine import Engine
from kpictl.engine.postgres import Postgres

# A run's SQL has no business with other files, and nothing in it may change that:
# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
_CLOSED = {"enable_external_access": "false", "lock_configuration": "true"}


def open_engine(url: str, folder: Path) -> Engine:
    """The database of an environment; a DuckDB file's path is relative to the project's folder.

    Raises WorldError where it cannot be reached, LockError where another process has the DuckDB file open.
    """
    match dialect_of_url(url).name:
        case "duckdb":
            path = duckdb_path(url, folder)
            return DuckDB(_connect(_duckdb_url(path), {"config": _CLOSED}), path)
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
    return DuckDB(_connect(_duckdb_url(path), {"read_only": True, "config": _CLOSED}), path)


def open_published(url: str, folder: Path) -> Engine:
    """The same for reading what has been published; DuckDB's published file is open to many readers."""
    if dialect_of_url(url).name != "duckdb":
        return open_engine(url, folder)
    path = published_path(duckdb_path(url, folder))
    if not path.exists():
        raise WorldError(f"nothing has been published: there is no {path.name}", help="`kpictl run` publishes")
    return DuckDB(_connect(_duckdb_url(path), {"read_only": True}), path)


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
    try:
        return create_engine(url, poolclass=NullPool, connect_args=arguments).connect()
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
