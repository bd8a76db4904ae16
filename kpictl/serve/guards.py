"""Who gets in: the names that this machine may be called by, the tokens, and what browsers are told to keep to."""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kpictl.serve.problems import problem

_NOTHING = b"default-src 'none'; frame-ancestors 'none'"
_POLICY = b"content-security-policy"
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_OWN = (b"cross-origin-resource-policy", b"same-origin")
_HOST = re.compile(r"(?:\[([0-9a-f.]*:[0-9a-f:.]*)\]|([^:\[\]]*))(?::[0-9]*)?")


class Names:
    """Refuses requests that call this machine by another name, and gives each answer its safety headers.

    What is not shared with pages of other origins, their browser does not hand to them in any way.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None, *, is_shared: bool) -> None:
        self._app = app
        self._hosts = hosts
        self._headers = _HEADERS if is_shared else (*_HEADERS, _OWN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *self._headers]
                if not any(name == _POLICY for name, _ in headers):
                    headers.append((_POLICY, _NOTHING))
                message["headers"] = headers
            await send(message)

        app = self._app if self._hosts is None or _name(scope) in self._hosts else _misnamed()
        await app(scope, receive, safe)


class Origins(CORSMiddleware):
    """Lets pages of other origins read; those that it refuses are told so as everybody is."""

    def preflight_response(self, request_headers: Headers) -> Response:
        found = super().preflight_response(request_headers)
        if found.status_code == 200:
            return found
        same = {name: value for name, value in found.headers.items() if not name.startswith("content-")}
        return problem(found.status_code, bytes(found.body).decode(), same)


class Tokens:
    """Asks for a token, as a bearer's or as the password of any user, which browsers ask people for."""

    def __init__(self, app: ASGIApp, tokens: Collection[str], open_paths: Collection[str]) -> None:
        self._app = app
        self._tokens = [token.encode() for token in tokens]
        self._open = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._tokens or scope["path"] in self._open or self._is_known(scope):
            await self._app(scope, receive, send)
            return
        await _unknown()(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        shown = _shown(Headers(scope=scope).get("authorization", ""))
        # All of them are compared, so that how long it takes says nothing.
        matches = [hmac.compare_digest(shown, token) for token in self._tokens]
        return any(matches)


def _shown(authorization: str) -> bytes:
    """The token that a request shows; empty, which opens nothing, where it shows none."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip().encode("latin-1")
    if scheme.lower() == "basic":
        try:
            _, _, password = b64decode(rest.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return b""
        return password
    return b""


def _name(scope: Scope) -> str:
    """The host that a request is for, without its port; IPv6 addresses without their brackets. Empty if malformed."""
    found = _HOST.fullmatch(Headers(scope=scope).get("host", "").lower())
    return "" if found is None else found[1] or found[2] or ""


def _misnamed() -> Response:
    return problem(421, "this server answers to localhost alone: a token lets others in")


def _unknown() -> Response:
    response = problem(401, "a token is needed: `Authorization: Bearer TOKEN`, or the token as the password")
    response.headers.append("WWW-Authenticate", 'Basic realm="kpictl", charset="UTF-8"')
    response.headers.append("WWW-Authenticate", 'Bearer realm="kpictl"')
    return response
