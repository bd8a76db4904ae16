"""`kpictl schema`: every project of this repository is valid by it, and what the reader refuses is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kpictl.catalog import read
from kpictl.catalog.json_schema import json_schema
from kpictl.catalog.keys import KEYS
from kpictl.check import judge
from tests.cli.conftest import Kpictl

ROOT = Path(__file__).parent.parent.parent
PROJECTS = sorted(
    path.parent for where in (".", "examples/*", "kpictl/templates/*") for path in ROOT.glob(f"{where}/kpictl.yml")
)
FILES = [path for project in PROJECTS for path in (project / "kpictl.yml", *sorted(project.glob("kpis/**/*.yml")))]


def value_of(path: Path) -> Any:
    document, problems = read(path)
    assert document is not None
    assert not problems
    return document.value


def errors(value: Any, kind: str) -> list[str]:
    return [error.message for error in Draft202012Validator(json_schema(kind)).iter_errors(value)]  # type: ignore[arg-type]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_is_valid(path: Path) -> None:
    assert errors(value_of(path), "project" if path.name == "kpictl.yml" else "kpis") == []


def test_there_are_files_of_every_project() -> None:
    assert len(PROJECTS) >= 6
    assert len(FILES) > 2 * len(PROJECTS)


KPI = {"id": 1, "code": "a", "name": "A", "format": "number", "source": "x", "measure": "sum(b)"}


@pytest.mark.parametrize(
    "kpi",
    [
        {**KPI, "mesure": "sum(b)"},
        {**KPI, "id": "1"},
        {**KPI, "id": 0},
        {**KPI, "code": "A"},
        {**KPI, "target_direction": "upwards"},
        {**KPI, "owner": None},
        {key: value for key, value in KPI.items() if key != "code"},
    ],
)
def test_what_the_reader_refuses_is_invalid(kpi: dict[str, Any], tmp_path: Path) -> None:
    assert errors({"kpis": [KPI]}, "kpis") == []
    assert errors({"kpis": [kpi]}, "kpis") != []
    refused = said(tmp_path / "wrong", "kpis/a.yml", {"kpis": [kpi]})
    assert refused - said(tmp_path / "right", "kpis/a.yml", {"kpis": [KPI]})


LINE = {"kpi": "a", "value": 1}
TEST = {"name": "a", "as_of": "2025-10-06", "given": {"orders": [{"day": "2025-10-06"}]}, "expect": [LINE]}


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("kpictl.yml", {"day_starts_at": "04:00"}, {"day_starts_at": "24:00"}),
        ("kpictl.yml", {"covers_from": "2025-01-31"}, {"covers_from": "2025-13-01"}),
        ("kpictl.yml", {"covers_from": "2025-01-31"}, {"covers_from": "31.1.2025"}),
        ("kpictl.yml", {"windows": ["last7", "ttm"]}, {"windows": ["last7", "monthly"]}),
        ("kpictl.yml", {"windows": ["last28"]}, {"windows": []}),
        ("kpictl.yml", {"currency": "EUR"}, {"currency": "Euro"}),
        ("kpictl.yml", {"calendar": {"fiscal": {"starts": "july"}}}, {"calendar": {"fiscal": {"starts": "July"}}}),
        ("kpictl.yml", {"environments": {"x": {"url": "${X}"}}}, {"environments": {"1 x": {"url": "${X}"}}}),
        ("kpictl.yml", {"environments": {"x": {"url": "${X}"}}}, {"environments": {"x": {"urls": "${X}"}}}),
        ("kpictl.yml", {"connectors": {"x": {"key": "${X}"}}}, {"connectors": {"x": "${X}"}}),
        ("kpis/a.yml", {"tests": [TEST]}, {"tests": [{**TEST, "given": {"a b": []}}]}),
        ("kpis/a.yml", {"tests": [TEST]}, {"tests": [{**TEST, "given": {"orders": [{"a b": 1}]}}]}),
        ("kpis/a.yml", {"tests": [TEST]}, {"tests": [{**TEST, "expect": [{**LINE, "window": "mdt"}]}]}),
        ("kpis/a.yml", {"tests": [TEST]}, {"tests": [{**TEST, "expect": []}]}),
        ("kpis/a.yml", {"kpis": []}, {"kpi": []}),
    ],
)
def test_the_schema_and_the_reader_agree(
    file: str, right: dict[str, Any], wrong: dict[str, Any], tmp_path: Path
) -> None:
    kind, needed = ("project", {"name": "x"}) if file == "kpictl.yml" else ("kpis", {})
    assert errors({**needed, **right}, kind) == []
    assert errors({**needed, **wrong}, kind) != []
    refused = said(tmp_path / "wrong", file, {**needed, **wrong})
    assert refused - said(tmp_path / "right", file, {**needed, **right})


def said(folder: Path, file: str, value: object) -> set[str]:
    """The errors of a project with such a file."""
    (folder / "kpis").mkdir(parents=True)
    (folder / "kpictl.yml").write_text("name: x\n")
    (folder / file).write_text(json.dumps(value))  # JSON is YAML too
    _, found = judge(folder)
    return {f"{each.code} {each.message}" for each in found if each.severity == "error"}


def test_every_key_is_described() -> None:
    assert {shape.__name__: set(keys) for shape, keys in KEYS.items()} == {
        shape.__name__: set(shape.model_fields) for shape in KEYS
    }
    for kind in ("project", "kpis"):
        Draft202012Validator.check_schema(json_schema(kind))
        shapes = [json_schema(kind), *json_schema(kind)["$defs"].values()]
        told = [key["description"] for shape in shapes for key in shape.get("properties", {}).values()]
        assert set(told) <= {text for keys in KEYS.values() for text in keys.values()}
        assert all(text.endswith((".", "…")) for text in told)


@pytest.mark.parametrize("kind", ["project", "kpis"])
def test_defaults_are_valid_themselves(kind: str) -> None:
    whole = json_schema(kind)  # type: ignore[arg-type]
    shapes = [whole, *whole["$defs"].values()]
    given = [key for shape in shapes for key in shape["properties"].values() if "default" in key]
    assert given
    for key in given:
        found = Draft202012Validator({**key, "$defs": whole["$defs"]}).iter_errors(key["default"])
        assert [error.message for error in found] == []


def test_the_command_prints_what_docs_have_of_the_payload(kpictl: Kpictl) -> None:
    assert kpictl("schema", "payload").out == (ROOT / "docs/payload.schema.json").read_text()
    assert kpictl("schema", "typescript").out == (ROOT / "docs/payload.ts").read_text()


def test_the_command_prints_and_writes_it(tmp_path: Path, kpictl: Kpictl) -> None:
    assert json.loads(kpictl("schema").out) == json_schema("kpis")
    assert json.loads(kpictl("schema", "project").out) == json_schema("project")
    result = kpictl("schema", "--out", tmp_path / "x")
    assert result.code == 0
    assert {path.name for path in (tmp_path / "x").iterdir()} == {"project.schema.json", "kpis.schema.json"}
    assert json.loads((tmp_path / "x/kpis.schema.json").read_text()) == json_schema("kpis")
