"""The projects whose pages are opened, published once, and what their tables say, read without kpictl."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from kpictl.check import checked
from kpictl.cli.main import outcome
from kpictl.demo import simulate
from kpictl.engine import open_engine, open_published
from kpictl.pipeline import Request, run
from kpictl.report.page import embedded, page
from tests.browser.odd import AS_OF as ODD_AS_OF
from tests.browser.odd import write_odd
from tests.soundness.winery_published import published

ROOT = Path(__file__).parents[2]
STORES = ROOT / "examples/stores"
WINERY_AS_OF = date(2026, 3, 14)
URL = "duckdb:///winery.duckdb"
EN_DASH = "\N{EN DASH}"
WINDOW_COLUMNS = ("value", "status", "prior", "prior_status", "delta", "delta_pct")


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A project with published tables, and its page."""

    folder: Path
    html: Path
    schema: str = "kpi"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """An answer of the published file."""
        (path,) = self.folder.glob("*.published.duckdb")
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute(f"set schema = '{self.schema}'")
            return connection.execute(sql).fetchall()

    def window(self, code: str, name: str, as_of: str, entity: str = "ALL") -> Row:
        """A row of `agg_kpi_dashboard` over one of its windows."""
        return _windows(self, name)[code, as_of, entity]


@cache
def _windows(world: World, name: str) -> Mapping[tuple[str, str, str], Row]:
    columns = ", ".join(f'"{name}_{column}"' for column in WINDOW_COLUMNS)
    rows = world.rows(
        f"select kpi_code, as_of_date, entity_code, {columns} from agg_kpi_dashboard"
        " join dim_kpi using (kpi_id) join dim_entity using (entity_id)"
    )
    return {
        (code, f"{as_of}", entity): dict(zip(WINDOW_COLUMNS, row, strict=True)) for code, as_of, entity, *row in rows
    }


def stores_world(folder: Path) -> World:
    """Three stores in two regions under a retail calendar, at three as-of dates."""
    project = folder / "stores"
    shutil.copytree(STORES, project)
    return _published(project, "2025-10-04:2025-10-06")


def odd_world(folder: Path) -> World:
    project = folder / "odd"
    write_odd(project)
    return _published(project, f"{ODD_AS_OF}:{ODD_AS_OF}")


def winery_world(folder: Path) -> World:
    """The winery as its simulated APIs have it, three years of days, at the eight as-of dates that a page carries."""
    catalog = checked(ROOT)
    codes = [kpi.code for kpi in sorted(catalog.kpis, key=lambda kpi: kpi.id or 0) if kpi.id is not None]
    synced_at = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)
    published(URL, folder, simulate(last_day=WINERY_AS_OF), codes, [WINERY_AS_OF], synced_at)
    engine = open_engine(URL, folder)
    earlier = tuple(WINERY_AS_OF - timedelta(days=days) for days in range(1, 8))
    for _ in run(catalog, engine, Request(WINERY_AS_OF, synced_at, also=earlier)):
        pass
    engine.close()
    reader = open_published(URL, folder)
    with reader.transaction():
        documents = embedded(reader, catalog, 8)
    reader.close()
    html = folder / "page.html"
    html.write_text(page(documents.head, documents))
    return World(folder, html, catalog.project.schemas.kpi)


def _published(project: Path, dates: str) -> World:
    last = dates.partition(":")[2]
    html = project / "page.html"
    for arguments in (
        ("run", "--as-of", last),
        ("run", "--no-sync", "--backfill", dates),
        ("dashboard", "--out", str(html)),
    ):
        assert outcome([*arguments, "--project", str(project)]) == 0, arguments
    return World(project, html)


def shown(number: Decimal | None, decimals: int) -> Decimal | None:
    """A number as it is to be read, half away from zero."""
    return None if number is None else number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def number_in(text: str) -> Decimal | None:
    """The number that an English text says: `-$1,234.50`, `48.2%`, `+0.8 pp`; None of a dash."""
    digits = "".join(character for character in text if character in "0123456789.-")
    return Decimal(digits) if digits.strip("-") else None


def plain(text: str) -> str:
    """With ordinary spaces: a range of days has thin ones beside its dash."""
    return " ".join(text.split())
