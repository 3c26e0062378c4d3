"""Unix sockets by path: the virtual file system has the name, the host's kernel an abstract one in the jail's network.

A socket is bound, or connected, through a duplicate that the supervisor takes of it, to an address that nobody else
can know.  All else about sockets is native: whatever address a guest passes, even one that it changes after it
was looked at, leads no further than the jail's own network and its empty root, so such calls may go on.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pvm.engines.direct import linux
from pvm.engines.direct.calls.call import ANSWERED, CONTINUE, Call
from pvm.engines.direct.execution import decode_path
from pvm.errors import GuestError
from pvm.kernel.vfs.node import FileKind
from pvm.kernel.vfs.path import Last

FAMILY_SIZE = 2
ADDRESS_MAX = 128
PATH_ROOM = 108
PREFIX = b"\0pvm-"


def unix_path(call: Call) -> str | None:
    """The path in the address that a call passes, or None if it is another kind of address."""
    size = call.args[2] & 0xFFFF_FFFF
    if not FAMILY_SIZE < size <= ADDRESS_MAX:
        return None
    address = call.guest.memory.read(call.args[1], size)
    call.check_waiting()
    if int.from_bytes(address[:FAMILY_SIZE], "little") != socket.AF_UNIX or address[FAMILY_SIZE] == 0:
        return None
    return decode_path(address[FAMILY_SIZE:].partition(b"\0")[0])


@contextmanager
def duplicate(call: Call) -> Iterator[socket.socket]:
    """The caller's socket, for a while; what is no Unix socket gives EINVAL or ENOTSOCK."""
    try:
        pidfd = os.pidfd_open(call.guest.pid)
        try:
            descriptor = linux.syscall(linux.PIDFD_GETFD, pidfd, call.signed(0), 0)
        finally:
            os.close(pidfd)
        found = socket.socket(fileno=descriptor)
    except OSError as error:
        raise GuestError(error.errno or errno.EBADF) from None
    with found:
        if found.family != socket.AF_UNIX:
            raise GuestError(errno.EINVAL)
        yield found


def bind(call: Call) -> int:
    path = unix_path(call)
    if path is None:
        return CONTINUE
    place = call.guest.view.walk(path, Last.NAME)
    if place.found is not None:
        raise GuestError(errno.EADDRINUSE)
    names = call.supervisor.socket_names
    with duplicate(call) as found:
        parent = place.parent.directory()
        node = parent.create_special(place.name, FileKind.SOCKET, 0o777 & ~call.guest.umask)
        address = PREFIX + os.urandom(8).hex().encode()
        try:
            found.bind(address)
        except OSError as error:
            parent.remove_file(place.name)
            raise GuestError(error.errno or errno.EINVAL) from None
    names.by_node[node] = address
    names.paths[address] = path
    return 0


def connect(call: Call) -> int:
    path = unix_path(call)
    if path is None:
        return CONTINUE
    node = call.guest.view.walk(path).existing().node
    address = call.supervisor.socket_names.by_node.get(node)
    if address is None:
        raise GuestError(errno.ECONNREFUSED)
    with duplicate(call) as found:
        own = found.dup()
    # It waits while the other side has no room, which only a thread may.
    threading.Thread(target=finish_connect, args=(call, own, address), name="pvm-connect", daemon=True).start()
    return ANSWERED


def finish_connect(call: Call, own: socket.socket, address: bytes) -> None:
    """Connect and answer."""
    with own:
        try:
            own.connect(address)
            result = 0
        except OSError as error:
            result = -(error.errno or errno.ECONNREFUSED)
    call.supervisor.answer(call.ticket, result)


def name_of(call: Call, *, peer: bool) -> int:
    """Give the path that a socket was bound to; other addresses are the host's to give."""
    try:
        with duplicate(call) as found:
            address = found.getpeername() if peer else found.getsockname()
    except (GuestError, OSError):
        return CONTINUE
    path = call.supervisor.socket_names.paths.get(address) if isinstance(address, bytes) else None
    if path is None:
        return CONTINUE
    record = socket.AF_UNIX.to_bytes(FAMILY_SIZE, "little") + path.encode()[: PATH_ROOM - 1] + b"\0"
    room = int.from_bytes(call.guest.memory.read(call.args[2], 4), "little")
    call.write(1, record[:room])
    call.write(2, len(record).to_bytes(4, "little"))
    return 0


CALLS = {
    "bind": bind,
    "connect": connect,
    "getsockname": lambda call: name_of(call, peer=False),
    "getpeername": lambda call: name_of(call, peer=True),
}
