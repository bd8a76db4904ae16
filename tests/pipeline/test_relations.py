"""Every relation stands on what it says it needs, and no SQL of it reckons with months."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

import kpictl.compile as middle
from kpictl.catalog import Catalog, ColumnType, TableName
from kpictl.check import checked
from kpictl.compile import DIALECTS, Dialect, Relation, counters, examples, plan, query, text, unusable_values
from kpictl.connect import load_connector, tables

ROOT = Path(__file__).parents[2]
PROJECTS = (ROOT, *sorted(path.parent for path in (ROOT / "tests/golden").glob("*/kpictl.yml")))
TEMPORARY = "temporary tables"
TYPES: dict[ColumnType, str] = {
    "boolean": "BOOLEAN",
    "bigint": "BIGINT",
    "decimal": "DECIMAL(38, 10)",
    "double": "DOUBLE",
    "text": "TEXT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "json": "JSON",
}
FAMILIES: dict[ColumnType, set[exp.DType]] = {
    "boolean": {exp.DType.BOOLEAN},
    "bigint": {*exp.DataType.INTEGER_TYPES, exp.DType.DECIMAL},  # a sum of them; the table's column makes it one
    "decimal": {exp.DType.DECIMAL},
    "double": {exp.DType.DOUBLE},
    "text": {*exp.DataType.TEXT_TYPES},
    "date": {exp.DType.DATE},
    "timestamp": {exp.DType.TIMESTAMP},
    "timestamptz": {exp.DType.TIMESTAMPTZ},
    "json": {exp.DType.JSON},
}
MONTHS = re.compile(
    r"DATE_?TRUNC|TRUNC\(|ADD_MONTHS|INTERVAL\s+('[^']*'|\S+)\s+(MONTH|QUARTER|YEAR)"
    r"|INTERVAL\s+'[^']*(MON|QUARTER|YEAR)|TO_(MONTHS|QUARTERS|YEARS)",
    re.IGNORECASE,
)

Columns = dict[str, exp.DataType]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A project's relations, and the columns of the tables that it finds in the database."""

    catalog: Catalog
    relations: tuple[Relation, ...]
    found: dict[TableName, Columns]


@pytest.fixture(params=PROJECTS, ids=lambda path: path.name if path != ROOT else "winery")
def compiled(request: pytest.FixtureRequest) -> Compiled:
    folder: Path = request.param
    catalog = checked(folder)
    found = dict(connected(catalog) if folder == ROOT else in_files(folder))
    return Compiled(catalog, middle.compile(catalog), found)


def typed(kind: ColumnType) -> exp.DataType:
    return exp.DataType.build(TYPES[kind])


def connected(catalog: Catalog) -> Iterator[tuple[TableName, Columns]]:
    settings = {
        "commerce7": {"tenant": "estate", "app_id": "app", "app_secret": "secret"},
        "tock": {"api_key": "key", "business_id": "12345"},
    }
    for name, values in settings.items():
        for table in tables(load_connector(name, values, ROOT), catalog.project.schemas.raw):
            yield table.name, {column.name: typed(column.type) for column in table.columns}


def in_files(folder: Path) -> Iterator[tuple[TableName, Columns]]:
    for path in (folder / "rows").glob("*.csv"):
        with path.open(newline="") as file:
            header = next(csv.reader(file))
        yield TableName("raw", path.stem), dict(in_header(column) for column in header)


def in_header(described: str) -> tuple[str, exp.DataType]:
    name, _, kind = described.partition(":")
    return name, next(typed(known) for known in TYPES if known == kind)


def test_there_are_projects() -> None:
    assert len(PROJECTS) > 25


def test_every_relation_fits_what_it_needs(compiled: Compiled) -> None:
    known = dict(compiled.found)
    for relation in compiled.relations:
        if relation.select is None:
            known[relation.name] = {column.name: typed(column.type) for column in relation.columns}
            continue
        missing = set(relation.needs) - set(known)
        assert not missing, f"{relation.name} needs {missing}"
        resolved = resolve(relation.select, {need: known[need] for need in relation.needs})
        columns = {select.alias_or_name: select.type for select in resolved.selects}
        assert not [name for name, kind in columns.items() if kind is None or kind.this is exp.DType.NULL]
        if relation.columns:
            assert list(columns) == [column.name for column in relation.columns], relation.name
            known[relation.name] = {column.name: typed(column.type) for column in relation.columns}
            wrong = {
                column.name: (column.type, str(kind))
                for column, kind in zip(relation.columns, columns.values(), strict=True)
                if kind is not None and kind.this not in {*FAMILIES[column.type], exp.DType.UNKNOWN}
            }
            assert not wrong, f"{relation.name}: declared, found: {wrong}"
        else:
            known[relation.name] = {name: kind for name, kind in columns.items() if kind is not None}


def test_the_queries_of_the_checks_fit_what_is_there(compiled: Compiled) -> None:
    known = dict(compiled.found)
    for relation in compiled.relations:
        if relation.columns:
            known[relation.name] = {column.name: typed(column.type) for column in relation.columns}
        elif relation.select is not None:
            resolved = resolve(relation.select, known)
            known[relation.name] = {s.alias_or_name: s.type for s in resolved.selects if s.type is not None}
    for tree in of_checks(compiled.catalog):
        assert resolve(tree, known).selects


def of_checks(catalog: Catalog) -> Iterator[exp.Query]:
    made = plan(catalog)
    totals = counters(made)
    assert totals is not None
    yield totals
    for source in made.sources:
        yield from (examples(made, source, expectation) for expectation in source.expect)
        unusable = unusable_values(made, source)
        if unusable is not None:
            yield unusable


def resolve(tree: exp.Query, known: dict[TableName, Columns]) -> exp.Query:
    """Every column with its table and its type; sqlglot raises where there is none, or more than one."""
    schema = MappingSchema()
    for name, columns in known.items():
        table = exp.table_(name.name, db=name.schema or TEMPORARY, quoted=True)
        schema.add_table(table, dict(columns), match_depth=False)
    qualified = qualify(tree.copy(), db=TEMPORARY, schema=schema)
    annotated = annotate_types(qualified, schema=schema)
    assert isinstance(annotated, exp.Query)
    return annotated


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_sql_truncates_dates_or_reckons_with_months(compiled: Compiled, dialect: Dialect) -> None:
    written = [query(relation, dialect) for relation in compiled.relations if relation.select is not None]
    written += [text(dialect.lower(tree), dialect) for tree in of_checks(compiled.catalog)]
    assert len(written) > 6
    for sql in written:
        assert MONTHS.search(sql) is None, sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DATE_TRUNC('MONTH', d)",
        "SELECT d - INTERVAL '1 year'",
        "SELECT d - INTERVAL '1' MONTH",
        "SELECT d + INTERVAL (n) QUARTER",
    ],
)
def test_the_search_for_months_finds_them(sql: str) -> None:
    assert MONTHS.search(sql)
