"""The winery's numbers explained: KPIs add up, and are what was published, on both engines.

Some of them by default: KPICTL_EVERYTHING has all.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpictl.check import checked
from kpictl.demo import simulate
from tests.pipeline.explained import adds_up, numbers_of
from tests.postgres import fresh_database
from tests.soundness.test_winery import CODES
from tests.soundness.winery_published import ROOT, published

pytestmark = pytest.mark.xdist_group("winery")

LAST_DAY = date(2026, 3, 14)
ENGINES = ("duckdb", "postgres")
SYNCED_AT = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)  # 23:00 on the 14th in California


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kpi_adds_up(
    engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path_factory.mktemp("winery")
    if engine == "duckdb":
        _adds_up("duckdb:///winery.duckdb", folder, ENGINES.index(engine))
    else:
        with fresh_database(request.getfixturevalue("postgres_server")) as url:
            _adds_up(url, folder, ENGINES.index(engine))


def _adds_up(url: str, folder: Path, first: int) -> None:
    world = simulate(last_day=LAST_DAY, years=2)
    held = published(url, folder, world, CODES, (LAST_DAY,), SYNCED_AT)
    catalog = checked(ROOT)
    catalog = replace(catalog, project=replace(catalog.project, covers_from=world.first_day))
    shown = 0
    kpis = catalog.kpis if "KPICTL_EVERYTHING" in os.environ else catalog.kpis[first::9]
    for kpi in kpis:
        found = numbers_of(catalog, url, folder, kpi.code, LAST_DAY)
        assert found.publication.differences == ()
        for window in found.windows:
            shown += adds_up(window.current) + adds_up(window.prior)
            if kpi.id is not None:
                assert window.current.value == held.numbers[LAST_DAY, kpi.code, window.name, "value"]
                assert window.delta == held.numbers[LAST_DAY, kpi.code, window.name, "delta"]
    # All but for the club's membership, over four windows and the same a year before; a few are of no rows.
    assert shown >= (len(kpis) - 2) * 8
