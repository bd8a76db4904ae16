"""What happens between two runs, and the histories that hypothesis makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.trust.definitions import VARIANTS
from tests.trust.tables import CELLS

FIRST_AS_OF = date(2025, 2, 25)
LONG_TICKS = 30
"""So many hours that what is kept of changes before them is old."""
ROWS = 9
"""Of each table at most: that corrections and deletions meet what is there."""


@dataclass(frozen=True, slots=True)
class Put:
    """A row with all its cells: a new one, a late one, or in the place of that with its id.

    `ticks` are the hours that have gone by since the change before it.
    """

    table: str
    id: int
    cells: tuple[Any, ...]
    ticks: int = LONG_TICKS


@dataclass(frozen=True, slots=True)
class Correct:
    """Another value for a cell, if the row is there."""

    table: str
    id: int
    column: str
    value: Any
    ticks: int = LONG_TICKS


@dataclass(frozen=True, slots=True)
class Delete:
    """The row goes, if it is there; where its source tells of changes it may be marked instead."""

    table: str
    id: int
    is_marked: bool = False
    ticks: int = LONG_TICKS


@dataclass(frozen=True, slots=True)
class Define:
    """Another word in the catalog."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Run:
    as_of: date


Step = Put | Correct | Delete | Define | Run
History = tuple[Step, ...]

_ids = st.integers(1, ROWS)
_ticks = st.sampled_from((1, LONG_TICKS, 0, LONG_TICKS))
_tables = st.sampled_from(("orders", "orders", "orders", *CELLS))
_steps_between = st.sampled_from((0, 1, 1, 1, 2, 3, 5, -2, -6))


def _puts(table: str) -> st.SearchStrategy[Step]:
    cells = st.tuples(*(st.sampled_from(values) for values in CELLS[table].values()))
    return st.builds(Put, st.just(table), _ids, cells, _ticks)


def _corrections(table: str) -> st.SearchStrategy[Step]:
    return st.sampled_from(tuple(CELLS[table])).flatmap(
        lambda column: st.builds(
            Correct, st.just(table), _ids, st.just(column), st.sampled_from(CELLS[table][column]), _ticks
        )
    )


def _deletions(table: str) -> st.SearchStrategy[Step]:
    return st.builds(Delete, st.just(table), _ids, st.booleans(), _ticks)


def _definitions() -> st.SearchStrategy[Step]:
    return st.sampled_from(tuple(VARIANTS)).flatmap(
        lambda name: st.builds(Define, st.just(name), st.sampled_from(VARIANTS[name]))
    )


def _changes() -> st.SearchStrategy[Step]:
    rows = _tables.flatmap(lambda table: st.one_of(_puts(table), _corrections(table), _deletions(table)))
    return st.integers(0, 3).flatmap(lambda kind: _definitions() if kind == 0 else rows)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Rows, a run, and then some rounds of changes with a run after each."""
    found: list[Step] = [step for table in CELLS for step in draw(st.lists(_puts(table), min_size=3, max_size=6))]
    as_of = FIRST_AS_OF
    found.append(Run(as_of))
    for changes in draw(st.lists(st.lists(_changes(), max_size=5), min_size=2, max_size=6)):
        step = draw(_steps_between)
        # An earlier date is asked for once; the next run goes on from where they were.
        asked = as_of + timedelta(days=step)
        as_of = max(as_of, asked)
        found += [*changes, Run(asked)]
    return tuple(found)


def script(history: History) -> str:
    """The history as Python that can be pasted into tests/trust/known.py."""
    return "\n".join(("(", *(f"    {step!r}," for step in history), ")"))


def smaller(history: History, fails: Callable[[History], bool], seconds: float) -> History:
    """The history without the steps that it fails without too, as far as the time goes."""
    deadline = time.monotonic() + seconds
    size = len(history) // 2
    while size:
        at = 0
        while at < len(history):
            tried = (*history[:at], *history[at + size :])
            if time.monotonic() > deadline:
                return history
            # What came after the last run would be in the rebuild alone.
            if tried and isinstance(tried[-1], Run) and fails(tried):
                history = tried
            else:
                at += size
        size //= 2
    return history
