"""The HTTP server of the simulated winery: both fake APIs behind one port of the loopback address."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kpictl.demo import commerce7
from kpictl.demo.apis import Apis, opened
from kpictl.demo.delivery import delivery, instead
from kpictl.demo.exchange import Answer, Request
from kpictl.demo.faults import Drop, Fault, Hang, Script
from kpictl.demo.limits import Limits
from kpictl.demo.stage import Seen, Stage
from kpictl.demo.world import World

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the winery's APIs are, and what they want to be shown."""

    commerce7_url: str
    app_id: str
    app_secret: str
    tenant: str
    tock_url: str
    tock_api_key: str
    tock_business_id: str
    tock_business_group_id: str


@contextmanager
def serve(
    world: World | Stage,
    *,
    page_size: int = 50,
    file_size: int = 5_000,
    script: Script | None = None,
    limits: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Address]:
    """The two APIs of a world on a free port; `page_size` is that of a cursor's pages, `file_size` that of exports.

    A `Stage` in place of the world can show another one later, and tells of every request. With `limits`
    Commerce7's are enforced, on this clock, which is the log's too.
    """
    stage = Stage(world) if isinstance(world, World) else world
    apis = opened(stage, page_size, file_size, Limits(clock) if limits else None)
    shop, book = apis.current()
    server = _Server(apis, script or _no_fault, clock)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="demo winery", daemon=True)
    thread.start()
    try:
        yield Address(
            commerce7_url=f"{server.url}/v1",
            app_id=shop.app_id,
            app_secret=shop.app_secret,
            tenant=shop.tenant,
            tock_url=server.url,
            tock_api_key=book.api_key,
            tock_business_id=book.business_id,
            tock_business_group_id=book.business_group_id,
        )
    finally:
        server.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, apis: Apis, script: Script, clock: Callable[[], float]) -> None:
        self._apis, self._script, self._clock = apis, script, clock
        self._requests, self._lock = 0, Lock()
        self._stopping = Event()
        self._connections: set[socket.socket] = set()
        super().__init__((_HOST, 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_address[1]}"

    def fault(self, request: Request) -> Fault | None:
        with self._lock:
            self._requests += 1
            self._apis.stage.log.append(Seen(request.path, request.query, self._clock()))
            return self._script(self._requests, request)

    def answer(self, request: Request, fault: Fault | None) -> Answer:
        if isinstance(fault, Hang):
            self._stopping.wait(fault.seconds)
        answer = instead(fault)
        if answer is not None:
            return answer
        shop, book = self._apis.current()
        if request.path.startswith(commerce7.PREFIX):
            return shop.answer(request, fault)
        return book.answer(request, self.url, fault)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that gives up is what faults are for.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Ends kept-alive connections too: after it nobody gets an answer any more."""
        self._stopping.set()
        self.shutdown()
        self.server_close()
        for connection in tuple(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The other side was faster.
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(target.path, query, headers)
        fault = self.server.fault(request)
        if isinstance(fault, Drop):
            self.close_connection = True
            return
        sent = delivery(self.server.answer(request, fault), fault)
        # One write: a head and a body sent apart cost a packet each.
        self.wfile.write(sent.text)
        self.close_connection = self.close_connection or sent.is_last

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the signature of `http.server`
        """Nothing: the demo is quiet."""


def _no_fault(_number: int, _request: Request) -> Fault | None:
    return None
