"""What a start of the `kpictl` process costs: its help, and the compilation of the winery."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.measure import Measured, in_turn, quarters, seconds_of

ROOT = Path(__file__).parents[2]
KPICTL = (sys.executable, "-m", "kpictl")
NOTHING = (sys.executable, "-c", "pass")
ROUNDS = 15

HELP_LIMIT_SECONDS = 0.090
"""How much more than an empty Python the help may take."""
COMPILE_LIMIT_SECONDS = 0.400


@contextmanager
def installed() -> Iterator[Mapping[str, str]]:
    """An environment in which modules have their bytecode, as those of an installed package do."""
    with TemporaryDirectory(prefix="kpictl-bench-") as folder:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        yield {**kept, "PYTHONPYCACHEPREFIX": folder}


def process(environment: Mapping[str, str], *words: str) -> Callable[[], float]:
    def once() -> float:
        return seconds_of(lambda: subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True))

    once()  # the first start writes the bytecode
    return once


def help_text() -> Iterator[Measured]:
    """`kpictl --help` against `python -c pass`."""
    with installed() as environment:
        pairs = in_turn(process(environment, *KPICTL, "--help"), process(environment, *NOTHING), ROUNDS)
    yield Measured(
        "kpictl --help, over python -c pass",
        median(pairs.first),
        median(pairs.second),
        pairs.difference,
        HELP_LIMIT_SECONDS,
        "s",
        _milliseconds(pairs.first),
    )


def compilation() -> Iterator[Measured]:
    """`kpictl compile` of the winery."""
    with installed() as environment:
        pairs = in_turn(process(environment, *KPICTL, "compile"), process(environment, *NOTHING), ROUNDS)
    found = median(pairs.first)
    spread = _milliseconds(pairs.first)
    yield Measured("kpictl compile", found, median(pairs.second), found, COMPILE_LIMIT_SECONDS, "s", spread)


def _milliseconds(seconds: Sequence[float]) -> str:
    return quarters([each * 1e3 for each in seconds]) + " ms"
