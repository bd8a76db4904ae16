"""A year in the life of a sync: faults on one request in five, kills at any moment, and in the end the same rows.

A world grows and changes between syncs; it is synced calmly into one database and through all that into another.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpictl.catalog import Table
from kpictl.cli.winery import connectors
from kpictl.connect import Choice, Connector, Retries, everything, sync, tables
from kpictl.demo import Address, Stage, World, changed, random_faults, serve, simulate, skewed
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine, RawTables, open_engine

pytestmark = pytest.mark.xdist_group("soak")  # one calm sync for all
ROOT = Path(__file__).parents[2]
EVERYTHING = bool(os.environ.get("KPICTL_EVERYTHING"))
KILLS = 100 if EVERYTHING else 4
FAULTS = 0.2
BEGIN = datetime(2026, 5, 21, tzinfo=UTC)
DAY = timedelta(days=1)
OURS = frozenset({"synced_at", "deleted_at"})
HASTY = Retries(attempts=8, first_seconds=0.001, longest_seconds=0.01)


class Killed(BaseException):
    """As if the process had gone."""


def worlds() -> list[World]:
    """A month; five days later; then with orders and members that were corrected, and some that are gone."""
    first, later = (simulate(last_day=date(2026, 5, day), years=0) for day in (15, 20))
    at = "2026-05-21T12:00:00.000Z"
    orders = [{**order, "totalAfterTip": 1, "updatedAt": at, "items": []} for order in later.orders[:40:2]]
    bad = {**later.orders[50], "subTotal": "many", "updatedAt": at}
    corrected = changed(
        later,
        orders=[*orders, bad],
        removed_orders=[str(order["id"]) for order in later.orders[1:16:3]],
        customers=[{**person, "city": "Elsewhere", "updatedAt": at} for person in later.customers[:30]],
        removed_club_memberships=[str(later.club_memberships[0]["id"])],
    )
    return [first, later, corrected, skewed(corrected, timedelta(hours=-5))]


def winery(address: Address) -> tuple[Connector, ...]:
    return tuple(replace(connector, retries=HASTY) for connector in connectors(address, ROOT))


@dataclass(frozen=True, slots=True)
class Deadly(RawTables):
    """A database whose process dies at one of its steps."""

    steps: Iterator[int]

    def _step(self) -> None:
        if next(self.steps, None) is None:
            raise Killed

    def upsert(self, table: Table, rows: Sequence[Sequence[object]]) -> int:
        self._step()
        return RawTables.upsert(self, table, rows)

    def merge(self, *arguments: Any) -> None:
        self._step()
        RawTables.merge(self, *arguments)
        self._step()


def land(sink: RawTables, address: Address, now: datetime, choice: Choice) -> None:
    for _ in sync(everything(winery(address)), sink, schema="raw", now=now, choice=choice, batch_rows=300):
        pass


def stored(engine: Engine, address: Address) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all raw tables, without when they were seen, but with whether they are deleted."""
    found = {}
    with engine.transaction():
        for connector in winery(address):
            for table in tables(connector, "raw"):
                columns = [column for column in table.columns if column.name not in OURS]
                names = [
                    f'cast("{each.name}" as text)' if each.type == "json" else f'"{each.name}"' for each in columns
                ]
                rows = engine.fetch(f"select {', '.join(names)}, deleted_at is null from {table.name}")
                kinds = [each.type for each in columns]
                plain = [(*map(_plain, row, kinds), row[-1]) for row in rows]
                found[table.name.name] = sorted(plain, key=lambda row: str(row[:2]))
        found["rejects"] = engine.fetch("select table_name, record_key, reason from raw.raw_rejects order by 1, 2")
    return found


def _text(name: str) -> str:
    return f'cast("{name}" as text)'


def _plain(value: Any, kind: str) -> Any:
    """A value as every database gives it back."""
    match value:
        case datetime():
            return value.astimezone(UTC)
        case str() if kind == "json":
            return json.loads(value)
        case _:
            return value


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Engine]:
    with closing(open_engine(url, folder)) as engine:
        yield engine


STEPS = [(0, Choice()), (1, Choice()), (2, Choice()), (3, Choice(is_full=True))]


