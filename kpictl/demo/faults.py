"""How the two fake APIs misbehave: a script is asked for a fault for each request."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kpictl.demo.exchange import Request
from kpictl.demo.rng import stream

_IN_A_ROW_MAX = 3


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error in Commerce7's words, or a page of a proxy before it; `retry_after` in seconds or an HTTP date."""

    status: int
    retry_after: str | None = None
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """The right answer, but so late that a client gives up; the end of the server wakes it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection closes without an answer."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A body that ends after this share of it, one byte before its end at the latest.

    Where the whole length is declared the connection closes too early; else the length is right and the JSON is not.
    """

    share: float
    is_declared: bool = True


@dataclass(frozen=True, slots=True)
class Redirect:
    location: str
    status: int = 302


@dataclass(frozen=True, slots=True)
class GzipBody:
    """The right body with `Content-Encoding: gzip`."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The right answer with another body: whatever shape no other fault has."""

    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class RepeatCursor:
    """A page with the cursor it was asked by, or one by which an earlier page was asked: a walk without an end."""

    back: int = 0


@dataclass(frozen=True, slots=True)
class EmptyPage:
    """A page of a cursor without rows but with a fresh cursor, whose page has them."""


@dataclass(frozen=True, slots=True)
class TrailingPage:
    """A last page with a cursor all the same; that cursor's page is empty and has none."""


@dataclass(frozen=True, slots=True)
class EmptyCursor:
    """A last page whose cursor is `null` or `""`, where it should have none; other pages are as ever."""

    value: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseFilters:
    """422 for a query with one of these filters, or with any where none is named."""

    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IgnoreFilters:
    """The rows as if nothing had been filtered."""


@dataclass(frozen=True, slots=True)
class OmitFile:
    """An export file that was listed is not there: 404."""


@dataclass(frozen=True, slots=True)
class ExpireFile:
    """The signature of an export file is too old: 400, as Google's storage says it."""


@dataclass(frozen=True, slots=True)
class FewerRecords:
    """The first share of an export file's records; of the listing, the first share of each kind's files."""

    share: float


Fault = (
    Refuse
    | Hang
    | Drop
    | Cut
    | Redirect
    | GzipBody
    | Edit
    | RepeatCursor
    | EmptyPage
    | TrailingPage
    | EmptyCursor
    | RefuseFilters
    | IgnoreFilters
    | OmitFile
    | ExpireFile
    | FewerRecords
)
"""Where a fault makes no sense, as a cursor's for an export file, the answer is the right one."""

Script = Callable[[int, Request], Fault | None]
"""Asked once for each request, one at a time, with the request's number from 1."""


def random_faults(seed: int, share: float) -> Script:
    """Passing faults for this share of requests, 75 % at most, by the seed and the request's number.

    Never more than three in a row, neither of all requests nor of those for one address: who asks again
    three times gets through, also next to others.
    """
    in_a_row: Counter[tuple[str, frozenset[tuple[str, str]]]] = Counter()

    def script(number: int, request: Request) -> Fault | None:
        target = (request.path, frozenset(request.query.items()))
        rng = stream(seed, number, "fault")
        # One in four is always answered, so the others fail a little more often.
        is_well = number % (_IN_A_ROW_MAX + 1) == 0 or rng.random() >= share * (_IN_A_ROW_MAX + 1) / _IN_A_ROW_MAX
        if is_well or in_a_row[target] == _IN_A_ROW_MAX:
            in_a_row.pop(target, None)
            return None
        in_a_row[target] += 1
        return _passing(rng)

    return script


def _passing(rng: Random) -> Fault:
    faults: tuple[Fault, ...] = (
        Refuse(429, retry_after="0"),
        Refuse(429),
        Refuse(500),
        Refuse(502),
        Refuse(503, is_html=True),
        Drop(),
        Cut(rng.random()),
        Cut(rng.random(), is_declared=False),
    )
    return rng.choice(faults)
