"""How days are put together, for any days and values."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kpictl.pipeline.workings import DAYS_AT_MOST, MONTHS_AT_MOST, averaged, summed

VALUES = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**6), max_value=10**6)


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.lists(VALUES, min_size=1, max_size=1200))
def test_parts_are_all_days_once_and_add_up(first: date, values: list[Decimal]) -> None:
    daily = [(first + timedelta(days=at), value) for at, value in enumerate(values)]
    found = summed(daily)
    assert sum(part.value for part in found.parts) == sum(values)
    assert found.parts[0].first_day == first
    assert found.parts[-1].last_day == daily[-1][0]
    assert all(before.last_day + timedelta(days=1) == after.first_day for before, after in pairwise(found.parts))
    assert len(found.parts) <= max(DAYS_AT_MOST, MONTHS_AT_MOST)
    match found.by:
        case "day":
            assert all(part.first_day == part.last_day for part in found.parts)
        case "month":
            assert all(part.first_day.replace(day=1) == part.last_day.replace(day=1) for part in found.parts)
        case "year":
            assert all(part.first_day.year == part.last_day.year for part in found.parts)


def test_days_without_a_value_are_skipped() -> None:
    days = [date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)]
    found = averaged(list(zip(days, (Decimal(3), None, Decimal(6)), strict=True)))
    assert found is not None
    assert (found.total, found.number) == (Decimal(9), 2)
    assert averaged([(days[0], None)]) is None
