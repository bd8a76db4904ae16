"""A request and an answer, without a socket: what the two fake APIs are written in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_EMPTY: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Sequence[tuple[str, str]] = _EMPTY


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Texts:
    """Records as JSON text, each written once and only when it is asked for."""

    records: Sequence[Mapping[str, Any]]
    _texts: dict[int, bytes] = field(default_factory=dict)

    def __getitem__(self, index: int) -> bytes:
        text = self._texts.get(index)
        if text is None:
            text = self._texts[index] = dump(self.records[index])
        return text

    def array(self, indexes: Sequence[int]) -> bytes:
        return b"[" + b",".join([self[index] for index in indexes]) + b"]"
