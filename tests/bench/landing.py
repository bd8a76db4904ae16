"""Landing orders with their items, beside a plain COPY of the same rows, and beside dlt where it is installed.

KPICTL_BENCH_ORDERS says how many; `uv run --with 'dlt[duckdb,postgres]' python -m tests.bench --only landing` has dlt.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.measure import Measured
from tests.postgres import fresh_database, shared_server

ROOT = Path(__file__).parents[2]
ORDERS = int(os.environ.get("KPICTL_BENCH_ORDERS", "20000"))

LIMIT_OF_COPY = 2.0
"""kpictl reads, judges and writes records in at most twice the time that a plain COPY takes to write them."""
LIMIT_OF_DLT = 1.0
LIMIT_MEGABYTES = 300.0


def landing() -> Iterator[Measured]:
    """Once each: a landing is long, and what it is held against runs beside it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield from _on("duckdb", "duckdb:///land.duckdb", folder)
        with shared_server(folder) as server, fresh_database(server) as url:
            yield from _on("postgres", url, folder)


def _on(engine: str, url: str, folder: Path) -> Iterator[Measured]:
    making = _run("pages", url, folder)["seconds"]
    ours = _run("kpictl", url, folder)
    seconds = ours["seconds"] - making
    shown = f"{ORDERS / seconds:,.0f} orders a second"
    copied = _run("copy", url, folder)["seconds"]
    ratio = seconds / copied
    yield Measured(f"{engine}: {ORDERS:,} orders against COPY", seconds, copied, ratio, LIMIT_OF_COPY, "times", shown)
    memory = f"{ours['before']:.0f} MB before it began"
    yield Measured(f"{engine}: peak of memory", seconds, None, ours["peak"], LIMIT_MEGABYTES, "MB", memory)
    if importlib.util.find_spec("dlt") is not None:
        other = _run("dlt", url, folder)["seconds"] - making
        yield Measured(f"{engine}: the same against dlt", seconds, other, seconds / other, LIMIT_OF_DLT, "times")


def _run(way: str, url: str, folder: Path) -> dict[str, Any]:
    for path in folder.glob("land*.duckdb*"):
        path.unlink()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if way == "copy" and url.startswith("postgres"):
        # Beside the rows of the sync that ran before it: those go first.
        _drop(url)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.landing_run", way, url, str(ORDERS)],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _drop(url: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
    with connection, connection.cursor() as cursor:
        cursor.execute("drop schema raw cascade")
    connection.close()
