"""The oracle against hand calculations: a judge is judged first."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.soundness.oracle import (
    Answer,
    Entity,
    Formula,
    Measure,
    Project,
    Source,
    add,
    covered,
    dashboard,
    data_through,
    divide,
    fact,
    facts,
    undated_rows,
    unknown_codes,
    value,
)

TREE = (
    Entity("ALL"),
    Entity("west", parent="ALL"),
    Entity("estate", parent="west", aliases=("E1",)),
    Entity("pier", parent="west", timezone="Asia/Tokyo"),
)

REVENUE = Measure("revenue", "sales", "sum", lambda row: row["amount"], id=1)
VISITS = Measure("visits", "sales", "sum", lambda row: row["visits"], id=2)
RATIO = Formula("per_visit", ("revenue", "visits"), lambda of: divide(of["revenue"], of["visits"]), id=3)
AVERAGE = Measure("average", "sales", "avg", lambda row: row["amount"], id=4)


def sale(day: Any, amount: Any = None, **more: Any) -> dict[str, Any]:
    return {"on": day, "amount": amount, **more}


def shop(*rows: dict[str, Any], kpis: tuple[Measure | Formula, ...] = (REVENUE,), **source: Any) -> Project:
    return Project(sources=(Source("sales", rows, **{"time": "on", **source}),), kpis=kpis)


def ok(number: Any) -> Answer:
    return Answer(Decimal(str(number)), "ok")


def march(day: int) -> date:
    return date(2025, 3, day)


# Ratios and averages


def test_a_ratio_over_days_is_the_ratio_of_the_sums() -> None:
    # 1 March: 100 / 4 = 25; 2 March: 50 / 1 = 50. Together 150 / 5 = 30: not 37.5, not 75.
    project = shop(
        sale(march(1), 60, visits=1),
        sale(march(1), 40, visits=3),
        sale(march(2), 50, visits=1),
        kpis=(REVENUE, VISITS, RATIO),
    )
    assert fact(project, "per_visit", "ALL", march(1), march(2)) == ok(25)
    assert fact(project, "per_visit", "ALL", march(2), march(2)) == ok(50)
    assert value(project, "per_visit", "ALL", march(1), march(2)) == ok(30)


def test_a_formula_with_over_time_average_is_the_mean_of_the_days_that_have_a_value() -> None:
    # 25 and 50 on two days; nothing to divide by on the third: (25 + 50) / 2 = 37.5.
    daily = Formula("daily", RATIO.inputs, RATIO.evaluate, over_time="average")
    project = shop(
        sale(march(1), 100, visits=4),
        sale(march(2), 50, visits=1),
        sale(march(3), 9, visits=0),
        kpis=(REVENUE, VISITS, daily),
    )
    assert value(project, "daily", "ALL", march(1), march(3)) == ok(37.5)
    assert value(project, "daily", "ALL", march(3), march(3)) == Answer(None, "undefined")


def test_an_average_is_over_rows_never_over_days() -> None:
    # (10 + 20 + 30) / 3 = 20 and 100 / 1 = 100; together 160 / 4 = 40, not 60. NULL is no row.
    rows = [sale(march(1), 10), sale(march(1), 20), sale(march(1), 30), sale(march(2), 100), sale(march(2))]
    project = shop(*rows, kpis=(AVERAGE,))
    assert value(project, "average", "ALL", march(1), march(1)) == ok(20)
    assert value(project, "average", "ALL", march(1), march(2)) == ok(40)


def test_counts_distinct_and_extremes_are_over_all_rows() -> None:
    rows = (
        sale(march(1), 5, who="a"),
        sale(march(1), None, who="b"),
        sale(march(2), 9, who="a"),
        sale(march(2), 1),
    )
    kpis = (
        Measure("rows", "sales", "count"),
        Measure("amounts", "sales", "count", lambda row: row["amount"]),
        Measure("people", "sales", "count", lambda row: row.get("who"), distinct=True),
        Measure("least", "sales", "min", lambda row: row["amount"]),
        Measure("most", "sales", "max", lambda row: row["amount"]),
        Measure("unsure", "sales", "count", where=lambda row: None if row["amount"] is None else row["amount"] < 9),
    )
    expected = {"rows": 4, "amounts": 3, "people": 2, "least": 1, "most": 9, "unsure": 2}
    project = shop(*rows, kpis=kpis)
    assert {code: value(project, code, "ALL", march(1), march(2)) for code in expected} == {
        code: ok(number) for code, number in expected.items()
    }


# The year before


def test_leap_years_compare_to_date() -> None:
    rows = (
        sale(date(2023, 2, 28), 7),
        sale(date(2023, 3, 1), 1000),
        sale(date(2024, 2, 28), 5),
        sale(date(2024, 2, 29), 3),
        sale(date(2025, 2, 28), 11),
    )
    project = shop(*rows, covers_from=date(2020, 1, 1))
    leap: Any = dashboard(project, date(2024, 2, 29))["revenue", "ALL"]["mtd"]
    assert (leap.value, leap.prior, leap.delta) == (8, 7, 1)  # 1 to 29 February and 1 to 28 February
    assert leap.delta_pct == Decimal("14.2857142857")
    after: Any = dashboard(project, date(2025, 2, 28))["revenue", "ALL"]["mtd"]
    assert (after.value, after.prior, after.delta, after.delta_pct) == (11, 5, 6, 120)  # without the 29th
    assert (after.prior_first, after.prior_last) == (date(2024, 2, 1), date(2024, 2, 28))


# No data is not zero


def test_a_first_year_has_no_change_and_its_year_to_date_is_partial() -> None:
    cells: Any = dashboard(shop(sale(date(2025, 2, 10), 10)), march(15))["revenue", "ALL"]
    assert (cells["mtd"].value, cells["mtd"].status) == (0, "ok")  # covered, no row: zero
    assert (cells["mtd"].prior, cells["mtd"].prior_status) == (None, "no_data")
    assert (cells["mtd"].delta, cells["mtd"].delta_pct) == (None, None)
    assert (cells["ytd"].value, cells["ytd"].status) == (10, "partial")


def test_a_closed_month_is_zero_and_a_change_from_zero_has_no_percentage() -> None:
    cell: Any = dashboard(shop(sale(date(2024, 1, 1), 10), sale(march(2), 25)), march(3))["revenue", "ALL"]["mtd"]
    assert (cell.value, cell.prior, cell.prior_status, cell.delta, cell.delta_pct) == (25, 0, "ok", 25, None)


def test_a_negative_prior_is_taken_by_its_size() -> None:
    # From -40 to 10: +50, and 100 * 50 / 40 = +125 %.
    project = shop(sale(date(2024, 3, 1), -40), sale(march(1), 10))
    cell: Any = dashboard(project, march(1))["revenue", "ALL"]["mtd"]
    assert (cell.delta, cell.delta_pct) == (50, 125)


def test_nothing_to_divide_by_is_undefined() -> None:
    project = shop(sale(march(1), 5, visits=0), kpis=(REVENUE, VISITS, RATIO, AVERAGE))
    assert value(project, "per_visit", "ALL", march(1), march(1)) == Answer(None, "undefined")
    assert value(project, "average", "ALL", march(2), march(2)) == Answer(None, "undefined")
    assert value(project, "per_visit", "ALL", date(2025, 2, 28), march(1)) == Answer(None, "partial")


@pytest.mark.parametrize(
    ("source", "first", "last", "expected"),
    [
        ({}, 1, 31, Answer(Decimal(30), "partial")),  # covered from the 5th, the first row
        ({}, 1, 4, Answer(None, "no_data")),
        ({}, 5, 31, ok(30)),
        (
            {"covers_from": march(8)},
            1,
            31,
            Answer(Decimal(20), "partial"),
        ),  # the row of the 5th counts nowhere
        ({"covers_from": march(1)}, 1, 31, ok(30)),
        ({"synced_through": march(18)}, 5, 31, Answer(Decimal(10), "partial")),
        ({"synced_through": march(18)}, 19, 31, Answer(None, "no_data")),  # a dead feed is no zero
        ({"covers_to_last_row": True}, 5, 20, ok(30)),
        ({"covers_to_last_row": True}, 5, 21, Answer(Decimal(30), "partial")),
    ],
)
def test_coverage(source: dict[str, Any], first: int, last: int, expected: Answer) -> None:
    project = shop(sale(march(5), 10), sale(march(20), 20), **source)
    assert value(project, "revenue", "ALL", march(first), march(last)) == expected


def test_rows_after_the_as_of_date_count_nowhere() -> None:
    project = shop(sale(march(5), 10), sale(march(20), 20), covers_to_last_row=True)
    assert covered(project, "revenue", "ALL", march(19)) == (march(5), march(5))
    assert data_through(project, "revenue", march(19)) == march(5)
    assert facts(shop(sale(march(5), 10), sale(march(7), 20)), march(6)) == {
        (march(5), "revenue", "ALL"): 10,
        (march(6), "revenue", "ALL"): 0,
    }


def test_a_formula_needs_all_its_inputs() -> None:
    total = Formula("total", ("revenue", "late"), lambda of: add(of["revenue"], of["late"]), exact=True, id=5)
    late = Measure("late", "late", "sum", lambda row: row["amount"])
    project = Project(
        sources=(
            Source("sales", [sale(march(1), 1)], time="on"),
            Source("late", [sale(march(3), 2)], time="on"),
        ),
        kpis=(REVENUE, late, total),
        windows=("itd", "mtd"),
    )
    assert value(project, "total", "ALL", march(1), march(2)) == Answer(None, "no_data")
    assert value(project, "total", "ALL", march(1), march(4)) == Answer(Decimal(3), "partial")
    assert covered(project, "total", "ALL", march(4)) == (march(3), march(4))
    assert data_through(project, "total", march(4)) == march(1)
    cells: Any = dashboard(project, march(4))
    assert list(cells) == [("revenue", "ALL"), ("total", "ALL")]  # the helper is not shown
    # Since inception each input counts from its own first day.
    assert (cells["total", "ALL"]["itd"].value, cells["total", "ALL"]["itd"].status) == (3, "ok")


def test_a_formula_over_an_unknown_input_is_unknown_even_if_it_would_not_mind() -> None:
    either = Formula("either", ("revenue",), lambda of: of["revenue"] or Decimal(0))
    project = shop(sale(march(5), 1), kpis=(REVENUE, either))
    assert value(project, "either", "ALL", march(1), march(4)) == Answer(None, "no_data")


def test_coverage_never_begins_before_the_calendar() -> None:
    source = Source("sales", [sale(march(1), 1), sale(march(3), 2)], time="on")
    project = Project(sources=(source,), kpis=(REVENUE,), calendar_start=march(2))
    assert value(project, "revenue", "ALL", march(1), march(3)) == Answer(Decimal(2), "partial")


def test_a_prior_window_that_begins_before_the_calendar_has_no_data() -> None:
    project = Project(
        sources=(Source("sales", [sale(date(2024, 5, 10), 4), sale(date(2025, 5, 10), 6)], time="on"),),
        kpis=(REVENUE,),
        calendar_start=date(2024, 5, 1),
    )
    cells: Any = dashboard(project, date(2025, 5, 14))["revenue", "ALL"]
    assert (cells["last28"].value, cells["last28"].prior_status) == (6, "no_data")  # from 17 April 2024
    assert (cells["mtd"].prior, cells["mtd"].prior_status) == (4, "partial")


# Validity and stock


def test_validity_counts_from_its_first_day_to_the_day_before_its_last() -> None:
    spans = (
        (date(2025, 2, 1), march(2)),  # before coverage, still valid on the 1st
        (march(1), None),
        (march(5), march(10)),
        (march(7), march(7)),  # never
        (march(9), march(8)),  # never
        (None, None),  # never
    )
    rows = [{"on": first, "to": last, "amount": n} for n, (first, last) in enumerate(spans, start=1)]
    kpis = (
        Measure("members", "sales", "count", id=1),
        Measure("dues", "sales", "sum", lambda row: row["amount"]),
        Measure("mean", "sales", "count", over_time="average"),
    )
    project = shop(*rows, kpis=kpis, time=None, valid_from="on", valid_to="to", covers_from=march(1))
    days = {1: 2, 2: 1, 4: 1, 5: 2, 7: 2, 9: 2, 10: 1}
    assert {d: fact(project, "members", "ALL", march(d), march(10)).value for d in days} == days
    assert value(project, "members", "ALL", march(1), march(10)) == ok(1)  # the last day
    assert value(project, "dues", "ALL", march(1), march(9)) == ok(2 + 3)
    assert value(project, "mean", "ALL", march(1), march(4)) == ok(1.25)  # (2 + 1 + 1 + 1) / 4
    assert value(project, "members", "ALL", date(2025, 2, 1), march(1)) == Answer(Decimal(2), "partial")
    assert undated_rows(project, "sales") == 1


def test_an_average_over_no_valid_row_is_undefined_and_a_sum_is_zero() -> None:
    fee = Measure("fee", "sales", "avg", lambda row: row["amount"])
    project = shop(
        {"on": march(1), "to": march(3), "amount": 8},
        kpis=(fee, REVENUE),
        time=None,
        valid_from="on",
        valid_to="to",
    )
    assert value(project, "fee", "ALL", march(1), march(2)) == ok(8)
    assert value(project, "fee", "ALL", march(1), march(3)) == Answer(None, "undefined")
    assert value(project, "revenue", "ALL", march(1), march(3)) == ok(0)


def stock(over_time: Any, *, stale: int | None = None) -> Answer:
    """Estate: 10 on the 1st, 16 on the 4th; pier: 5 on the 2nd. Over the 1st to the 4th: 10, 15, 15, 21."""
    rows = (sale(march(1), 10, at="estate"), sale(march(4), 16, at="estate"), sale(march(2), 5, at="pier"))
    kpi = Measure("stock", "s", "sum", lambda row: row["amount"], over_time=over_time, max_staleness=stale)
    project = Project(sources=(Source("s", rows, time="on", entity="at"),), kpis=(kpi,), entities=TREE)
    return value(project, "stock", "west", march(1), march(4))


def test_a_stock_carries_each_leaf_forward_and_folds_the_days() -> None:
    assert stock("last") == ok(21)
    assert stock("first") == ok(10)
    assert stock("min") == ok(10)
    assert stock("max") == ok(21)
    assert stock("average") == ok(15.25)  # (10 + 15 + 15 + 21) / 4
    assert stock("last", stale=2) == ok(21)  # the pier's is two days old
    assert stock("last", stale=1) == Answer(None, "stale")
    assert stock("max", stale=1) == ok(15)  # the 3rd is 15 (two days old at the estate is stale): 10 and 15


# Entities


def test_a_parent_is_evaluated_over_the_rows_below_it() -> None:
    rows = (
        sale(march(1), 1, at="E1", who="a"),
        sale(march(1), 2, at="pier", who="a"),
        sale(march(1), 4, at="west", who="b"),
        sale(march(1), 8, at="ESTATE", who="c"),  # codes compare by case
        sale(march(1), 16, at=None, who="a"),
    )
    people = Measure("people", "sales", "count", lambda row: row["who"], distinct=True)
    project = Project(sources=(Source("sales", rows, time="on", entity="at"),), kpis=(REVENUE, people), entities=TREE)
    sums = {"estate": 1, "pier": 2, "west": 1 + 2 + 4, "ALL": 31}
    assert {e: value(project, "revenue", e, march(1), march(1)).value for e in sums} == sums
    distinct = {"estate": 1, "pier": 1, "west": 2, "ALL": 3}
    assert {e: value(project, "people", e, march(1), march(1)).value for e in distinct} == distinct
    assert unknown_codes(project, "sales") == {"ESTATE": 1, None: 1}


def test_a_row_is_dated_and_a_leaf_is_covered_by_itself() -> None:
    # 20:00 UTC on the 1st is 05:00 on the 2nd in Tokyo.
    evening = datetime(2025, 3, 1, 20, 0, tzinfo=UTC)
    rows = (sale(evening, 1, at="estate"), sale(evening, 2, at="pier"))
    project = Project(sources=(Source("sales", rows, time="on", entity="at"),), kpis=(REVENUE,), entities=TREE)
    assert value(project, "revenue", "estate", march(1), march(1)) == ok(1)
    assert value(project, "revenue", "pier", march(1), march(1)) == Answer(None, "no_data")
    assert value(project, "revenue", "pier", march(2), march(2)) == ok(2)
    assert value(project, "revenue", "ALL", march(1), march(1)) == ok(1)


# Exactness


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([0.1] * 10, "1"),  # in double: 0.9999999999999999
        (["0.00000000005"], "0.0000000001"),  # half away from zero, row by row
        (["-0.00000000005"], "-0.0000000001"),
        (["0.00000000004"] * 10, "0"),  # each row is cast before it is added
        (["99999999999999999", "0.0000000001"], "99999999999999999.0000000001"),
        ([float("nan"), float("inf"), 2], "2"),
        ([None, None], "0"),
    ],
)
def test_sums_are_exact(amounts: list[Any], expected: str) -> None:
    rows = [sale(march(1), None if a is None else (a if isinstance(a, float) else Decimal(a))) for a in amounts]
    assert value(shop(*rows), "revenue", "ALL", march(1), march(1)) == Answer(Decimal(expected), "ok")


def test_other_values_are_rounded_to_ten_decimals() -> None:
    project = shop(sale(march(1), 2, visits=3), kpis=(REVENUE, VISITS, RATIO))
    assert value(project, "per_visit", "ALL", march(1), march(1)) == ok("0.6666666667")
    nothing = value(shop(sale(march(1), Decimal("-0"))), "revenue", "ALL", march(1), march(1)).value
    assert nothing is not None
    assert not nothing.is_signed()


def test_a_row_value_too_large_is_an_error() -> None:
    with pytest.raises(OverflowError):
        value(shop(sale(march(1), 10**17)), "revenue", "ALL", march(1), march(1))
