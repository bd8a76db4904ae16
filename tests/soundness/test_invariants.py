"""What must hold of the published numbers whatever the rows: sums, windows, entities and filters agree with each other.

Rows are drawn from a seed; each world is one project with one calendar, run twice on one engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random

import pytest

from kpictl.catalog import Column, Table, TableName
from kpictl.check import checked
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline import Request, run
from tests.postgres import fresh_database

pytestmark = pytest.mark.xdist_group("invariants")

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ROWS = 400
PROJECT = """
name: invariants
calendar: {{start: 2022-01-01, end: 2026-12-31, fiscal: {fiscal}}}
windows: [day, wtd, mtd, qtd, ytd, last28, itd]
environments:
  local: {{url: "${{KPICTL_TEST_URL}}"}}
"""
KPIS = """
formats:
  - {code: number, kind: number, decimals: 2}
entities:
  - {id: 0, code: ALL, name: All}
  - {id: 1, code: west, name: West, parent: ALL}
  - {id: 2, code: napa, name: Napa, parent: west}
  - {id: 3, code: sonoma, name: Sonoma, parent: west}
  - {id: 4, code: online, name: Online, parent: ALL}
sources:
  - {code: sales, relation: raw.sales, time: sold_on, entity: location}
kpis:
  - {id: 1, code: revenue, name: Revenue, format: number, source: sales, measure: sum(amount)}
  - {id: 2, code: sales, name: Sales, format: number, source: sales, measure: count(*)}
  - {id: 3, code: priced_sales, name: Priced sales, format: number, source: sales, measure: count(amount)}
  - {id: 4, code: net, name: Net, format: number, formula: 2 * revenue - sales}
  - {id: 5, code: gift, name: Gifts, format: number, source: sales, measure: sum(amount), where: is_gift}
  - {id: 6, code: no_gift, name: No gifts, format: number, source: sales, measure: sum(amount), where: not is_gift}
  - {id: 7, code: maybe_gift, name: Gifts, format: number, source: sales, measure: sum(amount), where: is_gift is null}
  - {id: 8, code: customers, name: Customers, format: number, source: sales, measure: count(distinct customer)}
  - {id: 9, code: largest, name: Largest, format: number, source: sales, measure: max(amount)}
"""
COLUMNS = (
    Column("sold_on", "date"),
    Column("location", "text"),
    Column("customer", "text"),
    Column("is_gift", "boolean"),
    Column("amount", "decimal"),
)
ADDITIVE = ("revenue", "sales", "priced_sales", "net", "gift", "no_gift", "maybe_gift")
GIFTS = ("gift", "no_gift", "maybe_gift")
WINDOWS = ("day", "wtd", "mtd", "qtd", "ytd", "last28", "itd")
TO_DATE = {"week": "wtd", "month": "mtd", "quarter": "qtd", "year": "ytd"}
CHILDREN = {"ALL": ("west", "online"), "west": ("napa", "sonoma")}
ENTITIES = ("ALL", "west", "napa", "sonoma", "online")

Number = Decimal | None
Values = Mapping[tuple[object, ...], Number]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A seed, a fiscal calendar, the last day of a fiscal year, and a later day that ends a week."""

    seed: int
    fiscal: str
    year_end: date
    last: date


SCENARIOS = (
    Scenario(1, "{starts: january}", date(2024, 12, 31), date(2025, 6, 29)),
    Scenario(2, "{starts: july}", date(2025, 6, 30), date(2025, 8, 10)),
    Scenario(3, "{pattern: 4-5-4, nearest: saturday, to: january-31}", date(2024, 2, 3), date(2024, 5, 11)),
)


@dataclass(frozen=True, slots=True)
class Period:
    kind: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class World:
    """What was published, by KPI and entity: facts by day, windows by as-of date, and periods."""

    scenario: Scenario
    facts: Values
    windows: Values
    priors: Values
    periods: Mapping[tuple[Period, str, str], Number]

    def kinds(self, kind: str) -> list[Period]:
        found = {period for period, _, _ in self.periods if period.kind == kind}
        return sorted(found, key=lambda period: period.first)

    def parts(self, whole: Period, kind: str, kpi: str, entity: str) -> list[Decimal]:
        """The values of the periods of a smaller kind within a period."""
        keys = [(p, kpi, entity) for p in self.kinds(kind) if whole.first <= p.first and p.last <= whole.last]
        return known(self.periods[key] for key in keys if key in self.periods)


