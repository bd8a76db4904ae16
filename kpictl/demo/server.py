"""The HTTP server of the simulated winery: both fake APIs behind one port of the loopback address."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kpictl.demo import commerce7, tock
from kpictl.demo.commerce7 import Commerce7
from kpictl.demo.exchange import Answer, Request
from kpictl.demo.reservations import BUSINESS_GROUP_ID, BUSINESS_ID
from kpictl.demo.rng import named_uuid
from kpictl.demo.tock import Tock
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
def serve(world: World, *, page_size: int = 50) -> Iterator[Address]:
    """The two APIs of a world on a free port; `page_size` is that of a cursor's pages."""
    secret, key = named_uuid(world.seed, "app secret"), named_uuid(world.seed, "tock key")
    shop = Commerce7("example-app", secret, "example-estate", page_size, commerce7.listings(world))
    token = f"{BUSINESS_GROUP_ID}-{BUSINESS_ID}-{world.last_day:%Y%m%d}"
    book = Tock(key, BUSINESS_ID, BUSINESS_GROUP_ID, tock.exported_at(world), tock.files(world, token))
    server = _Server(shop, book)
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

    def __init__(self, shop: Commerce7, book: Tock) -> None:
        self._shop, self._book = shop, book
        self._connections: set[socket.socket] = set()
        super().__init__((_HOST, 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_address[1]}"

    def answer(self, request: Request) -> Answer:
        if request.path.startswith(commerce7.PREFIX):
            return self._shop.answer(request)
        return self._book.answer(request, self.url)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().close_request(request)

    def stop(self) -> None:
        """Ends kept-alive connections too: after it nobody gets an answer any more."""
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
        answer = self.server.answer(Request(target.path, query, headers))
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        # One write: a head and a body sent apart cost a packet each.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the signature of `http.server`
        """Nothing: the demo is quiet."""
