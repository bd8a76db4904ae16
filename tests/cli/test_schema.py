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
def test_what_the_reader_refuses_is_invalid(kpi: dict[str, Any]) -> None:
    assert errors({"kpis": [KPI]}, "kpis") == []
    assert errors({"kpis": [kpi]}, "kpis") != []


def test_every_key_is_described() -> None:
    assert {shape.__name__: set(keys) for shape, keys in KEYS.items()} == {
        shape.__name__: set(shape.model_fields) for shape in KEYS
    }
    for kind in ("project", "kpis"):
        Draft202012Validator.check_schema(json_schema(kind))
        shapes = [json_schema(kind), *json_schema(kind)["$defs"].values()]
        assert all("description" in key for shape in shapes for key in shape.get("properties", {}).values())


def test_the_command_prints_and_writes_it(tmp_path: Path, kpictl: Kpictl) -> None:
    assert json.loads(kpictl("schema").out) == json_schema("kpis")
    assert json.loads(kpictl("schema", "project").out) == json_schema("project")
    result = kpictl("schema", "--out", tmp_path / "x")
    assert result.code == 0
    assert {path.name for path in (tmp_path / "x").iterdir()} == {"project.schema.json", "kpis.schema.json"}
    assert json.loads((tmp_path / "x/kpis.schema.json").read_text()) == json_schema("kpis")
