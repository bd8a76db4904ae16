"""From the shape of a KPI test to its value: rows as they are written, and what is expected of them."""

from __future__ import annotations

import json
from decimal import Decimal

from kpictl.catalog import build, model
from kpictl.catalog.document import Places
from kpictl.catalog.schema import ExpectedShape, KpiTestShape
from kpictl.catalog.table import TableName
from kpictl.diagnostics import Diagnostic

Found = list[Diagnostic]


def kpi_test(shape: KpiTestShape, places: Places, found: Found) -> model.KpiTest:
    """A test; whether what it names exists is for the rules to judge."""
    return model.KpiTest(
        name=shape.name,
        description=shape.description,
        as_of=shape.as_of,
        given=tuple(_given(name, rows, places.under("given", name)) for name, rows in shape.given.items()),
        expect=tuple(_expected(item, places.under("expect", index), found) for index, item in enumerate(shape.expect)),
        places=places,
    )


def table_of(catalog: model.Catalog, given: model.Given) -> TableName:
    """The table whose rows are given: that of the source of this code, else the one of this name."""
    for source in catalog.sources:
        if source.code == given.name:
            return source.relation
    return build.table_name(given.name, catalog.project.schemas.models)


def _given(name: str, rows: list[dict[str, object]], places: Places) -> model.Given:
    return model.Given(name, tuple(_row(row, places.under(index)) for index, row in enumerate(rows)), places)


def _row(row: dict[str, object], places: Places) -> model.GivenRow:
    return model.GivenRow(tuple(_cell(name, value, places.under(name)) for name, value in row.items()), places)


def _cell(name: str, value: object, places: Places) -> model.Cell:
    column, at = build.unquoted(name), places.at()
    match value:
        case bool():
            return model.Cell(column, "boolean", value, at)
        case int():
            return model.Cell(column, "bigint", value, at)
        case float():
            return model.Cell(column, "decimal", _digits(places), at)
        case str():
            return model.Cell(column, "text", value, at)
        case _:
            return model.Cell(column, "json", json.dumps(value, ensure_ascii=False), at)


def _expected(shape: ExpectedShape, places: Places, found: Found) -> model.Expected:
    if not any(places.has(key) for key in ("value", "status", "prior", "prior_status")):
        advice = "say what is expected: a `value`, a `status`, a `prior` or a `prior_status`"
        found.append(Diagnostic("KPI021", "`value` is missing", places.at("kpi"), help=advice))
    return model.Expected(
        kpi=shape.kpi,
        entity=shape.entity,
        window=shape.window,
        as_of=shape.as_of,
        value=None if shape.value is None else _digits(places.under("value")),
        status=shape.status,
        prior=None if shape.prior is None else _digits(places.under("prior")),
        prior_status=shape.prior_status,
        places=places,
    )


def _digits(places: Places) -> Decimal:
    """A number as the file has it: the reader's float would have lost digits."""
    return Decimal(places.scalar().text)
