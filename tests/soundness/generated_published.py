"""A generated project run on a database, and every cell that differs from the oracle's."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kpictl.catalog import Catalog, Table, TableName
from kpictl.check import checked
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Request, run
from tests.soundness.generated import Description
from tests.soundness.generated_expected import Expected, Key
from tests.soundness.generated_payloads import payload_differences
from tests.soundness.generated_same import changes, close, is_known, same
from tests.soundness.oracle import Cell

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SCHEMAS = ("raw", "marts", "kpi")
CELL = ("value", "status", "prior", "prior_status", "delta", "delta_pct")
DIMENSIONS = " join kpi.dim_kpi k on k.kpi_id = t.kpi_id join kpi.dim_entity e on e.entity_id = t.entity_id"


def differences(expected: Expected, url: str, folder: Path, seen: Counter[str]) -> list[str]:
    """Run the project on an empty database; a line for each cell that differs. `seen` counts the cells."""
    of = expected.description
    catalog = written(of, folder)
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
        found = [
            *_dashboard(expected, engine, seen),
            *_facts(expected, engine, seen),
            *_periods(expected, engine, seen),
        ]
    engine.close()
    return found


def written(of: Description, folder: Path) -> Catalog:
    """The project's catalog, read from its files in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in of.files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return checked(folder)


def run_once(catalog: Catalog, url: str, folder: Path, as_of: date) -> None:
    engine = open_engine(url, folder)
    try:
        for _ in run(catalog, engine, Request(as_of, NOW)):
            pass
    finally:
        engine.close()


def _dashboard(expected: Expected, engine: Engine, seen: Counter[str]) -> Iterator[str]:
    windows = expected.description.settings.windows
    columns = [f"t.{window}_{name}" for window in windows for name in CELL]
    rows = engine.fetch(
        "select t.as_of_date, k.kpi_code, e.entity_code, t.data_through, cast(t.payload as text),"
        f" {', '.join(columns)} from kpi.agg_kpi_dashboard t{DIMENSIONS}"
    )
    keys = Counter(row[:3] for row in rows)
    yield from _unlike("dashboard", keys, expected.through)
    for as_of, code, entity, through, payload, *cells in rows:
        key = (as_of, code, entity)
        if key not in expected.through:
            continue
        seen["dashboard rows"] += 1
        if through != expected.through[key]:
            yield f"{_told(key)} data_through: expected {expected.through[key]}, found {through}"
        published = {
            window: dict(zip(CELL, cells[number * len(CELL) :], strict=False)) for number, window in enumerate(windows)
        }
        for window in windows:
            for name, wanted, got in _cell(expected, str(code), expected.cells[*key, window], published[window], seen):
                yield f"{_told(key)} {window}_{name}: expected {wanted}, found {got}"
        for difference in payload_differences(expected, key, published, str(payload), seen):
            yield f"{_told(key)} payload {difference}"


def _unlike(table: str, keys: Counter[Any], expected: Mapping[Key, object]) -> Iterator[str]:
    """Rows that are missing, that should not be there, or that stand twice."""
    for key in sorted(expected.keys() - keys.keys(), key=str):
        yield f"{table} {_told(key)}: expected {expected[key]}, found no row"
    for key in sorted(keys.keys() - expected.keys(), key=str):
        yield f"{table} {_told(key)}: expected no row, found one"
    for key, count in keys.items():
        if count > 1:
            yield f"{table} {_told(key)}: stands {count} times"


def _told(key: Key) -> str:
    return " ".join(map(str, key))


def _cell(
    expected: Expected, code: str, cell: Cell, published: Mapping[str, object], seen: Counter[str]
) -> Iterator[tuple[str, object, object]]:
    for name, status, value, stands in (
        ("value", "status", cell.value, cell.status),
        ("prior", "prior_status", cell.prior, cell.prior_status),
    ):
        if not is_known(value):
            seen["unknown"] += 1
            continue
        seen[stands] += 1
        if not same(expected.description.kpi(code), value, published[name]):
            yield name, value, published[name]
        if published[status] != stands:
            yield status, stands, published[status]
    # Of the published values, which are the oracle's as far as doubles go; small priors would magnify the rest.
    delta, percent = changes(published["value"], published["prior"])
    if published["delta"] != delta:
        yield "delta", delta, published["delta"]
    if not close(percent, published["delta_pct"]):
        yield "delta_pct", percent, published["delta_pct"]


def _facts(expected: Expected, engine: Engine, seen: Counter[str]) -> Iterator[str]:
    rows = engine.fetch(f"select t.date_key, k.kpi_code, e.entity_code, t.value from kpi.fact_kpi_daily t{DIMENSIONS}")
    yield from _unlike("fact", Counter(row[:3] for row in rows), expected.facts)
    for *key, found in rows:
        value = expected.facts.get(tuple(key), Decimal(0))
        if tuple(key) not in expected.facts or not is_known(value):
            continue
        seen["facts"] += 1
        if not same(expected.description.kpi(str(key[1])), value, found):
            yield f"fact {_told(tuple(key))}: expected {value}, found {found}"


def _periods(expected: Expected, engine: Engine, seen: Counter[str]) -> Iterator[str]:
    names = ("period_end", "through", "in_progress", *CELL)
    rows = engine.fetch(
        f"select t.period, t.period_start, k.kpi_code, e.entity_code, {', '.join(f't.{name}' for name in names)}"
        f" from kpi.agg_kpi_period t{DIMENSIONS}"
    )
    yield from _unlike("period", Counter(row[:4] for row in rows), expected.periods)
    for row in rows:
        key = tuple(row[:4])
        if key not in expected.periods:
            continue
        seen["period rows"] += 1
        wanted = expected.periods[key]
        published = dict(zip(names, row[4:], strict=True))
        ends = {"period_end": wanted.last, "through": wanted.cell.last, "in_progress": wanted.in_progress}
        for name, end in ends.items():
            if published[name] != end:
                yield f"period {_told(key)} {name}: expected {end}, found {published[name]}"
        for name, value, got in _cell(expected, str(key[2]), wanted.cell, published, seen):
            yield f"period {_told(key)} {name}: expected {value}, found {got}"
