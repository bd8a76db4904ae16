"""`kpictl run`: its lines, and what it says when it fails."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpictl import pipeline
from kpictl.cli.progress import line
from kpictl.diagnostics import WorldError
from kpictl.pipeline import Finished, Started
from tests.cli.conftest import Kpictl


def test_a_run_says_each_step_and_that_it_finished(published: Path, kpictl: Kpictl) -> None:
    ran = kpictl("run", "--as-of", "2025-03-11", columns=80)
    assert (ran.code, ran.out) == (0, "")
    lines = ran.err.splitlines()
    assert [each.split()[0] for each in lines] == ["models", "dimensions", "sources", "facts", "dashboard", "Finished:"]
    assert all(len(each) == 80 and re.search(r"\S +\d+\.\d s$", each) for each in lines[:5])
    assert "no day has changed" in lines[2] or "1 day from 2025-03-11: coverage 1" in lines[2]
    assert re.fullmatch(r"Finished: 6 KPIs as of 2025-03-11, [\d,]+ facts written, in \d+\.\d s\.", lines[-1])
    assert "as of 2025-03-11" in kpictl("show").out
    assert "as of 2025-03-10" in kpictl("show", "--as-of", "2025-03-10").out


def test_a_warning_is_visible(published: Path, kpictl: Kpictl) -> None:
    edit(published, "amount > 0", "amount > 100")
    ran = kpictl("run", "--as-of", "2025-03-10")
    assert ran.code == 0
    assert "warning: source sales: a sale of nothing: 2 rows, such as amount = 100" in ran.err


def test_a_check_that_fails_leaves_the_last_tables(published: Path, kpictl: Kpictl) -> None:
    before = kpictl("show").out
    edit(published, 'that: "amount > 0", severity: warn', 'that: "amount > 100", severity: error')
    ran = kpictl("run", "--as-of", "2025-03-11")
    assert ran.code == 5
    assert "error: source sales: a sale of nothing: 2 rows" in ran.err
    assert "nothing was published; the tables of the last run stay" in ran.err
    assert "Finished" not in ran.err
    assert kpictl("show").out == before


def test_a_check_of_a_kpi_that_fails_leaves_the_last_tables(published: Path, kpictl: Kpictl) -> None:
    """500 in the month, and nothing on the 11th."""
    before = kpictl("show").out
    checks = "[{max: 499, window: mtd, severity: error}, {min: 1}]"
    edit(published, "measure: sum(amount)", f"measure: sum(amount), checks: {checks}")
    ran = kpictl("run", "--as-of", "2025-03-11")
    assert ran.code == 5
    assert "warning: KPI revenue: `min: 1` does not hold: day of ALL at 2025-03-11 is 0\n" in ran.err
    assert "error: KPI revenue: `max: 499` does not hold: mtd of ALL at 2025-03-11 is 500\n" in ran.err
    assert "nothing was published; the tables of the last run stay" in ran.err
    assert kpictl("show").out == before
    edit(published, "max: 499", "max: 500")
    assert kpictl("run", "--as-of", "2025-03-11").code == 0


def test_a_database_that_lacks_a_table(files: Path, kpictl: Kpictl) -> None:
    ran = kpictl("run", "--as-of", "2025-03-10")
    assert ran.code == 1
    assert "raw.sale" in ran.err
    assert "nothing was published, the tables of the last run stay" in ran.err


def test_a_misspelt_key_stops_it(published: Path, kpictl: Kpictl) -> None:
    edit(published, "measure: sum(amount)", "meassure: sum(amount)")
    ran = kpictl("run")
    assert ran.code == 1
    assert "kpis/shop.yml" in ran.err
    assert "`measure`" in ran.err


def test_an_unset_url(published: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    ran = kpictl("run", "--env", "production")
    assert ran.code == 1
    assert "the environment variable `DATABASE_URL` is not set" in ran.err
    assert "kpictl.yml:8:" in ran.err


def test_an_unknown_environment(published: Path, kpictl: Kpictl) -> None:
    ran = kpictl("run", "--env", "locl")
    assert ran.code == 2
    assert ran.err.startswith("error: no environment is called `locl`\n  help: ")


def test_a_date_to_come(published: Path, kpictl: Kpictl) -> None:
    ran = kpictl("run", "--as-of", "2027-12-31")
    assert ran.code == 2
    assert ran.err.startswith("error: the as-of date 2027-12-31 has not come yet\n  help: today is 20")


@pytest.mark.parametrize("text", ["yesterday", "20250310", "2025-02-30", "2025-W01-1"])
def test_what_is_no_date(files: Path, kpictl: Kpictl, text: str) -> None:
    ran = kpictl("run", "--as-of", text)
    assert ran.code == 2
    assert f"`{text}` is no day; a day is written YYYY-MM-DD" in ran.err


def test_another_process_holds_the_database(published: Path, kpictl: Kpictl) -> None:
    holding = "import duckdb, sys; c = duckdb.connect('shop.duckdb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        ran = kpictl("run", "--as-of", "2025-03-10")
        assert kpictl("show").code == 0
        holder.communicate("")
    assert ran.code == 4
    assert "another process has shop.duckdb open" in ran.err


def test_an_interrupted_run_says_what_stays(published: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[Started]:
        yield Started("facts")
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", interrupted)
    ran = kpictl("run", "--as-of", "2025-03-11")
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "interrupted at `facts`: nothing was published, the tables of the last run stay\n"


def test_a_failure_says_where_it_stopped(published: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> Iterator[Started]:
        yield Started("tock")
        raise WorldError("the API is away", help="try later")

    monkeypatch.setattr(pipeline, "run", failing)
    ran = kpictl("run", "--as-of", "2025-03-11")
    assert ran.code == 3
    assert ran.err == (
        "error: the API is away\n"
        "  help: try later\n"
        "  stopped at `tock`: nothing was published, the tables of the last run stay\n"
    )


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_line_has_a_fixed_width(columns: int) -> None:
    finished = Finished("commerce7.club-membership", 1_234_567, 123.4, "a detail that says more than there is room for")
    assert len(line(finished, columns)) == columns
    assert line(finished, columns).endswith("… 1,234,567 rows   123.4 s")


def test_numbers_stand_below_each_other() -> None:
    one = line(Finished("tock.guest", 1, 0.04, "raw_tock_guest"))
    many = line(Finished("tock.reservation", 11_688, 12.3, "raw_tock_reservation"))
    assert one.index(" row ") == many.index(" rows")
    assert (one[-5:], many[-6:]) == ("0.0 s", "12.3 s")


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "kpis/shop.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
