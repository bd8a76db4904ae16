"""Connections that nobody asks anything over: they end after a while, and before those that are asked over."""

from __future__ import annotations

import asyncio
import resource
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

REQUEST_SECONDS = 30
"""How long a connection may take to send the head of a request, from its beginning or from the last answer."""
MOST = 512


def most() -> int:
    """How many connections there may be: the other files that the process may open are for the database."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // 2)


def accepted_at_once() -> int:
    """How many may wait to be let in. Three times as many can be in before it is seen that there are too many."""
    return max(most() // 4, 1)


class Connection(H11Protocol):
    """A connection; uvicorn alone lets one that has sent half a request stay for ever."""

    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > most():
            # Whoever asks is through in no time: the one that has said nothing for longest is no reader.
            idlest = min((each for each in self.connections if isinstance(each, Connection)), key=Connection.until)
            idlest.break_off()

    def handle_events(self) -> None:
        super().handle_events()
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def until(self) -> float:
        """When it ends unless something is asked; never, while there is an answer to be given."""
        return float("inf") if self._waits is None else self._waits.when()

    def break_off(self) -> None:
        """End it at once; what somebody has not taken yet of the last answer is gone."""
        self._stop_waiting()
        self.transport.abort()

    def _wait(self) -> None:
        self._stop_waiting()
        self._waits = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None
