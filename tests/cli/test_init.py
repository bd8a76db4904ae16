"""`kpictl init`: every template lints, tests, runs and shows at once, and takes another KPI."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from kpictl.check import checked
from kpictl.cli.new_project import TEMPLATES, make, project_name
from kpictl.cli.winery import connectors
from kpictl.connect import everything
from kpictl.demo import serve, simulate
from kpictl.engine import open_engine, open_published
from kpictl.pipeline.refresh import refresh
from tests.cli.conftest import Kpictl

ROOT = Path(__file__).parents[2]
SMALL = ("blank", "csv", "wide-table")
SOURCES = {"blank": "example", "csv": "orders", "wide-table": "daily"}


Cell = Decimal | None


def numbers(folder: Path, url: str, schema: str = "kpi") -> dict[str, tuple[Cell, Cell]]:
    """The value of the year to date of every KPI, and that of a year before."""
    reader = open_published(url, folder)
    tables = f"{schema}.agg_kpi_dashboard d join {schema}.dim_kpi k using (kpi_id)"
    query = f"select k.kpi_code, d.ytd_value, d.ytd_prior from {tables}"
    with reader.transaction():
        rows = reader.fetch(query)
    reader.close()
    return {str(code): (cell(value), cell(prior)) for code, value, prior in rows}


def cell(value: object) -> Cell:
    assert value is None or isinstance(value, Decimal)
    return value


@pytest.mark.parametrize("template", SMALL)
def test_a_new_project_runs_at_once(
    template: str, engine_url: str, tmp_path: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my shop"
    made = kpictl("init", folder, "--template", template)
    assert made.code == 0
    assert "kpictl run && kpictl show" in made.err
    monkeypatch.chdir(folder)
    settings = (folder / "kpictl.yml").read_text()
    assert "name: my-shop\n" in settings
    assert kpictl("lint", "--strict").code == 0
    assert kpictl("test").code == 0
    (folder / "kpictl.yml").write_text(f'{settings}  test: {{url: "{engine_url}"}}\nenvironment: test\n')
    added = kpictl("add-kpi", "--code", "rows_there_are", "--name", "Rows", "--source", SOURCES[template],
                   "--measure", "count(*)", "--format", "number", "--owner", "me", "--description", "Rows.",
                   "--category", "Rows", "--file", "kpis/kpis.yml")  # fmt: skip
    assert added.code == 0
    assert kpictl("lint", "--strict").code == 0
    assert kpictl("run").code == 0
    found = numbers(folder, engine_url)
    (lookup,) = (folder / "kpis/lookups").glob("*.csv")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with lookup.open() as file:
        rows = list(csv.DictReader(file))
    days = [date.fromisoformat(row.get("ordered_on") or row["day"]) for row in rows]
    assert max(days) == yesterday
    before = yesterday.replace(year=yesterday.year - 1, day=min(yesterday.day, 28 if yesterday.month == 2 else 31))
    assert found["rows_there_are"][0] == sum(day.year == yesterday.year for day in days)
    if template != "blank":
        prior = sum(day.year == before.year and day <= before for day in days)
        assert found["rows_there_are"][1] == prior
        assert prior
    year = [row for row, day in zip(rows, days, strict=True) if day.year == yesterday.year]
    near = Decimal("0.00001")
    for code, value in expected_of(template, year).items():
        assert found[code][0] == pytest.approx(value, abs=near), code
    shown = kpictl("show", columns=80)
    assert (shown.code, "Rows" in shown.out) == (0, True)
    assert max(len(line) for line in shown.out.splitlines()) <= 80


def expected_of(template: str, year: list[dict[str, str]]) -> dict[str, Decimal]:
    """What the template's KPIs come to over the rows of a year, in plain arithmetic."""
    match template:
        case "csv":
            sales = [row for row in year if Decimal(row["amount"]) > 0]
            revenue = sum((Decimal(row["amount"]) for row in year), Decimal())
            web = sum(row["channel"] == "web" for row in sales)
            return {
                "revenue": revenue,
                "orders": Decimal(len(sales)),
                "average_order": revenue / len(sales),
                "customers": Decimal(len({row["customer_id"] for row in sales})),
                "web_share": Decimal(100 * web) / len(sales),
            }
        case "wide-table":
            orders, visitors = (sum(Decimal(row[name]) for row in year) for name in ("orders", "visitors"))
            return {
                "conversion": 100 * Decimal(orders) / Decimal(visitors),
                "stock_value": Decimal(max(year, key=lambda row: row["day"])["stock_value"]),
            }
        case _:
            return {"example_total": sum((Decimal(row["amount"]) for row in year), Decimal())}


