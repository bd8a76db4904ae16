"""Retail years against published dates, a few written out by hand, and what must hold of every pattern."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.calendar import Retail
from tests.calendar.calendars import LAST_SATURDAY, NEW_YEAR, NRF, SATURDAY, day, days

# Year ends that retailers whose years end on the Saturday nearest to 31 January filed with the SEC: Foot Locker's
# exhibit 12 of November 2013, the income statements of Five Below (March 2023) and of Gap (March 2024).
FILED = (
    "2009-01-31", "2010-01-30", "2011-01-29", "2012-01-28", "2013-02-02",
    "2021-01-30", "2022-01-29", "2023-01-28", "2024-02-03",
)  # fmt: skip

# nrf.com/resources/4-5-4-calendar named the years with a 53rd week: in 2014 those from 2000 to 2017, later 2023 as the
# next one.
LONG = {2000, 2006, 2012, 2017, 2023}

# The months' first days and the year's last in the calendars of the National Retail Federation: 2018 as the tests of
# the npm package retail-calendar list it, the others counted off from the first days that the Federation gives, four,
# five and four weeks at a time.
PUBLISHED = {
    2017: "2017-01-29 2017-02-26 2017-04-02 2017-04-30 2017-05-28 2017-07-02 "
    "2017-07-30 2017-08-27 2017-10-01 2017-10-29 2017-11-26 2017-12-31 to 2018-02-03",
    2018: "2018-02-04 2018-03-04 2018-04-08 2018-05-06 2018-06-03 2018-07-08 "
    "2018-08-05 2018-09-02 2018-10-07 2018-11-04 2018-12-02 2019-01-06 to 2019-02-02",
    2023: "2023-01-29 2023-02-26 2023-04-02 2023-04-30 2023-05-28 2023-07-02 "
    "2023-07-30 2023-08-27 2023-10-01 2023-10-29 2023-11-26 2023-12-31 to 2024-02-03",
    2024: "2024-02-04 2024-03-03 2024-04-07 2024-05-05 2024-06-02 2024-07-07 "
    "2024-08-04 2024-09-01 2024-10-06 2024-11-03 2024-12-01 2025-01-05 to 2025-02-01",
}

# Counted off a paper calendar; both years have 53 weeks, the last of them in the last month.
BY_HAND = (
    (
        LAST_SATURDAY,
        2025,
        (
            "2025-01-26 2025-02-23 2025-03-23 2025-04-27 2025-05-25 2025-06-22 "
            "2025-07-27 2025-08-24 2025-09-21 2025-10-26 2025-11-23 2025-12-21 to 2026-01-31"
        ),
    ),
    (
        NEW_YEAR,
        2025,
        (
            "2024-12-29 2025-02-02 2025-03-02 2025-03-30 2025-05-04 2025-06-01 "
            "2025-06-29 2025-08-03 2025-08-31 2025-09-28 2025-11-02 2025-11-30 to 2026-01-03"
        ),
    ),
)


@pytest.mark.parametrize("last", FILED)
def test_years_end_when_retailers_said(last: str) -> None:
    assert NRF.year_bounds(day(last)).last == day(last)
    assert NRF.position(day(last)).year == day(last).year - 1


def test_the_published_long_years() -> None:
    found = set()
    for year in range(2000, 2024):
        first, last = NRF.year_bounds(date(year, 7, 1))
        if (last - first).days + 1 == 53 * 7:
            found.add(year)
    assert found == LONG


@pytest.mark.parametrize(
    ("pattern", "year", "dates"), [*((NRF, year, dates) for year, dates in PUBLISHED.items()), *BY_HAND]
)
def test_months_and_quarters(pattern: Retail, year: int, dates: str) -> None:
    *firsts, _, last = dates.split()
    ends = [day(first) for first in firsts] + [day(last) + timedelta(days=1)]
    months = [(first, following - timedelta(days=1)) for first, following in pairwise(ends)]
    for number, month in enumerate(months, start=1):
        quarter = (number - 1) // 3
        for each in month:
            assert pattern.month_bounds(each) == month
            assert pattern.quarter_bounds(each) == (months[3 * quarter][0], months[3 * quarter + 2][1])
            assert pattern.year_bounds(each) == (day(firsts[0]), day(last))
            assert pattern.position(each) == (year, quarter + 1, number)


def test_the_last_and_the_nearest_weekday_differ() -> None:
    # 26 CFR 1.441-2(a)(4): of November 2001 they are 24 November and 1 December.
    last = Retail((4, 4, 5), "last", SATURDAY, 11, None)
    nearest = Retail((4, 4, 5), "nearest", SATURDAY, 11, 30)
    assert last.year_bounds(date(2001, 11, 1)).last == date(2001, 11, 24)
    assert nearest.year_bounds(date(2001, 11, 1)).last == date(2001, 12, 1)


@pytest.mark.parametrize(
    ("last", "year"),
    [
        # 31 December is a Thursday, a Friday, a Saturday, a Sunday, a Tuesday, a Wednesday.
        ("2021-01-02", 2020),
        ("2022-01-01", 2021),
        ("2022-12-31", 2022),
        ("2023-12-30", 2023),
        ("2024-12-28", 2024),
        ("2026-01-03", 2025),
    ],
)
def test_years_around_the_new_year_have_names_of_their_own(last: str, year: int) -> None:
    assert NEW_YEAR.year_bounds(day(last)).last == day(last)
    assert NEW_YEAR.position(day(last)).year == year
    by_end = Retail(NEW_YEAR.weeks, "nearest", SATURDAY, 12, 31, named_by="end")
    assert by_end.position(day(last)).year == year


def test_years_are_named_by_their_start_unless_the_project_says_otherwise() -> None:
    by_end = Retail(NRF.weeks, "nearest", SATURDAY, 1, 31, named_by="end")
    assert [NRF.position(day(each)).year for each in ("2024-02-03", "2024-02-04")] == [2023, 2024]
    assert [by_end.position(day(each)).year for each in ("2024-02-03", "2024-02-04")] == [2024, 2025]


@pytest.mark.parametrize(
    ("as_of", "prior"),
    [
        ("2024-02-04", "2023-01-29"),  # the first day of a year
        ("2024-11-29", "2023-11-24"),  # the day after Thanksgiving
        ("2024-01-27", "2023-01-28"),  # week 52
        ("2024-02-03", "2023-01-28"),  # week 53: week 52 again
        ("2024-01-28", "2023-01-22"),
        ("2025-02-01", "2024-01-27"),  # week 52 against week 52 of a long year
    ],
)
def test_a_year_earlier(as_of: str, prior: str) -> None:
    assert NRF.prior(day(as_of)) == day(prior)


def test_the_53rd_week() -> None:
    first, last = days("2024-01-28..2024-02-03")
    assert [NRF.in_week_53(each) for each in (first, last)] == [True, True]
    outside = (first - timedelta(days=1), last + timedelta(days=1), day("2025-02-01"))
    assert [NRF.in_week_53(each) for each in outside] == [False, False, False]


WEEKS = st.sampled_from([(4, 4, 5), (4, 5, 4), (5, 4, 4)])
NAMED_BY: st.SearchStrategy[Literal["start", "end"]] = st.sampled_from(["start", "end"])
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@st.composite
def patterns(draw: st.DrawFn) -> Retail:
    month = draw(st.integers(1, 12))
    on = draw(st.one_of(st.none(), st.integers(1, LENGTHS[month - 1])))
    weekday = draw(st.integers(0, 6))
    rule: Literal["last", "nearest"] = "last" if on is None else "nearest"
    return Retail(draw(WEEKS), rule, weekday, month, on, draw(NAMED_BY))


@given(patterns(), st.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_any_pattern_has_whole_years(pattern: Retail, each: date) -> None:
    first, last = pattern.year_bounds(each)
    assert first <= each <= last
    assert (last - first).days + 1 in {364, 371}
    assert last.weekday() == pattern.weekday
    before, after = pattern.year_bounds(first - timedelta(days=1)), pattern.year_bounds(last + timedelta(days=1))
    assert (before.last + timedelta(days=1), after.first - timedelta(days=1)) == (first, last)
    years = [pattern.position(bounds.first).year for bounds in (before, pattern.year_bounds(each), after)]
    assert years == [years[0], years[0] + 1, years[0] + 2]
    if pattern.day is None:
        assert last.month == pattern.month
        assert (last + timedelta(days=7)).month != pattern.month
    else:
        around = {last + timedelta(days=off) for off in range(-3, 4)}
        wanted = {(pattern.month, pattern.day)} | ({(2, 28)} if (pattern.month, pattern.day) == (2, 29) else set())
        assert wanted & {(near.month, near.day) for near in around}


@given(patterns(), st.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_a_year_earlier_is_the_same_place_of_any_pattern(pattern: Retail, each: date) -> None:
    prior = pattern.prior(each)
    year, quarter, month = pattern.position(each)
    assert pattern.position(prior) == (year - 1, quarter, month)
    assert prior.weekday() == each.weekday()
    into = (each - pattern.year_bounds(each).first).days
    assert (prior - pattern.year_bounds(prior).first).days == (into - 7 if into >= 364 else into)
    assert pattern.in_week_53(each) == (into >= 364)
