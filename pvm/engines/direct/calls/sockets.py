"""Sockets: Unix sockets by path, and what leads outside where a policy allows it.

A path is a name in the virtual file system, which stands for an abstract address in the jail's network that nobody
else can know.  A socket is bound, or connected, through a duplicate that the supervisor takes of it.

Where there is no network outside, all else is native: whatever address a guest passes, even one that it changes
after it was looked at, leads no further than the jail's own network and its empty root, so such calls may go on.
Where there is one, guests may have sockets of this machine, so no call with an address goes on: it is done by the
supervisor, on the copy of the address, with a duplicate of the socket.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pvm.engines.direct import linux, rawsockets
from pvm.engines.direct.calls.call import ANSWERED, CONTINUE, Call
from pvm.engines.direct.execution import decode_path
from pvm.errors import GuestError
from pvm.kernel.vfs.node import FileKind
from pvm.kernel.vfs.path import Last

FAMILY_SIZE = 2
ADDRESS_MAX = 128
NAME_PORT = 53
PATH_ROOM = 108
UNIX = socket.AF_UNIX.to_bytes(FAMILY_SIZE, "little")
PREFIX = b"\0pvm-"
PROTOCOLS: dict[tuple[int, int], str] = {
    (socket.SOCK_STREAM, socket.IPPROTO_TCP): "tcp",
    (socket.SOCK_DGRAM, socket.IPPROTO_UDP): "udp",
}


def address_of(call: Call) -> bytes:
    """The address that a call passes."""
    size = call.signed(2)
    if not 0 <= size <= ADDRESS_MAX:
        raise GuestError(errno.EINVAL)
    address = call.guest.memory.read(call.args[1], size)
    call.check_waiting()
    return address


def unix_path(address: bytes) -> str | None:
    """The path in an address, or None if it is another kind of address."""
    if rawsockets.family_of(address) != socket.AF_UNIX or address[FAMILY_SIZE : FAMILY_SIZE + 1] in {b"", b"\0"}:
        return None
    return decode_path(address[FAMILY_SIZE:].partition(b"\0")[0])


@contextmanager
def borrowed(call: Call) -> Iterator[int]:
    """A duplicate of the socket in the first argument, for a while."""
    try:
        pidfd = os.pidfd_open(call.guest.pid)
        try:
            descriptor = linux.syscall(linux.PIDFD_GETFD, pidfd, call.signed(0), 0)
        finally:
            os.close(pidfd)
    except OSError as error:
        raise GuestError(error.errno or errno.EBADF) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def borrowed_unix(call: Call) -> Iterator[int]:
    """The same; what is no Unix socket gives EINVAL or ENOTSOCK."""
    with borrowed(call) as descriptor:
        if number(descriptor, socket.SO_DOMAIN) != socket.AF_UNIX:
            raise GuestError(errno.EINVAL)
        yield descriptor


def number(descriptor: int, option: int) -> int:
    """An option of a guest's socket.

    Raises:
        GuestError: it is none.
    """
    try:
        return rawsockets.get_number(descriptor, socket.SOL_SOCKET, option)
    except OSError as error:
        raise GuestError(error.errno or errno.ENOTSOCK) from None


def bind(call: Call) -> int:
    address = address_of(call)
    path = unix_path(address)
    if path is not None:
        return bind_path(call, path)
    outside = call.supervisor.outside
    if outside is None:
        return CONTINUE
    with borrowed(call) as own:
        if not outside.is_inside(own):
            raise GuestError(errno.EINVAL)
        found = rawsockets.performed(rawsockets.bind, own, address)
        return bind_beside(own, address) if found == -errno.EADDRINUSE else found


def bind_beside(own: int, address: bytes) -> int:
    """Bind a socket whose port is in use: that of the name server is for others as well, at all other addresses."""
    target = rawsockets.endpoint(address)
    if target is None or target.port != NAME_PORT or number(own, socket.SO_TYPE) != socket.SOCK_DGRAM:
        return -errno.EADDRINUSE
    before = number(own, socket.SO_REUSEADDR)
    try:
        rawsockets.set_number(own, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return rawsockets.performed(rawsockets.bind, own, address)
    finally:
        rawsockets.set_number(own, socket.SOL_SOCKET, socket.SO_REUSEADDR, before)


def bind_path(call: Call, path: str) -> int:
    """Bind a Unix socket to a path."""
    place = call.guest.view.walk(path, Last.NAME)
    if place.found is not None:
        raise GuestError(errno.EADDRINUSE)
    names = call.supervisor.socket_names
    with borrowed_unix(call) as own:
        parent = place.parent.directory()
        node = parent.create_special(place.name, FileKind.SOCKET, 0o777 & ~call.guest.umask)
        address = PREFIX + os.urandom(8).hex().encode()
        try:
            rawsockets.bind(own, UNIX + address)
        except OSError as error:
            parent.remove_file(place.name)
            raise GuestError(error.errno or errno.EINVAL) from None
    names.by_node[node] = address
    names.paths[address] = path
    return 0


def listen(call: Call) -> int:
    """Only what belongs to the jail's network may listen, there or where its port is published."""
    outside = call.supervisor.outside
    if outside is None:
        return CONTINUE
    with borrowed(call) as own:
        if outside.is_inside(own):
            return outside.listen(call, own, call.signed(1))
        return outside.listen_again(own, call.signed(1))


def bound_address(call: Call, path: str) -> bytes:
    """The abstract address of the socket that is bound to a path."""
    node = call.guest.view.walk(path).existing().node
    bound = call.supervisor.socket_names.by_node.get(node)
    if bound is None:
        raise GuestError(errno.ECONNREFUSED)
    return bound


