"""What is served while it runs: a world that may be replaced by another, and the requests so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kpictl.demo.rng import Record
from kpictl.demo.season import iso
from kpictl.demo.world import World


class Seen(NamedTuple):
    """One request, by the clock given to `serve`, which is monotonic."""

    path: str
    query: Mapping[str, str]
    seconds: float


@dataclass(slots=True)
class Stage:
    """Assign `world` at any time: the next request is answered from it, and earlier cursors and files stay good."""

    world: World
    log: list[Seen] = field(default_factory=list)
    """Every request in the order of the numbers that a script is told."""


def changed(
    world: World,
    *,
    orders: Iterable[Record] = (),
    removed_orders: Iterable[str] = (),
    customers: Iterable[Record] = (),
    removed_customers: Iterable[str] = (),
    club_memberships: Iterable[Record] = (),
    removed_club_memberships: Iterable[str] = (),
    products: Iterable[Record] = (),
    removed_products: Iterable[str] = (),
    reservations: Iterable[Record] = (),
    removed_reservations: Iterable[str] = (),
) -> World:
    """The world with these records in place of those with their ids, or at the end, and without the removed ids."""
    return replace(
        world,
        orders=_merged(world.orders, orders, removed_orders),
        customers=_merged(world.customers, customers, removed_customers),
        club_memberships=_merged(world.club_memberships, club_memberships, removed_club_memberships),
        products=_merged(world.products, products, removed_products),
        reservations=_merged(world.reservations, reservations, removed_reservations),
    )


def _merged(records: tuple[Record, ...], changes: Iterable[Record], removed_ids: Iterable[str]) -> tuple[Record, ...]:
    changes, removed = tuple(changes), frozenset(removed_ids)
    if not changes and not removed:
        # The same tuple: the APIs see that nothing is new, so that Tock publishes no other export.
        return records
    # A walk-in has no id: it replaces nothing.
    by_id = {record["id"]: record for record in changes if "id" in record}
    known = {record.get("id") for record in records}
    kept = [by_id.get(record.get("id"), record) for record in records if record.get("id") not in removed]
    return (*kept, *(record for record in changes if record.get("id") is None or record["id"] not in known))


def skewed(world: World, by: timedelta) -> World:
    """The world as a Commerce7 whose clock is wrong tells it: each `updatedAt` is shifted, nothing else."""
    return replace(
        world,
        customers=_shifted(world.customers, by),
        orders=_shifted(world.orders, by),
        products=_shifted(world.products, by),
        clubs=_shifted(world.clubs, by),
        club_memberships=_shifted(world.club_memberships, by),
    )


def _shifted(records: Sequence[Record], by: timedelta) -> tuple[Record, ...]:
    return tuple({**record, "updatedAt": _later(record["updatedAt"], by)} for record in records)


def _later(instant: Any, by: timedelta) -> str:
    return iso(datetime.fromisoformat(instant) + by)
