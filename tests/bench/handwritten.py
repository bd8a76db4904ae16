"""The winery's daily run in SQL that a person wrote, over the driver itself: `handwritten/ENGINE/*.sql`."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg2
from sqlalchemy import URL, make_url

from tests.bench.world import Synced
from tests.postgres import execute

FOLDER = Path(__file__).parent / "handwritten"


class Cursor(Protocol):
    """What both drivers have."""

    def execute(self, query: str, /) -> object: ...

    def fetchall(self) -> Sequence[Sequence[Any]]: ...


Connect = Callable[[], AbstractContextManager[Cursor]]


@dataclass(frozen=True, slots=True)
class Handwritten:
    """A database of its own, with the same raw tables, views and published tables at the start."""

    folder: Path
    connect: Connect
    spent: dict[str, list[float]] = field(default_factory=dict)
    """Per statement the seconds of each run."""

    def setup(self) -> None:
        with self.connect() as cursor:
            cursor.execute((self.folder / "setup.sql").read_text())

    def daily(self, parameters: Mapping[str, date | datetime]) -> float:
        """The daily run's SQL with its commit, as a new process would: the seconds without the connecting."""
        statements = _statements((self.folder / "daily.sql").read_text(), parameters)
        with self.connect() as cursor:
            return in_one_transaction(cursor, statements, self.spent)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]


def in_one_transaction(cursor: Cursor, statements: Iterable[tuple[str, str]], spent: dict[str, list[float]]) -> float:
    """The seconds of all statements; those of each are added to `spent`."""
    began = before = time.perf_counter()
    for title, statement in [("begin", "begin"), *statements, ("commit", "commit")]:
        cursor.execute(statement)
        now = time.perf_counter()
        spent.setdefault(title, []).append(now - before)
        before = now
    return time.perf_counter() - began


@contextmanager
def handwritten(synced: Synced) -> Iterator[Handwritten]:
    """The hand-written run beside kpictl's, in a copy of its database."""
    with copied(synced.url, synced.folder) as connect:
        yield Handwritten(FOLDER / synced.engine, connect)


@contextmanager
def copied(url: str, folder: Path) -> Iterator[Connect]:
    """What connects to a copy of a database, which is gone afterwards."""
    ours = make_url(url)
    if ours.drivername == "duckdb":
        assert ours.database is not None
        path = folder / "handwritten.duckdb"
        shutil.copy(folder / ours.database, path)
        yield lambda: closing(duckdb.connect(str(path)))
        return
    copy = ours.set(database=f"{ours.database}_handwritten")
    server = ours.set(database="postgres").render_as_string(hide_password=False)
    execute(server, f"create database {copy.database} template {ours.database}")
    try:
        yield lambda: _postgres(copy)
    finally:
        execute(server, f"drop database {copy.database} with (force)")


@contextmanager
def _postgres(url: URL) -> Iterator[Cursor]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def _statements(script: str, parameters: Mapping[str, date | datetime]) -> list[tuple[str, str]]:
    """Each statement with a title: what it begins with."""
    filled = re.sub(r":([a-z_]+)\b", lambda found: f"'{parameters[found[1]].isoformat()}'", script)
    bare = re.sub(r"(?m)^--.*\n", "", filled)
    parts = [part.strip() for part in bare.split(";\n") if part.strip()]
    return [(" ".join(part.split()[:6]), part) for part in parts]
