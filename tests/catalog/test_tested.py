"""KPI tests as they are read: numbers with their digits, rows with their places, and what is wrong where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest

from kpictl.catalog import Catalog, load
from kpictl.catalog.tested import table_of
from kpictl.diagnostics import Diagnostic
from tests.check.project import unmarked

SOURCES = """\
sources:
  - {code: orders, relation: marts.fct_order, time: paid_at}
"""


def loaded(folder: Path, tests: str) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    (folder / "kpis").mkdir()
    (folder / "kpictl.yml").write_text("name: shop\n")
    (folder / "kpis/sources.yml").write_text(SOURCES)
    (folder / "kpis/tests.yml").write_text(dedent(tests))
    catalog, found = load(folder)
    assert catalog is not None
    return catalog, found


def test_a_test_is_what_its_file_says(tmp_path: Path) -> None:
    catalog, found = loaded(
        tmp_path,
        """\
        tests:
          - name: A refund
            description: It is negative.
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, amount: 0.1, Paid: true, "\\"Mixed\\"": a, meta: {k: [1, null]}}
            expect:
              - {kpi: revenue, value: 12345678901234567890.1234567891, prior: 0.10, prior_status: ok}
              - {kpi: revenue, entity: north, window: ytd, as_of: 2025-10-05, status: no_data}
        """.replace(", null", ""),
    )
    assert found == ()
    (test,) = catalog.tests
    assert (test.name, test.description, test.as_of) == ("A refund", "It is negative.", date(2025, 10, 6))
    ((row,),) = (given.rows for given in test.given)
    assert [(cell.column, cell.kind, cell.value) for cell in row.cells] == [
        ("order_id", "bigint", 1),
        ("amount", "decimal", Decimal("0.1")),
        ("paid", "boolean", True),
        ("Mixed", "text", "a"),
        ("meta", "json", '{"k": [1]}'),
    ]
    first, second = test.expect
    assert (first.entity, first.window, first.as_of) == ("ALL", None, None)
    assert (first.value, first.prior) == (Decimal("12345678901234567890.1234567891"), Decimal("0.10"))
    assert (first.status, first.prior_status) == (None, "ok")
    assert (second.entity, second.window, second.as_of) == ("north", "ytd", date(2025, 10, 5))
    assert (second.value, second.status) == (None, "no_data")


def test_rows_are_those_of_a_sources_relation_or_of_a_table(tmp_path: Path) -> None:
    catalog, _ = loaded(
        tmp_path,
        """\
        tests:
          - name: a
            as_of: 2025-10-06
            given: {orders: [], lookup: [], raw.Orders: []}
            expect: [{kpi: revenue, value: 0}]
        """,
    )
    assert [str(table_of(catalog, given)) for given in catalog.tests[0].given] == [
        "marts.fct_order",
        "marts.lookup",
        "raw.orders",
    ]


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("«as_off»: 2025-10-06", "KPI020", "the key `as_off` is not known"),
        ("expect: «[]»", "KPI027", "`expect` is empty"),
        ("expect: [{kpi: «revenue»}]", "KPI021", "`value` is missing"),
        ('expect: [{kpi: revenue, value: «"12"»}]', "KPI022", "`value` must be a number, not a text"),
        ("expect: [{kpi: revenue, value: «true»}]", "KPI022", "`value` must be a number, not true or false"),
        ("expect: [{kpi: revenue, value: «null»}]", "KPI027", "`value` has no value"),
        ("expect: [{kpi: revenue, status: «nodata»}]", "KPI023", "`nodata` is not a choice here"),
        ("given: {orders: [{amount: «null»}]}", "KPI027", "`amount` has no value"),
        ("given: {orders: «{amount: 1}»}", "KPI022", "`orders` must be a list, not a mapping"),
        ("given: {orders: [{«a b»: 1}]}", "KPI024", "`a b` is not a column's name"),
        ("given: {«a.b.c»: []}", "KPI024", "`a.b.c` is not a table's name"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(tmp_path: Path, line: str, code: str, message: str) -> None:
    others = {"as_of": "2025-10-06", "expect": "[{kpi: revenue, value: 1}]"}
    key = line.partition(":")[0]
    rest = "".join(f"    {name}: {value}\n" for name, value in others.items() if name != key)
    text, (place,) = unmarked(tmp_path / "kpis/tests.yml", f"tests:\n  - name: a\n    {line}\n{rest}")
    _, found = loaded(tmp_path, text)
    assert [(each.code, each.message, each.at) for each in found] == [(code, message, place)]
