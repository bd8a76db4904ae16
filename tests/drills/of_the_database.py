"""Drills: the database is away, lets nobody in, forbids something, is full, or stops in the middle."""

from __future__ import annotations

import os
import pwd
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from tests.drills.drill import Drill, EngineName
from tests.drills.world import World, at_statement
from tests.postgres import GUARDED, execute

PG: tuple[EngineName, ...] = ("postgres",)
DUCK: tuple[EngineName, ...] = ("duckdb",)


def _with_url(world: World, **changes: object) -> None:
    url = make_url(world.url).set(**changes)  # type: ignore[arg-type]
    world.setenv("SHOP_URL", url.render_as_string(hide_password=False))


@contextmanager
def wrong_password(world: World) -> Iterator[None]:
    execute(world.owner_url, f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'right'")
    try:
        _with_url(world, username=GUARDED, password="wrong")
        yield
    finally:
        execute(world.owner_url, f"DROP ROLE {GUARDED}")
    world.setenv("SHOP_URL", world.url)


@contextmanager
def closed_port(world: World) -> Iterator[None]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        _with_url(world, host="127.0.0.1", port=taken.getsockname()[1], query={})
        yield
    world.setenv("SHOP_URL", world.url)


@contextmanager
def no_database(world: World) -> Iterator[None]:
    _with_url(world, database="shoop")
    yield
    world.setenv("SHOP_URL", world.url)


@contextmanager
def no_folder(world: World) -> Iterator[None]:
    world.setenv("SHOP_URL", f"duckdb:///{world.shop.folder / 'nowhere' / 'shop.duckdb'}")
    yield
    world.setenv("SHOP_URL", world.url)


@contextmanager
def may_not_make_tables(world: World) -> Iterator[None]:
    world.change(f"REVOKE CREATE ON SCHEMA kpi FROM {world.role}")
    yield
    world.change(f"GRANT CREATE ON SCHEMA kpi TO {world.role}")


@contextmanager
def may_not_read(world: World) -> Iterator[None]:
    world.change(f"REVOKE SELECT ON raw.visits FROM {world.role}")
    yield
    world.change(f"GRANT SELECT ON raw.visits TO {world.role}")


@contextmanager
def may_not_make_temporary_tables(world: World) -> Iterator[None]:
    world.change(f"REVOKE TEMPORARY ON DATABASE {world.database} FROM PUBLIC")
    yield
    world.change(f"GRANT TEMPORARY ON DATABASE {world.database} TO PUBLIC")


@contextmanager
def belongs_to_another(world: World) -> Iterator[None]:
    world.change("ALTER TABLE kpi.dim_kpi OWNER TO postgres")
    yield
    world.change(f"ALTER TABLE kpi.dim_kpi OWNER TO {world.role}")


@contextmanager
def one_connection(world: World) -> Iterator[None]:
    execute(world.owner_url, f"ALTER ROLE {world.role} CONNECTION LIMIT 1")
    yield
    execute(world.owner_url, f"ALTER ROLE {world.role} CONNECTION LIMIT -1")


@contextmanager
def setting(world: World, name: str, value: str) -> Iterator[None]:
    where = f"ALTER ROLE {world.role} IN DATABASE {world.database}"
    world.change(f"{where} SET {name} = '{value}'")
    yield
    world.change(f"{where} RESET {name}")


@contextmanager
def read_only(world: World) -> Iterator[None]:
    with setting(world, "default_transaction_read_only", "on"):
        yield


@contextmanager
def statement_timeout(world: World) -> Iterator[None]:
    """Somebody holds a table that the run waits for, longer than a statement may take."""
    with setting(world, "statement_timeout", "250ms"), _held(world, "kpi.agg_kpi_dashboard"):
        yield


@contextmanager
def lock_timeout(world: World) -> Iterator[None]:
    with setting(world, "lock_timeout", "250ms"), _held(world, "kpi.agg_kpi_dashboard"):
        yield


@contextmanager
def _held(world: World, name: str) -> Iterator[None]:
    engine = create_engine(world.owner_url, poolclass=NullPool)
    with engine.connect() as holder:
        holder.exec_driver_sql(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def connection_lost(world: World) -> Iterator[None]:
    def lose() -> None:
        execute(
            world.owner_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'kpictl'",
        )

    with at_statement('INTO "kpi"."agg_kpi_dashboard"', lose):
        yield


@contextmanager
def temporary_files_full(world: World) -> Iterator[None]:
    world.change("INSERT INTO raw.orders SELECT n, DATE '2025-05-02', 1, 1 FROM generate_series(10, 60000) AS n")
    with setting(world, "work_mem", "64kB"), setting(world, "temp_file_limit", "0"):
        yield


@contextmanager
def file_at_its_limit(world: World) -> Iterator[None]:
    """A limit on the size of files is what a full disk is to the process, at a place of one's own choosing."""
    with _limited(world.shop.folder.joinpath("shop.duckdb").stat().st_size // 4):
        yield


@contextmanager
def _limited(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def little_memory(world: World) -> Iterator[None]:
    """DuckDB takes its limit from the machine; here it is told a lower one, and not to swap."""
    connect = duckdb.connect
    limits = {"memory_limit": "4MB", "max_temp_directory_size": "0B"}

    def limited(*arguments: Any, **named: Any) -> duckdb.DuckDBPyConnection:
        return connect(*arguments, **{**named, "config": {**named.get("config", {}), **limits}})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", limited)
        yield


@contextmanager
def overwritten(world: World) -> Iterator[None]:
    path = world.shop.folder / "shop.duckdb"
    whole = path.read_bytes()
    path.write_bytes(b"\0" * 4096 + whole[4096:])
    yield
    path.write_bytes(whole)


@contextmanager
def damaged(world: World) -> Iterator[None]:
    """Not the headers, which are the first three blocks of 4 KB."""
    path = world.shop.folder / "shop.duckdb"
    whole = path.read_bytes()
    path.write_bytes(whole[:12_288] + b"\xff" * (len(whole) - 12_288))
    yield
    path.write_bytes(whole)


@contextmanager
def not_writable(world: World) -> Iterator[None]:
    """Root may write everything, and becomes nobody for a moment."""
    path = world.shop.folder / "shop.duckdb"
    path.chmod(0o444)
    user = os.geteuid()
    if user == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(user)
        path.chmod(0o644)


@contextmanager
def another_run(world: World) -> Iterator[None]:
    """One that is killed at last: nobody unlocks, and the server notices by itself."""
    holding = (
        "import sys; from pathlib import Path; from kpictl.engine import open_engine\n"
        "with open_engine(sys.argv[1], Path()).lock('kpi'): print('held', flush=True); sys.stdin.read()"
    )
    with _killed_at_last(holding, world.url, "held"):
        yield
    deadline = time.monotonic() + 20
    while execute(world.owner_url, _LOCKS):
        assert time.monotonic() < deadline, "nobody frees the lock"
        time.sleep(0.02)


_LOCKS = (
    "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database"
    " WHERE locktype = 'advisory' AND datname = current_database()"
)


@contextmanager
def another_process(world: World) -> Iterator[None]:
    """One that is killed at last: nobody says goodbye to the file."""
    holding = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with _killed_at_last(holding, world.shop.folder / "shop.duckdb", "open"):
        yield


@contextmanager
def _killed_at_last(code: str, argument: str | Path, says: str) -> Iterator[None]:
    """Another process, as soon as it has said that it is ready."""
    command = [sys.executable, "-c", code, argument]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == f"{says}\n"
        try:
            yield
        finally:
            child.kill()


_RAISE = "raise `statement_timeout`"

DRILLS: tuple[Drill, ...] = (
    Drill("the password is wrong", wrong_password, 3, "password authentication failed", "password", PG, foreseen=3),
    Drill("the server is down", closed_port, 3, "Connection refused", "whether the server is up", PG, foreseen=3),
    Drill("there is no such database", no_database, 3, '"shoop" does not exist', "make the database", PG, foreseen=3),
    Drill("the folder of the file is missing", no_folder, 3, "No such file or directory", "folder", DUCK, foreseen=3),
    Drill("the file is overwritten", overwritten, 3, "not a valid DuckDB database", "put a copy", DUCK, foreseen=3),
    Drill("the file is damaged", damaged, 3, "Corrupt database file", "put a copy", DUCK, foreseen=3),
    Drill("the file may not be written", not_writable, 3, "Permission denied", "let the user", DUCK, foreseen=3),
    Drill("no permission to make tables", may_not_make_tables, 3, "may not make tables in the schema kpi",
          "GRANT USAGE, CREATE ON SCHEMA kpi TO kpictl_run", PG, foreseen=3),
    Drill("no permission to read a source", may_not_read, 3, "may not read raw.visits",
          "GRANT SELECT ON raw.visits TO kpictl_run", PG, foreseen=3),
    Drill("no permission to make temporary tables", may_not_make_temporary_tables, 3, "may not make temporary tables",
          "GRANT TEMPORARY ON DATABASE shop TO kpictl_run", PG, foreseen=3),
    Drill("a table of kpictl's belongs to another role", belongs_to_another, 3, "belongs to postgres: kpi.dim_kpi",
          "ALTER TABLE kpi.dim_kpi OWNER TO kpictl_run", PG, foreseen=3),
    Drill("the role has too few connections", one_connection, 3, "too many connections", "two connections", PG),
    Drill("the database is read-only", read_only, 3, "in a read-only transaction", "primary server", PG),
    Drill("a statement takes too long", statement_timeout, 3, "statement timeout", _RAISE, PG, interrupts=True),
    Drill("somebody locks a published table", lock_timeout, 3, "lock timeout", "run again when", PG, interrupts=True),
    Drill("the connection is lost while tables are written", connection_lost, 3,
          "the connection to the database was lost", "run again", PG, interrupts=True),
    Drill("no room for temporary files", temporary_files_full, 3, "temporary file size exceeds", "raise that limit", PG,
          interrupts=True),
    Drill("the disk is full", file_at_its_limit, 3, "File too large", "make room on the disk", DUCK, interrupts=True),
    Drill("the memory is too small", little_memory, 3, "block of size", "more memory", DUCK, interrupts=True),
    Drill("another run is going on", another_run, 4, "another run holds the lock", "wait until it has finished", PG,
          interrupts=True, foreseen=0),
    Drill("another process has the file open", another_process, 4, "open: process", "wait until it has", DUCK,
          interrupts=True, foreseen=0),
)  # fmt: skip
