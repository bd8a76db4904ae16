"""A small project in two states, between which everything differs that a run may have to write."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from kpictl.catalog import Catalog, Column, Table, TableName
from kpictl.check import checked
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Request, run

State = Literal["old", "new"]
STATES: tuple[State, State] = ("old", "new")
AS_OF = date(2025, 5, 4)
EPOCH = datetime(2025, 6, 1, tzinfo=UTC)
SCHEMAS = ("kpi", "marts", "raw")

KPICTL = """\
name: small
calendar: {{start: 2025-04-01, end: 2025-06-30}}
windows: [{windows}]
environments:
  local: {{url: "${{KPICTL_TEST_URL}}"}}
"""
KPIS = """\
formats:
  - {{code: number, kind: number, decimals: 2}}
entities:
  - {{id: 0, code: ALL, name: All}}
  - {{id: 1, code: north, name: North, parent: ALL}}
  - {{id: 2, code: mill, name: Mill, parent: {parent}}}
sources:
  - {{code: orders, relation: marts.fct_order, time: ordered_on, entity: place}}
  - {{code: counts, relation: marts.fct_count, time: counted_on}}
kpis:
  - {{id: 1, code: revenue, name: Revenue, format: number, source: orders, measure: sum(amount)}}
  - {{id: 2, code: buyers, name: Buyers, format: number, source: orders, measure: count(distinct buyer)}}
  - {{id: 3, code: stock, name: Stock, format: number, source: counts, measure: sum(level), over_time: last}}
  - {{id: 4, code: ratio, name: Ratio, format: number, formula: {formula}}}
"""
ORDERS = "select id, ordered_on, place, buyer, {amount} as amount from raw.orders join rates using (buyer)\n"
COUNTS = "-- materialize: table\nselect counted_on, {level} as level from raw.counts\n"

FILES: Mapping[State, Mapping[str, str]] = MappingProxyType(
    {
        "old": {
            "kpictl.yml": KPICTL.format(windows="day, mtd"),
            "kpis/kpis.yml": KPIS.format(parent="north", formula="revenue / stock"),
            "kpis/models/fct_order.sql": ORDERS.format(amount="amount * rate"),
            "kpis/models/fct_count.sql": COUNTS.format(level="level"),
            "kpis/lookups/rates.csv": "buyer,rate\nann,1\nbob,2\n",
        },
        "new": {
            "kpictl.yml": KPICTL.format(windows="day, mtd, last3"),
            "kpis/kpis.yml": KPIS.format(parent="ALL", formula="100 * revenue / buyers"),
            "kpis/models/fct_order.sql": ORDERS.format(amount="amount + rate"),
            "kpis/models/fct_count.sql": COUNTS.format(level="level * 10"),
            "kpis/lookups/rates.csv": "buyer,rate\nann,3\nbob,4\ncid,5\n",
        },
    }
)
COLUMNS: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "orders": (
            *(Column("id", "bigint"), Column("ordered_on", "date"), Column("place", "text")),
            *(Column("buyer", "text"), Column("amount", "decimal")),
        ),
        "counts": (Column("counted_on", "date"), Column("level", "decimal")),
    }
)
ROWS: Mapping[State, Mapping[str, tuple[tuple[Any, ...], ...]]] = MappingProxyType(
    {
        "old": {
            "orders": ((1, "2025-05-01", "mill", "ann", "10"), (2, "2025-05-03", "north", "bob", "20")),
            "counts": (("2025-05-01", "7"),),
        },
        "new": {
            "orders": ((1, "2025-05-02", "north", "bob", "11"), (3, "2025-04-30", "mill", "cid", "5")),
            "counts": (("2025-05-01", "9"), ("2025-05-04", "3")),
        },
    }
)

Tables = Mapping[str, tuple[tuple[Any, ...], ...]]


@dataclass(frozen=True, slots=True)
class Small:
    """The project in a folder, and a database."""

    url: str
    folder: Path

    def write(self) -> dict[State, Catalog]:
        """The project's files in both states; their catalogs."""
        for state, files in FILES.items():
            for name, content in files.items():
                path = self.project(state) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        return {state: checked(self.project(state)) for state in STATES}

    def project(self, state: State) -> Path:
        return self.folder / state

    def forget(self) -> None:
        """Leave an empty database."""
        with closing(open_engine(self.url, self.folder)) as engine, engine.transaction():
            for schema in SCHEMAS:
                engine.execute(f"drop schema if exists {schema} cascade")
        for path in self.folder.glob("*.published.duckdb*"):
            path.unlink()

    def land(self, state: State) -> None:
        """Make the raw tables those of the state."""
        with closing(open_engine(self.url, self.folder)) as engine, engine.transaction():
            for name, columns in COLUMNS.items():
                table = Table(TableName("raw", name), columns, ())
                engine.create(table)
                engine.execute(f"delete from raw.{name}")
                engine.load(table.name, columns, ROWS[state][name])

    def run(self, catalog: Catalog, number: int) -> None:
        """The run of that number: each began a minute after the one before."""
        with closing(open_engine(self.url, self.folder)) as engine:
            for _ in run(catalog, engine, Request(AS_OF, EPOCH + timedelta(minutes=number))):
                pass

    def published(self) -> Tables:
        """What readers see: every row, without when it was written; nothing of tables that are still empty."""
        try:
            engine = open_published(self.url, self.folder)
        except WorldError:
            return {}
        with closing(engine), engine.transaction():
            return _contents(engine)


def _contents(engine: Engine) -> Tables:
    found = {}
    for name in sorted(name for name in engine.tables() if name.schema == "kpi"):
        if name.name.startswith(("dim_", "fact_", "agg_")):
            columns = [column for column in engine.columns_of(name) if column != "refreshed_at"]
            listed = ", ".join(f"cast({each} as text)" for each in columns)
            rows = tuple(sorted(engine.fetch(f"select {listed} from {name.schema}.{name.name}"), key=repr))
            if rows:
                found[name.name] = (tuple(columns), *rows)
    return found
