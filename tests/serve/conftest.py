"""What the tests of the web door share: a published project whose names are hostile, on each engine, and a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.shop import Shop
from tests.postgres import fresh_database
from tests.serve.served import Served, published, serving


@pytest.fixture(scope="session")
def duckdb_books(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("books")
    return published(Shop(f"duckdb:///{folder / 'books.duckdb'}", folder))


@pytest.fixture(scope="session")
def postgres_books(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Shop]:
    with fresh_database(postgres_server) as url:
        yield published(Shop(url, tmp_path_factory.mktemp("books")))


@pytest.fixture(params=["duckdb", "postgres"])
def books(request: pytest.FixtureRequest) -> Shop:
    """The test runs once on each engine; it only reads."""
    found = request.getfixturevalue(f"{request.param}_books")
    assert isinstance(found, Shop)
    return found


@pytest.fixture
def served(books: Shop) -> Iterator[Served]:
    """A server over them."""
    with serving(books) as made:
        yield made


@pytest.fixture(scope="session")
def door(duckdb_books: Shop) -> Iterator[Served]:
    """A server for the tests of what HTTP says, whatever the engine."""
    with serving(duckdb_books) as made:
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Shop:
    """A project on DuckDB that the test may change."""
    return Shop(f"duckdb:///{tmp_path / 'own.duckdb'}", tmp_path)
