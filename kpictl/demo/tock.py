"""The fake Tock: a listing of signed addresses, and the export files behind them."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from types import MappingProxyType
from urllib.parse import quote

from kpictl.demo.exchange import Answer, Request, Texts, dump
from kpictl.demo.rng import Record
from kpictl.demo.season import end_of
from kpictl.demo.world import World

LISTING_PATH = "/api/data/export/urls"
FILES_PREFIX = "/exports/"
_RECORDS_A_FILE = 5_000
_UNAVAILABLE = (
    b"<!DOCTYPE html><html><head><title>Unavailable</title></head>"
    b"<body><h1>Tock is unavailable.</h1><p>Please try again.</p></body></html>"
)
_DENIED = (
    b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code>"
    b"<Message>Access denied.</Message></Error>"
)


@dataclass(frozen=True, slots=True)
class _File:
    texts: Texts
    rows: Sequence[int]


@dataclass(frozen=True, slots=True)
class Tock:
    api_key: str
    business_id: str
    business_group_id: str
    exported_at: datetime
    files: Mapping[str, _File]
    """By path."""

    def answer(self, request: Request, base_url: str) -> Answer:
        if request.path.startswith(FILES_PREFIX):
            return self._file(request)
        if request.path != LISTING_PATH:
            return Answer(404, b"")
        key = request.headers.get("x-tock-authorization")
        if not key or not request.headers.get("user-agent"):
            return Answer(403, b"")
        if not (hmac.compare_digest(key.encode(), self.api_key.encode()) and self._is_scope(request.headers)):
            # As it was seen: a wrong key looks like an outage.
            return Answer(503, _UNAVAILABLE, "text/html; charset=utf-8")
        urls = [f"{base_url}{path}?{self._signature(path)}" for path in self.files]
        return Answer(
            200,
            dump(
                {
                    "result": {
                        "reservationDataUrls": [url for url in urls if "/reservation-" in url],
                        "guestDataUrls": [url for url in urls if "/guest-profile-" in url],
                    }
                }
            ),
        )

    def _is_scope(self, headers: Mapping[str, str]) -> bool:
        try:
            scope = json.loads(headers.get("x-tock-scope", ""))
        except ValueError:
            return False
        wanted = {"businessId": self.business_id, "businessGroupId": self.business_group_id}
        return isinstance(scope, dict) and {name: str(value) for name, value in scope.items()} == wanted

    def _signature(self, path: str) -> str:
        digest = hmac.new(self.api_key.encode(), path.encode(), hashlib.sha256).hexdigest()
        return f"X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=604800&X-Goog-Signature={quote(digest)}"

    def _file(self, request: Request) -> Answer:
        leaked = sorted(name for name in request.headers if name.startswith("x-tock-"))
        if leaked:
            message = f"a Tock header was sent to the file storage: {', '.join(leaked)}"
            return Answer(400, message.encode(), "text/plain; charset=utf-8")
        file = self.files.get(request.path)
        given = "&".join(f"{name}={value}" for name, value in request.query.items())
        if file is None or given != self._signature(request.path):
            return Answer(403, _DENIED, "application/xml; charset=utf-8")
        modified = ("Last-Modified", format_datetime(self.exported_at, usegmt=True))
        return Answer(200, file.texts.array(file.rows), headers=(modified,))


def files(world: World, token: str) -> Mapping[str, _File]:
    """The export of the world's last evening, in files of 5,000 records."""
    found: dict[str, _File] = {}
    for kind, records in (("reservation", world.reservations), ("guest-profile", world.guests)):
        found.update(_files(kind, records, token))
    return MappingProxyType(found)


def _files(kind: str, records: Sequence[Record], token: str) -> Mapping[str, _File]:
    texts, rows = Texts(records), range(len(records))
    starts = rows[::_RECORDS_A_FILE]
    return {
        f"{FILES_PREFIX}{token}/{kind}-{nth}.json": _File(texts, rows[start : start + _RECORDS_A_FILE])
        for nth, start in enumerate(starts)
    }


def exported_at(world: World) -> datetime:
    return end_of(world.last_day)
