"""Sending with an address: datagrams to Unix sockets by path, and to what is outside where a policy allows it.

A datagram to a path is copied, with the descriptors that go along, and sent by the supervisor through a duplicate of
the caller's socket, to the abstract address that stands for the path.  All others go on natively.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from pvm.engines.direct import rawsockets
from pvm.engines.direct.calls.call import CONTINUE, Call
from pvm.engines.direct.calls.retrying import keep_trying
from pvm.engines.direct.calls.sockets import ADDRESS_MAX, UNIX, borrowed_unix, bound_address, open_way, unix_path
from pvm.engines.direct.locks import duplicate
from pvm.errors import GuestError

MESSAGE = struct.Struct("<QI4xQQQQ8x")
"""``struct msghdr``: address and its size, vectors and their number, control data and its size."""

COUNT_SIZE = 8
MESSAGES_MAX = 1024
VECTOR = struct.Struct("<QQ")
VECTORS_MAX = 1024
DATA_MAX = 1 << 20
CONTROL_MAX = 1 << 14
CONTROL = struct.Struct("<Qii")
SCM_RIGHTS, DESCRIPTORS_MAX = 1, 253


class Message(NamedTuple):
    """What is to be sent: pieces of memory and control data, by place and size, and the path that it goes to."""

    path: str | None
    pieces: Sequence[tuple[int, int]]
    control: tuple[int, int] = (0, 0)


def path_at(call: Call, place: int, size: int) -> str | None:
    """The path that an address leads to, or None."""
    if not place or not len(UNIX) < size <= ADDRESS_MAX:
        return None
    return unix_path(call.guest.memory.read(place, size))


def sendto(call: Call) -> int:
    if not call.args[4]:
        return CONTINUE
    size = call.args[5] & 0xFFFF_FFFF
    path = path_at(call, call.args[4], size)
    if path is None:
        return open_way(call, [(call.args[4], size)])
    return send(call, Message(path, [(call.args[1], call.args[2])]), call.args[3])


def sendmsg(call: Call) -> int:
    header = call.guest.memory.read(call.args[1], MESSAGE.size)
    message = read_message(call, header)
    if message.path is None:
        return open_way(call, [MESSAGE.unpack(header)[:2]])
    return send(call, message, call.args[2])


def sendmmsg(call: Call) -> int:
    """The first that is sent to a path is sent alone, and counts; what comes before it goes on natively."""
    count = min(call.args[2] & 0xFFFF_FFFF, MESSAGES_MAX)
    stride = MESSAGE.size + COUNT_SIZE
    data = call.guest.memory.read_some(call.args[1], count * stride) if count else b""
    headers = [data[place : place + MESSAGE.size] for place in range(0, len(data) - stride + 1, stride)]
    message = read_message(call, headers[0]) if headers else Message(None, [])
    if message.path is None:
        if any(path_at(call, *MESSAGE.unpack(header)[:2]) is not None for header in headers[1:]):
            raise GuestError(errno.EOPNOTSUPP)
        return open_way(call, [MESSAGE.unpack(header)[:2] for header in headers])
    sent = send(call, message, call.args[3], may_wait=False)
    call.guest.memory.write(call.args[1] + MESSAGE.size, sent.to_bytes(4, "little"))
    return 1


def read_message(call: Call, header: bytes) -> Message:
    """What a ``struct msghdr`` says, of which the rest matters only if there is a path."""
    address, size, vectors, count, control, control_size = MESSAGE.unpack(header)
    path = path_at(call, address, size)
    if path is None:
        return Message(None, [])
    if count > VECTORS_MAX:
        raise GuestError(errno.EMSGSIZE)
    data = call.guest.memory.read(vectors, VECTOR.size * count) if count else b""
    return Message(path, list(VECTOR.iter_unpack(data)), (control, control_size))


def send(call: Call, message: Message, flags: int, *, may_wait: bool = True) -> int:
    """Send a datagram to a path."""
    assert message.path is not None, "others go on natively"
    if sum(size for _, size in message.pieces) > DATA_MAX or message.control[1] > CONTROL_MAX:
        raise GuestError(errno.EMSGSIZE)
    data = b"".join(call.guest.memory.read(place, size) for place, size in message.pieces if size)
    control = call.guest.memory.read(*message.control) if message.control[1] else b""
    call.check_waiting()
    target = UNIX + bound_address(call, message.path)
    may_wait = may_wait and not flags & socket.MSG_DONTWAIT
    flags = flags & 0xFFFF_FFFF | socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
    with ExitStack() as undo, borrowed_unix(call) as own:
        passed = passed_descriptors(call, control, undo)
        waits = may_wait and not fcntl.fcntl(own, fcntl.F_GETFL) & os.O_NONBLOCK
        try:
            return rawsockets.send(own, data, flags, target, passed)
        except OSError as error:
            if error.errno != errno.EAGAIN or not waits:
                raise GuestError(error.errno or errno.EIO) from None
        kept = os.dup(own)
        undo.callback(os.close, kept)
        return keep_trying(call, lambda: rawsockets.send(kept, data, flags, target, passed), undo.pop_all().close)


def passed_descriptors(call: Call, control: bytes, undo: ExitStack) -> bytes:
    """Control data that passes on the same descriptors as the caller's; of the rest, the sender's names, nothing."""
    passed: list[int] = []
    place = 0
    while place + CONTROL.size <= len(control):
        size, level, kind = CONTROL.unpack_from(control, place)
        if size < CONTROL.size or place + size > len(control):
            raise GuestError(errno.EINVAL)
        if (level, kind) == (socket.SOL_SOCKET, SCM_RIGHTS):
            words = control[place + CONTROL.size : place + size - (size - CONTROL.size) % 4]
            if len(words) // 4 + len(passed) > DESCRIPTORS_MAX:
                raise GuestError(errno.EINVAL)
            for (fd,) in struct.iter_unpack("<i", words):
                passed.append(duplicate(call.guest.pid, fd))
                undo.callback(os.close, passed[-1])
        place += size + 7 & ~7
    if not passed:
        return b""
    words = struct.pack(f"<{len(passed)}i", *passed)
    return CONTROL.pack(CONTROL.size + len(words), socket.SOL_SOCKET, SCM_RIGHTS) + words


CALLS = {"sendto": sendto, "sendmsg": sendmsg, "sendmmsg": sendmmsg}
