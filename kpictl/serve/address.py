"""Where a server listens: what a name or a number stands for, and who can reach it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from kpictl.diagnostics import WorldError


@dataclass(frozen=True, slots=True)
class Address:
    """What a socket is bound to."""

    family: socket.AddressFamily
    protocol: int
    place: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]

    @property
    def is_loopback(self) -> bool:
        """Whether this machine alone can reach it."""
        found: IPv4Address | IPv6Address = ip_address(str(self.place[0]).partition("%")[0])
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return found.is_loopback


def addresses(host: str, port: int) -> tuple[Address, ...]:
    """All that a host stands for; WorldError where it stands for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        # The second where a part of the name is empty, or longer than 63 characters.
        raise WorldError(
            f"`{host}` has no address", help="--host takes an address of this machine, or a name that has one"
        ) from None
    return tuple(Address(socket.AddressFamily(family), protocol, place) for family, _, protocol, _, place in found)
