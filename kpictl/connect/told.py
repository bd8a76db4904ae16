"""What a sync says while it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Synced:
    """One table was filled; `seconds` is the time of its whole stream, `deleted` how many records a walk found gone."""

    connector: str
    stream: str
    table: str
    rows: int
    seconds: float
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Landed:
    """Records of a stream are stored for good; `rows` is how many since its walk began."""

    connector: str
    stream: str
    rows: int


@dataclass(frozen=True, slots=True)
class Waited:
    """A call failed in passing and is tried again after so many seconds."""

    connector: str
    stream: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that a person should look at; the sync goes on."""

    connector: str
    stream: str
    message: str
    help: str


Told = Synced | Landed | Waited | Noticed
