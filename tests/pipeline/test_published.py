"""What reports read of the published tables, on each engine; the expected values are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest

from kpictl.diagnostics import NotFoundError, WorldError
from kpictl.engine import Engine, open_published
from kpictl.report import (
    Day,
    Period,
    PublishedKpi,
    daily,
    edition,
    periods,
    published_entities,
    published_entity,
    published_kpi,
    published_kpis,
    scoreboard,
)
from tests.pipeline.shop import KPICTL, Shop

COLUMNS = "order_id:bigint ordered_on:date amount:decimal shop_code:text"
MODEL = "select order_id, ordered_on, amount, shop_code from raw.orders\n"
KPIS = """\
formats:
  - {code: money, kind: currency, currency: EUR, decimals: 2}
  - {code: each, kind: currency, currency: EUR, decimals: 2, unit: per order, compact: true}
  - {code: share, kind: percent, decimals: 1, stored_as: fraction}
  - {code: cases, kind: number, decimals: 0, unit: cases}
sources:
  - {code: orders, relation: marts.fct_order, time: ordered_on, entity: shop_code}
entities:
  - {id: 2, code: south, name: South, parent: land}
  - {id: 1, code: land, name: The Land}
  - {id: 3, code: north, name: North, parent: land}
kpis:
  - {id: 1, code: revenue, name: Revenue, category: Money, owner: us, format: money, target_direction: up,
     source: orders, measure: sum( amount ), where: "amount >\n        1", description: What came in.}
  - {id: 2, code: orders, name: Orders, format: cases, source: orders, measure: count(*), sort_order: 0}
  - {id: 3, code: average, name: Average, format: each, formula: revenue / orders}
  - {id: 4, code: part, name: Part, format: share, formula: revenue / (revenue + orders), is_active: false}
