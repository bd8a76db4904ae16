"""What a benchmark hands back, and how two things are timed in turn on a machine that others use too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table; `seconds` and `reference_seconds` are medians.

    `found` is held against `limit`, both in `unit`: a number of seconds, or how many times the reference.
    A line without a limit is there to be read.
    """

    name: str
    seconds: float
    reference_seconds: float | None = None
    found: float | None = None
    limit: float | None = None
    unit: str = ""
    spread: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The seconds of two things that took turns."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios: what slowed both of a pair down cancels out."""
        return median(self.ratios)

    @property
    def difference(self) -> float:
        return median(one - other for one, other in zip(self.first, self.second, strict=True))

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.first, self.second, strict=True)]

    @property
    def spread(self) -> str:
        """The quarters of the ratios: how much the machine's noise is worth."""
        return quarters(self.ratios)


def quarters(values: Sequence[float]) -> str:
    ordered = sorted(values)
    low, high = ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
    digits = 2 if high < 10 else 0
    return f"{low:,.{digits}f} to {high:,.{digits}f}"


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(first: Callable[[], float], second: Callable[[], float], rounds: int) -> Pairs:
    """Time both `rounds` times, A B, then B A, and so on; each gives its own seconds."""
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        if number % 2 == 0:
            ours.append(first())
            theirs.append(second())
        else:
            theirs.append(second())
            ours.append(first())
    return Pairs(tuple(ours), tuple(theirs))
