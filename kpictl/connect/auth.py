"""How a connector shows who it is: credentials as httpx's own auth flows, which do no I/O themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping

import httpx

from kpictl.connect.address import is_private
from kpictl.connect.exchange import AnswerError

EXPIRY_MARGIN_SECONDS = 30
"""A token that ends so soon is renewed before it is used."""
TOKEN_SECONDS = 300
"""How long a token is used whose answer says nothing."""

Flow = Generator[httpx.Request, httpx.Response, None]


class TokenRefusedError(AnswerError):
    """The token's server answered, but with no token."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(
            message, help="check the client's id and secret and `token_url`", code="KPI501", is_for_all=True
        )
        self.status = status


def basic(user: str, password: str) -> httpx.Auth:
    return httpx.BasicAuth(user, password)


def bearer(token: str) -> httpx.Auth:
    return header("Authorization", f"Bearer {token}")


def header(name: str, value: str) -> httpx.Auth:
    """A key in a header of its own."""
    return _Headers({name: value})


def query(name: str, value: str) -> httpx.Auth:
    """A key in the query: a poor place, as servers log it, but some APIs know no other."""
    return _Query(name, value)


class _Headers(httpx.Auth):
    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers.update(self._headers)
        yield request


class _Query(httpx.Auth):
    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.url = request.url.copy_set_param(self._name, self._value)
        yield request


class ClientCredentials(httpx.Auth):
    """OAuth2 client credentials (RFC 6749, 4.4): a token that is renewed before it ends, or once it is refused.

    Threads share it. The request for a token carries nothing but the client's own credentials.
    """

    requires_response_body = True

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token_url, self._scope, self._clock = httpx.URL(token_url), scope, clock
        if not is_private(self._token_url):
            raise ValueError("token_url must begin with https://, but on this machine itself")
        self._client = httpx.BasicAuth(client_id, client_secret)
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until = 0.0

    def sync_auth_flow(self, request: httpx.Request) -> Flow:
        token = yield from self._current(None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response.read()
            token = yield from self._current(token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    @property
    def secrets(self) -> tuple[str, ...]:
        """What it was given since: kept out of messages too."""
        return () if self._token is None else (self._token,)

    def _current(self, refused: str | None) -> Generator[httpx.Request, httpx.Response, str]:
        with self._lock:
            if self._token is None or self._token == refused or self._clock() >= self._until:
                form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
                request = httpx.Request("POST", self._token_url, data=form, headers={"Accept": "application/json"})
                response = yield next(self._client.auth_flow(request))
                response.read()
                self._token, seconds = _token(response)
                self._until = self._clock() + max(seconds - EXPIRY_MARGIN_SECONDS, 1)
            return self._token


def _token(response: httpx.Response) -> tuple[str, float]:
    try:
        body = response.json()
        token, seconds = body["access_token"], float(body.get("expires_in") or TOKEN_SECONDS)
    except (ValueError, KeyError, TypeError):
        token, seconds = None, 0.0
    if not response.is_success or not isinstance(token, str) or not token:
        raise TokenRefusedError(
            f"no token came from {response.url.host}: status {response.status_code}", response.status_code
        )
    return token, seconds
