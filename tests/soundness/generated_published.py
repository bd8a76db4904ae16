"""A generated project run on a database, and every cell that differs from the oracle's."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from kpictl.catalog import Catalog, Table, TableName
from kpictl.check import checked
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Request, run
from tests.soundness.generated import Description, Judged, Kpi
from tests.soundness.generated_formulas import UNKNOWN
from tests.soundness.oracle import Cell, dashboard, data_through, facts

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SCHEMAS = ("raw", "marts", "kpi")
CLOSE = Decimal("1e-10")
RELATIVE = Decimal("1e-12")
UNKNOWN_TEXT = "unknown"

Value = Decimal | str | date | None
Key = tuple[object, ...]


@dataclass(slots=True)
class Expected:
    """What the oracle says of a description, worked out once for all engines."""

    description: Description
    judged: Judged = field(init=False)
    cells: dict[Key, Cell] = field(default_factory=dict)
    through: dict[Key, date | None] = field(default_factory=dict)
    facts: dict[Key, Decimal | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of = self.description
        self.judged = of.judged()
        active = {kpi.code for kpi in of.published}
        for as_of in dict.fromkeys(of.dates):
            for (code, _), windows in dashboard(self.judged.project, as_of).items():
                if code in active:
                    self.cells |= {(as_of, code, name): cell for name, cell in windows.items()}
                    self.through[as_of, code] = data_through(self.judged.project, code, as_of)
        thinned = of.thinned()
        for (day, code, _), value in facts(self.judged.project, of.facts_until()).items():
            if code in active and not (code in thinned and value == 0):
                self.facts[day, code] = value


def differences(expected: Expected, url: str, folder: Path, seen: Counter[str]) -> list[str]:
    """Run the project on an empty database; a line for each cell that differs. `seen` counts the cells."""
    of = expected.description
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in of.files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    catalog, _ = checked(folder)
    engine = open_engine(url, folder)
    with engine.transaction():
        for schema in SCHEMAS:
            engine.execute(f"drop schema if exists {schema} cascade")
        for source in of.sources:
            table = Table(TableName("raw", source.code), source.columns, ())
            engine.create(table)
            engine.load(table.name, table.columns, source.loaded())
    engine.close()
    for as_of in of.dates:
        run_once(catalog, url, folder, as_of)
    engine = open_published(url, folder)
    with engine.transaction():
        found = [*_dashboard(expected, engine, seen), *_facts(expected, engine, seen)]
    engine.close()
    return found


def run_once(catalog: Catalog, url: str, folder: Path, as_of: date) -> None:
    engine = open_engine(url, folder)
    try:
        for _ in run(catalog, engine, Request(as_of, NOW)):
            pass
    finally:
        engine.close()


def _dashboard(expected: Expected, engine: Engine, seen: Counter[str]) -> Iterator[str]:
    names = ("value", "status", "prior", "prior_status", "delta", "delta_pct")
    columns = [f"d.{window}_{name}" for window in expected.description.windows for name in names]
    rows = engine.fetch(
        f"select d.as_of_date, k.kpi_code, d.data_through, {', '.join(columns)} from kpi.agg_kpi_dashboard d"
        " join kpi.dim_kpi k on k.kpi_id = d.kpi_id"
    )
    keys = [(row[0], row[1]) for row in rows]
    if Counter(keys) != Counter(expected.through.keys()):
        yield f"dashboard rows: expected {sorted(expected.through)}, found {sorted(keys)}"
        return
    for as_of, code, through, *cells in rows:
        if through != expected.through[as_of, code]:
            yield f"{as_of} {code} data_through: expected {expected.through[as_of, code]}, found {through}"
        for position, window in enumerate(expected.description.windows):
            cell = expected.cells[as_of, code, window]
            published = dict(zip(names, cells[position * 6 :], strict=False))
            for name, wanted, got in _cell(expected, str(code), cell, published, seen):
                yield f"{as_of} {code} {window}_{name}: expected {wanted}, found {got}"


def _cell(
    expected: Expected, code: str, cell: Cell, published: dict[str, object], seen: Counter[str]
) -> Iterator[tuple[str, object, object]]:
    for name, status, value, stands in (
        ("value", "status", cell.value, cell.status),
        ("prior", "prior_status", cell.prior, cell.prior_status),
    ):
        if value == UNKNOWN:
            seen["unknown"] += 1
            continue
        seen[stands] += 1
        if not same(expected, code, value, published[name]):
            yield name, value, published[name]
        if published[status] != stands:
            yield status, stands, published[status]
    # Of the published values, which are the oracle's as far as doubles go; small priors would magnify the rest.
    delta, percent = changes(published["value"], published["prior"])
    if published["delta"] != delta:
        yield "delta", delta, published["delta"]
    if not close(percent, published["delta_pct"]):
        yield "delta_pct", percent, published["delta_pct"]


def changes(value: object, prior: object) -> tuple[Decimal | None, Decimal | None]:
    if not isinstance(value, Decimal) or not isinstance(prior, Decimal):
        return None, None
    delta = value - prior
    return delta, None if prior == 0 else 100 * delta / abs(prior)


def _facts(expected: Expected, engine: Engine, seen: Counter[str]) -> Iterator[str]:
    rows = engine.fetch(
        "select f.date_key, k.kpi_code, f.value from kpi.fact_kpi_daily f join kpi.dim_kpi k on k.kpi_id = f.kpi_id"
    )
    found: dict[Key, object] = {(day, code): value for day, code, value in rows}
    if len(found) < len(rows):
        yield "facts: a day stands twice"
    unsure = {key for key, value in expected.facts.items() if value == UNKNOWN}
    for day, code in sorted(expected.facts.keys() - found.keys(), key=str):
        yield f"fact {day} {code}: expected {expected.facts[day, code]}, found no row"
    for day, code in sorted(found.keys() - expected.facts.keys(), key=str):
        yield f"fact {day} {code}: expected no row, found {found[day, code]}"
    for key in sorted(found.keys() & expected.facts.keys() - unsure, key=str):
        seen["facts"] += 1
        if not same(expected, str(key[1]), expected.facts[key], found[key]):
            yield f"fact {key[0]} {key[1]}: expected {expected.facts[key]}, found {found[key]}"


def same(expected: Expected, code: str, value: Decimal | None, found: object) -> bool:
    """Equality as the page has it: digit for digit where a KPI is exact."""
    kpi: Kpi = expected.description.kpi(code)
    if kpi.is_exact or value is None:
        return value == found
    return close(value, found, 2 * expected.judged.errors[code].get(value, Decimal(0)))


def close(value: Decimal | None, found: object, error: Decimal = Decimal(0)) -> bool:
    if value is None or not isinstance(found, Decimal):
        return value is found
    return abs(value - found) <= max(CLOSE, RELATIVE * abs(value), error)
