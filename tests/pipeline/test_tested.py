"""KPI tests: the rows that they give go through a whole run, and what it publishes is what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from textwrap import dedent, indent

import pytest

from kpictl.check import checked
from kpictl.diagnostics import CatalogError, CheckError, WorldError
from kpictl.pipeline import Outcome, run_tests

CONNECTOR = """\
from typing import Any
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from kpictl.connect import Connector, Record, Request, Stream, listed

class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: SecretStr
    number: int
    digits: str = Field(pattern="^[0-9]+$")
    base_url: str

class Sale(Record):
    id: str
    sold_at: str | None = None
    cents: int | None = None
    fee_cents: int = 3
    is_gone: bool = False
    share: float = 0.5
    tags: Any = None

def connector(settings: Settings) -> Connector:
    def pages():
        raise AssertionError("a test called the API")
        yield Request("/sales")
    stream = Stream("sale", "sale", ("id",), Sale, pages, lambda body: listed(body, "sales"))
    return Connector("till", settings.base_url, (stream,))
"""
FILES: Mapping[str, str] = {
    "kpictl.yml": """\
        name: shop
        timezone: America/Los_Angeles
        calendar: {start: 2024-01-01, end: 2026-12-31}
        windows: [mtd]
        """,
    "kpis/shop.yml": """\
        formats: [{code: number, kind: number, decimals: 2}]
        entities:
          - {id: 1, code: north, name: North}
          - {id: 2, code: mill, name: Mill, parent: north}
        sources:
          - {code: orders, relation: marts.fct_order, time: paid_at, entity: store, key: order_id}
          - {code: visits, relation: raw.visit, time: day}
          - {code: prices, relation: marts.price, time: day}
        kpis:
          - {id: 1, code: revenue, name: Revenue, format: number, source: orders, measure: sum(amount)}
          - {id: 2, code: average, name: Average, format: number, formula: revenue / sales}
          - {id: 3, code: visitors, name: Visitors, format: number, source: visits, measure: sum(people),
             where: not is_staff}
          - {id: 4, code: retired, name: Retired, format: number, source: orders, measure: max(amount),
             is_active: false}
          - {id: 5, code: price, name: Price, format: number, source: prices, measure: max(amount)}
          - {code: sales, source: orders, measure: count(*), where: amount > 0}
        """,
    "kpis/models/fct_order.sql": """\
        -- materialize: table
        select id as order_id, cast(paid_at as timestamp with time zone) as paid_at, store, cents * 0.01 as amount
        from raw.c7_order
        where coalesce(state, '') <> 'void' and not coalesce(is_test, false)
        """,
    "kpis/lookups/price.csv": "day,amount\n2025-10-01,7\n",
}
ROWS = """\
given:
  raw.c7_order:
    - {id: a, paid_at: "2025-10-01 10:00-07:00", store: mill, cents: 1050, state: paid, is_test: false}
    - {id: b, paid_at: "2025-10-06 23:30-07:00", store: north, cents: -300}
    - {id: c, paid_at: "2025-10-06 12:00-07:00", store: mill, cents: 900, state: void}
