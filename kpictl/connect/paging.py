"""How the pages of an API are walked: generators that yield requests and are sent answers, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from kpictl.connect.exchange import Answer, AnswerError, Item, Pages, Request

EMPTY_PAGES_LIMIT = 100
"""So many empty pages in a row, each with a fresh cursor, are a server that will not end."""
FILTER_REFUSALS = frozenset({400, 422})
BEYOND_THE_END = frozenset({404})
"""What some APIs say to a page after the last one."""
FORGOTTEN = frozenset({400, 404, 410, 422})
"""What an API says to a cursor that it does not know any more."""


def at(body: Any, path: str) -> Any:
    """What stands under a path of names, as `data.orders`; None where there is nothing, the whole for an empty path."""
    for name in path.split(".") if path else ():
        body = body.get(name) if isinstance(body, dict) else None
    return body


def listed(body: Any, key: str, *, is_strict: bool = False) -> list[Item]:
    """The records of a body: under the path `key`, for "" the body; if it is null, none.

    Where there is no such key they are under the only key that holds a list, unless `is_strict`.
    """
    if key and not isinstance(body, dict):
        raise AnswerError(f"expected an object with `{key}`, found {_kind(body)}")
    found = at(body, key)
    if found is None and isinstance(body, dict):
        above, _, name = key.rpartition(".")
        if isinstance(at(body, above), dict) and name in at(body, above):
            return []
        lists = [value for value in body.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 and not is_strict else None
    if not isinstance(found, list):
        where = f"a list under `{key}`" if key else "a list"
        what = ", ".join(map(str, body)) or "of nothing" if isinstance(body, dict) else ""
        raise AnswerError(
            f"expected {where}, found {f'the keys {what}' if what else _kind(body)}",
            help="compare the API's answer with what the connector expects: the API may have changed",
        )
    for item in found:
        if not isinstance(item, dict):
            raise AnswerError(f"expected objects in `{key or 'the list'}`, found {_kind(item)}")
    return found


def listed_under(key: str) -> Callable[[Any], list[Item]]:
    """A stream's `items` for the usual body: an object whose `key` holds the records."""

    def items(body: Any) -> list[Item]:
        return listed(body, key)

    return items


def one_page(request: Request) -> Pages:
    """A list that comes whole."""
    yield request


def cursor_pages(
    request: Request,
    *,
    list_key: str,
    cursor_key: str = "cursor",
    cursor_param: str = "cursor",
    start: str | None = "start",
    filters: Mapping[str, str] | None = None,
    position: str | None = None,
    is_resumable: bool = False,
) -> Pages:
    """Follows the cursor in each body, with the same parameters on every page, until there is none.

    A cursor that is missing, null or empty is the end; one that was seen before would never end. `filters` are
    parameters that the API may refuse: then everything is walked. A walk `is_resumable` where the API takes a
    cursor that it gave to another walk.
    """
    wanted = {**request.params, **(filters or {})}
    cursor = position or start
    seen = {cursor}
    empty_pages = 0
    refusals = FORGOTTEN if position else FILTER_REFUSALS if filters else frozenset()
    while True:
        params = wanted if cursor is None else {**wanted, cursor_param: cursor}
        place = cursor if is_resumable else None
        answer = yield replace(request, params=params, accepts=refusals, position=place)
        if answer.status in refusals:
            if position:
                position, cursor, seen = None, start, {start}
                refusals = FILTER_REFUSALS if filters else frozenset()
            else:
                wanted, refusals = dict(request.params), frozenset()
            continue
        refusals = frozenset()
        empty_pages = 0 if listed(answer.body, list_key) else empty_pages + 1
        following = at(answer.body, cursor_key)
        if following is None or following == "" or following is False:
            return
        cursor = str(following)
        if cursor in seen:
            raise AnswerError(f"page {len(seen)} repeats an earlier cursor; the walk would never end")
        if empty_pages > EMPTY_PAGES_LIMIT:
            raise AnswerError(f"{empty_pages} empty pages in a row still had a cursor; the walk would never end")
        seen.add(cursor)


