"""Every folder here is a project with rows and the numbers worked out by hand; each runs on every engine.

| file | what it says |
| --- | --- |
| `rows/TABLE.csv` | the rows of `raw.TABLE`, under a header of `name:type` |
| `expected_dashboard.csv` | every row of `agg_kpi_dashboard`; its as-of dates are run in ascending order |
| `expected_fact.csv` | `fact_kpi_daily`, all days from the first listed to the last |
| `expected_period.csv` | optional: `agg_kpi_period`, of each kind all periods from the first listed to the last |
| `expected_warnings.txt` | optional: a line for each warning of the last run: words in it, separated by `; ` |

A file with a column `entity` lists the rows of every entity; one without lists those of `ALL`, and others are not
looked at. A fact or a period without `kpi_code` says that there is no row on that day, or of that period.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from kpictl.catalog import Column, ColumnType, Table, TableName
from kpictl.check import checked
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Request, Warned, run
from tests.payloads import payload_errors

FOLDER = Path(__file__).parent
CASES = sorted(path.parent.name for path in FOLDER.glob("*/kpictl.yml"))
NOW = datetime(2030, 1, 1, tzinfo=UTC)
CLOSE_ENOUGH = Decimal("1e-10")
ALL = "ALL"
NUMBERS = ("value", "prior", "delta", "delta_pct")
TEXTS = ("status", "prior_status")
PERIOD_TEXTS = ("period_end", "through", *TEXTS, "in_progress")

Cell = Decimal | str | None
Cells = dict[tuple[str, ...], Cell]
Rows = list[dict[str, str]]


def test_there_are_cases() -> None:
    assert len(CASES) >= 57


@pytest.mark.parametrize("case", CASES)
def test_numbers_are_those_worked_out_by_hand(case: str, engine_url: str, tmp_path: Path) -> None:
    folder = FOLDER / case
    catalog = checked(folder)
    dashboard = read_csv(folder / "expected_dashboard.csv")
    facts = read_csv(folder / "expected_fact.csv")
    periods = read_csv(folder / "expected_period.csv")
    load_rows(folder / "rows", engine_url, tmp_path)

    warnings: list[str] = []
    for as_of in sorted({row["as_of_date"] for row in dashboard}):
        engine = open_engine(engine_url, tmp_path)
        events = list(run(catalog, engine, Request(date.fromisoformat(as_of), NOW)))
        engine.close()
        warnings = [event.message for event in events if isinstance(event, Warned)]

    schema = catalog.project.schemas.kpi
    published = open_published(engine_url, tmp_path)
    with published.transaction():
        assert_equal(expected_cells(dashboard), published_cells(published, schema, catalog.project.windows, dashboard))
        assert payload_cells(published, schema) == every_cell(published, schema, catalog.project.windows)
        assert faulty_payloads(published, schema) == []
        assert_equal(expected_facts(facts), published_facts(published, schema, facts))
        assert_equal(expected_periods(periods), published_periods(published, schema, periods))
    published.close()
    assert_warned(folder / "expected_warnings.txt", warnings)


def read_csv(path: Path) -> Rows:
    if not path.exists() and path.name == "expected_period.csv":
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def load_rows(folder: Path, url: str, tmp_path: Path) -> None:
    engine = open_engine(url, tmp_path)
    with engine.transaction():
        for path in sorted(folder.glob("*.csv")):
            with path.open(newline="") as file:
                header, *rows = csv.reader(file)
            columns = tuple(typed(name) for name in header)
            table = Table(TableName("raw", path.stem), columns, ())
            engine.create(table)
            engine.load(table.name, columns, [[value or None for value in row] for row in rows])
    engine.close()


def typed(header: str) -> Column:
    name, _, kind = header.partition(":")
    for known in get_args(ColumnType):
        if known == kind:
            return Column(name, known)
    raise AssertionError(f"no type is called {kind!r}")


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def expected_cells(rows: Rows) -> Cells:
    cells: Cells = {}
    for row in rows:
        key = (row["as_of_date"], row["kpi_code"], row.get("entity", ALL), row["window"])
        assert (*key, "value") not in cells, f"{key} stands twice"
        cells |= {(*key, name): number(row[name]) for name in NUMBERS}
        cells |= {(*key, name): row[name] for name in TEXTS}
    return cells


def published_cells(engine: Engine, schema: str, windows: tuple[str, ...], listed: Rows) -> Cells:
    cells: Cells = {}
    for window in windows:
        columns = ("as_of_date", *(f"{window}_{name}" for name in (*NUMBERS, *TEXTS)))
        for code, entity, (as_of, *values) in fetch(engine, schema, "agg_kpi_dashboard", columns):
            if is_listed(entity, listed):
                for name, value in zip((*NUMBERS, *TEXTS), values, strict=True):
                    cells[str(as_of), code, entity, window, name] = value
    return cells


def every_cell(engine: Engine, schema: str, windows: tuple[str, ...]) -> Cells:
    return published_cells(engine, schema, windows, [{"entity": ""}])


def payload_cells(engine: Engine, schema: str) -> Cells:
    """The same cells as the payloads have them: the columns' numbers, digit for digit."""
    cells: Cells = {}
    rows = engine.fetch(f"select cast(payload as text) from {schema}.agg_kpi_dashboard")
    for (text,) in rows:
        payload = json.loads(str(text), parse_float=Decimal, parse_int=Decimal)
        for name, window in payload["windows"].items():
            key = (payload["as_of"], payload["kpi"]["code"], payload["entity"]["code"], name)
            cells |= {(*key, part): window[part] for part in ("value", "delta", "delta_pct", "status")}
            cells |= {
                (*key, f"prior{end}"): window["prior"][part] for end, part in (("", "value"), ("_status", "status"))
            }
    return cells


