"""Kills runs, each at another call of the database's driver, and says what readers saw and what the next run made.

`python killing.py URL FOLDER START POINTS`: the start is `changes`, where tables are published already, or `first`; the
points are a number of kills that are spread over a run, those beside the last commits and renames being added, or
`all`, or `random:20` for kills at moments rather than calls. It writes a line of JSON for each.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from kpictl.catalog import Catalog
from kpictl.diagnostics import LockError
from tests.trust.nursery import done, forked
from tests.trust.small import STATES, Small, State, Tables

LOCK_SECONDS = 10
STATEMENTS = frozenset({"execute", "executemany", "copy_expert"})
BOUNDARIES = frozenset({"commit", "replace", "rename"})
"""What may be done when it returns, and is not when it is called."""
OTHER: dict[State, State] = {"old": "new", "new": "old"}
DRIVERS = ("duckdb", "_duckdb", "psycopg2", "posix")


@dataclass(slots=True)
class Watch:
    """Counts the calls of a driver, before they are made and after those that change what readers see.

    Python's profiler tells of each call of a function that is written in C: nothing is replaced or wrapped.
    """

    deadly: int | None = None
    seen: list[str] = field(default_factory=list)

    def __call__(self, frame: FrameType, event: str, function: Any) -> None:
        if event not in {"c_call", "c_return"}:
            return
        name = function.__name__
        if name not in STATEMENTS and name not in BOUNDARIES:
            return
        owner = function.__module__ or type(function.__self__).__module__
        if not owner.startswith(DRIVERS) or (event == "c_return" and name not in BOUNDARIES):
            return
        if len(self.seen) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        statement = str(frame.f_locals.get("statement", "")).split()
        self.seen.append(" ".join(("before" if event == "c_call" else "after", name, *statement[:4])))


@dataclass(slots=True)
class Killing:
    small: Small
    catalogs: dict[State, Catalog]
    is_first: bool
    expected: dict[State, Tables] = field(default_factory=dict)
    calls: dict[State, list[str]] = field(default_factory=dict)
    """Of a run that nobody kills, which makes the state from the other one."""
    runs: int = 0

    def prepare(self) -> None:
        """Let both states be published twice, or the first alone: columns of windows come once and stay."""
        done(self.small.forget)
        for state in STATES[:1] if self.is_first else (*STATES, *STATES):
            self._begin(state)
            self.calls[state] = done(partial(self._run, state, None))
            self.expected[state] = done(self.small.published)
        assert all(self.expected.values())
        assert self.is_first or self.expected["old"] != self.expected["new"]

    def _begin(self, state: State) -> None:
        if self.is_first:
            done(self.small.forget)
        done(lambda: self.small.land(state))
        self.runs += 2

    def _run(self, state: State, deadly: int | None) -> list[str]:
        watch = Watch(deadly)
        sys.setprofile(watch)
        self.small.run(self.catalogs[state], self.runs)
        sys.setprofile(None)
        if deadly is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return watch.seen

    def kill(self, point: int, state: State) -> dict[str, Any]:
        """Kill the run that makes the state at a call, or at its end if it has fewer than in the beginning."""
        self._begin(state)
        ended = forked(lambda: self._run(state, point)).ended()
        return {"killed": ended.signal == signal.SIGKILL, **self._after(state)}

    def kill_after(self, seconds: float, state: State) -> dict[str, Any]:
        """Kill it at a moment, which may be in the middle of a statement."""
        self._begin(state)
        child = forked(lambda: self.small.run(self.catalogs[state], self.runs))
        time.sleep(seconds)
        child.kill()
        return {"killed": child.ended().signal == signal.SIGKILL, **self._after(state)}

    def seconds(self, state: State) -> float:
        """How long a run takes."""
        self._begin(state)
        began = time.monotonic()
        done(lambda: self.small.run(self.catalogs[state], self.runs))
        return time.monotonic() - began

    def _after(self, state: State) -> dict[str, Any]:
        left, waited, now = done(lambda: self._look_and_run(state))
        return {"left": self._name(left, state), "waited": waited, "next": self._name(now, state)}

    def _look_and_run(self, state: State) -> tuple[Tables, float, Tables]:
        left = self.small.published()
        began = time.monotonic()
        while True:
            waited = time.monotonic() - began
            try:
                self.small.run(self.catalogs[state], self.runs + 1)
            except LockError:
                # A server frees the lock of a killed process when it notices, which is soon but not at once.
                if waited > LOCK_SECONDS:
                    raise
                time.sleep(0.005)
            else:
                return left, waited, self.small.published()

    def _name(self, found: Tables, state: State) -> str:
        """`new` for what the run was to publish, `old` for what was there before it, whole."""
        if found == self.expected[state]:
            return "new"
        before = {} if self.is_first else self.expected[OTHER[state]]
        if found == before:
            return "old"
        return f"neither: {_unlike(found, before)} and {_unlike(found, self.expected[state])}"


def _unlike(found: Tables, expected: Tables) -> str:
    names = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    return f"not the {', '.join(names)}"


def chosen(points: str, calls: list[str]) -> list[int]:
    """The calls to kill at: all, or so many that are spread over the run, and those around what readers see change."""
    if points == "all":
        return list(range(len(calls)))
    spread = {(2 * number + 1) * len(calls) // (2 * int(points)) for number in range(int(points))}
    boundaries = [at for at, call in enumerate(calls) if call.split()[1] in BOUNDARIES]
    return sorted(spread | set(boundaries[-4:]))


def at_calls(killing: Killing, points: str) -> Iterator[dict[str, Any]]:
    """Each state from the other in turn; for `all` each call is met on the way to both."""
    state = STATES[1]
    longest = max(killing.calls.values(), key=len)
    for turn in chosen(points, longest):
        for _ in range(2 if points == "all" and not killing.is_first else 1):
            state = STATES[0] if killing.is_first else OTHER[state]
            calls = killing.calls[state]
            at = min(turn, len(calls) - 1)
            yield {"at": f"{at} {calls[at]}", "state": state, **killing.kill(at, state)}


def at_moments(killing: Killing, number: int) -> Iterator[dict[str, Any]]:
    state = STATES[0] if killing.is_first else STATES[1]
    seconds = killing.seconds(state)
    for _ in range(number):
        state = STATES[0] if killing.is_first else OTHER[state]
        moment = random.uniform(0, seconds)
        yield {"at": f"{moment:.3f} s", "state": state, **killing.kill_after(moment, state)}


def main(url: str, folder: Path, start: str, points: str) -> None:
    small = Small(url, folder)
    killing = Killing(small, small.write(), is_first=start == "first")
    killing.prepare()
    way, _, number = points.partition(":")
    kills = at_moments(killing, int(number)) if way == "random" else at_calls(killing, points)
    for kill in kills:
        print(json.dumps(kill), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
