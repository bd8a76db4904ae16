"""Pages are walked to their end, and never in a circle; no I/O is needed to show it."""

from __future__ import annotations

from typing import Any

import pytest

from kpictl.connect import (
    Answer,
    AnswerError,
    Pages,
    Request,
    cursor_pages,
    linked_pages,
    listed,
    numbered_pages,
    offset_pages,
)

ONE = [{"id": "1"}]
MISSING = object()


def walked(pages: Pages, bodies: list[Any]) -> list[dict[str, str]]:
    """The parameters of each request, as the bodies answer in turn; all bodies must be used up."""
    first = next(pages)
    assert isinstance(first, Request)
    asked = [dict(first.params)]
    for number, body in enumerate(bodies, start=1):
        try:
            request = pages.send(body if isinstance(body, Answer) else Answer(body))
        except StopIteration:
            assert number == len(bodies)
            return asked
        assert isinstance(request, Request)
        asked.append(dict(request.params))
    raise AssertionError("the walk did not end")


@pytest.mark.parametrize("end", [MISSING, None, ""])
def test_cursor_ends_when_missing_null_or_empty(end: object) -> None:
    last = {"orders": ONE} if end is MISSING else {"orders": ONE, "cursor": end}
    pages = cursor_pages(Request("/order", {"limit": "50"}), list_key="orders")
    assert walked(pages, [{"orders": ONE, "cursor": "a"}, last]) == [
        {"limit": "50", "cursor": "start"},
        {"limit": "50", "cursor": "a"},
    ]


def test_empty_page_with_a_cursor_goes_on() -> None:
    pages = cursor_pages(Request("/order"), list_key="orders")
    bodies = [{"orders": [], "cursor": "a"}, {"orders": ONE, "cursor": "b"}, {"orders": []}]
    assert walked(pages, bodies) == [{"cursor": "start"}, {"cursor": "a"}, {"cursor": "b"}]


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], ["start"]])
def test_repeated_cursor_is_refused(cursors: list[str]) -> None:
    pages = cursor_pages(Request("/order"), list_key="orders")
    bodies = [{"orders": ONE, "cursor": cursor} for cursor in cursors]
    with pytest.raises(AnswerError, match="repeats an earlier cursor"):
        walked(pages, bodies)


def test_endless_empty_pages_are_refused() -> None:
    pages = cursor_pages(Request("/order"), list_key="orders")
    bodies = [{"orders": [], "cursor": str(number)} for number in range(1000)]
    with pytest.raises(AnswerError, match="101 empty pages in a row"):
        walked(pages, bodies)


def test_numbered_pages_stop_at_the_total() -> None:
    full, rest = [{"id": "1"}, {"id": "2"}], [{"id": "3"}, {"id": "4"}]
    pages = numbered_pages(Request("/club"), "clubs", 2, total_key="total")
    assert walked(pages, [{"clubs": full, "total": 4}, {"clubs": rest, "total": 4}]) == [
        {"page": "1", "limit": "2"},
        {"page": "2", "limit": "2"},
    ]


def test_numbered_pages_go_on_past_a_short_page_while_the_total_says_so() -> None:
    bodies = [{"clubs": [{"id": str(number)}], "total": 3} for number in range(3)]
    assert len(walked(numbered_pages(Request("/club"), "clubs", 50, total_key="total"), bodies)) == 3


def test_numbered_pages_stop_at_an_empty_page() -> None:
    bodies = [{"clubs": ONE, "total": 9}, {"clubs": [], "total": 9}]
    assert len(walked(numbered_pages(Request("/club"), "clubs", 1, total_key="total"), bodies)) == 2


def test_numbered_pages_without_a_total_stop_at_a_short_page() -> None:
    bodies = [{"clubs": [{"id": "1"}, {"id": "2"}]}, {"clubs": [{"id": "3"}]}]
    assert len(walked(numbered_pages(Request("/club"), "clubs", 2, total_key="total"), bodies)) == 2


def test_an_api_that_sends_fewer_than_asked_for_is_walked_to_its_end() -> None:
    """The size is a wish: fifty a page, asked for a hundred, are no last page; a total that is not declared is none."""
    full = [[{"id": f"{page}-{nth}"} for nth in range(50)] for page in range(3)]
    bodies = [{"orders": page, "total": 50} for page in full] + [{"orders": [{"id": "last"}], "total": 50}]
    assert len(walked(numbered_pages(Request("/order"), "orders", 100), bodies)) == 4
    offsets = [asked["offset"] for asked in walked(offset_pages(Request("/order"), "orders", 100), bodies)]
    assert offsets == ["0", "50", "100", "150"]


def test_a_page_after_the_last_may_be_missing() -> None:
    bodies = [{"orders": ONE}, Answer(status=404)]
    assert len(walked(numbered_pages(Request("/order"), "orders", 100), bodies)) == 2


def test_a_cursor_that_the_api_has_forgotten_begins_anew() -> None:
    pages = cursor_pages(Request("/order"), list_key="orders", position="old", is_resumable=True)
    bodies = [Answer(status=410), {"orders": ONE, "cursor": "b"}, {"orders": []}]
    assert walked(pages, bodies) == [{"cursor": "old"}, {"cursor": "start"}, {"cursor": "b"}]


@pytest.mark.parametrize(
    ("following", "wanted"),
    [
        ("/v2/orders?page=2", "https://api.example.com/v2/orders?page=2"),
        ("?page=2", "https://api.example.com/v2/orders?page=2"),
        ("https://api.example.com/v2/orders?page=2&limit=9", "https://api.example.com/v2/orders?page=2&limit=9"),
        ("https://elsewhere.example.com/x", "https://elsewhere.example.com/x"),
    ],
)
def test_a_link_is_seen_from_its_page_and_keeps_the_parameters(following: str, wanted: str) -> None:
    pages = linked_pages(Request("/orders", {"limit": "5"}), next_key="next")
    next(pages)
    url = "https://api.example.com/v2/orders?limit=5"
    request = pages.send(Answer({"orders": ONE, "next": following}, url=url))
    assert isinstance(request, Request)
    assert request.path == wanted
    assert request.params == ({} if "limit=9" in wanted else {"limit": "5"})


def test_the_same_page_again_is_refused() -> None:
    bodies = [{"clubs": ONE, "total": 9}, {"clubs": ONE, "total": 9}]
    with pytest.raises(AnswerError, match="page 2 is the page before again"):
        walked(numbered_pages(Request("/club"), "clubs", 1, total_key="total"), bodies)


def test_records_stand_under_their_key_or_the_only_list() -> None:
    assert listed({"orders": ONE, "flags": []}, "orders") == ONE
    assert listed({"Orders": ONE, "total": 1}, "orders") == ONE
    assert listed({"data": {"orders": None}}, "data.orders") == []
    with pytest.raises(AnswerError, match="expected a list under `orders`"):
        listed({"success": False, "errors": []}, "orders", is_strict=True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "expected an object with `orders`, found a list"),
        (None, "expected an object with `orders`, found null"),
        ({"a": [], "b": []}, "expected a list under `orders`, found the keys a, b"),
        ({"orders": {"id": 1}}, "expected a list under `orders`, found the keys orders"),
        ({"orders": ["1"]}, "expected objects in `orders`, found a text"),
    ],
)
def test_other_bodies_are_refused(body: Any, message: str) -> None:
    with pytest.raises(AnswerError) as caught:
        listed(body, "orders")
    assert str(caught.value) == message
