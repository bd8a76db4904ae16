"""Starts two `kpictl run` at the same moment, again and again, each with a catalog of its own over the same rows.

`python together.py URL FOLDER TIMES` writes a line of JSON for each time: the exit codes of both and whose
tables readers see in the end.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from kpictl.cli.main import main as kpictl
from tests.trust.nursery import done, forked
from tests.trust.small import AS_OF, STATES, Small, State, Tables

LONGEST_DELAY_SECONDS = 0.5


def run(small: Small, state: State, gate: int, delay: float) -> None:
    """`kpictl run` as a process of its own does it, once the gate is opened."""
    said = os.open(small.folder / f"{state}.said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, sys.stdout.fileno())
    os.dup2(said, sys.stderr.fileno())
    sys.argv = ["kpictl", "run", "--project", str(small.project(state)), "--as-of", AS_OF.isoformat()]
    os.read(gate, 1)
    time.sleep(delay)
    kpictl()


def alone(small: Small, state: State) -> Tables:
    """What readers see after a run that is alone."""
    reads, writes = os.pipe()
    child = forked(lambda: run(small, state, reads, 0))
    os.write(writes, b".")
    ended = child.ended()
    said = (small.folder / f"{state}.said").read_text()
    assert ended.exit_code == 0, said
    tables: Tables = done(small.published)
    return tables


def together(small: Small, expected: dict[State, Tables], delays: dict[State, float]) -> dict[str, Any]:
    reads, writes = os.pipe()
    children = {state: forked(partial(run, small, state, reads, delays[state])) for state in STATES}
    os.write(writes, b"..")
    codes = {state: child.ended().exit_code for state, child in children.items()}
    os.close(reads)
    os.close(writes)
    tables = done(small.published)
    seen = [state for state in STATES if tables == expected[state]]
    said = {state: (small.folder / f"{state}.said").read_text() for state in STATES}
    return {"codes": codes, "seen": seen, "said": said, "delays": delays}


def main(url: str, folder: Path, times: int) -> None:
    os.environ["KPICTL_TEST_URL"] = url
    small = Small(url, folder)
    small.write()
    done(small.forget)
    done(lambda: small.land("old"))
    alone(small, "new")  # makes the columns that then stay
    expected = {state: alone(small, state) for state in STATES}
    assert expected["old"] != expected["new"]
    for turn in range(times):
        # At once, or the second one while the first is at anything.
        late = random.uniform(0, LONGEST_DELAY_SECONDS) if turn % 2 else 0
        delays: dict[State, float] = {"old": 0, "new": late} if turn % 4 < 2 else {"old": late, "new": 0}
        print(json.dumps(together(small, expected, delays)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
