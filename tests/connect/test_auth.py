"""Credentials reach the API as it wants them, and a token is renewed when it ends or is refused."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from kpictl.connect import (
    ClientCredentials,
    Connector,
    Pages,
    Record,
    Request,
    Retries,
    Stream,
    Walk,
    basic,
    bearer,
    everything,
    header,
    listed_under,
    query,
    sync,
)
from kpictl.connect.memory import MemorySink
from kpictl.diagnostics import WorldError
from tests.connect.test_sync import NOW
from tests.connect.web import Answer, Call, Web

SECRET = "cl1ent/secret"


class Thing(Record):
    id: str


def stream(name: str, requests: int = 1) -> Stream:
    def pages(_: Walk) -> Pages:
        for _nth in range(requests):
            yield Request("/things")

    return Stream(name, f"raw_{name}", ("id",), Thing, pages, listed_under("things"))


def connector(web: Web, auth: httpx.Auth, *streams: Stream, concurrency: int = 1) -> Connector:
    return Connector(
        "shop",
        web.url,
        streams or (stream("thing"),),
        auth=auth,
        secrets=(SECRET,),
        retries=Retries(attempts=2, first_seconds=0.001),
        concurrency=concurrency,
    )


def land(made: Connector) -> None:
    list(sync(everything((made,)), MemorySink(), schema="raw", now=NOW))


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        (basic("app", SECRET), lambda call: call.headers["authorization"].startswith("Basic ")),
        (bearer(SECRET), lambda call: call.headers["authorization"] == f"Bearer {SECRET}"),
        (header("X-Key", SECRET), lambda call: call.headers["x-key"] == SECRET),
        (query("key", SECRET), lambda call: call.query["key"] == SECRET),
    ],
)
def test_credentials_are_shown(web: Web, auth: httpx.Auth, shown: Callable[[Call], bool]) -> None:
    web.answer = lambda _: Answer({"things": []})
    land(connector(web, auth))
    (call,) = web.calls
    assert shown(call)


class Tokens:
    """An API that gives tokens, and takes the last one alone."""

    def __init__(self, web: Web, seconds: int = 3600) -> None:
        self.given = 0
        self.seconds = seconds
        self.lock = threading.Lock()
        web.answer = self.answer

    def answer(self, call: Call) -> Answer:
        if call.path == "/token":
            with self.lock:
                self.given += 1
            return Answer({"access_token": f"token-{self.given}", "expires_in": self.seconds})
        if call.headers.get("authorization") != f"Bearer token-{self.given}":
            return Answer({"message": f"not {call.headers.get('authorization')}"}, 401)
        return Answer({"things": [{"id": "a"}]})


def client(web: Web, **options: Callable[[], float]) -> ClientCredentials:
    return ClientCredentials(f"{web.url}/token", "app", SECRET, scope="read", **options)


def test_a_token_is_asked_for_once(web: Web) -> None:
    tokens = Tokens(web)
    land(connector(web, client(web), stream("one", 5), stream("two", 5), concurrency=2))
    assert tokens.given == 1
    asked = web.calls[0]
    assert (asked.method, asked.path) == ("POST", "/token")
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"app:{SECRET}".encode()).decode()
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["read"]}


def test_a_token_is_renewed_before_it_ends(web: Web) -> None:
    now = [0.0]
    tokens = Tokens(web)
    auth = client(web, clock=lambda: now[0])
    for moment, given in ((0, 1), (3569, 1), (3571, 2), (7000, 2)):
        now[0] = moment
        land(connector(web, auth))
        assert tokens.given == given


def test_a_token_that_is_refused_is_renewed_once(web: Web) -> None:
    tokens = Tokens(web)
    auth = client(web)
    land(connector(web, auth))
    tokens.given += 7  # the API has forgotten ours
    land(connector(web, auth))
    assert tokens.given == 9


def test_a_client_that_is_refused(web: Web) -> None:
    web.answer = lambda _: Answer({"error": "invalid_client"}, 401)
    with pytest.raises(WorldError) as caught:
        land(connector(web, client(web), stream("one"), stream("two")))
    assert str(caught.value) == (
        "connector shop, stream one: no token came from 127.0.0.1: status 401; not tried then: two"
    )
    assert caught.value.code == "KPI501"
    assert len(web.calls) == 1


def test_a_tokens_server_that_is_down_is_tried_again(web: Web) -> None:
    answers = [Answer(b"", 503)]
    tokens = Tokens(web)
    web.answer = lambda call: answers.pop() if answers else tokens.answer(call)
    land(connector(web, client(web)))
    assert tokens.given == 1


def test_a_token_is_in_no_message(web: Web) -> None:
    tokens = Tokens(web)
    web.answer = lambda call: (
        tokens.answer(call) if call.path == "/token" else Answer({"message": str(call.headers)}, 403)
    )
    with pytest.raises(WorldError) as caught:
        land(connector(web, client(web)))
    assert "token-1" not in f"{caught.value} {caught.value.help}"
