"""Many as-of dates in one run are what as many runs would have published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from kpictl.check import checked
from kpictl.engine import open_engine, open_published
from kpictl.pipeline import Request, run
from tests.pipeline.shop import Contents, contents

STORES = Path(__file__).parents[2] / "examples/stores"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
# Days apart and side by side, the first days of the rows, and one within a 53rd week's reach.
DATES = tuple(
    map(date.fromisoformat, ("2024-02-01", "2024-02-29", "2025-02-28", "2025-03-01", "2025-10-05", "2025-10-06"))
)


def published(url: str, folder: Path, requests: list[Request]) -> Contents:
    catalog = checked(STORES)
    folder.mkdir()
    for request in requests:
        engine = open_engine(url, folder)
        for _ in run(catalog, engine, request):
            pass
        engine.close()
    engine = open_published(url, folder)
    with engine.transaction():
        found = contents(engine, "kpi")
    engine.close()
    return found


def test_one_run_is_as_many_as_it_has_dates(tmp_path: Path, duckdb_url: str, postgres_url: str) -> None:
    for name, url in (("duckdb", duckdb_url), ("postgres", postgres_url)):
        one_by_one = published(url, tmp_path / f"{name}_first", [Request(day, NOW) for day in DATES])
        engine = open_engine(url, tmp_path)
        with engine.transaction():
            for schema in ("kpi", "marts", "raw"):
                engine.execute(f"drop schema if exists {schema} cascade")
        engine.close()
        at_once = published(url, tmp_path / f"{name}_second", [Request(DATES[-1], NOW, also=DATES[:-1])])
        assert len(at_once["agg_kpi_dashboard"]) == len(DATES) * 5 * 6
        for table in ("fact_kpi_daily", "agg_kpi_period", "agg_kpi_dashboard"):
            assert at_once[table] == one_by_one[table], f"{name}: {table}"
