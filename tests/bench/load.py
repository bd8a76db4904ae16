"""Loading 20,000 rows of six columns into DuckDB: one JSON text, `executemany`, lists of Python values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from kpictl.catalog import Column, Table, TableName
from kpictl.engine import open_engine
from tests.bench.measure import Measured, quarters, seconds_of

COLUMNS = (
    Column("id", "text"),
    Column("number", "bigint"),
    Column("amount", "decimal"),
    Column("is_paid", "boolean"),
    Column("paid_at", "timestamptz"),
    Column("day", "date"),
)
TABLE = Table(TableName("bench", "loaded"), COLUMNS, ())
TYPES = ("VARCHAR", "BIGINT", "DECIMAL(38, 10)", "BOOLEAN", "TIMESTAMPTZ", "DATE")
ROWS = 20_000
ROUNDS = 5
FEW = 2_000
"""`executemany` is timed with fewer rows: it takes as long for each."""

LIMIT_SECONDS = 50e-6
"""For one row, as kpictl loads it."""

Row = tuple[object, ...]


def rows(count: int) -> list[Row]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made: list[Row] = []
    for number in range(count):
        moment = start + timedelta(minutes=number)
        made.append((f"row-{number}", number, number * 7 % 1000, number % 3 == 0, moment, moment.date()))
    return made


def loading() -> Iterator[Measured]:
    """How rows enter DuckDB."""
    names = ("kpictl: one JSON text", "executemany", "lists of Python values, unnested")
    ways = (_by_kpictl, _executemany, _lists)
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name, way in zip(names, ways, strict=True):
            times[name].append(way())
    reference = median(times[names[1]])
    for name in names:
        found = median(times[name])
        limit = LIMIT_SECONDS if name == names[0] else None
        shown = quarters([seconds * 1e6 for seconds in times[name]]) + " µs"
        yield Measured(f"a row: {name}", found, reference, found, limit, "s", shown)


def _by_kpictl() -> float:
    with TemporaryDirectory() as name:
        engine = open_engine("duckdb:///load.duckdb", Path(name))
        with engine.transaction():
            engine.create(TABLE)
            seconds = seconds_of(lambda: engine.load(TABLE.name, COLUMNS, rows(ROWS)))
        engine.close()
    return seconds / ROWS


def _prepared(folder: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(f"{folder}/load.duckdb")
    columns = ", ".join(f'"{column.name}" {kind}' for column, kind in zip(COLUMNS, TYPES, strict=True))
    connection.execute(f"CREATE TABLE loaded ({columns})")
    connection.execute("BEGIN")
    return connection


def _executemany() -> float:
    given = rows(FEW)
    with TemporaryDirectory() as name, _prepared(name) as connection:
        seconds = seconds_of(lambda: connection.executemany("INSERT INTO loaded VALUES (?, ?, ?, ?, ?, ?)", given))
    return seconds / FEW


def _lists() -> float:
    given = [list(column) for column in zip(*rows(ROWS), strict=True)]
    unnested = ", ".join(f"unnest(CAST(? AS {kind}[]))" for kind in TYPES)
    with TemporaryDirectory() as name, _prepared(name) as connection:
        seconds = seconds_of(lambda: connection.execute(f"INSERT INTO loaded SELECT {unnested}", given))
    return seconds / ROWS
