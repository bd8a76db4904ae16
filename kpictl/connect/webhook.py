"""Tells people by an incoming webhook of Slack's kind, whose whole address is a secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import httpx

from kpictl import __version__
from kpictl.connect.address import is_private

TIMEOUT_SECONDS = 10.0
PAUSE_SECONDS = 1.0
TRIES = 2
TEXT_LIMIT = 12_000
"""Slack cuts a text off at 40,000 characters: https://docs.slack.dev/reference/methods/chat.postMessage#truncating"""
CUT = "…"

_PASSING = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})
_UNPRINTABLE = re.compile(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f]")


def is_address(address: str) -> bool:
    """Whether it is one that nobody on the way can read: https, or this machine itself."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return bool(url.host) and is_private(url)


def post(
    address: str,
    text: str,
    sleep: Callable[[float], object],
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> str | None:
    """Posts the text, and once more where that may help; None if it was taken, else why not, without the address."""
    # No redirects: the text is for the one place that the address names. Proxies come from the environment.
    with httpx.Client(
        timeout=timeout_seconds, headers={"User-Agent": f"kpictl/{__version__}"}, follow_redirects=False
    ) as client:
        reason, may_pass = _sent(client, address, text)
        for _ in range(TRIES - 1):
            if reason is not None and may_pass:
                sleep(PAUSE_SECONDS)
                reason, may_pass = _sent(client, address, text)
    return reason


def _sent(client: httpx.Client, address: str, text: str) -> tuple[str | None, bool]:
    """Why it was not taken, and whether another try may fare better."""
    logger = logging.getLogger("httpx")
    logger.addFilter(_says_nothing)  # httpx logs each address whole, and the path of this one opens the door
    try:
        # What comes back is not read: nothing in it is needed, and a server could go on for ever.
        with client.stream("POST", address, json={"text": escaped(text)}) as response:
            status = response.status_code
    except httpx.TimeoutException:
        return "there was no answer in time", True
    except httpx.ConnectError:
        return "there was no connection", True
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):  # the text of each can quote the address
        return "the call broke off", True
    finally:
        logger.removeFilter(_says_nothing)
    if httpx.codes.is_success(status):
        return None, False
    if httpx.codes.is_redirect(status):
        return f"it came back with {status}, and redirects are refused", False
    return f"it came back with {status}", status in _PASSING or httpx.codes.is_server_error(status)


def escaped(text: str) -> str:
    """As Slack wants it, cut where it is too long; a name in the text can mention nobody and make no link.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    short = text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - len(CUT)] + CUT
    plain = _UNPRINTABLE.sub(" ", short)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _says_nothing(_: logging.LogRecord) -> bool:
    return False
