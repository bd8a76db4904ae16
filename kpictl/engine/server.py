"""Which database answers, whether it is one that kpictl knows, and what its clock says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Server:
    """A database's name and version, and the oldest that is supported; `now` is None where it has no clock."""

    name: str
    version: str
    oldest: str
    is_supported: bool
    now: datetime | None = None
