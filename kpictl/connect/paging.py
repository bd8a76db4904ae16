"""How the pages of an API are walked: generators that yield requests and are sent bodies, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]
"""One record as the API sent it."""

EMPTY_PAGES_LIMIT = 100
"""So many empty pages in a row, each with a fresh cursor, are a server that will not end."""


class AnswerError(Exception):
    """What came back is not what the stream expects; `sync` adds the connector's and the stream's name."""

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002 -- the word of every diagnostic
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Request:
    """One call of an API.

    A `path` joins the connector's `base_url`; an absolute URL is taken as it is. Only an authenticated
    request carries the connector's credentials and headers, and it goes nowhere but to the host of
    `base_url`. A body that only leads to others, as a list of files does, has `holds_records=False`.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authenticated: bool = True
    holds_records: bool = True


Pages = Generator[Request, Any, None]
"""Yields requests and is sent the decoded JSON body of each."""


def listed(body: Any, key: str) -> list[Item]:
    """The records of a body: under `key`, else under the only key that holds a list."""
    if not isinstance(body, dict):
        raise AnswerError(f"expected an object with `{key}`, found {_kind(body)}")
    found = body.get(key)
    if found is None:
        lists = [value for value in body.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else None
    if not isinstance(found, list):
        raise AnswerError(f"expected a list under `{key}`, found the keys {', '.join(map(str, body)) or 'of nothing'}")
    for item in found:
        if not isinstance(item, dict):
            raise AnswerError(f"expected objects in `{key}`, found {_kind(item)}")
    return found


def listed_under(key: str) -> Callable[[Any], list[Item]]:
    """A stream's `items` for the usual body: an object whose `key` holds the records."""

    def items(body: Any) -> list[Item]:
        return listed(body, key)

    return items


def cursor_pages(
    path: str,
    params: Mapping[str, str] | None = None,
    *,
    list_key: str,
    cursor_key: str = "cursor",
    start: str = "start",
) -> Pages:
    """Follows the cursor in each body, with the same parameters on every page, until there is none.

    A cursor that is missing, null or empty is the end; one that was seen before would never end.
    """
    cursor = start
    seen = {start}
    empty_pages = 0
    while True:
        body = yield Request(path, {**(params or {}), cursor_key: cursor})
        empty_pages = 0 if listed(body, list_key) else empty_pages + 1
        following = body.get(cursor_key)
        if following is None or following == "":
            return
        cursor = str(following)
        if cursor in seen:
            raise AnswerError(f"page {len(seen)} repeats an earlier cursor; the walk would never end")
        if empty_pages > EMPTY_PAGES_LIMIT:
            raise AnswerError(f"{empty_pages} empty pages in a row still had a cursor; the walk would never end")
        seen.add(cursor)


def numbered_pages(path: str, list_key: str, limit: int, params: Mapping[str, str] | None = None) -> Pages:
    """Counts pages from 1 until `total` records have come, or a page is empty, or short without a total."""
    page = 0
    received = 0
    before: list[Item] = []
    while True:
        page += 1
        body = yield Request(path, {**(params or {}), "page": str(page), "limit": str(limit)})
        items = listed(body, list_key)
        if not items:
            return
        if items == before:
            raise AnswerError(f"page {page} is page {page - 1} again; the walk would never end")
        received += len(items)
        before = items
        total = body.get("total")
        if isinstance(total, int):
            if received >= total:
                return
        elif len(items) < limit:
            return


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case list():
            return "a list"
        case dict():
            return "an object"
        case str():
            return "a text"
        case _:
            return f"a {type(value).__name__}"
