"""The server: a socket, uvicorn on it, until it is told to stop."""

from __future__ import annotations

import errno
import signal
import socket

from starlette.applications import Starlette
from uvicorn import Config, Server

from kpictl.diagnostics import WorldError
from kpictl.serve.address import addresses
from kpictl.serve.connections import Connection, accepted_at_once

CLOSING_SECONDS = 5
IDLE_SECONDS = 30


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; WorldError where that cannot be."""
    address, *_ = addresses(host, port)
    try:
        # asyncio sends the small parts of an answer at once (TCP_NODELAY) only where the socket says that it is TCP's:
        # without, head and body of an answer are 40 ms apart.
        sock = socket.socket(address.family, socket.SOCK_STREAM, address.protocol)
    except OSError as error:
        raise _refused(host, port, error) from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address.place)
        sock.listen(accepted_at_once())
    except OSError as error:
        sock.close()
        raise _refused(host, port, error) from None
    return sock


def _refused(host: str, port: int, error: OSError) -> WorldError:
    if error.errno == errno.EADDRINUSE:
        return WorldError(f"port {port} of {host} is in use", help="choose another with --port")
    return WorldError(f"{host}:{port} cannot be listened at: {error.strerror}", help="look at --host and --port")


def serve(application: Starlette, sock: socket.socket) -> None:
    """Answer until the process is interrupted or told to end; what is under way is finished first."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server(application).run(sockets=[sock])
    except KeyboardInterrupt:
        # uvicorn has come to its end, and hands on what told it to.
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def server(application: Starlette) -> Server:
    """Uvicorn for this application; it logs nothing, as the application tells of its failures itself."""
    return Server(
        Config(
            application,
            http=Connection,
            backlog=accepted_at_once(),
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=CLOSING_SECONDS,
        )
    )
