"""A synthetic project in a database of its own, run by kpictl and by hand, with equal results."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from kpictl.catalog import Catalog
from kpictl.check import checked
from kpictl.engine import Edition, open_engine
from kpictl.pipeline import Request, Started, run
from tests.bench.daily import assert_equal_rows
from tests.bench.handwritten import Connect, copied, in_one_transaction
from tests.bench.scale_sql import Asked, setup, statements
from tests.bench.synthetic import FIRST_DAY, Size, fill, touched, write
from tests.bench.world import empty

BEGAN_AT = datetime(2026, 1, 2, 12, tzinfo=UTC)

COUNTS = """
select
  (select count(*) from kpi.fact_kpi_daily),
  (select count(*) from kpi.agg_kpi_period),
  (select count(*) from kpi.agg_kpi_dashboard)
"""
FACTS = """
select date_key, kpi_id, entity_id, value from kpi.fact_kpi_daily
where extract(day from date_key) = 15 and entity_id < 3 order by 1, 2, 3
"""
PERIODS = """
select * from kpi.agg_kpi_period where entity_id < 3 order by period, period_start, kpi_id, entity_id
"""
DASHBOARD = """
select * from kpi.agg_kpi_dashboard where as_of_date in ('{first}', '{last}') and entity_id < 3
order by as_of_date, kpi_id, entity_id
"""
SAMPLES = (COUNTS, FACTS, PERIODS, DASHBOARD)
"""What is compared, row by row; the numbers of all rows too."""

NEAR = 1e-8
"""How much values may differ that are made from doubles of up to a million."""


@dataclass(frozen=True, slots=True)
class Cost:
    """`seconds` from the first model to the commit; `whole` from the call of run() to the commit."""

    seconds: float
    whole: float


@dataclass(slots=True)
class World:
    """A project whose raw rows reach `size.last_day`; each run has `dates` as-of dates, a day later than the last."""

    engine: str
    size: Size
    dates: int
    url: str
    folder: Path
    catalog: Catalog
    as_of: date
    by_hand_as_of: date
    connect: Connect | None = None
    spent: dict[str, list[float]] = field(default_factory=dict)
    copy_seconds: float | None = None

    def kpictl(self, *, is_full: bool = False) -> Cost:
        """The next run, or with `is_full` the last one as a whole; the copy for readers is timed by itself."""
        if not is_full:
            self.as_of += timedelta(days=1)
            self._touch()
        also = tuple(self.as_of - timedelta(days=back) for back in range(1, self.dates))
        engine = open_engine(self.url, self.folder)
        publish = engine.publish
        began = models_began = ended = time.perf_counter()

        def published(edition: Edition) -> None:
            nonlocal ended
            ended = time.perf_counter()
            publish(edition)
            self.copy_seconds = time.perf_counter() - ended

        with patch.object(engine, "publish", published):
            for event in run(self.catalog, engine, Request(self.as_of, BEGAN_AT, also=also, is_full=is_full)):
                if event == Started("models"):
                    models_began = time.perf_counter()
        engine.close()
        return Cost(ended - models_began, ended - began)

    def _touch(self) -> None:
        """The rows of the new day are loaded before the run, where runs follow rows."""
        if self.size.is_tracked:
            engine = open_engine(self.url, self.folder)
            with engine.transaction():
                for statement in touched(self.size, self.as_of):
                    engine.execute(statement)
            engine.close()

    def by_hand(self) -> float:
        assert self.connect is not None
        self.by_hand_as_of += timedelta(days=1)
        asked = Asked(self._first(self.by_hand_as_of), self.by_hand_as_of, FIRST_DAY, BEGAN_AT)
        with self.connect() as cursor:
            return in_one_transaction(cursor, statements(self.size, self.engine, asked), self.spent)

    def assert_equal(self) -> None:
        assert self.connect is not None
        assert self.as_of == self.by_hand_as_of
        engine = open_engine(self.url, self.folder)
        for sample in SAMPLES:
            query = sample.format(first=self._first(self.as_of), last=self.as_of)
            with engine.transaction():
                ours = engine.fetch(query)
            with self.connect() as cursor:
                cursor.execute(query)
                theirs = cursor.fetchall()
            assert_equal_rows(f"{self.engine}, {self.size}, {query}", ours, theirs, near=NEAR)
        engine.close()

    def _first(self, as_of: date) -> date:
        return as_of - timedelta(days=self.dates - 1)


@contextmanager
def world(engine: str, size: Size, *, dates: int = 1, runs: int, by_hand: bool = True) -> Iterator[World]:
    """A world with so many days left to be published; published before, so that tables and facts are there."""
    with TemporaryDirectory(prefix="kpictl-scale-") as name, empty(engine, Path(name)) as url:
        folder = Path(name)
        write(size, folder)
        catalog = checked(folder)
        fill(size, engine, url, folder)
        as_of = size.last_day - timedelta(days=runs + 1)
        made = World(engine, size, dates, url, folder, catalog, as_of, as_of + timedelta(days=1))
        made.kpictl()
        if not by_hand:
            yield made
            return
        with copied(url, folder) as connect:
            made.connect = connect
            with connect() as cursor:
                cursor.execute(setup(engine))
            yield made
