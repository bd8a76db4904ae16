"""Two runs on one database never interleave: one after the other, or one of them is refused."""

from __future__ import annotations

import os
from pathlib import Path

from kpictl.diagnostics import LockError
from tests.trust.nursery import said_by

TIMES = 100 if "KPICTL_EVERYTHING" in os.environ else 2
REFUSED = LockError.exit_code


def test_two_runs_that_start_together_never_interleave(engine_url: str, tmp_path: Path) -> None:
    found = said_by("together.py", engine_url, tmp_path, TIMES)
    assert len(found) == TIMES
    for turn in found:
        codes = turn["codes"]
        assert sorted(codes.values()) in ([0, 0], [0, REFUSED]), turn
        # What readers see is whole, of one that finished: of two of them that of the last, whichever it was.
        (seen,) = turn["seen"]
        assert codes[seen] == 0, turn
        for state, code in codes.items():
            # DuckDB's file is free for a moment between the commit and the copy for readers.
            said = turn["said"][state]
            assert code == 0 or "another" in said or "was opened before they could be copied" in said, turn
    assert any(REFUSED in turn["codes"].values() for turn in found), "they never met"
