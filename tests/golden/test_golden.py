"""Every folder here is a project with rows and the numbers worked out by hand; each runs on every engine."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from kpictl.catalog import Column, ColumnType, Table, TableName
from kpictl.check import checked
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Request, run

FOLDER = Path(__file__).parent
CASES = sorted(path.parent.name for path in FOLDER.glob("*/kpictl.yml"))
NOW = datetime(2030, 1, 1, tzinfo=UTC)
CLOSE_ENOUGH = Decimal("1e-10")

Cell = Decimal | str | None


def test_there_are_cases() -> None:
    assert len(CASES) >= 25


@pytest.mark.parametrize("case", CASES)
def test_numbers_are_those_worked_out_by_hand(case: str, engine_url: str, tmp_path: Path) -> None:
    folder = FOLDER / case
    catalog, _ = checked(folder)
    dashboard = read_csv(folder / "expected_dashboard.csv")
    facts = read_csv(folder / "expected_fact.csv")
    load_rows(folder / "rows", engine_url, tmp_path)

    for as_of in sorted({row["as_of_date"] for row in dashboard}):
        engine = open_engine(engine_url, tmp_path)
        for _ in run(catalog, engine, Request(date.fromisoformat(as_of), NOW)):
            pass
        engine.close()

    schema = catalog.project.schemas.kpi
    published = open_published(engine_url, tmp_path)
    with published.transaction():
        assert_equal(expected_cells(dashboard), published_cells(published, schema, catalog.project.windows))
        days = sorted({row["date_key"] for row in facts})
        assert_equal(
            {(row["date_key"], row["kpi_code"]): number(row["value"]) for row in facts},
            published_facts(published, schema, days[0], days[-1]),
        )
    published.close()


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def load_rows(folder: Path, url: str, tmp_path: Path) -> None:
    """`rows/TABLE.csv` with a header of `name:type` becomes `raw.TABLE`."""
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


NUMBERS = ("value", "prior", "delta", "delta_pct")
TEXTS = ("status", "prior_status")


def expected_cells(rows: list[dict[str, str]]) -> dict[tuple[str, ...], Cell]:
    cells: dict[tuple[str, ...], Cell] = {}
    for row in rows:
        key = (row["as_of_date"], row["kpi_code"], row["window"])
        cells |= {(*key, name): number(row[name]) for name in NUMBERS}
        cells |= {(*key, name): row[name] for name in TEXTS}
    return cells


def published_cells(engine: Engine, schema: str, windows: tuple[str, ...]) -> dict[tuple[str, ...], Cell]:
    cells: dict[tuple[str, ...], Cell] = {}
    for window in windows:
        names = ", ".join(f"d.{window}_{name}" for name in (*NUMBERS, *TEXTS))
        rows = engine.fetch(
            f"select d.as_of_date, k.kpi_code, {names} from {schema}.agg_kpi_dashboard d"
            f" join {schema}.dim_kpi k on k.kpi_id = d.kpi_id"
        )
        for as_of, code, *values in rows:
            for name, value in zip((*NUMBERS, *TEXTS), values, strict=True):
                assert value is None or isinstance(value, Decimal | str)
                cells[str(as_of), str(code), window, name] = value
    return cells


def published_facts(engine: Engine, schema: str, first: str, last: str) -> dict[tuple[str, ...], Cell]:
    rows = engine.fetch(
        f"select f.date_key, k.kpi_code, f.value from {schema}.fact_kpi_daily f"
        f" join {schema}.dim_kpi k on k.kpi_id = f.kpi_id"
        f" where f.date_key between date '{first}' and date '{last}'"
    )
    facts: dict[tuple[str, ...], Cell] = {}
    for day, code, value in rows:
        assert value is None or isinstance(value, Decimal)
        facts[str(day), str(code)] = value
    return facts


def assert_equal(expected: dict[tuple[str, ...], Cell], found: dict[tuple[str, ...], Cell]) -> None:
    """The same cells; numbers may differ in the last of ten decimals, where doubles were rounded."""
    assert sorted(expected) == sorted(found)
    wrong = {key: (value, found[key]) for key, value in expected.items() if not same(value, found[key])}
    assert not wrong, f"expected, found: {wrong}"


def same(expected: Cell, found: Cell) -> bool:
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        return abs(expected - found) <= CLOSE_ENOUGH
    return expected == found
