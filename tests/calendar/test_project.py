"""From the YAML of a project to its calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kpictl.calendar import Calendar, Retail, StartMonth
from kpictl.check.judge import checked
from kpictl.compile import calendar_of
from tests.calendar.calendars import FRIDAY, LAST_SATURDAY, NRF, SATURDAY, SUNDAY

START, END = date(2015, 1, 1), date(2035, 12, 31)


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("", Calendar(START, END)),
        ("compare: same_weekday", Calendar(START, END, compare="same_weekday")),
        ("calendar: {start: 2020-01-01, week_starts_on: sunday}", Calendar(date(2020, 1, 1), END, SUNDAY)),
        ("calendar: {fiscal: {starts: july}}", Calendar(START, END, 0, StartMonth(7))),
        (
            "calendar: {fiscal: {starts: february, named_by: start}}",
            Calendar(START, END, 0, StartMonth(2, named_by="start")),
        ),
        (
            "calendar: {fiscal: {pattern: 4-5-4, nearest: saturday, to: january-31}}",
            Calendar(START, END, SUNDAY, NRF, "fiscal"),
        ),
        (
            "calendar: {fiscal: {pattern: 4-4-5, last: saturday, of: january}}\ncompare: same_weekday",
            Calendar(START, END, SUNDAY, LAST_SATURDAY, "same_weekday"),
        ),
        (
            "calendar: {week_starts_on: saturday, fiscal: {pattern: 5-4-4, last: friday, of: june, named_by: end}}",
            Calendar(START, END, SATURDAY, Retail((5, 4, 4), "last", FRIDAY, 6, None, "end"), "fiscal"),
        ),
    ],
)
def test_the_calendar_of_a_project(text: str, calendar: Calendar, tmp_path: Path) -> None:
    (tmp_path / "kpictl.yml").write_text(f"name: shop\n{text}\n")
    catalog = checked(tmp_path)
    assert calendar_of(catalog.project) == calendar
