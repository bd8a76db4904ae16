"""What CI systems are given: SARIF by the official schema, and GitHub's workflow commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from kpictl.cli.main import outcome
from kpictl.diagnostics import Diagnostic, Note, Severity, Span, reports

# The schema of OASIS as Microsoft's npm package `@microsoft/jest-sarif` carries it.
SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-2.1.0.json").read_text())
HERE = Path("/project")
FOUND = (
    Diagnostic(
        "KPI110",
        "two KPIs have the code `a`",
        Span(HERE / "kpis/a b.yml", 3, 7, 3, 9),
        also=(Note("the first is here", Span(HERE / "kpis/é.yml", 1, 2, 1, 3)),),
        help="rename one: 100%,\nor not",
    ),
    Diagnostic("KPI231", "no owner", Span.whole_file(HERE / "kpictl.yml"), Severity.WARNING),
)
RULES = (reports.RuleText("KPI231", "no-owner", Severity.WARNING, "It has none.", ""),)


def sarif(found: tuple[Diagnostic, ...]) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(reports.sarif(found, RULES, version="1.2.3", base=HERE))
    Draft4Validator(SCHEMA).validate(log)
    return log


def test_the_schema_is_one_and_refuses() -> None:
    Draft4Validator.check_schema(SCHEMA)
    log = sarif(FOUND)
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not Draft4Validator(SCHEMA).is_valid(log)


def test_sarif_says_what_and_where() -> None:
    (run,) = sarif(FOUND)["runs"]
    duplicate, owner = run["results"]
    place = duplicate["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "kpis/a%20b.yml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 9}
    assert duplicate["level"] == "error"
    assert duplicate["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "kpis/%C3%A9.yml"
    assert "region" not in owner["locations"][0]["physicalLocation"]
    assert run["tool"]["driver"]["rules"][owner["ruleIndex"]]["id"] == owner["ruleId"] == "KPI231"
    assert "ruleIndex" not in duplicate


def test_sarif_of_nothing() -> None:
    assert sarif(())["runs"][0]["results"] == []


def test_github_takes_each_finding_on_a_line() -> None:
    assert reports.github(FOUND, base=HERE).splitlines() == [
        (
            "::error title=kpictl KPI110,file=kpis/a b.yml,line=3,col=7,endLine=3,endColumn=9::"
            "two KPIs have the code `a`%0Ahelp: rename one: 100%25,%0Aor not"
        ),
        "::warning title=kpictl KPI231,file=kpictl.yml,line=1,col=1,endLine=1,endColumn=1::no owner",
    ]


def test_lint_prints_every_rule_and_finding_as_sarif(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpictl.yml").write_text("name: shop\n")
    (tmp_path / "kpis/kpis.yml").write_text("kpis:\n  - {code: fees, source: nowhere, measure: sum(fee)}\n")
    monkeypatch.chdir(tmp_path)
    assert outcome(["lint", "--format", "sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["KPI239", "KPI102"]
    codes = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(codes[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
