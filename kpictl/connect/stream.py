"""What a connector is: data plus generators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from kpictl.connect.address import is_allowed, is_private
from kpictl.connect.exchange import Item, Pages, Walk
from kpictl.connect.pace import Rate, Retries
from kpictl.connect.record import Record
from kpictl.connect.record import columns as columns_of

LOOKBACK = timedelta(hours=48)
FULL_EVERY = timedelta(days=7)
PATIENT = Retries()

Version = tuple[int, ...]
"""How new a record is, compared member by member."""


@dataclass(frozen=True, slots=True)
class Child:
    """A table filled from inside a stream's records, as an order's items are.

    Its key begins with the columns that hold the key of the record that it came out of. A record's children are
    those of its last version: what is no longer there goes.
    """

    table: str
    key: tuple[str, ...]
    record: type[Record]
    items: Callable[[Item], list[Item]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of an API and the raw table that it fills.

    `pages` makes a walk of the list; `items` takes the records out of a body, and is the place to leave out what must
    not be stored: what it returns is kept whole in the column `record`.

    With `updated`, a column that says when a record was last changed, a sync asks for what has changed since the
    greatest value that it has seen, less `lookback`; a whole walk is made at first and when the last is `full_every`
    old, to notice what has been deleted. Without `updated` every walk is whole. `full_every=None` says that what is
    missing from a walk is not deleted. `is_sorted` says that walks come in the order of `updated`, so that one that
    broke off goes on where it was; `keeps_position` that a walk begins where the last one ended.

    A row is never overwritten by an older `version`; it is that of `updated` where there is none.
    """

    name: str
    table: str
    key: tuple[str, ...]
    record: type[Record]
    pages: Callable[[Walk], Pages]
    items: Callable[[Any], list[Item]] = lambda body: body
    children: tuple[Child, ...] = ()
    version: Callable[[Any], Version] | None = None
    updated: str | None = None
    lookback: timedelta = LOOKBACK
    full_every: timedelta | None = FULL_EVERY
    is_sorted: bool = False
    keeps_position: bool = False
    expects_all_columns: bool = False
    """Whether a column that no record of a whole walk had is told: its name may be wrong."""

    def __post_init__(self) -> None:
        columns = self.record.model_fields
        if self.updated is not None and self.updated not in columns:
            raise ValueError(f"stream {self.name}: `updated` names no column: {self.updated}")
        if self.updated is not None:
            kinds = {column.name: column.type for column in columns_of(self.record)}
            if kinds[self.updated] not in {"bigint", "date", "timestamp", "timestamptz"}:
                raise ValueError(f"stream {self.name}: `updated` is {kinds[self.updated]}: neither a time nor a number")
        if self.is_sorted and self.updated is None:
            raise ValueError(f"stream {self.name}: what is sorted by nothing is not sorted")
        parts: tuple[Stream | Child, ...] = (self, *self.children)
        for part in parts:
            missing = [column for column in part.key if column not in part.record.model_fields]
            if missing or not part.key:
                raise ValueError(f"table {part.table}: the key names no column: {', '.join(missing) or 'it is empty'}")
        for child in self.children:
            if len(child.key) < len(self.key):
                raise ValueError(f"table {child.table}: the key must begin with that of {self.table}")


@dataclass(frozen=True, slots=True)
class Connector:
    """An API with its credentials and its streams; `secrets` are kept out of every message.

    Credentials go to the origin of `base_url` alone; `other_hosts` are where requests without them may go:
    `storage.example.com`, `*.example.com`, `http://127.0.0.1:8080`. Over https, but on this machine and where http is
    written. `on_refusal` says what to check where credentials are refused, `on_other_host` where a host is.
    """

    name: str
    base_url: str
    """Empty for a connector that calls no API."""
    streams: tuple[Stream, ...]
    auth: httpx.Auth | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    rate: Rate | None = None
    retries: Retries = PATIENT
    concurrency: int = 1
    timeout_seconds: float = 30
    other_hosts: tuple[str, ...] = ()
    on_refusal: str | None = None
    on_other_host: str = "the connector's author must allow the host, if it is known to be the vendor's"

    def __post_init__(self) -> None:
        if self.base_url and not is_private(httpx.URL(self.base_url)):
            raise ValueError("base_url must begin with https://, but on this machine itself")
        _unique("stream", [stream.name for stream in self.streams])
        own = [stream.table for stream in self.streams]
        _unique("table", own + [child.table for stream in self.streams for child in stream.children])

    def goes_to(self, url: httpx.URL) -> bool:
        """Whether requests without credentials may go there."""
        return is_allowed(url, self.other_hosts)


def _unique(kind: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the {kind} {twice[0]} is there twice")
