"""What went wrong with a call, in a sentence that says what to check; and whether it may pass."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import httpx

from kpictl.connect.exchange import AnswerError, Request
from kpictl.connect.pace import retry_after
from kpictl.connect.redact import redact

SAID_LIMIT = 200
_SHORT = "run again in some minutes"


class PassingError(AnswerError):
    """A trouble that may pass: the call is worth another try, and `holds_all` where the others must wait too.

    Once the tries are over, the API's other streams would fare no better.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        help: str = _SHORT,  # noqa: A002 -- the word of every diagnostic
        code: str = "KPI503",
        retry_after_seconds: float | None = None,
        holds_all: bool = False,
    ) -> None:
        super().__init__(message, help=help, code=code, is_for_all=code in {"KPI502", "KPI503"})
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        self.holds_all = holds_all


def unconnected(place: str, error: httpx.ConnectError) -> PassingError:
    return PassingError(
        f"{place}: no connection: {error}",
        reason="no connection",
        help="check `base_url`, the network, and HTTPS_PROXY if there is a proxy",
        code="KPI502",
    )


def broken_off(place: str, error: Exception) -> PassingError:
    kind = type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return PassingError(f"{place}: no answer in time ({kind})", reason="no answer in time", code="KPI502")
    return PassingError(f"{place}: the call broke off ({kind})", reason="the call broke off", code="KPI502")


def redirected(place: str, response: httpx.Response) -> AnswerError:
    said = f"{place} came back with {response.status_code} {response.reason_phrase}"
    return AnswerError(f"{said}: redirects are refused", help="check `base_url`", code="KPI505")


def not_json(place: str, response: httpx.Response, size: int | None = None) -> PassingError:
    if _is_html(response):
        return PassingError(
            f"{place} came back with {response.status_code} and an HTML page instead of JSON",
            reason="an HTML page",
            help="check `base_url`; the service may be unavailable or the credentials rejected",
            code="KPI504",
        )
    size = len(response.content) if size is None else size
    return PassingError(
        f"{place} came back with {size} bytes that are not JSON",
        reason="no JSON",
        help="the answer may have been cut off; run again",
        code="KPI504",
    )


def refusal(
    place: str, response: httpx.Response, request: Request, secrets: Iterable[str], on_refusal: str | None
) -> AnswerError:
    """What a status says that is no success."""
    status = response.status_code
    said = f"{place} came back with {status} {response.reason_phrase}{_said(response, secrets)}"
    asked = retry_after(response.headers.get("retry-after"))
    reason = f"status {status}"
    match status:
        case HTTPStatus.BAD_REQUEST | HTTPStatus.FORBIDDEN if not request.authenticated:
            help_ = "the file's address has expired or was never right; run again for a fresh one"
            return AnswerError(said, help=help_)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            help_ = on_refusal or "check the connector's credentials and what they may read"
            return AnswerError(said, help=help_, code="KPI501", is_for_all=status == HTTPStatus.UNAUTHORIZED)
        case HTTPStatus.TOO_MANY_REQUESTS:
            help_ = "too many calls; run again in some minutes"
            if asked is not None:
                help_ = f"the API asks to wait {asked:.0f} seconds; run again after that"
            return PassingError(said, reason=reason, help=help_, retry_after_seconds=asked, holds_all=True)
        case HTTPStatus.REQUEST_TIMEOUT:
            return PassingError(said, reason=reason)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            help_ = (
                "the service is unavailable, or hides rejected credentials behind this answer; "
                "run again in some minutes, then check the credentials"
            )
            return PassingError(said, reason=reason, help=help_, retry_after_seconds=asked)
        case _:
            return AnswerError(said, help="check `base_url` and what is asked for: the API may have changed")


def _said(response: httpx.Response, secrets: Iterable[str]) -> str:
    """The server's own words, where it sent any that are short and meant for us."""
    if not response.content.strip():
        return " and an empty body"
    if _is_html(response):
        return " and an HTML page"
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    sent = response.request.headers.get("authorization", "").split()
    return f": {redact(' '.join(str(message).split()), (*secrets, *sent[1:]))[:SAID_LIMIT]}"


def _is_html(response: httpx.Response) -> bool:
    if "html" in response.headers.get("content-type", ""):
        return True
    try:
        return response.content.lstrip()[:1] == b"<"
    except httpx.ResponseNotRead:
        return False
