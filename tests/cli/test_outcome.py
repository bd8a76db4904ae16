"""How each outcome becomes a message and an exit code, for all commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from kpictl import __version__
from kpictl.check import judge
from kpictl.cli import linted
from kpictl.diagnostics import Diagnostic, Severity, Span
from tests.cli.conftest import Kpictl

COMMANDS = ("demo", "run", "show", "compile", "lint")


def test_help_names_every_command(kpictl: Kpictl) -> None:
    shown = kpictl("--help")
    assert (shown.code, shown.err) == (0, "")
    assert all(f"\n  {command} " in shown.out for command in COMMANDS)
    for command in COMMANDS:
        assert kpictl(command, "--help").out.startswith(f"Usage: kpictl {command} ")


def test_version(kpictl: Kpictl) -> None:
    assert kpictl("--version").out == f"kpictl {__version__}\n"


@pytest.mark.parametrize("arguments", [["shwo"], ["show", "--jsn"], ["lint", "here"]])
def test_a_wrong_command_line(kpictl: Kpictl, arguments: list[str]) -> None:
    result = kpictl(*arguments)
    assert (result.code, result.out) == (2, "")
    assert arguments[-1] in result.err


@pytest.mark.parametrize("command", ["run", "show", "compile", "lint"])
def test_no_project(kpictl: Kpictl, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = kpictl(command)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: there is no kpictl.yml in this folder or above it\n  help: ")
    named = kpictl(command, "--project", "there")
    assert (named.code, named.out) == (2, "")
    assert named.err.startswith("error: there is no kpictl.yml in there\n")


def test_the_project_is_found_upwards(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files / "kpis" / "models")
    assert kpictl("lint").out == "6 KPIs, no findings\n"
    monkeypatch.chdir(files.parent)
    assert kpictl("lint", "--project", "shop").out == "6 KPIs, no findings\n"


def test_lint_shows_findings_and_fails(files: Path, kpictl: Kpictl) -> None:
    path = files / "kpis/shop.yml"
    path.write_text(path.read_text().replace("formula: revenue / sales_count", "formula: revenu / sales_count"))
    result = kpictl("lint")
    assert (result.code, result.err) == (1, "")
    assert "`revenu`" in result.out
    assert "^^^^^^" in result.out
    assert "error: 1 error in kpis/shop.yml\n" in result.out
    assert result.out.endswith("  kpictl explain KPI101 tells more; so does every other code\n")


def test_strict_fails_for_warnings_too(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    warning = Diagnostic("KPI999", "it looks odd", Span.whole_file(files / "kpictl.yml"), Severity.WARNING)
    monkeypatch.setattr(linted, "judge", lambda folder, *, before: (judge(folder, before=before)[0], (warning,)))
    plain, strict = kpictl("lint"), kpictl("lint", "--strict")
    assert (plain.code, strict.code) == (0, 1)
    assert plain.out == strict.out
    assert "warning[KPI999]: it looks odd" in plain.out


def test_a_bug_is_called_one(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path, **_asked: object) -> NoReturn:
        raise ValueError("the roof\nis on fire")

    monkeypatch.setattr(linted, "judge", broken)
    monkeypatch.delenv("KPICTL_DEBUG", raising=False)
    plain = kpictl("lint")
    assert (plain.code, plain.out) == (70, "")
    first, second = plain.err.splitlines()
    assert first == f"error: a bug in kpictl {__version__}: ValueError: the roof"
    assert "KPICTL_DEBUG=1" in second
    monkeypatch.setenv("KPICTL_DEBUG", "1")
    assert kpictl("lint").err.startswith("Traceback (most recent call last):")


def test_an_interrupt_is_quiet(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path, **_asked: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(linted, "judge", interrupted)
    result = kpictl("lint")
    assert (result.code, result.out, result.err) == (130, "", "")


def test_a_reader_that_goes_away_is_no_news(files: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kpictl", "compile", "dim_date"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
