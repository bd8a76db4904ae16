"""The oracle's whole periods, 53rd weeks and trends, worked out by hand."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tests.soundness.oracle import (
    Formula,
    Measure,
    PeriodName,
    Project,
    Retail,
    Source,
    add,
    dashboard,
    divide,
    periods,
    trend,
    value,
)

NRF = Retail((4, 5, 4), 5, 1, 31)
REVENUE = Measure("revenue", "sales", "sum", lambda row: row["amount"], id=1)


def shop(*rows: tuple[date, int], kpis: Sequence[Measure | Formula] = (REVENUE,), **settings: Any) -> Project:
    names = ("covers_from", "covers_to_last_row")
    of_source = {name: settings.pop(name) for name in names if name in settings}
    sales = Source("sales", [{"on": day, "amount": amount} for day, amount in rows], time="on", **of_source)
    return Project(sources=(sales,), kpis=tuple(kpis), **settings)


def of(project: Project, name: PeriodName, as_of: date, code: str = "revenue") -> dict[date, Any]:
    found = periods(project, as_of)
    return {first: row for (period, first, kpi, _), row in found.items() if (period, kpi) == (name, code)}


def test_every_period_from_the_first_covered_day_to_the_last_as_of_date() -> None:
    # 29 January 2025 is a Wednesday, 4 March a Tuesday.
    project = shop((date(2025, 1, 29), 10), (date(2025, 2, 3), 20), (date(2025, 3, 4), 40))
    as_of = date(2025, 3, 5)
    months = of(project, "month", as_of)
    assert [(first, row.cell.last, row.last, row.in_progress) for first, row in months.items()] == [
        (date(2025, 1, 1), date(2025, 1, 31), date(2025, 1, 31), False),
        (date(2025, 2, 1), date(2025, 2, 28), date(2025, 2, 28), False),
        (date(2025, 3, 1), as_of, date(2025, 3, 31), True),
    ]
    assert [(row.cell.value, row.cell.status) for row in months.values()] == [(10, "partial"), (20, "ok"), (40, "ok")]
    weeks = of(project, "week", as_of)
    assert list(weeks) == [date(2025, 1, 27), *(date(2025, 2, day) for day in (3, 10, 17, 24)), date(2025, 3, 3)]
    assert weeks[date(2025, 3, 3)].last == date(2025, 3, 9)
    assert list(of(project, "quarter", as_of)) == list(of(project, "year", as_of)) == [date(2025, 1, 1)]


def test_a_whole_period_is_compared_with_the_whole_one_and_one_in_progress_with_the_same_part() -> None:
    rows = (date(2024, 2, 1), 1), (date(2024, 2, 29), 2), (date(2024, 3, 5), 4), (date(2024, 3, 6), 8)
    project = shop(*rows, (date(2025, 2, 10), 16), (date(2025, 3, 5), 32))
    months = of(project, "month", date(2025, 3, 5))
    february, march = months[date(2025, 2, 1)].cell, months[date(2025, 3, 1)].cell
    assert (february.value, february.prior, february.delta, february.prior_status) == (16, 3, 13, "ok")
    assert (february.prior_first, february.prior_last) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (march.value, march.prior) == (32, 4)  # 1 to 5 March; the 6th is left out
    assert march.delta_pct == 700
    # On the month's last day it is whole: 28 February 2025 is compared with the 29th too.
    ended = of(project, "month", date(2025, 2, 28))[date(2025, 2, 1)]
    assert (ended.in_progress, ended.cell.prior) == (False, 3)


def test_weeks_compare_by_weekday_whole_or_not() -> None:
    # Monday 3 March 2025 and Monday 4 March 2024.
    rows = ((date(2024, 3, day), day) for day in (3, 4, 6, 10, 11))
    project = shop(*rows, (date(2025, 3, 3), 100))
    assert of(project, "week", date(2025, 3, 9))[date(2025, 3, 3)].cell.prior == 4 + 6 + 10
    assert of(project, "week", date(2025, 3, 5))[date(2025, 3, 3)].cell.prior == 4 + 6


def test_under_same_weekday_whole_months_are_moved_too() -> None:
    # February 2025 less 364 days: 3 February to 1 March 2024.
    project = shop(*((date(2024, 2, day), 1) for day in (2, 3)), (date(2024, 3, 1), 1), compare="same_weekday")
    cell = of(project, "month", date(2025, 3, 1))[date(2025, 2, 1)].cell
    assert (cell.prior, cell.prior_first, cell.prior_last) == (2, date(2024, 2, 3), date(2024, 3, 1))


def test_when_a_feed_has_stopped_its_periods_go_on_without_data() -> None:
    project = shop((date(2025, 1, 10), 1), (date(2025, 1, 20), 1), covers_to_last_row=True)
    months = of(project, "month", date(2025, 3, 5))
    assert [row.cell.status for row in months.values()] == ["partial", "no_data", "no_data"]
    assert of(shop(), "month", date(2025, 3, 5)) == {}


def test_a_formulas_periods_begin_where_all_its_inputs_do() -> None:
    late = Measure("late", "late", "sum", lambda row: row["amount"])
    total = Formula("total", ("revenue", "late"), lambda given: add(given["revenue"], given["late"]), id=2)
    project = Project(
        sources=(
            Source("sales", [{"on": date(2025, 1, 10), "amount": 1}, {"on": date(2025, 2, 1), "amount": 8}], time="on"),
            Source("late", [{"on": date(2025, 2, 10), "amount": 2}], time="on"),
        ),
        kpis=(REVENUE, late, total),
    )
    months = of(project, "month", date(2025, 2, 20), "total")
    assert [(first, row.cell.value, row.cell.status) for first, row in months.items()] == [
        (date(2025, 2, 1), 10, "partial")
    ]


def test_a_prior_period_that_begins_before_the_calendar_has_no_data() -> None:
    project = shop((date(2024, 2, 10), 1), (date(2025, 2, 10), 2), calendar_start=date(2024, 2, 2))
    months = of(project, "month", date(2025, 3, 31))
    assert months[date(2024, 2, 1)].cell.status == "partial"  # it stands there, from its nominal first day
    assert months[date(2025, 2, 1)].cell.prior_status == "no_data"
    assert months[date(2025, 3, 1)].cell.prior_status == "ok"


# Fiscal weeks


def retailer(*rows: tuple[date, int], **settings: Any) -> Project:
    settings = {"covers_from": date(2020, 1, 1), "compare": "fiscal", **settings}
    return shop(*rows, retail=NRF, windows=("day", "wtd", "mtd", "qtd", "ytd", "last7", "ttm", "itd"), **settings)


def test_in_a_53rd_week_the_prior_to_date_is_partial() -> None:
    # 31 January 2024: Wednesday of week 53, compared with Wednesday 25 January 2023.
    project = retailer((date(2023, 1, 25), 1), (date(2023, 1, 26), 2), (date(2024, 1, 31), 4), (date(2024, 1, 1), 8))
    cells: Any = dashboard(project, date(2024, 1, 31))["revenue", "ALL"]
    assert {name: cell.prior_status for name, cell in cells.items()} == {
        **dict.fromkeys(("mtd", "qtd", "ytd"), "partial"),
        **dict.fromkeys(("day", "wtd", "last7", "ttm", "itd"), "ok"),
    }
    assert (cells["mtd"].value, cells["mtd"].prior, cells["mtd"].status) == (12, 1, "ok")
    assert (cells["day"].prior, cells["wtd"].prior) == (1, 0)
    week_52: Any = dashboard(project, date(2024, 1, 27))["revenue", "ALL"]
    assert week_52["ytd"].prior_status == "ok"


def test_whole_periods_of_53_weeks_have_a_partial_prior_and_the_year_after_has_not() -> None:
    project = retailer((date(2024, 2, 3), 4), (date(2023, 1, 28), 1), (date(2025, 2, 1), 2))
    as_of = date(2025, 2, 1)
    names: dict[PeriodName, tuple[date, date]] = {
        "month": (date(2023, 12, 31), date(2025, 1, 5)),
        "quarter": (date(2023, 10, 29), date(2024, 11, 3)),
        "year": (date(2023, 1, 29), date(2024, 2, 4)),
    }
    for name, (long, after) in names.items():
        found = of(project, name, as_of)
        assert (found[long].cell.prior, found[long].cell.prior_status) == (1, "partial")
        assert (found[after].cell.prior, found[after].cell.prior_status) == (4, "ok")
    week_53 = of(project, "week", as_of)[date(2024, 1, 28)].cell
    assert (week_53.value, week_53.prior, week_53.prior_status) == (4, 0, "ok")  # 29 January to 4 February 2023


def test_no_data_stays_no_data_in_a_53rd_week() -> None:
    project = retailer((date(2024, 2, 3), 4), covers_from=date(2023, 6, 1))
    cells: Any = dashboard(project, date(2024, 2, 3))["revenue", "ALL"]
    assert (cells["ytd"].prior_status, cells["mtd"].prior_status) == ("no_data", "no_data")


def test_since_inception_a_fiscal_year_earlier() -> None:
    project = retailer((date(2023, 1, 25), 1), (date(2023, 1, 26), 2), covers_from=date(2023, 1, 1))
    cell: Any = dashboard(project, date(2024, 1, 31))["revenue", "ALL"]["itd"]
    assert (cell.value, cell.prior, cell.first, cell.prior_last) == (3, 1, date(2023, 1, 1), date(2023, 1, 25))
    early: Any = dashboard(project, date(2023, 3, 1))["revenue", "ALL"]["itd"]
    assert (early.prior_status, early.prior_first, early.prior_last) == ("no_data", None, date(2022, 3, 2))


# Trends, and means of daily values


def test_a_trend_has_28_days_and_knows_nothing_of_days_before_coverage() -> None:
    found = trend(shop((date(2025, 2, 5), 7), (date(2025, 3, 2), 9)), "revenue", "ALL", date(2025, 3, 1))
    assert (len(found), min(found), max(found)) == (28, date(2025, 2, 2), date(2025, 3, 1))
    assert [found[date(2025, 2, day)] for day in (4, 5, 6)] == [None, 7, 0]


def test_a_mean_of_a_formulas_days_is_covered_where_all_its_inputs_are() -> None:
    visits = Measure("visits", "visits", "count")
    daily = Formula(
        "daily",
        ("revenue", "visits"),
        lambda given: divide(given["revenue"], given["visits"]),
        over_time="average",
        id=2,
    )
    project = Project(
        sources=(
            Source("sales", [{"on": date(2025, 3, day), "amount": day} for day in (1, 3, 4)], time="on"),
            Source("visits", [{"on": date(2025, 3, day)} for day in (3, 4, 4)], time="on"),
        ),
        kpis=(REVENUE, visits, daily),
        windows=("itd", "mtd"),
    )
    # 3 / 1 on the 3rd, 4 / 2 on the 4th, nothing on the 5th; the 1st and 2nd are not covered.
    assert value(project, "daily", "ALL", date(2025, 3, 1), date(2025, 3, 5)).value == Decimal("2.5")
    cells: Any = dashboard(project, date(2025, 3, 5))["daily", "ALL"]
    assert (cells["mtd"].value, cells["mtd"].status) == (Decimal("2.5"), "partial")
    assert (cells["itd"].value, cells["itd"].status, cells["itd"].first) == (Decimal("2.5"), "ok", date(2025, 3, 3))
    assert value(project, "daily", "ALL", date(2025, 3, 1), date(2025, 3, 2)).status == "no_data"
