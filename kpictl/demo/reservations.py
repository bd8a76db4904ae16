"""Tock's records: reservations as an export of the last evening shows them, in all encodings; and guests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from kpictl.demo.bills import Bill
from kpictl.demo.people import Person
from kpictl.demo.rng import Record, stream
from kpictl.demo.season import ZONE, instant, milliseconds, next_open
from kpictl.demo.visits import Visit

BUSINESS_ID, BUSINESS_GROUP_ID = "12345", "678"
_VENUES = {
    False: {"id": BUSINESS_ID, "name": "Example Estate", "domainName": "example-estate"},
    True: {"id": "99999", "name": "Sister Estate", "domainName": "sister-estate"},
}
_PLACE: Record = {"locale": "en_US", "currencyCode": "USD", "timeZone": "America/Los_Angeles"}
_NUMERIC = ("id", "walkinId", "serviceDateTimestamp", "createdTimestamp", "lastUpdatedTimestamp", "versionId")
_SERVERS = ("Avery", "Robin", "Noah and Mia", "Ines")


@dataclass(frozen=True, slots=True)
class _Style:
    """How a record is written: 64-bit numbers as strings, defaults left out, the time without its date."""

    is_numeric: bool
    omits_defaults: bool
    is_time_only: bool
    has_empty_id: bool


def records(seed: int, visits: Iterable[Visit], now: datetime) -> tuple[list[Record], list[Record]]:
    """The records of all that is booked by now, and older copies of a few of them."""
    current: list[Record] = []
    stale: list[Record] = []
    chances: dict[date, Random] = {}
    for visit in visits:
        rng = chances.get(visit.day)
        if rng is None:
            rng = chances[visit.day] = stream(seed, visit.day, "encoding")
        style = _Style(rng.random() < 0.15, rng.random() < 0.3, rng.random() < 0.04, rng.random() < 0.5)
        server = rng.choice(_SERVERS)
        if visit.created >= now:
            continue
        updated, state, bill = _outcome(visit, now)
        record = _record(visit, updated, state, bill, server)
        current.append(_encoded(record, style))
        if visit.has_stale_copy and updated > visit.created:
            older = _record(replace(visit, party=visit.party + 1), visit.created, "EXPECTED", visit.bill, "")
            stale.append(_encoded(older, replace(style, is_numeric=not style.is_numeric)))
    return current, stale


def _outcome(visit: Visit, now: datetime) -> tuple[datetime, str, Bill]:
    """When it was last touched, its state and its money, as far as it has come by now."""
    if visit.cancelled and visit.cancelled < now:
        return visit.cancelled, "CANCELLED", visit.cancelled_bill
    if visit.service < now:
        return visit.service + timedelta(minutes=95), visit.end_state, visit.bill
    ahead = replace(visit.bill, paid=0) if visit.variety == "TABLESIDE" else visit.bill
    return visit.created, "EXPECTED", ahead


def _record(visit: Visit, updated: datetime, state: str, bill: Bill, server: str) -> Record:
    key = {"walkinId": str(visit.number)} if visit.is_walkin else {"id": str(visit.number)}
    head: Record = {
        **key,
        "business": {**_VENUES[visit.is_other_venue], **_PLACE},
        "dateTime": f"{visit.service.astimezone(ZONE):%Y-%m-%dT%H:%M}",
        "serviceDateTimestamp": str(milliseconds(visit.service)),
        "createdTimestamp": str(milliseconds(visit.created)),
        "lastUpdatedTimestamp": str(milliseconds(updated)),
        "partySize": visit.party,
        "partyState": state,
        "isCancelled": state == "CANCELLED",
        "transferredOut": visit.is_transferred_out,
        "transferredOutAmountCents": bill.total if visit.is_transferred_out else 0,
        "versionId": str(milliseconds(updated) + 123),
        "sequenceId": 0 if updated == visit.created else 3,
    }
    experience, patron = visit.experience, visit.patron
    if experience is None or patron is None:
        return head
    return {
        **head,
        "confirmationCode": visit.code,
        "serverName": server,
        "experience": {
            "id": str(experience.id),
            "name": experience.name,
            "amountCents": str(bill.experience),
            "posSku": experience.sku,
            "variety": visit.variety,
        },
        **bill.fields(visit.number * 10),
        "ownerPatron": _patron(patron),
        "dinerPatron": _patron(patron),
        "visitTag": [],
        "table": [],
    }


def _patron(person: Person) -> Record:
    patron = {
        "id": str(person.patron_id),
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
        "phone": person.phone,
        "phoneCountryCode": "+1 US",
        "zipCode": person.town[2],
        "isoCountryCode": "US",
    }
    return patron if person.email else {key: value for key, value in patron.items() if key != "email"}


def _encoded(record: Record, style: _Style) -> Record:
    if style.is_time_only:
        record["dateTime"] = record["dateTime"][-5:]
    if style.is_numeric:
        for key in _NUMERIC:
            if key in record:
                record[key] = int(record[key])
        record["business"]["id"] = int(record["business"]["id"])
        if "experience" in record:
            record["experience"]["id"] = int(record["experience"]["id"])
    if style.has_empty_id and "walkinId" in record:
        record["id"] = ""
    if style.omits_defaults:
        return {key: value for key, value in record.items() if value not in (0, "", [])}
    return record


def guest_records(reservations: Iterable[Mapping[str, Any]], people: Iterable[Person]) -> Iterator[Record]:
    """The profiles of all who have a reservation; an edited one is followed by its successor."""
    seen = {record["dinerPatron"]["id"] for record in reservations if "dinerPatron" in record}
    for person in people:
        if str(person.patron_id) in seen:
            guest = _guest(person)
            if person.patron_id % 31 == 0:
                successor = f"{guest['id']}7"
                yield {**guest, "isArchived": True, "nextGuestProfileId": successor}
                guest = {
                    **guest,
                    "id": successor,
                    "updatedAtTimestamp": str(int(guest["updatedAtTimestamp"]) + 1000),
                }
            yield guest


def _guest(person: Person) -> Record:
    created = milliseconds(instant(next_open(person.joined), 10 * 3600))
    tags = ["Club Member"] if person.patron_id % 5 == 0 else []
    link = {
        "businessId": BUSINESS_ID,
        "patronId": str(person.patron_id),
        "type": "COMMERCE7",
        "attribute": "contactId",
        "stringValue": person.id,
    }
    return {
        "id": str(90_000_000 + person.patron_id),
        "businessGroupId": BUSINESS_GROUP_ID,
        "patron": _patron(person),
        "businessGuestProfile": [{"business": {**_VENUES[False], **_PLACE}, "note": [], "tag": tags}],
        "tag": tags,
        "attribute": [link] if person.is_linked else [],
        "canEdit": False,
        "isArchived": False,
        "optIn": person.patron_id % 2 == 0,
        "optInSource": "PURCHASE",
        "versionId": "3",
        "createdAtTimestamp": str(created),
        "updatedAtTimestamp": str(created),
    }
