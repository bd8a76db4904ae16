"""The winery from end to end: every number of its dashboard against the oracle's, straight from the APIs' records."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from kpictl.demo import World, serve, simulate
from kpictl.pipeline import Warned
from tests.postgres import fresh_database
from tests.soundness.oracle import (
    Cell,
    Formula,
    Project,
    covered,
    dashboard,
    data_through,
    fact,
    facts,
    rounded,
)
from tests.soundness.winery import winery
from tests.soundness.winery_published import (
    NUMBERS,
    ROOT,
    STATUSES,
    WINDOWS,
    Number,
    Published,
    published,
)

pytestmark = pytest.mark.xdist_group("winery")

LAST_DAY = date(2026, 3, 14)
SYNCED_AT = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)  # 23:00 on the 14th in California
DATES = (
    date(2024, 2, 29),  # the winery had not begun a year before
    date(2024, 3, 31),  # its first month a year before
    date(2025, 2, 28),  # compared with 28 of the 29 days of a leap year's February
    date(2026, 1, 2),
    LAST_DAY,
    date(2026, 3, 16),  # the connectors have not brought this day
)
ONE_DAY = timedelta(days=1)

DOLLARS = {"kind": "currency", "currency": "USD", "decimals": 0}
CENTS = {"kind": "currency", "currency": "USD", "decimals": 2}
NUMBER = {"kind": "number", "decimals": 0}
TENTHS = {"kind": "number", "decimals": 1}
CASES = {"kind": "number", "decimals": 1, "unit": "9L cases"}
PERCENT = {"kind": "percent", "decimals": 1, "stored_as": "percent"}
# The list of the winery's KPIs: the position is the id.
KPIS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("tasting_room_wine_revenue", DOLLARS, "up"),
    ("tasting_room_fees_revenue", DOLLARS, "up"),
    ("tasting_room_total_revenue", DOLLARS, "up"),
    ("wine_club_orders_revenue", DOLLARS, "up"),
    ("wine_club_fees_revenue", DOLLARS, "up"),
    ("wine_club_total_revenue", DOLLARS, "up"),
    ("ecomm_revenue", DOLLARS, "up"),
    ("phone_revenue", DOLLARS, "up"),
    ("event_fees_orders_revenue", DOLLARS, "up"),
    ("event_fees_reservations_revenue", DOLLARS, "up"),
    ("event_fees_total_revenue", DOLLARS, "up"),
    ("event_wine_revenue", DOLLARS, "up"),
    ("shipping_revenue", DOLLARS, "up"),
    ("total_daily_revenue", DOLLARS, "up"),
    ("total_reservations", NUMBER, "up"),
    ("total_visitors", NUMBER, "up"),
    ("avg_party_size", TENTHS, "up"),
    ("tasting_room_guests", NUMBER, "up"),
    ("event_guests", NUMBER, "up"),
    ("avg_tasting_fee_per_guest", CENTS, "up"),
    ("tasting_room_orders_per_guest_pct", PERCENT, "up"),
    ("total_9l_sold", CASES, "up"),
    ("total_active_club_membership", NUMBER, "up"),
    ("new_member_acquisition", NUMBER, "up"),
    ("existing_member_attrition", NUMBER, "down"),
    ("club_population_net_gain_loss", NUMBER, "up"),
    ("club_conversion_per_taster_pct", PERCENT, "up"),
)
CODES = tuple(code for code, _, _ in KPIS)


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(last_day=LAST_DAY)


@pytest.fixture(scope="session")
def oracle(world: World) -> Project:
    with (ROOT / "kpis/lookups/experience.csv").open(newline="") as file:
        attribution = {row["experience_name"]: row["attribution"] for row in csv.DictReader(file)}
    with serve(world) as address:
        business_id = address.tock_business_id
    return winery(
        world,
        attribution=attribution,
        covers_from=world.first_day,
        business_id=business_id,
        windows=WINDOWS,
        synced_through=LAST_DAY,
    )


@pytest.fixture(scope="session")
def on_duckdb(world: World, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return published("duckdb:///winery.duckdb", tmp_path_factory.mktemp("winery"), world, CODES, DATES, SYNCED_AT)


@pytest.fixture(scope="session")
def on_postgres(world: World, tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Published:
    with fresh_database(postgres_server) as url:
        return published(url, tmp_path_factory.mktemp("winery"), world, CODES, DATES, SYNCED_AT)


@pytest.fixture(params=["on_duckdb", "on_postgres"])
def found(request: pytest.FixtureRequest) -> Published:
    held = request.getfixturevalue(request.param)
    assert isinstance(held, Published)
    return held


# What equality is


def is_exact(oracle: Project, code: str, name: str = "value") -> bool:
    """Sums, counts and formulas that only add and subtract; a change in percent is a double's work."""
    kpi = oracle.kpi[code]
    return name != "delta_pct" and (kpi.exact if isinstance(kpi, Formula) else True)


