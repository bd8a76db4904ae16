"""Where credentials and requests may go."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import httpx


def is_private(url: httpx.URL) -> bool:
    """Whether nobody on the way can read what is sent there."""
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port; httpx leaves out a port that is the scheme's own."""
    return url.scheme, url.host, url.port


def is_allowed(url: httpx.URL, hosts: Iterable[str]) -> bool:
    """Whether one of the entries, as in `Connector.other_hosts`, allows an address."""
    return any(_allows(entry, url) for entry in hosts)


def _allows(entry: str, url: httpx.URL) -> bool:
    scheme, _, rest = entry.rpartition("://")
    wanted, _, port = rest.partition(":")
    plain_http = scheme == "http" or (not scheme and is_loopback(url.host))
    if url.scheme != "https" and not (url.scheme == "http" and plain_http):
        return False
    if port and port != str(url.port):
        return False
    return url.host.endswith(wanted[1:]) if wanted.startswith("*.") else url.host == wanted


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself, where plain http gives nothing away."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