"""
ROWS = (
    (1, "2024-02-28", "4", "south"),
    (2, "2024-02-29", "8", "south"),
    (3, "2025-02-27", "10", "north"),
    (4, "2025-02-28", "20", "south"),
    (5, "2025-03-02", "5.5", "north"),
)
FILES = {"kpis/kpis.yml": KPIS, "kpis/models/fct_order.sql": MODEL}


def made(shop: Shop, kpictl: str = KPICTL) -> Shop:
    shop.write({**FILES, "kpictl.yml": kpictl})
    shop.load(ROWS, COLUMNS)
    shop.run("2025-03-02")
    return shop


@contextmanager
def read(shop: Shop) -> Iterator[Engine]:
    with closing(open_published(shop.url, shop.folder)) as reader, reader.transaction():
        yield reader


def test_kpis_and_entities_are_as_the_files_have_them(shop: Shop) -> None:
    made(shop)
    catalog = shop.catalog()
    with read(shop) as reader:
        kpis = published_kpis(reader, catalog)
        tree = published_entities(reader, catalog)
        run_id = edition(reader, catalog)
        assert published_entity(reader, catalog, "north").parent_id == 1
    assert [(each.code, each.id, each.is_active) for each in kpis] == [
        ("orders", 2, True),
        ("revenue", 1, True),
        ("average", 3, True),
        ("part", 4, False),
    ]
    assert [each.definition for each in kpis] == [
        "count(*) of orders",
        "sum( amount ) of orders where amount > 1",
        "revenue / orders",
        "revenue / (revenue + orders)",
    ]
    orders, revenue, average, part = (each.shape for each in kpis)
    assert (orders.kind, orders.unit, orders.currency, orders.decimals) == ("number", "cases", None, 0)
    assert (revenue.kind, revenue.unit, revenue.currency, revenue.decimals) == ("currency", None, "EUR", 2)
    assert (average.unit, average.compact, revenue.compact) == ("per order", True, False)
    assert (part.kind, part.unit, part.stored_as) == ("percent", None, "fraction")
    assert (kpis[1].description, kpis[1].category, kpis[1].owner, kpis[1].direction) == (
        "What came in.",
        "Money",
        "us",
        "up",
    )
    assert [(each.source, each.kind) for each in kpis[1:3]] == [("orders", "additive"), (None, "formula")]
    assert [(each.code, each.level) for each in tree] == [("ALL", 0), ("land", 1), ("south", 2), ("north", 2)]
    with read(shop) as reader:
        assert reader.fetch("select run_id from kpi.kpictl_run where status = 'succeeded'") == [(run_id,)]


def test_each_day_stands_beside_that_of_a_year_before(shop: Shop) -> None:
    made(shop)
    catalog = shop.catalog()
    with read(shop) as reader:
        revenue, south = published_kpi(reader, catalog, "revenue"), published_entity(reader, catalog, "south")
        found = daily(reader, catalog, revenue, south, date(2025, 2, 26), date(2025, 3, 2))
    nothing = Decimal(0)
    assert found == (
        Day(date(2025, 2, 26), nothing, date(2024, 2, 26), None),  # before the first row of 2024
        Day(date(2025, 2, 27), nothing, date(2024, 2, 27), None),
        Day(date(2025, 2, 28), Decimal(20), date(2024, 2, 28), Decimal(4)),
        Day(date(2025, 3, 1), nothing, date(2024, 3, 1), nothing),
        Day(date(2025, 3, 2), nothing, date(2024, 3, 2), nothing),
    )


def test_sparse_facts_read_as_dense_ones(shop: Shop) -> None:
    def days(kpi: str, entity: str) -> tuple[Day, ...]:
        with read(shop) as reader:
            found = published_kpi(reader, shop.catalog(), kpi), published_entity(reader, shop.catalog(), entity)
            return daily(reader, shop.catalog(), *found, date(2024, 2, 1), date(2025, 3, 5))

    asked = [(kpi, entity) for kpi in ("revenue", "average") for entity in ("ALL", "north")]
    made(shop)
    dense = {each: days(*each) for each in asked}
    assert any(day.value == 0 for day in dense["revenue", "north"])
    assert any(day.value is None for day in dense["revenue", "north"])
    made(shop, KPICTL + "facts: sparse\n")
    assert all(row["value"] != 0 for row in shop.published()["fact_kpi_daily"] if row["kpi_id"] in {1, 2})
    assert {each: days(*each) for each in asked} == dense


def test_periods_of_a_kpi_and_entity(shop: Shop) -> None:
    made(shop)
    catalog = shop.catalog()
    with read(shop) as reader:
        revenue, everything = published_kpi(reader, catalog, "revenue"), published_entity(reader, catalog, "ALL")
        months = periods(reader, catalog, revenue, everything, "month", first=date(2025, 2, 1))
        quarters = periods(reader, catalog, revenue, everything, "quarter", last=date(2024, 3, 31))
    assert months == (
        Period(
            first=date(2025, 2, 1),
            last=date(2025, 2, 28),
            through=date(2025, 2, 28),
            value=Decimal(30),
            prior=Decimal(12),
            delta=Decimal(18),
            delta_pct=Decimal(150),
            status="ok",
            prior_status="partial",
            in_progress=False,
        ),
        Period(
            first=date(2025, 3, 1),
            last=date(2025, 3, 31),
            through=date(2025, 3, 2),
            value=Decimal("5.5"),
            prior=Decimal(0),
            delta=Decimal("5.5"),
            delta_pct=None,
            status="ok",
            prior_status="ok",
            in_progress=True,
        ),
    )
    assert [(each.first, each.value) for each in quarters] == [(date(2024, 1, 1), Decimal(12))]


def test_windows_say_which_days_they_compare(shop: Shop) -> None:
    made(shop, KPICTL.replace("[mtd]", "[mtd, itd]"))
    with read(shop) as reader:
        board = scoreboard(reader, shop.catalog(), date(2025, 3, 2), "north")
    mtd, itd = next(card.windows for card in board.cards if card.code == "revenue")
    assert mtd.days is not None
    assert (mtd.days.first, mtd.days.last, mtd.days.count) == (date(2025, 3, 1), date(2025, 3, 2), 2)
    assert mtd.prior_days is not None
    assert (mtd.prior_days.first, mtd.prior_days.count) == (date(2024, 3, 1), 2)
    assert itd.days is not None
    assert (itd.days.first, itd.days.count) == (date(2025, 2, 27), 4)
    assert itd.prior_days is None  # the source covers the north from 27 February 2025 on


ASKED: dict[str, Callable[[Engine, Shop], object]] = {
    "no KPI has been published as `revenu`": lambda reader, shop: published_kpi(reader, shop.catalog(), "revenu"),
    "no entity has the code `noth`": lambda reader, shop: published_entity(reader, shop.catalog(), "noth"),
    "nothing has been published as of 2025-03-01": lambda reader, shop: scoreboard(
        reader, shop.catalog(), date(2025, 3, 1)
    ),
}
NEAR = {"revenu": "`revenue` is near", "noth": "`north` is near"}


def test_what_was_not_published_is_not_found(shop: Shop) -> None:
    made(shop)
    for message, asked in ASKED.items():
        with read(shop) as reader, pytest.raises(NotFoundError) as raised:
            asked(reader, shop)
        assert str(raised.value) == message
        near = next((advice for wrong, advice in NEAR.items() if f"`{wrong}`" in message), None)
        assert raised.value.help == (
            near or "the latest as-of date is 2025-03-02; `kpictl run --as-of 2025-03-01` publishes another"
        )


def test_tables_of_an_older_kpictl_are_told_of(shop: Shop) -> None:
    made(shop)
    catalog = shop.catalog()

    class Older:
        """The same tables without a column that came later."""

        def __init__(self, reader: Engine) -> None:
            self.dialect = reader.dialect
            self.query = reader.query
            self.columns_of = lambda name: tuple(each for each in reader.columns_of(name) if each != "definition")

    with read(shop) as reader, pytest.raises(WorldError) as raised:
        published_kpis(Older(reader), catalog)
    assert str(raised.value) == "kpi.dim_kpi was published by an older kpictl"
    assert raised.value.help == "`kpictl run` publishes it anew"


def test_all_days_of_the_calendar_are_there(shop: Shop) -> None:
    made(shop)
    catalog = shop.catalog()
    with read(shop) as reader:
        kpi: PublishedKpi = published_kpi(reader, catalog, "orders")
        found = daily(reader, catalog, kpi, published_entity(reader, catalog, "ALL"), date(2023, 12, 1), date.max)
    days = [day.day for day in found]
    assert days == [date(2024, 1, 1) + timedelta(days=n) for n in range(731)]
