"""The fake Commerce7: Basic credentials and a tenant, lists by page or by cursor, single records."""

import hashlib
import hmac
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from kpictl.demo.cellar import department_records, setting_records
from kpictl.demo.delivery import error
from kpictl.demo.exchange import Answer, Request, Texts, dump
from kpictl.demo.faults import (
    EmptyCursor,
    EmptyPage,
    Fault,
    IgnoreFilters,
    RefuseFilters,
    RepeatCursor,
    TrailingPage,
)
from kpictl.demo.filters import BadFilter, predicates
from kpictl.demo.limits import Limits
from kpictl.demo.rng import Record
from kpictl.demo.world import World

PREFIX = "/v1/"
_PAGE_SIZE_MAX = 50
_NO_FILTERS = frozenset({"page", "limit", "cursor"})
_QUERIES_KEPT = 16


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the API, its records ordered by id, so that nobody relies on an order by time."""

    key: str
    has_cursor: bool
    texts: Texts
    index: Mapping[str, int]
    timestamps: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    _passing: dict[frozenset[tuple[str, str]], Sequence[int]] = field(default_factory=dict)

    def passing(self, filters: Mapping[str, str]) -> Sequence[int]:
        """The rows that pass, in order."""
        tests = predicates(filters, self.timestamps, self.plain)
        everything = range(len(self.texts.records))
        if not tests:
            return everything
        # Each page of a cursor asks anew.
        query = frozenset(filters.items())
        rows = self._passing.get(query)
        if rows is None:
            rows = [row for row in everything if all(test(self.texts.records[row]) for test in tests)]
            if len(self._passing) >= _QUERIES_KEPT:
                self._passing.clear()
            self._passing[query] = rows
        return rows

    def first_after(self, record_id: str, rows: Sequence[int]) -> int:
        """Where the rows go on after an id, whether or not it is still there."""
        row = bisect_right(self.texts.records, record_id, key=lambda record: str(record["id"]))
        return bisect_left(rows, row)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a cursor stands: after an id, so that records may come and go while the pages are asked for."""

    path: str
    filters: Mapping[str, str]
    cursor: str = "start"
    after_id: str = ""
    empty_pages: int = 0
    before: "_Walk | None" = field(default=None, repr=False, compare=False)

    def next(self, after_id: str, empty_pages: int) -> "_Walk":
        place = (self.path, sorted(self.filters.items()), after_id, empty_pages)
        digest = hashlib.sha256(repr(place).encode()).hexdigest()
        cursor = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
        return _Walk(self.path, self.filters, cursor, after_id, empty_pages, self)


@dataclass(frozen=True, slots=True)
class Commerce7:
    app_id: str
    app_secret: str
    tenant: str
    page_size: int
    listings: Mapping[str, Listing]
    limits: Limits | None = None
    _walks: dict[str, _Walk] = field(default_factory=dict)

    def answer(self, request: Request, fault: Fault | None = None) -> Answer:
        if not self._is_known(request.headers):
            return error(401, "Unauthenticated User")
        name, _, record_id = request.path.removeprefix(PREFIX).partition("/")
        listing = self.listings.get(name)
        if listing is None:
            return error(404, f"Cannot GET {request.path}")
        is_walk = listing.has_cursor and not record_id and "cursor" in request.query
        if not is_walk and self.limits is not None and not self.limits.grants(_page_number(request.query)):
            return error(429, "Too Many Requests")
        if record_id:
            index = listing.index.get(record_id)
            return error(404, f"{name} not found") if index is None else Answer(200, listing.texts[index])
        filters = {name: value for name, value in request.query.items() if name not in _NO_FILTERS}
        refused = sorted(_refused(filters, fault))
        if refused:
            return _invalid(*refused)
        try:
            if is_walk:
                return self._cursor(_Walk(name, filters), listing, request.query["cursor"], fault)
            return self._page(listing, request.query, {} if isinstance(fault, IgnoreFilters) else filters)
        except BadFilter as bad:
            return _invalid(bad.field)

    def _is_known(self, headers: Mapping[str, str]) -> bool:
        pair = b64encode(f"{self.app_id}:{self.app_secret}".encode())
        given = headers.get("authorization", "").encode()
        return hmac.compare_digest(given, b"Basic " + pair) and headers.get("tenant") == self.tenant

    def _page(self, listing: Listing, query: Mapping[str, str], filters: Mapping[str, str]) -> Answer:
        page, limit = query.get("page", "1"), query.get("limit", str(self.page_size))
        if not page.isdecimal() or int(page) < 1:
            return _invalid("page")
        if not limit.isdecimal() or not 1 <= int(limit) <= _PAGE_SIZE_MAX:
            return _invalid("limit")
        rows = listing.passing(filters)
        start = (int(page) - 1) * int(limit)
        some = listing.texts.array(rows[start : start + int(limit)])
        return Answer(200, b'{"%s":%s,"total":%d}' % (listing.key.encode(), some, len(rows)))

    def _cursor(self, start: _Walk, listing: Listing, cursor: str, fault: Fault | None) -> Answer:
        walk = start if cursor == start.cursor else self._walks.get(cursor)
        # A cursor belongs to its list and its filters: a client that drops them on later pages is told.
        if walk is None or (walk.path, walk.filters) != (start.path, start.filters):
            return _invalid("cursor")
        rows = listing.passing({} if isinstance(fault, IgnoreFilters) else walk.filters)
        first = listing.first_after(walk.after_id, rows)
        some = rows[first : first + (0 if isinstance(fault, EmptyPage) else self.page_size)]
        following = self._following(walk, listing, some)
        is_last = first + len(some) >= len(rows)
        parts = b'"%s":%s' % (listing.key.encode(), listing.texts.array(some))
        match fault:
            case RepeatCursor(back):
                return _with_cursor(parts, _earlier(walk, back).cursor)
            case EmptyCursor(value) if is_last:
                return _with_cursor(parts, value)
            case EmptyPage():
                return _with_cursor(parts, following.cursor)
            case TrailingPage() if some:
                return _with_cursor(parts, following.cursor)
            case _:
                return Answer(200, b"{%s}" % parts) if is_last else _with_cursor(parts, following.cursor)

    def _following(self, walk: _Walk, listing: Listing, sent: Sequence[int]) -> _Walk:
        if sent:
            following = walk.next(str(listing.texts.records[sent[-1]]["id"]), 0)
        else:
            following = walk.next(walk.after_id, walk.empty_pages + 1)
        self._walks[following.cursor] = following
        return following


def _with_cursor(parts: bytes, cursor: str | None) -> Answer:
    return Answer(200, b'{%s,"cursor":%s}' % (parts, dump(cursor)))


def _earlier(walk: _Walk, back: int) -> _Walk:
    for _ in range(back):
        walk = walk.before or walk
    return walk


def _refused(filters: Mapping[str, str], fault: Fault | None) -> frozenset[str]:
    if not isinstance(fault, RefuseFilters):
        return frozenset()
    return fault.names & filters.keys() if fault.names else frozenset(filters)


def _page_number(query: Mapping[str, str]) -> int:
    page = query.get("page", "1")
    return int(page) if page.isdecimal() else 1


def _invalid(*names: str) -> Answer:
    errors = [{"field": name, "message": "invalid"} for name in names]
    return error(422, "One or more elements is missing or invalid", errors)


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
