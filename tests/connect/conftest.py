"""What the tests of connectors share: two servers on loopback and a sink in memory."""

from __future__ import annotations

import logging
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


SECRETS = ("k3y/with+odd", "k3y%2Fwith", "c7-s3cret", "t0ck-k3y", "sh0p-t0ken", "cl1ent/secret", "s3cret-token")
"""What the tests of this folder use for keys, as they are and as addresses have them."""


@pytest.fixture(autouse=True)
def _nobody_says_a_secret(
    sink: MemorySink, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """After every test of a connector: no key in the log, on the screen or in the tables. Errors have their own."""
    caplog.set_level(logging.DEBUG)
    yield
    screen = capsys.readouterr()
    tables = "\n".join(str(row) for held in sink.tables.values() for row in held.values())
    for where, text in (("log", caplog.text), ("screen", screen.out + screen.err), ("tables", tables)):
        assert not [secret for secret in SECRETS if secret in text], f"a secret is in the {where}"
