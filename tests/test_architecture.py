"""The rooms of kpictl: what may import what, how large things may grow, what a start costs."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import grimp
import pytest
from importlinter import cli as import_linter

ROOT = Path(__file__).parent.parent
CONNECTORS = sorted((ROOT / "connectors").glob("*.py"))
MODULES = sorted([*(ROOT / "kpictl").rglob("*.py"), *CONNECTORS])

MODULE_LINES = 400
FUNCTION_LINES = 50
FUNCTION_LINES_HARD = 70

LONG_FUNCTIONS: dict[str, int] = {}
"""Functions of more than 50 lines, `path:name` to lines as they are. The list only shrinks."""

NAMING_CONNECTORS = {
    "kpictl/demo": "the simulated winery answers in the two APIs' own words",
    "kpictl/cli/winery.py": "it points the project's connectors at the simulated winery",
}
"""Where kpictl's code may name a connector, and why."""

HEAVY = {"sqlalchemy", "sqlglot", "duckdb", "httpx", "pydantic", "rich", "babel"}


def path_of(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("kpictl", "connectors", include_external_packages=True, cache_dir=None)


def test_the_contracts_of_pyproject_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status = import_linter.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_no_module_imports_itself_by_way_of_others(graph: grimp.ImportGraph) -> None:
    """The contract looks at siblings; a module that imports its own room's front door is found here."""
    ours = {name for name in graph.modules if not graph.is_module_squashed(name)}
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) & ours for name in ours}).prepare()


@pytest.mark.parametrize("room", ["calendar", "diagnostics"])
def test_the_lowest_rooms_import_the_standard_library_alone(room: str, graph: grimp.ImportGraph) -> None:
    modules = {f"kpictl.{room}", *graph.find_descendants(f"kpictl.{room}")}
    imported = {name for module in modules for name in graph.find_modules_directly_imported_by(module)}
    assert {name for name in imported - modules if name not in sys.stdlib_module_names} == set()


def test_kpictl_names_no_connector() -> None:
    names = "|".join(re.escape(path.stem) for path in CONNECTORS)
    named = re.compile(rf"(?<![a-z])({names})(?![a-z])", re.IGNORECASE)
    found = [
        f"{path_of(module)}:{number}: {line.strip()}"
        for module in MODULES
        if module not in CONNECTORS and not path_of(module).startswith(tuple(NAMING_CONNECTORS))
        for number, line in enumerate(module.read_text().splitlines(), 1)
        if named.search(line)
    ]
    assert found == []


def test_every_place_that_may_name_connectors_exists() -> None:
    assert [place for place in NAMING_CONNECTORS if not (ROOT / place).exists()] == []


def test_modules_are_small() -> None:
    lines = {path_of(module): len(module.read_text().splitlines()) for module in MODULES}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES} == {}


def functions(module: Path) -> dict[str, int]:
    """`path:name` of each function to its lines, the decorators left out; of two with one name the longer."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{path_of(module)}:{node.name}"
            assert node.end_lineno is not None
            found[name] = max(node.end_lineno - node.lineno + 1, found.get(name, 0))
    return found


def test_functions_are_small() -> None:
    long = {name: lines for module in MODULES for name, lines in functions(module).items() if lines > FUNCTION_LINES}
    assert long == LONG_FUNCTIONS


def test_no_function_is_very_long() -> None:
    assert {name: lines for name, lines in LONG_FUNCTIONS.items() if lines > FUNCTION_LINES_HARD} == {}


def test_only_the_command_line_imports_within_functions() -> None:
    """Its commands load their work when they are called; elsewhere such an import hides a cycle."""
    found = [
        f"{path_of(module)}:{inner.lineno}"
        for module in MODULES
        if not module.is_relative_to(ROOT / "kpictl" / "cli")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def is_one_sentence(text: str) -> bool:
    """Whether it ends with a period and no sentence begins before that."""
    between = ((end[-1], begin[0]) for end, begin in pairwise(text.split(" ")))
    return text.endswith(".") and not any(end in ".!?" and not begin.islower() for end, begin in between)


def test_every_module_opens_with_one_sentence() -> None:
    """More may follow after an empty line."""
    docstrings = {path_of(module): ast.get_docstring(ast.parse(module.read_text())) or "" for module in MODULES}
    openings = {path: " ".join(text.split("\n\n")[0].split()) for path, text in docstrings.items()}
    assert [path for path, opening in openings.items() if not is_one_sentence(opening)] == []


def loaded_by(*arguments: str, folder: Path) -> set[str]:
    """The modules that the command line has loaded when a command is done."""
    code = (
        "import sys\n"
        "from kpictl.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    assert HEAVY & loaded_by("--help", folder=ROOT) == set()


def test_a_run_does_not_load_what_only_those_who_look_need(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/csv-shop", tmp_path / "shop")
    loaded = loaded_by("run", "--as-of", "2025-10-06", folder=tmp_path / "shop")
    assert "kpictl.pipeline.run" in loaded
    assert {"babel", "jinja2", "starlette", "uvicorn", "xlsxwriter"} & loaded == set()