@pytest.mark.parametrize("template", SMALL)
@pytest.mark.parametrize("today", [date(2024, 3, 1), date(2025, 1, 1), date(2025, 7, 15)], ids=str)
def test_the_same_day_makes_the_same_files(template: str, today: date, tmp_path: Path) -> None:
    once, again = (
        {path.relative_to(tmp_path / where / "shop"): path.read_bytes()
         for path in make(tmp_path / where / "shop", template, today)}
        for where in ("once", "again")
    )  # fmt: skip
    assert once == again
    (lookup,) = (text.decode() for path, text in once.items() if path.suffix == ".csv")
    days = [date.fromisoformat(day) for day in re.findall(r"\d{4}-\d\d-\d\d", lookup)]
    assert max(days) == today - timedelta(days=1)
    assert min(days) < today - timedelta(days=370)  # a year before, and the days that a window there begins with
    keys = [line.partition(",")[0] for line in lookup.splitlines()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("template", ["csv", "winery"])
@pytest.mark.parametrize(
    "there", ["kpictl.yml", ".gitignore", ".kpictl/kpis.schema.json", ".github/workflows/kpis.yml"]
)
def test_nothing_is_overwritten(template: str, there: str, tmp_path: Path, kpictl: Kpictl) -> None:
    mine = tmp_path / there
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine\n")
    result = kpictl("init", tmp_path, "--template", template)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: {mine} is there already\n  help: name a new folder: kpictl init DIR\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine\n"


def test_a_database_of_the_winerys_name_is_left_alone(tmp_path: Path, kpictl: Kpictl) -> None:
    mine = tmp_path / "winery.published.duckdb"
    mine.write_text("mine\n")
    result = kpictl("init", tmp_path, "--template", "winery")
    assert (result.code, f"{mine} is there already" in result.err) == (2, True)
    assert mine.read_text() == "mine\n"


@pytest.mark.parametrize("template", ["csv", "winery"])
@pytest.mark.parametrize("below", ["", "shop"])
def test_a_folder_that_cannot_be_is_refused(template: str, below: str, tmp_path: Path, kpictl: Kpictl) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("dear")
    result = kpictl("init", file / below, "--template", template)
    assert (result.code, result.err) == (2, f"error: {file} is a file\n  help: name a new folder: kpictl init DIR\n")
    assert file.read_text() == "dear"


def test_a_file_in_the_place_of_a_folder_stops_it_before_anything_is_written(tmp_path: Path, kpictl: Kpictl) -> None:
    (tmp_path / "kpis").write_text("mine")
    assert kpictl("init", tmp_path).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["kpis"]


def of_schema(path: Path) -> str:
    """The schema that a YAML file's first line names, which is there."""
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
    assert found, path
    assert (path.parent / found[1]).is_file(), path
    return (path.parent / found[1]).name


@pytest.mark.parametrize("template", [*SMALL, "winery"])
def test_every_file_names_its_schema(template: str, tmp_path: Path, kpictl: Kpictl) -> None:
    assert kpictl("init", tmp_path, "--template", template, "--years", "0").code == 0
    assert of_schema(tmp_path / "kpictl.yml") == "project.schema.json"
    files = sorted((tmp_path / "kpis").rglob("*.yml"))
    assert len(files) > 1
    assert {of_schema(path) for path in files} == {"kpis.schema.json"}


def test_the_winery_runs_after_init(tmp_path: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "winery"
    made = kpictl("init", folder, "--template", "winery", "--years", "1")
    assert made.code == 0
    assert f"Wrote {folder / 'winery.duckdb'}\n" in made.err
    monkeypatch.chdir(folder)
    assert kpictl("lint", "--strict").code == 0
    assert kpictl("test", "Before anything is known there are no numbers").code == 0
    assert kpictl("run").code == 0
    assert kpictl("lint", "--strict", "--env", "local").code == 0
    added = kpictl("add-kpi", "--code", "tips", "--name", "Tips", "--source", "orders", "--measure", "sum(tip)",
                   "--format", "currency", "--category", "Total", "--owner", "finance",
                   "--description", "Tips at the till.")  # fmt: skip
    assert added.code == 0
    assert kpictl("lint", "--strict").code == 0
    assert kpictl("run").code == 0
    assert "Tips" in kpictl("show", columns=130).out


def test_the_winery_runs_on_postgresql(
    postgres_url: str, tmp_path: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in production: its raw tables are filled there by a sync, here from the simulated APIs."""
    folder = tmp_path / "winery"
    assert kpictl("init", folder, "--template", "winery", "--years", "0").code == 0
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    catalog = checked(folder)
    now = datetime.now(UTC)
    world = simulate(last_day=now.astimezone(ZoneInfo("America/Los_Angeles")).date() - timedelta(days=1), years=0)
    engine = open_engine(postgres_url, folder)
    with serve(world) as address:
        list(refresh(catalog, engine, everything(connectors(address, folder)), now))
    engine.close()
    added = kpictl("add-kpi", "--code", "tips", "--name", "Tips", "--source", "orders", "--measure", "sum(tip)",
                   "--format", "currency", "--category", "Total", "--owner", "finance",
                   "--description", "Tips at the till.")  # fmt: skip
    assert added.code == 0
    assert kpictl("lint", "--strict").code == 0
    assert kpictl("run", "--env", "production").code == 0
    assert kpictl("run").code == 0
    schema = catalog.project.schemas.kpi
    on_postgres, on_duckdb = (numbers(folder, url, schema) for url in (postgres_url, "duckdb:///winery.duckdb"))
    assert len(on_postgres) == 28
    assert on_postgres == on_duckdb


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop", "shop"),
        ("My KPIs!", "My-KPIs"),
        ("2025", "kpis-2025"),
        ("raw", "raw-kpis"),
        ("Information_Schema", "Information_Schema-kpis"),
        ("é", "kpis"),
    ],
)
def test_the_name_is_made_of_the_folders(name: str, expected: str, tmp_path: Path) -> None:
    assert project_name(tmp_path / name) == expected


def steps() -> list[str]:
    workflow = yaml.safe_load((TEMPLATES / "common/.github/workflows/kpis.yml").read_text())
    return [step["run"] for step in workflow["jobs"]["kpis"]["steps"] if "run" in step]


def test_the_workflows_steps_pass_until_a_pull_request_changes_a_code(tmp_path: Path, kpictl: Kpictl) -> None:
    """As GitHub runs them: in bash, with the base branch's name in a pull request."""
    assert kpictl("init", tmp_path).code == 0
    install, lint, test = steps()
    assert install == "pip install kpictl"

    def bash(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {"PATH": path, "HOME": str(tmp_path), **who, **variables}
        return subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    first = "git init -q -b main && git add . && git commit -q -m 1 && git update-ref refs/remotes/origin/main HEAD"
    assert bash(first).returncode == 0
    assert bash(lint).returncode == 0
    assert bash(test).returncode == 0
    kpis = tmp_path / "kpis/kpis.yml"
    kpis.write_text(kpis.read_text().replace("code: customers", "code: buyers"))
    for tests in tmp_path.glob("kpis/tests.yml"):
        tests.write_text(tests.read_text().replace("kpi: customers", "kpi: buyers"))
    assert bash("git commit -q -a -m 2").returncode == 0
    assert bash(lint, GITHUB_BASE_REF="").returncode == 0
    refused = bash(lint, GITHUB_BASE_REF="main")
    assert refused.returncode == 1
    (line,) = (number for number, text in enumerate(kpis.read_text().splitlines(), 1) if "code: buyers" in text)
    assert f"file=kpis/kpis.yml,line={line}," in refused.stdout


def test_both_hooks_lint_when_a_kpi_file_changes() -> None:
    (published,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (local,) = yaml.safe_load((TEMPLATES / "common/.pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    for hook in (published, local):
        assert (hook["id"], hook["entry"], hook["pass_filenames"]) == ("kpictl-lint", "kpictl lint --strict", False)
        assert all(re.search(hook["files"], path) for path in ("kpictl.yml", "kpis/a.yml", "kpis/models/a.sql"))
        assert not any(re.search(hook["files"], path) for path in ("README.md", "docs/kpis/a.yml", "kpictl_yml"))