def faulty_payloads(engine: Engine, schema: str) -> list[str]:
    """What the payloads' JSON Schema has against them."""
    rows = engine.fetch(f"select cast(payload as text) from {schema}.agg_kpi_dashboard")
    return [fault for (text,) in rows for fault in payload_errors(str(text))]


def expected_facts(rows: Rows) -> Cells:
    return {
        (row["date_key"], row["kpi_code"], row.get("entity", ALL)): number(row["value"])
        for row in rows
        if row["kpi_code"]
    }


def published_facts(engine: Engine, schema: str, listed: Rows) -> Cells:
    days = sorted(row["date_key"] for row in listed)
    return {
        (str(day), code, entity): value
        for code, entity, (day, value) in fetch(engine, schema, "fact_kpi_daily", ("date_key", "value"))
        if is_listed(entity, listed) and days[0] <= str(day) <= days[-1]
    }


def expected_periods(rows: Rows) -> Cells:
    cells: Cells = {}
    for row in rows:
        if row["kpi_code"]:
            key = (row["period"], row["period_start"], row["kpi_code"], row.get("entity", ALL))
            assert (*key, "value") not in cells, f"{key} stands twice"
            cells |= {(*key, name): number(row[name]) for name in NUMBERS}
            cells |= {(*key, name): row[name] for name in PERIOD_TEXTS}
    return cells


def published_periods(engine: Engine, schema: str, listed: Rows) -> Cells:
    if not listed:
        return {}
    starts: dict[str, list[str]] = {}
    for row in listed:
        starts.setdefault(row["period"], []).append(row["period_start"])
    cells: Cells = {}
    names = (*NUMBERS, *PERIOD_TEXTS)
    columns = ("period", "period_start", *names)
    for code, entity, (period, start, *values) in fetch(engine, schema, "agg_kpi_period", columns):
        known = starts.get(str(period))
        if known and min(known) <= str(start) <= max(known) and is_listed(entity, listed):
            for name, value in zip(names, values, strict=True):
                cells[str(period), str(start), code, entity, name] = value
    return cells


def fetch(engine: Engine, schema: str, table: str, columns: Sequence[str]) -> Iterator[tuple[str, str, list[Cell]]]:
    """The codes of KPI and entity of each row of a table, and its values in those columns."""
    rows = engine.fetch(
        f"select k.kpi_code, e.entity_code, {', '.join(f't.{name}' for name in columns)} from {schema}.{table} t"
        f" join {schema}.dim_kpi k on k.kpi_id = t.kpi_id"
        f" join {schema}.dim_entity e on e.entity_id = t.entity_id"
    )
    for code, entity, *values in rows:
        yield str(code), str(entity), [cell(value) for value in values]


def is_listed(entity: str, listed: Rows) -> bool:
    return entity == ALL or "entity" in listed[0]


def cell(value: object) -> Cell:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, Decimal | str):
        return value
    assert isinstance(value, date), f"neither a number nor a text nor a date: {value!r}"
    return str(value)


def assert_equal(expected: Cells, found: Cells) -> None:
    """The same cells; numbers may differ in the last of ten decimals, where doubles were rounded."""
    assert sorted(expected) == sorted(found)
    wrong = {key: (value, found[key]) for key, value in expected.items() if not same(value, found[key])}
    assert not wrong, f"expected, found: {wrong}"


def same(expected: Cell, found: Cell) -> bool:
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        return abs(expected - found) <= CLOSE_ENOUGH
    return expected == found


def assert_warned(path: Path, warnings: list[str]) -> None:
    if not path.exists():
        return
    expected = [line.split("; ") for line in path.read_text().splitlines()]
    assert len(warnings) == len(expected), warnings
    for words in expected:
        assert any(all(word in warning for word in words) for warning in warnings), f"{words} not in {warnings}"
