"""What lint finds in a database, on every engine: the examples of its pages, and nothing where nothing is wrong."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpictl.catalog import Catalog
from kpictl.check import PAGES, Seen, checked, judge, page
from kpictl.check.pages import files
from kpictl.check.rule import Page
from kpictl.demo import serve, simulate
from kpictl.diagnostics import Diagnostic, Span
from kpictl.engine import open_engine
from kpictl.pipeline import Request, inspect, run
from tests.check.test_pages import DATABASE, lay_out
from tests.soundness.winery_published import connectors

ROOT = Path(__file__).parent.parent.parent
OF_THE_DATABASE = [each for each in PAGES if f"-- {DATABASE}" in page(each).wrong]


def looked(folder: Path, url: str) -> tuple[Diagnostic, ...]:
    """What is told of a project with that database."""

    def look(catalog: Catalog) -> Seen:
        engine = open_engine(url, folder)
        try:
            return inspect(catalog, engine)
        finally:
            engine.close()

    _, found = judge(folder, look=look)
    return found


def published(folder: Path, url: str) -> None:
    catalog = checked(folder)
    engine = open_engine(url, folder)
    list(run(catalog, engine, Request(date(2025, 10, 6), datetime(2025, 10, 7, tzinfo=UTC))))
    engine.close()


def told(example: str, folder: Path, url: str) -> tuple[list[Span], list[tuple[str, Span]]]:
    """The places that an example marks, and what is told of it beside a database in which the base was run."""
    places = lay_out(folder, example)
    engine = open_engine(url, folder)
    with engine.transaction():
        engine.create_schema("dbt")
        for statement in files(example)[DATABASE].split(";\n"):
            engine.execute(statement) if statement.strip() else None
    engine.close()
    return places, [(each.code, each.at) for each in looked(folder, url)]


def test_there_are_pages_of_the_database() -> None:
    assert {each.code for each in OF_THE_DATABASE} == {f"KPI40{n}" for n in range(1, 10)} | {"KPI410", "KPI411"}


@pytest.mark.parametrize("rule", OF_THE_DATABASE, ids=lambda rule: rule.code)
def test_the_wrong_example_gives_its_code_at_its_mark(rule: Page, engine_url: str, tmp_path: Path) -> None:
    places, found = told(page(rule).wrong, tmp_path, engine_url)
    assert [one for one in found if one[0] != "KPI409" or rule.code == "KPI409"] == [(rule.code, at) for at in places]
    assert places


@pytest.mark.parametrize("rule", OF_THE_DATABASE, ids=lambda rule: rule.code)
def test_the_right_example_gives_nothing(rule: Page, engine_url: str, tmp_path: Path) -> None:
    _, found = told(page(rule).right, tmp_path, engine_url)
    assert [one for one in found if one[0] != "KPI409" or rule.code == "KPI409"] == []


@pytest.mark.parametrize("name", ["csv-shop", "stores"])
def test_nothing_is_told_of_examples_that_were_run(name: str, engine_url: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / name, tmp_path / "project", ignore=shutil.ignore_patterns("*.duckdb*"))
    published(tmp_path / "project", engine_url)
    assert looked(tmp_path / "project", engine_url) == ()


def test_examples_are_told(engine_url: str, tmp_path: Path) -> None:
    rule = next(each for each in PAGES if each.code == "KPI410")
    told(page(rule).wrong, tmp_path, engine_url)
    assert [each.message for each in looked(tmp_path, engine_url)] == [
        "`dbt.daily` has a row a day, and more for some: 2025-01-11 (2 rows)"
    ]


def test_nothing_is_told_of_the_winery_once_it_has_run(engine_url: str, tmp_path: Path) -> None:
    last_day = date(2025, 10, 6)
    project = tmp_path / "winery"
    for name in ("kpis", "connectors"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "kpictl.yml", project)
    with (
        serve(simulate(last_day=last_day, years=1)) as address,
        closing(open_engine(engine_url, project)) as engine,
    ):
        request = Request(last_day, datetime(2025, 10, 7, 6, tzinfo=UTC), connectors(address))
        list(run(checked(project), engine, request))
    assert [each for each in looked(project, engine_url) if each.code.startswith("KPI4")] == []