"""


def project(folder: Path, tests: str, files: Mapping[str, str] | None = None) -> Path:
    for name, content in {**FILES, **(files or {}), "kpis/tests.yml": tests}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content))
    return folder


def written(expect: str, given: str = ROWS, name: str = "A test", as_of: str = "2025-10-06") -> str:
    lines = "\n".join(f"  - {line.strip()}" for line in expect.strip().splitlines())
    body = indent(f"as_of: {as_of}\n{given}expect:\n{lines}\n", "    ")
    return f"  - name: {name}\n{body}"


def results(folder: Path, *tests: str, files: Mapping[str, str] | None = None) -> list[Outcome]:
    catalog = checked(project(folder, "tests:\n" + "".join(tests), files), with_tests=True)
    return list(run_tests(catalog, catalog.tests))


def only(folder: Path, expect: str, given: str = ROWS, files: Mapping[str, str] | None = None) -> Outcome:
    (result,) = results(folder, written(expect, given), files=files)
    return result


def test_what_is_published_is_what_is_expected(tmp_path: Path) -> None:
    result = only(
        tmp_path,
        """
        {kpi: revenue, value: 7.50, status: ok}
        {kpi: revenue, entity: mill, value: 10.5}
        {kpi: revenue, entity: north, value: 7.50}
        {kpi: revenue, window: day, value: -3}
        {kpi: revenue, as_of: 2025-10-05, value: 10.5}
        {kpi: average, value: 7.5}
        {kpi: average, window: day, status: undefined}
        {kpi: sales, entity: mill, window: last7, value: 1}
        {kpi: retired, value: 10.5}
        {kpi: revenue, prior_status: no_data}
        """,
    )
    assert result.failure is None
    assert [line.wrong for line in result.lines] == [()] * 10
    assert result.passed


def test_every_key_of_a_line_is_compared(tmp_path: Path) -> None:
    given = ROWS + '    - {id: d, paid_at: "2024-10-02 12:00-07:00", store: mill, cents: 500, state: paid}\n'
    result = only(
        tmp_path,
        """
        {kpi: revenue, value: 7.4999999999, status: partial, prior: 5.01, prior_status: ok}
        {kpi: revenue, window: ytd, value: 7.5, prior: 5, prior_status: partial}
        {kpi: average, window: day, value: 0}
        """,
        given,
    )
    assert not result.passed
    first, second, third = result.lines
    # Nothing is known before 2 October 2024, so the prior month to date is partly covered.
    assert first.wrong == ("value", "status", "prior", "prior_status")
    assert (first.value, first.status) == (Decimal("7.5"), "ok")
    assert (first.prior, first.prior_status) == (Decimal(5), "partial")
    assert second.wrong == ()
    assert (third.value, third.status, third.wrong) == (None, "undefined", ("value",))


def test_a_quotient_is_compared_to_ten_decimals(tmp_path: Path) -> None:
    given = """\
given:
  orders:
    - {order_id: 1, paid_at: 2025-10-01, amount: 10}
    - {order_id: 2, paid_at: 2025-10-01, amount: 10}
    - {order_id: 3, paid_at: 2025-10-01, amount: 0.1}
"""
    result = only(tmp_path, "{kpi: average, value: 6.7}\n{kpi: average, value: 6.70001}", given)
    assert [line.wrong for line in result.lines] == [(), ("value",)]


def test_the_window_is_the_projects_first_unless_said(tmp_path: Path) -> None:
    result = only(tmp_path, "{kpi: revenue, window: day, value: -3}\n{kpi: revenue, value: 7.5}")
    assert [line.window for line in result.lines] == ["day", "mtd"]
    assert result.passed


def test_rows_of_a_source_stand_in_the_place_of_its_model(tmp_path: Path) -> None:
    given = """\
given:
  orders:
    - {order_id: 1, paid_at: "2025-10-06 12:00-07:00", amount: 4}
