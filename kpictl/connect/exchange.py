"""What a stream and the sync say to each other: a walk to make, requests, answers, records, and trouble."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Item = dict[str, Any]
"""One record as the API sent it."""

Mark = datetime | int
"""How far a stream has come: the greatest value seen of its column `updated`."""


class AnswerError(Exception):
    """What came back is not what the stream expects; `sync` adds the connector's and the stream's name.

    `code` is the page that `kpictl explain` shows; `is_for_all` says that the connector's other streams would fare
    no better.
    """

    def __init__(
        self,
        message: str,
        *,
        help: str | None = None,  # noqa: A002 -- the word of every diagnostic
        code: str = "KPI504",
        is_for_all: bool = False,
    ) -> None:
        super().__init__(message)
        self.help = help
        self.code = code
        self.is_for_all = is_for_all


class MisfitError(AnswerError):
    """A record does not fit its table, by what its model does not say."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What is asked of a stream: everything, or what has changed `since`; after a break, from `position` on."""

    since: Mark | None = None
    position: str | None = None

    @property
    def is_full(self) -> bool:
        return self.since is None


@dataclass(frozen=True, slots=True)
class Request:
    """One call of an API.

    A `path` joins the connector's `base_url`; an absolute URL is taken as it is. Only an authenticated
    request carries the connector's credentials and headers, and it goes nowhere but to the origin of
    `base_url`; another goes to the connector's `other_hosts` too. A body that only leads to others, as a list of
    files does, has `holds_records=False`; one that is long `is_file`: it is read record by record, and the answer
    has no body. Statuses in `accepts` come back as answers with no records, and are no errors.

    `position` is where a later walk can begin in place of this request, if the API allows that. A request takes
    `costs` of the connector's rate; one with `pause_seconds` comes so long after the last such one.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    authenticated: bool = True
    holds_records: bool = True
    is_file: bool = False
    accepts: frozenset[int] = frozenset()
    costs: int = 1
    pause_seconds: float = 0
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the decoded JSON body, and the addresses of the header `Link` by their `rel`."""

    body: Any = None
    status: int = 200
    links: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = field(default="", repr=False)
    """Where it came from, without the credentials."""


class Spoilt(dict[str, Any]):
    """A record that could not be read as one, as a line with too many fields; `reason` says why it is a misfit."""

    def __init__(self, members: Mapping[str, Any], reason: str) -> None:
        super().__init__(members)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Local:
    """Records that a stream has from elsewhere, as from a file; `position` is where a walk can go on after them."""

    items: Sequence[Item]
    position: str | None = None


Pages = Generator["Request | Local", Answer, None]
"""Yields requests and is sent the answer of each; no I/O but for what it yields as `Local`."""
