"""Whoever opens connections and asks for nothing takes no place from those who ask."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kpictl.serve import connections
from tests.pipeline.shop import Shop
from tests.serve.served import Served, serving

pytestmark = pytest.mark.xdist_group("web")

ROOT = Path(__file__).parents[2]
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
FILES = 256


def address(url: str) -> tuple[str, int]:
    return "127.0.0.1", int(url.rpartition(":")[2])


def ended(raw: socket.socket) -> bool:
    """Whether the server hangs up by itself."""
    raw.settimeout(5)
    try:
        while raw.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        pass
    return True


def drip(raw: socket.socket) -> None:
    for _ in range(30):
        raw.sendall(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize("sent", [b"", HALF, WHOLE, WHOLE + HALF, WHOLE + WHOLE + HALF, POST])
def test_who_asks_for_nothing_is_hung_up_on(door: Served, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    with socket.create_connection(address(door.url)) as raw:
        raw.sendall(sent)
        began = time.monotonic()
        assert ended(raw)
        assert 0.3 < time.monotonic() - began < 3


def test_who_sends_little_by_little_is_hung_up_on(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    for first in (HALF, WHOLE + HALF, POST):
        with socket.create_connection(address(door.url)) as raw:
            raw.sendall(first)
            with pytest.raises(OSError, match=r"reset|pipe"):
                drip(raw)


def test_a_slow_answer_is_waited_for(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> list[object]:
        time.sleep(0.6)
        return []

    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    monkeypatch.setattr("kpictl.serve.documents.published_kpis", slow)
    assert door.client.get("/api/kpis?limit=998").json()["kpis"] == []


def test_who_has_waited_longest_makes_room(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most", lambda: 40)
    with serving(door.shop) as made:
        halves = [socket.create_connection(address(made.url)) for _ in range(60)]
        try:
            for raw in halves:
                raw.sendall(HALF)
            assert made.client.get("/healthz").status_code == 200
            assert ended(halves[0])
        finally:
            for raw in halves:
                raw.close()


@contextmanager
def command(shop: Shop, files: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command, in a process that may have so many files open."""
    words = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', str(files), sys.executable, "-m", "kpictl", "serve"]
    with subprocess.Popen(
        [*words, "--port", "0", "--project", str(shop.project)],
        cwd=ROOT,
        env={**os.environ, "KPICTL_TEST_URL": shop.url},
        stderr=subprocess.PIPE,
        text=True,
    ) as it:
        assert it.stderr is not None
        found = re.search(r"http://\S+", it.stderr.readline())
        assert found is not None
        try:
            yield found[0], it
        finally:
            it.terminate()


def test_connections_do_not_take_the_files_that_a_process_may_open(duckdb_books: Shop) -> None:
    with command(duckdb_books, FILES) as (url, it):
        halves: list[socket.socket] = []
        try:
            for _ in range(FILES + 50):
                halves.append(socket.create_connection(address(url)))
                halves[-1].sendall(HALF)
            assert httpx.get(f"{url}/healthz", timeout=5).status_code == 200
            assert httpx.get(f"{url}/api/kpis", timeout=5).status_code == 200
        finally:
            for raw in halves:
                raw.close()
        it.terminate()
        assert it.communicate(timeout=20)[1] == ""
