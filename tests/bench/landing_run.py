"""One landing of many orders in a process of its own, so that its peak of memory is its own: prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from kpictl.connect import Connector, Item, Local, Pages, Selection, Walk, load_connector, sync
from kpictl.demo import simulate
from kpictl.engine import RawTables, open_engine

ROOT = Path(__file__).parents[2]
PAGE = 50
NOW = datetime(2026, 5, 17, tzinfo=UTC)


def orders(count: int) -> Iterator[list[Item]]:
    """Pages of orders as the shop sends them, decoded: those of a simulated month, again and again under new ids."""
    texts = [json.dumps(order) for order in simulate(last_day=date(2026, 5, 16), years=0).orders]
    page: list[Item] = []
    for nth in range(count):
        text = texts[nth % len(texts)]
        order: dict[str, Any] = json.loads(text)
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


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    list(islice(orders(PAGE), 1))  # the simulation is not what is measured
    pages = orders(count)
    before = _peak_megabytes()
    began, made = time.perf_counter(), 0.0
    if len(sys.argv) > 3:
        # What making the pages takes is told apart: in life it is the API that does it.
        for _ in pages:
            pass
        made = time.perf_counter() - began
    else:
        with closing(open_engine(url, Path.cwd())) as engine:
            for _ in sync([winery(pages)], RawTables(engine), schema="raw", now=NOW):
                pass
        made = time.perf_counter() - began
    print(json.dumps({"seconds": made, "before_megabytes": before, "megabytes": _peak_megabytes()}))


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