@pytest.fixture(scope="module")
def history() -> list[World]:
    return worlds()


@pytest.fixture(scope="module")
def calm(history: list[World], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    folder = tmp_path_factory.mktemp("calm")
    stage = Stage(history[0])
    with serve(stage) as address, opened("duckdb:///calm.duckdb", folder) as engine:
        for nth, choice in STEPS:
            stage.world = history[nth]
            land(RawTables(engine), address, BEGIN + nth * DAY, choice)
        return stored(engine, address)


def test_the_calm_sync_has_what_the_last_world_has(
    history: list[World], calm: dict[str, list[tuple[object, ...]]]
) -> None:
    """An oracle for the calm one: keys and deletions, from the world itself."""
    there = {str(order["id"]) for order in history[3].orders}
    rows = calm["raw_order"]
    assert {str(row[0]) for row in rows if row[-1]} == there
    assert len([row for row in rows if not row[-1]]) == 5
    lines = [(order["id"], item["id"]) for order in history[3].orders for item in order["items"] or []]
    kept = [row for row in calm["raw_order_item"] if row[-1]]
    assert len(kept) == len(lines) - len(history[3].orders[50]["items"] or []) + len(_lines_before(history))
    assert [row[0] for row in calm["rejects"]] == ["raw_order"]


def _lines_before(history: list[World]) -> list[Any]:
    """The lines of the order that did not fit any more: those of its last good version stay."""
    number = history[2].orders[50]["id"]
    (before,) = [order for order in history[1].orders if order["id"] == number]
    return before["items"] or []


def test_in_process(
    engine_url: str, tmp_path: Path, history: list[World], calm: dict[str, list[tuple[object, ...]]]
) -> None:
    chance = random.Random(7)
    stage, kills = Stage(history[0]), 0
    with (
        serve(stage, script=random_faults(7, FAULTS)) as address,
        opened(engine_url, tmp_path) as engine,
    ):
        for nth, choice in STEPS:
            stage.world = history[nth]
            now = BEGIN + nth * DAY
            for _ in range(KILLS // len(STEPS)):
                now += timedelta(minutes=1)
                with pytest.raises(Killed):
                    land(Deadly(engine, iter(range(chance.randrange(2, 30)))), address, now, choice)
                kills += 1
            land(RawTables(engine), address, now + timedelta(minutes=1), choice)
        assert stored(engine, address) == calm
    assert kills == KILLS


def killed_processes(
    engine_url: str, tmp_path: Path, history: list[World], calm: dict[str, list[tuple[object, ...]]]
) -> None:
    chance = random.Random(11)
    stage = Stage(history[0])
    with serve(stage, script=random_faults(11, FAULTS)) as address:
        for nth in range(len(STEPS)):
            stage.world = history[nth]
            for left in range(KILLS // len(STEPS), -1, -1):
                now = BEGIN + nth * DAY + timedelta(minutes=KILLS - left)
                child = subprocess.Popen(
                    [sys.executable, "-m", "tests.connect.soak_run", engine_url, str(tmp_path), str(nth)],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    text=True,
                )
                assert child.stdin is not None
                child.stdin.write(f"{now.isoformat()}\n{address!r}\n")
                child.stdin.close()
                if left:
                    try:
                        child.wait(chance.uniform(0.5, 3))
                    except subprocess.TimeoutExpired:
                        child.send_signal(signal.SIGKILL)
                    child.wait()
                else:
                    assert child.wait() == 0
        with opened(engine_url, tmp_path) as engine:
            assert stored(engine, address) == calm


if EVERYTHING:  # a hundred processes on each database take five minutes
    test_killed_processes = killed_processes


def test_a_sync_that_gives_up_keeps_what_was_loaded(engine_url: str, tmp_path: Path, history: list[World]) -> None:
    with opened(engine_url, tmp_path) as engine:
        with serve(history[0]) as address:
            land(RawTables(engine), address, BEGIN, Choice())
            before = stored(engine, address)
        with pytest.raises(WorldError) as caught:
            land(RawTables(engine), address, BEGIN + DAY, Choice())
        assert caught.value.code == "KPI502"
        assert stored(engine, address) == before
