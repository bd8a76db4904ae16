"""The calendars that are tested: each kind of fiscal year under each rule that it may be compared by."""

from __future__ import annotations

from datetime import date

from kpictl.calendar import Calendar, Compare, Retail, StartMonth

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
START, END = date(2000, 1, 1), date(2035, 12, 31)

NRF = Retail((4, 5, 4), "nearest", SATURDAY, 1, 31)
"""The calendar of the National Retail Federation: years end on the Saturday nearest to 31 January."""

LAST_SATURDAY = Retail((4, 4, 5), "last", SATURDAY, 1, None)
NEW_YEAR = Retail((5, 4, 4), "nearest", SATURDAY, 12, 31)


def retail(pattern: Retail, compare: Compare = "fiscal", start: date = START) -> Calendar:
    return Calendar(start, END, pattern.week_starts_on, pattern, compare)


CALENDARS = {
    "calendar years, by date": Calendar(START, END),
    "calendar years, by weekday": Calendar(START, END, compare="same_weekday"),
    "weeks from Sunday": Calendar(START, END, week_starts_on=SUNDAY),
    "from July, by date": Calendar(START, END, fiscal=StartMonth(7)),
    "from February, by weekday": Calendar(START, END, fiscal=StartMonth(2), compare="same_weekday"),
    "4-5-4 of the NRF": retail(NRF),
    "4-5-4 of the NRF, by weekday": retail(NRF, "same_weekday"),
    "4-4-5 to the last Saturday": retail(LAST_SATURDAY),
    "5-4-4 at the New Year": retail(NEW_YEAR),
}


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(text: str) -> tuple[date, date]:
    """The first and the last day of `2024-01-01..2024-01-31`."""
    first, _, last = text.partition("..")
    return day(first), day(last)
