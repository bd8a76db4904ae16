"""Lets a history happen on a database, and compares what is published in the end with one full rebuild."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, assert_never

from kpictl.catalog import Catalog, Table, TableName
from kpictl.check import checked
from kpictl.engine import Engine
from kpictl.pipeline import Request, run
from tests.trust.compared import Published, differences, published, reported_otherwise
from tests.trust.definitions import Definition, Schemas
from tests.trust.history import Correct, Define, Delete, History, Put, Run
from tests.trust.tables import CELLS, columns

EPOCH = datetime(2024, 6, 1, tzinfo=UTC)
"""Long ago: what has not come yet is not believed."""

Row = tuple[Any, ...]


@dataclass(slots=True)
class Catalogs:
    """The catalogs of definitions, each read once."""

    folder: Path
    known: dict[tuple[Definition, Schemas, frozenset[str]], Catalog] = field(default_factory=dict)

    def of(self, definition: Definition, schemas: Schemas, opted_in: frozenset[str]) -> Catalog:
        key = (definition, schemas, opted_in)
        if key not in self.known:
            folder = self.folder / f"project_{len(self.known)}"
            for name, content in definition.files(schemas, opted_in).items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            self.known[key] = checked(folder)
        return self.known[key]


@dataclass(slots=True)
class World:
    """A database with its raw tables, which change while the clock goes on, and the catalog as it is."""

    connect: Callable[[], Engine]
    catalogs: Catalogs
    schemas: Schemas
    opted_in: frozenset[str]
    definition: Definition = field(default_factory=Definition)
    rows: dict[str, dict[int, Row]] = field(default_factory=lambda: {table: {} for table in CELLS})
    stale: set[str] = field(default_factory=lambda: set(CELLS))
    clock: int = 0
    runs: int = 0
    greatest: date | None = None
    last: date | None = None
    reported: dict[date, Published] = field(default_factory=dict)

    def happen(self, history: History) -> None:
        for step in history:
            match step:
                case Put():
                    self._write(step.table, step.id, step.cells, step.ticks)
                case Correct():
                    self._correct(step)
                case Delete():
                    self._delete(step)
                case Define():
                    self.definition = self.definition.changed(step.name, step.value)
                case Run():
                    self._run(step.as_of)
                case never:
                    assert_never(never)

    def _write(self, table: str, row_id: int, cells: Row, ticks: int, *, is_deleted: bool = False) -> None:
        """A row's own time of change always grows; two rows may have the same."""
        old = self.rows[table].get(row_id)
        self.clock += ticks if old is None or old[-1] < self._now else max(ticks, 1)
        self.rows[table][row_id] = (row_id, *cells, is_deleted, self._now)
        self.stale.add(table)

    @property
    def _now(self) -> datetime:
        return EPOCH + timedelta(hours=self.clock)

    def _correct(self, step: Correct) -> None:
        old = self.rows[step.table].get(step.id)
        if old is not None:
            at = list(CELLS[step.table]).index(step.column)
            cells = old[1:-2]
            self._write(step.table, step.id, (*cells[:at], step.value, *cells[at + 1 :]), step.ticks)

    def _delete(self, step: Delete) -> None:
        old = self.rows[step.table].get(step.id)
        if old is None:
            return
        if step.is_marked and self.opted_in:
            self._write(step.table, step.id, old[1:-2], step.ticks, is_deleted=True)
        else:
            del self.rows[step.table][step.id]
            self.stale.add(step.table)

    def _run(self, as_of: date) -> None:
        self._land()
        self.runs += 1
        self.publish(Request(as_of, self._now + timedelta(minutes=self.runs)))
        self.last = as_of
        self.greatest = max(as_of, self.greatest or as_of)
        self.reported[as_of] = self.published(as_of)

    def publish(self, request: Request) -> None:
        """A run, on a connection of its own."""
        with self.opened() as engine:
            for _ in run(self.catalog, engine, request):
                pass

    @property
    def catalog(self) -> Catalog:
        return self.catalogs.of(self.definition, self.schemas, self.opted_in)

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        engine = self.connect()
        try:
            yield engine
        finally:
            engine.close()

    def published(self, as_of: date) -> Published:
        with self.opened() as engine, engine.transaction():
            return published(engine, self.schemas.kpi, as_of)

    def _land(self) -> None:
        with self.opened() as engine, engine.transaction():
            for name in sorted(self.stale):
                table = Table(TableName(self.schemas.raw, name), columns(name), ("id",))
                engine.create(table)
                engine.execute(f"delete from {self.schemas.raw}.{name}")
                engine.load(table.name, table.columns, list(self.rows[name].values()))
        self.stale.clear()

    def differences(self) -> list[str]:
        """A line for each cell that is not that of a full rebuild from the same rows, or is not as reported."""
        assert self.last is not None
        assert self.greatest is not None
        found = self.published(self.last)
        restated = [
            line
            for as_of, reported in self.reported.items()
            if as_of != self.last
            for line in reported_otherwise(reported, self.published(as_of))
        ]
        self.forget(self.schemas.kpi, self.schemas.models)
        self.publish(Request(self.last, self._now, also=(self.greatest,)))
        return [*differences(found, self.published(self.last)), *restated]

    def forget(self, *schemas: str) -> None:
        with self.opened() as engine, engine.transaction():
            for schema in schemas:
                engine.execute(f"drop schema if exists {schema} cascade")
