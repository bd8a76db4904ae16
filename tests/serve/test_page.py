"""The live page: its HTML, and the documents that its script fetches."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from kpictl.serve import Settings
from tests.serve.served import HOSTILE_CODE, SCRIPT, Served, serving
from tests.serve.test_http import is_problem

pytestmark = pytest.mark.xdist_group("web")


def test_the_page_is_html_that_may_load_nothing_else(door: Served) -> None:
    answer = door.client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert policy.endswith("frame-ancestors 'self'")
    assert "unsafe" not in policy
    assert SCRIPT not in answer.text
    assert door.client.get("/", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_page_finds_its_documents(door: Served) -> None:
    """Where its script looks for them, for every choice that the first offers."""
    html = door.client.get("/").text
    assert set(re.findall(r"page/(\w+)\.json", html)) >= {"head"}
    head = door.get("/page/head.json")
    assert [day for day, _ in head["dates"]] == ["2025-03-02", "2025-03-01"]
    assert [code for code, _, _ in head["entities"]] == ["ALL", HOSTILE_CODE, "south"]
    assert head["edition"] == door.get("/healthz")["edition"]
    for day, _ in head["dates"]:
        for code, _, _ in head["entities"]:
            board = door.get("/page/board.json", as_of=day, entity=code)
            assert (board["as_of"], board["entity"]) == (day, code)
    for code in ("revenue", "orders", "part"):
        assert door.client.get(f"/page/kpi.json?code={code}&entity={quote(HOSTILE_CODE, safe='')}").status_code == 200
    assert door.get("/page/board.json") == door.get("/page/board.json", as_of="2025-03-02", entity="ALL")


def test_what_the_page_asks_wrongly_is_refused(door: Served) -> None:
    is_problem(door.client.get("/page/kpi.json"), 400, "code names the KPI")
    is_problem(door.client.get("/page/kpi.json?code=revenu"), 404, "`revenue` is near")
    is_problem(door.client.get("/page/board.json?as_of=2020-01-01"), 404, "nothing has been published as of")
    is_problem(door.client.get("/page/board.json?entity=x"), 404, "no entity")
    is_problem(door.client.get("/page/board.json?limit=1"), 400, "no parameter")
    is_problem(door.client.get("/page.css"), 404)


def test_a_wiki_may_frame_the_page_where_it_is_let(door: Served) -> None:
    with serving(door.shop, Settings(embed=("https://wiki.example.com",))) as made:
        policy = made.client.get("/").headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://wiki.example.com")
        assert made.client.get("/api/kpis").headers["content-security-policy"].endswith("frame-ancestors 'none'")
