"""Whatever goes wrong: the right exit code, one message, what people read as it was, and the next run works."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.drills import page
from tests.drills.drill import Drill
from tests.drills.of_the_data import DRILLS as OF_THE_DATA
from tests.drills.of_the_database import DRILLS as OF_THE_DATABASE
from tests.drills.world import World

DRILLS = (*OF_THE_DATABASE, *OF_THE_DATA)
EVERYTHING = bool(os.environ.get("KPICTL_EVERYTHING"))


def cases() -> Iterator[object]:
    """Every drill once; those that are alike on both engines on each of them where nothing is left out."""
    for drill in DRILLS:
        for engine in drill.engines if EVERYTHING else drill.engines[-1:]:
            name = f"{drill.happened}-{engine}".replace(" ", "_")
            yield pytest.param(drill, engine, id=name, marks=pytest.mark.xdist_group(f"drills {engine}"))


@pytest.mark.parametrize(("drill", "engine"), list(cases()))
def test_a_drill(drill: Drill, engine: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(f"{engine}_world")
    before = world.published()
    with drill.breaks(world):
        if drill.foreseen is not None:
            assert world.kpictl("doctor").code == drill.foreseen
        said = drill.runs(world, drill.as_of)
    assert said.code == drill.code
    assert drill.says in said.message
    assert drill.advises in world.plain(said.advice)
    messages = [line for line in said.text.splitlines() if line.startswith(("error[", "error: ", "warning"))]
    assert [line for line in messages if not line.startswith("error: 1 error in ")] == [said.message]
    assert "Traceback" not in said.text
    after = world.published()
    if drill.goes_on:
        assert [row for row in before["agg_kpi_dashboard"] if row not in after["agg_kpi_dashboard"]] == []
    else:
        assert after == before
    if drill.interrupts or EVERYTHING:
        assert world.run().code == 0
        assert world.published() != before
    found = page.row(drill, world, said)
    if page.is_to_be_written():
        page.write(found, DRILLS)
    assert page.rows()[drill.happened] == found, page.COMMAND


def test_the_page_has_a_row_for_each_drill() -> None:
    names = [drill.happened for drill in DRILLS]
    assert len(set(names)) == len(names) >= 20
    assert list(page.rows()) == names
    assert page.PAGE.read_text().startswith(page.HEAD)
