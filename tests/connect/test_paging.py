"""Pages are walked to their end, and never in a circle; no I/O is needed to show it."""

from __future__ import annotations

from typing import Any

import pytest

from kpictl.connect import Answer, AnswerError, Pages, Request, cursor_pages, listed, numbered_pages

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
    pages = numbered_pages(Request("/club"), "clubs", 2)
    assert walked(pages, [{"clubs": full, "total": 4}, {"clubs": rest, "total": 4}]) == [
        {"page": "1", "limit": "2"},
        {"page": "2", "limit": "2"},
    ]


def test_numbered_pages_go_on_past_a_short_page_while_the_total_says_so() -> None:
    bodies = [{"clubs": [{"id": str(number)}], "total": 3} for number in range(3)]
    assert len(walked(numbered_pages(Request("/club"), "clubs", 50), bodies)) == 3


def test_numbered_pages_stop_at_an_empty_page() -> None:
    bodies = [{"clubs": ONE, "total": 9}, {"clubs": [], "total": 9}]
    assert len(walked(numbered_pages(Request("/club"), "clubs", 1), bodies)) == 2


def test_numbered_pages_without_a_total_stop_at_a_short_page() -> None:
    bodies = [{"clubs": [{"id": "1"}, {"id": "2"}]}, {"clubs": [{"id": "3"}]}]
    assert len(walked(numbered_pages(Request("/club"), "clubs", 2), bodies)) == 2


def test_the_same_page_again_is_refused() -> None:
    bodies = [{"clubs": ONE, "total": 9}, {"clubs": ONE, "total": 9}]
    with pytest.raises(AnswerError, match="page 2 is page 1 again"):
        walked(numbered_pages(Request("/club"), "clubs", 1), bodies)


def test_records_stand_under_their_key_or_the_only_list() -> None:
    assert listed({"orders": ONE, "flags": []}, "orders") == ONE
    assert listed({"Orders": ONE, "total": 1}, "orders") == ONE


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
