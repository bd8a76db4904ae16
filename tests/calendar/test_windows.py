"""Windows and prior dates against dates read off a paper calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from kpictl.calendar import Calendar, Range, business_day, is_window, window, windows
from tests.calendar.calendars import CALENDARS, NRF, day, days, retail

CALENDAR = Calendar(date(2015, 1, 1), date(2035, 12, 31))


def ranges(name: str, as_of: str, calendar: Calendar) -> tuple[tuple[date | None, date], tuple[date | None, date]]:
    found = window(name, day(as_of), calendar)
    return (found.current.first_day, found.current.last_day), (found.prior.first_day, found.prior.last_day)


@pytest.mark.parametrize(
    ("name", "as_of", "first", "prior"),
    [
        ("day", "2025-10-06", "2025-10-06", "2024-10-06..2024-10-06"),
        ("mtd", "2025-10-06", "2025-10-01", "2024-10-01..2024-10-06"),
        ("qtd", "2025-11-06", "2025-10-01", "2024-10-01..2024-11-06"),
        ("qtd", "2025-01-01", "2025-01-01", "2024-01-01..2024-01-01"),
        ("ytd", "2025-12-31", "2025-01-01", "2024-01-01..2024-12-31"),
        ("last28", "2025-10-06", "2025-09-09", "2024-09-09..2024-10-06"),
        ("last1", "2025-10-06", "2025-10-06", "2024-10-06..2024-10-06"),
        ("last365", "2025-02-28", "2024-03-01", "2023-03-01..2024-02-28"),
        # 6 October 2025 is a Monday, and so is 7 October 2024.
        ("wtd", "2025-10-06", "2025-10-06", "2024-10-07..2024-10-07"),
        ("wtd", "2025-10-12", "2025-10-06", "2024-10-07..2024-10-13"),
        # The leap day is compared with the 28th; the 28th of the year after leaves the leap day out.
        ("mtd", "2024-02-29", "2024-02-01", "2023-02-01..2023-02-28"),
        ("mtd", "2025-02-28", "2025-02-01", "2024-02-01..2024-02-28"),
        ("last28", "2024-02-29", "2024-02-02", "2023-02-01..2023-02-28"),
        ("ttm", "2025-10-06", "2024-10-07", "2023-10-07..2024-10-06"),
        ("ttm", "2024-02-29", "2023-03-01", "2022-03-01..2023-02-28"),
        ("ttm", "2025-02-28", "2024-02-29", "2023-03-01..2024-02-28"),
        ("calendar_qtd", "2025-11-06", "2025-10-01", "2024-10-01..2024-11-06"),
    ],
)
def test_by_date(name: str, as_of: str, first: str, prior: str) -> None:
    assert ranges(name, as_of, CALENDAR) == ((day(first), day(as_of)), days(prior))


@pytest.mark.parametrize(
    ("name", "as_of", "first", "prior"),
    [
        # All 31 days, of which the last is 1 November: 31 October 2025 and 1 November 2024 are Fridays.
        ("mtd", "2025-10-31", "2025-10-01", "2024-10-02..2024-11-01"),
        ("calendar_mtd", "2025-10-31", "2025-10-01", "2024-10-02..2024-11-01"),
        ("ytd", "2025-03-01", "2025-01-01", "2024-01-03..2024-03-02"),
        ("last28", "2025-10-06", "2025-09-09", "2024-09-10..2024-10-07"),
        ("ttm", "2025-10-31", "2024-11-01", "2023-11-03..2024-11-01"),
        ("day", "2025-10-06", "2025-10-06", "2024-10-07..2024-10-07"),
        ("wtd", "2025-10-12", "2025-10-06", "2024-10-07..2024-10-13"),
    ],
)
def test_by_weekday(name: str, as_of: str, first: str, prior: str) -> None:
    calendar = CALENDARS["calendar years, by weekday"]
    assert ranges(name, as_of, calendar) == ((day(first), day(as_of)), days(prior))


@pytest.mark.parametrize(
    ("name", "as_of", "first", "prior"),
    [
        ("ytd", "2025-06-30", "2024-07-01", "2023-07-01..2024-06-30"),
        ("ytd", "2025-07-01", "2025-07-01", "2024-07-01..2024-07-01"),
        ("calendar_ytd", "2025-07-01", "2025-01-01", "2024-01-01..2024-07-01"),
        ("qtd", "2025-11-06", "2025-10-01", "2024-10-01..2024-11-06"),
        ("mtd", "2025-02-28", "2025-02-01", "2024-02-01..2024-02-28"),
    ],
)
def test_from_july(name: str, as_of: str, first: str, prior: str) -> None:
    assert ranges(name, as_of, CALENDARS["from July, by date"]) == ((day(first), day(as_of)), days(prior))


@pytest.mark.parametrize(
    ("name", "as_of", "first", "prior", "is_short"),
    [
        # The 53rd week of the National Retail Federation's year 2023, against week 52 of 2022.
        ("day", "2024-02-01", "2024-02-01", "2023-01-26..2023-01-26", False),
        ("mtd", "2024-02-01", "2023-12-31", "2023-01-01..2023-01-26", True),
        ("qtd", "2024-02-01", "2023-10-29", "2022-10-30..2023-01-26", True),
        ("ytd", "2024-02-01", "2023-01-29", "2022-01-30..2023-01-26", True),
        ("wtd", "2024-02-01", "2024-01-28", "2023-01-29..2023-02-02", False),
        ("last28", "2024-02-01", "2024-01-05", "2022-12-30..2023-01-26", False),
        ("ttm", "2024-02-01", "2023-02-02", "2022-01-27..2023-01-26", False),
        ("calendar_mtd", "2024-02-01", "2024-02-01", "2023-02-01..2023-02-01", False),
        ("calendar_qtd", "2024-02-01", "2024-01-01", "2023-01-01..2023-02-01", False),
        ("calendar_ytd", "2024-02-01", "2024-01-01", "2023-01-01..2023-02-01", False),
        # The year after: week 1 against week 1, which is five weeks and a day further back than 52 weeks are.
        ("ytd", "2024-02-10", "2024-02-04", "2023-01-29..2023-02-04", False),
        ("mtd", "2024-03-09", "2024-03-03", "2023-02-26..2023-03-04", False),
        ("wtd", "2024-03-09", "2024-03-03", "2023-03-05..2023-03-11", False),
        # The last week of 2024 against week 52 of 2023: its 53rd is left out.
        ("ytd", "2025-02-01", "2024-02-04", "2023-01-29..2024-01-27", False),
    ],
)
def test_by_fiscal_week(name: str, as_of: str, first: str, prior: str, is_short: bool) -> None:
    assert ranges(name, as_of, retail(NRF)) == ((day(first), day(as_of)), days(prior))
    assert window(name, day(as_of), retail(NRF)).prior_is_short == is_short


def test_a_pattern_by_weekday_compares_as_many_days() -> None:
    calendar = CALENDARS["4-5-4 of the NRF, by weekday"]
    assert ranges("mtd", "2024-02-01", calendar) == (days("2023-12-31..2024-02-01"), days("2023-01-01..2023-02-02"))
    assert not window("mtd", day("2024-02-01"), calendar).prior_is_short


def test_since_the_beginning() -> None:
    for calendar, prior in ((CALENDAR, "2023-02-01"), (retail(NRF), "2023-01-26")):
        found = window("itd", day("2024-02-01"), calendar)
        assert (found.current, found.prior) == (Range(None, day("2024-02-01")), Range(None, day(prior)))
        assert found.current.days is None


def test_a_prior_that_begins_before_the_calendar_is_none() -> None:
    assert window("ytd", day("2015-12-31"), CALENDAR).prior_has_data is False
    assert window("ytd", day("2016-01-01"), CALENDAR).prior == Range(date(2015, 1, 1), date(2015, 1, 1))
    assert window("last28", day("2016-01-27"), CALENDAR).prior_has_data is False
    assert window("last28", day("2016-01-28"), CALENDAR).prior_has_data is True
    assert window("itd", day("2015-12-31"), CALENDAR).prior_has_data is False
    assert window("itd", day("2016-01-01"), CALENDAR).prior == Range(None, date(2015, 1, 1))
    assert window("last9999", day("2015-01-01"), CALENDAR).current.days == 9999


def test_weeks_start_where_the_project_says() -> None:
    # 6 October 2025 is a Monday: the week from Sunday begins on the 5th.
    assert window("wtd", day("2025-10-06"), CALENDARS["weeks from Sunday"]).current.first_day == day("2025-10-05")


def test_windows_keep_their_order() -> None:
    names = ("ytd", "day", "last7")
    assert [found.name for found in windows(names, day("2025-10-06"), CALENDAR)] == list(names)


@pytest.mark.parametrize("name", ["last0", "last", "lastweek", "MTD", "last07", "last10000", "", "mtd "])
def test_an_unknown_window_is_refused(name: str) -> None:
    assert not is_window(name)
    with pytest.raises(ValueError, match="no window is called"):
        window(name, day("2025-10-06"), CALENDAR)


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
