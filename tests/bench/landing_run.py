"""One landing of many orders in a process of its own, so that its peak of memory is its own: prints JSON.

`WAY URL COUNT`: `kpictl` syncs pages that are in memory; `pages` only makes them; `copy` copies the same rows, written
out before, into tables of the same shape; `dlt` loads the same pages, where that package is installed.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kpictl.catalog import Table
from kpictl.connect import Connector, Item, Local, Pages, Selection, Walk, load_connector, sync
from kpictl.connect.landing import Landing
from kpictl.demo import simulate
from kpictl.engine import Engine, RawTables, open_engine
from kpictl.engine.postgres import _escaped

ROOT = Path(__file__).parents[2]
PAGE = 50
NOW = datetime(2026, 5, 17, tzinfo=UTC)


def orders(count: int) -> Iterator[list[Item]]:
    """Pages of orders as the shop sends them, decoded: those of a simulated month, again and again under new ids."""
    texts = [json.dumps(order) for order in simulate(last_day=date(2026, 5, 16), years=0).orders]
    page: list[Item] = []
    for nth in range(count):
        order: dict[str, Any] = json.loads(texts[nth % len(texts)])
        order["id"] = f"{nth:08d}-{order['id'][9:]}"
        order["orderNumber"] = nth
        page.append(order)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def winery(pages: Iterator[list[Item]]) -> Selection:
    """The winery's own stream of orders, fed from memory."""
    settings = {"tenant": "bench", "app_id": "bench", "app_secret": "bench"}
    made: Connector = load_connector("commerce7", settings, ROOT)
    (stream,) = [each for each in made.streams if each.name == "order"]
    public = stream.items

    def walk(_: Walk) -> Pages:
        for page in pages:
            yield Local(public({"orders": page}))

    return Selection(made, (replace(stream, pages=walk),))


def by_kpictl(url: str, count: int) -> float:
    with closing(open_engine(url, Path.cwd(), is_for_landing=True)) as engine:
        began = time.perf_counter()
        for _ in sync([winery(orders(count))], RawTables(engine), schema="raw", now=NOW):
            pass
        return time.perf_counter() - began


def pages_alone(_: str, count: int) -> float:
    began = time.perf_counter()
    for _page in orders(count):
        pass
    return time.perf_counter() - began


def by_copy(url: str, count: int) -> float:
    """What a hand would do with the finished rows: COPY, from a file that is there."""
    selection = winery(orders(count))
    landing = Landing(selection.streams[0], "raw", NOW)
    files: dict[Table, Path] = {}
    with closing(open_engine(url, Path.cwd())) as engine:
        for table in (landing.table, *landing.children):
            files[table] = Path.cwd() / f"{table.name.name}.txt"
            files[table].write_text("")
        for page in orders(count):
            batch = landing.batch(selection.streams[0].items({"orders": page}))
            for table, rows in ((landing.table, landing.rows(batch)), *landing.child_rows(batch)):
                with files[table].open("a") as file:
                    file.writelines("\t".join(map(_written, row)) + "\n" for row in rows)
        with engine.transaction():
            for table in files:
                engine.create(table)
        if engine.dialect.name == "duckdb":
            engine.close()
            return _copy_into_duckdb(files)
        began = time.perf_counter()
        with engine.transaction():
            _copy_into_postgres(engine, files)
        return time.perf_counter() - began


def _written(value: object) -> str:
    return r"\N" if value is None else _escaped(str(value))


def _copy_into_postgres(engine: Engine, files: Mapping[Table, Path]) -> None:
    cursor = engine.connection.connection.cursor()
    for table, path in files.items():
        with path.open() as file:
            cursor.copy_expert(f"COPY {table.name} FROM STDIN", file)


def _copy_into_duckdb(files: Mapping[Table, Path]) -> float:
    import duckdb

    began = time.perf_counter()
    with duckdb.connect("land.duckdb") as base:
        for table, path in files.items():
            # Tabs and backslashes are written as COPY of PostgreSQL reads them; both engines get the same file.
            base.execute(
                f"COPY {table.name} FROM '{path}' (FORMAT csv, HEADER false, DELIMITER '\t', NULLSTR '\\N', QUOTE '', "
                "ESCAPE '', AUTO_DETECT false)"
            )
    return time.perf_counter() - began


def by_dlt(url: str, count: int) -> float:
    dlt = importlib.import_module("dlt")
    found = dlt.resource(orders(count), name="orders", write_disposition="merge", primary_key="id")
    destination = (
        dlt.destinations.duckdb("land_dlt.duckdb") if url.startswith("duckdb") else dlt.destinations.postgres(url)
    )
    pipeline = dlt.pipeline(
        "bench", destination=destination, dataset_name="raw_dlt", pipelines_dir=str(Path.cwd() / "p")
    )
    began = time.perf_counter()
    pipeline.run(found)
    return time.perf_counter() - began


WAYS: Mapping[str, Callable[[str, int], float]] = {
    "kpictl": by_kpictl,
    "pages": pages_alone,
    "copy": by_copy,
    "dlt": by_dlt,
}


def main() -> None:
    way, url, count = sys.argv[1:]
    next(orders(PAGE))  # the simulation is not what is measured
    before = _peak_megabytes()
    seconds = WAYS[way](url, int(count))
    print(json.dumps({"seconds": seconds, "before": before, "peak": _peak_megabytes(), "cores": os.cpu_count()}))


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