@pytest.fixture(
    scope="module",
    params=product(("duckdb", "postgres"), SCENARIOS),
    ids=lambda param: f"{param[0]}-{param[1].seed}",
)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    name, scenario = request.param
    folder = tmp_path_factory.mktemp("invariants")
    if name == "duckdb":
        yield published(scenario, f"duckdb:///{folder / 'test.duckdb'}", folder)
    else:
        with fresh_database(request.getfixturevalue("postgres_server")) as url:
            yield published(scenario, url, folder)


def published(scenario: Scenario, url: str, folder: Path) -> World:
    (folder / "kpis").mkdir()
    (folder / "kpictl.yml").write_text(PROJECT.format(fiscal=scenario.fiscal))
    (folder / "kpis" / "kpis.yml").write_text(KPIS)
    catalog = checked(folder)
    engine = open_engine(url, folder)
    with engine.transaction():
        table = Table(TableName("raw", "sales"), COLUMNS, ())
        engine.create(table)
        engine.load(table.name, COLUMNS, rows(scenario))
    engine.close()
    for as_of in (scenario.year_end, scenario.last):
        engine = open_engine(url, folder)
        for _ in run(catalog, engine, Request(as_of, NOW)):
            pass
        engine.close()
    engine = open_published(url, folder)
    with engine.transaction():
        world = World(
            scenario,
            numbers(fetch(engine, "fact_kpi_daily", "t.date_key, t.value")),
            dashboard(engine, "value"),
            dashboard(engine, "prior"),
            periods(engine),
        )
    engine.close()
    return world


def rows(scenario: Scenario) -> list[list[str | None]]:
    """Two years of sales and the week after the last as-of date; napa begins late, and any value may be unknown."""
    draw = Random(scenario.seed)
    found = []
    for _ in range(ROWS):
        day = scenario.last + timedelta(days=7 - draw.randrange(2 * 365))
        late = day > scenario.last - timedelta(days=150)
        location = draw.choice(("napa", "sonoma", "online") if late else ("sonoma", "online"))
        customer = draw.choice((*"abcdefghijkl", None))
        gift = draw.choice(("true", "false", None))
        amount = Decimal(draw.randrange(-(10**6), 10**7)).scaleb(-draw.randrange(11))
        found.append([str(day), location, customer, gift, draw.choice((f"{amount:f}", f"{amount:f}", None))])
    return found


def fetch(engine: Engine, table: str, columns: str) -> list[tuple[object, ...]]:
    return engine.fetch(
        f"select k.kpi_code, e.entity_code, {columns} from kpi.{table} t"
        " join kpi.dim_kpi k on k.kpi_id = t.kpi_id join kpi.dim_entity e on e.entity_id = t.entity_id"
    )


def numbers(found: list[tuple[object, ...]]) -> dict[tuple[object, ...], Number]:
    return {key: number(value) for *rest, value in found for key in [tuple(rest)]}


def number(value: object) -> Number:
    assert value is None or isinstance(value, Decimal)
    return value


def dashboard(engine: Engine, what: str) -> dict[tuple[object, ...], Number]:
    columns = ", ".join(f"t.{window}_{what}" for window in WINDOWS)
    return {
        (kpi, entity, as_of, window): number(value)
        for kpi, entity, as_of, *values in fetch(engine, "agg_kpi_dashboard", f"t.as_of_date, {columns}")
        for window, value in zip(WINDOWS, values, strict=True)
    }


def periods(engine: Engine) -> dict[tuple[Period, str, str], Number]:
    found = {}
    columns = "t.period, t.period_start, t.period_end, t.value"
    for kpi, entity, kind, first, last, value in fetch(engine, "agg_kpi_period", columns):
        assert isinstance(first, date)
        assert isinstance(last, date)
        found[Period(str(kind), first, last), str(kpi), str(entity)] = number(value)
    return found


def known(values: Iterable[Number]) -> list[Decimal]:
    return [value for value in values if value is not None]


