"""What shells offer: kpictl is asked in the way in which bash and zsh ask it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def asked(folder: Path, words: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kpictl"],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == "", words
    return done.stdout


def bash(folder: Path, *words: str) -> list[str]:
    """What bash is offered for the last word."""
    line = " ".join(("kpictl", *words))
    position = {"COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    return asked(folder, line, _KPICTL_COMPLETE="complete_bash", **position).split()


def zsh(folder: Path, *words: str) -> list[str]:
    line = " ".join(("kpictl", *words))
    offered = asked(folder, line, _KPICTL_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)
    return re.findall(r'"([^":]+)"(?=\n|\)|:)', offered)


SHELLS = pytest.mark.parametrize("shell", [bash, zsh])
Shell = Callable[..., list[str]]


@SHELLS
def test_codes_of_kpis(shell: Shell) -> None:
    events = [f"event_fees_{name}_revenue" for name in ("orders", "reservations", "total")]
    assert shell(ROOT, "explain", "event_f") == events
    assert shell(ROOT, "compile", "total_9l_sold", "event_f") == events
    # A helper can be explained too.
    assert shell(ROOT, "explain", "wine_m") == ["wine_millilitres"]


@SHELLS
def test_codes_of_entities(shell: Shell) -> None:
    stores = ["ALL", "dock", "mill", "north", "park", "south"]
    assert sorted(shell(ROOT / "examples/stores", "show", "--entity", "")) == stores
    assert shell(ROOT / "examples/stores", "explain", "revenue", "--entity", "n") == ["north"]
    # It is there without being listed.
    assert shell(ROOT / "examples/csv-shop", "show", "--entity", "") == ["ALL"]


@SHELLS
def test_what_can_be_listed(shell: Shell) -> None:
    assert shell(ROOT, "list", "f") == ["formats"]


@SHELLS
def test_the_project_that_is_named(shell: Shell, tmp_path: Path) -> None:
    stores = str(ROOT / "examples/stores")
    assert shell(tmp_path, "explain", "--project", stores, "stock") == ["stock_units"]


@SHELLS
def test_no_project_and_broken_files_offer_nothing_and_say_nothing(shell: Shell, tmp_path: Path) -> None:
    assert shell(tmp_path, "explain", "") == []
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpictl.yml").write_text("name: [\n")
    (tmp_path / "kpis/a.yml").write_text("kpis: [{code: whole}, {code: 3}, nothing, {name: none}]\n")
    (tmp_path / "kpis/b.yml").write_text("kpis: [{code: \n")
    (tmp_path / "kpis/c.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "kpis/d.yml").write_text("- kpis\n")
    (tmp_path / "kpis/e.yml").write_text("kpis: &x [*x]\n")
    (tmp_path / "kpis/f.yml").write_text("[" * 5000)
    (tmp_path / "kpis/g.yml").mkdir()
    assert shell(tmp_path, "explain", "") == ["whole"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_script_that_a_shell_reads(shell: str, tmp_path: Path) -> None:
    """What `--install-completion` puts in place; without it: `source <(_KPICTL_COMPLETE=source_bash kpictl)`."""
    script = asked(tmp_path, "the script", _KPICTL_COMPLETE=f"source_{shell}")
    assert f"_KPICTL_COMPLETE=complete_{shell}" in script
