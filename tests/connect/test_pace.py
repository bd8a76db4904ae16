"""No window of a rate sees more requests than it says, and no failure is met with haste."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.connect import Rate, Request, Retries
from kpictl.connect.pace import Pace, retry_after

NOW = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def sent(rate: Rate | None, requests: list[Request], idle: list[float]) -> list[float]:
    """When each request goes out, with so much time of no wish for any before it."""
    clock = Clock()
    pace = Pace(rate, clock.sleep, clock)
    times = []
    for request, seconds in zip(requests, idle, strict=True):
        clock.now += seconds
        pace.wait(request)
        times.append(clock.now)
    return times


@given(
    limit=st.integers(1, 20),
    seconds=st.sampled_from([1.0, 60.0]),
    idle=st.lists(st.floats(0, 90), min_size=1, max_size=60),
)
def test_no_window_sees_more_than_its_rate(limit: int, seconds: float, idle: list[float]) -> None:
    times = sent(Rate(limit, seconds), [Request("/x")] * len(idle), idle)
    for first, last in zip(times, times[limit:], strict=False):
        assert last - first >= seconds - 1e-6


def test_a_rate_is_used_up() -> None:
    """In the long run as many go out as may, after the first burst."""
    times = sent(Rate(100, 60), [Request("/x")] * 500, [0.0] * 500)
    assert times[49] == 0
    assert 500 <= times[-1] < 545  # 450 at 50 a minute


def test_what_costs_nothing_waits_for_nothing() -> None:
    assert sent(Rate(1, 60), [Request("/x", costs=0)] * 9, [0.0] * 9) == [0.0] * 9
    assert sent(None, [Request("/x")] * 9, [0.0] * 9) == [0.0] * 9


def test_pages_with_a_pause_come_one_by_one() -> None:
    times = sent(None, [Request("/x", pause_seconds=60)] * 4, [0.0, 10.0, 0.0, 100.0])
    assert times == [0.0, 60.0, 120.0, 220.0]


def test_a_held_pace_holds_all() -> None:
    clock = Clock()
    pace = Pace(None, clock.sleep, clock)
    pace.hold(30)
    pace.wait(Request("/x"))
    assert clock.now == 30


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        ("Sun, 17 May 2026 10:00:30 GMT", 30),
        ("Sun, 17 May 2026 09:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def test_waits_grow_and_end() -> None:
    patient = Retries()
    waits = [patient.wait_seconds(failures, None) for failures in range(1, 8)]
    assert waits[-1] is None
    for failures, wait in enumerate(waits[:-1], start=1):
        assert wait is not None
        assert 2.0 ** (failures - 1) / 2 <= wait <= 2.0 ** (failures - 1)
    assert all(one != other for one, other in pairwise(waits))


def test_what_the_api_asks_for_is_kept() -> None:
    assert Retries().wait_seconds(1, 120) == 120
    assert Retries().wait_seconds(1, 301) is None
    assert Retries(attempts=3).wait_seconds(3, 1) is None
