"""The simulated winery, synced over HTTP into a database of each engine and published up to a day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kpictl.catalog import Catalog
from kpictl.check import checked
from kpictl.cli.winery import connectors
from kpictl.demo import World, serve, simulate
from kpictl.engine import open_engine
from kpictl.pipeline import Request, run
from tests.postgres import fresh_database, shared_server

ROOT = Path(__file__).parents[2]
LAST_DAY = date(2026, 11, 22)
SYNCED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Synced:
    """A database that has been published up to `published`, while its raw tables go on to `LAST_DAY`."""

    engine: str
    url: str
    folder: Path
    catalog: Catalog
    published: date


@cache
def world() -> World:
    return simulate(last_day=LAST_DAY)


@contextmanager
def synced(engine: str, days_ahead: int) -> Iterator[Synced]:
    """The winery in a new database, its last `days_ahead` days still to be published."""
    with TemporaryDirectory(prefix="kpictl-bench-") as name, empty(engine, Path(name)) as url:
        catalog = checked(ROOT)
        catalog = replace(catalog, project=replace(catalog.project, covers_from=world().first_day))
        made = Synced(engine, url, Path(name), catalog, LAST_DAY - timedelta(days=days_ahead))
        with serve(world()) as address:
            database = open_engine(url, made.folder)
            list(run(catalog, database, Request(made.published, SYNCED_AT, connectors(address, ROOT))))
            database.close()
        yield made


@contextmanager
def empty(engine: str, folder: Path) -> Iterator[str]:
    """The URL of a new database, for a project in that folder."""
    if engine == "duckdb":
        yield "duckdb:///bench.duckdb"
        return
    with shared_server(folder) as server, fresh_database(server) as url:
        yield url
