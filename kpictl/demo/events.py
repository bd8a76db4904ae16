"""The winery's events: concerts in summer, dinners at harvest."""

from dataclasses import dataclass
from datetime import date, timedelta

_SOLD_AHEAD_DAYS = 21


@dataclass(frozen=True, slots=True)
class Event:
    day: date
    name: str
    sku: str
    """Of the ticket in the shop."""


def event_of(day: date) -> Event | None:
    """Every other Saturday of summer has a concert, every other one of harvest a dinner."""
    if day.weekday() != 5 or (day.day - 1) // 7 % 2 == 1:
        return None
    if day.month in {6, 7, 8}:
        return Event(day, "Concert in the Vines", "EVT-CONCERT")
    if day.month in {9, 10}:
        return Event(day, "Harvest Dinner", "EVT-DINNER")
    return None


def on_sale(day: date) -> tuple[Event, ...]:
    """The events that tickets can be bought for, the day's own first."""
    ahead = (event_of(day + timedelta(days=n)) for n in range(_SOLD_AHEAD_DAYS + 1))
    return tuple(event for event in ahead if event)
