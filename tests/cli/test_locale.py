"""The project's `locale`: it changes how numbers are written, and nothing that is computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl

SPACE = "\N{NO-BREAK SPACE}"


def _set(folder: Path, locale: str) -> None:
    path = folder / "kpictl.yml"
    path.write_text(path.read_text().replace("currency: USD\n", f"currency: USD\nlocale: {locale}\n"))


def _close(out: str) -> str:
    """Without the spaces that make columns."""
    return re.sub(" +", " ", out)


def test_the_board_is_written_as_the_locale_does(published: Path, kpictl: Kpictl) -> None:
    assert "$500 +25.0%~" in _close(kpictl("show").out)
    payloads = kpictl("show", "--json")
    _set(published, "de-DE")
    german = kpictl("show")
    assert (german.code, german.err) == (0, "")
    assert f"500{SPACE}$ +25,0{SPACE}%~" in _close(german.out)
    assert f"33,3{SPACE}% -16,7 pp~" in _close(german.out)
    assert kpictl("show", "--json") == payloads


@pytest.mark.parametrize("columns", [44, 80])
@pytest.mark.parametrize("locale", ["fr", "ja", "he"])
def test_no_row_is_wider_than_the_screen(published: Path, kpictl: Kpictl, locale: str, columns: int) -> None:
    _set(published, locale)
    shown = kpictl("show", columns=columns)
    assert (shown.code, shown.err) == (0, "")
    marks = str.maketrans("", "", "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}")
    assert [line for line in shown.out.splitlines() if len(line.translate(marks)) > columns] == []


def test_it_changes_no_sql(files: Path, kpictl: Kpictl) -> None:
    before = kpictl("compile")
    _set(files, "de")
    assert before.code == 0
    assert kpictl("compile") == before


def test_a_locale_that_there_is_not_is_told_before_anything_is_shown(published: Path, kpictl: Kpictl) -> None:
    _set(published, "de_GE")
    for command in ("show", "lint"):
        shown = kpictl(command)
        said = shown.out + shown.err
        assert shown.code == 1
        assert "error[KPI108]: no locale is called `de_GE`" in said
        assert "kpictl.yml:4:9" in said
        assert "`de_DE` is near" in said
