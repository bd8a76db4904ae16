"""Every page: its wrong example gives exactly its code at the place marked, its right one gives nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from textwrap import dedent

import pytest

from kpictl.catalog.history import history
from kpictl.catalog.table import TableName
from kpictl.check import PAGES, Seen, judge
from kpictl.check.pages import files, page
from kpictl.check.rule import Page
from kpictl.cli.rule_page import marked
from kpictl.diagnostics import Diagnostic, Span
from tests.check.shop import BASE, commit, put

ROOT = Path(__file__).parents[2]
BEFORE, DATABASE = ", before", "the database"
JUDGED = tuple(each for each in PAGES if each.is_shown_by_files)
NOT_SHOWN_BY_FILES = {
    "KPI050": "the variable is looked up when the environment is used",
    "KPI212": "it is for a run to say",
    **{f"KPI50{nth}": "an API shows it: tests/connect" for nth in range(1, 10)},
    **dict.fromkeys(("KPI406", "KPI408", "KPI409", "KPI410"), "a database shows it: tests/pipeline/test_inspect.py"),
}


def lay_out(folder: Path, example: str) -> list[Span]:
    """The shop with an example's files in it; those of `before` are committed, and the marks say where to look."""
    for name, text in BASE.items():
        put(folder, name, dedent(text))
    parts = files(example)
    for name in parts:
        if name.endswith(BEFORE):
            put(folder, name.removesuffix(BEFORE), parts[name])
            commit(folder)
    return [
        place
        for name, text in parts.items()
        if not name.endswith(BEFORE) and name != DATABASE
        for place in put(folder, name, text)
    ]


def found_in(folder: Path, example: str) -> tuple[list[Span], tuple[Diagnostic, ...]]:
    places = lay_out(folder, example)
    statements = files(example).get(DATABASE)
    look = None if statements is None else lambda _: Seen(tables(statements))
    _, found = judge(folder, before=history(folder), look=look)
    return places, found


def tables(statements: str) -> dict[TableName, dict[str, str]]:
    """What `create table dbt.daily (day date, sold numeric);` makes."""
    made = re.findall(r"create table (\w+)\.(\w+) \((.*?)\);", statements)
    return {
        TableName(schema, name): dict(column.split(" ", 1) for column in columns.split(", "))
        for schema, name, columns in made
    }


def test_what_files_do_not_show_is_little() -> None:
    assert {each.code for each in PAGES if each not in JUDGED} == NOT_SHOWN_BY_FILES.keys()


def test_examples_fit_a_terminal() -> None:
    lines = [(each.code, line) for each in PAGES for line in (*marked(page(each).wrong), *marked(page(each).right))]
    assert [found for found in lines if len(found[1]) > 80] == []


@pytest.mark.parametrize("room", ["catalog", "check"])
def test_every_finding_says_what_to_do(room: str) -> None:
    """Those that no example shows, too: by the calls that make them."""
    made = [
        (path.name, node.lineno, node)
        for path in (ROOT / "kpictl" / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Diagnostic"
    ]
    without = [(name, line) for name, line, call in made if all(each.arg != "help" for each in call.keywords)]
    assert made
    assert without == []


def test_there_are_pages() -> None:
    codes = [each.code for each in PAGES]
    assert len(set(codes)) == len(codes)
    assert len(codes) >= 40


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.code)
def test_the_wrong_example_gives_exactly_this_code_at_its_mark(rule: Page, tmp_path: Path) -> None:
    places, found = found_in(tmp_path, page(rule).wrong)
    assert [(each.code, each.at, each.severity) for each in found] == [
        (rule.code, place, rule.severity) for place in sorted(places)
    ]
    assert found
    assert all(each.help for each in found)


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.code)
def test_the_right_example_gives_nothing(rule: Page, tmp_path: Path) -> None:
    places, found = found_in(tmp_path, page(rule).right)
    assert places == []
    assert found == ()
