"""Where answers come from: the published tables, each time those of one edition whole."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from kpictl.catalog import Catalog
from kpictl.compile import dialect_of_url
from kpictl.diagnostics import KpictlError, UnpublishedError, WorldError
from kpictl.engine import Engine, duckdb_path, open_published, published_path
from kpictl.report import edition
from kpictl.serve.problems import unavailable

T = TypeVar("T")
Identity = tuple[int, int, int]

LOOKS_EVERY_SECONDS = 1.0
"""How old what is known of the edition may be on a server; a file is looked at each time."""
STATEMENT_SECONDS = 10
TURN_SECONDS = 2.0
"""For how long somebody waits until others are answered: who comes again later finds the answer made."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The tables of one edition, open."""

    reader: Engine
    catalog: Catalog
    edition: str


@dataclass(frozen=True, slots=True)
class _Opened:
    """A connection, and the file that it is to."""

    reader: Engine
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class _Known:
    """The edition that was found, in which file, and when."""

    edition: str
    identity: Identity | None
    looked_at: float


class Source:
    """The published tables.

    On a server, editions are looked at over a connection of their own, so that a slow answer keeps nobody from those
    that are made. A file is opened once: two connections of one process to a path are to one file, the old one.
    """

    def __init__(self, catalog: Catalog, url: str) -> None:
        self.catalog = catalog
        self._answers = Line(catalog, url)
        self._looks = self._answers if dialect_of_url(url).name == "duckdb" else Line(catalog, url)

    async def edition(self) -> str:
        """The edition that is published."""
        return await self._looks.edition()

    async def read(self, work: Callable[[Reading], T], *, sees_one_moment: bool = True, is_quick: bool = False) -> T:
        """What `work` reads of one edition: before others that are slow, where it `is_quick`.

        KpictlError where it cannot be read, Problem where others are read for too long.
        """
        line = self._looks if is_quick else self._answers
        return await line.read(work, sees_one_moment=sees_one_moment)

    def close(self) -> None:
        self._answers.close()
        self._looks.close()


class Line:
    """One connection to the published tables, used by one thread at a time, and those who wait for it.

    On DuckDB a publishing puts another file in the place of the one that is open, which can still be read: so the
    file's identity says whether to open it anew. On PostgreSQL the server is asked, and all that one answer is made
    of is read in one snapshot. A connection that broke is opened again.
    """

    def __init__(self, catalog: Catalog, url: str) -> None:
        self._catalog = catalog
        self._url = url
        self._file: Path | None = None
        if dialect_of_url(url).name == "duckdb":
            self._file = published_path(duckdb_path(url, catalog.project.folder))
        self._turn = asyncio.Lock()
        # A task that is cancelled when the server stops gives its turn back while its thread still reads.
        self._use = threading.RLock()
        self._open: _Opened | None = None
        self._known: _Known | None = None
        self._refusal: KpictlError | None = None
        self._refused_at = float("-inf")

    async def edition(self) -> str:
        known = self._known
        if known is not None and self._is_current(known):
            return known.edition
        return await self.read(lambda at: at.edition)

    async def read(self, work: Callable[[Reading], T], *, sees_one_moment: bool = True) -> T:
        async with self._own_turn():
            return await run_in_threadpool(self._read, work, sees_one_moment)

    def close(self) -> None:
        """Once nobody reads any more."""
        with self._use:
            if self._open is not None:
                self._open.reader.close()
            self._open = self._known = None

    @asynccontextmanager
    async def _own_turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise unavailable("others are being answered, and that takes long just now") from None
        try:
            yield
        finally:
            self._turn.release()

    def _is_current(self, known: _Known) -> bool:
        if self._file is not None:
            return known.identity == _identity(self._file)
        return time.monotonic() - known.looked_at < LOOKS_EVERY_SECONDS

    def _read(self, work: Callable[[Reading], T], sees_one_moment: bool) -> T:
        with self._use:
            return self._tried(work, sees_one_moment)

    def _tried(self, work: Callable[[Reading], T], sees_one_moment: bool) -> T:
        was_open = self._open is not None
        try:
            return self._once(work, sees_one_moment)
        except WorldError:
            if self._open is None or not self._open.reader.is_lost:
                raise
            self.close()
            if not was_open:
                raise
        # The server may be up again since.
        return self._once(work, sees_one_moment)

    def _once(self, work: Callable[[Reading], T], sees_one_moment: bool) -> T:
        opened = self._opened()
        with opened.reader.transaction(sees_one_moment=sees_one_moment):
            opened.reader.answer_within(STATEMENT_SECONDS)
            found = self._look(opened)
            return work(Reading(opened.reader, self._catalog, found))

    def _look(self, opened: _Opened) -> str:
        """Edition and file are known together or not at all: what was known of another file says nothing of this."""
        try:
            found = edition(opened.reader, self._catalog)
        except BaseException:
            self._known = None
            raise
        self._known = _Known(found, opened.identity, time.monotonic())
        return found

    def _opened(self) -> _Opened:
        identity = None if self._file is None else _identity(self._file)
        if self._open is not None and identity == self._open.identity:
            return self._open
        # Two connections of one process to one path would be to one file: the old one.
        self.close()
        if self._refusal is not None and time.monotonic() - self._refused_at < LOOKS_EVERY_SECONDS:
            # Those who have waited meanwhile would each wait for another attempt.
            raise self._refusal
        try:
            self._open = _Opened(open_published(self._url, self._catalog.project.folder), identity)
        except UnpublishedError:
            raise
        except KpictlError as error:
            self._refusal, self._refused_at = error, time.monotonic()
            raise
        self._refusal = None
        return self._open


def _identity(file: Path) -> Identity | None:
    """Which file stands there; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
