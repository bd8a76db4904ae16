"""HTTP: a request in, an answer out, however often it takes; whatever else came back becomes a sentence."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Self, TypeVar

import httpx

from kpictl import __version__
from kpictl.connect.address import origin
from kpictl.connect.auth import ClientCredentials, TokenRefusedError
from kpictl.connect.exchange import Answer, AnswerError, Item, Request
from kpictl.connect.json_stream import decoded, values
from kpictl.connect.pace import Pace
from kpictl.connect.redact import keep_addresses_out_of_logs, shown_url
from kpictl.connect.refusals import PassingError, broken_off, not_json, redirected, refusal, unconnected
from kpictl.connect.stream import Connector

FILE_MEMORY_BYTES = 8 << 20
FILE_LIMIT_BYTES = 2 << 30
FILE_ITEMS = 500
"""Records of a file that travel together."""

_Found = TypeVar("_Found")
_PASSING = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})
Told = Callable[[str, float], None]
"""Is told why and how many seconds the client waits before it tries again."""


class Client:
    """A connector's calls: with its credentials, at its pace, and again where that helps. Threads may share it."""

    def __init__(self, connector: Connector, sleep: Callable[[float], object]) -> None:
        keep_addresses_out_of_logs()
        headers = {"User-Agent": f"kpictl/{__version__}", "Accept": "application/json"}
        timeout = httpx.Timeout(connector.timeout_seconds, connect=min(10, connector.timeout_seconds))
        # No redirects: one could carry a key to a stranger. Proxies come from the environment, as httpx reads it.
        self._http = httpx.Client(timeout=timeout, headers=headers, follow_redirects=False)
        self._connector = connector
        self._sleep = sleep
        self._pace = Pace(connector.rate, sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @property
    def secrets(self) -> tuple[str, ...]:
        auth = self._connector.auth
        return (*self._connector.secrets, *(auth.secrets if isinstance(auth, ClientCredentials) else ()))

    def call(self, request: Request, told: Told) -> Answer:
        """Sends the request and decodes what comes back; `AnswerError` where that fails for good."""
        return self._patiently(request, self._answer, told)

    def read(self, request: Request, told: Told) -> tuple[Answer, Iterator[list[Item]]]:
        """The records of a file. It is downloaded whole before the first, so that a line that breaks costs no more."""
        found = self._patiently(request, self._downloaded, told)
        if isinstance(found, Answer):
            return found, iter(())
        return Answer(), _records(found)

    def _patiently(self, request: Request, send: Callable[[Request], _Found], told: Told) -> _Found:
        failures = 0
        while True:
            self._pace.wait(request)
            try:
                return send(request)
            except PassingError as trouble:
                failures += 1
                seconds = self._connector.retries.wait_seconds(failures, trouble.retry_after_seconds)
                if seconds is None:
                    raise
                told(trouble.reason, seconds)
                if trouble.holds_all:
                    self._pace.hold(seconds)
                else:
                    self._sleep(seconds)

    def _answer(self, request: Request) -> Answer:
        place, response = self._sent(request, is_stream=False)
        if response.status_code in request.accepts:
            return Answer(status=response.status_code)
        if not response.is_success:
            raise self._refused(place, request, response)
        links = {name: str(link["url"]) for name, link in response.links.items() if name and "url" in link}
        try:
            body = None if response.status_code == httpx.codes.NO_CONTENT else decoded(response.content)
        except ValueError:
            raise not_json(place, response) from None
        return Answer(body, response.status_code, links, str(address(self._connector, request)))

    def _downloaded(self, request: Request) -> IO[bytes] | Answer:
        """The file, on disk if it is long, and known to be JSON to its end."""
        place, response = self._sent(request, is_stream=True)
        try:
            if response.status_code in request.accepts:
                return Answer(status=response.status_code)
            if not response.is_success:
                response.read()
                raise self._refused(place, request, response)
            return _saved(place, response)
        except httpx.HTTPError as error:
            raise broken_off(place, error) from None
        finally:
            response.close()

    def _sent(self, request: Request, *, is_stream: bool) -> tuple[str, httpx.Response]:
        connector = self._connector
        url = address(connector, request)
        place = f"{request.method} {shown_url(url)}"
        headers = {**connector.headers, **request.headers} if request.authenticated else dict(request.headers)
        auth = connector.auth if request.authenticated else None
        body: Any = None if request.body is None else dict(request.body)
        try:
            built = self._http.build_request(request.method, url, headers=headers, json=body)
            return place, self._http.send(built, auth=auth, stream=is_stream)
        except TokenRefusedError as error:
            if error.status < httpx.codes.INTERNAL_SERVER_ERROR and error.status not in _PASSING:
                raise
            raise PassingError(str(error), reason=f"status {error.status}") from None
        except httpx.ConnectError as error:
            raise unconnected(place, error) from None
        except (httpx.HTTPError, UnicodeError) as error:  # the text of either can quote a header's value
            raise broken_off(place, error) from None

    def _refused(self, place: str, request: Request, response: httpx.Response) -> AnswerError:
        if response.has_redirect_location:
            return redirected(place, response)
        return refusal(place, response, request, self.secrets, self._connector.on_refusal)


def _saved(place: str, response: httpx.Response) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=FILE_MEMORY_BYTES)  # noqa: SIM115 -- the caller closes it
    try:
        for chunk in response.iter_bytes():
            file.write(chunk)
            if file.tell() > FILE_LIMIT_BYTES:
                raise AnswerError(f"{place} is longer than {FILE_LIMIT_BYTES >> 30} GB")  # noqa: TRY301 -- closes the file
        file.seek(0)
        if not all(isinstance(value, dict) for value in values(file)):
            raise AnswerError(f"{place} holds something that is no object among its records")  # noqa: TRY301 -- as above
        file.seek(0)
    except ValueError:
        size = file.tell()
        file.close()
        raise not_json(place, response, size) from None
    except BaseException:
        file.close()
        raise
    return file


def _records(file: IO[bytes]) -> Iterator[list[Item]]:
    with file:
        found: list[Item] = []
        for value in values(file):
            found.append(value)
            if len(found) == FILE_ITEMS:
                yield found
                found = []
        yield found


def address(connector: Connector, request: Request) -> httpx.URL:
    """Where a request goes; `AnswerError` for where its credentials, or the connector, do not."""
    try:
        absolute = "://" in request.path
        url = httpx.URL(request.path if absolute else f"{connector.base_url.rstrip('/')}/{request.path.lstrip('/')}")
    except httpx.InvalidURL:
        raise AnswerError("the address to call is not a URL", code="KPI505") from None
    if origin(url) != origin(httpx.URL(connector.base_url)):
        if request.authenticated:
            raise AnswerError(
                f"the API leads from {httpx.URL(connector.base_url).host} to {url.host}, where the credentials do "
                "not go",
                help="check `base_url`; if the API has moved, it is the new host's",
                code="KPI505",
            )
        if not connector.goes_to(url):
            raise AnswerError(
                f"the API leads to {url.scheme}://{url.host}, which the connector does not allow",
                help=connector.on_other_host,
                code="KPI505",
            )
    return url.copy_merge_params(dict(request.params)) if request.params else url