def total(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


@pytest.mark.parametrize(("whole", "part"), [("year", "quarter"), ("year", "month"), ("quarter", "month")])
def test_parts_of_a_period_add_up_to_it(world: World, whole: str, part: str) -> None:
    assert len(world.kinds("year")) >= 2
    for period, kpi, entity in product(world.kinds(whole), ADDITIVE, ENTITIES):
        if (period, kpi, entity) in world.periods:
            parts = world.parts(period, part, kpi, entity)
            assert world.periods[period, kpi, entity] == total(parts), (period, kpi, entity)


@pytest.mark.parametrize("part", ["quarter", "month"])
def test_distinct_counts_lie_between_the_largest_part_and_the_sum(world: World, part: str) -> None:
    for period, entity in product(world.kinds("year"), ENTITIES):
        if (value := world.periods.get((period, "customers", entity))) is not None:
            parts = world.parts(period, part, "customers", entity)
            assert max(parts) <= value <= total(parts), (period, entity)


def test_the_largest_of_a_year_is_the_largest_of_its_months(world: World) -> None:
    for period, entity in product(world.kinds("year"), ENTITIES):
        if (value := world.periods.get((period, "largest", entity))) is not None:
            assert value == max(world.parts(period, "month", "largest", entity)), (period, entity)


@pytest.mark.parametrize("kind", ["week", "month", "quarter", "year"])
def test_to_date_at_a_periods_end_is_the_period(world: World, kind: str) -> None:
    """The year's end ends a quarter and a month too; the last date ends a week, and is within the other periods."""
    scenario = world.scenario
    as_of = scenario.last if kind == "week" else scenario.year_end
    period = next(period for period in world.kinds(kind) if period.last == as_of)
    running = next(period for period in world.kinds(kind) if period.first <= scenario.last <= period.last)
    for kpi, entity in product((*ADDITIVE, "customers", "largest"), ENTITIES):
        for day, each in ((as_of, period), (scenario.last, running)):
            value = world.periods.get((each, kpi, entity))  # none before the entity's first row
            assert world.windows[kpi, entity, day, TO_DATE[kind]] == value, (each, kpi, entity)


@pytest.mark.parametrize("kind", ["week", "month", "quarter", "year"])
def test_a_window_is_the_sum_of_its_facts(world: World, kind: str) -> None:
    """Digit for digit."""
    for as_of in (world.scenario.year_end, world.scenario.last):
        period = next(period for period in world.kinds(kind) if period.first <= as_of <= period.last)
        days = [period.first + timedelta(days=n) for n in range((as_of - period.first).days + 1)]
        for kpi, entity in product(ADDITIVE, ENTITIES):
            facts = known(world.facts.get((kpi, entity, day)) for day in days)
            value = world.windows[kpi, entity, as_of, TO_DATE[kind]]
            assert value == (total(facts) if facts else None), (kpi, entity, as_of, kind)


def test_the_day_and_all_days_are_facts_too(world: World) -> None:
    for as_of, kpi, entity in product((world.scenario.year_end, world.scenario.last), ADDITIVE, ENTITIES):
        facts = {day: value for (of, at, day), value in world.facts.items() if (of, at) == (kpi, entity)}
        assert world.windows[kpi, entity, as_of, "day"] == facts.get(as_of)
        until = known(value for day, value in facts.items() if isinstance(day, date) and day <= as_of)
        assert world.windows[kpi, entity, as_of, "itd"] == (total(until) if until else None)


@pytest.mark.parametrize("parent", CHILDREN)
def test_children_add_up_to_their_parent(world: World, parent: str) -> None:
    """No row is the parent's own; a child without data, because it began later, adds nothing."""
    for values in everything(world):
        for key, value in values.items():
            if key[0] in ADDITIVE and key[1] == parent:
                parts = known(values.get((key[0], child, *key[2:])) for child in CHILDREN[parent])
                assert value == (total(parts) if parts else None), key


@pytest.mark.parametrize("parent", CHILDREN)
def test_a_parents_distinct_count_lies_between_the_largest_childs_and_the_sum(world: World, parent: str) -> None:
    for values in everything(world):
        for key, value in values.items():
            if key[:2] == ("customers", parent) and value is not None:
                parts = known(values.get((key[0], child, *key[2:])) for child in CHILDREN[parent])
                assert max(parts) <= value <= total(parts), key


def test_a_filter_and_its_complement_add_up_to_the_whole(world: World) -> None:
    """Rows for which the filter is unknown pass neither it nor its negation."""
    for values in everything(world):
        for key, value in values.items():
            if key[0] == "revenue":
                parts = known(values[gift, *key[1:]] for gift in GIFTS)
                assert value == (total(parts) if parts else None), key


def everything(world: World) -> Iterator[Values]:
    """Facts, windows, priors and periods, each by KPI, entity and what else there is; none is without numbers."""
    by_period: Values = {(kpi, entity, period): value for (period, kpi, entity), value in world.periods.items()}
    for values in (world.facts, world.windows, world.priors, by_period):
        assert any(values.values()), "no numbers"
        yield values
