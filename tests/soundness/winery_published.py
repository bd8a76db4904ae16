"""The winery synced from its simulated APIs and run on a database: what is published then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kpictl.catalog import Catalog
from kpictl.check import checked
from kpictl.connect import Connector, load_connector
from kpictl.demo import Address, World, serve
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Event, Request, run
from tests.payloads import payload_errors

ROOT = Path(__file__).parents[2]
WINDOWS = ("mtd", "qtd", "ytd", "last28")
NUMBERS = ("value", "prior", "delta", "delta_pct")
STATUSES = ("status", "prior_status")

CellKey = tuple[date, str, str, str]
Number = Decimal | None


@dataclass(frozen=True, slots=True)
class Published:
    """What a database holds after the runs, and what they said."""

    events: tuple[Event, ...]
    rows: int
    numbers: dict[CellKey, Number]
    statuses: dict[CellKey, str]
    through: dict[tuple[date, str], date | None]
    payloads: dict[tuple[date, str], dict[str, Any]]
    facts: dict[tuple[date, str], Number]
    faulty_payloads: tuple[str, ...]


def published(
    url: str, folder: Path, world: World, codes: Sequence[str], dates: Sequence[date], synced_at: datetime
) -> Published:
    """Sync over HTTP, then run for each of the dates in turn; `codes` are those of the KPIs 1, 2, 3, …"""
    catalog = checked(ROOT)
    catalog = replace(catalog, project=replace(catalog.project, covers_from=world.first_day))
    events: list[Event] = []
    with serve(world) as address:
        for as_of in dates:
            engine = open_engine(url, folder)
            fed_by = connectors(address) if as_of == dates[0] else ()
            events += run(catalog, engine, Request(as_of, synced_at, fed_by))
            engine.close()
    engine = open_published(url, folder)
    with engine.transaction():
        held = read(engine, catalog, codes, tuple(events))
    engine.close()
    return held


def connectors(address: Address) -> tuple[Connector, ...]:
    commerce7 = {
        "tenant": address.tenant,
        "app_id": address.app_id,
        "app_secret": address.app_secret,
        "base_url": address.commerce7_url,
    }
    tock = {
        "api_key": address.tock_api_key,
        "business_id": address.tock_business_id,
        "business_group_id": address.tock_business_group_id,
        "base_url": address.tock_url,
        "allowed_file_hosts": ["127.0.0.1"],
    }
    return load_connector("commerce7", commerce7, ROOT), load_connector("tock", tock, ROOT)


def read(engine: Engine, catalog: Catalog, codes: Sequence[str], events: tuple[Event, ...]) -> Published:
    schema = catalog.project.schemas.kpi
    numbers: dict[CellKey, Number] = {}
    statuses: dict[CellKey, str] = {}
    through: dict[tuple[date, str], date | None] = {}
    faulty: list[str] = []
    payloads: dict[tuple[date, str], dict[str, Any]] = {}
    columns = [f"{window}_{name}" for window in WINDOWS for name in (*NUMBERS, *STATUSES)]
    rows = engine.fetch(
        f"select as_of_date, kpi_id, data_through, cast(payload as text), {', '.join(columns)}"
        f" from {schema}.agg_kpi_dashboard where entity_id = 0"
    )
    for as_of, kpi_id, last, payload, *cells in rows:
        assert isinstance(as_of, date)
        code = codes[int(str(kpi_id)) - 1]
        assert last is None or isinstance(last, date)
        through[as_of, code] = last
        faulty += payload_errors(str(payload))
        payloads[as_of, code] = json.loads(str(payload), parse_float=Decimal, parse_int=Decimal)
        for column, cell in zip(columns, cells, strict=True):
            window, _, name = column.partition("_")
            if name in NUMBERS:
                assert cell is None or isinstance(cell, Decimal)
                numbers[as_of, code, window, name] = cell
            else:
                statuses[as_of, code, window, name] = str(cell)
    ((count,),) = engine.fetch(f"select count(*) from {schema}.agg_kpi_dashboard")
    facts = dict(daily_facts(engine, schema, codes))
    return Published(events, int(str(count)), numbers, statuses, through, payloads, facts, tuple(faulty))


def daily_facts(engine: Engine, schema: str, codes: Sequence[str]) -> Iterator[tuple[tuple[date, str], Number]]:
    rows = engine.fetch(f"select date_key, kpi_id, value from {schema}.fact_kpi_daily where entity_id = 0")
    for day, kpi_id, value in rows:
        assert isinstance(day, date)
        assert value is None or isinstance(value, Decimal)
        yield (day, codes[int(str(kpi_id)) - 1]), value
