"""Whatever happened between the runs, in the end there is what one full rebuild makes of the same rows.

`KPICTL_TRUST_EXAMPLES=500 pytest -n 0 -s tests/trust/test_incremental.py` runs that many histories, new ones each time.
One that fails is made smaller and printed as a script, which can be pasted into `known.py`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from kpictl.engine import Engine, open_engine, open_in_memory
from tests.trust.definitions import WAYS, Schemas
from tests.trust.history import History, histories, script, smaller
from tests.trust.known import KNOWN
from tests.trust.replay import Catalogs, World

EXAMPLES_VARIABLE = "KPICTL_TRUST_EXAMPLES"
EVERYTHING = "KPICTL_EVERYTHING" in os.environ
EXAMPLES = 100 if EVERYTHING else 1
SHOWN, SMALLER_SECONDS = 20, 60
CHOSEN = list(KNOWN) if EVERYTHING else list(KNOWN)[::40]

CHOSEN_WAYS = list(WAYS) if EVERYTHING else ["mixed"]


@pytest.fixture
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """A new connection to the test's own database, each time."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        yield lambda: open_engine(url, tmp_path)
        return
    name = uuid.uuid4().hex
    keeper = open_in_memory(name)
    yield lambda: open_in_memory(name)
    keeper.close()


both_engines = pytest.mark.parametrize("connect", ["duckdb", "postgres"], indirect=True)
both_ways = pytest.mark.parametrize("way", CHOSEN_WAYS)


@both_ways
@both_engines
def test_any_history_ends_as_a_full_rebuild(connect: Callable[[], Engine], way: str, tmp_path: Path) -> None:
    catalogs = Catalogs(tmp_path)
    is_chosen = EXAMPLES_VARIABLE in os.environ

    @settings(
        max_examples=int(os.environ.get(EXAMPLES_VARIABLE, EXAMPLES)),
        derandomize=not is_chosen,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def ends_the_same(history: History) -> None:
        judge(connect, catalogs, history, WAYS[way])

    ends_the_same()


@both_ways
@both_engines
@pytest.mark.parametrize("name", CHOSEN)
def test_a_known_history_ends_as_a_full_rebuild(
    connect: Callable[[], Engine], way: str, name: str, tmp_path: Path
) -> None:
    judge(connect, Catalogs(tmp_path), KNOWN[name], WAYS[way])


def judge(connect: Callable[[], Engine], catalogs: Catalogs, history: History, opted_in: frozenset[str]) -> None:
    def found_by(tried: History) -> list[str]:
        world = World(connect, catalogs, Schemas(), opted_in)
        world.forget(*world.schemas)
        world.happen(tried)
        return world.differences()

    found = found_by(history)
    if found:
        # hypothesis' own way of making it smaller takes hundreds of tries, each a second or more.
        history = smaller(history, lambda tried: bool(found_by(tried)), SMALLER_SECONDS)
        found = found_by(history)
    assert not found, "\n".join((f"{len(found)} cells differ:", *found[:SHOWN], "after", script(history)))
