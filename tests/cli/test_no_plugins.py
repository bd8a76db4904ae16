"""A project's own Python: which commands load it, and that `--no-plugins` keeps them from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl

PLUGIN = "import pathlib\npathlib.Path(__file__).with_name('loaded').touch()\nraise RuntimeError('loaded')\n"
FILES_OF_YAML = "type: files, folder: ., streams: {sale: {path: sale.csv, key: id}}"
TEST = """\
tests:
  - name: one sale
    as_of: 2025-03-10
    given: {raw.sale: [{sold_on: 2025-03-10, amount: 7}]}
    expect: [{kpi: revenue, value: 7}]
"""


@pytest.fixture
def project(published: Path) -> Path:
    """A shop that has been published, whose connectors are code that must not run."""
    (published / "connectors/box").mkdir(parents=True)
    (published / "connectors/api.py").write_text(PLUGIN)
    (published / "connectors/box/__init__.py").write_text(PLUGIN)
    (published / "connectors/stray.py").write_text(PLUGIN)
    (published / "kpis/one.yml").write_text(TEST)
    settings = "connectors:\n  api: {}\n  crate: {type: box}\n"
    (published / "kpictl.yml").write_text((published / "kpictl.yml").read_text() + settings)
    return published


def loaded(project: Path) -> bool:
    return any(project.rglob("loaded"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint"], ["lint", "--env", "local"], ["compile"], ["explain", "revenue"], ["explain", "KPI101"], ["show"],
        ["explain", "revenue", "--as-of", "2025-03-10"], ["list"], ["list", "connectors"], ["list", "sources"],
        ["schema"], ["status"], ["runs"], ["test", "--no-plugins"],
        ["run", "--no-sync", "--as-of", "2025-03-10"],
        ["add-kpi", "--measure", "max(amount)", "--source", "sales", "--code", "biggest", "--name", "Biggest",
         "--format", "currency", "--id", "99", "--yes"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_these_commands_load_none_of_it(project: Path, kpictl: Kpictl, arguments: list[str]) -> None:
    ran = kpictl(*arguments)
    assert ran.code == 0, ran.err + ran.out
    assert not loaded(project)


@pytest.mark.parametrize("arguments", [["run", "--as-of", "2025-03-10"], ["sync"], ["sync", "api"], ["test"]])
def test_these_commands_do(project: Path, kpictl: Kpictl, arguments: list[str]) -> None:
    """What the test above looks at can be seen at all."""
    assert kpictl(*arguments).code != 0
    assert loaded(project)


@pytest.mark.parametrize(
    ("arguments", "connector", "file"),
    [
        (["run", "--no-plugins", "--as-of", "2025-03-10"], "api", "connectors/api.py"),
        (["sync", "--no-plugins"], "api", "connectors/api.py"),
        (["sync", "crate", "--no-plugins"], "crate", "connectors/box/__init__.py"),
    ],
)
def test_they_refuse_it(project: Path, kpictl: Kpictl, arguments: list[str], connector: str, file: str) -> None:
    ran = kpictl(*arguments)
    assert ran.code == 2
    said = f"connector {connector}: --no-plugins refuses {file}, which is the project's own Python"
    assert said in ran.err
    assert not loaded(project)


def test_a_file_in_the_place_of_a_kind_is_refused_too(project: Path, kpictl: Kpictl) -> None:
    """`connectors/files.py` would be loaded for `type: files`."""
    (project / "connectors/files.py").write_text(PLUGIN)
    edit(project, "  api: {}\n  crate: {type: box}\n", f"  till: {{{FILES_OF_YAML}}}\n")
    ran = kpictl("sync", "--no-plugins")
    assert ran.code == 2
    assert "connector till: --no-plugins refuses connectors/files.py" in ran.err
    assert not loaded(project)


def test_connectors_of_yaml_work_without_plugins(project: Path, kpictl: Kpictl) -> None:
    (project / "sale.csv").write_text("id,amount\n1,10\n2,20\n")
    edit(project, "  api: {}\n  crate: {type: box}\n", f"  till: {{{FILES_OF_YAML}}}\n")
    ran = kpictl("sync", "--no-plugins")
    assert ran.code == 0, ran.err
    assert "till.sale" in ran.err
    assert kpictl("run", "--no-plugins", "--as-of", "2025-03-10").code == 0
    assert not loaded(project)


def test_a_kpi_test_without_plugins_takes_the_columns_of_its_rows(project: Path, kpictl: Kpictl) -> None:
    ran = kpictl("test", "--no-plugins")
    assert ran.code == 0, ran.out + ran.err
    assert "1 test passed" in ran.out


def test_the_environment_does_not_say_which_code_is_loaded(
    project: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIND", "stray")
    edit(project, "  api: {}\n  crate: {type: box}\n", '  till: {type: "${KIND}"}\n')
    ran = kpictl("sync")
    assert ran.code == 3
    assert "connector till: `type` comes from the environment" in ran.err
    assert not loaded(project)


def edit(project: Path, old: str, new: str) -> None:
    text = (project / "kpictl.yml").read_text()
    assert old in text
    (project / "kpictl.yml").write_text(text.replace(old, new))
