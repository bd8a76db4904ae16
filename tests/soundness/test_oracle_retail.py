"""The oracle's retail calendars against published ones: years, months, windows and what they are compared with."""

from datetime import date
from typing import Any

import pytest

from tests.soundness.oracle import (
    PeriodName,
    Project,
    Retail,
    period,
    prior_day,
    prior_window,
    retail_months,
    retail_week,
    retail_year,
    whole_prior,
    window,
)

# The calendar of the National Retail Federation: the Saturday nearest 31 January.
NRF = Retail((4, 5, 4), 5, 1, 31)
# Apple's years: the last Saturday of September.
APPLE = Retail((4, 4, 5), 5, 9)


@pytest.mark.parametrize(
    ("retail", "first", "last", "weeks"),
    [
        (NRF, date(2012, 1, 29), date(2013, 2, 2), 53),
        (NRF, date(2017, 1, 29), date(2018, 2, 3), 53),
        (NRF, date(2018, 2, 4), date(2019, 2, 2), 52),
        (NRF, date(2022, 1, 30), date(2023, 1, 28), 52),
        (NRF, date(2023, 1, 29), date(2024, 2, 3), 53),
        (NRF, date(2024, 2, 4), date(2025, 2, 1), 52),
        (APPLE, date(2022, 9, 25), date(2023, 9, 30), 53),
        (APPLE, date(2023, 10, 1), date(2024, 9, 28), 52),
        # The last Saturday of January, though 3 February would be nearer to the 31st.
        (Retail((4, 5, 4), 5, 1), date(2023, 1, 29), date(2024, 1, 27), 52),
        # The Saturday nearest 31 December 2023 was 30 December; in 2022 it was the 31st, in 2025 it is 3 January.
        (Retail((4, 4, 5), 5, 12, 31), date(2023, 1, 1), date(2023, 12, 30), 52),
        (Retail((4, 4, 5), 5, 12, 31), date(2024, 12, 29), date(2026, 1, 3), 53),
    ],
)
def test_years(retail: Retail, first: date, last: date, weeks: int) -> None:
    assert retail_year(first, retail) == retail_year(last, retail) == (first, last)
    assert retail_week(last, retail) == weeks


def test_the_53rd_week_is_the_last_months() -> None:
    months = retail_months((date(2023, 1, 29), date(2024, 2, 3)), NRF)
    assert [first for first, _ in months] == [
        date(2023, 1, 29),
        date(2023, 2, 26),
        date(2023, 4, 2),
        date(2023, 4, 30),
        date(2023, 5, 28),
        date(2023, 7, 2),
        date(2023, 7, 30),
        date(2023, 8, 27),
        date(2023, 10, 1),
        date(2023, 10, 29),
        date(2023, 11, 26),
        date(2023, 12, 31),
    ]
    assert months[-1][1] == date(2024, 2, 3)  # five weeks instead of four
    others = [retail_months((date(2024, 2, 4), date(2025, 2, 1)), Retail(pattern, 5, 1, 31)) for pattern in PATTERNS]
    assert [[((last - first).days + 1) // 7 for first, last in months[:3]] for months in others] == [
        *map(list, PATTERNS)
    ]


PATTERNS = ((4, 4, 5), (4, 5, 4), (5, 4, 4))


def nrf(compare: Any = "fiscal", **settings: Any) -> Project:
    return Project(sources=(), kpis=(), retail=NRF, compare=compare, **settings)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("wtd", date(2023, 5, 14)),  # a Sunday: the pattern's weeks, not the project's
        ("mtd", date(2023, 4, 30)),
        ("qtd", date(2023, 4, 30)),
        ("ytd", date(2023, 1, 29)),
        ("calendar_mtd", date(2023, 5, 1)),
        ("calendar_qtd", date(2023, 4, 1)),
        ("calendar_ytd", date(2023, 1, 1)),
        ("ttm", date(2022, 5, 18)),
        ("last7", date(2023, 5, 11)),
    ],
)
def test_windows(name: str, first: date) -> None:
    assert window(name, date(2023, 5, 17), nrf(week_starts_on=2)) == (first, date(2023, 5, 17))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 5, 17), date(2022, 5, 18)),  # Wednesday of week 16
        (date(2024, 2, 4), date(2023, 1, 29)),  # the first day of a year after one of 53 weeks: 371 days
        (date(2025, 2, 1), date(2024, 1, 27)),  # the last of week 52, and the last of week 52
        (date(2024, 1, 27), date(2023, 1, 28)),
        (date(2024, 1, 28), date(2023, 1, 22)),  # week 53 is compared with week 52,
        (date(2024, 2, 3), date(2023, 1, 28)),  # weekday by weekday
    ],
)
def test_the_same_week_a_fiscal_year_earlier(day: date, expected: date) -> None:
    assert prior_day(day, nrf()) == expected


