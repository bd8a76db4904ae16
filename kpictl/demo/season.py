"""The winery's days: when it is open, how busy it is, when the club ships, and what time it is there."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Los_Angeles")
CLUB_MONTHS = (2, 5, 9, 11)
MEMBER_LIFE_DAYS_MAX = 1400

_MONTHS = (0.65, 0.70, 0.80, 0.90, 1.05, 1.10, 1.15, 1.10, 1.30, 1.35, 1.05, 1.10)
_WEEKDAYS = (0.60, 0.50, 0.55, 0.70, 1.10, 1.90, 1.65)
_GROWTH_A_YEAR = 1.10
_GROWTH_FROM = date(2025, 1, 1)


def is_closed(day: date) -> bool:
    """New Year's Day, Thanksgiving (the fourth Thursday of November) and Christmas Day."""
    if (day.month, day.day) in {(1, 1), (12, 25)}:
        return True
    return day.month == 11 and day.weekday() == 3 and 22 <= day.day <= 28


def next_open(day: date) -> date:
    return next_open(day + timedelta(days=1)) if is_closed(day) else day


def growth(day: date) -> float:
    return float(_GROWTH_A_YEAR ** ((day - _GROWTH_FROM).days / 365.25))


def traffic(day: date) -> float:
    """How many come to the door, 1 being an average day of 2025."""
    return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * growth(day)


def web_traffic(day: date) -> float:
    """How many buy from home: before the holidays most of all."""
    return growth(day) * (2.6 if (day.month, day.day // 20) in {(11, 1), (12, 0)} else 0.85)


def is_shipment(day: date) -> bool:
    """The club is charged on the second Wednesday of four months."""
    return day.month in CLUB_MONTHS and day.weekday() == 2 and 8 <= day.day <= 14


def instant(day: date, seconds: float) -> datetime:
    """The instant at which the winery's clock shows that many seconds after midnight."""
    return (datetime.combine(day, time.min, ZONE) + timedelta(seconds=seconds)).astimezone(UTC)


def during(rng: Random, day: date, from_hour: int, to_hour: int) -> datetime:
    span = (to_hour - from_hour) * 3_600_000
    return instant(day, from_hour * 3600 + int(rng.random() * span) / 1000)


def end_of(day: date) -> datetime:
    return instant(day + timedelta(days=1), 0)


def local_day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def iso(at: datetime) -> str:
    """As Commerce7 writes an instant: UTC, milliseconds, `Z`."""
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"


def milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000 + at.microsecond // 1000


def days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
