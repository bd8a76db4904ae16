"""What can be booked at the winery, for how much, and when."""

from dataclasses import dataclass
from datetime import date
from random import Random

from kpictl.demo.events import event_of
from kpictl.demo.season import CLUB_MONTHS


@dataclass(frozen=True, slots=True)
class Experience:
    id: int
    name: str
    sku: str
    price: int
    """Cents a guest, in 2025."""
    varieties: tuple[str, ...]
    share: float = 0.0


ESTATE = Experience(90211, "Estate Tasting", "TASTE-EST", 4500, ("PREPAID",), 0.48)
CAVE = Experience(90212, "Cave Tour and Tasting", "TASTE-CAVE", 7500, ("PREPAID", "PREPAID", "DEPOSIT"), 0.18)
LIBRARY = Experience(90213, "Library Flight", "TASTE-LIB", 9500, ("PREPAID", "TABLESIDE"), 0.12)
MEMBER = Experience(90214, "Member Tasting", "TASTE-MEM", 2000, ("RESERVATION", "PREPAID"), 0.14)
PARTY = Experience(90215, "Pickup Party Tasting", "TASTE-PARTY", 1500, ("RESERVATION", "PREPAID"))
DINNER = Experience(90216, "Harvest Dinner", "EVT-DINNER", 16500, ("EVENT",))
CONCERT = Experience(90217, "Concert in the Vines", "EVT-CONCERT", 6500, ("EVENT",))
YOGA = Experience(90299, "Sunset Yoga", "EVT-YOGA", 3500, ("PREPAID",))
"""Lately added, and in nobody's mapping yet."""

ALL = (ESTATE, CAVE, LIBRARY, MEMBER, PARTY, DINNER, CONCERT, YOGA)

_USUAL = (ESTATE, CAVE, LIBRARY, MEMBER)
_EVENTS = {event.name: event for event in (DINNER, CONCERT)}


def booked(rng: Random, day: date) -> Experience:
    """What an ordinary booking of the day is for."""
    if day.month in CLUB_MONTHS and day.day >= 15 and day.weekday() >= 5 and rng.random() < 0.3:
        return PARTY
    return rng.choices(_USUAL, weights=[experience.share for experience in _USUAL])[0]


def of_event(day: date) -> Experience | None:
    event = event_of(day)
    return _EVENTS[event.name] if event else None