@pytest.mark.parametrize(
    ("name", "compare", "first", "last"),
    [
        ("day", "fiscal", date(2023, 5, 10), date(2023, 5, 10)),  # 15 May 2024: Wednesday of week 15
        ("wtd", "fiscal", date(2023, 5, 14), date(2023, 5, 17)),  # 364 days, whatever the rule
        ("mtd", "fiscal", date(2023, 4, 30), date(2023, 5, 10)),
        ("ytd", "fiscal", date(2023, 1, 29), date(2023, 5, 10)),
        ("last28", "fiscal", date(2023, 4, 13), date(2023, 5, 10)),
        ("ttm", "fiscal", date(2022, 5, 11), date(2023, 5, 10)),
        ("itd", "fiscal", None, date(2023, 5, 10)),
        ("calendar_mtd", "fiscal", date(2023, 5, 1), date(2023, 5, 15)),
        ("ytd", "same_weekday", date(2023, 2, 5), date(2023, 5, 17)),  # 4 February 2024 less 364 days
        ("calendar_mtd", "same_weekday", date(2023, 5, 3), date(2023, 5, 17)),
        ("itd", "same_weekday", None, date(2023, 5, 17)),
    ],
)
def test_prior_windows(name: str, compare: Any, first: date | None, last: date) -> None:
    assert prior_window(name, date(2024, 5, 15), nrf(compare)) == (first, last)


@pytest.mark.parametrize(
    ("name", "compare", "first", "last", "prior"),
    [
        # The last month of 2023 has five weeks, the one before has four: as they are, whole.
        ("month", "fiscal", date(2023, 12, 31), date(2024, 2, 3), (date(2023, 1, 1), date(2023, 1, 28))),
        ("month", "fiscal", date(2025, 1, 5), date(2025, 2, 1), (date(2023, 12, 31), date(2024, 2, 3))),
        ("quarter", "fiscal", date(2024, 2, 4), date(2024, 5, 4), (date(2023, 1, 29), date(2023, 4, 29))),
        ("year", "fiscal", date(2024, 2, 4), date(2025, 2, 1), (date(2023, 1, 29), date(2024, 2, 3))),
        ("week", "fiscal", date(2024, 2, 4), date(2024, 2, 10), (date(2023, 2, 5), date(2023, 2, 11))),
        ("quarter", "same_weekday", date(2024, 2, 4), date(2024, 5, 4), (date(2023, 2, 5), date(2023, 5, 6))),
    ],
)
def test_whole_periods(
    name: PeriodName, compare: Any, first: date, last: date, prior: tuple[date, date] | None
) -> None:
    project = nrf(compare)
    if prior is None:
        assert period(name, first, project) != (first, last)
        return
    assert period(name, last, project) == (first, last)
    assert whole_prior(name, (first, last), project) == prior


@pytest.mark.parametrize(
    ("name", "day", "starts", "expected", "prior"),
    [
        ("month", date(2024, 2, 29), 1, (date(2024, 2, 1), date(2024, 2, 29)), (date(2023, 2, 1), date(2023, 2, 28))),
        ("month", date(2025, 2, 3), 7, (date(2025, 2, 1), date(2025, 2, 28)), (date(2024, 2, 1), date(2024, 2, 29))),
        (
            "quarter",
            date(2025, 1, 9),
            2,
            (date(2024, 11, 1), date(2025, 1, 31)),
            (date(2023, 11, 1), date(2024, 1, 31)),
        ),
        ("year", date(2024, 6, 30), 7, (date(2023, 7, 1), date(2024, 6, 30)), (date(2022, 7, 1), date(2023, 6, 30))),
        ("week", date(2025, 1, 1), 1, (date(2024, 12, 30), date(2025, 1, 5)), (date(2024, 1, 1), date(2024, 1, 7))),
    ],
)
def test_whole_periods_of_start_months(
    name: PeriodName, day: date, starts: int, expected: tuple[date, date], prior: tuple[date, date]
) -> None:
    project = Project(sources=(), kpis=(), fiscal_starts=starts)
    assert period(name, day, project) == expected
    assert whole_prior(name, expected, project) == prior
    moved = Project(sources=(), kpis=(), fiscal_starts=starts, compare="same_weekday")
    first, last = whole_prior(name, expected, moved)
    assert [(now - then).days for now, then in zip(expected, (first, last), strict=True)] == [364, 364]
