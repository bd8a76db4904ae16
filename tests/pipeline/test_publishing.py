"""Readers see the tables of the last finished run until the next has finished, whatever happens to it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.diagnostics import LockError
from kpictl.engine import open_engine, published_path
from kpictl.pipeline import Published, Request, Waiting, run
from tests.pipeline.conftest import opened
from tests.pipeline.shop import FIRST, KPICTL, ROWS, Shop, paused

STEPS = ("models", "dimensions", "sources", "facts", "dashboard")
MORE = [*ROWS, (4, "2025-05-02", "100")]


def revenue(shop: Shop, as_of: str) -> object:
    rows = shop.published()["agg_kpi_dashboard"]
    return next(row["mtd_value"] for row in rows if row["kpi_id"] == 1 and str(row["as_of_date"]) == as_of)


def run_when_free(shop: Shop, as_of: str) -> None:
    """A server frees the lock of a killed process when it notices, which is soon but not at once."""
    deadline = time.monotonic() + 20
    while True:
        try:
            shop.run(as_of)
        except LockError:
            assert time.monotonic() < deadline, "nobody frees the lock"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_leaves_the_published_tables_whole(shop: Shop, step: str) -> None:
    shop.run("2025-05-02")
    before = shop.published()
    shop.load(MORE)
    with paused(shop, "2025-05-03", step) as child:
        child.kill()
        assert child.wait() != 0
    assert shop.published() == before
    run_when_free(shop, "2025-05-03")
    assert revenue(shop, "2025-05-03") == Decimal("135.5")
    assert revenue(shop, "2025-05-02") == 30


def test_readers_see_the_last_run_while_the_next_one_works(shop: Shop) -> None:
    shop.run("2025-05-02")
    before = shop.published()
    shop.load(MORE)
    with paused(shop, "2025-05-03", "dashboard") as child:
        assert shop.published() == before
        said, _ = child.communicate("go on\n")
        assert (said, child.returncode) == ("done\n", 0)
    assert revenue(shop, "2025-05-03") == Decimal("135.5")


@pytest.mark.parametrize("step", ["models", "dashboard"])
def test_a_second_run_is_refused_while_the_first_works(shop: Shop, step: str) -> None:
    shop.run("2025-05-02")
    before = shop.published()
    with paused(shop, "2025-05-03", step) as child:
        with pytest.raises(LockError, match=str(child.pid)):
            shop.run("2025-05-04")
        assert shop.published() == before
        said, _ = child.communicate("go on\n")
        assert said == "done\n"
    assert revenue(shop, "2025-05-03") == Decimal("35.5")
    shop.run("2025-05-04")
    assert revenue(shop, "2025-05-04") == Decimal("35.5")


def test_a_reader_with_an_open_connection_stops_no_run(shop: Shop) -> None:
    shop.run("2025-05-02")
    shop.load(MORE)
    with reader(shop) as (first, again):
        assert first == "2025-05-02:30.00"
        shop.run("2025-05-03")
        on_the_old_file = shop.url.startswith("duckdb")
        assert again() == ("2025-05-02:30.00" if on_the_old_file else "2025-05-02:30.00 2025-05-03:135.50")
    with reader(shop) as (first, _):
        assert first == "2025-05-02:30.00 2025-05-03:135.50"


@contextmanager
def reader(shop: Shop) -> Iterator[tuple[str, Callable[[], str]]]:
    """Another process with the published tables open: what it read first, and how to let it read again."""
    child = subprocess.Popen(
        [sys.executable, "-P", Path(__file__).with_name("reader.py"), shop.url, shop.folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        lines, questions = child.stdout, child.stdin

        def again() -> str:
            questions.write("\n")
            questions.flush()
            return lines.readline().strip()

        try:
            yield lines.readline().strip(), again
        finally:
            child.kill()


def test_duckdb_publishes_its_file_at_the_end(duckdb_shop: Shop) -> None:
    shop = duckdb_shop
    path = published_path(shop.folder / "test.duckdb")
    engine = open_engine(shop.url, shop.folder)
    events = run(shop.catalog(), engine, Request(date(2025, 5, 3), FIRST))
    seen = [(isinstance(event, Published), path.exists()) for event in events]
    assert len(seen) > len(STEPS)
    assert seen[-1] == (True, True)
    assert set(seen[:-1]) == {(False, False)}
    assert {"dim_date", "dim_kpi", "dim_entity", "fact_kpi_daily", "agg_kpi_dashboard"} <= set(shop.published())
    assert shop.published() == shop.held()
    assert not list(shop.folder.glob("*.next*"))


def test_a_table_that_somebody_reads_is_changed_when_they_are_done(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new window is a new column. Who waits for its lock keeps all readers waiting, so nobody does for long."""
    shop = opened(Shop(postgres_url, tmp_path))
    shop.run("2025-05-02")
    shop.write({"kpictl.yml": KPICTL.replace("[mtd]", "[mtd, ytd]")})
    module = sys.modules["kpictl.pipeline.run"]
    monkeypatch.setattr(module, "SHAPING_SECONDS", 1)
    monkeypatch.setattr(module, "SHAPING_PAUSE_SECONDS", 0)
    engine = open_engine(shop.url, shop.folder)
    waited = 0
    with shop.working() as reader:
        reader.fetch("select count(*) from kpi.agg_kpi_dashboard")
        events = run(shop.catalog(), engine, Request(date(2025, 5, 3), FIRST))
        for event in events:
            if isinstance(event, Waiting):
                waited += 1
                break
    rest = list(events)
    engine.close()
    assert waited == 1
    assert isinstance(rest[-1], Published)
    assert rest[-1].as_of == date(2025, 5, 3)
    assert "ytd_value" in shop.published()["agg_kpi_dashboard"][0]
