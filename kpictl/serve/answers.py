"""Answers as the bytes that are sent; they are kept for as long as their edition is the one that is published."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.responses import Response

KEPT = 1_000
KEPT_BYTES = 64 * 1024 * 1024
ZIPPED_FROM_BYTES = 500
ZIP_LEVEL = 6
"""Half the time of the strongest, for 2% more bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A document as it is sent, and how it is sent to those who take gzip, where that is worth it."""

    media_type: str
    tag: str
    body: bytes
    zipped: bytes | None

    @classmethod
    def of(cls, edition: str, text: str, media_type: str = "application/json") -> Answer:
        """The tag names the edition, and what is made of it: another kpictl may say it in other words."""
        body = text.encode()
        zipped = gzip.compress(body, ZIP_LEVEL, mtime=0) if len(body) >= ZIPPED_FROM_BYTES else None
        return cls(media_type, f"{edition}-{sha256(body).hexdigest()[:12]}", body, zipped)

    @property
    def size_bytes(self) -> int:
        return len(self.body) + len(self.zipped or b"")

    def response(self, asked: Headers, *, is_private: bool, more: dict[str, str] | None = None) -> Response:
        """What to send to somebody; nothing but the tag where they have it already."""
        is_zipped = self.zipped is not None and takes_gzip(", ".join(asked.getlist("accept-encoding")))
        tag = f'"{self.tag}-gzip"' if is_zipped else f'"{self.tag}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache" if is_private else "no-cache",
            "Vary": "Accept-Encoding, Authorization" if is_private else "Accept-Encoding",
            **(more or {}),
        }
        if has(", ".join(asked.getlist("if-none-match")), tag):
            return Response(status_code=304, headers=headers)
        if is_zipped:
            headers["Content-Encoding"] = "gzip"
        return Response(self.zipped if is_zipped else self.body, headers=headers, media_type=self.media_type)


def takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` names gzip, or all there are, and does not say `q=0` of it."""
    weights = {}
    for each in accepted.lower().split(","):
        name, _, weight = each.replace(" ", "").partition(";")
        weights[name] = weight
    found = weights.get("gzip", weights.get("*"))
    return found is not None and (not found or found.removeprefix("q=").strip("0.") != "")


def has(known: str, tag: str) -> bool:
    """Whether an `If-None-Match` names the tag; a weak one is as good."""
    names = {each.strip().removeprefix("W/") for each in known.split(",")}
    return "*" in names or tag in names


@dataclass(slots=True)
class Answers:
    """The answers of one edition, those that were asked for last; a new edition throws all of them away.

    They are asked for and made by several threads.
    """

    edition: str = ""
    size_bytes: int = 0
    _kept: OrderedDict[tuple[str, bytes], Answer] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, edition: str, key: tuple[str, bytes]) -> Answer | None:
        with self._lock:
            if edition != self.edition:
                return None
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, edition: str, key: tuple[str, bytes], answer: Answer) -> None:
        with self._lock:
            if edition != self.edition:
                self.edition, self.size_bytes = edition, 0
                self._kept.clear()
            old = self._kept.pop(key, None)
            self._kept[key] = answer
            self.size_bytes += answer.size_bytes - (old.size_bytes if old else 0)
            while self._kept and (len(self._kept) > KEPT or self.size_bytes > KEPT_BYTES):
                _, gone = self._kept.popitem(last=False)
                self.size_bytes -= gone.size_bytes
