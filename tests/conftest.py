"""What the tests share: a real PostgreSQL server, fresh databases, and a URL for each engine."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import fresh_database, shared_server

# A shell without job control starts what it puts in the background deaf to interrupts, and so are all its children.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

BOTH_ENGINES = {"KPICTL_EVERYTHING", "KPICTL_BOTH_ENGINES"} & os.environ.keys()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first: begun last, one worker would do them alone.

    What each engine computes is tested on both, always: golden and soundness. Of the tests of a run's behaviour one
    goes to DuckDB and the next to PostgreSQL, unless KPICTL_BOTH_ENGINES or KPICTL_EVERYTHING asks for both.
    """
    items.sort(key=lambda item: "soundness" not in item.path.parts)
    if not BOTH_ENGINES and len(items) > ALL_OF_THEM:
        dropped = set(_on_the_other_engine(items))
        config.hook.pytest_deselected(items=[item for item in items if item in dropped])
        items[:] = [item for item in items if item not in dropped]


ALL_OF_THEM = 1_000
"""Whoever chooses tests gets them as chosen: only a run of all of them is shortened."""


def _on_the_other_engine(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    seen: dict[str, int] = {}
    for item in items:
        params = getattr(item, "callspec", None)
        values = () if params is None else params.params.values()
        name = next((value for value in values if value in ("duckdb", "postgres")), None)
        if name is None or not {"pipeline", "drills", "trust"} & set(item.path.parts):
            continue
        twin = item.nodeid.replace(name, "ENGINE")
        if twin not in seen:
            seen[twin] = len(seen)
        if ("duckdb", "postgres")[seen[twin] % 2] != name:
            yield item


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server, the same one for all workers of a run; never skipped."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker has a folder of its own in the run's
    with shared_server(folder) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, the test's own."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def duckdb_url(tmp_path: Path) -> str:
    """The URL of a DuckDB file that does not exist yet, the test's own."""
    return f"duckdb:///{tmp_path / 'test.duckdb'}"


@pytest.fixture(params=["duckdb", "postgres"])
def engine_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the test's own: the test runs once on each engine."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url
