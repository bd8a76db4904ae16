"""`kpictl compile`: what it shows, cuts and refuses; it needs no database."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl


def shown(sql: str) -> list[str]:
    """The names of the relations, in order."""
    return re.findall(r"^-- ([\w.]+): ", sql, flags=re.MULTILINE)


def test_every_relation_stands_after_those_it_needs(files: Path, kpictl: Kpictl) -> None:
    compiled = kpictl("compile")
    assert (compiled.code, compiled.err) == (0, "")
    names = shown(compiled.out)
    assert len(names) == len(set(names))
    assert names.index("marts.fct_sale") < names.index("component_sales") < names.index("kpi.fact_kpi_daily")
    assert {"marts.other", "kpi.dim_date", "kpi.agg_kpi_dashboard"} <= set(names)
    assert "\033[" not in compiled.out


def test_a_kpi_alone_with_what_it_needs(files: Path, kpictl: Kpictl) -> None:
    compiled = kpictl("compile", "revenue")
    names = shown(compiled.out)
    assert {"marts.fct_sale", "component_sales", "kpi.fact_kpi_daily", "kpi.agg_kpi_dashboard"} <= set(names)
    assert not {"marts.other", "component_visits"} & set(names)
    assert "'web'" not in compiled.out  # a KPI that revenue does not use
    assert "web_share_pct" not in compiled.out


def test_a_formula_brings_its_inputs(files: Path, kpictl: Kpictl) -> None:
    compiled = kpictl("compile", "web_share_pct")
    assert compiled.code == 0
    assert "'web'" in compiled.out
    assert "marts.other" not in shown(compiled.out)


@pytest.mark.parametrize("name", ["fct_sale", "marts.fct_sale"])
def test_a_relation_by_either_name(files: Path, kpictl: Kpictl, name: str) -> None:
    assert shown(kpictl("compile", name).out) == ["marts.fct_sale"]


def test_a_relation_within_a_kpi(files: Path, kpictl: Kpictl) -> None:
    names = shown(kpictl("compile", "revenue", "component_sales").out)
    assert names[-1] == "component_sales"
    assert "kpi.agg_kpi_dashboard" not in names
    refused = kpictl("compile", "revenue", "other")
    assert refused.code == 2
    assert refused.err == "error: none of the KPIs named needs `other`\n  help: leave it out, or the KPIs\n"


@pytest.mark.parametrize(
    ("name", "near"), [("revenu", "revenue"), ("fct_sales", "fct_sale"), ("kpi.dim_dates", "kpi.dim_date")]
)
def test_an_unknown_name(files: Path, kpictl: Kpictl, name: str, near: str) -> None:
    refused = kpictl("compile", name)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"error: neither a KPI nor a relation is called `{name}`\n  help: `{near}` is near\n"


def test_a_helper_is_in_no_table(files: Path, kpictl: Kpictl) -> None:
    refused = kpictl("compile", "web_sales")
    assert refused.code == 2
    assert refused.err == (
        "error: `web_sales` is a helper, in no table\n  help: name a KPI that uses it: web_share_pct\n"
    )


def test_the_dialect_is_that_of_the_environment(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (files / ".env").write_text("DATABASE_URL=duckdb:///secret.duckdb\n")  # never read
    duckdb, postgres = kpictl("compile").out, kpictl("compile", "--env", "production").out
    assert "TO_JSON(" in duckdb
    assert "JSONB_BUILD_OBJECT(" not in duckdb
    assert "JSONB_BUILD_OBJECT(" in postgres
    assert kpictl("compile", "--dialect", "postgres").out == postgres
    assert kpictl("compile", "--env", "production", "--dialect", "duckdb").out == duckdb
    monkeypatch.setenv("DATABASE_URL", "duckdb:///other.duckdb")
    assert kpictl("compile", "--env", "production").out == duckdb
    assert kpictl("compile", "--dialect", "oracle").code == 2


def test_long_rows_are_cut_unless_named(files: Path, kpictl: Kpictl) -> None:
    # The calendar has 5 years, one of them a leap year: 1,826 days.
    cut = kpictl("compile").out
    assert "-- 1,806 more rows: kpictl compile dim_date\n" in cut
    assert "'2023-01-20'" in cut
    whole = kpictl("compile", "dim_date").out
    assert "more rows" not in whole
    assert whole.count("\n  ('20") == 1826


def test_a_file_for_each_relation(files: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    out = tmp_path / "sql"
    written = kpictl("compile", "--out", out)
    assert (written.code, written.out) == (0, "")
    paths = sorted(out.iterdir())
    assert written.err == f"Wrote {len(paths)} files to {out}\n"
    assert [path.name.partition("_")[2] for path in paths] == [f"{name}.sql" for name in shown(kpictl("compile").out)]
    assert [path.name[:3] for path in paths[:2]] == ["01_", "02_"]
    assert "more rows" not in "".join(path.read_text() for path in paths)

    assert kpictl("compile", "fct_sale", "--out", out).err == f"Wrote 1 file to {out}\n"
    assert [path.name for path in out.iterdir()] == ["01_marts.fct_sale.sql"]


def test_somebody_elses_files_are_left_alone(files: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    mine = tmp_path / "migrations" / "01_create.sql"
    mine.parent.mkdir()
    mine.write_text("create table mine (id int);\n")
    refused = kpictl("compile", "--out", mine.parent)
    assert refused.code == 2
    assert "was not written by kpictl" in refused.err
    assert [path.name for path in mine.parent.iterdir()] == ["01_create.sql"]
