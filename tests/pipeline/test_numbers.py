"""The numbers behind KPIs: they add up to the value, and the value is the one that was published."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.catalog import Catalog
from kpictl.check import checked
from kpictl.diagnostics import UsageError, WorldError
from kpictl.engine import open_engine
from kpictl.pipeline import Numbers, Request, SideNumbers, run
from kpictl.pipeline.publication import Difference
from kpictl.pipeline.workings import (
    Arithmetic,
    Distinct,
    OnDay,
    Part,
    Quotient,
    Reached,
    Report,
    Reports,
    Sum,
    Term,
)
from tests.pipeline.explained import NOW, adds_up, numbers_of
from tests.pipeline.shop import Contents, Shop

EXAMPLES = Path(__file__).parents[2] / "examples"

KPIS = """\
formats:
  - {code: number, kind: number, decimals: 2}
entities:
  - {id: 1, code: north, name: North}
  - {id: 2, code: mill, name: Mill, parent: north}
  - {id: 3, code: dock, name: Dock, parent: north}
sources:
  - {code: sales, relation: raw.sales, time: sold_on, entity: store}
  - {code: members, relation: raw.members, valid_from: since, valid_to: until}
kpis:
  - {id: 1, code: revenue, name: Revenue, format: number, source: sales, measure: sum(amount)}
  - {id: 2, code: average, name: Average, format: number, source: sales, measure: avg(amount)}
  - {id: 3, code: greatest, name: Greatest, format: number, source: sales, measure: max(amount)}
  - {id: 4, code: buyers, name: Buyers, format: number, source: sales, measure: count(distinct buyer)}
  - {id: 5, code: level, name: Level, format: number, source: sales, measure: sum(amount), over_time: last,
     max_staleness: 5}
  - {id: 6, code: mean_level, name: Mean Level, format: number, source: sales, measure: sum(amount),
     over_time: average}
  - {id: 7, code: lowest, name: Lowest, format: number, source: sales, measure: sum(amount), over_time: min}
  - {id: 8, code: per_buyer, name: Per Buyer, format: number, formula: doubled / (2 * buyers)}
  - {id: 9, code: daily_mean, name: Mean of Days, format: number, formula: revenue / buyers, over_time: average}
  - {id: 10, code: active, name: Active, format: number, source: members, measure: count(*)}
  - {id: 11, code: returns, name: Returns, format: number, formula: revenue / none}
  - {code: doubled, formula: 2 * revenue}
  - {code: none, source: sales, measure: count(*), where: amount < 0}
