"""How fast and how often an API is called: its rate, its pauses, and how long to wait before another try."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from kpictl.connect.exchange import Request


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    requests: int
    seconds: float = 60


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call that fails in passing is tried, and how long between: twice as long each time, with jitter.

    An API that asks for more than `longest_wait_seconds` in `Retry-After` is left alone for this time.
    """

    attempts: int = 7
    first_seconds: float = 1
    longest_seconds: float = 60
    longest_wait_seconds: float = 300

    def wait_seconds(self, failures: int, asked_seconds: float | None) -> float | None:
        """How long to wait after so many failures in a row; None to give up."""
        if failures >= self.attempts or (asked_seconds or 0) > self.longest_wait_seconds:
            return None
        grown = min(self.longest_seconds, self.first_seconds * 2.0 ** (failures - 1))
        # Half of it by chance, so that clients that failed together do not come back together.
        return max(grown * random.uniform(0.5, 1), asked_seconds or 0)  # noqa: S311 -- no secret hangs on it


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """The header `Retry-After` in seconds: a number, or an HTTP date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


@dataclass(slots=True)
class Pace:
    """A connector's token bucket, which its threads share: `wait` returns when the request may be sent.

    The bucket begins full and fills evenly; over any span no more than its size plus what flowed in goes out, so it
    holds half the rate and half flows in: no window of `seconds` sees more than `requests`.
    """

    rate: Rate | None
    sleep: Callable[[float], object]
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tokens: float = 0
    _at: float = 0
    _not_before: float = 0
    _paused_at: float | None = None

    def __post_init__(self) -> None:
        self._at = self.clock()
        self._tokens = self._size

    @property
    def _size(self) -> float:
        return 0 if self.rate is None else max(1.0, self.rate.requests / 2)

    def wait(self, request: Request) -> None:
        with self._lock:
            moment = max(self.clock(), self._not_before)
            if request.pause_seconds and self._paused_at is not None:
                moment = max(moment, self._paused_at + request.pause_seconds)
            moment = self._taken(request.costs, moment)
            if request.pause_seconds:
                self._paused_at = moment
        self._sleep_until(moment)

    def hold(self, seconds: float) -> None:
        """Nobody calls before so many seconds have passed: the API has said so."""
        with self._lock:
            self._not_before = max(self._not_before, self.clock() + seconds)

    def _taken(self, costs: int, moment: float) -> float:
        """When the bucket has as much from `moment` on; it is taken out."""
        if self.rate is None or costs == 0:
            return moment
        flow = max(self.rate.requests - self._size, 0.5) / self.rate.seconds
        moment = max(moment, self._at)
        self._tokens = min(self._size, self._tokens + (moment - self._at) * flow)
        if self._tokens < costs:
            moment += (costs - self._tokens) / flow
            self._tokens = costs
        self._tokens -= costs
        self._at = moment
        return moment

    def _sleep_until(self, moment: float) -> None:
        remaining = moment - self.clock()
        if remaining > 0:
            self.sleep(remaining)
