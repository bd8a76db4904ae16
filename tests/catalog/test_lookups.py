"""CSV lookups: types that all values fit, and headers and rows that are refused where they stand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.catalog.lookups import read


def test_types_and_nulls(tmp_path: Path) -> None:
    path = tmp_path / "target.csv"
    path.write_text('\ufeffname,n,amount,day,code,empty\n"b, c",1,1.50,2025-01-31,007,\nd,,2,,8,\n', encoding="utf-8")
    lookup, found = read(path, "marts")
    assert found == ()
    assert lookup is not None
    assert str(lookup.name) == "marts.target"
    assert [(column.name, column.type) for column in lookup.columns] == [
        ("name", "text"),
        ("n", "bigint"),
        ("amount", "decimal"),
        ("day", "date"),
        ("code", "text"),
        ("empty", "text"),
    ]
    assert lookup.rows == (
        ("b, c", 1, Decimal("1.50"), date(2025, 1, 31), "007", None),
        ("d", None, Decimal(2), None, "8", None),
    )


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n", encoding="utf-8")
    lookup, found = read(path, "marts")
    assert found == ()
    assert lookup is not None
    assert lookup.rows == ()


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (b"", "KPI040", 1, 1),
        (b"a,Bad Name\n", "KPI040", 1, 3),
        (b"a,,c\n", "KPI040", 1, 3),
        (b"a,b,a\n", "KPI041", 1, 5),
        (b"a,b\n1,2\n3\n", "KPI042", 3, 1),
        (b'a,b\n"x\ny",2\n3,4,5\n', "KPI042", 4, 1),
        (b'a,b\n1,"x\n', "KPI044", 2, 1),
        (b"a\n\xff\n", "KPI002", 2, 1),
    ],
)
def test_refusals(tmp_path: Path, text: bytes, code: str, line: int, column: int) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text)
    lookup, found = read(path, "marts")
    assert lookup is None
    assert [(one.code, one.at.line, one.at.column) for one in found] == [(code, line, column)]


def test_a_files_name_is_a_tables(tmp_path: Path) -> None:
    path = tmp_path / "My Table.csv"
    path.write_text("a\n1\n", encoding="utf-8")
    _, found = read(path, "marts")
    assert [one.code for one in found] == ["KPI043"]
