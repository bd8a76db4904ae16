"""What a run remembers: which days it computes, what it says of earlier as-of dates, and its entry in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kpictl.diagnostics import CatalogError, CheckError, LockError, WorldError
from kpictl.engine import open_engine
from kpictl.pipeline import Event, Finished, Request, Restated, Stale, Started, run
from tests.pipeline.shop import KPIS, ROWS, Shop

LATER = datetime(2025, 6, 2, tzinfo=UTC)
LATE = (4, "2025-05-01", "7")
NOTHING = "no day has changed"
TRACKED_COLUMNS = "order_id:bigint ordered_on:date amount:decimal loaded_at:timestamp is_void:boolean"
TRACKED = {
    "kpis/kpis.yml": KPIS.replace(
        "time: ordered_on}",
        "time: ordered_on,\n     key: order_id, changed_at: loaded_at, where: not is_void}",
    ),
    "kpis/models/fct_order.sql": "select order_id, ordered_on, amount, loaded_at, is_void from raw.orders\n",
}


def computed(events: Sequence[Event]) -> str:
    """What a run says of the days that it computes."""
    return next(event.detail for event in events if isinstance(event, Finished) and event.step == "sources")


def rows(shop: Shop, query: str) -> list[tuple[object, ...]]:
    with shop.working() as engine:
        return engine.fetch(query)


def revenue(shop: Shop) -> dict[str, Decimal | None]:
    found = rows(shop, "select date_key, value from kpi.fact_kpi_daily where kpi_id = 1 order by 1")
    return {f"{day:%m-%d}": value for day, value in found}  # type: ignore[misc] # dates and decimals


def test_only_days_that_have_changed_are_computed(shop: Shop) -> None:
    assert computed(shop.run("2025-05-03")) == "all days: the first run"
    assert computed(shop.run("2025-05-03")) == NOTHING
    assert computed(shop.run("2025-05-04")) == "1 day from 2025-05-04: coverage 1"
    shop.load([*ROWS, LATE])
    assert computed(shop.run("2025-05-04")) == "1 day from 2025-05-01: orders 1"
    assert revenue(shop) == {"05-01": 37, "05-02": 0, "05-03": Decimal("5.5"), "05-04": 0}
    shop.load(ROWS[1:])
    assert computed(shop.run("2025-05-04")) == "1 day from 2025-05-01: orders 1"
    assert revenue(shop)["05-01"] == 20


def test_the_first_day_may_go_and_come_back(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.load(ROWS[2:])
    assert computed(shop.run("2025-05-03")) == "2 days from 2025-05-01: orders 1, coverage 2"
    assert revenue(shop) == {"05-03": Decimal("5.5")}
    shop.load(ROWS)
    shop.run("2025-05-03")
    assert revenue(shop) == {"05-01": 30, "05-02": 0, "05-03": Decimal("5.5")}


def test_a_definition_that_has_changed_is_computed_anew(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/kpis.yml": KPIS.replace("name: Revenue", "name: Sales")})
    assert computed(shop.run("2025-05-03")) == NOTHING
    shop.write({"kpis/kpis.yml": KPIS.replace("formula: revenue / orders", "formula: 2 * revenue / orders")})
    assert computed(shop.run("2025-05-03")) == "all days: definitions have changed"
    shop.write({"kpis/kpis.yml": KPIS.replace("sum(amount)", "sum(2 * amount)")})
    shop.run("2025-05-03")
    assert revenue(shop) == {"05-01": 60, "05-02": 0, "05-03": 11}


def test_full_refresh_takes_nothing_over(shop: Shop) -> None:
    """The last 28 days are in each payload, and computed with it."""
    shop.load([*ROWS, (4, "2025-02-01", "3")])
    shop.run("2025-05-03")
    shop.change("update kpi.fact_kpi_daily set value = 1 where kpi_id = 1")
    shop.run("2025-05-03")
    assert revenue(shop)["02-01"] == 1
    engine = open_engine(shop.url, shop.folder)
    events = list(run(shop.catalog(), engine, Request(date(2025, 5, 3), LATER, is_full=True)))
    engine.close()
    assert computed(events) == "all days: --full-refresh"
    assert revenue(shop)["02-01"] == 3


def test_late_data_makes_earlier_dates_stale_until_they_are_restated(shop: Shop) -> None:
    """At 3 May 35.5 of 3 orders had been reported; with the late order of 7 it is 42.5 of 4."""
    for day in ("2025-04-30", "2025-05-02", "2025-05-03"):
        shop.run(day)
    shop.load([*ROWS, LATE])
    events = shop.run("2025-05-04", LATER)
    assert Stale(2, date(2025, 5, 2), date(2025, 5, 3)) in events
    assert rows(shop, "select as_of_date, from_date from kpi.kpictl_stale order by 1") == [
        (date(2025, 5, 2), date(2025, 5, 1)),
        (date(2025, 5, 3), date(2025, 5, 1)),
    ]
    assert not rows(shop, "select * from kpi.kpi_restatement")
    events = shop.run("2025-05-03", LATER)
    assert Restated(3, 1) in events
    query = "select as_of_date, kpi_id, entity_id, window_name, side, old_value, new_value from kpi.kpi_restatement"
    at = (date(2025, 5, 3),)
    assert rows(shop, f"{query} order by kpi_id") == [
        (*at, 1, 0, "mtd", "current", Decimal("35.5"), Decimal("42.5")),
        (*at, 2, 0, "mtd", "current", 3, 4),
        (*at, 3, 0, "mtd", "current", Decimal("11.8333333333"), Decimal("10.625")),
    ]
    assert rows(shop, "select as_of_date from kpi.kpictl_stale") == [(date(2025, 5, 2),)]


def test_a_day_that_is_going_on_is_not_restated(shop: Shop) -> None:
    """Its numbers were still to grow: at noon of 3 May in California nobody took them for the day's last."""
    noon = datetime(2025, 5, 3, 19, tzinfo=UTC)
    shop.run("2025-05-03", noon)
    shop.load([*ROWS, (4, "2025-05-03", "7")])
    events = shop.run("2025-05-03", datetime(2025, 5, 4, 19, tzinfo=UTC))
    assert not [event for event in events if isinstance(event, Restated)]
    shop.load(ROWS)
    assert Restated(3, 1) in shop.run("2025-05-03", datetime(2025, 5, 5, 19, tzinfo=UTC))


