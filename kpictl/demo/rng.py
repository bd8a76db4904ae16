"""Where chance comes from: random numbers and identifiers that depend on a seed and names alone."""

from random import Random
from typing import Any

Record = dict[str, Any]
"""One record as an API sends it."""


def stream(seed: int, *names: object) -> Random:
    """Random numbers of their own for each name: one more draw here never shifts another stream.

    A stream is named by a day rather than by a position, so that a world that ends tomorrow draws today's
    numbers as a world that ends today does.
    """
    return Random(":".join(map(str, (seed, *names))))  # noqa: S311 -- a simulation, nothing is kept secret


def uuid(rng: Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def named_uuid(seed: int, *names: object) -> str:
    return uuid(stream(seed, *names))


def count_around(rng: Random, mean: float) -> int:
    """A number of events around the mean, a little steadier than a Poisson count."""
    return max(0, round(rng.gauss(mean, 0.7 * mean**0.5)))
