"""`kpictl serve`: it says where it serves, stops when it is told to, and says why where it cannot."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from kpictl.cli.main import outcome
from kpictl.serve import TOKEN_VARIABLE
from tests.pipeline.shop import Shop

pytestmark = pytest.mark.xdist_group("web")

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(duckdb_books: Shop, word: signal.Signals) -> None:
    words = [sys.executable, "-m", "kpictl", "serve", "--port", "0", "--project", str(duckdb_books.project)]
    variables = {**os.environ, "KPICTL_TEST_URL": duckdb_books.url}
    with subprocess.Popen(
        words, cwd=ROOT, env=variables, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as it:
        assert it.stderr is not None
        said = it.stderr.readline()
        found = re.fullmatch(r"serving shop at (http://127\.0\.0\.1:\d+) \(Ctrl-C stops\)\n", said)
        assert found is not None, said
        with httpx.Client(base_url=found[1]) as client:
            assert client.get("/healthz").json()["as_of"] == "2025-03-02"
            it.send_signal(word)
            rest = it.communicate(timeout=20)
    assert (it.returncode, *rest) == (0, "", "")


def test_a_slow_answer_is_broken_off_when_it_is_told_to_stop(postgres_books: Shop) -> None:
    words = [sys.executable, "-m", "kpictl", "serve", "--port", "0", "--project", str(postgres_books.project)]
    variables = {**os.environ, "KPICTL_TEST_URL": postgres_books.url}
    with (
        subprocess.Popen(words, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as it,
        ThreadPoolExecutor(1) as pool,
        postgres_books.working() as engine,
    ):
        assert it.stderr is not None
        url = it.stderr.readline().split()[3]
        engine.execute("lock table kpi.dim_kpi in access exclusive mode")
        slow = pool.submit(httpx.get, f"{url}/api/kpis", timeout=30)
        time.sleep(1)
        it.terminate()
        assert slow.result().status_code == 500
        # The statement is waited for.
        assert it.communicate(timeout=20)[1] == ""
    assert it.returncode == 0


def test_a_port_in_use_is_said(
    duckdb_books: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KPICTL_TEST_URL", duckdb_books.url)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert outcome(["serve", "--port", port, "--project", str(duckdb_books.project)]) == 3
    assert capsys.readouterr().err == (
        f"error: port {port} of 127.0.0.1 is in use\n  help: choose another with --port\n"
    )


def test_a_host_that_there_is_not_is_said(
    duckdb_books: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KPICTL_TEST_URL", duckdb_books.url)
    monkeypatch.setenv(TOKEN_VARIABLE, "0123456789abcdef")
    # Of the block that is kept for documentation: no machine has it.
    assert outcome(["serve", "--host", "192.0.2.1", "--project", str(duckdb_books.project)]) == 3
    assert "192.0.2.1:8000 cannot be listened at" in capsys.readouterr().err


def test_others_are_not_let_in_without_a_token(
    duckdb_books: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KPICTL_TEST_URL", duckdb_books.url)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert outcome(["serve", "--host", "0.0.0.0", "--project", str(duckdb_books.project)]) == 2
    said = capsys.readouterr().err
    assert "0.0.0.0 can be reached from other machines" in said
    assert "help: set KPICTL_SERVE_TOKEN" in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--host", "a..b"], 3, "error: `a..b` has no address"),
        (["--cors", "*"], 2, "error: --cors '*' lets every page"),
        (["--cors", "https://a.com/"], 2, "error: `https://a.com/` is no origin"),
    ],
)
def test_what_cannot_be_served_is_said(
    duckdb_books: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("KPICTL_TEST_URL", duckdb_books.url)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert outcome(["serve", *words, "--project", str(duckdb_books.project)]) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_missing_package_is_said(duckdb_books: Shop) -> None:
    code = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from kpictl.cli.main import outcome\n"
        "sys.exit(outcome(['serve', '--project', sys.argv[1]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, duckdb_books.project],
        cwd=ROOT,
        env={**os.environ, "KPICTL_TEST_URL": duckdb_books.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == ("error: serving needs the Python package `uvicorn`\n  help: uv pip install 'kpictl[web]'\n")
