"""Every rule: a tiny project that breaks it, and exactly the diagnostics that it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.catalog.load import load
from kpictl.catalog.table import TableName
from kpictl.check import RULES, errors, identity, judge, types
from kpictl.check import checked as project_of
from kpictl.diagnostics import CatalogError, Diagnostic, Severity
from tests.check import (
    cases_calendars,
    cases_checks,
    cases_database,
    cases_kinds,
    cases_meaning,
    cases_names,
    cases_tested,
)
from tests.check.project import Case, Tables, write

CASES = (
    *cases_names.CASES,
    *cases_meaning.CASES,
    *cases_calendars.CASES,
    *cases_checks.CASES,
    *cases_database.CASES,
    *cases_kinds.CASES,
    *cases_tested.CASES,
)


def checked(folder: Path, tables: Tables | None) -> tuple[Diagnostic, ...]:
    catalog, found = load(folder)
    assert found == ()
    assert catalog is not None
    if tables is None:
        return errors(catalog)
    return errors(catalog, {TableName(*name.split(".")): columns for name, columns in tables.items()})


def test_nothing_is_wrong_with_a_correct_project(tmp_path: Path) -> None:
    write(tmp_path, cases_tested.TESTED)
    assert checked(tmp_path, None) == ()
    assert checked(tmp_path, cases_database.RAW) == ()


@pytest.mark.parametrize("files", cases_calendars.RIGHT)
def test_nothing_is_wrong_with_these_calendars(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    assert checked(tmp_path, None) == ()


def test_nothing_is_wrong_with_these_checks(tmp_path: Path) -> None:
    write(tmp_path, cases_checks.RIGHT)
    assert checked(tmp_path, None) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_project_gives_exactly_these(tmp_path: Path, case: Case) -> None:
    places = write(tmp_path, case.files)
    noted = {places[index] for index in case.notes}
    expected = [place for index, place in enumerate(places) if index not in case.notes]
    found = checked(tmp_path, case.tables)
    assert [(each.code, each.at) for each in found] == [
        (code, at) for (code, _), at in zip(case.expected, expected, strict=True)
    ]
    for each, (_, message) in zip(found, case.expected, strict=True):
        assert message in each.message
        assert each.help
    assert {note.at for each in found for note in each.also if case.notes} == noted


def test_every_error_that_a_catalog_can_have_is_broken_somewhere() -> None:
    """Warnings, what git's last version says and what a database's types do, have tests of their own."""
    others = (*identity.RULES, *types.RULES)
    codes = {rule.code for rule in RULES if rule.severity is Severity.ERROR and rule not in others}
    assert codes <= {code for case in CASES for code, _ in case.expected}


@pytest.mark.parametrize(
    ("files", "tables", "advice"),
    [
        (cases_names.CASES[0].files, None, "`revenue` is near"),
        (cases_names.CASES[1].files, None, "`members` is near"),
        (cases_calendars.CASES[0].files, None, "`calendar_mtd` is near"),
        (cases_database.CASES[0].files, cases_database.RAW, "`dbt.wide` is near"),
    ],
)
def test_a_near_name_is_offered(tmp_path: Path, files: dict[str, str], tables: Tables | None, advice: str) -> None:
    write(tmp_path, files)
    assert checked(tmp_path, tables)[0].help == advice


def test_a_wrong_test_stops_lint_and_nobody_who_does_not_run_it(tmp_path: Path) -> None:
    write(tmp_path, cases_tested.CASES[0].files)
    _, found = judge(tmp_path)
    told = tuple(each for each in found if each.severity is Severity.ERROR)
    assert [each.code for each in told] == ["KPI140"]
    assert len(project_of(tmp_path).tests) == 1
    with pytest.raises(CatalogError) as caught:
        project_of(tmp_path, with_tests=True)
    assert caught.value.diagnostics == told
