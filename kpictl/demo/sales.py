"""What is sold on one day: at the tills, on the site, by phone, to the club and for events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from kpictl.demo.cellar import Cellar, Shelf
from kpictl.demo.clubs import Clubs
from kpictl.demo.events import Event, on_sale
from kpictl.demo.orders import Line, Sale, line
from kpictl.demo.people import People
from kpictl.demo.returns import Return
from kpictl.demo.rng import Record, count_around, stream
from kpictl.demo.season import during, growth, instant, is_closed, is_shipment, traffic, web_traffic
from kpictl.demo.trapped_sales import trapped
from kpictl.demo.traps import order_traps

_POS_A_DAY = 5.2
_WEB_A_DAY = 1.1
_PHONE_A_DAY = 0.45
_RETURNED_SHARE = 0.02
_RETURNS = (Return.FULL, Return.PARTIAL, Return.PARTIAL, Return.SHIPPING, Return.AMOUNT, Return.EXCHANGE)


@dataclass(frozen=True, slots=True)
class Plan:
    """A sale, and what will come of it."""

    sale: Sale
    back: Return | None = None
    back_after_days: int = 0


@dataclass(frozen=True, slots=True)
class Shop:
    seed: int
    people: People
    cellar: Cellar
    clubs: Clubs

    def plans(self, day: date) -> Iterator[Plan]:
        """Every sale of the day but the returns and the orders that come from Tock."""
        if is_closed(day):
            return
        rng, shelf = stream(self.seed, day, "sales"), self.cellar.on_sale(day)
        # An open day has at least one sale, so that zero means closed.
        for _ in range(max(1, count_around(rng, _POS_A_DAY * traffic(day)))):
            yield self._maybe_back(rng, self._pos(rng, shelf, day))
        for _ in range(count_around(rng, _WEB_A_DAY * web_traffic(day))):
            yield self._maybe_back(rng, self._web(rng, shelf, day))
        for _ in range(count_around(rng, _PHONE_A_DAY * growth(day))):
            yield self._maybe_back(rng, self._phone(rng, shelf, day))
        for event in on_sale(day):
            yield from (Plan(sale) for sale in self._event(rng, shelf, day, event))
        if is_shipment(day):
            yield from self._shipment(shelf, day)
        for trap in order_traps(day):
            special = stream(self.seed, day, trap)
            yield Plan(*trapped(trap, special, shelf, self.people.pick(special, day), day))

    def _maybe_back(self, rng: Random, sale: Sale) -> Plan:
        happens, kind, after = rng.random() < _RETURNED_SHARE, rng.choice(_RETURNS), rng.randrange(1, 60)
        return Plan(sale, kind, after) if happens else Plan(sale)

    def _pos(self, rng: Random, shelf: Shelf, day: date) -> Sale:
        person = self.people.pick(rng, day)
        lines = _wines(rng, shelf, rng.choice((1, 1, 1, 2, 2)), 4, rng.choice((0, 0, 0, 10, 20)))
        if rng.random() < 0.12:
            lines.append(line(shelf.other["TASTE-EST"], rng.randrange(1, 5)))
        if rng.random() < 0.08:
            lines.append(line(shelf.other[rng.choice(("GLASS", "TOTE"))], rng.randrange(1, 4)))
        has_tip, tip = rng.random() < 0.35, rng.randrange(3, 40) * 100
        is_late, is_known = rng.random() < 0.15, rng.random() >= 0.2
        at = during(rng, day, 17, 22) if is_late else during(rng, day, 10, 17)
        return Sale(at, "POS", lines, person.id if is_known else None, tip=tip if has_tip else 0)

    def _web(self, rng: Random, shelf: Shelf, day: date) -> Sale:
        person = self.people.pick(rng, day)
        lines = _wines(rng, shelf, rng.choice((1, 2, 2)), 6, rng.choice((0, 0, 10)))
        if rng.random() < 0.05:
            lines.append(line(shelf.bundle, 1))
        at = during(rng, day, 0, 24)
        return Sale(at, "Web", lines, person.id, shipping=rng.choice((0, 1500, 2000, 2900)), meta=_meta(rng))

    def _phone(self, rng: Random, shelf: Shelf, day: date) -> Sale:
        person = self.people.pick(rng, day)
        lines = _wines(rng, shelf, rng.choice((1, 2)), 12, rng.choice((0, 10)))
        return Sale(during(rng, day, 9, 17), "Inbound", lines, person.id, shipping=rng.choice((0, 2900)))

    def _shipment(self, shelf: Shelf, day: date) -> Iterator[Plan]:
        rng = stream(self.seed, day, "shipment")
        noon = instant(day, 12 * 3600)
        for membership in self.clubs.before(day):
            if not membership.takes_shipment(noon) or rng.random() < 0.1:
                continue
            lines = _wines(rng, shelf, rng.choice((1, 1, 2)), 3, 20)
            at, shipping = during(rng, day, 7, 12), rng.choice((1500, 2000))
            sale = Sale(
                at,
                "Club",
                lines,
                membership.person.id,
                shipping=shipping if membership.delivery == "Ship" else None,
                club=self._club(membership.club, day),
            )
            yield self._maybe_back(rng, sale)

    def _club(self, club: int, day: date) -> Record:
        return {
            "clubId": self.clubs.id(club),
            "clubTitle": self.clubs.title(club),
            "clubPackageTitle": f"{day:%B %Y}",
        }

    def _event(self, rng: Random, shelf: Shelf, day: date, event: Event) -> Iterator[Sale]:
        is_today = event.day == day
        tickets = count_around(rng, 1.4 if is_today else 0.6)
        for nth in range(max(tickets, 1 if (event.day - day).days % 10 == 3 else 0)):
            meta = event_meta("Event Fee", event.day.isoformat())
            channel = "POS" if is_today else ("Web", "Web", "Inbound")[nth % 3]
            at = during(rng, day, 9, 18)
            lines = [line(shelf.other[event.sku], rng.randrange(1, 5))]
            yield Sale(at, channel, lines, self.people.pick(rng, day).id, meta=meta)
        if is_today:
            for nth in range(4 + count_around(rng, 5)):
                # The date was filled in, or not, in every way that a form allows.
                meta = event_meta("Event Wine", (day.isoformat(), None, "", ...)[nth % 4])
                lines = _wines(rng, shelf, 2, 4, 10)
                yield Sale(during(rng, day, 18, 22), "POS", lines, self.people.pick(rng, day).id, meta=meta)
        elif (event.day - day).days == 1:
            meta = event_meta("Event Wine", (day + timedelta(days=1)).isoformat())
            yield Sale(during(rng, day, 9, 17), "Inbound", _wines(rng, shelf, 1, 12, 10), None, meta=meta)


def event_meta(kind: str, realized: object) -> Record:
    """The metadata of an event order; `...` leaves the date out."""
    meta: Record = {"event-specific-sale": True, "event-fee-or-wine": kind}
    return meta if realized is ... else {**meta, "event-revenue-relization-date": realized}


def _meta(rng: Random) -> Record | None:
    chosen = rng.randrange(10)
    if chosen == 0:
        return {"event-specific-sale": False}
    return {"gift-note": "Happy birthday"} if chosen == 1 else None


def _wines(rng: Random, shelf: Shelf, lines_max: int, quantity_max: int, percent_off: int) -> list[Line]:
    wines = rng.sample(shelf.wines, lines_max)
    if rng.random() < 0.03:
        wines[0] = shelf.magnum
    return [line(wine, rng.randint(1, quantity_max), percent_off=percent_off) for wine in wines]
