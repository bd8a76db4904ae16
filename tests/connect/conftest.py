"""What the tests of connectors share: two servers on loopback and a sink in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpictl.connect.memory import MemorySink
from tests.connect.web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as started:
        yield started


@pytest.fixture
def other_web() -> Iterator[Web]:
    with serving() as started:
        yield started


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()
