"""A webhook is told once, or why not, and its address stays secret."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator

import pytest

from kpictl.connect.webhook import CUT, TEXT_LIMIT, escaped, is_address, post
from tests.connect.web import Answer, Call, Web, serving

PATH = "/services/T0/B0/open-sesame"
TAKEN = Answer(b"ok", headers={"Content-Type": "text/plain"})


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.answer = lambda _: TAKEN
        yield web


def told(web: Web, *answers: Answer) -> tuple[str | None, list[float]]:
    """What `post` says of these answers in turn, and how long it slept."""
    left = list(answers)
    web.answer = lambda _: left.pop(0)
    slept: list[float] = []
    return post(web.url + PATH, "it failed", slept.append), slept


def test_the_text_is_posted_as_slack_reads_it(web: Web) -> None:
    assert post(web.url + PATH, "a\nb", time.sleep) is None
    (call,) = web.calls
    assert (call.method, call.path, json.loads(call.body)) == ("POST", PATH, {"text": "a\nb"})
    assert call.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "passing", [Answer(status=500), Answer(status=429), Answer(status=408), Answer(breaks_off=True)]
)
def test_what_may_pass_is_tried_once_more(web: Web, passing: Answer) -> None:
    assert told(web, passing, TAKEN) == (None, [1.0])
    assert len(web.calls) == 2


def test_it_is_not_tried_for_ever(web: Web) -> None:
    assert told(web, Answer(status=503), Answer(status=503)) == ("it came back with 503", [1.0])
    assert len(web.calls) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_not_tried_again(web: Web, status: int) -> None:
    assert told(web, Answer(b"no_service", status)) == (f"it came back with {status}", [])
    assert len(web.calls) == 1


def test_a_redirect_is_not_followed(web: Web) -> None:
    with serving() as other:
        moved = Answer(status=307, headers={"Location": other.url + PATH})
        assert told(web, moved) == ("it came back with 307, and redirects are refused", [])
        assert other.calls == []


def test_a_slow_one_is_given_up(web: Web) -> None:
    def slow(_: Call) -> Answer:
        time.sleep(0.3)
        return TAKEN

    web.answer = slow
    assert post(web.url + PATH, "it failed", lambda _: None, timeout_seconds=0.05) == "there was no answer in time"
    assert len(web.calls) == 2


def test_nobody_is_there() -> None:
    with serving() as gone:
        url = gone.url
    assert post(url + PATH, "it failed", lambda _: None) == "there was no connection"


def test_what_comes_back_is_not_waited_for(web: Web) -> None:
    assert told(web, Answer(b"ok", missing_bytes=1000)) == (None, [])


def test_the_address_is_in_no_log_and_others_are_logged_again(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    post(web.url + PATH, "it failed", time.sleep)
    assert "open-sesame" not in caplog.text
    logging.getLogger("httpx").info("another call")
    assert "another call" in caplog.text


def test_nothing_in_a_text_mentions_anybody_or_makes_a_link() -> None:
    assert escaped("<!channel> a & b\tc\x1b[1m") == "&lt;!channel&gt; a &amp; b c [1m"


def test_a_long_text_is_cut() -> None:
    assert escaped("x" * TEXT_LIMIT) == "x" * TEXT_LIMIT
    assert escaped("x" * (TEXT_LIMIT + 1)) == "x" * (TEXT_LIMIT - 1) + CUT


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", True),
        ("http://127.0.0.1:8065/hooks/x", True),
        ("http://hooks.slack.com/services/T0/B0/x", False),
        ("hooks.slack.com/services/T0/B0/x", False),
        ("https://", False),
        ("https://hooks.slack.com:x/", False),
        ("#kpis", False),
    ],
)
def test_an_address_that_nobody_on_the_way_can_read(address: str, is_one: bool) -> None:
    assert is_address(address) is is_one
