"""Where the seconds of a daily run go: per relation in kpictl, per statement in the hand-written SQL."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any
from unittest.mock import patch

from kpictl.engine import Engine

OTHER = "around the relations"


@dataclass(frozen=True, slots=True)
class Cost:
    """The median seconds of one part, and how many of them the database's driver had."""

    name: str
    seconds: float
    driver_seconds: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The dearest first."""

    ours: tuple[Cost, ...]
    by_hand: tuple[Cost, ...]


class _Clock:
    """Books the seconds of a run on the relation that is being made."""

    def __init__(self) -> None:
        self.name = OTHER
        self.runs: list[dict[str, tuple[float, float]]] = []

    def book(self, seconds: float, driver_seconds: float) -> None:
        had = self.runs[-1].get(self.name, (0.0, 0.0))
        self.runs[-1][self.name] = (had[0] + seconds, had[1] + driver_seconds)

    def driven(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            result = work(*arguments, **options)
            self.book(0, time.perf_counter() - began)
            return result

        return timed

    def materialized(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(given: Any, relation: Any) -> Any:
            self.name = str(relation.name)
            began = time.perf_counter()
            result = work(given, relation)
            self.book(time.perf_counter() - began, 0)
            self.name = OTHER
            return result

        return timed

    def costs(self, whole: list[float]) -> tuple[Cost, ...]:
        for run, seconds in zip(self.runs, whole, strict=True):
            inside = sum(cost for name, (cost, _) in run.items() if name != OTHER)
            run[OTHER] = (seconds - inside, run[OTHER][1])
        names = {name for run in self.runs for name in run}
        costs = [
            Cost(name, *(median(run.get(name, (0.0, 0.0))[part] for run in self.runs) for part in (0, 1)))
            for name in names
        ]
        return _dearest_first(costs)


def _dearest_first(costs: list[Cost]) -> tuple[Cost, ...]:
    return tuple(sorted(costs, key=lambda cost: cost.seconds, reverse=True))


def profiled(
    ours: Callable[[], float], theirs: Callable[[], float], spent: Mapping[str, list[float]], rounds: int
) -> Profile:
    clock = _Clock()
    # `kpictl.pipeline.run` is the function; the module has the same name.
    pipeline = sys.modules["kpictl.pipeline.run"]
    whole = []
    for _ in range(rounds):
        clock.runs.append({})
        with (
            patch.object(Engine, "execute", clock.driven(Engine.execute)),
            patch.object(Engine, "fetch", clock.driven(Engine.fetch)),
            patch.object(pipeline, "materialize", clock.materialized(pipeline.materialize)),
        ):
            whole.append(ours())
        theirs()
    by_hand = [Cost(title, median(seconds), median(seconds)) for title, seconds in spent.items()]
    return Profile(clock.costs(whole), _dearest_first(by_hand))
