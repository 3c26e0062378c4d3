"""Calls that lock files.

``flock`` and the locks of descriptions are taken on a duplicate of the caller's descriptor, which is looked at first,
so that no other thread can put another file there meanwhile.  POSIX locks belong to the process, so only it can take
them: these calls go on natively where the file is the guest's, and ``Locks.end_cheats`` looks afterwards.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pvm.engines.direct.calls.call import CONTINUE, Call
from pvm.engines.direct.calls.retrying import BUSY, keep_trying
from pvm.engines.direct.locks import END, duplicate
from pvm.errors import GuestError

GET, SET, SET_WAIT = 5, 6, 7
OFD_GET, OFD_SET, OFD_SET_WAIT = 36, 37, 38
FLOCK = struct.Struct("<hh4xqqi4x")
FROM_START, FROM_HERE, FROM_END = 0, 1, 2
Attempt = Callable[[int], object]


@contextmanager
def borrowed(call: Call) -> Iterator[int]:
    """A descriptor for the description that the caller's first argument refers to."""
    descriptor = duplicate(call.guest.pid, call.signed(0))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def flock(call: Call) -> int:
    operation = call.args[1] & 0xFFFF_FFFF
    waits = not operation & fcntl.LOCK_NB

    def attempt(descriptor: int) -> None:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)

    with borrowed(call) as own:
        return lock(call, target_for_description(call, own), attempt, waits=waits)


def target_for_description(call: Call, own: int) -> int:
    """What to lock for a description, of which ``own`` is a duplicate."""
    locks = call.supervisor.locks
    file = locks.find(own)
    if file is None:
        return own
    status = os.fstat(own)
    reference = call.guest.pid, call.signed(0)
    return file.of_description(own, reference, (status.st_dev, status.st_ino)).descriptor


def lock(call: Call, descriptor: int, attempt: Attempt, *, waits: bool) -> int:
    """Try to lock; a thread goes on trying if the caller wants to wait."""
    try:
        attempt(descriptor)
    except OSError as error:
        if error.errno not in BUSY or not waits:
            raise GuestError(error.errno or errno.ENOLCK) from None
    else:
        return 0
    kept = os.dup(descriptor)

    def again() -> int:
        with call.supervisor.kernel.lock:
            call.supervisor.locks.forget_dead()
        attempt(kept)
        return 0

    return keep_trying(call, again, lambda: os.close(kept))


def control(call: Call) -> int:
    """``fcntl``: only locks come here, but for the trace."""
    command = call.args[1] & 0xFFFF_FFFF
    if command in {OFD_GET, OFD_SET, OFD_SET_WAIT}:
        with borrowed(call) as own:
            return control_lock(call, own, target_for_description(call, own), command)
    return control_of_process(call, command) if command in {GET, SET, SET_WAIT} else CONTINUE


def control_of_process(call: Call, command: int) -> int:
    """A POSIX lock: the caller takes it itself where the file is its own."""
    locks = call.supervisor.locks
    if locks.is_own(call.supervisor.files.status(call.guest, call.signed(0))):
        locks.note_native(call.guest.pid)
        return CONTINUE
    with borrowed(call) as own:
        file = locks.find(own)
        if file is None:
            locks.note_native(call.guest.pid)
            return CONTINUE
        status = os.fstat(own)
        target = file.of_process(call.guest.pid, (status.st_dev, status.st_ino)).descriptor
        return control_lock(call, own, target, command + OFD_GET - GET)


def control_lock(call: Call, own: int, target: int, command: int) -> int:
    """Perform a command of ``fcntl`` for locks of a description, or for a process whose locks are kept by one."""
    kind, whence, start, length, owner = FLOCK.unpack(call.guest.memory.read(call.args[2], FLOCK.size))
    call.check_waiting()
    if owner and call.args[1] & 0xFFFF_FFFF >= OFD_GET:
        raise GuestError(errno.EINVAL)
    wanted = FLOCK.pack(kind, FROM_START, absolute(own, whence, start), length, 0)
    if command == OFD_GET:
        return tell(call, own, target, wanted)
    check_access(own, kind)

    def attempt(descriptor: int) -> None:
        fcntl.fcntl(descriptor, OFD_SET, wanted)

    return lock(call, target, attempt, waits=command == OFD_SET_WAIT)


def check_access(own: int, kind: int) -> None:
    """Refuse a lock that the caller's descriptor is not open for."""
    flags = fcntl.fcntl(own, fcntl.F_GETFL)
    access = flags & os.O_ACCMODE
    refused = {fcntl.F_WRLCK: os.O_RDONLY, fcntl.F_RDLCK: os.O_WRONLY}
    if flags & os.O_PATH or refused.get(kind) == access:
        raise GuestError(errno.EBADF)


def absolute(own: int, whence: int, start: int) -> int:
    """A position from the start of the file."""
    if whence == FROM_HERE:
        start += os.lseek(own, 0, os.SEEK_CUR)
    elif whence == FROM_END:
        start += os.fstat(own).st_size
    elif whence != FROM_START:
        raise GuestError(errno.EINVAL)
    if start > END:
        raise GuestError(errno.EOVERFLOW)
    return start


def tell(call: Call, own: int, target: int, wanted: bytes) -> int:
    """Answer which lock excludes another, if one does."""
    try:
        data = bytes(fcntl.fcntl(target, OFD_GET, wanted))
    except OSError as error:
        raise GuestError(error.errno or errno.EINVAL) from None
    kind, _, start, length, owner = FLOCK.unpack(data)
    if kind == fcntl.F_UNLCK:
        asked = call.guest.memory.read(call.args[2], FLOCK.size)
        call.write(2, struct.pack("<h", fcntl.F_UNLCK) + asked[2:])
        return 0
    file = call.supervisor.locks.find(own)
    if file is not None:
        last = END if length == 0 else start + length - 1
        pid = file.process_with(start, last, but=target)
        found = call.supervisor.process(pid) if pid else None
        owner = -1 if found is None else found.inner_pid
    call.write(2, FLOCK.pack(kind, FROM_START, start, length, owner))
    return 0


CALLS = {"flock": flock, "fcntl": control}
