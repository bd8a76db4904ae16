"""Who comes: the people behind Commerce7's customers and Tock's guests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from kpictl.demo.rng import Record, count_around, stream, uuid
from kpictl.demo.season import growth, instant, iso, next_open


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _names(
    "Dana Avery Robin Noah Mia Ines Omar Wei Priya Elena Jonah Ruth Carlos Fatima Greta Hugo Lena"
    " Marco Nadia Oscar Paula Quinn Rosa Sam Tess Uma Viktor Wanda Yara Zoe"
)
_LAST = _names(
    "Okafor Lane Nguyen Garcia Rossi Haas Silva Cohen Patel Kim Brandt Moreau Novak Ortiz Weber Ito"
    " Larsen Dubois Adeyemi Castillo Fischer Hughes Ivanov Jansen Keller Lopez Meyer Nilsson Price Reyes"
)
_TOWNS = (
    ("Sonoma", "CA", "95476"),
    ("Napa", "CA", "94558"),
    ("San Francisco", "CA", "94110"),
    ("Sacramento", "CA", "95814"),
    ("Portland", "OR", "97209"),
    ("Seattle", "WA", "98101"),
    ("Austin", "TX", "78701"),
    ("Chicago", "IL", "60614"),
)
_NEW_A_DAY = 2.8
_MEMORY_DAYS = 400
_ID_FROM = 700_000


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    patron_id: int
    joined: date
    first: str
    last: str
    email: str | None
    phone: str
    town: tuple[str, str, str]
    is_linked: bool
    """Whether Tock knows the person's Commerce7 id."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, by the day of the first visit; who was never asked for is not made."""

    seed: int
    _by_day: dict[date, tuple[Person, ...]] = field(default_factory=dict)

    def joined(self, day: date) -> tuple[Person, ...]:
        known = self._by_day.get(day)
        if known is None:
            known = self._by_day[day] = self._new(day)
        return known

    def pick(self, rng: Random, day: date) -> Person:
        """Somebody who has come before, or comes for the first time: recent people most often."""
        back = min(int(rng.expovariate(1 / 110)), _MEMORY_DAYS)
        return rng.choice(self.joined(day - timedelta(days=back)))

    def between(self, first: date, last: date) -> Iterable[Person]:
        day = first - timedelta(days=_MEMORY_DAYS)
        while day <= last:
            yield from self.joined(day)
            day += timedelta(days=1)

    def _new(self, day: date) -> tuple[Person, ...]:
        rng = stream(self.seed, day, "people")
        many = min(9, max(1, count_around(rng, _NEW_A_DAY * growth(day))))
        return tuple(_person(rng, day, nth) for nth in range(many))


def _person(rng: Random, day: date, nth: int) -> Person:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    number = (day.toordinal() - _ID_FROM) * 10 + nth
    has_email = rng.random() >= 0.03
    return Person(
        id=uuid(rng),
        patron_id=number,
        joined=day,
        first=first,
        last=last,
        email=f"{first}.{last}.{number}@example.com".lower() if has_email else None,
        phone=f"707555{rng.randrange(10_000):04d}",
        town=rng.choice(_TOWNS),
        is_linked=rng.random() < 0.7,
    )


def customer_records(
    people: Iterable[Person], orders: Iterable[Record], memberships: Iterable[Record]
) -> Iterable[Record]:
    """Commerce7's customers, with what their orders and memberships say of them."""
    bought = _grouped(orders)
    clubs = _grouped(memberships)
    for person in people:
        yield _customer(person, bought.get(person.id, ()), clubs.get(person.id, ()))


def _grouped(records: Iterable[Record]) -> Mapping[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        if record["customerId"] is not None:
            groups.setdefault(record["customerId"], []).append(record)
    return groups


def _customer(person: Person, orders: Iterable[Record], memberships: Iterable[Record]) -> Record:
    paid = [order for order in orders if order["paymentStatus"] == "Paid"]
    last = max(paid, key=lambda order: str(order["orderPaidDate"]), default=None)
    created = iso(instant(next_open(person.joined), 10 * 3600))
    city, state, postcode = person.town
    clubs = [
        {
            "clubId": membership["clubId"],
            "clubTitle": membership["club"]["title"],
            "signupDate": membership["signupDate"],
            "cancelDate": membership["cancelDate"],
            "clubMembershipId": membership["id"],
        }
        for membership in memberships
    ]
    return {
        "id": person.id,
        "honorific": None,
        "firstName": person.first,
        "lastName": person.last,
        "birthDate": None,
        "city": city,
        "stateCode": state,
        "zipCode": postcode,
        "countryCode": "US",
        "emailMarketingStatus": "Subscribed" if person.patron_id % 3 else None,
        "metaData": None,
        "flags": [],
        "orderInformation": {
            "lastOrderId": last["id"] if last else None,
            "lastOrderDate": last["orderSubmittedDate"] if last else None,
            "orderCount": len(paid),
            "lifetimeValue": sum(order["total"] for order in paid),
            "acquisitionChannel": "POS",
        },
        "emails": [{"id": person.id, "email": person.email, "status": "Ok"}] if person.email else [],
        "phones": [{"id": person.id, "phone": f"+1{person.phone}"}],
        "tags": [],
        "groups": [],
        "clubs": clubs,
        "createdAt": created,
        "updatedAt": max([created, *(order["updatedAt"] for order in paid)]),
    }
