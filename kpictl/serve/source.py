"""Where answers come from: the published tables, each time those of one edition whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from kpictl.catalog import Catalog
from kpictl.compile import dialect_of_url
from kpictl.diagnostics import KpictlError, UnpublishedError, WorldError
from kpictl.engine import Engine, duckdb_path, open_published, published_path
from kpictl.report import edition

T = TypeVar("T")

LOOKS_EVERY_SECONDS = 1.0
"""How old what is known of the edition may be on a server; a file is looked at each time."""
STATEMENT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """The tables of one edition, open."""

    reader: Engine
    catalog: Catalog
    edition: str


class Source:
    """One connection to the published tables, used by one thread at a time.

    On DuckDB a publishing puts another file in the place of the one that is open, which can still be read: so the
    file's identity says whether to open it anew. On PostgreSQL the server is asked, and all that one answer is made
    of is read in one snapshot. A connection that broke is opened again.
    """

    def __init__(self, catalog: Catalog, url: str) -> None:
        self.catalog = catalog
        self._url = url
        self._file: Path | None = None
        if dialect_of_url(url).name == "duckdb":
            self._file = published_path(duckdb_path(url, catalog.project.folder))
        self._lock = asyncio.Lock()
        self._reader: Engine | None = None
        self._identity: tuple[int, int, int] | None = None
        self._edition = ""
        self._looked_at = float("-inf")
        self._refusal: KpictlError | None = None
        self._refused_at = float("-inf")

    async def edition(self) -> str:
        """The edition that is published."""
        if self._is_known():
            return self._edition
        return await self.read(lambda at: at.edition)

    async def read(self, work: Callable[[Reading], T], *, sees_one_moment: bool = True) -> T:
        """What `work` reads of one edition; KpictlError where that cannot be read."""
        async with self._lock:
            return await run_in_threadpool(self._read, work, sees_one_moment)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _is_known(self) -> bool:
        if self._reader is None:
            return False
        if self._file is not None:
            return self._identity == _identity(self._file)
        return time.monotonic() - self._looked_at < LOOKS_EVERY_SECONDS

    def _read(self, work: Callable[[Reading], T], sees_one_moment: bool) -> T:
        was_open = self._reader is not None
        try:
            return self._once(work, sees_one_moment)
        except WorldError:
            if self._reader is None or not self._reader.is_lost:
                raise
            self.close()
            if not was_open:
                raise
        # The server may be up again since.
        return self._once(work, sees_one_moment)

    def _once(self, work: Callable[[Reading], T], sees_one_moment: bool) -> T:
        reader = self._opened()
        with reader.transaction(sees_one_moment=sees_one_moment):
            reader.answer_within(STATEMENT_SECONDS)
            known = edition(reader, self.catalog)
            self._edition, self._looked_at = known, time.monotonic()
            return work(Reading(reader, self.catalog, known))

    def _opened(self) -> Engine:
        identity = None if self._file is None else _identity(self._file)
        if self._reader is not None and identity == self._identity:
            return self._reader
        # Two connections of one process to one path would be to one file: the old one.
        self.close()
        if self._refusal is not None and time.monotonic() - self._refused_at < LOOKS_EVERY_SECONDS:
            # Those who have waited meanwhile would each wait for another attempt.
            raise self._refusal
        try:
            self._reader = open_published(self._url, self.catalog.project.folder)
        except UnpublishedError:
            raise
        except KpictlError as error:
            self._refusal, self._refused_at = error, time.monotonic()
            raise
        self._identity, self._refusal = identity, None
        return self._reader


def _identity(file: Path) -> tuple[int, int, int] | None:
    """Which file stands there; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
