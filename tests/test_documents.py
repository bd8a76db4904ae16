"""What the README says is so: its commands, its YAML, its tables; and every example runs on every engine."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from kpictl.catalog import load
from kpictl.check import checked, judge
from kpictl.cli.main import command_line, outcome
from kpictl.compile import compile as relations_of
from kpictl.engine import open_engine, open_published
from kpictl.pipeline import Published, Request, run
from tests import documents
from tests.payloads import payload_errors

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/kpictl.yml"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    existing = {command.name for command in command_line().registered_commands}
    named = set(re.findall(r"`(?:uv run )?kpictl ([a-z-]+)[^`]*`", README))
    named |= {name for block in blocks("sh") for name in re.findall(r"kpictl ([a-z-]+)", block)}
    assert named == existing


def test_options_in_the_readme_exist() -> None:
    options = set(re.findall(r"--[a-z-]+", documents.commands())) | {"--version", "--install-completion"}
    used = {
        option for line in README.splitlines() if "kpictl " in line for option in re.findall(r"[ `](--[a-z-]+)", line)
    }
    assert used
    assert used - {"--check"} <= options  # --check is of ruff


@pytest.mark.parametrize("name", ["commands.md", "reference.md", "rules.md", "payload.schema.json", "payload.ts"])
def test_the_pages_that_are_made_are_up_to_date(name: str) -> None:
    """Every command, option, key, code and column is in them, since they are made of those."""
    assert (documents.DOCS / name).read_text() == documents.pages()[name], "uv run python -m tests.documents"


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text()
    links = re.findall(r"\]\(([^)]+)\)", text)
    anchors = {heading.strip().lower().replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.*)$", text)}
    for link in links:
        file, _, anchor = link.partition("#")
        assert (path.parent / file).exists(), link
        assert not anchor or file or anchor in anchors, link


def test_the_readmes_yaml_is_a_project(tmp_path: Path) -> None:
    project, kpis, _, _, environments = blocks("yaml")
    (tmp_path / "kpis/lookups").mkdir(parents=True)
    (tmp_path / "kpictl.yml").write_text(project)
    (tmp_path / "kpis/sales.yml").write_text(kpis)
    shutil.copy(ROOT / "examples/csv-shop/kpis/lookups/orders.csv", tmp_path / "kpis/lookups")
    catalog, found = judge(tmp_path)
    assert found == ()
    assert catalog is not None
    assert [kpi.code for kpi in catalog.kpis] == ["revenue", "average_order_value", "orders"]
    assert yaml.safe_load(environments)["environments"]["production"] == {"url": "${DATABASE_URL}"}


def test_the_yaml_of_the_page_on_checks_is_a_projects(tmp_path: Path) -> None:
    sources, kpis = re.findall(r"```yaml\n(.*?)```", (documents.DOCS / "checks.md").read_text(), flags=re.DOTALL)
    (tmp_path / "kpis/lookups").mkdir(parents=True)
    (tmp_path / "kpictl.yml").write_text("name: shop\n")
    (tmp_path / "kpis/sources.yml").write_text(sources)
    (tmp_path / "kpis/kpis.yml").write_text(kpis)
    (tmp_path / "kpis/formats.yml").write_text("formats:\n  - {code: currency, kind: currency}\n")
    (tmp_path / "kpis/lookups/orders.csv").write_text("order_id,paid_at,amount\n1,2025-01-01,5\n")
    catalog = checked(tmp_path)
    assert [check.key for check in catalog.kpi("revenue").checks] == ["min", "max", "not_null", "max_change_pct"]
    assert catalog.source("orders").expect_fresh is not None


def test_the_readmes_calendar_and_entities_are_a_project(tmp_path: Path) -> None:
    _, _, calendar, entities, _ = blocks("yaml")
    shown = calendar.partition("{")[0]
    alternatives = re.findall(r"\{[^}]*\}", calendar)
    assert len(alternatives) == 3
    (tmp_path / "kpis/lookups").mkdir(parents=True)
    (tmp_path / "kpis/entities.yml").write_text(entities)
    (tmp_path / "kpis/visits.yml").write_text("kpis:\n  - {code: visits, source: visits, measure: count(*)}\n")
    (tmp_path / "kpis/lookups/visits.csv").write_text("visited_at,location_code\n2025-01-01,mill\n")
    for fiscal in alternatives:
        compare = "same_date" if "starts" in fiscal else "fiscal"
        (tmp_path / "kpictl.yml").write_text(f"name: shop\n{shown}{fiscal}\ncompare: {compare}\n")
        catalog = checked(tmp_path)
        assert [entity.code for entity in catalog.entities] == ["ALL", "north", "mill"]


def test_the_readme_tells_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "told").mkdir()
    (tmp_path / "bare").mkdir()
    told = blocks("yaml")[0].replace("America/New_York", "UTC").replace("currency: USD\n", "")
    (tmp_path / "told/kpictl.yml").write_text(told)
    (tmp_path / "bare/kpictl.yml").write_text("name: shop\n")
    said, bare = (load(tmp_path / name)[0] for name in ("told", "bare"))
    assert said is not None
    assert bare is not None
    assert replace(said.project, folder=bare.project.folder) == bare.project


def test_the_tables_that_the_readme_names_are_published() -> None:
    catalog, diagnostics = load(ROOT)
    assert catalog is not None
    assert not diagnostics
    made = {relation.name.name for relation in relations_of(catalog)}
    named = set(re.findall(r"`((?:dim|fact|agg)_[a-z_]+)`", README))
    published = {"dim_date", "dim_kpi", "dim_entity", "fact_kpi_daily", "agg_kpi_dashboard", "agg_kpi_period"}
    assert named == {*published, "agg_daily_revenue"}
    assert named <= made


def test_the_readmes_numbers_of_the_winery() -> None:
    catalog = checked(ROOT)
    published = [kpi for kpi in catalog.kpis if kpi.id is not None]
    assert f"{len(published)} KPIs" in README
    assert [kpi.id for kpi in sorted(published, key=lambda kpi: kpi.id or 0)] == list(range(1, 28))


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_compile(name: str, dialect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = ["--project", str(ROOT / "examples" / name), "--dialect", dialect]
    assert outcome(["compile", *project]) == 0
    assert outcome(["compile", *project, "--out", str(tmp_path / "sql")]) == 0
    written = capsys.readouterr().out
    assert all(f"-- {path.stem.partition('_')[2]}:" in written for path in (tmp_path / "sql").glob("*.sql"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_run(name: str, engine_url: str, tmp_path: Path) -> None:
    catalog = checked(ROOT / "examples" / name)
    engine = open_engine(engine_url, tmp_path)
    events = list(run(catalog, engine, Request(date(2025, 10, 6), datetime(2025, 10, 7, tzinfo=UTC))))
    engine.close()
    assert isinstance(events[-1], Published)
    reader = open_published(engine_url, tmp_path)
    with reader.transaction():
        payloads = [str(text) for (text,) in reader.fetch("select cast(payload as text) from kpi.agg_kpi_dashboard")]
    reader.close()
    assert payloads
    assert [fault for text in payloads for fault in payload_errors(text)] == []


def test_the_csv_shop_counts_what_its_file_says(engine_url: str, tmp_path: Path) -> None:
    folder = ROOT / "examples/csv-shop"
    lines = (folder / "kpis/lookups/orders.csv").read_text().splitlines()[1:]
    october = [Decimal(amount) for _, day, amount in (line.split(",") for line in lines) if day >= "2025-10-01"]
    catalog = checked(folder)
    engine = open_engine(engine_url, tmp_path)
    list(run(catalog, engine, Request(date(2025, 10, 6), datetime(2025, 10, 7, tzinfo=UTC))))
    engine.close()
    reader = open_published(engine_url, tmp_path)
    with reader.transaction():
        rows = {
            int(str(kpi)): value for kpi, value in reader.fetch("select kpi_id, mtd_value from kpi.agg_kpi_dashboard")
        }
    reader.close()
    assert rows[1] == sum(october)
    assert rows[2] == sum(amount > 0 for amount in october)


def test_the_stores_count_a_customer_of_two_stores_once(engine_url: str, tmp_path: Path) -> None:
    folder = ROOT / "examples/stores"
    lines = (folder / "kpis/lookups/sales.csv").read_text().splitlines()[1:]
    sales = [line.split(",") for line in lines if "2025-09-09" <= line.split(",")[1] <= "2025-10-06"]
    catalog = checked(folder)
    engine = open_engine(engine_url, tmp_path)
    list(run(catalog, engine, Request(date(2025, 10, 6), datetime(2025, 10, 7, tzinfo=UTC))))
    engine.close()
    reader = open_published(engine_url, tmp_path)
    query = (
        "select e.entity_code, d.last28_value from kpi.agg_kpi_dashboard d join kpi.dim_entity e using (entity_id)"
        " where d.kpi_id = 2"
    )
    with reader.transaction():
        found = {str(entity): value for entity, value in reader.fetch(query)}
    reader.close()
    below = {"mill": {"mill"}, "north": {"mill", "dock"}, "south": {"park"}, "ALL": {"mill", "dock", "park"}}
    for entity, stores in below.items():
        assert found[entity] == len({who for _, _, store, who, _ in sales if store in stores and who})
    in_stores = [found[store] for store in ("mill", "dock")]
    assert all(isinstance(number, Decimal) for number in in_stores)
    assert found["north"] != sum(number for number in in_stores if isinstance(number, Decimal))
