"""The published shop, made once for each engine and copied for each drill."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from kpictl.cli.main import outcome
from tests.drills.world import FILES, FIRST, ORDERS, VISITS, World, copied
from tests.pipeline.shop import Shop
from tests.postgres import execute, fresh_database

ROWS = ((1, "2025-05-01", "10", 1.5), (2, "2025-05-01", "20", 2.5), (3, "2025-05-03", "5.5", 0.5))
SEEN = (("2025-05-01", 3), ("2025-05-02", 4), ("2025-05-03", 5), ("2025-05-04", 6))


def _made(url: str, folder: Path) -> Shop:
    """A shop's files and rows."""
    shop = Shop(url, folder)
    shop.write({"kpis/kpis.yml": None, "kpis/models/fct_order.sql": None, **FILES})
    shop.load(ROWS, ORDERS)
    shop.load(SEEN, VISITS, "visits")
    return shop


def _publish(shop: Shop, url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_URL", url)
        assert outcome(["run", "--project", str(shop.project), "--as-of", FIRST]) == 0


@pytest.fixture(scope="session")
def published_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drilled")
    url = f"duckdb:///{folder / 'shop.duckdb'}"
    _publish(_made(url, folder), url)
    return folder


@pytest.fixture(scope="session")
def published_database(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str, str]]:
    """The project's folder, the database's name, and a role that may do what a run does and nothing else."""
    role = f"drill_{uuid.uuid4().hex[:8]}"
    folder = tmp_path_factory.mktemp("drilled")
    with fresh_database(postgres_server) as owner_url:
        shop = _made(owner_url, folder)
        execute(postgres_server, f"CREATE ROLE {role} LOGIN")
        try:
            for statement in (
                "CREATE SCHEMA kpi",
                "CREATE SCHEMA marts",
                f"GRANT USAGE, CREATE ON SCHEMA kpi, marts TO {role}",
                f"GRANT USAGE ON SCHEMA raw TO {role}",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA raw TO {role}",
            ):
                execute(owner_url, statement)
            _publish(shop, _url(owner_url, username=role))
            yield folder, str(make_url(owner_url).database), role
        finally:
            execute(owner_url, f"DROP OWNED BY {role}")
            execute(postgres_server, f"DROP ROLE {role}")


def _url(url: str, **changes: str) -> str:
    return make_url(url).set(**changes).render_as_string(hide_password=False)  # type: ignore[arg-type]


@pytest.fixture
def duckdb_world(
    published_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """In a folder that other users can enter: a drill becomes one of them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kpictl-drill-", dir="/tmp")))
        folder.chmod(0o755)
        copied(published_file, folder)
        folder.chmod(0o755)
        url = f"duckdb:///{folder / 'shop.duckdb'}"
        yield _world(url, url, folder, capsys, monkeypatch, stack)


@pytest.fixture
def postgres_world(
    postgres_server: str,
    published_database: tuple[Path, str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    folder, template, role = published_database
    copied(folder, tmp_path)
    with fresh_database(postgres_server, template) as owner_url, ExitStack() as stack:
        yield _world(_url(owner_url, username=role), owner_url, tmp_path, capsys, monkeypatch, stack)


def _world(
    url: str,
    owner_url: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stack: ExitStack,
) -> World:
    monkeypatch.setenv("SHOP_URL", url)
    monkeypatch.delenv("COLUMNS", raising=False)
    return World(Shop(url, folder), url, owner_url, lambda: _read(capsys), monkeypatch.setenv, stack)


def _read(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    out, err = capsys.readouterr()
    return out, err
