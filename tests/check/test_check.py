"""Every rule: a tiny project that breaks it, and exactly the diagnostics that it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.catalog.load import load
from kpictl.catalog.table import TableName
from kpictl.check import RULES, check
from kpictl.diagnostics import Diagnostic
from tests.check import cases_calendars, cases_database, cases_meaning, cases_names, cases_unsupported
from tests.check.project import Case, Tables, write

CASES = (
    *cases_names.CASES,
    *cases_meaning.CASES,
    *cases_calendars.CASES,
    *cases_unsupported.CASES,
    *cases_database.CASES,
)


def checked(folder: Path, tables: Tables | None) -> tuple[Diagnostic, ...]:
    catalog, found = load(folder)
    assert found == ()
    assert catalog is not None
    if tables is None:
        return check(catalog)
    return check(catalog, {TableName(*name.split(".")): columns for name, columns in tables.items()})


def test_nothing_is_wrong_with_a_correct_project(tmp_path: Path) -> None:
    write(tmp_path, {})
    assert checked(tmp_path, None) == ()
    assert checked(tmp_path, cases_database.RAW) == ()


@pytest.mark.parametrize("files", cases_calendars.RIGHT)
def test_nothing_is_wrong_with_these_calendars(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
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


def test_every_rule_is_broken_somewhere_and_says_why() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {code for case in CASES for code, _ in case.expected}
    assert all(rule.__doc__ for rule in RULES)


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
