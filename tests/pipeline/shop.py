"""A small shop that the tests run: its files, its rows, and everything that is published of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

from kpictl.catalog import Catalog, Column, ColumnType, Table, TableName
from kpictl.check import checked
from kpictl.compile import text
from kpictl.compile.tree import table as tree
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Event, Request, run

KPICTL = """\
name: shop
timezone: America/Los_Angeles
calendar: {start: 2024-01-01, end: 2025-12-31}
windows: [mtd]
environments:
  local: {url: "${KPICTL_TEST_URL}"}
"""
KPIS = """\
formats:
  - {code: number, kind: number, decimals: 2}
sources:
  - {code: orders, relation: marts.fct_order, time: ordered_on}
kpis:
  - {id: 1, code: revenue, name: Revenue, format: number, source: orders, measure: sum(amount)}
  - {id: 2, code: orders, name: Orders, format: number, source: orders, measure: count(*)}
  - {id: 3, code: average, name: Average, format: number, formula: revenue / orders}
"""
MODEL = "select order_id, ordered_on, amount from raw.orders\n"
FILES: Mapping[str, str] = {
    "kpictl.yml": KPICTL,
    "kpis/kpis.yml": KPIS,
    "kpis/models/fct_order.sql": MODEL,
}
COLUMNS = "order_id:bigint ordered_on:date amount:decimal"
ROWS: tuple[tuple[object, ...], ...] = (
    (1, "2025-05-01", "10"),
    (2, "2025-05-01", "20"),
    (3, "2025-05-03", "5.5"),
)
FIRST = datetime(2025, 6, 1, tzinfo=UTC)

Contents = dict[str, list[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Shop:
    """A project in a folder of its own, and a database."""

    url: str
    folder: Path

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def write(self, changes: Mapping[str, str | None]) -> None:
        """Make the project's files the usual ones but for `changes`; None leaves a file out."""
        shutil.rmtree(self.project, ignore_errors=True)
        for name, content in {**FILES, **changes}.items():
            if content is not None:
                path = self.project / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)

    def catalog(self) -> Catalog:
        return checked(self.project)

    def load(self, rows: Sequence[Sequence[object]], columns: str = COLUMNS, table: str = "orders") -> None:
        """Make these the rows of a raw table."""
        described = tuple(column(name) for name in columns.split())
        name = TableName("raw", table)
        with self.working() as engine:
            engine.execute(f"drop table if exists {text(tree(name), engine.dialect)} cascade")
            engine.create(Table(name, described, ()))
            engine.load(name, described, rows)

    def change(self, statement: str) -> None:
        with self.working() as engine:
            engine.execute(statement)

    def run(self, as_of: str, now: datetime = FIRST) -> list[Event]:
        catalog = self.catalog()
        engine = open_engine(self.url, self.folder)
        try:
            return list(run(catalog, engine, Request(date.fromisoformat(as_of), now)))
        finally:
            engine.close()

    @contextmanager
    def working(self) -> Iterator[Engine]:
        """A transaction on the database that runs work in."""
        engine = open_engine(self.url, self.folder)
        try:
            with engine.transaction():
                yield engine
        finally:
            engine.close()

    def published(self, schema: str = "kpi") -> Contents:
        """Every table that readers see, whole."""
        engine = open_published(self.url, self.folder)
        try:
            with engine.transaction():
                return contents(engine, schema)
        finally:
            engine.close()

    def held(self, schema: str = "kpi") -> Contents:
        """The same tables where runs work."""
        with self.working() as engine:
            return contents(engine, schema)

    def names(self) -> set[str]:
        with self.working() as engine:
            return {str(name) for name in engine.tables()}

    def schemas(self) -> set[str]:
        with self.working() as engine:
            rows = engine.fetch("select distinct schema_name from information_schema.schemata")
        return {str(name) for (name,) in rows}


def column(described: str) -> Column:
    name, _, kind = described.partition(":")
    for known in get_args(ColumnType):
        if known == kind:
            return Column(name, known)
    raise AssertionError(f"no type is called {kind!r}")


OWN = ("kpictl_state", "kpictl_run", "kpictl_stale", "kpictl_coverage", "kpi_restatement", "kept_")
"""What the names of tables begin with that say what happened, not what the numbers are."""


def contents(engine: Engine, schema: str) -> Contents:
    """Every table of a schema but kpictl's own: its rows in order, each with its columns by name."""
    found: Contents = {}
    for name in sorted(engine.tables()):
        if name.schema == schema and not name.name.startswith(OWN):
            columns = engine.columns_of(name)
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = engine.fetch(f"select {listed} from {text(tree(name), engine.dialect)}")
            found[name.name] = sorted((dict(zip(columns, row, strict=True)) for row in rows), key=repr)
    return found


@contextmanager
def paused(shop: Shop, as_of: str, step: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own that has come to the beginning of a step, and waits there."""
    child = subprocess.Popen(
        [sys.executable, "-P", Path(__file__).with_name("paused_run.py"), shop.url, shop.folder, as_of, step],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == f"at {step}\n"
            yield child
        finally:
            child.kill()