"""
SALES = (
    ("2025-05-01", "mill", "ann", "10"),
    ("2025-05-01", "mill", "bob", "20"),
    ("2025-05-02", "dock", "ann", "40"),
    ("2025-05-04", "mill", "ann", "5"),
    ("2025-05-10", "dock", "cem", "100"),  # after the as-of date
)
MEMBERS = (("2025-04-01", None), ("2025-05-02", "2025-05-04"), ("2025-05-03", None))
AS_OF = date(2025, 5, 6)


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.write({"kpis/kpis.yml": KPIS, "kpis/models/fct_order.sql": None})
    shop.load(SALES, "sold_on:date store:text buyer:text amount:decimal", "sales")
    shop.load(MEMBERS, "since:date until:date", "members")
    shop.run(AS_OF.isoformat())
    return shop


def asked(shop: Shop, code: str, as_of: date = AS_OF, entity: str = "ALL") -> Numbers:
    return numbers_of(shop.catalog(), shop.url, shop.folder, code, as_of, entity)


def month(shop: Shop, code: str, entity: str = "ALL") -> SideNumbers:
    """The month to date: 1 to 6 May 2025."""
    (window,) = asked(shop, code, entity=entity).windows
    assert (window.current.first_day, window.current.last_day) == (date(2025, 5, 1), AS_OF)
    return window.current


def day(number: int) -> date:
    return date(2025, 5, number)


def test_a_sum_is_that_of_its_days(stocked: Shop) -> None:
    side = month(stocked, "revenue")
    assert (side.value, side.status, side.days, side.covered_days) == (Decimal(75), "ok", 6, 6)
    assert side.working == Sum(
        "day", tuple(Part(day(n), day(n), Decimal(value)) for n, value in enumerate((30, 40, 0, 5, 0, 0), start=1))
    )
    # Of the one store, on days that it has covered.
    assert month(stocked, "revenue", "dock").working == Sum(
        "day", tuple(Part(day(n), day(n), Decimal(value)) for n, value in ((2, 40), (3, 0), (4, 0), (5, 0), (6, 0)))
    )


def test_an_average_is_of_rows(stocked: Shop) -> None:
    side = month(stocked, "average")
    assert side.working == Quotient(Decimal(75), 4, "rows")
    assert side.value == Decimal("18.75")


def test_the_greatest_was_reached_on_a_day(stocked: Shop) -> None:
    side = month(stocked, "greatest")
    assert (side.value, side.working) == (Decimal(40), Reached(day(2)))


def test_distinct_values_are_fewer_than_the_days_counts(stocked: Shop) -> None:
    side = month(stocked, "buyers")
    assert (side.value, side.working) == (Decimal(2), Distinct(Decimal(4)))


def test_a_stock_is_what_was_last_reported(stocked: Shop) -> None:
    side = month(stocked, "level", "north")
    assert side.value == 45
    assert side.working == Reports(
        AS_OF,
        (
            Report("mill", day(4), Decimal(5), None, is_stale=False),
            Report("dock", day(2), Decimal(40), None, is_stale=False),
        ),
    )


def test_a_stale_report_is_named(stocked: Shop) -> None:
    (window,) = asked(stocked, "level", date(2025, 5, 8), "north").windows
    assert (window.current.value, window.current.status, window.current.working) == (None, "stale", None)


def test_daily_values_are_averaged(stocked: Shop) -> None:
    # Of ALL: 30, then 30 + 40 twice, then 5 + 40 three times: 305 in six days.
    side = month(stocked, "mean_level")
    assert side.working == Quotient(Decimal(305), 6, "days")
    assert side.value == Decimal("50.8333333333")
    assert month(stocked, "lowest").working == Reached(day(1))
    # 30 / 2, 40 / 1, nothing, 5 / 1: three days that have one.
    side = month(stocked, "daily_mean")
    assert (side.value, side.working) == (Decimal(20), Quotient(Decimal(60), 3, "days"))


def test_what_is_valid_is_that_of_the_last_day(stocked: Shop) -> None:
    side = month(stocked, "active")
    assert (side.value, side.working) == (Decimal(2), OnDay(AS_OF))


def test_a_formula_is_worked_out_down_to_its_measures(stocked: Shop) -> None:
    side = month(stocked, "per_buyer")
    assert side.value == Decimal("37.5")
    assert isinstance(side.working, Arithmetic)
    doubled, buyers = side.working.terms
    assert (buyers.code, buyers.value, buyers.working) == ("buyers", Decimal(2), None)
    assert (doubled.code, doubled.value) == ("doubled", Decimal(150))
    assert isinstance(doubled.working, Arithmetic)
    assert doubled.working.terms == (Term("revenue", Decimal(75), "ok", None),)


def test_a_division_by_zero_shows_what_was_divided(stocked: Shop) -> None:
    side = month(stocked, "returns")
    assert (side.value, side.status) == (None, "undefined")
    assert isinstance(side.working, Arithmetic)
    assert [(term.code, term.value) for term in side.working.terms] == [("revenue", Decimal(75)), ("none", Decimal(0))]


def test_helpers_have_numbers_and_are_published_nowhere(stocked: Shop) -> None:
    found = asked(stocked, "doubled")
    assert found.windows[0].current.value == 150
    assert not found.publication.is_published


@pytest.mark.parametrize("entity", ["ALL", "mill"])  # the tree's root and a leaf
def test_everything_adds_up_and_is_what_was_published(stocked: Shop, entity: str) -> None:
    catalog = stocked.catalog()
    for kpi in catalog.kpis:
        if entity != "ALL" and kpi.code == "active":
            continue
        found = asked(stocked, kpi.code, entity=entity)
        for window in found.windows:
            adds_up(window.current)
            adds_up(window.prior)
        assert found.publication.differences == ()
        assert found.publication.is_published == (kpi.id is not None)


def test_looking_changes_nothing(stocked: Shop) -> None:
    before: Contents = stocked.held()
    names = stocked.names()
    asked(stocked, "per_buyer")
    asked(stocked, "level", date(2025, 5, 3))
    assert stocked.held() == before
    assert stocked.names() == names


def test_late_rows_differ_from_what_was_published(stocked: Shop) -> None:
    stocked.load(
        (*SALES, ("2025-05-05", "dock", "ann", "7")), "sold_on:date store:text buyer:text amount:decimal", "sales"
    )
    found = asked(stocked, "revenue")
    assert found.windows[0].current.value == 82
    assert found.publication.differences == (Difference("mtd", "current", Decimal(75), "ok"),)
    assert found.publication.changed == ()


def test_a_changed_definition_differs_from_what_was_published(stocked: Shop) -> None:
    stocked.write(
        {
            "kpis/kpis.yml": KPIS.replace("measure: sum(amount)}", "measure: sum(2 * amount)}", 1),
            "kpis/models/fct_order.sql": None,
        }
    )
    found = asked(stocked, "revenue")
    assert found.windows[0].current.value == 150
    assert found.publication.differences == (Difference("mtd", "current", Decimal(75), "ok"),)
    assert found.publication.changed == ("revenue",)


def test_a_date_that_was_not_published(stocked: Shop) -> None:
    found = asked(stocked, "revenue", date(2025, 5, 2))
    assert found.windows[0].current.value == 70
    assert (found.publication.is_published, found.publication.latest) == (False, AS_OF)


def test_a_kpi_without_entities_has_numbers_for_all_alone(stocked: Shop) -> None:
    with pytest.raises(UsageError, match="`active` has no numbers for `north`"):
        asked(stocked, "active", entity="north")


def test_a_changed_model_is_named(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/models/fct_order.sql": "select order_id, ordered_on, amount * 2 as amount from raw.orders\n"})
    found = asked(shop, "revenue", date(2025, 5, 2))
    # What was computed is what the model of the last run gives.
    assert found.windows[0].current.value == 30
    assert found.publication.changed == ("marts.fct_order",)


def test_nothing_was_ever_run(shop: Shop) -> None:
    with pytest.raises(WorldError, match="nothing has been published"):
        asked(shop, "revenue")


def test_a_source_that_the_database_lacks(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/kpis.yml": KPIS, "kpis/models/fct_order.sql": None})
    with pytest.raises(WorldError, match=r"the database has no raw\.sales") as caught:
        asked(shop, "revenue")
    assert caught.value.help == "`kpictl run` makes the models and tables"


@pytest.fixture(params=sorted(path.parent.name for path in EXAMPLES.glob("*/kpictl.yml")))
def example(request: pytest.FixtureRequest, tmp_path: Path, engine_url: str) -> tuple[Catalog, str, Path]:
    catalog = checked(EXAMPLES / request.param)
    with closing(open_engine(engine_url, tmp_path)) as engine:
        list(run(catalog, engine, Request(date(2025, 10, 6), NOW)))
    return catalog, engine_url, tmp_path


def test_the_examples_add_up(example: tuple[Catalog, str, Path]) -> None:
    catalog, url, folder = example
    compared = 0
    for kpi in catalog.kpis:
        for entity in [each.code for each in catalog.entities][:2]:
            found = numbers_of(catalog, url, folder, kpi.code, date(2025, 10, 6), entity)
            for window in found.windows:
                compared += adds_up(window.current) + adds_up(window.prior)
            assert found.publication.differences == ()
    assert compared > 10
