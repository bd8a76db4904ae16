"""A sync lands each stream whole or not at all, and says in words what went wrong, without secrets."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from kpictl import __version__
from kpictl.connect import (
    EVERYTHING,
    AnswerError,
    Child,
    Choice,
    Connector,
    Item,
    Noticed,
    Pages,
    Record,
    Request,
    Retries,
    Stream,
    Synced,
    Told,
    Walk,
    cursor_pages,
    everything,
    listed_under,
    sync,
    tables,
)
from kpictl.connect.memory import MemorySink
from kpictl.diagnostics import WorldError
from tests.connect.web import HTML, Answer, Call, Web

NOW = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)
SECRET = "k3y/with+odd=letters"


class Thing(Record):
    id: str
    size: int | None = None
    revision: int = 0


class Part(Record):
    thing_id: str
    name: str


def parts(thing: Item) -> list[Item]:
    return [{"thingId": thing["id"], "name": name} for name in thing.get("parts", [])]


def things(**changes: Any) -> Stream:
    stream = Stream(
        name="thing",
        table="raw_thing",
        key=("id",),
        record=Thing,
        pages=lambda _: cursor_pages(Request("/things"), list_key="things"),
        items=listed_under("things"),
        children=(Child("raw_part", ("thing_id", "name"), Part, parts),),
    )
    return replace(stream, **changes)


def connector(web: Web, *streams: Stream, **changes: Any) -> Connector:
    made = Connector(
        "shop",
        f"{web.url}/v1",
        streams or (things(),),
        auth=httpx.BasicAuth("app", SECRET),
        headers={"tenant": "estate"},
        secrets=(SECRET,),
        retries=Retries(attempts=2, first_seconds=0.001),
    )
    return replace(made, **changes)


def told(made: Connector, sink: MemorySink, now: datetime = NOW, choice: Choice = EVERYTHING) -> list[Told]:
    return list(sync(everything((made,)), sink, schema="raw", now=now, choice=choice))


def synced(made: Connector, sink: MemorySink, now: datetime = NOW) -> list[Synced]:
    return [said for said in told(made, sink, now) if isinstance(said, Synced)]


def failing(made: Connector, sink: MemorySink) -> WorldError:
    """The error of a sync that must fail; whatever it says, it keeps the secrets."""
    with pytest.raises(WorldError) as caught:
        synced(made, sink)
    text = f"{caught.value} {caught.value.help}"
    assert SECRET not in text
    assert "sig=" not in text
    assert str(caught.value).startswith("connector shop, stream ")
    return caught.value


def two_pages(call: Call) -> Answer:
    if call.query["cursor"] == "start":
        return Answer({"things": [{"id": "a", "size": 1, "parts": ["x", "y"], "more": None}], "cursor": "2"})
    return Answer({"things": [{"id": "b", "size": 2}, {"id": "a", "size": 3, "parts": ["z"]}], "cursor": None})


def test_pages_land_with_children_and_state(web: Web, sink: MemorySink) -> None:
    web.answer = two_pages
    found = synced(connector(web), sink)
    assert [(one.connector, one.stream, one.table, one.rows) for one in found] == [
        ("shop", "thing", "raw_thing", 2),
        ("shop", "thing", "raw_part", 1),
    ]
    assert all(0 < one.seconds < 60 for one in found)
    assert sink.rows("raw_thing") == [
        {
            "id": "a",
            "size": 3,
            "revision": 0,
            "record": '{"id":"a","size":3,"parts":["z"]}',
            "synced_at": NOW,
            "deleted_at": None,
        },
        {
            "id": "b",
            "size": 2,
            "revision": 0,
            "record": '{"id":"b","size":2}',
            "synced_at": NOW,
            "deleted_at": None,
        },
    ]
    # The parts are those of the last version: what it lacks is gone.
    assert sink.rows("raw_part", "thing_id", "name") == [("a", "z")]
    assert sink.rows("kpictl_sync") == [
        {"connector": "shop", "stream": "thing", "table_name": table, "finished_at": NOW, "row_count": count}
        for table, count in (("raw_part", 1), ("raw_thing", 2))
    ]


def test_rows_are_written_whenever_a_batch_is_full(web: Web, sink: MemorySink) -> None:
    """So that memory is bounded by a batch, not by the history."""
    web.answer = two_pages
    list(sync(everything((connector(web),)), sink, schema="raw", now=NOW, batch_rows=1))
    assert sink.written == [
        ("raw.kpictl_bookmark", 1),  # the tables are new: whatever was known of them is not true any more
        ("raw.raw_thing", 1),
        ("raw.raw_part", 2),
        ("raw.kpictl_bookmark", 1),
        ("raw.raw_thing", 2),
        ("raw.raw_part", 1),
        ("raw.kpictl_bookmark", 1),
        ("raw.kpictl_bookmark", 1),
        ("raw.kpictl_sync", 2),
    ]
    assert sink.commits == 4  # the definitions, a page, a page, the end


def test_requests_carry_credentials_headers_and_a_name(web: Web, sink: MemorySink) -> None:
    web.answer = two_pages
    synced(connector(web), sink)
    assert [(call.method, call.path, call.raw_query) for call in web.calls] == [
        ("GET", "/v1/things", "cursor=start"),
        ("GET", "/v1/things", "cursor=2"),
    ]
    for call in web.calls:
        assert call.headers["user-agent"] == f"kpictl/{__version__}"
        assert call.headers["tenant"] == "estate"
        assert call.headers["authorization"].startswith("Basic ")


def test_moments_are_stored_in_utc(web: Web, sink: MemorySink) -> None:
    web.answer = two_pages
    here = NOW.astimezone(timezone(timedelta(hours=-7)))
    synced(connector(web), sink, here)
    assert {row["finished_at"] for row in sink.rows("kpictl_sync")} == {NOW}
    with pytest.raises(ValueError, match="time zone"):
        synced(connector(web), sink, NOW.replace(tzinfo=None))


def test_the_greatest_version_is_kept_and_the_later_of_equals(web: Web, sink: MemorySink) -> None:
    def answer(call: Call) -> Answer:
        if call.query["cursor"] == "start":
            new = [
                {"id": "a", "revision": 2, "size": 1, "parts": ["x"]},
                {"id": "a", "revision": 1, "parts": ["old"]},
            ]
            return Answer({"things": [*new, {"id": "b", "revision": 1, "size": 1}], "cursor": "2"})
        old = {"id": "a", "revision": 1, "size": 8, "parts": ["older"]}
        return Answer({"things": [old, {"id": "b", "revision": 1, "size": 2}]})

    web.answer = answer
    synced(connector(web, things(version=lambda thing: (thing.revision,))), sink)
    assert [(row["id"], row["size"]) for row in sink.rows("raw_thing")] == [("a", 1), ("b", 2)]
    assert [row["name"] for row in sink.rows("raw_part")] == ["x"]


def test_a_stream_that_fails_keeps_what_came_and_is_not_finished(web: Web, sink: MemorySink) -> None:
    def answer(call: Call) -> Answer:
        if call.path == "/v1/others" and call.query["cursor"] == "2":
            return Answer({"statusCode": 500, "message": "oops"}, 500)
        return Answer({"things": [{"id": "a"}], "cursor": "2" if call.path == "/v1/others" else None})

    web.answer = answer
    second = things(
        name="other",
        table="raw_other",
        children=(),
        pages=lambda _: cursor_pages(Request("/others"), list_key="things"),
    )
    error = failing(connector(web, things(), second), sink)
    assert str(error).endswith("/v1/others came back with 500 Internal Server Error: oops")
    assert [row["id"] for row in sink.rows("raw_thing")] == ["a"]
    assert [row["id"] for row in sink.rows("raw_other")] == ["a"]
    assert {row["stream"] for row in sink.rows("kpictl_sync")} == {"thing"}


def test_tables_are_known_before_a_sync(web: Web) -> None:
    assert [(str(table.name), table.key) for table in tables(connector(web), "raw")] == [
        ("raw.raw_thing", ("id",)),
        ("raw.raw_part", ("thing_id", "name")),
    ]
    columns = tables(connector(web), "raw")[0].columns
    assert [(column.name, column.type) for column in columns] == [
        ("id", "text"),
        ("size", "bigint"),
        ("revision", "bigint"),
        ("record", "json"),
        ("synced_at", "timestamptz"),
        ("deleted_at", "timestamptz"),
    ]


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (
            Answer(
                {"statusCode": 401, "type": "unauthorized", "message": "Unauthenticated User", "errors": []},
                401,
            ),
            "came back with 401 Unauthorized: Unauthenticated User",
            "check the connector's credentials and what they may read",
        ),
        (Answer(b"", 403), "came back with 403 Forbidden and an empty body", "credentials"),
        (
            Answer(b"<!DOCTYPE html><h1>unavailable, try again</h1>", 503, HTML),
            "came back with 503 Service Unavailable and an HTML page",
            "the service is unavailable, or hides rejected credentials behind this answer",
        ),
        (
            Answer({"message": "slow down"}, 429),
            "came back with 429 Too Many Requests: slow down",
            "too many calls",
        ),
        (
            Answer({"message": "no cursor"}, 422),
            "came back with 422 Unprocessable",
            "check `base_url` and what is asked for",
        ),
        (
            Answer(b"<html></html>", 200, HTML),
            "came back with 200 and an HTML page instead of JSON",
            "base_url",
        ),
        (Answer(b'{"things": [{"id": "a'), "came back with 21 bytes that are not JSON", "cut off"),
        (Answer(b'{"things": [{"id": "a", "size": NaN}]}'), "bytes that are not JSON", "cut off"),
        (Answer(b'{"things": [{"id": "a", "size": 1e999}]}'), "bytes that are not JSON", "cut off"),
        (Answer(b"\xff\xfe"), "came back with 2 bytes that are not JSON", "cut off"),
        (Answer({"error": "none"}), "expected a list under `things`, found the keys error", "may have changed"),
    ],
)
def test_what_came_back_is_said(web: Web, sink: MemorySink, answer: Answer, message: str, hint: str) -> None:
    web.answer = lambda _: answer
    error = failing(connector(web), sink)
    assert message in str(error)
    assert hint in (error.help or "")


@pytest.mark.parametrize(
    "echo",
    [
        f"key {SECRET} is unknown",
        "see https://host/file?sig=abc&x=1",
        "k3y%2Fwith%2Bodd%3Dletters is unknown",
    ],
)
def test_secrets_in_the_servers_words_are_hidden(web: Web, sink: MemorySink, echo: str) -> None:
    web.answer = lambda _: Answer({"message": echo}, 401)
    error = failing(connector(web), sink)
    assert "***" in str(error)
    assert "k3y" not in str(error)


def test_the_basic_header_is_hidden_when_the_server_says_it(web: Web, sink: MemorySink) -> None:
    web.answer = lambda call: Answer({"message": f"got {call.headers['authorization']}"}, 401)
    assert str(failing(connector(web), sink)).endswith("401 Unauthorized: got Basic ***")


def test_nobody_at_the_address(sink: MemorySink) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        error = failing(connector(Web(f"http://127.0.0.1:{taken.getsockname()[1]}")), sink)
    assert "no connection" in str(error)
    assert error.help == "check `base_url`, the network, and HTTPS_PROXY if there is a proxy"


def test_redirects_are_refused(web: Web, other_web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer(b"", 302, {"Location": f"{other_web.url}/things?sig=abc"})
    assert "redirects are refused" in str(failing(connector(web), sink))
    assert other_web.calls == []


def one_request(request: Request) -> Callable[[Walk], Pages]:
    def pages(_: Walk) -> Pages:
        yield request

    return pages


def test_unauthenticated_requests_carry_no_header_of_ours(web: Web, other_web: Web, sink: MemorySink) -> None:
    other_web.answer = lambda _: Answer({"things": [{"id": "a"}]})
    address = f"{other_web.url}/files/1.json?sig=a%2Fb%3D&x=1"
    pages = one_request(Request(address, authenticated=False))
    synced(connector(web, things(pages=pages), other_hosts=("127.0.0.1",)), sink)
    (call,) = other_web.calls
    assert call.raw_query == "sig=a%2Fb%3D&x=1"  # a signed address is sent as it is
    assert "tenant" not in call.headers
    assert "authorization" not in call.headers


def test_credentials_go_to_their_own_host_alone(web: Web, other_web: Web, sink: MemorySink) -> None:
    error = failing(connector(web, things(pages=one_request(Request(f"{other_web.url}/things?sig=1")))), sink)
    assert "the API leads from 127.0.0.1 to 127.0.0.1, where the credentials do not go" in str(error)
    assert other_web.calls == []


def test_a_host_that_the_connector_does_not_list_is_not_called(web: Web, other_web: Web, sink: MemorySink) -> None:
    pages = one_request(Request(f"{other_web.url}/things?sig=1", authenticated=False))
    error = failing(connector(web, things(pages=pages)), sink)
    assert "which the connector does not allow" in str(error)
    assert other_web.calls == []


def test_an_expired_file_is_no_matter_of_credentials(web: Web, other_web: Web, sink: MemorySink) -> None:
    other_web.answer = lambda _: Answer(b"<Error>expired sig=abc</Error>", 403, {"Content-Type": "application/xml"})
    address = f"{other_web.url}/files/1.json?sig=abc"
    pages = one_request(Request(address, authenticated=False))
    error = failing(connector(web, things(pages=pages), other_hosts=("127.0.0.1",)), sink)
    assert f"{other_web.url}/files/1.json came back with 403" in str(error)
    assert "expired" in (error.help or "")


def test_compressed_answers_are_read(web: Web, sink: MemorySink) -> None:
    content = gzip.compress(b'{"things": [{"id": "a"}]}')
    web.answer = lambda _: Answer(content, 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert synced(connector(web), sink)[0].rows == 1


def test_what_no_database_stores_is_replaced(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer(rb'{"things": [{"id": "a\u0000b", "note": "\ud83c\udf77 \ud800"}]}')
    synced(connector(web), sink)
    (row,) = sink.rows("raw_thing")
    assert row["id"] == "a\N{REPLACEMENT CHARACTER}b"
    assert row["record"] == ('{"id":"a\N{REPLACEMENT CHARACTER}b","note":"\N{WINE GLASS} \N{REPLACEMENT CHARACTER}"}')


@pytest.mark.parametrize(
    ("sent", "key", "reason"),
    [
        ({"id": "a", "size": "many"}, "id a", "size: Input should be a valid integer"),
        ({"size": 1}, "sha256 ", "id: Field required"),
        ({"id": ""}, "sha256 ", "id is missing"),
        ({"id": "a", "size": 2**63}, "id a", "size: the number is too large for a bigint"),
        ({"id": "a", "parts": [None]}, "id a", "record 1 of its page of raw_part: name: Input should be"),
    ],
)
def test_a_misfit_is_kept_apart(web: Web, sink: MemorySink, sent: Item, key: str, reason: str) -> None:
    web.answer = lambda _: Answer({"things": [{"id": "ok"}, sent]})
    said = told(connector(web), sink)
    assert sink.rows("raw_thing", "id") == ["ok"]
    (reject,) = sink.rows("raw_rejects")
    assert reject["record_key"].startswith(key)
    assert reject["reason"].startswith(reason)
    assert json.loads(reject["record"]) == sent
    assert reject["synced_at"] == NOW
    (notice,) = [one for one in said if isinstance(one, Noticed)]
    assert notice.message.startswith("1 record does not fit raw_thing: ")
    assert reason in notice.message


def test_too_many_that_do_not_fit_are_a_changed_api(web: Web, sink: MemorySink) -> None:
    """Fifty of the first thousand may be mistakes; with one more the walk stops, and asks for no further page."""
    pages = [[{"id": f"{page}-{nth}", "size": "many"} for nth in range(7)] for page in range(90)]

    def answer(call: Call) -> Answer:
        page = 0 if call.query["cursor"] == "start" else int(call.query["cursor"])
        return Answer({"things": pages[page], "cursor": str(page + 1)})

    web.answer = answer
    error = failing(connector(web), sink)
    assert "56 of 56 records do not fit raw_thing, and that is too many: id 0-0: size: Input should be" in str(error)
    assert error.code == "KPI506"
    assert len(web.calls) < 30  # eight pages, and what was on its way
    assert len(sink.rows("raw_rejects")) == 56


def test_twenty_one_of_a_hundred_are_too_many_at_the_end(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"things": [{"id": str(nth), "size": "x" if nth < 21 else 1} for nth in range(100)]})
    assert "21 of 100 records do not fit" in str(failing(connector(web), sink))
    assert sink.rows("kpictl_sync") == []


def test_a_misfit_that_is_corrected_is_forgotten(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"things": [{"id": "ok"}, {"id": "a", "size": "many"}]})
    synced(connector(web), sink)
    web.answer = lambda _: Answer({"things": [{"id": "ok"}, {"id": "a", "size": 1}]})
    synced(connector(web), sink, NOW + timedelta(hours=1))
    assert sink.rows("raw_rejects") == []


def test_whatever_is_wrong_with_one_record_stops_no_other(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"things": [{"id": "ok"}, {"id": "a", "parts": 5}]})
    synced(connector(web), sink)
    assert sink.rows("raw_thing", "id") == ["ok"]
    assert sink.rows("raw_rejects", "record_key", "reason") == [("id a", "it cannot be read (TypeError)")]


def test_a_client_that_cannot_be_made_is_told(web: Web, sink: MemorySink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:pass-w0rd@127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "ftp://127.0.0.1:1")
    other = things(name="other", table="raw_other", children=())
    error = failing(connector(web, things(), other), sink)
    assert "no client can be made: " in str(error)
    assert str(error).endswith("not tried then: other")
    assert "pass-w0rd" not in str(error)


def test_faults_of_the_plugin_are_its_own(web: Web, sink: MemorySink) -> None:
    def items(body: Any) -> list[Item]:
        raise KeyError(SECRET)

    web.answer = two_pages
    assert "the connector's code failed: KeyError: '***'" in str(failing(connector(web, things(items=items)), sink))


def test_faults_of_the_sink_pass_as_they_are(web: Web, sink: MemorySink, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError("disk full")

    web.answer = two_pages
    monkeypatch.setattr(sink, "upsert", full)
    with pytest.raises(OSError, match="disk full"):
        synced(connector(web), sink)


@pytest.mark.parametrize("url", ["http://api.example.com", "ftp://127.0.0.1", "api.example.com"])
def test_a_connector_speaks_https_but_at_home(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Connector("shop", url, ())


def test_two_streams_cannot_share_a_table(web: Web) -> None:
    with pytest.raises(ValueError, match="the table raw_thing is there twice"):
        connector(web, things(), things(name="again", children=()))


def test_answer_errors_of_a_plugin_get_its_place(web: Web, sink: MemorySink) -> None:
    def items(body: Any) -> list[Item]:
        raise AnswerError("the listing is of yesterday", help="wait")

    web.answer = two_pages
    error = failing(connector(web, things(items=items)), sink)
    assert str(error) == "connector shop, stream thing: the listing is of yesterday"
    assert error.help == "wait"