def same(expected: Number, number: Number, *, exact: bool) -> bool:
    if expected is None or number is None:
        return expected is number
    if exact:
        return expected == number
    return abs(expected - number) <= max(Decimal("1e-10"), Decimal("1e-12") * abs(expected))


def cells(oracle: Project) -> dict[tuple[date, str, str], Cell]:
    return {
        (as_of, code, window): cell
        for as_of in DATES
        for (code, _), windows in dashboard(oracle, as_of).items()
        for window, cell in windows.items()
    }


def number_of(cell: Cell, name: str) -> Number:
    value = getattr(cell, name)
    assert value is None or isinstance(value, Decimal)
    return value


def none_wrong(wrong: dict[Any, Any]) -> None:
    shown = "\n".join(f"{key}: expected, found {pair}" for key, pair in list(wrong.items())[:20])
    assert not wrong, f"{len(wrong)} differ:\n{shown}"


# The tests


def test_the_world_asks_for_all_of_it(world: World, oracle: Project) -> None:
    assert world.first_day == date(2023, 3, 1)
    statuses = {cell.status for cell in cells(oracle).values()}
    prior = {cell.prior_status for cell in cells(oracle).values()}
    assert statuses == {"ok", "partial"}
    assert prior == {"ok", "no_data", "partial"}
    known = [value for cell in cells(oracle).values() for value in (cell.value, cell.delta_pct)]
    assert len({value for value in known if value}) > 400


def test_every_number_of_the_dashboard(found: Published, oracle: Project) -> None:
    expected = {(*key, name): number_of(cell, name) for key, cell in cells(oracle).items() for name in NUMBERS}
    assert set(found.numbers) == set(expected)
    assert found.rows == len(DATES) * 27
    none_wrong(
        {
            key: (value, found.numbers[key])
            for key, value in expected.items()
            if not same(value, found.numbers[key], exact=is_exact(oracle, key[1], key[3]))
        }
    )


def test_every_status(found: Published, oracle: Project) -> None:
    expected = {(*key, name): getattr(cell, name) for key, cell in cells(oracle).items() for name in STATUSES}
    none_wrong({k: (v, found.statuses[k]) for k, v in expected.items() if found.statuses[k] != v})


def test_how_far_the_data_goes(found: Published, oracle: Project) -> None:
    expected = {(as_of, code): data_through(oracle, code, as_of) for as_of in DATES for code in CODES}
    assert set(found.through) == set(expected)
    none_wrong({k: (v, found.through[k]) for k, v in expected.items() if found.through[k] != v})


def test_27_facts_a_day_and_each_is_right(found: Published, oracle: Project, world: World) -> None:
    days = (LAST_DAY - world.first_day).days + 1
    expected = {(day, code): value for (day, code, _), value in facts(oracle, DATES[-1]).items()}
    assert len(expected) == 27 * days
    assert set(found.facts) == set(expected)
    none_wrong(
        {
            key: (value, found.facts[key])
            for key, value in expected.items()
            if not same(value, found.facts[key], exact=is_exact(oracle, key[1]))
        }
    )


# Payloads


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    files = sorted((ROOT / "kpis").glob("*.yml"))
    lists = [yaml.safe_load(path.read_text()).get("kpis", []) for path in files]
    return {kpi["code"]: kpi["name"] for kpis in lists for kpi in kpis}


def text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def expected_window(cell: Cell, held: Mapping[str, Number]) -> dict[str, Any]:
    """Ranges from the oracle; numbers are the columns', which the tests above judge."""
    assert cell.first is not None
    assert cell.prior_first is not None
    return {
        "from": text(cell.first),
        "to": text(cell.last),
        "days": (cell.last - cell.first).days + 1,
        "value": held["value"],
        "status": cell.status,
        "prior": {
            "from": text(cell.prior_first),
            "to": text(cell.prior_last),
            "days": (cell.prior_last - cell.prior_first).days + 1,
            "value": held["prior"],
            "status": cell.prior_status,
        },
        "delta": held["delta"],
        "delta_pct": held["delta_pct"],
    }


