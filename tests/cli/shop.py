"""A small shop: its files, its rows, and what they come to.

As of 10 March 2025: three sales this month (500 in all, one of them on the web), two in the same days of March
2024 (400, one on the web), which the source covers from the 5th on. Nobody counted visitors before the 20th.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from kpictl.catalog import Column, ColumnType, Table, TableName
from kpictl.check import checked
from kpictl.engine import open_engine
from kpictl.pipeline import Request, run

AS_OF = date(2025, 3, 10)
URL = "duckdb:///shop.duckdb"

FILES = {
    "kpictl.yml": """\
name: shop
timezone: UTC
currency: USD
calendar: {start: 2023-01-01, end: 2027-12-31}
windows: [mtd, last28]
environments:
  local: {url: "duckdb:///shop.duckdb"}
  production: {url: "${DATABASE_URL}"}
""",
    "kpis/shop.yml": """\
formats:
  - {code: currency, kind: currency, decimals: 0}
  - {code: number, kind: number, decimals: 0}
  - {code: percent, kind: percent, decimals: 1}
sources:
  - code: sales
    relation: marts.fct_sale
    time: sold_on
    expect:
      - {that: "amount > 0", severity: warn, message: "a sale of nothing"}
  - {code: visits, relation: raw.visit, time: visited_on}
entities:
  - {id: 0, code: ALL, name: The whole shop}
kpis:
  - {id: 1, code: revenue, name: Revenue, description: A number.,
     category: Money, owner: us, format: currency, target_direction: up,
     source: sales, measure: sum(amount)}
  - {id: 2, code: sales_count, name: Sales, description: A number.,
     category: Trade, owner: us, format: number, target_direction: up,
     source: sales, measure: count(*)}
  - {id: 3, code: web_share_pct, name: Web Share %, description: A number.,
     category: Trade, owner: us, format: percent, target_direction: down,
     formula: 100 * web_sales / sales_count}
  - {id: 4, code: basket, name: Basket, description: A number.,
     category: Money, owner: us, format: currency, target_direction: up,
     formula: revenue / sales_count}
  - {id: 5, code: refund_size, name: Refund Size, description: A number.,
     category: Money, owner: us, format: currency, target_direction: down,
     formula: refunds / refund_count}
  - {id: 6, code: visitors, name: Visitors, description: A number.,
     category: Trade, owner: us, format: number, target_direction: up,
     source: visits, measure: sum(visitors)}
  - {code: web_sales, name: Web Sales, source: sales, measure: count(*), where: "channel = 'web'"}
  - {code: refunds, name: Refunds, source: sales, measure: sum(amount), where: "amount < 0"}
  - {code: refund_count, name: Refund Count, source: sales, measure: count(*), where: "amount < 0"}
""",
    "kpis/models/fct_sale.sql": "-- The sales.\nselect sold_on, amount, channel from raw.sale\n",
    "kpis/models/other.sql": "-- Nobody's.\nselect visited_on from raw.visit\n",
}

TABLES: tuple[tuple[str, tuple[tuple[str, ColumnType], ...], tuple[tuple[object, ...], ...]], ...] = (
    (
        "sale",
        (("sold_on", "date"), ("amount", "decimal"), ("channel", "text")),
        (
            ("2024-03-05", "100", "web"),
            ("2024-03-08", "300", "till"),
            ("2025-03-03", "250", "web"),
            ("2025-03-10", "150", "till"),
            ("2025-03-10", "100", "till"),
        ),
    ),
    ("visit", (("visited_on", "date"), ("visitors", "bigint")), (("2025-03-20", 40),)),
)


def write_files(folder: Path) -> None:
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def load_rows(folder: Path, url: str = URL) -> None:
    engine = open_engine(url, folder)
    with engine.transaction():
        for name, columns, rows in TABLES:
            table = Table(TableName("raw", name), tuple(Column(column, kind) for column, kind in columns), ())
            engine.create(table)
            engine.load(table.name, table.columns, rows)
    engine.close()


def publish(folder: Path, url: str = URL) -> None:
    engine = open_engine(url, folder)
    catalog = checked(folder)
    for _ in run(catalog, engine, Request(AS_OF, datetime(2025, 3, 11, tzinfo=UTC))):
        pass
    engine.close()
