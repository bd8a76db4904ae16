"""A hundred faults in copies of the winery, each told where it stands, and all five of a file in one run."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from kpictl.check import judge
from tests.check.seeded import MUTATIONS, ROOT, Fault, faults, texts

COUNT, EXACT_AT_LEAST = 100, 97
PROJECTS = sorted(path.parent for path in (ROOT, *(ROOT / "examples").iterdir()) for path in path.glob("kpictl.yml"))


@pytest.fixture
def winery(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "kpictl.yml", tmp_path)
    shutil.copytree(ROOT / "kpis", tmp_path / "kpis")
    return tmp_path


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_nothing_is_found_in_a_project_without_faults(project: Path) -> None:
    catalog, found = judge(project)
    assert catalog is not None
    assert found == ()


def missed(winery: Path, fault: Fault) -> str | None:
    """What is told instead of the fault, alone and in its place."""
    path = winery / fault.file
    right = path.read_text()
    path.write_text(fault.text)
    _, found = judge(winery)
    path.write_text(right)
    told = [(each.code, each.at.path, each.at.line, each.at.column) for each in found]
    if told == [(fault.code, path, *fault.place)]:
        return None
    return f"{fault.kind} at {fault.file}:{fault.place}, {fault.code}: {[one[:1] + one[2:] for one in told]}"


def test_a_hundred_faults_are_told_where_they_stand(winery: Path) -> None:
    """KPICTL_EVERYTHING has all that the mutations make, some 470."""
    count = 10**6 if "KPICTL_EVERYTHING" in os.environ else COUNT
    seeded = faults(count, seed=1)
    assert len(seeded) >= COUNT
    assert {fault.kind for fault in seeded} == {fault.kind for fault in faults(10**6, seed=1)}
    wrong = [said for fault in seeded if (said := missed(winery, fault)) is not None]
    assert len(wrong) <= len(seeded) * (COUNT - EXACT_AT_LEAST) // COUNT, "\n".join(wrong)


def test_every_mutation_makes_faults() -> None:
    made = Counter(
        index
        for index, mutation in enumerate(MUTATIONS)
        for name, text in texts().items()
        for _ in mutation(name, text)
    )
    assert set(made) == set(range(len(MUTATIONS)))


def test_all_five_faults_of_a_file_are_told_in_one_run(winery: Path) -> None:
    path = winery / "kpis/wine_club.yml"
    text = path.read_text()
    for old, new in (
        ("    source: reservations\n", "    source: reservation\n"),  # of wine_club_fees_revenue
        ("    where: channel = 'Club' and not is_event and not is_from_tock", "    where: chanel = 'Club'"),
        ("    formula: wine_club_orders_revenue + wine", "    formula: wine_club_order_revenue + wine"),
        ("    target_direction: down", "    target_direction: downwards"),
        ("    name: Club Population Net Gain/Loss", "    nome: Club Population Net Gain/Loss"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    _, found = judge(winery)
    lines = text.splitlines()
    said = [(each.code, lines[each.at.line - 1][each.at.column - 1 : each.at.end_column - 1]) for each in found]
    assert said == [
        ("KPI104", "chanel"),
        ("KPI102", "reservation"),
        ("KPI101", "wine_club_order_revenue"),
        ("KPI023", "downwards"),
        ("KPI020", "nome"),
    ]
