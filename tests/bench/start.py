"""What a start of the `kpictl` process costs: its help, and the compilation of the winery."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.bench.measure import Measured, in_turn, quarters, seconds_of

ROOT = Path(__file__).parents[2]
KPICTL = (sys.executable, "-m", "kpictl")
NOTHING = (sys.executable, "-c", "pass")
ROUNDS = 15

HELP_LIMIT_SECONDS = 0.090
"""How much more than an empty Python the help may take."""
COMPILE_LIMIT_SECONDS = 0.400


def _process(*words: str) -> Callable[[], float]:
    def once() -> float:
        return seconds_of(lambda: subprocess.run(words, cwd=ROOT, check=True, capture_output=True))

    once()  # the first start reads from the disk and may write bytecode
    return once


def help_text() -> Iterator[Measured]:
    """`kpictl --help` against `python -c pass`."""
    pairs = in_turn(_process(*KPICTL, "--help"), _process(*NOTHING), ROUNDS)
    yield Measured(
        "kpictl --help, over python -c pass",
        median(pairs.first),
        median(pairs.second),
        pairs.difference,
        HELP_LIMIT_SECONDS,
        "s",
        quarters(pairs.first),
    )


def compilation() -> Iterator[Measured]:
    """`kpictl compile` of the winery."""
    pairs = in_turn(_process(*KPICTL, "compile"), _process(*NOTHING), ROUNDS)
    found = median(pairs.first)
    spread = quarters(pairs.first)
    yield Measured("kpictl compile", found, median(pairs.second), found, COMPILE_LIMIT_SECONDS, "s", spread)
