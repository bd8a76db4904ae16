"""The simulated winery: about three years of it, as its two APIs would tell them on the last evening."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from kpictl.demo.cellar import Cellar
from kpictl.demo.clubs import Clubs
from kpictl.demo.imports import imported
from kpictl.demo.orders import Sale, order_record
from kpictl.demo.people import People, customer_records
from kpictl.demo.reservations import guest_records, records
from kpictl.demo.returns import Pending, Return, is_possible, link, returned
from kpictl.demo.rng import Record, stream
from kpictl.demo.sales import Shop
from kpictl.demo.season import days, during, end_of, next_open
from kpictl.demo.visits import Book, Visit

_BOOKED_AHEAD_DAYS = 30
_NUMBERS_A_DAY = 2000
_NUMBER_FROM_DAY = 735_000


@dataclass(frozen=True)
class World:
    """Both days are the winery's own and belong to it; reservations of the weeks after are booked already."""

    seed: int
    first_day: date
    last_day: date
    customers: tuple[Record, ...]
    orders: tuple[Record, ...]
    products: tuple[Record, ...]
    clubs: tuple[Record, ...]
    club_memberships: tuple[Record, ...]
    reservations: tuple[Record, ...]
    guests: tuple[Record, ...]


def simulate(*, last_day: date, seed: int = 7, years: int = 3) -> World:
    """The same world for the same arguments; one that ends later tells the same days again and goes on."""
    first_day = date(last_day.year - years, last_day.month, 1)
    now = end_of(last_day)
    people, cellar = People(seed), Cellar(seed)
    clubs, book = Clubs(seed, people), Book(seed, people)
    shop = Shop(seed, people, cellar, clubs)
    visits = [
        visit for day in days(first_day, last_day + timedelta(days=_BOOKED_AHEAD_DAYS)) for visit in book.visits(day)
    ]
    orders = _orders(shop, visits, days(first_day, last_day))
    memberships = tuple(clubs.membership_records(first_day, last_day))
    reservations, stale = records(seed, visits, now)
    everybody = tuple(people.between(first_day, last_day))
    return World(
        seed=seed,
        first_day=first_day,
        last_day=last_day,
        customers=tuple(customer_records(everybody, orders, memberships)),
        orders=tuple(orders),
        products=cellar.records(range(first_day.year, last_day.year + 1)),
        clubs=clubs.records(),
        club_memberships=memberships,
        # The older copies come last, so that a later file holds them.
        reservations=(*reservations, *stale),
        guests=tuple(guest_records(reservations, everybody)),
    )


def _orders(shop: Shop, visits: Iterable[Visit], open_days: Iterable[date]) -> list[Record]:
    ledger, by_day = _Ledger(shop.seed), _by_day(visits)
    for day in open_days:
        for plan in shop.plans(day):
            ledger.sell(plan.sale, day, plan.back, plan.back_after_days)
        for sale in imported(shop.seed, by_day.get(day, ()), day):
            ledger.sell(sale, day)
        ledger.take_back(day, shop.cellar)
    return ledger.orders


def _by_day(visits: Iterable[Visit]) -> dict[date, list[Visit]]:
    groups: dict[date, list[Visit]] = {}
    for visit in visits:
        groups.setdefault(visit.day, []).append(visit)
    return groups


@dataclass(slots=True)
class _Ledger:
    """The orders so far and the returns to come."""

    seed: int
    orders: list[Record] = field(default_factory=list)
    _pending: dict[date, list[Pending]] = field(default_factory=dict)
    _sold_on: dict[date, int] = field(default_factory=dict)
    _chances: dict[date, Random] = field(default_factory=dict)

    def sell(self, sale: Sale, day: date, back: Return | None = None, after_days: int = 0) -> Record:
        nth = self._sold_on.get(day, 0)
        self._sold_on[day] = nth + 1
        number = (day.toordinal() - _NUMBER_FROM_DAY) * _NUMBERS_A_DAY + nth
        order = order_record(self._chance(day), sale, number)
        self.orders.append(order)
        if back and is_possible(back, order):
            due = next_open(day + timedelta(days=after_days))
            self._pending.setdefault(due, []).append(Pending(back, due, order))
        return order

    def take_back(self, day: date, cellar: Cellar) -> None:
        # The latest sold first: an older one, which a world that begins later lacks, shifts no number.
        for pending in reversed(self._pending.pop(day, [])):
            at = self._moment(pending, day)
            again = Return.EXCHANGE if pending.kind is Return.EXCHANGE_AGAIN else None
            child = self.sell(returned(pending, at, cellar.on_sale(day)), day, again, 10)
            link(pending.origin, child)

    def _chance(self, day: date) -> Random:
        if day not in self._chances:
            self._chances[day] = stream(self.seed, day, "orders")
        return self._chances[day]

    def _moment(self, pending: Pending, day: date) -> datetime:
        return during(stream(self.seed, pending.origin["id"], "return"), day, 10, 17)
