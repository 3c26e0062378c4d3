"""Calls that wait with a time-out, while the clock is virtual; without a time-out they are the host's business.

What is waited for is looked at from time to time on duplicates of the caller's descriptors; once it is there, the call
goes on natively, and finds it.
"""

from __future__ import annotations

import errno
import os
import select
import struct
from collections.abc import Callable, Sequence

from pvm.engines.direct.calls.call import ANSWERED, CONTINUE, Call
from pvm.engines.direct.calls.process import CLOCK_REALTIME, SECOND, TIMER_ABSTIME, TIMESPEC, read_clock
from pvm.engines.direct.locks import duplicate
from pvm.engines.direct.signals import RESTART_UNLESS_HANDLED, interruption, signal_state
from pvm.engines.direct.virtual_time import VirtualTime, Wait
from pvm.errors import GuestError
from pvm.kernel.clock import VIRTUAL_EPOCH_NS

POLL_RECORD = struct.Struct("<ihh")
POLLED_MAX = 1 << 16
SET_WORDS = 16
MILLISECOND = 10**6
FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP = 0, 1, 3, 4, 5
FUTEX_LOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2 = 6, 9, 10, 11, 13
FUTEX_COMMAND, FUTEX_REALTIME = 0x7F, 256
WAKING = frozenset({FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAKE_BITSET})
TIMED_BY_HOST = frozenset({FUTEX_LOCK_PI, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2})


def read_time(call: Call, address: int, unit: int = 1) -> int:
    """Nanoseconds of a ``timespec``, or of a ``timeval`` (``unit`` 1000)."""
    seconds, part = TIMESPEC.unpack(call.guest.memory.read(address, TIMESPEC.size))
    if seconds < 0 or not 0 <= part < SECOND // unit:
        raise GuestError(errno.EINVAL)
    return int(seconds * SECOND + part * unit)


def wait(
    call: Call,
    timeout: int,
    ready: Callable[[], int | None],
    expired: Callable[[], int],
    descriptors: Sequence[int] = (),
) -> int:
    """Wait at most ``timeout`` nanoseconds for ``ready`` to give an answer."""
    times = call.supervisor.virtual_time
    assert times is not None, "only with a virtual clock does it come to this"
    answer: int | None = -errno.EFAULT
    try:
        answer = ready()
    finally:
        if answer is not None:
            for descriptor in descriptors:
                os.close(descriptor)
    if answer is not None:
        return answer
    times.add(Wait(call, call.supervisor.kernel.clock.uptime() + timeout, ready, expired, descriptors))
    return ANSWERED


def is_virtual(call: Call) -> bool:
    """Whether time-outs are ours: if not, the call has come here for the trace only."""
    return isinstance(call.supervisor.virtual_time, VirtualTime)


def interrupted(call: Call, mask: int) -> int | None:
    """The answer for a caller with a signal to handle: one that comes only with another mask is left to the host."""
    if mask:
        state = signal_state(call.tid)
        blocked = int.from_bytes(call.guest.memory.read(mask, 8), "little")
        return None if state is None or not state.pending & ~blocked & ~state.ignored else CONTINUE
    return interruption(call.tid, RESTART_UNLESS_HANDLED) or None


def wait_for_descriptors(
    call: Call, wanted: dict[int, int], timeout: int, expired: Callable[[], int], mask: int = 0
) -> int:
    """Wait for some of the caller's descriptors; ``wanted`` has the events by descriptor."""
    if timeout == 0:
        return CONTINUE
    poll = select.poll()
    duplicates: list[int] = []
    for fd, events in wanted.items():
        try:
            duplicates.append(duplicate(call.guest.pid, fd))
        except GuestError:  # the host says what is wrong
            for descriptor in duplicates:
                os.close(descriptor)
            return CONTINUE
        poll.register(duplicates[-1], events)

    def ready() -> int | None:
        return CONTINUE if poll.poll(0) else interrupted(call, mask)

    return wait(call, timeout, ready, expired, duplicates)


def poll_for(call: Call, timeout: int, mask: int = 0) -> int:
    """Wait as ``poll`` does."""
    count = call.args[1] & 0xFFFF_FFFF
    if count > POLLED_MAX:
        raise GuestError(errno.EINVAL)
    records = list(POLL_RECORD.iter_unpack(call.guest.memory.read(call.args[0], 8 * count))) if count else []
    wanted: dict[int, int] = {}
    for fd, events, _ in records:
        if fd >= 0:
            wanted[fd] = wanted.get(fd, 0) | events & 0x7FFF

    def expired() -> int:
        call.write(0, b"".join(POLL_RECORD.pack(fd, events, 0) for fd, events, _ in records))
        return 0

    return wait_for_descriptors(call, wanted, timeout, expired, mask)


def poll(call: Call) -> int:
    timeout = call.signed(2)
    return CONTINUE if timeout < 0 or not is_virtual(call) else poll_for(call, timeout * MILLISECOND)


def ppoll(call: Call) -> int:
    if not call.args[2] or not is_virtual(call):
        return CONTINUE
    return poll_for(call, read_time(call, call.args[2]), call.args[3])


