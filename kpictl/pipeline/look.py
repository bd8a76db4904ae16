"""Reading what runs have left, beside a run that may be going on: nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from kpictl.catalog import Catalog
from kpictl.compile import Tables, dialect_of_url
from kpictl.diagnostics import LockError
from kpictl.engine import Engine, duckdb_path, open_engine, open_for_reading, open_published, published_path
from kpictl.pipeline.journal import Entry, entries
from kpictl.pipeline.own import run_table


@dataclass(frozen=True, slots=True)
class Look:
    """A database that is open for reading.

    `is_copy` says that it is the published file, as another process has that which runs work in: what runs keep for
    themselves, and raw tables, are not in it, and the journal goes up to the last run that has published.
    """

    catalog: Catalog
    engine: Engine
    tables: Tables
    file_holder: str | None = None

    @property
    def is_copy(self) -> bool:
        return self.file_holder is not None

    @property
    def has_journal(self) -> bool:
        return run_table(self.catalog).name in self.tables

    def holder(self) -> str | None:
        """Who runs or syncs just now."""
        return self.file_holder or self.engine.lock_holder(self.catalog.project.schemas.kpi)

    def runs(self, limit: int, *, offset: int = 0, run_id: str | None = None, status: str | None = None) -> list[Entry]:
        """The last runs, the newest first; one that has no end while nobody holds the lock has died."""
        if not self.has_journal:
            return []
        found = entries(self.catalog, self.engine, limit, offset=offset, run_id=run_id, status=status)
        if not any(each.status == "running" for each in found) or self.holder() is not None:
            return found
        # It may have come to its end since it was looked at: a run writes that before it gives the lock back.
        running = {each.run_id for each in found if each.status == "running"}
        found = entries(self.catalog, self.engine, limit, offset=offset, run_id=run_id, status=status)
        return [_died(each) if each.run_id in running else each for each in found]


def _died(entry: Entry) -> Entry:
    return replace(entry, status="died") if entry.status == "running" else entry


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to look at; who has the file open may be the first run."""

    file_holder: str | None = None


@contextmanager
def looking(catalog: Catalog, url: str) -> Iterator[Look | Nothing]:
    """The database of that URL."""
    opened = _opened(catalog, url)
    if isinstance(opened, Nothing):
        yield opened
        return
    engine, holder = opened
    with closing(engine), engine.transaction():
        yield Look(catalog, engine, engine.tables(), holder)


def _opened(catalog: Catalog, url: str) -> tuple[Engine, str | None] | Nothing:
    folder = catalog.project.folder
    if dialect_of_url(url).name != "duckdb":
        return open_engine(url, folder), None
    path = duckdb_path(url, folder)
    if not path.exists():
        return Nothing()
    try:
        return open_for_reading(url, folder), None
    except LockError as error:
        if not published_path(path).exists():
            return Nothing(str(error))
        return open_published(url, folder), str(error)
