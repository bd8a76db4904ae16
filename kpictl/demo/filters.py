"""Commerce7's query filters: `field=gte:2025-01-01`, `btw:from|to`, plain equality."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from kpictl.demo.season import iso

Predicate = Callable[[Mapping[str, Any]], bool]
_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class BadFilter(Exception):  # noqa: N818 -- named for what it says
    field: str


@dataclass(frozen=True, slots=True)
class _Between:
    field: str
    low: str
    high: str

    def __call__(self, record: Mapping[str, Any]) -> bool:
        value = record[self.field]
        return value is not None and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class _Equal:
    field: str
    value: str

    def __call__(self, record: Mapping[str, Any]) -> bool:
        return str(record[self.field]) == self.value


def predicates(query: Mapping[str, str], timestamps: frozenset[str], plain: frozenset[str]) -> tuple[Predicate, ...]:
    """One test for each filter of the query; a parameter that is no field of the list is ignored."""
    found: list[Predicate] = []
    for name, text in query.items():
        if name in timestamps:
            found.append(_Between(name, *_bounds(name, text)))
        elif name in plain:
            found.append(_Equal(name, text.strip()))
    return tuple(found)


def _bounds(name: str, text: str) -> tuple[str, str]:
    """The first and the last instant that pass, as Commerce7 writes instants, which sort as text."""
    operator, colon, value = text.partition(":")
    first, last = "", "~"
    try:
        match operator.strip() if colon else "":
            case "gt":
                return iso(_parsed(value, is_end=True) + _MOMENT), last
            case "gte":
                return iso(_parsed(value)), last
            case "lt":
                return first, iso(_parsed(value) - _MOMENT)
            case "lte":
                return first, iso(_parsed(value, is_end=True))
            case "btw":
                low, _, high = value.partition("|")
                return iso(_parsed(low)), iso(_parsed(high, is_end=True))
            case _:
                return iso(_parsed(text)), iso(_parsed(text, is_end=True))
    except ValueError as error:
        raise BadFilter(name) from error


def _parsed(text: str, *, is_end: bool = False) -> datetime:
    """A date alone is a day of UTC: it begins at midnight, and as an upper bound all of it counts."""
    text = text.strip()
    if len(text) == 10:
        start = datetime.combine(date.fromisoformat(text), time.min, UTC)
        return start + timedelta(days=1) - _MOMENT if is_end else start
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
