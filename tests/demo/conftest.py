"""One world for all tests of the demo: three years that hold a 29 February."""

from collections.abc import Iterator
from datetime import date

import pytest

from kpictl.demo import Address, World, serve, simulate


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(last_day=date(2026, 5, 16))


@pytest.fixture(scope="session")
def address(world: World) -> Iterator[Address]:
    with serve(world) as address:
        yield address
