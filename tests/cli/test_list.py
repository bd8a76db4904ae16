"""`kpictl list`: what the winery's and the examples' files say, read by eye."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl

ROOT = Path(__file__).parents[2]
STORES = ROOT / "examples/stores"
LISTS = ("kpis", "sources", "entities", "formats", "connectors", "windows")


def test_kpis_are_the_default_and_helpers_come_last(kpictl: Kpictl) -> None:
    shown = kpictl("list", "--project", STORES, columns=100)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "id  code                  name                  category  format          kind",
        "1   revenue               Revenue               Sales     currency        additive",
        "2   customers             Customers             Sales     number          distinct",
        "3   average_sale          Average Sale          Sales     currency_cents  average",
        "4   revenue_per_customer  Revenue per Customer  Sales     currency_cents  formula",
        "5   stock_units           Units in Stock        Stock     number          stock",
        "    known_revenue         known_revenue                                   additive",
    ]


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("what", LISTS)
def test_every_list_fits_the_screen(kpictl: Kpictl, what: str, columns: int) -> None:
    shown = kpictl("list", what, "--project", ROOT, columns=columns)
    assert shown.code == 0
    assert [line for line in shown.out.splitlines() if len(line) > columns] == []


def test_codes_are_never_cut(kpictl: Kpictl) -> None:
    out = kpictl("list", "kpis", "--project", ROOT, columns=50).out
    assert "tasting_room_orders_per_guest_pct" in out


def test_an_inactive_kpi_says_so(files: Path, kpictl: Kpictl) -> None:
    path = files / "kpis/shop.yml"
    path.write_text(path.read_text().replace("{id: 6, code: visitors,", "{id: 6, code: visitors, is_active: false,"))
    lines = kpictl("list", "kpis").out.splitlines()
    assert lines[0].endswith("active")
    assert [line.split()[1] for line in lines[1:] if line.endswith("no")] == ["visitors"]


def test_windows_at_a_day(kpictl: Kpictl) -> None:
    lines = kpictl("list", "windows", "--project", ROOT, "--as-of", "2024-02-29").out.splitlines()
    assert [line.split() for line in lines[1:3]] == [
        # On 29 February, the month before ends on the 28th.
        ["mtd", "2024-02-01", "2024-02-29", "29", "2023-02-01", "2023-02-28", "28"],
        ["qtd", "2024-01-01", "2024-02-29", "60", "2023-01-01", "2023-02-28", "59"],
    ]
    found = json.loads(kpictl("list", "windows", "--project", ROOT, "--as-of", "2024-02-29", "--json").out)
    assert found[3] == {
        "name": "last28",
        "as_of": "2024-02-29",
        "from": "2024-02-02",
        "to": "2024-02-29",
        "days": 28,
        "prior": {"from": "2023-02-01", "to": "2023-02-28", "days": 28},
    }


def test_windows_need_a_day_of_the_calendar(kpictl: Kpictl) -> None:
    wrong = kpictl("list", "windows", "--project", ROOT, "--as-of", "2014-12-31")
    assert (wrong.code, wrong.out) == (2, "")
    assert "lies outside the calendar" in wrong.err
    wrong = kpictl("list", "kpis", "--project", ROOT, "--as-of", "2025-01-01")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "error: --as-of has a meaning with `windows` alone")


def test_connectors_tell_names_and_no_values(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "in-the-environment")
    settings = "connectors:\n  api: {key: '${API_KEY}', secret: written-out, pages: 3}\n"
    (files / "kpictl.yml").write_text((files / "kpictl.yml").read_text() + settings)
    (files / "connectors").mkdir()
    (files / "connectors/api.py").write_text("raise RuntimeError('imported')\n")
    shown = kpictl("list", "connectors")
    assert shown.out.splitlines() == ["name  settings            variables", "api   key, secret, pages  API_KEY"]
    told = kpictl("list", "connectors", "--json").out
    assert json.loads(told) == [{"name": "api", "settings": ["key", "secret", "pages"], "variables": ["API_KEY"]}]
    assert "written-out" not in shown.out + told
    assert "in-the-environment" not in shown.out + told


@pytest.mark.parametrize("what", LISTS)
def test_json_is_an_array_of_objects(kpictl: Kpictl, what: str) -> None:
    found = json.loads(kpictl("list", what, "--project", ROOT, "--json").out)
    counts = {"kpis": 29, "sources": 7, "entities": 1, "formats": 6, "connectors": 2, "windows": 4}
    assert len(found) == counts[what]
    assert all(isinstance(each, dict) for each in found)


def test_json_has_the_catalogs_keys(kpictl: Kpictl) -> None:
    kpis = json.loads(kpictl("list", "kpis", "--project", ROOT, "--json").out)
    assert kpis[22] == {
        "id": 23,
        "code": "total_active_club_membership",
        "name": "Total Active Club Membership",
        "category": "Wine club",
        "format": "number",
        "kind": "validity",
        "is_active": True,
        "target_direction": "up",
        "owner": "club",
        "tags": [],
        "description": "Memberships that are active on the day; over a window, on its last day.",
    }
    sources = json.loads(kpictl("list", "sources", "--project", ROOT, "--json").out)
    assert [(each["code"], each["kpis"]) for each in sources][-1] == (
        "club_cancellations",
        ["existing_member_attrition"],
    )


def test_nothing_to_list(kpictl: Kpictl) -> None:
    shown = kpictl("list", "connectors", "--project", STORES)
    assert (shown.code, shown.out, shown.err) == (0, "", "stores has no connectors\n")
    assert kpictl("list", "connectors", "--project", STORES, "--json").out == "[]\n"


def test_a_list_that_does_not_exist(kpictl: Kpictl) -> None:
    wrong = kpictl("list", "kpi")
    assert wrong.code == 2
    assert "'kpis'" in wrong.err
