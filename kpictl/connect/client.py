"""HTTP: one request in, one decoded body out; whatever else came back becomes a sentence."""

from __future__ import annotations

import json
import math
import re
from http import HTTPStatus
from typing import Any, NoReturn

import httpx

from kpictl import __version__
from kpictl.connect.paging import AnswerError, Request
from kpictl.connect.redact import redact, shown_url
from kpictl.connect.stream import Connector

TIMEOUT = httpx.Timeout(30, connect=10)
SAID_LIMIT = 200

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def open_client() -> httpx.Client:
    """A client with timeouts, a name of its own, and no redirects: one could carry a key to a stranger."""
    headers = {"User-Agent": f"kpictl/{__version__}", "Accept": "application/json"}
    return httpx.Client(timeout=TIMEOUT, headers=headers, follow_redirects=False)


def call(client: httpx.Client, connector: Connector, request: Request) -> Any:
    """Sends the request and decodes what comes back; anything but JSON is an `AnswerError`."""
    url = _address(connector, request)
    place = f"{request.method} {shown_url(url)}"
    headers = {**connector.headers, **request.headers} if request.authenticated else request.headers
    auth = connector.auth if request.authenticated else None
    try:
        # This is where retries and rate limits will stand.
        response = client.send(client.build_request(request.method, url, headers=headers), auth=auth)
    except httpx.TimeoutException as error:
        raise AnswerError(
            f"{place}: no answer in time ({type(error).__name__})", help="run again in some minutes"
        ) from None
    except httpx.ConnectError as error:
        raise AnswerError(f"{place}: no connection: {error}", help="check `base_url` and the network") from None
    except (httpx.HTTPError, UnicodeError) as error:  # the text of either can quote a header's value
        raise AnswerError(
            f"{place}: the call broke off ({type(error).__name__})", help="run again in some minutes"
        ) from None
    if not response.is_success:
        raise _refusal(place, request, response)
    return _decoded(place, response)


def _address(connector: Connector, request: Request) -> httpx.URL:
    base = httpx.URL(connector.base_url)
    try:
        absolute = "://" in request.path
        url = httpx.URL(request.path if absolute else f"{connector.base_url.rstrip('/')}/{request.path.lstrip('/')}")
    except httpx.InvalidURL:
        raise AnswerError("the address to call is not a URL") from None
    if request.authenticated and (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
        raise AnswerError(f"the credentials are for {base.host} and are not sent to {url.host}")
    return url.copy_merge_params(dict(request.params)) if request.params else url


def _refusal(place: str, request: Request, response: httpx.Response) -> AnswerError:
    status = response.status_code
    said = f"{place} came back with {status} {response.reason_phrase}{_said(response)}"
    if response.has_redirect_location:
        return AnswerError(f"{said}: redirects are refused", help="check `base_url`")
    match status:
        case HTTPStatus.BAD_REQUEST | HTTPStatus.FORBIDDEN if not request.authenticated:
            return AnswerError(
                said, help="the file's address has expired or was never right; run again for a fresh one"
            )
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return AnswerError(said, help="check the connector's credentials and what they may read")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return AnswerError(said, help="too many calls; run again in some minutes")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return AnswerError(
                said,
                help="the service is unavailable, or hides rejected credentials behind this answer; "
                "run again in some minutes, then check the credentials",
            )
        case _:
            return AnswerError(said, help="check the connector's settings")


def _said(response: httpx.Response) -> str:
    """The server's own words, where it sent any that are short and meant for us."""
    if not response.content.strip():
        return " and an empty body"
    if _is_html(response):
        return " and an HTML page"
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    credentials = response.request.headers.get("authorization", "").split()
    return f": {redact(' '.join(str(message).split()), credentials[1:])[:SAID_LIMIT]}"


def _is_html(response: httpx.Response) -> bool:
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def _decoded(place: str, response: httpx.Response) -> Any:
    if _is_html(response):
        raise AnswerError(
            f"{place} came back with {response.status_code} and an HTML page instead of JSON",
            help="check `base_url`; the service may be unavailable or the credentials rejected",
        )
    try:
        body = json.loads(response.content, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise AnswerError(
            f"{place} came back with {len(response.content)} bytes that are not JSON",
            help="the answer may have been cut off; run again",
        ) from None
    # NUL and half characters can only come as escapes; no database stores them.
    return _storable(body) if b"\\u" in response.content else body


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("the number is too large")
    return number


def _storable(value: Any) -> Any:
    match value:
        case str():
            return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        case list():
            return [_storable(member) for member in value]
        case dict():
            return {_storable(key): _storable(member) for key, member in value.items()}
        case _:
            return value
