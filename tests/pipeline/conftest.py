"""What the tests of runs share: the shop, with its usual files and rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.shop import ROWS, Shop


@pytest.fixture
def shop(engine_url: str, tmp_path: Path) -> Shop:
    """The test runs once on each engine."""
    return opened(Shop(engine_url, tmp_path))


@pytest.fixture
def duckdb_shop(duckdb_url: str, tmp_path: Path) -> Shop:
    return opened(Shop(duckdb_url, tmp_path))


def opened(shop: Shop) -> Shop:
    shop.write({})
    shop.load(ROWS)
    return shop
