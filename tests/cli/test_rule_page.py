"""`kpictl explain CODE`: the page of a rule, on a terminal of 80 columns."""

from __future__ import annotations

import sys

import pytest

from kpictl.check import PAGES
from kpictl.check.rule import Page
from kpictl.cli import rule_page
from kpictl.cli.rule_page import marked
from tests.cli.conftest import Kpictl

UNKNOWN_KPI = """\
KPI101 unknown-kpi (error)

A formula names a KPI that no file defines. One that is not active may be used.

Its value would have no definition.

Wrong:

  kpis:
    - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
       formula: revenu / orders}
                ^^^^^^

Right:

  kpis:
    - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
       formula: revenue / orders}
"""


def test_a_page(kpictl: Kpictl) -> None:
    result = kpictl("explain", "KPI101", columns=80)
    assert (result.code, result.out, result.err) == (0, UNKNOWN_KPI, "")


def test_a_warning_says_how_it_is_allowed(kpictl: Kpictl) -> None:
    lines = kpictl("explain", "KPI240", columns=80).out.splitlines()
    assert lines[0] == "KPI240 near-duplicate (warning)"
    assert lines[-1] == "It can be allowed by a comment: `# kpictl: allow KPI240 why`"


def test_a_file_that_is_at_fault_as_a_whole_is_underlined(kpictl: Kpictl) -> None:
    lines = kpictl("explain", "KPI043", columns=80).out.splitlines()
    at = lines.index("  # kpis/lookups/2025.csv")
    assert lines[at + 1] == "    ^^^^^^^^^^^^^^^^^^^^^"


@pytest.mark.parametrize("rule", PAGES, ids=lambda rule: rule.code)
def test_every_page_fits_a_terminal(rule: Page, kpictl: Kpictl) -> None:
    result = kpictl("explain", rule.code, columns=80)
    assert (result.code, result.err) == (0, "")
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    assert result.out.count("^") > 0
    assert "«" not in result.out


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("KPI10", "there are KPI101, KPI102, KPI103, KPI104, KPI105, KPI106, KPI107, KPI108"),
        ("KPI3", "codes go from KPI300 to KPI339"),
        ("KPI2401", "`KPI240` is near"),
        ("KPI4055", "`KPI405` is near"),
    ],
)
def test_an_unknown_code_is_a_wrong_command_line(code: str, advice: str, kpictl: Kpictl) -> None:
    result = kpictl("explain", code)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: no rule has the code {code}\n  help: {advice}\n"


def test_carets_stand_below_what_is_marked() -> None:
    assert list(marked("a: «b»c\nd: e«»f")) == ["  a: bc", "     ^", "  d: ef", "      ^"]


def test_a_mark_over_several_lines_goes_on_below_each() -> None:
    assert list(marked("- «a\n  b» c")) == ["  - a", "    ^", "    b c", "    ^"]


def test_terminals_get_colours(
    kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "\033[" not in kpictl("explain", "KPI101").out
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    rule_page.print_rule("KPI101")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "\033[1mKPI101 unknown-kpi\033[0m \033[1;31m(error)\033[0m"
    assert "\033[1;31m                ^^^^^^\033[0m" in lines
