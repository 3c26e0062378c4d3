"""System calls on sockets by descriptor, with addresses and options as bytes.

Objects of Python's ``socket`` are no way to look at a guest's socket: a default time-out of the embedder would change
its flags.  All raise OSError.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pvm.engines.direct import linux

if TYPE_CHECKING:
    import ipaddress

SENDMSG = 46
CONNECT, BIND, LISTEN, GETSOCKNAME, GETPEERNAME, SETSOCKOPT, GETSOCKOPT = 42, 49, 50, 51, 52, 54, 55
SO_NETNS_COOKIE, SO_BUF_LOCK = 71, 72
TCP_INFO = 11
ADDRESS_MAX = 128
SIZE_4, SIZE_6 = 16, 24
"""How long an internet address must be; ``struct sockaddr_in6`` without the scope was enough once."""


class Endpoint(NamedTuple):
    """An internet address and port."""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int


def get_option(descriptor: int, level: int, name: int, size: int = 4) -> bytes:
    """The value of an option."""
    buffer, length = ctypes.create_string_buffer(size), ctypes.c_uint32(size)
    linux.syscall(GETSOCKOPT, descriptor, level, name, ctypes.addressof(buffer), ctypes.addressof(length))
    return buffer.raw[: length.value]


def get_number(descriptor: int, level: int, name: int) -> int:
    """The value of an option that is a number."""
    return int.from_bytes(get_option(descriptor, level, name), "little")


def set_option(descriptor: int, level: int, name: int, value: bytes) -> None:
    """Set an option."""
    buffer = ctypes.create_string_buffer(value, len(value))
    linux.syscall(SETSOCKOPT, descriptor, level, name, ctypes.addressof(buffer), len(value))


def set_number(descriptor: int, level: int, name: int, value: int) -> None:
    """Set an option that is a number."""
    set_option(descriptor, level, name, value.to_bytes(4, "little"))


def connect(descriptor: int, address: bytes) -> None:
    """Connect to an address."""
    buffer = ctypes.create_string_buffer(address, len(address))
    linux.syscall(CONNECT, descriptor, ctypes.addressof(buffer), len(address))


def bind(descriptor: int, address: bytes) -> None:
    """Bind to an address."""
    buffer = ctypes.create_string_buffer(address, len(address))
    linux.syscall(BIND, descriptor, ctypes.addressof(buffer), len(address))


def send(descriptor: int, data: bytes, flags: int, address: bytes, control: bytes) -> int:
    """Send a message with control data to an address; how many bytes went."""
    buffers = [ctypes.create_string_buffer(part, len(part)) for part in (address, data, control)]
    to, content, along = (ctypes.addressof(buffer) for buffer in buffers)
    vector = ctypes.create_string_buffer(struct.pack("<QQ", content, len(data)), 16)
    place = ctypes.addressof(vector)
    header = struct.pack("<QI4xQQQQ8x", to, len(address), place, 1, along if control else 0, len(control))
    message = ctypes.create_string_buffer(header, len(header))
    return linux.syscall(SENDMSG, descriptor, ctypes.addressof(message), flags)


def listen(descriptor: int, backlog: int) -> None:
    """Let others connect."""
    linux.syscall(LISTEN, descriptor, backlog)


def name_of(descriptor: int) -> bytes:
    """The address that a socket is bound to."""
    return _address(GETSOCKNAME, descriptor)


def peer_of(descriptor: int) -> bytes:
    """The address that a socket is connected to."""
    return _address(GETPEERNAME, descriptor)


def _address(call: int, descriptor: int) -> bytes:
    buffer, length = ctypes.create_string_buffer(ADDRESS_MAX), ctypes.c_uint32(ADDRESS_MAX)
    linux.syscall(call, descriptor, ctypes.addressof(buffer), ctypes.addressof(length))
    return buffer.raw[: min(length.value, ADDRESS_MAX)]


def network_of(descriptor: int) -> bytes:
    """What tells a socket's network namespace from all others."""
    return get_option(descriptor, socket.SOL_SOCKET, SO_NETNS_COOKIE, 8)


def performed(perform: Callable[..., None], *args: object) -> int:
    """Perform a call that does not block, for a guest."""
    try:
        perform(*args)
    except OSError as error:
        return -(error.errno or errno.EINVAL)
    return 0


def family_of(address: bytes) -> int:
    """The family of an address, or -1 if it is too short to have one."""
    return int.from_bytes(address[:2], "little") if len(address) >= 2 else -1


def endpoint(address: bytes) -> Endpoint | None:
    """What an internet address says; None if it is too short, or of another family."""
    import ipaddress  # takes a millisecond of every start, and most programs have no such address

    family = family_of(address)
    port = int.from_bytes(address[2:4], "big")
    if family == socket.AF_INET and len(address) >= SIZE_4:
        return Endpoint(ipaddress.IPv4Address(address[4:8]), port)
    if family == socket.AF_INET6 and len(address) >= SIZE_6:
        return Endpoint(ipaddress.IPv6Address(address[8:24]), port)
    return None
