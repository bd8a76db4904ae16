"""What HTTP says around the numbers: tags, gzip, methods, parameters, names, tokens, other origins."""

from __future__ import annotations

import gzip
import json
import re
import socket
from base64 import b64encode
from pathlib import Path

import duckdb
import httpx
import pytest

from kpictl.diagnostics import UsageError, WorldError
from kpictl.engine import published_path
from kpictl.serve import TOKEN_VARIABLE, Settings, listening, settings_of
from kpictl.serve.answers import KEPT, KEPT_BYTES, Answer, Answers, takes_gzip
from tests.pipeline.shop import Shop
from tests.serve.served import HOSTILE_CODE, SCRIPT, Served, published, serving

pytestmark = pytest.mark.xdist_group("web")

TOKEN, OTHER = "0123456789abcdef", "another-token-of-many"


def is_problem(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == status
    for each in words:
        assert each in told["detail"]
    for leaked in ("Traceback", "select", "SELECT", 'File "'):
        assert leaked not in answer.text


def test_a_tag_saves_what_is_known(door: Served) -> None:
    first = door.client.get("/api/dashboard", headers={"Accept-Encoding": "identity"})
    tag = first.headers["etag"]
    assert tag.startswith(f'"{first.json()["edition"]}-')
    assert (first.headers["cache-control"], first.headers["vary"]) == ("no-cache", "Accept-Encoding")
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = door.client.get("/api/dashboard", headers={"Accept-Encoding": "identity", "If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    lines = [("Accept-Encoding", "identity"), ("If-None-Match", '"x"'), ("If-None-Match", tag)]
    assert door.client.get("/api/dashboard", headers=lines).status_code == 304
    zipped = door.client.get("/api/dashboard", headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert zipped.status_code == 200
    assert zipped.headers["etag"] != tag
    other = door.client.get("/api/dashboard?limit=1", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_gzip_is_for_those_who_take_it(door: Served) -> None:
    with door.client.stream("GET", "/api/dashboard", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(sent)
    plain = door.client.get("/api/dashboard", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 3


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [("", False), ("gzip", True), ("*", True), ("identity", False), ("gzip; q=0.0, *", False), ("GZIP ;q=1", True)],
)
def test_what_an_accept_encoding_says(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


def test_head_says_what_get_would(door: Served) -> None:
    got, asked = door.client.get("/api/kpis"), door.client.head("/api/kpis")
    assert (asked.status_code, asked.content) == (200, b"")
    same = ("etag", "content-length", "content-type", "content-encoding")
    assert [asked.headers[name] for name in same] == [got.headers[name] for name in same]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(door: Served, method: str) -> None:
    answer = door.client.request(method, "/api/kpis")
    is_problem(answer, 405, method)
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("/api/dashboard?as_of=20250302", "as_of is no day"),
        ("/api/dashboard?as_of=2025-02-30", "as_of is no day"),
        ("/api/dashboard?as_of=", "as_of is no day"),
        ("/api/dashboard?as_of=٢٠٢٥-٠٣-٠٢", "as_of is no day"),
        ("/api/dashboard?entity=", "1 to 1,000 characters"),
        (f"/api/dashboard?entity={'x' * 1_001}", "1 to 1,000 characters"),
        ("/api/dashboard?limit=0", "limit is a whole number from 1 to 1,000"),
        ("/api/dashboard?limit=1001", "limit is a whole number"),
        ("/api/dashboard?limit=1e3", "limit is a whole number"),
        ("/api/dashboard?offset=-1", "offset is a whole number"),
        ("/api/dashboard?offset=99999999999999999999", "offset is a whole number"),
        ("/api/dashboard?limit=1&limit=2", "limit is given twice"),
        ("/api/dashboard?asof=2025-03-02", "no parameter is called `asof`: there are as_of, entity, limit, offset"),
        ("/api/dashboard?entity=%ff", "not in UTF-8"),
        ("/api/dashboard?" + "&".join("limit=1" for _ in range(30)), "too many"),
        ("/api/kpis/revenue?limit=1", "no parameter is called `limit`: there are none"),
        ("/api/kpis/revenue/series?grain=decade", "grain is one of day, week, month, quarter, year"),
        ("/api/kpis/revenue/series?from=2025-03-02&to=2025-03-01", "after"),
        ("/healthz?x=1", "no parameter"),
        ("/openapi.json?x=1", "no parameter"),
    ],
)
def test_a_query_that_says_nothing_is_refused(door: Served, query: str, words: str) -> None:
    is_problem(door.client.get(query), 400, words)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/", "/api/"),
        ("/api/kpis/", "/api/kpis/"),
        ("/api/kpis/revenu", "`revenue` is near"),
        ("/api/kpis/%00", "no KPI"),
        (f"/api/kpis/{'x' * 2_000}", "no KPI has a code of more"),
        ("/api/kpis/revenue%27%3B%20drop%20table%20x", "no KPI"),
        ("/api/kpis/revenue/series?entity=sout", "`south` is near"),
        ("/api/dashboard?entity=%00", "no entity"),
        ("/api/dashboard?as_of=2020-01-01", "the latest as-of date is 2025-03-02"),
        ("/../kpictl.yml", "nothing at"),
        (f"/{SCRIPT}", "nothing at"),
    ],
)
def test_what_is_not_there_is_not_found(door: Served, path: str, words: str) -> None:
    is_problem(door.client.get(path), 404, words)


def test_pages_follow_each_other(door: Served) -> None:
    whole = door.get("/api/dashboard")
    assert (whole["total"], whole["limit"], whole["offset"], whole["next"]) == (9, 500, 0, None)
    assert door.every("/api/dashboard", "rows", limit=4) == whole["rows"]
    last = door.get("/api/dashboard", limit=4, offset=8)
    assert (len(last["rows"]), last["next"]) == (1, None)
    assert door.get("/api/dashboard", offset=9)["rows"] == []
    first = door.get("/api/dashboard", entity=HOSTILE_CODE, limit=2)
    assert door.client.get(f"/api/dashboard{first['next']}").json()["total"] == 3
    assert len(door.every("/api/kpis/revenue/series", "rows", limit=100)) == 366


def test_the_ends_of_time_are_days_too(door: Served) -> None:
    series = "/api/kpis/revenue/series"
    assert door.get(series, **{"from": "0001-01-01", "to": "0001-01-02"})["rows"] == []
    assert door.get(series, to="0001-01-01")["rows"] == []
    assert door.get(series, **{"from": "9999-12-31"})["rows"] == []
    assert door.get(series, **{"from": "0001-01-01", "to": "9999-12-31"})["total"] == 731
    assert door.get(series, grain="year", **{"from": "0001-01-01"})["total"] == 2


def test_answers_keep_browsers_within_bounds(door: Served) -> None:
    for path in ("/api/kpis", "/nothing", "/openapi.json"):
        headers = door.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:80"])
def test_the_machine_has_its_own_names(door: Served, host: str) -> None:
    assert door.client.get("/api/kpis", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "localhost:evil.example",
        "[::2]",
        "[::1].evil.example",
        "[::1]evil.example:80",
        "[::1",
        "[127.0.0.1",
        "[127.0.0.1]",
        "[localhost]",
        "localhost]",
    ],
)
def test_another_name_is_refused(door: Served, host: str) -> None:
    is_problem(door.client.get("/api/kpis", headers={"Host": host}), 421, "localhost")


def test_a_token_opens(door: Served) -> None:
    basic = b64encode(f"anybody:{TOKEN}".encode()).decode()
    right = [f"Bearer {TOKEN}", f"bearer {OTHER}", f"Basic {basic}"]
    wrong = ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Token {TOKEN}", TOKEN, "Basic x"]
    wrong += [f"Basic {b64encode(TOKEN.encode()).decode()}", f"Basic {b64encode(b':').decode()}", "Bearer \xe9"]
    with serving(door.shop, Settings(tokens=(TOKEN, OTHER), cors=("https://one.example",))) as made:
        for shown in right:
            answer = made.client.get("/api/kpis", headers={"Authorization": shown, "Host": "kpis.example.com"})
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "private, no-cache"
            assert "Authorization" in answer.headers["vary"]
        for path in ("/api/kpis", "/", "/page/head.json", "/openapi.json", "/nothing"):
            for shown in wrong if path == "/api/kpis" else wrong[:1]:
                headers = {b"Authorization": shown.encode("latin-1")} if shown else {}
                refused = made.client.get(path, headers=headers)
                is_problem(refused, 401, "a token is needed")
                assert refused.headers.get_list("www-authenticate")[0].startswith("Basic ")
        assert made.client.get("/healthz").status_code == 200
        assert made.complaints == []
        schemes = made.client.get("/openapi.json", headers={"Authorization": right[0]}).json()["components"]
        assert set(schemes["securitySchemes"]) == {"bearer", "basic"}


def test_a_run_does_not_say_what_the_database_said(own: Shop) -> None:
    published(own)
    said = "the database refused: boom secret=hunter2 at /srv/data"
    with duckdb.connect(published_path(own.folder / "own.duckdb")) as file:
        file.execute("update kpi.kpictl_run set status = 'failed', error = $1 where as_of_date = '2025-03-01'", [said])
    with serving(own) as made:
        answer = made.client.get("/api/runs")
        last, failed = answer.json()["runs"]
        assert (last["status"], last["error"]) == ("succeeded", None)
        assert failed["error"] == f"`kpictl runs {failed['run_id']}` says why"
        for leaked in ("hunter2", "boom", "/srv", socket.gethostname(), str(own.folder), "host", "process"):
            assert leaked not in answer.text


def test_other_origins_read_where_they_are_let(door: Served) -> None:
    one, other = "https://one.example", "https://other.example"
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization,if-none-match"}
    assert "access-control-allow-origin" not in door.client.get("/api/kpis", headers={"Origin": one}).headers
    with serving(door.shop, Settings(tokens=(TOKEN,), cors=(one,))) as made:
        asked = made.client.options("/api/kpis", headers={"Origin": one, **ask})
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == one
        assert asked.headers["access-control-allow-methods"] == "GET, HEAD"
        got = made.client.get("/api/kpis", headers={"Origin": one, "Authorization": f"Bearer {TOKEN}"})
        assert got.headers["access-control-allow-origin"] == one
        assert got.headers["access-control-expose-headers"] == "ETag, Retry-After"
        assert "cross-origin-resource-policy" not in got.headers
        assert "Origin" in got.headers["vary"]
        refused = made.client.get("/api/kpis", headers={"Origin": one})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, one)
        unasked = made.client.options("/api/kpis", headers={"Origin": other, **ask})
        is_problem(unasked, 400, "Disallowed CORS origin")
        assert "access-control-allow-origin" not in unasked.headers
        stranger = made.client.get("/api/kpis", headers={"Origin": other, "Authorization": f"Bearer {TOKEN}"})
        assert "access-control-allow-origin" not in stranger.headers
    with serving(door.shop, Settings(tokens=(TOKEN,), cors=("*",))) as made:
        assert made.client.get("/healthz", headers={"Origin": other}).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("host", "variables", "more", "words"),
    [
        ("0.0.0.0", {}, {}, "can be reached from other machines"),
        ("192.168.0.1", {TOKEN_VARIABLE: " , "}, {}, "can be reached"),
        ("::", {}, {}, "can be reached"),
        ("0.0.0.0", {TOKEN_VARIABLE: "abcdef012345678"}, {}, "too short"),
        ("127.0.0.1", {TOKEN_VARIABLE: f"{TOKEN},with a space in it"}, {}, "printable ASCII"),
        ("127.0.0.1", {}, {"cors": ["https://one.example/path"]}, "is no origin"),
        ("127.0.0.1", {}, {"cors": ["null"]}, "is no origin"),
        ("127.0.0.1", {}, {"cors": ["https://one.example:65536"]}, "is no origin"),
        ("127.0.0.1", {}, {"cors": ["https://[fe80::1::2]"]}, "is no origin"),
        ("127.0.0.1", {}, {"cors": ["https://one.example", "*"]}, "lets every page"),
        ("127.0.0.1", {}, {"embed": ["*"]}, "is no origin"),
        ("127.0.0.1", {}, {"embed": ["https://a.example; script-src *"]}, "is no origin"),
    ],
)
def test_a_door_that_stands_open_is_refused(
    host: str, variables: dict[str, str], more: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        settings_of(host, variables, **more)
    for secret in variables.values():
        assert all(each not in str(raised.value) for each in secret.split(",") if each.strip())


def test_origins_are_as_browsers_send_them() -> None:
    written = ["https://A.COM", "HTTPS://a.com:443", "http://a.com:080", "https://a.com:80", "http://[0:0::1]:3000"]
    found = settings_of("127.0.0.1", {}, written, written[1:2])
    assert found.cors == ("https://a.com", "https://a.com", "http://a.com", "https://a.com:80", "http://[::1]:3000")
    assert found.embed == ("https://a.com",)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_many_addresses(host: str) -> None:
    found = settings_of(host, {})
    assert found.hosts is not None
    assert host.lower() in found.hosts


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "no-such-name.invalid", ""])
def test_a_name_without_an_address_is_refused(host: str) -> None:
    for refused in (lambda: settings_of(host, {}), lambda: listening(host, 0)):
        with pytest.raises(WorldError, match=f"^`{re.escape(host)}` has no address"):
            refused()


