"""What a drill is: something goes wrong, a run says so, and what people read stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from tests.drills.world import Said, World

EngineName = Literal["duckdb", "postgres"]
BOTH: tuple[EngineName, ...] = ("duckdb", "postgres")


def _run(world: World, as_of: str) -> Said:
    return world.run(as_of=as_of)


@dataclass(frozen=True, slots=True)
class Drill:
    """`breaks` makes it go wrong, and on its way out takes away what was wrong, and nothing else.

    `says` stands in the message and `advises` in the line below it. With `goes_on` the run ends well in spite of it,
    so that the tables are those of the new run. What `interrupts` a run that has begun to write may leave something
    behind: the next run works without a hand all the same. `foreseen` is the exit code of `kpictl doctor`, which says
    the same before; None where it cannot know.
    """

    happened: str
    breaks: Callable[[World], AbstractContextManager[None]]
    code: int
    says: str
    advises: str
    engines: tuple[EngineName, ...] = BOTH
    as_of: str = "2025-05-04"
    goes_on: bool = False
    interrupts: bool = False
    foreseen: int | None = None
    runs: Callable[[World, str], Said] = _run
