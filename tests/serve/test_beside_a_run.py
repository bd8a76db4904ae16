"""A run publishes while requests go on: none fails, each is answered from one edition, and the run ends well."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import httpx

from tests.pipeline.shop import Shop
from tests.serve.served import COLUMNS, FILES, ROWS, Served, serving

ROOT = Path(__file__).parents[2]
NEW = (*ROWS, (6, "2025-03-03", "1000", "south"))


def run(shop: Shop, as_of: str) -> str:
    """A run in a process of its own, as people start it; the id that it has published."""
    words = [sys.executable, "-m", "kpictl", "run", "--as-of", as_of, "--project", str(shop.project)]
    variables = {**os.environ, "KPICTL_TEST_URL": shop.url}
    done = subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with shop.working() as engine:
        ((run_id,),) = engine.fetch("select value from kpi.kpictl_state where name = 'published'")
    return str(run_id)


class Askers:
    """Threads that ask again and again until they are told to stop."""

    def __init__(self, served: Served, paths: tuple[str, ...]) -> None:
        self._url = served.url
        self._stop = threading.Event()
        self.seen: list[tuple[str, int, str, str]] = []
        self._threads = [threading.Thread(target=self._ask, args=(path,)) for path in paths]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def _ask(self, path: str) -> None:
        number = 0
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stop.is_set():
                number += 1
                # Each asks for another answer, so that it is read anew.
                answer = client.get(path, params={"limit": 400 + number % 600})
                told = answer.json()
                as_of = str(told.get("as_of", told.get("rows", [{}])[-1].get("date")))
                self.seen.append((path, answer.status_code, told.get("edition", ""), as_of))


def test_a_run_and_its_readers_leave_each_other_alone(engine_url: str, tmp_path: Path) -> None:
    shop = Shop(engine_url, tmp_path)
    shop.write(FILES)
    shop.load(ROWS, COLUMNS)
    shop.run("2025-03-02")
    with serving(shop) as made:
        before = made.get("/healthz")
        shop.load(NEW, COLUMNS)
        with Askers(made, ("/api/dashboard", "/api/kpis/revenue/series")) as askers:
            after = run(shop, "2025-03-03")
            told = wait_for(made, after)
        assert {status for _, status, _, _ in askers.seen} == {200}
        seen = {(edition, as_of) for _, _, edition, as_of in askers.seen}
        old = (before["edition"], "2025-03-02")
        assert old in seen
        assert seen <= {old, (after, "2025-03-03")}
        assert told == {"status": "ok", "edition": after, "as_of": "2025-03-03"}
        value = made.get("/api/dashboard", entity="south")["rows"][0]["payload"]["windows"]["mtd"]["value"]
        assert value == 1_005.5  # 5.5 on the second and 1,000 on the third
        assert made.complaints == []


def wait_for(made: Served, edition: str) -> object:
    """What the door says once it is of that edition: at once on DuckDB, within a second on PostgreSQL."""
    for _ in range(200):
        told = made.get("/healthz")
        if told["edition"] == edition:
            return told
    raise AssertionError(f"{edition} is not seen")
