"""What reaches the client: an answer as bytes, whole or as a fault leaves it."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http.client import responses

from kpictl.demo.exchange import Answer, dump
from kpictl.demo.faults import Cut, Edit, Fault, GzipBody, Redirect, Refuse
from kpictl.demo.rng import Record

UNAVAILABLE = (
    b"<!DOCTYPE html><html><head><title>Unavailable</title></head>"
    b"<body><h1>Tock is unavailable.</h1><p>Please try again.</p></body></html>"
)
HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
_KINDS = {
    401: "unauthorized",
    403: "forbidden",
    404: "notFound",
    422: "validationError",
    429: "tooManyRequests",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    text: bytes
    is_last: bool
    """Whether the connection closes after it."""


def error(status: int, message: str, errors: Sequence[Record] = ()) -> Answer:
    """An error as Commerce7 words it."""
    kind = _KINDS.get(status, "serverError" if status >= 500 else "badRequest")
    return Answer(status, dump({"statusCode": status, "type": kind, "message": message, "errors": list(errors)}))


def instead(fault: Fault | None) -> Answer | None:
    """The answer of a fault that needs no other."""
    match fault:
        case Refuse(status, retry_after, is_html):
            answer = Answer(status, UNAVAILABLE, HTML) if is_html else error(status, _phrase(status))
            return answer if retry_after is None else replace(answer, headers=(("Retry-After", retry_after),))
        case Redirect(location, status):
            return Answer(status, b"", headers=(("Location", location),))
        case _:
            return None


def delivery(answer: Answer, fault: Fault | None) -> Delivery:
    match fault:
        case Edit(change):
            return Delivery(_text(replace(answer, body=change(answer.body))), is_last=False)
        case GzipBody():
            headers = (*answer.headers, ("Content-Encoding", "gzip"))
            return Delivery(_text(replace(answer, body=gzip.compress(answer.body), headers=headers)), is_last=False)
        case Cut(share, is_declared):
            rest = answer.body[: max(0, min(int(len(answer.body) * share), len(answer.body) - 1))]
            text = _text(replace(answer, body=rest), len(answer.body) if is_declared else len(rest))
            return Delivery(text, is_last=is_declared)
        case _:
            return Delivery(_text(answer), is_last=False)


def _text(answer: Answer, length: int | None = None) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body) if length is None else length}",
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body


def _phrase(status: int) -> str:
    # Proxies have numbers of their own, such as 520.
    return responses.get(status, "Unknown Error")