"""
    assert only(tmp_path, "{kpi: revenue, value: 4}\n{kpi: revenue, entity: mill, status: no_data}", given).passed


def test_without_rows_there_is_no_data(tmp_path: Path) -> None:
    result = only(tmp_path, "{kpi: revenue, status: no_data}\n{kpi: visitors, status: no_data}", "")
    assert result.failure is None
    assert result.passed


def test_columns_that_no_row_names_are_null(tmp_path: Path) -> None:
    given = "given:\n  visits:\n    - {day: 2025-10-06, people: 4}\n"
    assert only(tmp_path, "{kpi: visitors, value: 0}", given).passed  # `not NULL` is not true
    given = "given:\n  visits:\n    - {day: 2025-10-06, people: 4, is_staff: false}\n    - {}\n"
    result = only(tmp_path, "{kpi: visitors, value: 4}", given)
    assert result.passed
    assert [warning.message for warning in result.warnings] == ["source visits: 1 row has no day, and counts on no day"]


def test_a_lookup_keeps_its_rows_unless_the_test_gives_others(tmp_path: Path) -> None:
    assert only(tmp_path, "{kpi: price, value: 7}", "").passed
    given = "given:\n  price:\n    - {day: 2025-10-02, amount: 8.25}\n"
    assert only(tmp_path, "{kpi: price, value: 8.25}", given).passed
    given = "given:\n  prices:\n    - {day: 2025-10-01}\n"
    assert only(tmp_path, "{kpi: price, status: undefined}", given).passed


def test_one_test_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    late = written("{kpi: revenue, value: 7.5}", as_of="2026-12-31", name="late").replace("2025-10", "2026-12")
    again = written("{kpi: revenue, value: 7.5}\n{kpi: price, value: 7}", name="again")
    other = written("{kpi: price, value: 9}", "given: {price: [{day: 2025-10-01, amount: 9}]}\n", name="other")
    empty = written("{kpi: revenue, status: no_data}", "", name="empty")
    assert [each.passed for each in results(tmp_path, late, again, other, empty, again.replace("again", "more"))] == [
        True
    ] * 5


def test_what_stops_a_run_is_that_tests_failure_alone(tmp_path: Path) -> None:
    twice = ROWS.replace("id: b", "id: a")
    wrong = "given:\n  orders:\n    - {order_id: 1, paid_at: 2025-10-01, amount: some}\n"
    found = results(
        tmp_path,
        written("{kpi: revenue, value: 1}", twice, name="one"),
        written("{kpi: revenue, value: 1}", wrong, name="two"),
        written("{kpi: revenue, value: 7.5}", name="three"),
    )
    assert [each.passed for each in found] == [False, False, True]
    one, two, _ = found
    assert isinstance(one.failure, CheckError)
    assert str(one.failure) == "source orders: order_id is not unique: a (2 rows)"
    assert isinstance(two.failure, WorldError)
    assert "some" in str(two.failure)
    assert "`marts.fct_order.store`" in (two.failure.help or "")


@pytest.mark.parametrize("configured", ["connectors:\n  till: {key: '${NOT_SET_ANYWHERE}', number: 4}\n", ""])
def test_a_connectors_table_has_its_columns_and_what_it_lands_for_nothing(tmp_path: Path, configured: str) -> None:
    files = {
        "kpictl.yml": dedent(FILES["kpictl.yml"]) + configured,
        "connectors/till.py": CONNECTOR,
        "kpis/till.yml": """\
            sources: [{code: tills, relation: marts.fct_till, time: day}]
            kpis:
              - {id: 9, code: takings, name: Takings, format: number, source: tills, measure: sum(cents - fee_cents)}
              - {code: tagged, source: tills, measure: count(tag)}
              - {code: shares, source: tills, measure: sum(share)}
            """,
        "kpis/models/fct_till.sql": """\
            select cast(sold_at as date) as day, cents, fee_cents, share, tags ->> 'a' as tag from raw.sale
            where not is_gone
            """,
    }
    given = """\
given:
  raw.sale:
    - {id: 1, sold_at: "2025-10-01", cents: 10, tags: {a: b}}
    - {id: 2, sold_at: "2025-10-01", cents: 10, fee_cents: 0, tags: '{"a": null}'}
    - {id: c, sold_at: "2025-10-01", cents: 10, is_gone: true}
"""
    expect = "{kpi: takings, value: 17}\n{kpi: tagged, value: 1}\n{kpi: shares, value: 1}"
    result = only(tmp_path, expect, given, files)
    assert result.failure is None
    assert result.passed
    keyless = only(tmp_path, expect, given.replace("id: 2, ", ""), files)
    assert isinstance(keyless.failure, CatalogError)
    (found,) = keyless.failure.diagnostics
    assert (found.code, found.message) == (
        "KPI149",
        "this row of `raw.sale` lacks `id`, which is of the table's key",
    )
    with pytest.raises(CatalogError) as caught:
        only(tmp_path, expect, given.replace("cents: 10, is_gone", "cents: ten, is_lost"), files)
    assert [each.code for each in caught.value.diagnostics] == ["KPI149", "KPI144"]


def test_a_plugin_that_nobody_configured_may_be_broken(tmp_path: Path) -> None:
    files = {"connectors/other.py": "raise RuntimeError\n"}
    assert only(tmp_path, "{kpi: revenue, value: 7.5}", files=files).passed
    files["kpictl.yml"] = dedent(FILES["kpictl.yml"]) + "connectors: {other: {}}\n"
    with pytest.raises(WorldError, match="importing connectors/other"):
        only(tmp_path, "{kpi: revenue, value: 7.5}", files=files)


def test_columns_behind_a_star_are_found(tmp_path: Path) -> None:
    files = {
        "kpis/models/fct_order.sql": """\
            with numbered as (select *, row_number() over (partition by id order by id) as position from raw.c7_order)
            select id as order_id, paid_at, store, cents * 0.01 as amount from numbered
            where position = 1 and coalesce(lower(state), '') <> 'void'
            """,
    }
    given = 'given:\n  raw.c7_order:\n    - {id: a, paid_at: "2025-10-01 10:00-07:00", cents: 1050}\n'
    assert only(tmp_path, "{kpi: revenue, value: 10.5}", given, files).passed
