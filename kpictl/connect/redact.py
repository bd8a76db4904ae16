"""Keeps secrets out of what people read: messages are shown, logged and sent on."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

import httpx

_QUERY = re.compile(r"\?[^\s'\"<>]*=[^\s'\"<>]*")
_CREDENTIALS_IN_URL = re.compile(r"://[^\s/@'\"]+@")


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without secrets, without query strings (signed URLs are secrets), without `user:password@`."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return _CREDENTIALS_IN_URL.sub("://***@", _QUERY.sub("?***", text))


def shown_url(url: httpx.URL) -> str:
    """An address as a message shows it: where to, and nothing that opens a door."""
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}"


class _WithoutQueries(logging.Filter):
    """Addresses in httpx's log lines as messages show them: a program that logs all would log signed addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(shown_url(part) if isinstance(part, httpx.URL) else part for part in record.args)
        return True


_FILTER = _WithoutQueries()


def keep_addresses_out_of_logs() -> None:
    """Httpx logs each request with its whole address, at the level INFO; a filter is added once, whoever asks."""
    logging.getLogger("httpx").addFilter(_FILTER)
