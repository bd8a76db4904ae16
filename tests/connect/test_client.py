"""Calls are made again where that helps, and not where it does not; what they carry stays secret."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from kpictl.connect import (
    Noticed,
    Pages,
    Rate,
    Request,
    Retries,
    Told,
    Waited,
    Walk,
    at,
    everything,
    linked_pages,
    sync,
)
from kpictl.connect.memory import MemorySink
from kpictl.diagnostics import WorldError
from tests.connect.test_sync import NOW, SECRET, connector, failing, synced, things, told
from tests.connect.web import HTML, Answer, Call, Web

GOOD = Answer({"things": [{"id": "a"}]})
PATIENT = Retries(attempts=4, first_seconds=0.001)


def answers(web: Web, *given: Answer) -> None:
    """These in turn, and then good ones."""
    left = list(given)
    web.answer = lambda _: left.pop(0) if left else GOOD


def quick(web: Web, **changes: Any) -> Any:
    return connector(web, **{"retries": PATIENT, **changes})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer({"message": "slow down"}, 429), "status 429"),
        (Answer(b"", 408), "status 408"),
        (Answer({"message": "oops"}, 500), "status 500"),
        (Answer(b"", 502), "status 502"),
        (Answer(b"<!DOCTYPE html>", 503, HTML), "status 503"),
        (Answer(b"", 504), "status 504"),
        (Answer(breaks_off=True), "the call broke off"),
        (Answer({"things": []}, missing_bytes=5), "the call broke off"),
        (Answer(b'{"things": [{"id": "a'), "no JSON"),
        (Answer(b"<html>maintenance</html>", 200, HTML), "an HTML page"),
    ],
)
def test_what_may_pass_is_tried_again(web: Web, sink: MemorySink, answer: Answer, reason: str) -> None:
    answers(web, answer, answer)
    said = told(quick(web), sink)
    assert [one.reason for one in said if isinstance(one, Waited)] == [reason, reason]
    assert sink.rows("raw_thing", "id") == ["a"]
    assert len(web.calls) == 3


@pytest.mark.parametrize(
    ("status", "code"), [(400, "KPI504"), (401, "KPI501"), (403, "KPI501"), (404, "KPI504"), (422, "KPI504")]
)
def test_what_does_not_pass_is_not_tried_again(web: Web, sink: MemorySink, status: int, code: str) -> None:
    web.answer = lambda _: Answer({"message": "no"}, status)
    assert failing(quick(web), sink).code == code
    assert len(web.calls) == 1


def test_tries_have_an_end(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"message": "oops"}, 500)
    error = failing(quick(web), sink)
    assert (len(web.calls), error.code) == (4, "KPI503")


@pytest.mark.parametrize("asked", [lambda: "1", lambda: formatdate(time.time() + 2, usegmt=True)])
def test_the_api_says_how_long_to_wait(web: Web, sink: MemorySink, asked: Callable[[], str]) -> None:
    answers(web, Answer({"message": "slow down"}, 429, {"Retry-After": asked()}))
    began = time.monotonic()
    said = told(quick(web), sink)
    (waited,) = [one for one in said if isinstance(one, Waited)]
    assert 0.9 <= waited.seconds <= 2
    assert time.monotonic() - began >= 0.9


def test_a_long_wait_is_left_for_another_run(web: Web, sink: MemorySink) -> None:
    answers(web, Answer({"message": "tomorrow"}, 429, {"Retry-After": "3600"}))
    error = failing(quick(web), sink)
    assert error.help == "the API asks to wait 3600 seconds; run again after that"
    assert len(web.calls) == 1


def test_an_answer_that_does_not_come(web: Web, sink: MemorySink) -> None:
    def slow(_: Call) -> Answer:
        time.sleep(0.5)
        return GOOD

    web.answer = slow
    error = failing(quick(web, timeout_seconds=0.05, retries=replace(PATIENT, attempts=2)), sink)
    assert "no answer in time (ReadTimeout)" in str(error)
    assert error.code == "KPI502"


def test_credentials_that_are_refused_are_not_shown_to_the_other_streams(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"message": "who?"}, 401)
    other = things(name="other", table="raw_other", children=())
    error = failing(quick(web, streams=(things(), other)), sink)
    assert str(error).endswith("came back with 401 Unauthorized: who?; not tried then: other")
    assert len(web.calls) == 1


def test_one_list_that_may_not_be_read_keeps_no_other_out(web: Web, sink: MemorySink) -> None:
    def answer(call: Call) -> Answer:
        return Answer({"message": "no permission"}, 403) if len(web.calls) == 1 else GOOD

    web.answer = answer
    other = things(name="other", table="raw_other", children=())
    error = failing(quick(web, streams=(things(), other)), sink)
    assert "stream thing: " in str(error)
    assert sink.rows("raw_other", "id") == ["a"]


def test_several_failures_are_all_told(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"message": "no permission"}, 403)
    other = things(name="other", table="raw_other", children=())
    saying = sync(everything((quick(web, streams=(things(), other)),)), sink, schema="raw", now=NOW)
    assert [str(said) for said in _until_it_raises(saying)] == [
        "connector shop, stream other: GET {0}/v1/things came back with 403 Forbidden: no permission",
        "connector shop, stream thing: GET {0}/v1/things came back with 403 Forbidden: no permission",
    ]


def _until_it_raises(saying: Iterator[Told]) -> Iterator[object]:
    """The messages, and that of the error at the end."""
    try:
        for said in saying:
            assert isinstance(said, Noticed)
            yield re.sub(r"http://[0-9.:]+", "{0}", said.message)
    except WorldError as error:
        yield re.sub(r"http://[0-9.:]+", "{0}", str(error))


def test_streams_of_one_connector_go_side_by_side(web: Web, sink: MemorySink) -> None:
    def slow(_: Call) -> Answer:
        time.sleep(0.2)
        return GOOD

    web.answer = slow
    streams = tuple(things(name=f"s{nth}", table=f"raw_{nth}", children=()) for nth in range(4))
    began = time.monotonic()
    synced(quick(web, streams=streams, concurrency=4), sink)
    assert time.monotonic() - began < 0.7
    assert len(sink.rows("kpictl_sync")) == 4


def test_the_streams_of_a_connector_share_its_rate(web: Web, sink: MemorySink) -> None:
    """Four threads with a rate of four in half a second: no window of that length sees a fifth."""
    times: list[float] = []

    def answer(_: Call) -> Answer:
        times.append(time.monotonic())
        return GOOD

    web.answer = answer
    streams = tuple(things(name=f"s{nth}", table=f"raw_{nth}", children=()) for nth in range(9))
    synced(quick(web, streams=streams, concurrency=4, rate=Rate(4, 0.5)), sink)
    times.sort()
    assert len(times) == 9
    assert all(last - first > 0.45 for first, last in zip(times, times[4:], strict=False))


def pages_by_link(_: Walk) -> Pages:
    return linked_pages(Request("/things"))


def test_a_link_to_the_next_page(web: Web, sink: MemorySink) -> None:
    def answer(call: Call) -> Answer:
        if call.query.get("page") == "2":
            return Answer({"things": [{"id": "b"}]})
        link = f'<{web.url}/v1/things?page=2>; rel="next", <{web.url}/v1/things?page=9>; rel="last"'
        return Answer({"things": [{"id": "a"}]}, 200, {"Link": link})

    web.answer = answer
    synced(quick(web, streams=(things(pages=pages_by_link),)), sink)
    assert sink.rows("raw_thing", "id") == ["a", "b"]


def test_a_link_to_a_stranger_is_refused(web: Web, other_web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"things": []}, 200, {"Link": f'<{other_web.url}/things?page=2>; rel="next"'})
    error = failing(quick(web, streams=(things(pages=pages_by_link),), other_hosts=("127.0.0.1",)), sink)
    assert "where the credentials do not go" in str(error)
    assert error.code == "KPI505"
    assert other_web.calls == []


def test_a_proxy_comes_from_the_environment(
    web: Web, other_web: Web, sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, other_web.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    other_web.answer = lambda _: GOOD
    synced(quick(web), sink)
    assert web.calls == []
    assert [call.path for call in other_web.calls] == ["/v1/things"]


def test_logs_have_no_secrets(web: Web, sink: MemorySink, caplog: pytest.LogCaptureFixture) -> None:
    def pages(_: Walk) -> Pages:
        yield Request("/things", {"key": SECRET})

    caplog.set_level(logging.DEBUG)
    web.answer = lambda _: GOOD
    synced(quick(web, streams=(things(pages=pages),)), sink)
    assert "/v1/things" in caplog.text
    assert "tenant" not in caplog.text
    assert "k3y" not in caplog.text
    assert "?key" not in caplog.text


def test_secrets_are_in_no_repr(web: Web) -> None:
    made = quick(web)
    assert SECRET not in f"{made!r} {made.streams!r} {Request('/x', {'key': SECRET})!r}"


def test_a_path_of_names() -> None:
    assert at({"data": {"next": "x"}}, "data.next") == "x"
    assert at({"data": None}, "data.next") is None
    assert at([1], "data") is None
    assert at([1], "") == [1]
