"""Who may ask, and from where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from kpictl.diagnostics import UsageError
from kpictl.serve.address import addresses

TOKEN_VARIABLE = "KPICTL_SERVE_TOKEN"  # noqa: S105 -- a name, no token
TOKEN_CHARACTERS = 16
"""The shortest token that is taken; there is no limit to how often somebody may try."""

_TOKEN = re.compile(r"[!-~]+")
_ORIGIN = re.compile(r"(https?)://(?:([a-z0-9.-]+)|\[([0-9a-f:.]+)\])(?::([0-9]{1,5}))?")
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Settings:
    """`tokens` are those that open the door; without any it stands open to this machine alone.

    `cors` are the origins whose pages may read the API, `*` for all; `embed` those that may show the page in a frame.
    """

    host: str = "127.0.0.1"
    tokens: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    embed: tuple[str, ...] = ()

    @property
    def hosts(self) -> frozenset[str] | None:
        """The names that requests may give this server; None for any.

        A page elsewhere can give a name of its own to this machine's address, and would then be asking its own
        server, as the browser sees it. It cannot know a token.
        """
        return None if self.tokens else frozenset({"localhost", "127.0.0.1", "::1", self.host.lower()})


def settings_of(
    host: str, variables: Mapping[str, str], cors: Sequence[str] = (), embed: Sequence[str] = ()
) -> Settings:
    """UsageError where others could reach the server and no token is asked of them."""
    tokens = tuple(token for each in variables.get(TOKEN_VARIABLE, "").split(",") if (token := each.strip()))
    for token in tokens:
        if len(token) < TOKEN_CHARACTERS or not _TOKEN.fullmatch(token):
            raise UsageError(
                f"a token in {TOKEN_VARIABLE} is too short, or not of printable ASCII characters",
                help=f"take {TOKEN_CHARACTERS} characters or more: `openssl rand -hex 32` makes one",
            )
    if not tokens and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and nothing is asked of them",
            help=f"set {TOKEN_VARIABLE} to a token that readers must send (`openssl rand -hex 32` makes one), "
            "or leave out --host to serve this machine alone",
        )
    if "*" in cors and not tokens:
        raise UsageError(
            "--cors '*' lets every page that a browser on this machine shows read the KPIs",
            help=f"name the origins that may, or set {TOKEN_VARIABLE} to a token that their pages must send",
        )
    readers = tuple("*" if each == "*" else origin(each) for each in cors)
    return Settings(host, tokens, readers, tuple(origin(each) for each in embed))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it; WorldError where it has no address."""
    return all(each.is_loopback for each in addresses(host, 0))


def origin(text: str) -> str:
    """An origin as browsers send it: in lower case, without the port that its scheme has anyway."""
    found = _ORIGIN.fullmatch(text.lower())
    if found is None:
        raise _no_origin(text)
    scheme, name, number, port = found.groups()
    try:
        host = name or f"[{IPv6Address(number).compressed}]"
    except ValueError:
        raise _no_origin(text) from None
    if port is None or int(port) == _PORTS[scheme]:
        return f"{scheme}://{host}"
    if int(port) > _LAST_PORT:
        raise _no_origin(text)
    return f"{scheme}://{host}:{int(port)}"


def _no_origin(text: str) -> UsageError:
    return UsageError(f"`{text}` is no origin", help="an origin is a scheme and a host: https://wiki.example.com")
