"""The raw tables of the project: their columns, and the values that a history may bring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from kpictl.catalog import Column

# Days around the end of a month; those after an as-of date count later on. The year before is rare: it makes facts
# of a whole year.
DAYS = tuple(date(2025, 2, day) for day in range(18, 29)) + tuple(date(2025, 3, day) for day in range(1, 13))
A_YEAR_BEFORE = (date(2024, 2, 27), date(2024, 3, 2))
PLACES = ("mill", "pier", "M-1", "south", "north", "ALL", "pop_up", "P-9", "nowhere", None)
AMOUNTS = (*map(Decimal, ("10", "20.5", "0", "-4.25", "33.3333333333", "7", "19.99")), None)
HOURS = (0, 2, 3, 7, 8, 12, 23)

Cells = Mapping[str, tuple[Any, ...]]


def _instants(days: tuple[date, ...]) -> tuple[datetime, ...]:
    return tuple(datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC) for day in days for hour in HOURS)


def _local(days: tuple[date, ...]) -> tuple[datetime, ...]:
    return tuple(moment.replace(tzinfo=None) for moment in _instants(days))


ORDERS: Cells = {
    "at": (*_instants(DAYS), None, None),
    "place": PLACES,
    "amount": AMOUNTS,
    "customer": ("ann", "bob", "cid", "dee", None),
    "status": ("paid", "paid", "paid", "open", "void", None),
    "channel": ("web", "till", "fair", None),
}
COUNTS: Cells = {
    "day": (*DAYS, None),
    "place": PLACES,
    "level": (*map(Decimal, ("5", "8", "0", "12.5")), None),
}
MEMBERS: Cells = {
    "joined": (*DAYS, None),
    "left_on": (*DAYS, None, None, None, None),
    "place": PLACES,
    "fee": tuple(map(Decimal, ("30", "45.5", "60"))),
}
VISITS: Cells = {"at": (*_local(DAYS), None), "who": ("x", "y", "z", None)}
WIDE: Cells = {"day": (*DAYS, *A_YEAR_BEFORE), "guests": (*map(Decimal, ("3", "40", "0")), None)}

CELLS: Mapping[str, Cells] = MappingProxyType(
    {"orders": ORDERS, "counts": COUNTS, "members": MEMBERS, "visits": VISITS, "wide": WIDE}
)


def columns(table: str) -> tuple[Column, ...]:
    """The columns of a raw table: its key, what is in it, and what tells of changes."""
    own = [_column(table, name) for name in CELLS[table]]
    return (Column("id", "bigint"), *own, Column("is_deleted", "boolean"), Column("loaded_at", "timestamptz"))


def _column(table: str, name: str) -> Column:
    match name:
        case "at":
            return Column(name, "timestamptz" if table == "orders" else "timestamp")
        case "day" | "joined" | "left_on":
            return Column(name, "date")
        case "amount" | "level" | "fee" | "guests":
            return Column(name, "decimal")
        case _:
            return Column(name, "text")
