"""Ports of this machine that lead to servers inside: they are kept from the start, and listen when a guest does.

A port is kept by a socket that is bound and never listens, so that whoever connects is refused until a guest listens.
The guest's socket is then replaced by a socket of this machine that is bound to the same port.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Sequence
from typing import NamedTuple

from pvm.engines.direct import linux, rawsockets
from pvm.engines.direct.jail import pidfd
from pvm.errors import GuestError, UsageError
from pvm.kernel.network import Published
from pvm.kernel.network.addresses import Address, canonical

LISTENERS_MAX = 256
Identity = tuple[int, int]
REUSE = struct.pack("<i", 1)


class Kept(NamedTuple):
    """A published port: the address and port of this machine, and the socket that keeps it."""

    address: Address
    port: int
    keeper: socket.socket


class Listener(NamedTuple):
    """A socket of this machine that a guest listens with: who has it where, and the address that the guest knows."""

    identity: Identity
    name: bytes
    pid: int
    number: int


class PublishedPorts:
    """The published ports of a run, by the port of the guest; ``mailboxes`` are those of UDP."""

    def __init__(self, published: Sequence[Published]) -> None:
        self._kept: dict[int, Kept] = {}
        self.mailboxes: dict[int, socket.socket] = {}
        self._listeners: dict[tuple[Identity, bytes], Listener] = {}
        try:
            for one in published:
                kept = keep(one)
                if one.protocol == "tcp":
                    self._kept[one.guest_port] = kept
                else:
                    self.mailboxes[one.guest_port] = kept.keeper
        except OSError as error:
            self.close()
            place = f"{one.address}:{one.port}"
            raise UsageError(f"port {place} of this machine cannot be published: {error.strerror}") from None

    def close(self) -> None:
        """Give the ports back."""
        for keeper in (*(kept.keeper for kept in self._kept.values()), *self.mailboxes.values()):
            keeper.close()
        self._kept = {}
        self.mailboxes = {}

    def places(self) -> dict[int | str, tuple[str, int]]:
        """Address and port of this machine, by port of the guest, with ``/udp`` behind those of UDP."""
        places: dict[int | str, tuple[str, int]] = {
            port: (str(kept.address), kept.port) for port, kept in self._kept.items()
        }
        for port, mailbox in self.mailboxes.items():
            places[f"{port}/udp"] = mailbox.getsockname()[:2]
        return places

    def has(self, guest_port: int) -> bool:
        """Whether a port of guests is published."""
        return guest_port in self._kept

    def fits(self, guest_port: int, family: int, descriptor: int) -> bool:
        """Whether a port is published where a guest's socket of a family could be reached; raises OSError."""
        kept = self._kept.get(guest_port)
        if kept is None:
            return False
        if kept.address.version == 6:
            return family == socket.AF_INET6
        return family == socket.AF_INET or not rawsockets.get_number(
            descriptor, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY
        )

    def address(self, guest_port: int, family: int, *, own: bool = False) -> bytes:
        """Where a port is published, for a socket of a family; ``own`` is for whoever connects from here.

        Raises:
            GuestError: EADDRNOTAVAIL, since sockets for IPv4 reach no IPv6 address.
        """
        kept = self._kept[guest_port]
        address = kept.address
        if own and address.is_unspecified:
            address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
        if family == socket.AF_INET and address.version == 4:
            return struct.pack("<H", family) + kept.port.to_bytes(2, "big") + address.packed + bytes(8)
        if family != socket.AF_INET6:
            raise GuestError(errno.EADDRNOTAVAIL)
        packed = address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed
        return struct.pack("<H", family) + kept.port.to_bytes(2, "big") + bytes(4) + packed + bytes(4)

    def guest_port(self, place: rawsockets.Endpoint) -> int | None:
        """The port of guests that is published at an address and port of this machine."""
        address = canonical(place.address)
        for port, kept in self._kept.items():
            if kept.port == place.port and (kept.address == address or kept.address.is_unspecified):
                return port
        return None

    def found(self, jail: int, name: bytes) -> int:
        """A duplicate of what a guest has in the place of a socket of the jail already; -1 if nobody has it.

        Other processes may have the jail's own still, as those have that a server forks before each of them listens.
        """
        known = self._listeners.get((identity(os.fstat(jail)), name))
        if known is None:
            return -1
        try:
            if identity(os.stat(f"/proc/{known.pid}/fd/{known.number}")) != known.identity:  # noqa: PTH116 - one call
                return -1
            with pidfd(known.pid) as process:
                found = linux.syscall(linux.PIDFD_GETFD, process, known.number, 0)
        except OSError:
            return -1
        if identity(os.fstat(found)) != known.identity:  # it was replaced meanwhile
            os.close(found)
            return -1
        return found

    def remember(self, jail: int, name: bytes, new: int, pid: int, number: int) -> None:
        """Note what a process has in the place of a socket of the jail, which was bound to ``name``."""
        listener = Listener(identity(os.fstat(new)), name, pid, number)
        self._listeners[identity(os.fstat(jail)), name] = listener
        while len(self._listeners) > LISTENERS_MAX:
            del self._listeners[next(iter(self._listeners))]

    def bound_name(self, descriptor: int) -> bytes | None:
        """The address that a guest has bound a listening socket of this machine to, as far as it is known."""
        wanted = identity(os.fstat(descriptor))
        return next((known.name for known in self._listeners.values() if known.identity == wanted), None)

    def listen(self, descriptor: int, guest_port: int, family: int, backlog: int) -> None:
        """Let a socket of this machine listen where a port is published; raises OSError."""
        bound = rawsockets.endpoint(rawsockets.name_of(descriptor))
        if bound is None or not bound.port:
            self._bind(descriptor, guest_port, family)
        rawsockets.listen(descriptor, backlog)

    def _bind(self, descriptor: int, guest_port: int, family: int) -> None:
        address = self.address(guest_port, family)
        rawsockets.set_option(descriptor, socket.SOL_SOCKET, socket.SO_REUSEADDR, REUSE)
        if family == socket.AF_INET6:
            only = struct.pack("<i", self._kept[guest_port].address.version == 6)
            rawsockets.set_option(descriptor, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        rawsockets.bind(descriptor, address)


def identity(status: os.stat_result) -> Identity:
    """What tells an open socket from all others."""
    return status.st_dev, status.st_ino


def keep(published: Published) -> Kept:
    """Bind a socket to a port of this machine; raises OSError."""
    address = ipaddress.ip_address(published.address)
    kind = socket.SOCK_STREAM if published.protocol == "tcp" else socket.SOCK_DGRAM
    keeper = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, kind)
    try:
        if kind == socket.SOCK_STREAM:
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if address.version == 6:
            keeper.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        keeper.bind((published.address, published.port))
    except OSError:
        keeper.close()
        raise
    return Kept(address, keeper.getsockname()[1], keeper)
