"""Keeps secrets out of what people read: messages are shown, logged and sent on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

import httpx

_QUERY = re.compile(r"\?[^\s'\"<>]*=[^\s'\"<>]*")
_CREDENTIALS_IN_URL = re.compile(r"://[^\s/@'\"]+@")


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without secrets, without query strings (signed URLs are secrets), without `user:password@`."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return _CREDENTIALS_IN_URL.sub("://***@", _QUERY.sub("?***", text))


def shown_url(url: httpx.URL) -> str:
    """An address as a message shows it: where to, and nothing that opens a door."""
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}"
