"""A small project with hostile names, published, and the web door over it on a port of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from kpictl.serve import Settings, Source, application, listening
from kpictl.serve.web import server
from tests.pipeline.shop import KPICTL, Shop

SCRIPT = "<script>alert('1')</script>"
BACKWARDS = "\u202eהכנסות\u202c إيرادات"  # noqa: RUF001 -- Hebrew and Arabic, and the marks that turn the line
LONG = "Long. " * 1_666 + "end."
"""10,000 characters."""
HOSTILE_CODE = "n/or?th&x=1#\"'<b> %2e%2e é"

COLUMNS = "order_id:bigint ordered_on:date amount:decimal shop_code:text"
FILES = {
    "kpictl.yml": KPICTL.replace("[mtd]", "[mtd, ytd, last7]"),
    "kpis/models/fct_order.sql": "select order_id, ordered_on, amount, shop_code from raw.orders\n",
    "kpis/kpis.yml": f"""\
formats:
  - {{code: money, kind: currency, currency: EUR, decimals: 2}}
  - {{code: share, kind: percent, decimals: 1, stored_as: fraction}}
  - {{code: cases, kind: number, decimals: 0, unit: "{SCRIPT}"}}
sources:
  - {{code: orders, relation: marts.fct_order, time: ordered_on, entity: shop_code}}
entities:
  - {{id: 1, code: {json.dumps(HOSTILE_CODE)}, name: "{SCRIPT}"}}
  - {{id: 2, code: south, name: "{BACKWARDS}"}}
kpis:
  - {{id: 1, code: revenue, name: "{SCRIPT}", category: "{SCRIPT}", owner: us, format: money, target_direction: up,
     source: orders, measure: sum(amount), description: "{LONG}"}}
  - {{id: 2, code: orders, name: "{BACKWARDS}", format: cases, source: orders, measure: count(*)}}
  - {{id: 3, code: part, name: Part, format: share, formula: orders / revenue}}
  - {{id: 4, code: off, name: Off, format: money, source: orders, measure: max(amount), is_active: false}}
""",
}
ROWS: tuple[tuple[object, ...], ...] = (
    (1, "2024-02-28", "4", "south"),
    (2, "2024-03-01", "0.0000000001", "south"),
    (3, "2025-02-27", "9999999999999999.0123456789", HOSTILE_CODE),
    (4, "2025-02-28", "-20.5", "south"),
    (5, "2025-03-02", "5.5", "south"),
)


def published(shop: Shop) -> Shop:
    """As of two days."""
    shop.write(FILES)
    shop.load(ROWS, COLUMNS)
    shop.run("2025-03-01")
    shop.run("2025-03-02")
    return shop


@dataclass(frozen=True, slots=True)
class Served:
    """A server, and what it has complained of."""

    shop: Shop
    url: str
    client: httpx.Client
    complaints: list[str] = field(default_factory=list)

    def get(self, path: str, **query: object) -> Any:
        """A document; numbers as decimals."""
        answer = self.client.get(path, params={name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)

    def every(self, path: str, rows: str, **query: object) -> list[Any]:
        """All rows of a call, from page to page."""
        found: list[Any] = []
        answer = self.client.get(path, params={name: str(value) for name, value in query.items()})
        while True:
            assert answer.status_code == 200, answer.text
            document = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)
            found += document[rows]
            if document["next"] is None:
                assert len(found) == document["total"]
                return found
            answer = self.client.get(str(answer.url.join(document["next"])))


@contextmanager
def serving(shop: Shop, settings: Settings | None = None, headers: Mapping[str, str] | None = None) -> Iterator[Served]:
    source, complaints = Source(shop.catalog(), shop.url), list[str]()
    with listening("127.0.0.1", 0) as sock:
        running = server(application(source, settings or Settings(), complaints.append))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [sock]})
        thread.start()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, headers=dict(headers or {}), timeout=30) as client:
                yield Served(shop, url, client, complaints)
        finally:
            running.should_exit = True
            thread.join()
            source.close()
