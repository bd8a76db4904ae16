"""The SQL part of a daily run against the same steps in hand-written SQL, on the same data and in turn."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import isclose
from statistics import median
from typing import Any
from unittest.mock import patch

from kpictl.engine import Edition, Engine, open_engine
from kpictl.pipeline import Request, Started, run
from tests.bench.handwritten import Handwritten, handwritten
from tests.bench.measure import Measured, in_turn
from tests.bench.profile import Profile, profiled
from tests.bench.world import SYNCED_AT, Synced, synced, world

ROUNDS = 15
WARM_UP = 2
LIMIT_TIMES = 1.5
"""How many times the hand-written SQL's seconds the SQL part of a run may take."""

FACTS = "select date_key, kpi_id, value from nate_sandbox.fact_kpi_daily order by 1, 2"
PERIODS = "select * from nate_sandbox.agg_kpi_period order by period, period_start, kpi_id"
DASHBOARD = "select * from nate_sandbox.agg_kpi_dashboard where as_of_date = '{}' order by kpi_id"


class UnequalError(Exception):
    """The two have not done the same work, so that their times say nothing."""


@dataclass(slots=True)
class Runs:
    """kpictl's daily runs, each on the day after the one before, with the seconds of their parts."""

    synced: Synced
    as_of: date
    whole_seconds: list[float] = field(default_factory=list)
    publish_seconds: list[float] = field(default_factory=list)

    def next_day(self) -> float:
        """The seconds from the first model to the commit; not the reading and checking of the catalog before it,
        nor the copy for readers that DuckDB needs after it.
        """
        self.as_of += timedelta(days=1)
        engine = open_engine(self.synced.url, self.synced.folder)
        began = self.models_began = time.perf_counter()
        with patch.object(engine, "publish", lambda edition: self._publish(type(engine), engine, edition)):
            for event in run(self.synced.catalog, engine, Request(self.as_of, SYNCED_AT)):
                if event == Started("models"):
                    self.models_began = time.perf_counter()
        self.whole_seconds.append(time.perf_counter() - began)
        engine.close()
        return self.committed - self.models_began

    models_began: float = 0
    committed: float = 0

    def _publish(self, kind: type[Engine], engine: Engine, edition: Edition) -> None:
        self.committed = time.perf_counter()
        kind.publish(engine, edition)
        self.publish_seconds.append(time.perf_counter() - self.committed)


@dataclass(slots=True)
class ByHand:
    """The hand-written runs, day by day too."""

    written: Handwritten
    as_of: date

    def next_day(self) -> float:
        self.as_of += timedelta(days=1)
        return self.written.daily({"as_of": self.as_of, "covers_from": world().first_day, "began_at": SYNCED_AT})


def on_duckdb() -> Iterator[Measured]:
    """The SQL of a daily run on DuckDB."""
    return _daily("duckdb")


def on_postgres() -> Iterator[Measured]:
    """The SQL of a daily run on PostgreSQL."""
    return _daily("postgres")


def _daily(engine: str) -> Iterator[Measured]:
    with synced(engine, days_ahead=ROUNDS + WARM_UP) as made, handwritten(made) as written:
        written.setup()
        ours, theirs = Runs(made, made.published), ByHand(written, made.published)
        for _ in range(WARM_UP):
            ours.next_day()
            theirs.next_day()
            _assert_equal(made, written, ours.as_of)
        pairs = in_turn(ours.next_day, theirs.next_day, ROUNDS)
        _assert_equal(made, written, ours.as_of)
    by_hand = median(pairs.second)
    yield Measured(
        f"{engine}: SQL of a daily run", median(pairs.first), by_hand, pairs.ratio, LIMIT_TIMES, "times", pairs.spread
    )
    yield Measured(f"{engine}: all of run(), connected, catalog read", median(ours.whole_seconds[WARM_UP:]), by_hand)
    yield Measured(f"{engine}: of which the copy for readers", median(ours.publish_seconds[WARM_UP:]))


def profile(engine: str) -> Profile:
    """Where the seconds go, on both sides."""
    with synced(engine, days_ahead=ROUNDS + WARM_UP) as made, handwritten(made) as written:
        written.setup()
        ours, theirs = Runs(made, made.published), ByHand(written, made.published)
        for _ in range(WARM_UP):
            ours.next_day()
            theirs.next_day()
        written.spent.clear()
        return profiled(ours.next_day, theirs.next_day, written.spent, ROUNDS)


# -- the same work


def _assert_equal(made: Synced, written: Handwritten, as_of: date) -> None:
    engine = open_engine(made.url, made.folder)
    with engine.transaction():
        found = {query: engine.fetch(query) for query in (FACTS, PERIODS, DASHBOARD.format(as_of))}
    engine.close()
    for query, ours in found.items():
        assert_equal_rows(f"{made.engine}, {as_of}", ours, written.rows(query))


def assert_equal_rows(
    what: str, ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]], *, near: float = 2e-10
) -> None:
    """`near` is how much numbers may differ: a difference of two doubles has the error of the larger one."""
    if len(ours) != len(theirs) or not ours:
        raise UnequalError(f"{what}: {len(ours)} rows, and {len(theirs)} by hand")
    for one, other in zip(ours, theirs, strict=True):
        if not all(_same(left, right, near) for left, right in zip(one, other, strict=True)):
            raise UnequalError(f"{what}: {one}\nand by hand: {other}")


def _same(one: Any, other: Any, near: float) -> bool:
    match one, other:
        case ((str() | dict()), (str() | dict())) if isinstance(other, dict) or other.startswith("{"):
            # One driver gives JSON as text, another as what it says.
            left, right = (json.loads(each) if isinstance(each, str) else each for each in (one, other))
            return left.keys() == right.keys() and all(_same(left[key], right[key], near) for key in left)
        case list(), list():
            return len(one) == len(other) and all(_same(*pair, near) for pair in zip(one, other, strict=True))
        case ((Decimal() | float() | int()), (Decimal() | float() | int())):
            return isclose(one, other, rel_tol=1e-12, abs_tol=near)
        case _:
            return bool(one == other)
