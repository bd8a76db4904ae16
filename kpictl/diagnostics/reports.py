"""Diagnostics as CI systems read them: GitHub's workflow commands, and SARIF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kpictl.diagnostics.diagnostic import Diagnostic, Severity
from kpictl.diagnostics.render import relative
from kpictl.diagnostics.span import Span

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a report says about a code by itself."""

    code: str
    name: str
    severity: Severity
    what: str
    why: str


def github(diagnostics: Sequence[Diagnostic], *, base: Path) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    lines = []
    for each in diagnostics:
        properties = {
            "title": f"kpictl {each.code}",
            "file": relative(each.at.path, base),
            "line": str(each.at.line),
            "col": str(each.at.column),
            "endLine": str(each.at.end_line),
            "endColumn": str(each.at.end_column),
        }
        said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        message = each.message if each.help is None else f"{each.message}\nhelp: {each.help}"
        lines.append(f"::{each.severity} {said}::{_data(message)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(diagnostics: Sequence[Diagnostic], rules: Sequence[RuleText], *, version: str, base: Path) -> str:
    """A SARIF 2.1.0 log of one run, with columns counted in Unicode code points."""
    index = {rule.code: number for number, rule in enumerate(rules)}
    driver = {"name": "kpictl", "version": version, "rules": [_rule(rule) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index, base) for each in diagnostics],
    }
    return dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: RuleText) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why or rule.what},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(each: Diagnostic, index: dict[str, int], base: Path) -> dict[str, Any]:
    message = each.message if each.help is None else f"{each.message}; {each.help}"
    result: dict[str, Any] = {"ruleId": each.code}
    if each.code in index:
        result["ruleIndex"] = index[each.code]
    result |= {
        "level": each.severity.value,
        "message": {"text": message},
        "locations": [_location(each.at, base)],
    }
    if each.also:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": note.message}, **_location(note.at, base)}
            for number, note in enumerate(each.also)
        ]
    return result


def _location(span: Span, base: Path) -> dict[str, Any]:
    artifact = {"uri": quote(relative(span.path, base)), "uriBaseId": "%SRCROOT%"}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if span != Span.whole_file(span.path):
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    return {"physicalLocation": physical}
