"""What the tests share: a real PostgreSQL server, fresh databases, and a URL for each engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import fresh_database, shared_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, one worker would do them alone."""
    items.sort(key=lambda item: "soundness" not in item.path.parts)


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
