"""`kpictl dashboard` on the shop's published tables."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import Kpictl


def test_it_writes_one_file_and_says_what_is_in_it(published: Path, kpictl: Kpictl) -> None:
    made = kpictl("dashboard", "--out", "page.html")
    assert (made.code, made.out) == (0, "")
    found = re.fullmatch(r"wrote page\.html: 6 KPIs, 1 entity, 1 as-of date, (\d+) kB\n", made.err)
    assert found is not None, made.err
    size = (published / "page.html").stat().st_size
    assert int(found[1]) == round(size / 1000)
    assert (published / "page.html").read_text().startswith("<!doctype html>\n")


def test_it_can_go_to_standard_output(published: Path, kpictl: Kpictl) -> None:
    made = kpictl("dashboard", "--out", "-", "--dates", "3", "--entity", "ALL")
    assert made.code == 0
    assert made.err.startswith("wrote standard output: 6 KPIs, 1 entity, 1 as-of date, ")
    assert not list(published.glob("*.html"))


def test_what_cannot_be_written_or_found_is_told(published: Path, kpictl: Kpictl) -> None:
    (published / "page.html").write_text("the old one")
    unknown = kpictl("dashboard", "--out", "page.html", "--entity", "north")
    assert (unknown.code, unknown.out) == (3, "")
    assert unknown.err == "error: no entity has the code `north`\n  help: the only one is ALL\n"
    assert (published / "page.html").read_text() == "the old one"
    nowhere = kpictl("dashboard", "--out", "nowhere/page.html")
    assert nowhere.code == 3
    assert "nowhere/page.html cannot be written" in nowhere.err
    assert kpictl("dashboard").code == 2
    assert kpictl("dashboard", "--out", "page.html", "--dates", "0").code == 2


def test_without_a_run_there_is_nothing_to_show(files: Path, kpictl: Kpictl) -> None:
    refused = kpictl("dashboard", "--out", "page.html")
    assert refused.code == 3
    assert refused.err.startswith("error: ")
    assert not (files / "page.html").exists()