def numbered_pages(
    request: Request,
    list_key: str,
    limit: int,
    *,
    page_param: str = "page",
    size_param: str = "limit",
    first: int = 1,
    total_key: str | None = None,
    slow: tuple[int, float] | None = None,
    position: str | None = None,
    is_resumable: bool = False,
) -> Pages:
    """Counts pages until a page is empty or shorter than the first, or, where `total_key` says it, all have come.

    The size that is asked for says nothing of the end: an API may send fewer. With `slow`, pages beyond the given one
    come no faster than one in so many seconds. A walk `is_resumable` where the order of the list stays, so that a page
    holds tomorrow what it holds today.
    """
    page = _resumed(position, limit) or first
    end = _End(total_key, received=(page - first) * limit)
    while True:
        pause = slow[1] if slow and page > slow[0] else 0
        params = {**request.params, page_param: str(page), size_param: str(limit)}
        place = f"{page}/{limit}" if is_resumable else None
        beyond = BEYOND_THE_END if page > first else frozenset()
        answer = yield replace(request, params=params, pause_seconds=pause, position=place, accepts=beyond)
        if answer.status in beyond or end.is_reached(answer, listed(answer.body, list_key), f"page {page}"):
            return
        page += 1


def offset_pages(
    request: Request,
    list_key: str,
    limit: int,
    *,
    offset_param: str = "offset",
    size_param: str = "limit",
    total_key: str | None = None,
    position: str | None = None,
    is_resumable: bool = False,
) -> Pages:
    """Asks for the records after those that have come, until there are no more; as `numbered_pages`."""
    end = _End(total_key, received=_resumed(position, limit) or 0)
    while True:
        params = {**request.params, offset_param: str(end.received), size_param: str(limit)}
        place = f"{end.received}/{limit}" if is_resumable else None
        beyond = BEYOND_THE_END if end.received else frozenset()
        answer = yield replace(request, params=params, position=place, accepts=beyond)
        what = f"what follows the record {end.received}"
        if answer.status in beyond or end.is_reached(answer, listed(answer.body, list_key), what):
            return


def linked_pages(request: Request, *, next_key: str | None = None) -> Pages:
    """Follows the address of the next page: of the header `Link`, or in the body under the path `next_key`.

    It may be relative to the page's own; parameters of the request that it lacks are sent again. Where it leads, and
    with what in its query, is the API's: it is no position that could be kept.
    """
    following = request
    seen: set[str] = set()
    while True:
        answer = yield following
        address = answer.links.get("next") if next_key is None else at(answer.body, next_key)
        if not address:
            return
        try:
            url = httpx.URL(answer.url).join(str(address))
        except httpx.InvalidURL:
            raise AnswerError("the address of the next page is not a URL", code="KPI505") from None
        if str(url) in seen:
            raise AnswerError(f"page {len(seen) + 1} leads back to an earlier one; the walk would never end")
        seen.add(str(url))
        missing = {name: value for name, value in request.params.items() if name not in url.params}
        following = replace(request, path=str(url), params=missing)


@dataclass(slots=True)
class _End:
    """Where a list ends whose pages are counted."""

    total_key: str | None
    received: int
    _first: int | None = None
    _before: list[Item] = field(default_factory=list)

    def is_reached(self, answer: Answer, items: list[Item], what: str) -> bool:
        if items and items == self._before:
            raise AnswerError(
                f"{what} is the page before again; the walk would never end",
                help="the API does not count pages so, or sends this list whole: look at `pagination`",
            )
        self.received += len(items)
        self._before = items
        self._first = len(items) if self._first is None else self._first
        total = None if self.total_key is None else at(answer.body, self.total_key)
        if isinstance(total, int) and items:
            return self.received >= total
        return not items or len(items) < self._first


def _resumed(position: str | None, limit: int) -> int | None:
    """The number in a position, if pages are still as long as they were."""
    number, _, size = (position or "").partition("/")
    return int(number) if number.isdecimal() and size == str(limit) else None


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
