"""What a run says while it works: values, which the command line turns into lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Started:
    """A step has begun."""

    step: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """A step goes on: what it has done so far, or what it waits for."""

    step: str
    detail: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step waits so many seconds before it tries again, for this reason."""

    step: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A step, or a part of one, is done; `detail` says what it made."""

    step: str
    rows: int
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a person should look at; the run goes on."""

    message: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """The run has finished: readers see its tables."""

    as_of: date
    kpis: int
    facts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A sync has finished: so many streams and rows."""

    streams: int
    rows: int
    seconds: float


Event = Started | Progressed | Waiting | Finished | Warned | Published | Refreshed