def select_for(call: Call, unit: int, mask: int = 0) -> int:
    """Wait as ``select`` does; the time that is left is written as none, once it has passed."""
    count = call.signed(0)
    if count < 0 or not call.args[4]:
        return CONTINUE
    timeout = read_time(call, call.args[4], unit)
    size = min((count + 63) // 64, SET_WORDS) * 8
    wanted: dict[int, int] = {}
    for place, events in ((1, select.POLLIN), (2, select.POLLOUT), (3, select.POLLPRI)):
        bits = int.from_bytes(call.guest.memory.read(call.args[place], size), "little") if call.args[place] else 0
        for fd in range(min(count, 8 * size)):
            if bits >> fd & 1:
                wanted[fd] = wanted.get(fd, 0) | events

    def expired() -> int:
        for place in (1, 2, 3):
            if call.args[place]:
                call.write(place, bytes(size))
        call.write(4, bytes(TIMESPEC.size))
        return 0

    return wait_for_descriptors(call, wanted, timeout, expired, mask)


def select_(call: Call) -> int:
    return select_for(call, 1000) if is_virtual(call) else CONTINUE


def pselect6(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    mask = int.from_bytes(call.guest.memory.read(call.args[5], 8), "little") if call.args[5] else 0
    return select_for(call, 1, mask)


def epoll(call: Call, timeout: int, mask: int) -> int:
    """Wait as ``epoll_wait`` does."""
    return wait_for_descriptors(call, {call.signed(0): select.POLLIN}, timeout, lambda: 0, mask)


def epoll_wait(call: Call) -> int:
    timeout = call.signed(3)
    return CONTINUE if timeout < 0 or not is_virtual(call) else epoll(call, timeout * MILLISECOND, 0)


def epoll_pwait(call: Call) -> int:
    timeout = call.signed(3)
    return CONTINUE if timeout < 0 or not is_virtual(call) else epoll(call, timeout * MILLISECOND, call.args[4])


def epoll_pwait2(call: Call) -> int:
    if not call.args[3] or not is_virtual(call):
        return CONTINUE
    return epoll(call, read_time(call, call.args[3]), call.args[4])


def rt_sigtimedwait(call: Call) -> int:
    if not call.args[2] or not is_virtual(call):
        return CONTINUE
    timeout = read_time(call, call.args[2])
    wanted = int.from_bytes(call.guest.memory.read(call.args[0], 8), "little")

    def ready() -> int | None:
        state = signal_state(call.tid)
        if state is not None and state.pending & wanted:
            return CONTINUE
        return -errno.EINTR if interruption(call.tid, RESTART_UNLESS_HANDLED) else None

    return CONTINUE if timeout == 0 else wait(call, timeout, ready, lambda: -errno.EAGAIN)


class WordChanged:
    """Whether a word of the caller's memory is not what it was."""

    def __init__(self, call: Call) -> None:
        self.address = call.args[0]
        self._call = call
        self._expected = call.args[2] & 0xFFFF_FFFF

    def has_changed(self) -> bool:
        """Look at it."""
        return int.from_bytes(self._call.guest.memory.read(self.address, 4), "little") != self._expected

    def __call__(self) -> int | None:
        return 0 if self.has_changed() else interruption(self._call.tid, RESTART_UNLESS_HANDLED) or None


def futex(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    command = call.args[1] & FUTEX_COMMAND
    times = call.supervisor.virtual_time
    if command in WAKING and times is not None:
        times.wake(call.guest.pid, call.args[0], call.args[2] & 0x7FFF_FFFF)
        return CONTINUE
    if not call.args[3] or command not in {FUTEX_WAIT, FUTEX_WAIT_BITSET} | TIMED_BY_HOST:
        return CONTINUE
    if command in TIMED_BY_HOST:
        raise GuestError(errno.ENOSYS)
    timeout = read_time(call, call.args[3])
    if command == FUTEX_WAIT_BITSET:
        timeout -= call.supervisor.kernel.clock.uptime()
        if call.args[1] & FUTEX_REALTIME:
            timeout -= VIRTUAL_EPOCH_NS
    word = WordChanged(call)
    if word.has_changed():
        return -errno.EAGAIN
    if timeout <= 0:
        return -errno.ETIMEDOUT
    return wait(call, timeout, word, lambda: -errno.ETIMEDOUT)


def futex_waitv(call: Call) -> int:
    if call.args[3] and is_virtual(call):
        raise GuestError(errno.ENOSYS)
    return CONTINUE


def sleep(call: Call, clock: int, request: int, left: int, *, absolute: bool) -> int:
    """Sleep in virtual time, which passes at once if nobody else is there."""
    times = call.supervisor.virtual_time
    if times is None:
        return CONTINUE
    wanted = read_time(call, request)
    timeout = max(0, wanted - read_clock(call, clock)) if absolute else wanted
    source = call.supervisor.kernel.clock
    deadline = source.uptime() + timeout
    if times.is_alone(call):
        source.wait_until(deadline)
        return 0

    def ready() -> int | None:
        if interruption(call.tid, RESTART_UNLESS_HANDLED) == 0:
            return None
        if left and not absolute:
            call.guest.memory.write(left, TIMESPEC.pack(*divmod(max(0, deadline - source.uptime()), SECOND)))
        return -errno.EINTR

    return wait(call, timeout, ready, lambda: 0)


def nanosleep(call: Call) -> int:
    return sleep(call, CLOCK_REALTIME, call.args[0], call.args[1], absolute=False)


def clock_nanosleep(call: Call) -> int:
    absolute = bool(call.args[1] & TIMER_ABSTIME)
    return sleep(call, call.signed(0), call.args[2], call.args[3], absolute=absolute)


CALLS = {
    "poll": poll,
    "ppoll": ppoll,
    "select": select_,
    "pselect6": pselect6,
    "epoll_wait": epoll_wait,
    "epoll_pwait": epoll_pwait,
    "epoll_pwait2": epoll_pwait2,
    "rt_sigtimedwait": rt_sigtimedwait,
    "futex": futex,
    "futex_waitv": futex_waitv,
    "nanosleep": nanosleep,
    "clock_nanosleep": clock_nanosleep,
}
