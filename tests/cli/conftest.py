"""The command line, run within the test's process on a small shop."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kpictl.cli.main import outcome
from tests.cli.notified import PATH, VARIABLE
from tests.cli.shop import load_rows, publish, write_files
from tests.connect.web import Answer, Web, serving


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


Kpictl = Callable[..., Result]


@pytest.fixture
def kpictl(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kpictl:
    """Runs a command line, on a screen of so many columns, or for a program that reads it."""

    def run(*arguments: object, columns: int | None = None) -> Result:
        if columns is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        code = outcome([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_files(folder)
    load_rows(folder)
    publish(folder)
    return folder


@pytest.fixture
def published(published_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop with published tables, the test's own copy; the current folder."""
    folder = tmp_path / "shop"
    shutil.copytree(published_once, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop's files without a database; the current folder."""
    folder = tmp_path / "shop"
    write_files(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A webhook that takes what it is told; the environment knows its address."""
    with serving() as web:
        web.answer = lambda _: Answer(b"ok", headers={"Content-Type": "text/plain"})
        monkeypatch.setenv(VARIABLE, web.url + PATH)
        yield web
