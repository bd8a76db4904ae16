"""What the door says while there is nothing to read, and that it finds back by itself."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import duckdb
import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from kpictl.diagnostics import WorldError
from kpictl.engine import open_published, published_path
from kpictl.serve import source
from tests.pipeline.shop import Shop
from tests.serve.served import FILES, Served, published, serving
from tests.serve.test_http import is_problem

pytestmark = pytest.mark.xdist_group("web")


def test_nothing_is_published_yet(own: Shop) -> None:
    own.write(FILES)
    with serving(own) as made:
        for path in ("/api/dashboard", "/healthz", "/api/runs", "/"):
            answer = made.client.get(path)
            is_problem(answer, 503, "nothing has been published", "`kpictl run` publishes")
            assert answer.headers["retry-after"] == "5"
        published(own)
        assert made.get("/healthz")["as_of"] == "2025-03-02"
        published_path(own.folder / "own.duckdb").unlink()
        is_problem(made.client.get("/healthz"), 503, "nothing has been published")
        assert made.complaints == []


def test_a_file_that_cannot_be_read_is_told_of_here_alone(own: Shop) -> None:
    own.write(FILES)
    published_path(own.folder / "own.duckdb").write_text("no database")
    with serving(own) as made:
        answer = made.client.get("/api/kpis")
        is_problem(answer, 503, "cannot be read just now")
        assert "own.published" not in answer.text
        (said,) = made.complaints
        assert said.startswith("GET /api/kpis: own.published.duckdb cannot be opened")


def test_a_bad_file_is_never_taken_for_the_last_edition(own: Shop) -> None:
    published(own)
    file = published_path(own.folder / "own.duckdb")
    with serving(own) as made:
        assert made.client.get("/api/kpis").status_code == 200
        good = file.rename(file.with_suffix(".good"))
        empty = own.folder / "empty.duckdb"
        duckdb.connect(empty).close()
        empty.replace(file)
        for path in ("/api/kpis", "/healthz", "/api/kpis?limit=1") * 3:
            is_problem(made.client.get(path), 503, "nothing has been published")
        good.replace(file)
        for path in ("/healthz", "/api/kpis", "/api/kpis?limit=1"):
            assert made.client.get(path).status_code == 200


def test_who_shows_no_token_is_not_told_of_tables_or_files(own: Shop) -> None:
    own.write(FILES)
    with serving(own) as made:
        assert made.client.get("/healthz").json()["detail"] == "nothing has been published: `kpictl run` publishes"
        published(own)
        empty = own.folder / "empty.duckdb"
        duckdb.connect(empty).close()
        empty.replace(published_path(own.folder / "own.duckdb"))
        assert made.client.get("/healthz").json()["detail"] == "nothing has been published: `kpictl run` publishes"
        is_problem(made.client.get("/api/kpis"), 503, "kpi.kpictl_state names no run")


def test_a_slow_statement_stops_nobody_else(postgres_books: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOOKS_EVERY_SECONDS", 0)
    monkeypatch.setattr(source, "STATEMENT_SECONDS", 3)
    monkeypatch.setattr(source, "TURN_SECONDS", 0.5)
    with serving(postgres_books) as made, ThreadPoolExecutor(9) as pool:
        assert made.client.get("/healthz").status_code == 200
        assert made.client.get("/api/kpis").status_code == 200
        with postgres_books.working() as engine:
            engine.execute("lock table kpi.dim_kpi in access exclusive mode")
            slow = pool.submit(made.client.get, "/api/kpis?offset=9")
            time.sleep(0.3)
            began = time.monotonic()
            for path in ("/healthz", "/api/kpis"):
                assert made.client.get(path).status_code == 200
            assert time.monotonic() - began < 0.4
            waiting = [pool.submit(made.client.get, f"/api/dashboard?offset={number}") for number in range(8)]
            for each in waiting:
                is_problem(each.result(), 503, "others are being answered")
                assert each.result().headers["retry-after"] == "5"
            assert time.monotonic() - began < 1.5
            is_problem(slow.result(), 503, "cannot be read just now")
            assert time.monotonic() - began < 4
        assert made.client.get("/api/kpis?offset=9").status_code == 200
        assert ["/api/kpis" in each for each in made.complaints] == [True]


def test_a_role_that_may_not_look_is_told_so(postgres_books: Shop) -> None:
    role = f"blind_{uuid.uuid4().hex}"
    try:
        with postgres_books.working() as engine:
            engine.execute(f"create role {role} login")
        blind = make_url(postgres_books.url).set(username=role).render_as_string(hide_password=False)
        with serving(Shop(blind, postgres_books.folder)) as made:
            is_problem(
                made.client.get("/api/kpis"), 503, "`kpictl run` publishes; where one has, this role lacks a GRANT"
            )
            assert "role" not in made.client.get("/healthz").text
    finally:
        with postgres_books.working() as engine:
            engine.execute(f"drop role {role}")


def test_a_reader_cannot_write(postgres_books: Shop) -> None:
    with (
        closing(open_published(postgres_books.url, postgres_books.folder)) as reader,
        pytest.raises(WorldError, match="read-only transaction"),
        reader.transaction(sees_one_moment=True),
    ):
        reader.execute("delete from kpi.dim_kpi")


def test_a_server_that_is_down_is_told_of_here_alone(own: Shop) -> None:
    own.write(FILES)
    down = Shop("postgresql://reader:secret-word@127.0.0.1:1/numbers", own.folder)
    with serving(down) as made:
        for path in ("/api/kpis", "/healthz"):
            answer = made.client.get(path)
            is_problem(answer, 503, "cannot be read just now")
            assert "127.0.0.1" not in answer.text
        assert all(
            ": no connection to postgresql://reader:***@127.0.0.1:1/numbers: " in each for each in made.complaints
        )
        assert len(made.complaints) == 2


def test_a_lost_connection_is_made_again(postgres_books: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOOKS_EVERY_SECONDS", 0)
    with serving(postgres_books) as made:
        assert made.client.get("/healthz").status_code == 200
        disconnect(postgres_books)
        assert made.client.get("/healthz").status_code == 200
        assert made.complaints == []


def test_a_query_that_takes_too_long_is_given_up(postgres_books: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "STATEMENT_SECONDS", 0.001)
    with serving(postgres_books) as made:
        answers = {made.client.get(f"/api/kpis/revenue/series?limit={number}").status_code for number in range(1, 9)}
        assert 503 in answers
        assert any("statement timeout" in each for each in made.complaints)
        monkeypatch.undo()
        assert made.client.get("/api/kpis").status_code == 200


def test_a_bug_is_told_of_here_alone(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpictl.serve.documents.published_kpis", lambda *_: 1 / 0)
    answer = door.client.get("/api/kpis?limit=999")
    is_problem(answer, 500, "a bug in kpictl")
    assert "division" not in answer.text
    assert door.complaints.pop() == "GET /api/kpis: a bug in kpictl: ZeroDivisionError: division by zero"


def disconnect(shop: Shop) -> None:
    engine = create_engine(shop.url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = "
            "current_database()"
        )
