"""What a run says while it works: values, which the command line turns into lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Began:
    """The run stands in the journal."""

    run_id: str
    as_of: date
    as_of_dates: int


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
class Restated:
    """The run changes so many numbers of as-of dates that were published before; the old ones are kept."""

    numbers: int
    as_of_dates: int


@dataclass(frozen=True, slots=True)
class Stale:
    """So many earlier as-of dates, from the first to the last, were reported without what has changed since.

    That is late data, or, where it is `by_definition`, what is computed of it.
    """

    as_of_dates: int
    first: date
    last: date
    by_definition: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """The run has finished: readers see its tables."""

    as_of: date
    kpis: int
    facts_written: int
    seconds: float
    run_id: str | None = None
    as_of_dates: int = 1


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A sync has finished: so many streams and rows."""

    streams: int
    rows: int
    seconds: float


Event = Began | Started | Progressed | Waiting | Finished | Warned | Restated | Stale | Published | Refreshed
