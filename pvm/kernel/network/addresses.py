"""What an address leads to, seen from this machine.

An IPv6 address that stands for an IPv4 address, or carries one, leads to whatever is nearer of the two.
"""

from __future__ import annotations

import ipaddress
import socket
from enum import IntEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
COMPATIBLE = ipaddress.IPv6Network("::/96")
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
NEAR = (
    ipaddress.IPv4Network("127.0.0.0/8"),
    ipaddress.IPv4Network("169.254.0.0/16"),
    ipaddress.IPv6Network("::1/128"),
    ipaddress.IPv6Network("fe80::/10"),
)
"""Networks of which every address is ``Reach.LOCAL``."""


class Reach(IntEnum):
    """How near an address is: the nearer, the more explicitly it must be granted."""

    PUBLIC = 0
    """An address of the internet."""
    PRIVATE = 1
    """One of a network that is not public."""
    LOCAL = 2
    """This machine, or its link, where clouds keep their credentials."""
    NOWHERE = 3
    """No address of one machine: groups, broadcast, what is reserved."""


def canonical(address: Address) -> Address:
    """The address as its own family has it: an IPv4 address that is written as IPv6 is one."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def without_scope(address: Address) -> Address:
    """The address without the interface that is meant."""
    return ipaddress.ip_address(address.packed)


def is_loopback(address: Address) -> bool:
    """Whether a program means itself: the loopback addresses, and those that stand for none."""
    found = canonical(address)
    return found.is_loopback or found.is_unspecified


def reach(address: Address) -> Reach:
    """How near an address is."""
    address = canonical(without_scope(address))
    if isinstance(address, ipaddress.IPv4Address):
        return reach_of_4(address)
    carried = carried_address(address)
    return reach_of_6(address) if carried is None else max(reach_of_6(address), reach_of_4(carried))


def reach_of_4(address: ipaddress.IPv4Address) -> Reach:
    """How near an IPv4 address is."""
    if address.is_multicast or address.is_reserved or address in THIS_NETWORK:
        return Reach.NOWHERE
    if address.is_loopback or address.is_link_local or is_own(address):
        return Reach.LOCAL
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def reach_of_6(address: ipaddress.IPv6Address) -> Reach:
    """How near an IPv6 address is, whatever it carries."""
    if address.is_multicast or address.is_unspecified:
        return Reach.NOWHERE
    if address.is_loopback or address.is_link_local or is_own(address):
        return Reach.LOCAL
    if address in NAT64[0]:
        return Reach.PUBLIC
    if address.is_reserved:
        return Reach.NOWHERE
    return Reach.PUBLIC if address.is_global and not address.is_site_local else Reach.PRIVATE


def carried_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that routers on the way may make of an IPv6 address."""
    if any(address in network for network in NAT64):
        return ipaddress.IPv4Address(address.packed[-4:])
    if address.teredo is not None:
        return address.teredo[1]
    if address in COMPATIBLE and not address.is_loopback and not address.is_unspecified:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.sixtofour


def is_own(address: Address) -> bool:
    """Whether this machine has the address: then, and only then, a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