def test_tokens_stand_in_one_variable() -> None:
    found = settings_of("0.0.0.0", {TOKEN_VARIABLE: f" {TOKEN}, {OTHER},"}, ["*", "http://localhost:3000"])
    assert (found.tokens, found.hosts) == ((TOKEN, OTHER), None)
    assert settings_of("127.0.0.2", {}).hosts == frozenset({"localhost", "127.0.0.1", "::1", "127.0.0.2"})
    assert settings_of("::1", {}).tokens == ()


def test_what_is_no_http_ends_its_connection_alone(door: Served) -> None:
    address = ("127.0.0.1", int(door.url.rpartition(":")[2]))
    for garbage in (b"\x16\x03\x01\x00\xa5", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET " + b"x" * 100_000):
        with socket.create_connection(address, timeout=10) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            assert b"Traceback" not in raw.recv(65_536)
    assert door.client.get("/healthz").status_code == 200


def test_no_part_of_an_answer_waits_for_another() -> None:
    """TCP_NODELAY is set by asyncio where the socket is TCP's by number; without, an answer takes 40 ms."""
    with listening("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP


def test_what_is_kept_is_bounded() -> None:
    kept = Answers()
    small = Answer("application/json", "tag", b"x", None)
    for number in range(KEPT + 10):
        kept.put("one", ("/", str(number).encode()), small)
    assert kept.size_bytes == KEPT
    assert kept.get("one", ("/", b"9")) is None
    assert kept.get("one", ("/", b"10")) is small
    large = Answer("application/json", "tag", b"x" * (KEPT_BYTES // 2), None)
    for number in range(3):
        kept.put("one", ("/large", str(number).encode()), large)
    assert kept.size_bytes <= KEPT_BYTES
    assert kept.get("one", ("/large", b"2")) is large
    assert kept.get("two", ("/large", b"2")) is None
    kept.put("two", ("/", b""), small)
    assert kept.size_bytes == 1


def test_each_call_is_described(door: Served) -> None:
    described = door.client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "securitySchemes" not in described["components"]
    for path, call in described["paths"].items():
        assert door.client.get(path.replace("{code}", "revenue")).status_code == 200
        assert set(call["get"]["responses"]) >= {"200", "304", "400", "405", "421", "500", "503"}
    assert json.dumps(described).count("#/$defs/") == 0


def test_the_page_of_the_docs_names_each_call(door: Served) -> None:
    described = door.client.get("/openapi.json").json()["paths"]
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    rows = re.findall(r"^\| `(/[^`?]+)(?:\?([^`]*))?` \|", text, flags=re.MULTILINE)
    told = {path: {name for name in query.split("&") if name} for path, query in rows}
    assert told == {
        path: {each["name"] for each in call["get"]["parameters"] if each["in"] == "query"} - {"limit", "offset"}
        for path, call in described.items()
    }
    for word in (TOKEN_VARIABLE, "--cors", "--embed", "--host", "--port"):
        assert word in text
