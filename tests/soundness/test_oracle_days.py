"""The oracle's windows, years before and business days, against a calendar on paper."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.soundness.oracle import Project, Source, business_day, prior_window, window

PACIFIC = "America/Los_Angeles"


def local(month: int, day: int, hour: int, minute: int) -> datetime:
    """A wall clock's reading in 2025, without a zone."""
    return datetime(2025, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("name", "first", "settings"),
    [
        ("day", date(2025, 5, 14), {}),
        ("wtd", date(2025, 5, 12), {}),  # 14 May 2025 is a Wednesday
        ("wtd", date(2025, 5, 11), {"week_starts_on": 6}),
        ("mtd", date(2025, 5, 1), {}),
        ("qtd", date(2025, 4, 1), {}),
        ("qtd", date(2025, 5, 1), {"fiscal_starts": 2}),  # quarters start in February, May, …
        ("calendar_qtd", date(2025, 4, 1), {"fiscal_starts": 2}),
        ("ytd", date(2025, 1, 1), {}),
        ("ytd", date(2024, 7, 1), {"fiscal_starts": 7}),
        ("calendar_ytd", date(2025, 1, 1), {"fiscal_starts": 7}),
        ("last1", date(2025, 5, 14), {}),
        ("last28", date(2025, 4, 17), {}),  # 14 days of May, 14 of April
        ("ttm", date(2024, 5, 15), {}),
        ("itd", None, {}),
    ],
)
def test_windows(name: str, first: date | None, settings: dict[str, Any]) -> None:
    project = Project(sources=(), kpis=(), **settings)
    assert window(name, date(2025, 5, 14), project) == (first, date(2025, 5, 14))


@pytest.mark.parametrize(
    ("name", "compare", "first", "last"),
    [
        ("mtd", "same_date", date(2024, 5, 1), date(2024, 5, 14)),
        ("last28", "same_date", date(2024, 4, 17), date(2024, 5, 14)),
        ("ttm", "same_date", date(2023, 5, 15), date(2024, 5, 14)),
        ("itd", "same_date", None, date(2024, 5, 14)),
        ("wtd", "same_date", date(2024, 5, 13), date(2024, 5, 15)),  # Monday to Wednesday again
        ("mtd", "same_weekday", date(2024, 5, 2), date(2024, 5, 15)),
        (
            "ttm",
            "same_weekday",
            date(2023, 5, 17),
            date(2024, 5, 15),
        ),  # 15 May 2024 - 364 days: over a leap day
    ],
)
def test_prior_windows(name: str, compare: Any, first: date | None, last: date) -> None:
    project = Project(sources=(), kpis=(), compare=compare)
    assert prior_window(name, date(2025, 5, 14), project) == (first, last)


@pytest.mark.parametrize(
    ("moment", "settings", "expected"),
    [
        # The autumn day has 25 hours: 00:30 -07:00 and 23:30 -08:00 belong to it, midnight -08:00 does not.
        (datetime(2025, 11, 2, 7, 30, tzinfo=UTC), {"timezone": PACIFIC}, date(2025, 11, 2)),
        (datetime(2025, 11, 3, 7, 30, tzinfo=UTC), {"timezone": PACIFIC}, date(2025, 11, 2)),
        (datetime(2025, 11, 3, 8, 0, tzinfo=UTC), {"timezone": PACIFIC}, date(2025, 11, 3)),
        # The spring day has 23: it ends at 07:00 UTC.
        (datetime(2025, 3, 10, 6, 59, tzinfo=UTC), {"timezone": PACIFIC}, date(2025, 3, 9)),
        (datetime(2025, 3, 10, 7, 0, tzinfo=UTC), {"timezone": PACIFIC}, date(2025, 3, 10)),
        # 01:30 occurs twice; the second is 09:30 UTC, the first would be 08:30 and the day before.
        (local(11, 2, 1, 30), {"day_starts_at": time(9)}, date(2025, 11, 2)),
        # 02:30 does not exist; moved forward it is 03:30 -07:00, 10:30 UTC; moved back it would be 09:30.
        (local(3, 9, 2, 30), {"day_starts_at": time(10)}, date(2025, 3, 9)),
        # `day_starts_at` is taken from the wall clock: 04:30 - 04:00, though only 3.5 hours have passed.
        (local(3, 9, 4, 30), {"timezone": PACIFIC, "day_starts_at": time(4)}, date(2025, 3, 9)),
        (local(3, 9, 1, 30), {"timezone": PACIFIC, "day_starts_at": time(4)}, date(2025, 3, 8)),
        (date(2025, 3, 9), {"timezone": PACIFIC, "day_starts_at": time(4)}, date(2025, 3, 9)),
        (None, {}, None),
    ],
)
def test_business_day(moment: Any, settings: dict[str, Any], expected: date | None) -> None:
    source = Source("sales", (), time="on", timezone=PACIFIC)
    assert business_day(moment, source, Project(sources=(), kpis=(), **settings)) == expected
