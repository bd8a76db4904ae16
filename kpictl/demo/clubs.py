"""The wine clubs: who signs up, who leaves and when that is known."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from kpictl.demo.people import People, Person
from kpictl.demo.rng import Record, count_around, named_uuid, stream, uuid
from kpictl.demo.season import (
    MEMBER_LIFE_DAYS_MAX,
    days,
    during,
    end_of,
    growth,
    is_closed,
    iso,
    local_day,
    next_open,
    traffic,
)
from kpictl.demo.traps import MemberTrap, member_traps

_CLUBS = (
    ("Estate Club", "Traditional", 0.55),
    ("Reserve Club", "Traditional", 0.25),
    ("Explorer Club", "Subscription", 0.20),
)
_SIGNUPS_A_DAY = 0.72
_LIFE_DAYS_MEAN = 480
_NOTICE_DAYS = 30
_REASONS = (
    "Too much wine",
    "Financial reasons",
    "Health reasons",
    "Moving",
    "Switching to another club",
    "Other",
)


@dataclass(frozen=True, slots=True)
class Membership:
    id: str
    person: Person
    club: int
    signup: datetime
    cancel: datetime
    """When it ends, which may be long after the world does."""
    reason: str
    loses_cancel_date: bool
    gives_notice: bool
    hold: tuple[datetime, datetime | None] | None
    delivery: str

    def is_known_to_end(self, now: datetime) -> bool:
        known_from = self.cancel - timedelta(days=_NOTICE_DAYS) if self.gives_notice else self.cancel
        return known_from < now

    def is_held(self, at: datetime) -> bool:
        return self.hold is not None and self.hold[0] <= at and (self.hold[1] is None or at < self.hold[1])

    def takes_shipment(self, at: datetime) -> bool:
        return self.signup <= at < self.cancel and not self.is_held(at)


@dataclass(frozen=True, slots=True)
class Clubs:
    seed: int
    people: People
    _by_day: dict[date, tuple[Membership, ...]] = field(default_factory=dict)
    _ids: dict[int, str] = field(default_factory=dict)

    def signed_up(self, day: date) -> tuple[Membership, ...]:
        """The memberships that begin on a day, or follow from one that does."""
        known = self._by_day.get(day)
        if known is None:
            known = self._by_day[day] = () if is_closed(day) else tuple(self._new(day))
        return known

    def before(self, day: date) -> Iterable[Membership]:
        """All who can still be members on the day."""
        for earlier in days(day - timedelta(days=MEMBER_LIFE_DAYS_MAX), day):
            yield from self.signed_up(earlier)

    def title(self, club: int) -> str:
        return _CLUBS[club][0]

    def id(self, club: int) -> str:
        if club not in self._ids:
            self._ids[club] = named_uuid(self.seed, "club", _CLUBS[club][0])
        return self._ids[club]

    def records(self) -> tuple[Record, ...]:
        return tuple(
            {
                "id": self.id(club),
                "title": title,
                "type": kind,
                "slug": title.lower().replace(" ", "-"),
                "webStatus": "Available",
                "adminStatus": "Available",
                "createdAt": "2015-03-01T18:00:00.000Z",
                "updatedAt": "2015-03-01T18:00:00.000Z",
            }
            for club, (title, kind, _) in enumerate(_CLUBS)
        )

    def membership_records(self, first: date, last: date) -> Iterable[Record]:
        """The memberships of which anything falls between the two days."""
        now = end_of(last)
        for day in days(first - timedelta(days=MEMBER_LIFE_DAYS_MAX), last):
            for membership in self.signed_up(day):
                if membership.signup < now and local_day(membership.cancel) >= first:
                    yield self._record(membership, now)

    def _new(self, day: date) -> Iterable[Membership]:
        rng = stream(self.seed, day, "clubs")
        for _ in range(count_around(rng, _SIGNUPS_A_DAY * traffic(day))):
            yield _membership(rng, self.people.pick(rng, day), day)
        for trap in member_traps(day):
            yield from self._trapped(rng, trap, day)

    def _trapped(self, rng: Random, trap: MemberTrap, day: date) -> Iterable[Membership]:
        person = self.people.pick(rng, day)
        soon = next_open(day + timedelta(days=20))
        match trap:
            case MemberTrap.LOST_CANCEL_DATE:
                yield _membership(rng, person, day, life=12, loses_cancel_date=True)
            case MemberTrap.DOUBLE:
                yield _membership(rng, person, day, life=300, club=0)
                yield _membership(rng, person, soon, life=300, club=0)
            case MemberTrap.COMES_BACK:
                yield _membership(rng, person, day, life=10, club=1)
                yield _membership(rng, person, soon, life=500, club=1)
            case MemberTrap.SWITCHES:
                switched = _membership(rng, person, day, life=20, club=2, reason="Switching to another club")
                yield switched
                yield _membership(rng, person, local_day(switched.cancel), life=500, club=0)
            case MemberTrap.SAME_DAY:
                yield _membership(rng, person, day, life=0)
            case MemberTrap.NOTICE:
                yield _membership(rng, person, day, life=45, gives_notice=True)
            case MemberTrap.HOLD:
                yield _membership(rng, person, day, life=700, holds_after=10)

    def _record(self, membership: Membership, now: datetime) -> Record:
        ended, known = membership.cancel < now, membership.is_known_to_end(now)
        hold = membership.hold if membership.hold and membership.hold[0] < now else None
        status = "Cancelled" if ended else "On Hold" if membership.is_held(now) else "Active"
        person, title = membership.person, self.title(membership.club)
        known_at = membership.cancel if ended else now - timedelta(hours=30)
        updated = max([membership.signup, *([known_at] if known else []), *([hold[0]] if hold else [])])
        return {
            "id": membership.id,
            "status": status,
            "clubType": _CLUBS[membership.club][1],
            "customerId": person.id,
            "clubId": self.id(membership.club),
            "orderDeliveryMethod": membership.delivery,
            "signupDate": iso(membership.signup),
            "cancelDate": iso(membership.cancel) if known and not membership.loses_cancel_date else None,
            "cancellationReason": membership.reason if known else None,
            "acquisitionChannel": "POS",
            "currentNumberOfShipments": max(0, (min(now, membership.cancel) - membership.signup).days // 91),
            "createdAt": iso(membership.signup),
            "updatedAt": iso(updated),
            "customer": {"id": person.id, "firstName": person.first, "lastName": person.last},
            "club": {"id": self.id(membership.club), "title": title, "slug": title.lower().replace(" ", "-")},
            "onHolds": [_hold_record(membership.id, hold)] if hold else [],
        }


def _hold_record(membership_id: str, hold: tuple[datetime, datetime | None]) -> Record:
    start, end = hold
    return {
        "id": named_uuid(0, "hold", membership_id),
        "startDate": iso(start),
        "endDate": iso(end) if end else None,
        "holdReason": "Away from home",
        "holdComments": None,
    }


def _membership(
    rng: Random,
    person: Person,
    day: date,
    *,
    life: int | None = None,
    club: int | None = None,
    reason: str | None = None,
    loses_cancel_date: bool = False,
    gives_notice: bool | None = None,
    holds_after: int | None = None,
) -> Membership:
    # Every draw happens whatever the arguments say, so that one trap does not shift the next one's numbers.
    drawn_life = rng.expovariate(1 / (_LIFE_DAYS_MEAN * growth(day) ** 0.5))
    drawn_club = rng.choices(range(len(_CLUBS)), weights=[share for _, _, share in _CLUBS])[0]
    drawn_reason, drawn_notice = rng.choice(_REASONS), rng.random() < 0.4
    drawn_lost, drawn_hold, hold_days = (
        rng.random() < 0.01,
        rng.random() < 0.08,
        rng.choice((60, 90, 120, None)),
    )
    hold_after, membership_id, delivery = (
        rng.randrange(30, 400),
        uuid(rng),
        rng.choice(("Ship", "Ship", "Pickup")),
    )
    long_life = MEMBER_LIFE_DAYS_MAX - rng.randrange(1, 300)
    signup = during(rng, day, 10, 16)
    length = min(int(drawn_life), long_life) if life is None else life
    ends_on = next_open(day + timedelta(days=length))
    hold_start = signup + timedelta(days=holds_after or hold_after)
    is_held = holds_after is not None or (drawn_hold and life is None)
    return Membership(
        id=membership_id,
        person=person,
        club=drawn_club if club is None else club,
        signup=signup,
        cancel=during(rng, ends_on, 16, 21),
        reason=reason or drawn_reason,
        loses_cancel_date=loses_cancel_date or (drawn_lost and life is None),
        gives_notice=drawn_notice if gives_notice is None else gives_notice,
        hold=(hold_start, hold_start + timedelta(days=hold_days) if hold_days else None) if is_held else None,
        delivery=delivery,
    )
