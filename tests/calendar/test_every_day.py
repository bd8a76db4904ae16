"""What must hold on every day from 2016 to 2034, for every calendar and every rule of comparison."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from kpictl.calendar import Calendar, Period, Range, periods, windows
from kpictl.calendar.periods import NAMES
from tests.calendar.calendars import CALENDARS

FIRST, LAST = date(2016, 1, 1), date(2034, 12, 31)
ONE_DAY = timedelta(days=1)
TO_DATE = {"wtd": "week", "mtd": "month", "qtd": "quarter", "ytd": "year"}
LENGTHS = {"day": 1, "last1": 1, "last28": 28, "last365": 365}

every_calendar = pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)


def every_day() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += ONE_DAY


def whole(calendar: Calendar) -> dict[str, list[Period]]:
    found = periods(FIRST, LAST, calendar)
    return {name: [period for period in found if period.name == name] for name in NAMES}


def length(days: Range) -> int:
    assert days.days is not None
    return days.days


@every_calendar
def test_periods_tile_the_calendar(calendar: Calendar) -> None:
    for found in whole(calendar).values():
        assert found[0].period_start <= FIRST <= found[0].period_end
        assert found[-1].period_start <= LAST <= found[-1].period_end
        for one, following in pairwise(found):
            assert one.period_end + ONE_DAY == following.period_start
            assert not one.in_progress
            assert one.through == one.period_end


@every_calendar
def test_months_lie_in_quarters_and_those_in_years(calendar: Calendar) -> None:
    found = whole(calendar)
    for inner, outer, parts in (("month", "quarter", 3), ("quarter", "year", 4), ("month", "year", 12)):
        for period in found[outer][1:-1]:
            inside = [
                part
                for part in found[inner]
                if part.period_start <= period.period_end and part.period_end >= period.period_start
            ]
            assert len(inside) == parts
            assert inside[0].period_start == period.period_start
            assert inside[-1].period_end == period.period_end


@every_calendar
def test_windows_to_date_end_as_the_period_does(calendar: Calendar) -> None:
    found = whole(calendar)
    for name, kind in TO_DATE.items():
        for period in found[kind][1:-1]:
            (to_date,) = windows([name], period.period_end, calendar)
            assert to_date.current == period.current == Range(period.period_start, period.period_end)
            assert to_date.prior_is_short == period.prior_is_short
            if calendar.compare == "same_weekday" or kind == "week":
                assert to_date.prior == period.prior
            elif to_date.prior != period.prior:
                # The year before has a day or a week more: a leap day, or a 53rd week.
                assert period.prior is not None
                assert to_date.prior.first_day == period.prior.first_day
                assert length(period.prior) - length(to_date.prior) in {1, 7}


@every_calendar
def test_windows_of_so_many_days_have_them_on_both_sides(calendar: Calendar) -> None:
    for day in every_day():
        for window in windows(LENGTHS, day, calendar):
            assert window.prior_has_data
            assert window.current == Range(day - timedelta(days=LENGTHS[window.name] - 1), day)
            assert length(window.current) == length(window.prior) == LENGTHS[window.name]
            assert window.prior.last_day == calendar.prior(day)
            assert not window.prior_is_short


@every_calendar
def test_twelve_months_are_a_year(calendar: Calendar) -> None:
    for day in every_day():
        (window,) = windows(["ttm"], day, calendar)
        assert window.prior_has_data
        for days in (window.current, window.prior):
            assert length(days) in {365, 366}
        assert window.prior.last_day == calendar.prior(day)


@every_calendar
def test_both_sides_cover_the_same_part_of_their_period(calendar: Calendar) -> None:
    names = (*TO_DATE, "calendar_mtd", "calendar_qtd", "calendar_ytd")
    for day in every_day():
        for window in windows(names, day, calendar):
            assert window.prior_has_data
            assert window.prior.last_day < day
            shorter = length(window.current) - length(window.prior)
            if calendar.compare == "same_weekday" or window.name == "wtd":
                assert shorter == 0
                assert day - window.prior.last_day == timedelta(days=364)
            elif window.name in TO_DATE and calendar.compare == "fiscal":
                assert shorter == (7 if window.prior_is_short else 0)
            else:
                assert abs(shorter) <= 1
                assert (window.prior.last_day.month, window.prior.last_day.year) == (day.month, day.year - 1)


@every_calendar
def test_a_year_earlier_never_goes_back(calendar: Calendar) -> None:
    backwards = 0
    for day in every_day():
        assert day - timedelta(days=372) < calendar.prior(day) < day - timedelta(days=356)
        backwards += calendar.prior(day + ONE_DAY) < calendar.prior(day)
    # But for the 53rd week, whose days are compared with those of week 52, once more.
    long_years = 3 if calendar.compare == "fiscal" else 0
    assert backwards == long_years
