"""What a connector is: data plus generators; and what it lands in."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from kpictl.catalog.table import Table
from kpictl.connect.paging import Item, Pages
from kpictl.connect.record import Record

Version = tuple[int, ...]
"""How new a record is, compared member by member."""


@dataclass(frozen=True, slots=True)
class Child:
    """A table filled from inside a stream's records, as an order's items are."""

    table: str
    key: tuple[str, ...]
    record: type[Record]
    items: Callable[[Item], list[Item]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of an API and the raw table that it fills.

    `pages` walks the list; `items` takes the records out of a body, and is the place to leave out what must
    not be stored: what it returns is kept whole in the column `record`. With `version`, of the records with
    one key in one sync the greatest is kept, the later one of equals; without it the last one.
    """

    name: str
    table: str
    key: tuple[str, ...]
    record: type[Record]
    pages: Callable[[], Pages]
    items: Callable[[Any], list[Item]]
    children: tuple[Child, ...] = ()
    version: Callable[[Any], Version] | None = None


@dataclass(frozen=True, slots=True)
class Connector:
    """An API with its credentials and its streams; `secrets` are kept out of every message."""

    name: str
    base_url: str
    streams: tuple[Stream, ...]
    auth: httpx.Auth | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        url = httpx.URL(self.base_url)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host)):
            raise ValueError("base_url must begin with https://, but on this machine itself")
        _unique("stream", [stream.name for stream in self.streams])
        own = [stream.table for stream in self.streams]
        _unique("table", own + [child.table for stream in self.streams for child in stream.children])


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself, where plain http gives nothing away."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Sink(Protocol):
    """Where records land; an engine is one."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commits at its end, and rolls back when an exception leaves it."""

    def create(self, table: Table) -> None:
        """Creates the table if it is missing, and adds the columns that it lacks."""

    def upsert(self, table: Table, rows: Sequence[Sequence[object]]) -> int:
        """Writes rows, in the order of the table's columns, over those with their key; returns how many."""


@dataclass(frozen=True, slots=True)
class Synced:
    """One table was filled; `seconds` is the time of its whole stream."""

    connector: str
    stream: str
    table: str
    rows: int
    seconds: float


def _unique(kind: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the {kind} {twice[0]} is there twice")
