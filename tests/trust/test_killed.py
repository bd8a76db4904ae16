"""A run that is killed at any statement leaves the published tables whole, and the next run needs no hand."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.trust.nursery import said_by

EVERYTHING = "KPICTL_EVERYTHING" in os.environ
LOCK_SECONDS = 5
"""How long a dead process may hold a lock on a busy machine: it is freed when the server sees the connection gone."""


@pytest.mark.parametrize(
    ("start", "points"),
    [("changes", "all"), ("first", "all"), ("changes", "random:40")] if EVERYTHING else [("changes", "1")],
)
def test_a_killed_run_leaves_all_or_nothing_and_the_next_one_goes_on(
    engine_url: str, tmp_path: Path, start: str, points: str
) -> None:
    kills = said_by("killing.py", engine_url, tmp_path, start, points)
    assert [kill for kill in kills if kill["left"] not in {"old", "new"}] == []
    assert [kill for kill in kills if kill["next"] != "new"] == []
    assert max(kill["waited"] for kill in kills) < LOCK_SECONDS
    if points.startswith("random"):
        return
    assert all(kill["killed"] for kill in kills)
    left = Counter(kill["left"] for kill in kills)
    # The point of no return is met too: nothing is new before it, and all is after it.
    assert left["old"] > 0 < left["new"]
    assert kills[0]["left"] == "old"
    assert kills[-1]["left"] == "new"