def test_readers_of_duckdb_get_what_was_computed(duckdb_shop: Shop) -> None:
    """The file that people open follows the one before, or is written anew where it is another."""
    shop = duckdb_shop
    file = shop.folder / "test.published.duckdb"
    shop.run("2025-05-02")
    shop.run("2025-05-03")
    kept = file.read_bytes()
    shop.load([*ROWS, LATE])
    shop.run("2025-05-04", LATER)
    assert shop.published() == shop.held()
    shop.run("2025-05-03", LATER)
    assert shop.published() == shop.held()
    file.write_bytes(kept)
    shop.run("2025-05-04", LATER)
    assert shop.published() == shop.held()
    shop.write({"kpis/kpis.yml": KPIS.replace("formula: revenue / orders", "formula: 2 * revenue / orders")})
    shop.run("2025-05-04", LATER)
    assert shop.published() == shop.held()
    file.write_text("no database")
    shop.run("2025-05-05", LATER)
    assert shop.published() == shop.held()
    assert shop.published()["agg_kpi_dashboard"] != []


def test_the_journal_has_each_run(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.change("update kpi.kpictl_run set status = 'running'")
    shop.write({"kpis/kpis.yml": KPIS.replace("marts.fct_order", "raw.nothing")})
    with pytest.raises(CatalogError):
        shop.run("2025-05-04")
    shop.write({})
    shop.run("2025-05-04")
    query = "select status, as_of_date, recomputed, facts_written, exit_code, error from kpi.kpictl_run order by run_id"
    third, fourth = date(2025, 5, 3), date(2025, 5, 4)
    assert sorted(rows(shop, query), key=repr) == [
        ("died", third, "all days: the first run", 9, 0, None),
        ("failed", fourth, None, None, 1, "there is no table `raw.nothing`"),
        ("succeeded", fourth, "1 day from 2025-05-04: coverage 1", 3, 0, None),
    ]
    steps = rows(shop, "select step from kpi.kpictl_run_step order by run_id desc, position limit 5")
    assert [step for (step,) in steps] == ["models", "dimensions", "sources", "facts", "dashboard"]


def test_a_run_whose_lock_was_lost_does_not_publish(shop: Shop) -> None:
    shop.run("2025-05-03")
    before = shop.published()
    engine = open_engine(shop.url, shop.folder)
    events = run(shop.catalog(), engine, Request(date(2025, 5, 4), LATER))
    for event in events:
        if event == Started("models"):
            with engine.transaction():
                engine.execute("update kpi.kpictl_state set value = 'another' where name = 'fence'")
            break
    with pytest.raises(LockError, match="another run has begun"):
        list(events)
    engine.close()
    assert shop.published() == before


def test_tables_of_a_newer_kpictl_are_left_alone(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.change("update kpi.kpictl_state set value = '9' where name = 'tables_version'")
    shop.run("2025-05-03")
    shop.change("update kpi.kpictl_state set value = '8' where name = 'oldest_reader'")
    with pytest.raises(WorldError, match="newer kpictl") as error:
        shop.run("2025-05-03")
    assert "version 9" in (error.value.help or "")


def test_tables_from_before_the_journal_are_taken_over(shop: Shop) -> None:
    shop.run("2025-05-03")
    for name in ("state", "run", "run_step", "stale", "coverage"):
        shop.change(f"drop table kpi.kpictl_{name}")
    shop.change("drop table kpi.kpi_restatement")
    shop.load([*ROWS, LATE])
    assert computed(shop.run("2025-05-04")) == "all days: the first run"
    assert revenue(shop)["05-01"] == 37


def tracked(shop: Shop, *orders: tuple[object, ...]) -> None:
    shop.load(orders, TRACKED_COLUMNS)


ONE = (1, "2025-05-01", "10", "2025-05-01 12:00", False)
TWO = (2, "2025-05-01", "20", "2025-05-01 13:00", False)
THREE = (3, "2025-05-03", "5.5", "2025-05-03 12:00", False)


@pytest.mark.parametrize(
    ("orders", "said", "expected"),
    [
        ((ONE, TWO, THREE, (4, "2025-05-02", "1", "2025-05-03 13:00", False)), "1 day from 2025-05-02", (30, 1, "5.5")),
        ((ONE, (2, "2025-05-01", "25", "2025-05-03 12:00", False), THREE), "1 day from 2025-05-01", (35, 0, "5.5")),
        ((ONE, (2, "2025-05-02", "20", "2025-05-03 12:00", False), THREE), "2 days from 2025-05-01", (10, 20, "5.5")),
        ((ONE, (2, "2025-05-01", "20", "2025-05-03 12:00", True), THREE), "1 day from 2025-05-01", (10, 0, "5.5")),
        ((ONE, THREE), "1 day from 2025-05-01", (10, 0, "5.5")),
        ((ONE, TWO, THREE, (4, "2025-05-02", "1", "2025-04-01 13:00", False)), "1 day from 2025-05-02", (30, 1, "5.5")),
        # Two that are missed by time and number alike: that `changed_at` grows is what the author says.
        ((ONE, (2, "2025-05-01", "25", "2025-05-01 13:00", False), THREE), NOTHING, (30, 0, "5.5")),
    ],
    ids=["new", "corrected", "moved", "void", "deleted", "new with an old time", "corrected in silence"],
)
def test_changed_rows_tell_the_days_they_touch(
    shop: Shop, orders: tuple[tuple[object, ...], ...], said: str, expected: tuple[float | str, ...]
) -> None:
    shop.write(TRACKED)
    tracked(shop, ONE, TWO, THREE)
    shop.run("2025-05-03")
    assert computed(shop.run("2025-05-03")) == NOTHING
    tracked(shop, *orders)
    assert computed(shop.run("2025-05-03")).partition(":")[0] == said
    assert list(revenue(shop).values()) == [Decimal(value) for value in expected]


def test_rows_that_are_followed_need_different_keys(shop: Shop) -> None:
    shop.write(TRACKED)
    tracked(shop, ONE, TWO, THREE)
    shop.run("2025-05-03")
    tracked(shop, ONE, TWO, THREE, TWO)
    with pytest.raises(CheckError, match=r"order_id is not unique: 2 \(2 rows\)"):
        shop.run("2025-05-03")
    tracked(shop, ONE, TWO, (None, *THREE[1:]))
    with pytest.raises(CheckError, match="1 row has no order_id, and cannot be followed"):
        shop.run("2025-05-03")


def test_a_time_to_come_hides_nothing(shop: Shop) -> None:
    shop.write(TRACKED)
    ahead = (3, "2025-05-03", "5.5", "2199-01-01 00:00", False)
    tracked(shop, ONE, TWO, ahead)
    shop.run("2025-05-03")
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    tracked(shop, ONE, (2, "2025-05-01", "25", now, False), ahead)
    shop.run("2025-05-03")
    assert revenue(shop)["05-01"] == 35


def test_whether_rows_are_followed_may_change(shop: Shop) -> None:
    shop.write(TRACKED)
    tracked(shop, ONE, TWO, THREE)
    shop.run("2025-05-03")
    plain = TRACKED["kpis/kpis.yml"].replace("changed_at: loaded_at, ", "")
    shop.write({**TRACKED, "kpis/kpis.yml": plain})
    silent = (2, "2025-05-01", "25", "2025-05-01 13:00", False)
    tracked(shop, ONE, silent, THREE)
    shop.run("2025-05-03")
    assert revenue(shop)["05-01"] == 35
    shop.write(TRACKED)
    tracked(shop, silent, THREE)
    shop.run("2025-05-03")
    assert revenue(shop)["05-01"] == 25
