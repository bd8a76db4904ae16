"""Readers who look on while runs publish wait for none of them, and see each of them whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from kpictl.catalog import Catalog
from kpictl.engine import open_engine
from tests.postgres import execute
from tests.trust.reading import ONE_VIEW, Seen, look, table_by_table
from tests.trust.small import STATES, Small, State

ROUNDS = 40 if "KPICTL_EVERYTHING" in os.environ else 3


@contextmanager
def reading(small: Small, how: str) -> Iterator[list[dict[str, Any]]]:
    """A reader in a process of its own; when it has ended, what it says stands in the list."""
    here = Path(__file__).parent
    found: list[dict[str, Any]] = []
    with subprocess.Popen(
        [sys.executable, "-P", here / "reading.py", small.url, small.folder, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(here.parents[1])},
    ) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "reading\n"
            yield found
            said, _ = child.communicate("enough\n")
            assert child.returncode == 0
            found.append(json.loads(said))
        finally:
            child.kill()


def publish(small: Small, catalogs: dict[State, Catalog], rows: State, catalog: State, number: int) -> None:
    small.land(rows)
    small.run(catalogs[catalog], number)


def test_readers_see_each_run_whole_or_not_at_all(engine_url: str, tmp_path: Path) -> None:
    small = Small(engine_url, tmp_path)
    catalogs = small.write()
    known: list[Seen] = []
    # Windows' columns come with the first run of the new catalog, and stay.
    for number, state in enumerate((*STATES, STATES[0])):
        publish(small, catalogs, state, state, number)
        known.append(look(engine_url, tmp_path))
    assert known[-1] == known[0]
    # Each table tells on which side of a run it is.
    for before, after in pairwise(known):
        assert sum(one != other for one, other in zip(before, after, strict=True)) >= 3
    hows = ("apart",) if engine_url.startswith("duckdb") else ("apart", "at once")
    with ExitStack() as stack:
        found = [stack.enter_context(reading(small, how)) for how in hows]
        for number in range(1, ROUNDS + 1):
            publish(small, catalogs, STATES[number % 2], STATES[number % 2], number=10 + number)
    for how, (said,) in zip(hows, found, strict=True):
        seen = [tuple(tuple(row) for row in read) for read in said["reads"]]
        halves = [read for read in seen if read not in known]
        assert not halves, (how, halves)
        # One after the other and none twice: a reader that looks seldom may miss some.
        at = [known.index(read) for read in seen]
        assert len(at) > 2, how
        assert all(one != other for one, other in pairwise(at))


def test_a_reader_in_the_middle_of_a_transaction_stops_no_run(postgres_url: str, tmp_path: Path) -> None:
    """It goes on seeing what it began with."""
    small = Small(postgres_url, tmp_path)
    catalogs = small.write()
    publish(small, catalogs, "old", "old", 0)
    # A run that waits for the reader fails instead of waiting for ever.
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    execute(postgres_url, f"ALTER DATABASE {name} SET lock_timeout = '3s'")
    with closing(open_engine(postgres_url, tmp_path)) as engine, engine.transaction():
        engine.execute(ONE_VIEW)
        before = table_by_table(engine)
        publish(small, catalogs, "new", "old", 1)
        assert look(postgres_url, tmp_path) != before
        assert table_by_table(engine) == before
