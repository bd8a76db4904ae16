"""`kpictl test`: a line for each test, a table for what differs, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl

GIVEN = """\
    given:
      raw.sale:
        - {sold_on: 2025-03-03, amount: 250, channel: web}
        - {sold_on: 2025-03-10, amount: 1234.5, channel: till}
"""
TESTS = f"""\
tests:
  - name: Two sales
    as_of: 2025-03-10
{GIVEN}    expect:
      - {{kpi: revenue, value: 1484.50}}
      - {{kpi: web_share_pct, value: 50}}

  - name: One sale on the web
    as_of: 2025-03-10
{GIVEN}    expect:
      - {{kpi: web_sales, value: 1}}
"""
WRONG = f"""
  - name: A sale too many
    as_of: 2025-03-10
{GIVEN}    expect:
      - {{kpi: sales_count, value: 2}}
      - {{kpi: sales_count, window: last28, value: 3, status: ok}}
      - {{kpi: revenue, window: day, as_of: 2025-03-09, value: 12345.6, prior: 0}}
      - {{kpi: refund_size, value: 1}}
"""


@pytest.fixture
def shop(files: Path) -> Path:
    (files / "kpis/tests.yml").write_text(TESTS)
    return files


def test_tests_that_pass(shop: Path, kpictl: Kpictl) -> None:
    ran = kpictl("test", columns=80)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "passed  Two sales\npassed  One sale on the web\n\n2 tests passed\n"


def test_some_of_them_by_a_part_of_their_names(shop: Path, kpictl: Kpictl) -> None:
    assert kpictl("test", "WEB").out == "passed  One sale on the web\n\n1 test passed\n"
    assert kpictl("test", "two", "one").out.endswith("2 tests passed\n")
    ran = kpictl("test", "Two sale", "Tow sales")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: no test has `Tow sales` in its name\n  help: `Two sales` is near\n"


def test_a_difference_is_a_table(shop: Path, kpictl: Kpictl) -> None:
    (shop / "kpis/tests.yml").write_text(TESTS + WRONG)
    ran = kpictl("test", columns=80)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        "passed  Two sales\n"
        "passed  One sale on the web\n"
        "failed  A sale too many\n"
        "\n"
        "failed: A sale too many\n"
        "  --> kpis/tests.yml:21:11\n"
        "\n"
        "  KPI          entity  window     as of       expected        got\n"
        "  sales_count  ALL     last28     2025-03-10      3 ok  2 partial\n"
        "  revenue      ALL     day        2025-03-09  12,345.6          0\n"
        "  revenue      ALL     day prior  2025-03-09         0  - no_data\n"
        "  refund_size  ALL     mtd        2025-03-10         1  - partial\n"
        "\n"
        "1 failed, 2 tests passed\n"
    )


def test_a_narrow_screen_is_kept_to(shop: Path, kpictl: Kpictl) -> None:
    (shop / "kpis/tests.yml").write_text(TESTS + WRONG)
    lines = kpictl("test", "many", columns=64).out.splitlines()
    assert all(len(line) <= 64 for line in lines)
    assert any("day prior" in line and "no_data" in line for line in lines)


def test_what_stops_a_run_fails_its_test(shop: Path, kpictl: Kpictl) -> None:
    path = shop / "kpis/shop.yml"
    path.write_text(path.read_text().replace("severity: warn", "severity: error").replace("amount > 0", "amount > 300"))
    ran = kpictl("test", "two", columns=80)
    assert ran.code == 1
    assert "  error: source sales: a sale of nothing: 1 rows, such as amount = 250" in ran.out
    assert "published" not in ran.out
    assert ran.out.endswith("1 failed, 0 tests passed\n")


def test_the_warnings_of_a_test_that_fails_are_told(shop: Path, kpictl: Kpictl) -> None:
    path = shop / "kpis/shop.yml"
    path.write_text(path.read_text().replace("amount > 0", "amount > 300"))
    assert "warning" not in kpictl("test", "two").out
    (shop / "kpis/tests.yml").write_text(TESTS.replace("1484.50", "1"))
    assert "  warning: source sales: a sale of nothing: 1 rows, such as amount = 250" in kpictl("test", "two").out


def test_as_json(shop: Path, kpictl: Kpictl) -> None:
    (shop / "kpis/tests.yml").write_text(TESTS + WRONG)
    ran = kpictl("test", "many", "two", "--json")
    assert ran.code == 1
    two, many = json.loads(ran.out)
    assert (two["name"], two["file"], two["line"]) == ("Two sales", "kpis/tests.yml", 2)
    assert (two["passed"], two["error"], many["passed"]) == (True, None, False)
    assert two["expect"][0] == {
        "kpi": "revenue",
        "entity": "ALL",
        "window": "mtd",
        "as_of": "2025-03-10",
        "wrong": [],
        "expected": {"value": 1484.5, "status": None, "prior": None, "prior_status": None},
        "got": {"value": 1484.5, "status": "partial", "prior": None, "prior_status": "no_data"},
    }
    assert [line["wrong"] for line in many["expect"]] == [[], ["value", "status"], ["value", "prior"], ["value"]]


def test_a_test_that_names_what_is_not_there(shop: Path, kpictl: Kpictl) -> None:
    (shop / "kpis/tests.yml").write_text(TESTS.replace("kpi: web_sales", "kpi: web_sale"))
    ran = kpictl("test")
    assert (ran.code, ran.out) == (1, "")
    assert "error[KPI140]: unknown KPI `web_sale` in a test\n  --> kpis/tests.yml:19:15\n" in ran.err
    assert "= help: `web_sales` is near" in ran.err
    assert kpictl("lint").code == 1
    assert kpictl("compile", "revenue").code == 0


def test_a_project_without_tests(files: Path, kpictl: Kpictl) -> None:
    ran = kpictl("test")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "no tests; a `tests` list in any file under kpis/ has them\n"
    assert json.loads(kpictl("test", "--json").out) == []
    assert kpictl("test", "any").code == 2
