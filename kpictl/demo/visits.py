"""What is booked for one day: who comes, when, and how it ends."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from kpictl.demo import experiences
from kpictl.demo.bills import Bill, bill, with_gift_card
from kpictl.demo.experiences import Experience
from kpictl.demo.people import People, Person
from kpictl.demo.rng import count_around, stream
from kpictl.demo.season import during, is_closed, traffic
from kpictl.demo.traps import VisitTrap, visit_traps

_BOOKINGS_A_DAY = 8.6
_EVENT_BOOKINGS = 24
_NUMBERS_A_DAY = 1000
_NUMBER_FROM_DAY = 700_000
_BIG = 2**60
_CODE = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_PARTIES = (1, 2, 2, 2, 2, 3, 4, 4, 5, 6, 8)
_ENDS = {
    "LEFT": 62.0,
    "FINISHED": 12.0,
    "SEATED": 6.0,
    "ARRIVED": 4.0,
    "PARTIALLY_ARRIVED": 1.5,
    "PARTIALLY_SEATED": 1.5,
    "NO_SHOW": 4.0,
    "EXPECTED": 5.0,
    "AWAITING_RESPONSE": 1.0,
    "CONFIRMED_VIA_TEXT": 1.8,
    "CONFIRMED_VIA_EMAIL": 1.2,
}
_END_STATES, _END_WEIGHTS = tuple(_ENDS), tuple(_ENDS.values())


@dataclass(frozen=True, slots=True)
class Visit:
    """A booking or a walk-in with its whole life, from the booking to the end, whenever the world ends."""

    number: int
    day: date
    service: datetime
    created: datetime
    cancelled: datetime | None
    party: int
    end_state: str
    experience: Experience | None
    variety: str
    patron: Person | None
    code: str
    bill: Bill
    cancelled_bill: Bill
    is_other_venue: bool = False
    is_transferred_out: bool = False
    has_stale_copy: bool = False

    @property
    def is_walkin(self) -> bool:
        return self.experience is None


@dataclass(frozen=True, slots=True)
class Book:
    """The reservation book."""

    seed: int
    people: People

    def visits(self, day: date) -> Iterator[Visit]:
        if is_closed(day):
            return
        rng, busy = stream(self.seed, day, "visits"), traffic(day)
        first = (day.toordinal() - _NUMBER_FROM_DAY) * _NUMBERS_A_DAY
        nth = 0
        for nth in range(max(1, count_around(rng, _BOOKINGS_A_DAY * busy))):
            yield self._visit(rng, first + nth, day)
        event = experiences.of_event(day)
        for _ in range(count_around(rng, _EVENT_BOOKINGS) if event else 0):
            nth += 1
            yield self._visit(rng, first + nth, day, of=event)
        for trap in visit_traps(day):
            for visit in self._trapped(trap, first + nth + 1, day):
                nth += 1
                yield visit

    def _visit(
        self, rng: Random, number: int, day: date, *, of: Experience | None = None, variety: str | None = None
    ) -> Visit:
        # Every draw happens, so that a trap or an event does not shift what follows.
        is_walkin, usual = rng.random() < 0.06, experiences.booked(rng, day)
        experience = of or usual
        chosen = variety or rng.choice(experience.varieties)
        party, state = rng.choice(_PARTIES), rng.choices(_END_STATES, _END_WEIGHTS)[0]
        service = during(rng, day, 18, 19) if chosen == "EVENT" else _slot(rng, day)
        lead = timedelta(seconds=int(rng.expovariate(1 / (9 * 86_400))) + 1800)
        gives_up, at, kept = rng.random() < 0.09, rng.random(), rng.choice((0.0, 0.0, 0.5, 1.0))
        patron, code = self.people.pick(rng, day), "".join(rng.choices(_CODE, k=8))
        is_honoured = state not in {"NO_SHOW", "AWAITING_RESPONSE"}
        spent = bill(rng, experience, chosen, party, is_honoured=is_honoured, risen=1.03 ** (day.year - 2025))
        if is_walkin and of is None:
            created = service - timedelta(minutes=5)
            return Visit(number, day, service, created, None, party, "LEFT", None, "", None, "", Bill(), Bill())
        created = service - lead
        return Visit(
            number,
            day,
            service,
            created,
            created + lead * at if gives_up else None,
            party,
            state,
            experience,
            chosen,
            patron,
            code,
            spent,
            _given_up(spent, chosen, kept) if gives_up else spent,
        )

    def _trapped(self, trap: VisitTrap, number: int, day: date) -> Iterator[Visit]:
        rng = stream(self.seed, day, trap)
        plain = replace(self._visit(rng, number, day, of=experiences.ESTATE), end_state="LEFT", cancelled=None)
        gone = replace(plain, cancelled=plain.created + (plain.service - plain.created) / 2)
        paid = plain.bill.paid
        match trap:
            case VisitTrap.PICKUP:
                yield replace(self._visit(rng, number, day, of=experiences.PARTY, variety="PICKUP"), cancelled=None)
            case VisitTrap.DELIVERY:
                yield replace(self._visit(rng, number, day, of=experiences.LIBRARY, variety="DELIVERY"), cancelled=None)
            case VisitTrap.TRANSFER:
                taker = self.people.pick(rng, day)
                yield replace(plain, is_transferred_out=True, bill=plain.bill.with_refund(paid), end_state="EXPECTED")
                yield replace(plain, number=number + 1, patron=taker, code=plain.code[::-1])
            case VisitTrap.OTHER_VENUE:
                yield replace(plain, is_other_venue=True)
            case VisitTrap.UNMAPPED:
                for nth in range(2):
                    yield replace(self._visit(rng, number + nth, day, of=experiences.YOGA), cancelled=None)
            case VisitTrap.STALE_DUPLICATE:
                yield replace(plain if day.month % 2 else gone, has_stale_copy=True)
            case VisitTrap.ZERO_KEPT:
                yield replace(gone, cancelled_bill=plain.bill.with_refund(paid))
            case VisitTrap.PART_KEPT:
                yield replace(gone, cancelled_bill=plain.bill.with_refund(paid // 2))
            case VisitTrap.ALL_KEPT:
                yield replace(gone, cancelled_bill=plain.bill)
            case VisitTrap.DEFERRED_REFUND:
                yield replace(gone, cancelled_bill=plain.bill.with_refund(paid, "DEFERRED"))
            case VisitTrap.FAILED_REFUND:
                yield replace(gone, cancelled_bill=plain.bill.with_refund(paid, "ERROR"))
            case VisitTrap.DISPUTE:
                yield replace(plain, bill=plain.bill.with_refund(paid, is_dispute=True))
            case VisitTrap.NO_SHOW:
                yield replace(plain, end_state="NO_SHOW")
            case VisitTrap.GIFT_CARD:
                yield replace(plain, bill=with_gift_card(plain.bill))
            case VisitTrap.BIG_ID:
                yield replace(plain, number=_BIG + number)
            case VisitTrap.STILL_EXPECTED:
                yield replace(plain, end_state="EXPECTED")


def _slot(rng: Random, day: date) -> datetime:
    """Tables are given on the half hour from 10:00 to 16:30."""
    whole = during(rng, day, 10, 17)
    return whole.replace(minute=whole.minute // 30 * 30, second=0, microsecond=0)


def _given_up(spent: Bill, variety: str, kept: float) -> Bill:
    """Of what was paid ahead, the winery keeps a part; at the table nobody pays ahead."""
    ahead = replace(spent, paid=0) if variety == "TABLESIDE" else spent
    return ahead.with_refund(ahead.paid - int(ahead.paid * kept))