def test_the_payloads_hold_the_columns_and_the_cards(found: Published, oracle: Project, names: dict[str, str]) -> None:
    wanted = cells(oracle)
    wrong = {}
    for as_of in DATES:
        for number, (code, shape, direction) in enumerate(KPIS, start=1):
            held = {window: {name: found.numbers[as_of, code, window, name] for name in NUMBERS} for window in WINDOWS}
            expected = {
                "kpi": {"id": number, "code": code, "name": names[code], "target_direction": direction},
                "entity": {"id": 0, "code": "ALL", "name": "All locations"},
                "as_of": text(as_of),
                "data_through": text(data_through(oracle, code, as_of)),
                "format": shape,
                "windows": {window: expected_window(wanted[as_of, code, window], held[window]) for window in WINDOWS},
            }
            payload = {key: value for key, value in found.payloads[as_of, code].items() if key != "trend"}
            if payload != expected:
                wrong[as_of, code] = (expected, payload)
    none_wrong(wrong)


def test_the_payloads_are_valid_by_their_schema(found: Published) -> None:
    assert found.faulty_payloads == ()


def test_the_trends_are_the_last_28_days(found: Published, oracle: Project) -> None:
    wrong = {}
    for as_of in DATES:
        for code in CODES:
            trend = found.payloads[as_of, code]["trend"]
            days = [as_of - n * ONE_DAY for n in reversed(range(28))]
            assert [point["date"] for point in trend] == [text(day) for day in days]
            for day, point in zip(days, trend, strict=True):
                expected = on_covered_day(oracle, code, day, as_of)
                if set(point) != {"date", "value"} or not same(expected, point["value"], exact=is_exact(oracle, code)):
                    wrong[as_of, code, day] = (expected, point)
    none_wrong(wrong)


def on_covered_day(oracle: Project, code: str, day: date, as_of: date) -> Number:
    known = covered(oracle, code, "ALL", as_of)
    if known is None or not known[0] <= day <= known[1]:
        return None
    return fact(oracle, code, "ALL", day, as_of).value


# What the old pipeline got wrong


def test_the_months_average_party_is_its_guests_over_its_reservations(found: Published) -> None:
    for as_of in DATES:
        guests, parties = (
            found.numbers[as_of, code, "mtd", "value"] for code in ("total_visitors", "total_reservations")
        )
        assert guests
        assert parties
        average = found.numbers[as_of, "avg_party_size", "mtd", "value"]
        assert same(rounded(guests / parties), average, exact=False)


def test_the_months_members_are_those_of_the_day(found: Published, world: World) -> None:
    zone = ZoneInfo("America/Los_Angeles")

    def day(moment: str | None) -> date | None:
        return datetime.fromisoformat(moment).astimezone(zone).date() if moment else None

    for as_of in (as_of for as_of in DATES if as_of <= LAST_DAY):
        members = 0
        for record in world.club_memberships:
            signed_up, cancelled = day(record["signupDate"]), day(record.get("cancelDate"))
            lost = record["status"] == "Cancelled" and cancelled is None
            assert signed_up is not None
            members += not lost and signed_up <= as_of and (cancelled is None or as_of < cancelled)
        for window in WINDOWS:
            assert found.numbers[as_of, "total_active_club_membership", window, "value"] == members
        assert found.facts[as_of, "total_active_club_membership"] == members


def test_an_experience_without_attribution_is_named(found: Published) -> None:
    warnings = [event.message for event in found.events if isinstance(event, Warned)]
    assert len(warnings) == len(DATES)
    assert all("experience without attribution" in warning for warning in warnings)
    assert all("Sunset Yoga" in warning for warning in warnings)


def test_both_engines_hold_the_same_numbers(on_duckdb: Published, on_postgres: Published, oracle: Project) -> None:
    assert on_duckdb.statuses == on_postgres.statuses
    assert on_duckdb.through == on_postgres.through
    assert set(on_duckdb.numbers) == set(on_postgres.numbers)
    assert set(on_duckdb.facts) == set(on_postgres.facts)
    wrong: dict[Any, Any] = {
        key: (value, on_postgres.numbers[key])
        for key, value in on_duckdb.numbers.items()
        if not same(value, on_postgres.numbers[key], exact=is_exact(oracle, key[1], key[3]))
    }
    wrong |= {
        key: (value, on_postgres.facts[key])
        for key, value in on_duckdb.facts.items()
        if not same(value, on_postgres.facts[key], exact=is_exact(oracle, key[1]))
    }
    none_wrong(wrong)
