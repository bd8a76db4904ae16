"""`kpictl demo`, once, on a winery of a few weeks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, kpictl: Kpictl) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    refused = kpictl("demo", tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"error: {tmp_path} is not empty\n  help: name another folder: kpictl demo DIR\n"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert kpictl("demo", tmp_path / "letter.txt").code == 2


def test_the_demo_and_what_it_says_to_try_next(tmp_path: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / ".kpictl-demo").write_text("")
    (folder / "kpis").mkdir()
    mine = folder / "kpis" / "mine.yml"
    mine.write_text("# an author's own")
    refused = kpictl("demo", folder, "--years", "0")
    assert refused.code == 2
    assert f"error: {mine} is not the winery's" in refused.err
    assert mine.read_text() == "# an author's own"
    mine.unlink()

    made = kpictl("demo", folder, "--years", "0", columns=80)
    assert made.code == 0, made.err
    assert "\nFinished: 27 KPIs as of 20" in made.err
    assert f"  cd {folder}\n" in made.err
    assert made.out.startswith("winery · All locations · as of 20")
    assert "\nTotal Daily Revenue " in made.out
    assert max(len(line) for line in made.out.splitlines()) <= 80

    settings = (folder / "kpictl.yml").read_text()
    assert "\nconnectors:" not in settings
    assert "C7_TENANT" not in settings
    assert "covers_from: 2023-07-01" not in settings

    monkeypatch.chdir(folder)
    assert kpictl("lint").out == "27 KPIs, no findings\n"
    assert kpictl("compile", "avg_party_size").code == 0
    again = kpictl("run")
    assert again.code == 0, again.err
    assert kpictl("show", columns=80).out == made.out
