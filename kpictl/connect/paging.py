"""How the pages of an API are walked: generators that yield requests and are sent answers, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kpictl.connect.exchange import Answer, AnswerError, Item, Pages, Request

EMPTY_PAGES_LIMIT = 100
"""So many empty pages in a row, each with a fresh cursor, are a server that will not end."""
FILTER_REFUSALS = frozenset({400, 422})


def at(body: Any, path: str) -> Any:
    """What stands under a path of names, as `data.orders`; None where there is nothing, the whole for an empty path."""
    for name in path.split(".") if path else ():
        body = body.get(name) if isinstance(body, dict) else None
    return body


def listed(body: Any, key: str) -> list[Item]:
    """The records of a body: under the path `key`, else under the only key that holds a list; for "" the body."""
    if key and not isinstance(body, dict):
        raise AnswerError(f"expected an object with `{key}`, found {_kind(body)}")
    found = at(body, key)
    if found is None and isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else None
    if not isinstance(found, list):
        where = f"a list under `{key}`" if key else "a list"
        what = ", ".join(map(str, body)) or "of nothing" if isinstance(body, dict) else ""
        raise AnswerError(f"expected {where}, found {f'the keys {what}' if what else _kind(body)}")
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
    refusals = FILTER_REFUSALS if filters else frozenset()
    while True:
        params = wanted if cursor is None else {**wanted, cursor_param: cursor}
        place = cursor if is_resumable else None
        answer = yield replace(request, params=params, accepts=refusals, position=place)
        if answer.status in refusals:
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
    total_key: str = "total",
    slow: tuple[int, float] | None = None,
    position: str | None = None,
    is_resumable: bool = False,
) -> Pages:
    """Counts pages until `total` records have come, or a page is empty, or short without a total.

    With `slow`, pages beyond the given one come no faster than one in so many seconds. A walk `is_resumable` where
    the order of the list stays, so that a page holds tomorrow what it holds today.
    """
    page = int(position) if position else first
    received = (page - first) * limit
    before: list[Item] = []
    while True:
        pause = slow[1] if slow and page > slow[0] else 0
        params = {**request.params, page_param: str(page), size_param: str(limit)}
        place = str(page) if is_resumable else None
        answer = yield replace(request, params=params, pause_seconds=pause, position=place)
        items = listed(answer.body, list_key)
        if not items:
            return
        if items == before:
            raise AnswerError(f"page {page} is page {page - 1} again; the walk would never end")
        received += len(items)
        before = items
        page += 1
        if _is_last(answer, total_key, received, len(items), limit):
            return


def offset_pages(
    request: Request,
    list_key: str,
    limit: int,
    *,
    offset_param: str = "offset",
    size_param: str = "limit",
    total_key: str = "total",
    position: str | None = None,
    is_resumable: bool = False,
) -> Pages:
    """Asks for the records after those that have come, until there are no more; as `numbered_pages`."""
    received = int(position) if position else 0
    before: list[Item] = []
    while True:
        params = {**request.params, offset_param: str(received), size_param: str(limit)}
        place = str(received) if is_resumable else None
        answer = yield replace(request, params=params, position=place)
        items = listed(answer.body, list_key)
        if not items:
            return
        if items == before:
            raise AnswerError(f"the records after {received} are those before again; the walk would never end")
        received += len(items)
        before = items
        if _is_last(answer, total_key, received, len(items), limit):
            return


def linked_pages(
    request: Request, *, next_key: str | None = None, position: str | None = None, is_resumable: bool = False
) -> Pages:
    """Follows the address of the next page: of the header `Link`, or in the body under the path `next_key`."""
    following = request if position is None else replace(request, path=position, params={})
    seen: set[str] = set()
    while True:
        place = following.path if is_resumable and seen else None
        answer = yield replace(following, position=place)
        address = answer.links.get("next") if next_key is None else at(answer.body, next_key)
        if not address:
            return
        if address in seen:
            raise AnswerError(f"page {len(seen) + 1} leads back to an earlier one; the walk would never end")
        seen.add(address)
        following = replace(request, path=str(address), params={})


def _is_last(answer: Answer, total_key: str, received: int, found: int, limit: int) -> bool:
    total = at(answer.body, total_key)
    return received >= total if isinstance(total, int) else found < limit


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
