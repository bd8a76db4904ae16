"""The fake Tock: a listing of signed addresses, and the export files behind them."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

from kpictl.demo.delivery import HTML, UNAVAILABLE, XML
from kpictl.demo.exchange import Answer, Request, Texts, dump
from kpictl.demo.faults import ExpireFile, Fault, FewerRecords, OmitFile
from kpictl.demo.rng import Record
from kpictl.demo.season import end_of
from kpictl.demo.world import World

LISTING_PATH = "/api/data/export/urls"
FILES_PREFIX = "/exports/"
_T = TypeVar("_T")
_DENIED = (
    b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code>"
    b"<Message>Access denied.</Message></Error>"
)
_EXPIRED = (
    b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>ExpiredToken</Code>"
    b"<Message>The provided token has expired.</Message></Error>"
)
_NO_FILE = (
    b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code>"
    b"<Message>The specified key does not exist.</Message></Error>"
)


@dataclass(frozen=True, slots=True)
class File:
    texts: Texts
    rows: Sequence[int]
    exported_at: datetime


@dataclass(frozen=True, slots=True)
class Tock:
    api_key: str
    business_id: str
    business_group_id: str
    files: Mapping[str, File]
    """By path: those of the last export."""
    old_files: Mapping[str, File] = field(default_factory=dict)
    """Those of earlier exports: they are listed no more, but who was given their addresses may read them."""

    def answer(self, request: Request, base_url: str, fault: Fault | None = None) -> Answer:
        if request.path.startswith(FILES_PREFIX):
            return self._file(request, fault)
        if request.path != LISTING_PATH:
            return Answer(404, b"")
        key = request.headers.get("x-tock-authorization")
        if not key or not request.headers.get("user-agent"):
            return Answer(403, b"")
        if not (hmac.compare_digest(key.encode(), self.api_key.encode()) and self._is_scope(request.headers)):
            # As it was seen: a wrong key looks like an outage.
            return Answer(503, UNAVAILABLE, HTML)
        urls = [f"{base_url}{path}?{self._signature(path)}" for path in self.files]
        result = {
            "reservationDataUrls": _some([url for url in urls if "/reservation-" in url], fault),
            "guestDataUrls": _some([url for url in urls if "/guest-profile-" in url], fault),
        }
        return Answer(200, dump({"result": result}))

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

    def _file(self, request: Request, fault: Fault | None) -> Answer:
        leaked = sorted(name for name in request.headers if name.startswith("x-tock-"))
        if leaked:
            message = f"a Tock header was sent to the file storage: {', '.join(leaked)}"
            return Answer(400, message.encode(), "text/plain; charset=utf-8")
        file = self.files.get(request.path) or self.old_files.get(request.path)
        given = "&".join(f"{name}={value}" for name, value in request.query.items())
        if file is None or given != self._signature(request.path):
            return Answer(403, _DENIED, XML)
        if isinstance(fault, OmitFile):
            return Answer(404, _NO_FILE, XML)
        if isinstance(fault, ExpireFile):
            return Answer(400, _EXPIRED, XML)
        modified = ("Last-Modified", format_datetime(file.exported_at, usegmt=True))
        return Answer(200, file.texts.array(_some(file.rows, fault)), headers=(modified,))


def _some(items: Sequence[_T], fault: Fault | None) -> Sequence[_T]:
    return items[: int(len(items) * fault.share)] if isinstance(fault, FewerRecords) else items


def files(world: World, token: str, size: int) -> Mapping[str, File]:
    """The export of the world's last evening, in files of so many records."""
    found: dict[str, File] = {}
    for kind, records in (("reservation", world.reservations), ("guest-profile", world.guests)):
        found.update(_files(kind, records, token, size, end_of(world.last_day)))
    return MappingProxyType(found)


def _files(kind: str, records: Sequence[Record], token: str, size: int, exported_at: datetime) -> Mapping[str, File]:
    texts, rows = Texts(records), range(len(records))
    starts = rows[::size]
    return {
        f"{FILES_PREFIX}{token}/{kind}-{nth}.json": File(texts, rows[start : start + size], exported_at)
        for nth, start in enumerate(starts)
    }
