"""Values of given rows: the type of a column, told by how its values are written, and each value as a type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.catalog.cells import WRITTEN, fitted, type_of
from kpictl.catalog.model import Cell
from kpictl.catalog.table import ColumnType
from kpictl.diagnostics import Span

NOWHERE = Span.whole_file(Path("kpis/tests.yml"))
Written = bool | int | Decimal | str


def cell(value: Written) -> Cell:
    kinds: dict[type, Literal["boolean", "bigint", "decimal", "text"]] = {
        bool: "boolean",
        int: "bigint",
        Decimal: "decimal",
        str: "text",
    }
    return Cell("x", kinds[type(value)], value, NOWHERE)


def json_cell(text: str) -> Cell:
    return Cell("x", "json", text, NOWHERE)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], "boolean"),
        ([1, 2], "bigint"),
        ([1, Decimal("2.5")], "decimal"),
        (["a", "2025-01-31"], "text"),
        (["2025-01-31"], "date"),
        (["2025-02-30"], "text"),
        (["2025-01-31", "2025-01-31 10:00"], "timestamp"),
        (["2025-01-31T10:00:01.5"], "timestamp"),
        (["2025-01-31 10:00Z", "2025-01-31 10:00-08:00"], "timestamptz"),
        (["2025-01-31 25:00"], "text"),
        (["12"], "text"),
        # Of several types.
        (["2025-01-31", "2025-01-31 10:00Z"], None),
        (["2025-01-31 10:00", "2025-01-31 10:00Z"], None),
        ([1, "a"], None),
        ([True, 1], None),
    ],
)
def test_the_type_is_one_that_all_values_fit(values: list[Written], kind: ColumnType | None) -> None:
    assert type_of([cell(value) for value in values]) == kind


def test_a_mapping_makes_json_and_texts_go_with_it() -> None:
    assert type_of([json_cell("{}")]) == "json"
    assert type_of([json_cell("{}"), cell("a")]) == "json"
    assert type_of([json_cell("{}"), cell(1)]) is None


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (True, "boolean", True),
        (1, "boolean", None),
        (7, "bigint", 7),
        (2**63, "bigint", None),
        (Decimal("7.0"), "bigint", None),
        (True, "bigint", None),
        (7, "decimal", Decimal(7)),
        (Decimal("0.1234567891"), "decimal", Decimal("0.1234567891")),
        (Decimal("0.12345678912"), "decimal", None),
        (Decimal("1e28"), "decimal", None),
        ("7", "decimal", None),
        (Decimal("2.5"), "double", Decimal("2.5")),
        ("a", "text", "a"),
        (9007199254740993, "text", "9007199254740993"),
        (Decimal("1.50"), "text", "1.50"),
        (True, "text", None),
        ("2025-01-31", "date", date(2025, 1, 31)),
        ("2025-01-31 10:00", "date", None),
        ("2025-01-31", "timestamp", datetime(2025, 1, 31)),  # noqa: DTZ001 -- a wall clock has no zone
        ("2025-01-31 10:00Z", "timestamp", None),
        ("2025-01-31 10:00Z", "timestamptz", datetime(2025, 1, 31, 10, tzinfo=UTC)),
        ("2025-01-31 10:00-08:00", "timestamptz", datetime(2025, 1, 31, 18, tzinfo=UTC)),
        ("2025-01-31 10:00", "timestamptz", None),
        ("2025-01-31", "timestamptz", None),
        ('{"a": null}', "json", '{"a": null}'),
        ("[1, 2", "json", None),
        ("plain", "json", '"plain"'),
        (3, "json", "3"),
    ],
)
def test_a_value_as_a_type(value: Written, kind: ColumnType, expected: object) -> None:
    assert fitted(cell(value), kind) == expected


def test_a_mapping_is_json_alone() -> None:
    assert fitted(json_cell('{"a": 1}'), "json") == '{"a": 1}'
    assert fitted(json_cell('{"a": 1}'), "text") is None


def test_every_type_says_how_it_is_written() -> None:
    assert set(WRITTEN) == {
        "boolean", "bigint", "decimal", "double", "text", "date", "timestamp", "timestamptz", "json",
    }  # fmt: skip


@given(st.lists(st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text()))
def test_what_all_values_fit_each_of_them_fits(values: list[Written]) -> None:
    cells = [cell(value) for value in values]
    kind = type_of(cells)
    beyond = {"bigint", "decimal"}  # numbers may be too large, or have too many decimals
    if kind is not None and kind not in beyond:
        assert all(fitted(each, kind) is not None for each in cells)
