"""The server: a socket, uvicorn on it, until it is told to stop."""

from __future__ import annotations

import errno
import socket

from starlette.applications import Starlette
from uvicorn import Config, Server

from kpictl.diagnostics import WorldError

BACKLOG = 512
CLOSING_SECONDS = 5
IDLE_SECONDS = 30


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; WorldError where that cannot be."""
    try:
        ((family, kind, protocol, _, address), *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # asyncio sends the small parts of an answer at once (TCP_NODELAY) only where the socket says that it is TCP's:
        # without, head and body of an answer are 40 ms apart.
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(host, port, error) from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise _refused(host, port, error) from None
    return sock


def _refused(host: str, port: int, error: OSError) -> WorldError:
    if error.errno == errno.EADDRINUSE:
        return WorldError(f"port {port} of {host} is in use", help="choose another with --port")
    return WorldError(f"{host}:{port} cannot be listened at: {error.strerror}", help="look at --host and --port")


def serve(application: Starlette, sock: socket.socket) -> None:
    """Answer until the process is interrupted; what is under way is finished first."""
    try:
        server(application).run(sockets=[sock])
    except KeyboardInterrupt:
        # uvicorn has come to its end, and hands on what told it to.
        return


def server(application: Starlette) -> Server:
    """Uvicorn for this application; it logs nothing, as the application tells of its failures itself."""
    return Server(
        Config(
            application,
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
