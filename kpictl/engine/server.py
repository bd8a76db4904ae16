"""Which database answers, and what its clock says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Server:
    """A database's name and version; `now` is None where its clock is this machine's."""

    name: str
    version: str
    now: datetime | None = None