def connect(call: Call) -> int:
    address = address_of(call)
    path = unix_path(address)
    if path is None and call.supervisor.outside is None:
        return CONTINUE
    if path is not None:
        bound = bound_address(call, path)
        with borrowed_unix(call) as own:
            return connect_inside(call, own, UNIX + bound)
    with borrowed(call) as own:
        return connect_judged(call, own, address)


def connect_judged(call: Call, own: int, address: bytes) -> int:
    """Connect where there is a network outside: inside, or where the policy allows it to.

    The host's kernel never takes the guest's own address or descriptor: another thread might change them meanwhile.
    """
    outside = call.supervisor.outside
    assert outside is not None
    inside = outside.is_inside(own)
    target = rawsockets.endpoint(address)
    protocol = PROTOCOLS.get((number(own, socket.SO_TYPE), number(own, socket.SO_PROTOCOL)))
    same_family = number(own, socket.SO_DOMAIN) == rawsockets.family_of(address)
    if target is None or protocol is None or not same_family or outside.means_itself(protocol, target):
        if inside and target is not None and protocol == "tcp" and same_family and outside.ports.has(target.port):
            published = outside.ports.address(target.port, rawsockets.family_of(address), own=True)
            return outside.connect(call, own, published)
        if inside:
            return connect_inside(call, own, address)
        if rawsockets.family_of(address) == socket.AF_UNSPEC:
            return rawsockets.performed(rawsockets.connect, own, address)
        if target is None or not same_family:
            raise GuestError(errno.EAFNOSUPPORT)
        new = outside.taken_back(call, own)
        try:
            return connect_inside(call, new, address)
        finally:
            os.close(new)
    if protocol == "udp":
        outside.open_door(protocol, target)
        return connect_inside(call, own, address)
    if not outside.policy.allows(protocol, *target):
        raise GuestError(errno.ENETUNREACH)  # which programs take for final; EACCES makes some try again for long
    return outside.connect(call, own, address) if inside else outside.connect_again(call, own, address)


def open_way(call: Call, addresses: Iterable[tuple[int, int]]) -> int:
    """Open the way to addresses of datagrams, by place and size; the first that is refused ends it.

    The guest itself sends them, into the jail's network whatever it changes meanwhile.
    """
    outside = call.supervisor.outside
    if outside is None or not outside.policy.uses("udp"):
        return CONTINUE
    targets = []
    for place, size in addresses:
        if place and rawsockets.SIZE_4 <= size <= ADDRESS_MAX:
            targets.append(rawsockets.endpoint(call.guest.memory.read(place, size)))
    if any(targets):
        call.check_waiting()
        with borrowed(call) as own:
            protocol = PROTOCOLS.get((number(own, socket.SO_TYPE), number(own, socket.SO_PROTOCOL)))
        for target in targets:
            if target is not None and protocol == "udp":
                outside.open_door(protocol, target)
    return CONTINUE


def connect_inside(call: Call, own: int, address: bytes) -> int:
    """Connect a socket of the jail's network in the name of the guest; what may wait does so on a thread."""
    waits = not fcntl.fcntl(own, fcntl.F_GETFL) & os.O_NONBLOCK and number(own, socket.SO_TYPE) != socket.SOCK_DGRAM
    if not waits:
        return rawsockets.performed(rawsockets.connect, own, address)
    arguments = (call, os.dup(own), address)
    threading.Thread(target=finish_connect, args=arguments, name="pvm-connect", daemon=True).start()
    return ANSWERED


def finish_connect(call: Call, own: int, address: bytes) -> None:
    """Connect and answer."""
    try:
        result = rawsockets.performed(rawsockets.connect, own, address)
    finally:
        os.close(own)
    call.supervisor.answer(call.ticket, result)


def name_of(call: Call, *, peer: bool) -> int:
    """Give the path that a socket was bound to, or the port that is published; others are the host's to give."""
    try:
        with borrowed(call) as own:
            record = known_name(call, own, peer=peer)
    except (GuestError, OSError):
        return CONTINUE
    if record is None:
        return CONTINUE
    room = int.from_bytes(call.guest.memory.read(call.args[2], 4), "little")
    call.write(1, record[:room])
    call.write(2, len(record).to_bytes(4, "little"))
    return 0


def known_name(call: Call, own: int, *, peer: bool) -> bytes | None:
    """The address of a socket that only we know; raises OSError."""
    if number(own, socket.SO_DOMAIN) == socket.AF_UNIX:
        address = rawsockets.peer_of(own) if peer else rawsockets.name_of(own)
        path = call.supervisor.socket_names.paths.get(address[FAMILY_SIZE:])
        return None if path is None else UNIX + path.encode()[: PATH_ROOM - 1] + b"\0"
    outside = call.supervisor.outside
    if outside is None or outside.is_inside(own):
        return None
    return outside.shown_name(own, peer=peer)


def guarded(handler: Callable[[Call], int]) -> Callable[[Call], int]:
    """Give the guest what the host refuses, for want of descriptors above all."""

    def handle(call: Call) -> int:
        try:
            return handler(call)
        except OSError as error:
            return -(error.errno or errno.EIO)

    return handle


CALLS = {
    "bind": guarded(bind),
    "connect": guarded(connect),
    "listen": guarded(listen),
    "getsockname": lambda call: name_of(call, peer=False),
    "getpeername": lambda call: name_of(call, peer=True),
}
