"""`kpictl show` on published tables; the numbers are worked out by hand from the rows of shop.py."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kpictl.report.format import MISSING
from tests.cli.conftest import Kpictl
from tests.cli.shop import load_rows, publish, write_files


def rows(out: str) -> dict[str, list[str]]:
    """Each row's words by the KPI's name, without the sparkline."""
    names = ("Revenue", "Basket", "Refund Size", "Sales", "Web Share %", "Visitors")
    found = {}
    for line in out.splitlines():
        for name in names:
            if line.startswith(f"{name} "):
                found[name] = [word for word in line[len(name) :].split() if not set(word) & set("▁▂▃▄▅▆▇█")]
    return found


def test_every_kpi_has_its_values_and_changes(published: Path, kpictl: Kpictl) -> None:
    shown = kpictl("show")
    assert (shown.code, shown.err) == (0, "")
    assert rows(shown.out) == {
        "Revenue": ["$500", "+25.0%~", "$500", "+25.0%~"],
        "Basket": ["$167", "-16.7%~", "$167", "-16.7%~"],
        "Refund Size": ["∅", MISSING, "∅", MISSING],
        "Sales": ["3", "+50.0%~", "3", "+50.0%~"],
        "Web Share %": ["33.3%", "-16.7", "pp~", "33.3%", "-16.7", "pp~"],
        "Visitors": [MISSING, MISSING, MISSING, MISSING],
    }


def test_title_groups_and_notes(published: Path, kpictl: Kpictl) -> None:
    lines = kpictl("show").out.splitlines()
    assert lines[0] == "shop · The whole shop · as of 2025-03-10 · data through 2025-03-10"
    assert [line for line in lines if line in {"Money", "Trade"}] == ["Money", "Trade"]
    assert lines[-5:] == [
        "~ data for a part of the days",
        "∅ undefined: nothing to divide by, or no row",
        f"{MISSING} no data",
        "changes are against the same days a year before",
        "no rows at all: Visitors",
    ]


def test_the_sparkline_has_a_column_a_day(published: Path, kpictl: Kpictl) -> None:
    # 11 February to 10 March: sales on 3 March (the 21st day, 250) and 10 March (the 28th, 250), else nothing.
    (line,) = [line for line in kpictl("show").out.splitlines() if line.startswith("Revenue")]
    assert line[-28:] == "▁" * 20 + "█" + "▁" * 6 + "█"


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 120, 160])
def test_no_row_is_wider_than_the_screen(published: Path, kpictl: Kpictl, columns: int) -> None:
    shown = kpictl("show", columns=columns)
    assert shown.code == 0
    too_wide = [line for line in shown.out.splitlines() if len(line) > max(columns, 32)]
    assert too_wide == []
    assert len(rows(shown.out)) == 6


def test_a_narrow_screen_loses_the_sparkline_first(published: Path, kpictl: Kpictl) -> None:
    narrow = kpictl("show", columns=60).out
    assert "█" not in narrow
    assert rows(narrow)["Revenue"] == ["$500", "+25.0%~", "$500", "+25.0%~"]
    short = kpictl("show", columns=44).out
    assert rows(short)["Revenue"] == ["$500", "+25%~", "$500", "+25%~"]


def test_json_is_an_array_of_payloads(published: Path, kpictl: Kpictl) -> None:
    shown = kpictl("show", "--json")
    payloads = json.loads(shown.out)
    assert [each["kpi"]["id"] for each in payloads] == [1, 2, 3, 4, 5, 6]
    revenue = payloads[0]
    assert revenue["windows"]["mtd"]["value"] == 500
    assert revenue["windows"]["mtd"]["prior"] == {
        "from": "2024-03-01",
        "to": "2024-03-10",
        "days": 10,
        "value": 400,
        "status": "partial",
    }
    assert len(revenue["trend"]) == 28


def test_postgres_shows_the_same(
    published: Path, postgres_url: str, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    before = kpictl("show", "--env", "production")
    assert (before.code, before.out) == (3, "")
    assert before.err == (
        "error: nothing has been published: kpi.agg_kpi_dashboard has no rows\n"
        "  help: `kpictl run` publishes; where one has, this role lacks a GRANT to read the schema kpi\n"
    )
    load_rows(published, postgres_url)
    publish(published, postgres_url)
    assert kpictl("show", "--env", "production").out == kpictl("show").out
    assert kpictl("show", "revenue", "--env", "production").out == kpictl("show", "revenue").out
    payloads = json.loads(kpictl("show", "--env", "production", "--json").out)
    assert payloads == json.loads(kpictl("show", "--json").out)


def test_a_date_that_was_not_published(published: Path, kpictl: Kpictl) -> None:
    shown = kpictl("show", "--as-of", "2025-03-09")
    assert (shown.code, shown.out) == (3, "")
    assert shown.err == (
        "error: nothing has been published as of 2025-03-09\n"
        "  help: the latest as-of date is 2025-03-10; `kpictl run --as-of 2025-03-09` publishes another\n"
    )


def test_nothing_published_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kpictl: Kpictl) -> None:
    write_files(tmp_path)
    load_rows(tmp_path)
    monkeypatch.chdir(tmp_path)
    shown = kpictl("show")
    assert (shown.code, shown.out) == (3, "")
    assert "nothing has been published" in shown.err
    assert "`kpictl run` publishes" in shown.err


def test_an_error_in_a_kpi_does_not_hide_what_was_published(published: Path, kpictl: Kpictl) -> None:
    path = published / "kpis/shop.yml"
    path.write_text(path.read_text().replace("measure: sum(amount)", "meassure: sum(amount)", 1))
    assert kpictl("show").code == 0
    (published / "kpictl.yml").write_text("nmae: shop\n")
    assert kpictl("show").code == 1


def test_the_board_of_one_store(kpictl: Kpictl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Path(__file__).parents[2] / "examples/stores", tmp_path / "stores")
    monkeypatch.chdir(tmp_path / "stores")
    assert kpictl("run", "--as-of", "2025-10-06").code == 0
    assert kpictl("show", "--entity", "north").out.startswith("stores · North · as of 2025-10-06")
    every, one = (json.loads(kpictl("show", "--json", *more).out) for more in ((), ("--entity", "dock")))
    assert {payload["entity"]["code"] for payload in every} == {"ALL", "north", "south", "mill", "dock", "park"}
    assert one == [payload for payload in every if payload["entity"]["code"] == "dock"]
    wrong = kpictl("show", "--entity", "doc")
    assert (wrong.code, wrong.err) == (3, "error: no entity has the code `doc`\n  help: `dock` is near\n")
