"""The fake Commerce7: Basic credentials and a tenant, lists by page or by cursor, single records."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from kpictl.demo.cellar import department_records, setting_records
from kpictl.demo.exchange import Answer, Request, Texts, dump
from kpictl.demo.filters import BadFilter, predicates
from kpictl.demo.rng import Record
from kpictl.demo.world import World

PREFIX = "/v1/"
_PAGE_SIZE_MAX = 50
_NO_FILTERS = frozenset({"page", "limit", "cursor"})


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the API, its records ordered by id, so that nobody relies on an order by time."""

    key: str
    has_cursor: bool
    texts: Texts
    index: Mapping[str, int]
    timestamps: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a cursor stands: the rows that pass the filters, and how many of them were sent."""

    path: str
    filters: Mapping[str, str]
    rows: Sequence[int]
    sent: int


@dataclass(frozen=True, slots=True)
class Commerce7:
    app_id: str
    app_secret: str
    tenant: str
    page_size: int
    listings: Mapping[str, Listing]
    _walks: dict[str, _Walk] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        if not self._is_known(request.headers):
            return _error(401, "unauthorized", "Unauthenticated User")
        name, _, record_id = request.path.removeprefix(PREFIX).partition("/")
        listing = self.listings.get(name)
        if listing is None:
            return _error(404, "notFound", f"Cannot GET {request.path}")
        if record_id:
            index = listing.index.get(record_id)
            return _error(404, "notFound", f"{name} not found") if index is None else Answer(200, listing.texts[index])
        try:
            if listing.has_cursor and "cursor" in request.query:
                return self._cursor(name, listing, request.query)
            return self._page(listing, request.query)
        except BadFilter as error:
            return _invalid(error.field)

    def _is_known(self, headers: Mapping[str, str]) -> bool:
        pair = b64encode(f"{self.app_id}:{self.app_secret}".encode())
        given = headers.get("authorization", "").encode()
        return hmac.compare_digest(given, b"Basic " + pair) and headers.get("tenant") == self.tenant

    def _page(self, listing: Listing, query: Mapping[str, str]) -> Answer:
        page, limit = query.get("page", "1"), query.get("limit", str(self.page_size))
        if not page.isdecimal() or int(page) < 1:
            return _invalid("page")
        if not limit.isdecimal() or not 1 <= int(limit) <= _PAGE_SIZE_MAX:
            return _invalid("limit")
        rows = _rows(listing, query)
        start = (int(page) - 1) * int(limit)
        some = listing.texts.array(rows[start : start + int(limit)])
        return Answer(200, b'{"%s":%s,"total":%d}' % (listing.key.encode(), some, len(rows)))

    def _cursor(self, path: str, listing: Listing, query: Mapping[str, str]) -> Answer:
        filters = {name: value for name, value in query.items() if name not in _NO_FILTERS}
        cursor = query["cursor"]
        if cursor == "start":
            walk: _Walk | None = _Walk(path, filters, _rows(listing, query), 0)
        else:
            walk = self._walks.get(cursor)
        # A cursor belongs to its list and its filters: a client that drops them on later pages is told.
        if walk is None or walk.path != path or walk.filters != filters:
            return _invalid("cursor")
        sent = walk.sent + self.page_size
        some = listing.texts.array(walk.rows[walk.sent : sent])
        if sent >= len(walk.rows):
            return Answer(200, b'{"%s":%s}' % (listing.key.encode(), some))
        following = _cursor_text(path, filters, sent)
        self._walks[following] = _Walk(path, filters, walk.rows, sent)
        return Answer(200, b'{"%s":%s,"cursor":"%s"}' % (listing.key.encode(), some, following.encode()))


def _rows(listing: Listing, query: Mapping[str, str]) -> Sequence[int]:
    tests = predicates(query, listing.timestamps, listing.plain)
    everything = range(len(listing.texts.records))
    if not tests:
        return everything
    return [row for row in everything if all(test(listing.texts.records[row]) for test in tests)]


def _cursor_text(path: str, filters: Mapping[str, str], sent: int) -> str:
    digest = hashlib.sha256(repr((path, sorted(filters.items()), sent)).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def _error(status: int, kind: str, message: str, errors: Sequence[Record] = ()) -> Answer:
    return Answer(status, dump({"statusCode": status, "type": kind, "message": message, "errors": list(errors)}))


def _invalid(name: str) -> Answer:
    errors = [{"field": name, "message": "invalid"}]
    return _error(422, "validationError", "One or more elements is missing or invalid", errors)


_TOUCHED = frozenset({"createdAt", "updatedAt"})


def listings(world: World) -> Mapping[str, Listing]:
    """Everything that can be asked for, by its path."""
    dates = frozenset({"orderPaidDate", "orderFulfilledDate", "orderSubmittedDate"})
    words = frozenset({"id", "customerId", "channel", "fulfillmentStatus", "complianceStatus", "orderDeliveryMethod"})
    membership_dates = frozenset({"signupDate", "cancelDate"})
    return MappingProxyType(
        {
            "order": _listing("orders", world.orders, _TOUCHED | dates, words),
            "customer": _listing("customers", world.customers, _TOUCHED),
            "club-membership": _listing(
                "clubMemberships",
                world.club_memberships,
                _TOUCHED | membership_dates,
                frozenset({"clubId", "customerId", "status"}),
            ),
            "product": _listing("products", world.products, _TOUCHED, frozenset({"webStatus", "adminStatus"})),
            "reservation": _listing("reservations", ()),
            "club": _listing("clubs", world.clubs, has_cursor=False),
            "department": _listing("departments", department_records(world.seed), has_cursor=False),
            "setting": _listing("settings", setting_records(world.seed), has_cursor=False),
        }
    )


def _listing(
    key: str,
    records: Sequence[Record],
    timestamps: frozenset[str] = frozenset(),
    plain: frozenset[str] = frozenset(),
    *,
    has_cursor: bool = True,
) -> Listing:
    ordered = sorted(records, key=lambda record: str(record["id"]))
    index = {record["id"]: nth for nth, record in enumerate(ordered)}
    return Listing(key, has_cursor, Texts(ordered), index, timestamps, plain)
