"""The dashboard call of `kpictl serve` against a bare Starlette route that returns the same bytes, on loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.measure import Measured, in_turn
from tests.pipeline.shop import Shop

KPIS, ENTITIES = 27, 10
LIMIT_TIMES = 3.0
"""How many times the bare route's seconds a request may take."""
P99_LIMIT_SECONDS = 0.020
REQUESTS_PER_SECOND = 50

ROUNDS = 6
REQUESTS = 300
CONNECTIONS = 8
PACED_SECONDS = 12

PATH = "/api/dashboard"
BARE = """
import sys
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from kpictl.serve.web import listening, server

body, encoding = open(sys.argv[1], "rb").read(), sys.argv[2]

async def same(request):
    headers = {} if encoding == "identity" else {"Content-Encoding": encoding}
    return Response(body, headers=headers, media_type="application/json")

with listening("127.0.0.1", 0) as sock:
    print(f"at http://127.0.0.1:{sock.getsockname()[1]} (Ctrl-C stops)", file=sys.stderr, flush=True)
    server(Starlette(routes=[Route("/api/dashboard", same)])).run(sockets=[sock])
"""


def serving() -> Iterator[Measured]:
    """Requests of 8 connections that take turns, plain and zipped; then 50 a second, each from when it was due."""
    with TemporaryDirectory(prefix="kpictl-bench-") as name:
        folder = Path(name)
        shop = _published(folder)
        words = (sys.executable, "-m", "kpictl", "serve", "--port", "0", "--project", str(shop.project))
        with _process(words, shop.url) as port:
            for encoding in ("identity", "gzip"):
                yield from _against_bare(folder, port, encoding)


def _against_bare(folder: Path, port: int, encoding: str) -> Iterator[Measured]:
    with ExitStack() as stack:
        body = asyncio.run(_once(port, encoding))
        same = folder / f"{encoding}.body"
        same.write_bytes(body)
        bare_port = stack.enter_context(_process((sys.executable, "-c", BARE, str(same), encoding), ""))
        if asyncio.run(_once(bare_port, encoding)) != body:
            raise AssertionError("the two do not send the same bytes")
        ours, bare = _many(port, encoding), _many(bare_port, encoding)
        ours(), bare()
        pairs = in_turn(ours, bare, ROUNDS)
        paced, paced_bare = (asyncio.run(_at_a_pace(each, encoding)) for each in (port, bare_port))
    each, other = (median(seconds) / REQUESTS for seconds in (pairs.first, pairs.second))
    rates = f"{1 / each:,.0f} and {1 / other:,.0f} a second"
    yield Measured(
        f"web: dashboard, {encoding}, {len(body):,} bytes: {rates}",
        each,
        other,
        pairs.ratio,
        LIMIT_TIMES,
        "times",
        pairs.spread,
    )
    middle = f"median {median(paced) * 1e3:.1f} ms"
    yield Measured(
        f"web: p99 of {len(paced):,} requests, {encoding}, {REQUESTS_PER_SECOND} a second",
        p99(paced),
        p99(paced_bare),
        p99(paced),
        P99_LIMIT_SECONDS,
        "s",
        middle,
    )


def p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100]


def _many(port: int, encoding: str) -> Callable[[], float]:
    return lambda: asyncio.run(_in_a_row(port, encoding))


async def _in_a_row(port: int, encoding: str) -> float:
    """The seconds that all requests take, over connections that each send the next when they have an answer."""
    connections = [await Connection.open(port, encoding) for _ in range(CONNECTIONS)]
    left = iter(range(REQUESTS))

    async def work(connection: Connection) -> None:
        for _ in left:
            await connection.ask()

    began = time.perf_counter()
    await asyncio.gather(*(work(each) for each in connections))
    took = time.perf_counter() - began
    for each in connections:
        each.close()
    return took


async def _at_a_pace(port: int, encoding: str) -> list[float]:
    """The seconds of each request from when it was due, whether or not those before it have been answered."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await Connection.open(port, encoding))
    seconds: list[float] = []

    async def ask(due: float) -> None:
        connection = await free.get()
        await connection.ask()
        seconds.append(time.perf_counter() - due)
        free.put_nowait(connection)

    began, asked = time.perf_counter(), []
    for number in range(PACED_SECONDS * REQUESTS_PER_SECOND):
        due = began + number / REQUESTS_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asked.append(asyncio.create_task(ask(due)))
    await asyncio.gather(*asked)
    while not free.empty():
        free.get_nowait().close()
    return seconds


async def _once(port: int, encoding: str) -> bytes:
    connection = await Connection.open(port, encoding)
    try:
        return await connection.ask()
    finally:
        connection.close()


class Connection:
    """A connection that is kept: little more than a socket, as a client of Python is soon slower than the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encoding: str) -> None:
        self._reader = reader
        self._writer = writer
        self._request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {encoding}\r\n\r\n".encode()

    @classmethod
    async def open(cls, port: int, encoding: str) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20), encoding)

    async def ask(self) -> bytes:
        self._writer.write(self._request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200 "):
            raise AssertionError(head)
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return await self._reader.readexactly(int(length))

    def close(self) -> None:
        self._writer.close()


@contextmanager
def _process(words: tuple[str, ...], url: str) -> Iterator[int]:
    """A server in a process of its own: its port."""
    variables = {**os.environ, "KPICTL_TEST_URL": url}
    with subprocess.Popen(words, cwd=Path(__file__).parents[2], env=variables, stderr=subprocess.PIPE, text=True) as it:
        try:
            assert it.stderr is not None
            said = it.stderr.readline()
            yield int(said.split("http://127.0.0.1:")[1].split()[0])
        finally:
            it.terminate()


def _published(folder: Path) -> Shop:
    """27 KPIs of 10 entities, each with two years of rows, published."""
    shop = Shop(f"duckdb:///{folder / 'web.duckdb'}", folder)
    places = [f"place_{number}" for number in range(1, ENTITIES)]
    kpis = [
        f"  - {{id: {n}, code: kpi_{n}, name: The KPI of number {n}, category: Category {n // 6}, format: money, "
        f"target_direction: up, source: orders, measure: sum(amount * {n})}}"
        for n in range(1, KPIS + 1)
    ]
    shop.write(
        {
            "kpictl.yml": (
                "name: web\ntimezone: UTC\ncalendar: {start: 2024-01-01, end: 2025-12-31}\n"
                'windows: [mtd, qtd, ytd, last28]\nenvironments:\n  local: {url: "${KPICTL_TEST_URL}"}\n'
            ),
            "kpis/models/fct_order.sql": "select order_id, ordered_on, amount, place from raw.orders\n",
            "kpis/kpis.yml": "\n".join(
                [
                    "formats:\n  - {code: money, kind: currency, currency: USD, decimals: 0}",
                    "sources:\n  - {code: orders, relation: marts.fct_order, time: ordered_on, entity: place}",
                    "entities:",
                    *(f"  - {{id: {n}, code: {place}, name: {place}}}" for n, place in enumerate(places, 1)),
                    "kpis:",
                    *kpis,
                    "",
                ]
            ),
        }
    )
    rows = [
        (number, f"{2024 + number // 12 % 2}-{1 + number % 12:02}-{1 + number % 28:02}", f"{number}.25", place)
        for number, place in enumerate(places * 80)
    ]
    shop.load(rows, "order_id:bigint ordered_on:date amount:decimal place:text")
    shop.run("2025-11-27")
    return shop
