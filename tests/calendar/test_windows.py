"""Windows and prior dates against dates read off a paper calendar, and what must hold on every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from kpictl.calendar import Calendar, business_day, window

CALENDAR = Calendar(date(2015, 1, 1), date(2035, 12, 31))
SUNDAYS = Calendar(date(2015, 1, 1), date(2035, 12, 31), week_starts_on=6)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "as_of", "first", "prior_first", "prior_last"),
    [
        ("day", "2025-10-06", "2025-10-06", "2024-10-06", "2024-10-06"),
        ("mtd", "2025-10-06", "2025-10-01", "2024-10-01", "2024-10-06"),
        ("qtd", "2025-11-06", "2025-10-01", "2024-10-01", "2024-11-06"),
        ("qtd", "2025-01-01", "2025-01-01", "2024-01-01", "2024-01-01"),
        ("ytd", "2025-12-31", "2025-01-01", "2024-01-01", "2024-12-31"),
        ("last28", "2025-10-06", "2025-09-09", "2024-09-09", "2024-10-06"),
        ("last1", "2025-10-06", "2025-10-06", "2024-10-06", "2024-10-06"),
        ("last365", "2025-02-28", "2024-03-01", "2023-03-01", "2024-02-28"),
        # 6 October 2025 is a Monday, and so is 7 October 2024.
        ("wtd", "2025-10-06", "2025-10-06", "2024-10-07", "2024-10-07"),
        ("wtd", "2025-10-12", "2025-10-06", "2024-10-07", "2024-10-13"),
        # The leap day is compared with the 28th; the 28th of the year after leaves the leap day out.
        ("mtd", "2024-02-29", "2024-02-01", "2023-02-01", "2023-02-28"),
        ("mtd", "2025-02-28", "2025-02-01", "2024-02-01", "2024-02-28"),
        ("last28", "2024-02-29", "2024-02-02", "2023-02-01", "2023-02-28"),
    ],
)
def test_windows(name: str, as_of: str, first: str, prior_first: str, prior_last: str) -> None:
    found = window(name, day(as_of), CALENDAR)
    assert (found.current.first_day, found.current.last_day) == (day(first), day(as_of))
    assert (found.prior.first_day, found.prior.last_day) == (day(prior_first), day(prior_last))


def test_weeks_start_where_the_project_says() -> None:
    # 6 October 2025 is a Monday: the week from Sunday begins on the 5th.
    assert window("wtd", day("2025-10-06"), SUNDAYS).current.first_day == day("2025-10-05")


def test_an_unknown_window_is_refused() -> None:
    for name in ("last0", "last", "lastweek", "MTD", "last07"):
        with pytest.raises(ValueError, match="no window is called"):
            window(name, day("2025-10-06"), CALENDAR)


def test_every_day_from_2016_to_2034() -> None:
    as_of = date(2016, 1, 1)
    while as_of < date(2035, 1, 1):
        for name in ("mtd", "qtd", "ytd"):
            found = window(name, as_of, CALENDAR)
            assert found.current.last_day == as_of
            assert found.prior.first_day == found.current.first_day.replace(year=as_of.year - 1)
            assert abs(found.current.days - found.prior.days) <= 1
        rolling = window("last28", as_of, CALENDAR)
        assert rolling.current.days == rolling.prior.days == 28
        assert rolling.prior.last_day.year == as_of.year - 1
        as_of += timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "starts_at", "expected"),
    [
        ("2025-10-07T06:59:00", "00:00", "2025-10-06"),  # 23:59 on the 6th in Los Angeles
        ("2025-10-07T07:00:00", "00:00", "2025-10-07"),
        ("2025-10-07T10:59:00", "04:00", "2025-10-06"),  # 03:59: before the day starts at 04:00
        ("2025-10-07T11:00:00", "04:00", "2025-10-07"),
        ("2025-12-07T07:59:00", "00:00", "2025-12-06"),  # winter time: eight hours behind
    ],
)
def test_business_day(moment: str, starts_at: str, expected: str) -> None:
    instant = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert business_day(instant, "America/Los_Angeles", time.fromisoformat(starts_at)) == day(expected)
