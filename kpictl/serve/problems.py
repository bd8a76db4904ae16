"""What is told where there is no answer: RFC 9457's `application/problem+json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

PROBLEM = "application/problem+json"
RETRY_SECONDS = 5


class Problem(Exception):  # noqa: N818 -- the RFC's word
    """An answer that is none: its status, and what is wrong in a sentence."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}

    @property
    def response(self) -> Response:
        return problem(self.status, self.detail, self.headers)


def unavailable(detail: str) -> Problem:
    """What may go better a little later."""
    return Problem(503, detail, {"Retry-After": str(RETRY_SECONDS)})


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body = f"{json.dumps(told, ensure_ascii=False)}\n".encode()
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, PROBLEM)


def not_found(request: Request, error: Exception) -> Response:
    del error
    return problem(404, f"there is nothing at {shortened(request.url.path)}; /openapi.json says what there is")


def not_allowed(request: Request, error: Exception) -> Response:
    del error
    allowed = {"Allow": "GET, HEAD"}
    return problem(405, f"{shortened(request.method)} is not for reading: use GET or HEAD", allowed)


def shortened(text: str, characters: int = 100) -> str:
    """What somebody sent, no longer than a message may be."""
    return text if len(text) <= characters else f"{text[:characters]}…"
