"""Commerce7's rate limits: 100 requests a minute, and beyond page 100 one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

_WINDOW_SECONDS = 60.0
_REQUESTS_MAX = 100
_PAGE_MAX = 100


@dataclass(slots=True)
class Limits:
    """What was granted within the last minute; a refused request costs nothing, a cursor's is never asked about."""

    clock: Callable[[], float]
    _granted: deque[float] = field(default_factory=deque)
    _deep: float | None = None
    _lock: Lock = field(default_factory=Lock)

    def grants(self, page: int) -> bool:
        with self._lock:
            now = self.clock()
            while self._granted and now - self._granted[0] >= _WINDOW_SECONDS:
                self._granted.popleft()
            is_deep = page > _PAGE_MAX
            is_too_soon = is_deep and self._deep is not None and now - self._deep < _WINDOW_SECONDS
            if is_too_soon or len(self._granted) >= _REQUESTS_MAX:
                return False
            self._granted.append(now)
            if is_deep:
                self._deep = now
            return True
