"""Timers of the virtual clock: signals at a time, and descriptors that can be read then.

A timer descriptor is an event descriptor of the host to which the supervisor writes how often its time has come: that
is read, polled and passed on natively.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
from collections.abc import Callable
from weakref import WeakKeyDictionary

from pvm.engines.direct import linux
from pvm.engines.direct.calls.call import CONTINUE, Call
from pvm.engines.direct.calls.process import SECOND
from pvm.engines.direct.guest import GuestProcess
from pvm.engines.direct.virtual_time import Timer, sender
from pvm.errors import GuestError
from pvm.kernel.clock import VIRTUAL_EPOCH_NS, Clock

ITIMER_REAL = 0
REAL_CLOCKS, KNOWN_CLOCKS = frozenset({0, 8}), frozenset({0, 1, 7, 8, 9})
TIMESPECS, TIMEVALS = struct.Struct("<4q"), struct.Struct("<4q")
SIGNAL_EVENT = struct.Struct("<QiiI")
NOTIFY_SIGNAL, NOTIFY_NONE, NOTIFY_THREAD = 0, 1, 4
INFORMATION = struct.Struct("<iii4xiiQ96x")
SI_TIMER = -2
TIMERS_MAX = 256
FLAGS = os.O_CLOEXEC | os.O_NONBLOCK
ABSOLUTE, CANCEL_ON_SET = 1, 2
DESCRIPTORS_MAX = 256


class ProcessTimers:
    """The timers of a process: that of ``alarm`` and ``setitimer``, and those that it made, by their numbers."""

    def __init__(self, pid: int) -> None:
        self.real = Timer(sender(pid, signal.SIGALRM))
        self.made: dict[int, tuple[int, Timer]] = {}
        self.next = 0


class TimerDescriptor:
    """An event descriptor of ours, and the timer that writes to it; ``clock`` is the one of its absolute times."""

    def __init__(self, clock: int, descriptor: int) -> None:
        self.clock = clock
        self.descriptor = descriptor
        self.timer = Timer(self._write)

    def _write(self, times: int) -> None:
        os.eventfd_write(self.descriptor, times)

    def reset(self) -> None:
        """Forget that its time has come."""
        try:
            os.preadv(self.descriptor, [bytearray(8)], -1, os.RWF_NOWAIT)  # guests may have it so that reading waits
        except BlockingIOError:
            return

    def __del__(self) -> None:
        os.close(self.descriptor)


class Timers:
    """The timers of a jail."""

    def __init__(self) -> None:
        self.processes: WeakKeyDictionary[GuestProcess, ProcessTimers] = WeakKeyDictionary()
        self.descriptors: dict[int, TimerDescriptor] = {}


def timers_of(call: Call) -> ProcessTimers:
    """Those of the calling process."""
    processes = call.supervisor.timers.processes
    found = processes.get(call.guest)
    if found is None:
        found = processes[call.guest] = ProcessTimers(call.guest.pid)
    return found


def is_virtual(call: Call) -> bool:
    """Whether timers are ours: if not, the call has come here for the trace only."""
    return call.supervisor.virtual_time is not None


def setting(call: Call, timer: Timer, unit: int) -> bytes:
    """Interval and time that is left, as guests read them."""
    left = max(1, timer.deadline - clock_of(call).uptime()) if timer.deadline else 0
    pairs = [divmod(value, SECOND) for value in (timer.interval, left)]
    return TIMESPECS.pack(*(part // (unit if place % 2 else 1) for place, part in enumerate(sum(pairs, ()))))


def clock_of(call: Call) -> Clock:
    return call.supervisor.kernel.clock


def read_setting(call: Call, address: int, unit: int) -> tuple[int, int]:
    """Interval and time in nanoseconds."""
    words = TIMESPECS.unpack(call.guest.memory.read(address, TIMESPECS.size))
    if min(words) < 0 or max(words[1], words[3]) >= SECOND // unit:
        raise GuestError(errno.EINVAL)
    return words[0] * SECOND + words[1] * unit, words[2] * SECOND + words[3] * unit


def set_timer(call: Call, timer: Timer, interval: int, value: int) -> None:
    """Start a timer that is due in ``value`` nanoseconds, or stop it."""
    times = call.supervisor.virtual_time
    assert times is not None, "only with a virtual clock does it come to this"
    timer.deadline = clock_of(call).uptime() + value if value else 0
    timer.interval = interval
    times.start(timer)


def alarm(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    timer = timers_of(call).real
    left = max(1, timer.deadline - clock_of(call).uptime()) if timer.deadline else 0
    set_timer(call, timer, 0, (call.args[0] & 0xFFFF_FFFF) * SECOND)
    return max(1, (left + SECOND // 2) // SECOND) if left else 0


def setitimer(call: Call) -> int:
    if call.signed(0) != ITIMER_REAL or not is_virtual(call):
        return CONTINUE
    timer = timers_of(call).real
    interval, value = read_setting(call, call.args[1], 1000) if call.args[1] else (0, 0)
    if call.args[2]:
        call.write(2, setting(call, timer, 1000))
    set_timer(call, timer, interval, value)
    return 0


def getitimer(call: Call) -> int:
    if call.signed(0) != ITIMER_REAL or not is_virtual(call):
        return CONTINUE
    call.write(1, setting(call, timers_of(call).real, 1000))
    return 0


def timer_create(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    clock = call.signed(0)
    if clock not in KNOWN_CLOCKS:
        raise GuestError(errno.EINVAL)
    own = timers_of(call)
    if len(own.made) >= TIMERS_MAX:
        raise GuestError(errno.EAGAIN)
    number = own.next
    value, wanted, kind, thread = number, int(signal.SIGALRM), NOTIFY_SIGNAL, 0
    if call.args[1]:
        value, wanted, kind, thread = SIGNAL_EVENT.unpack(call.guest.memory.read(call.args[1], SIGNAL_EVENT.size))
    if kind not in {NOTIFY_SIGNAL, NOTIFY_NONE, NOTIFY_THREAD} or (kind != NOTIFY_NONE and not 0 < wanted < 65):
        raise GuestError(errno.EINVAL)
    call.write(2, number.to_bytes(4, "little"))
    own.made[number] = clock, Timer(notifier(call.guest, number, value, wanted, kind, thread))
    own.next += 1
    return 0


def notifier(
    guest: GuestProcess, number: int, value: int, wanted: int, kind: int, thread: int
) -> Callable[[int], None]:
    """What tells a process, or one of its threads, that its time has come."""
    pid = guest.pid
    tid = host_thread(pid, thread) if kind == NOTIFY_THREAD else 0

    def fire(times: int) -> None:
        if kind == NOTIFY_NONE:
            return
        record = INFORMATION.pack(wanted, 0, SI_TIMER, number, min(times - 1, 0x7FFF_FFFF), value)
        text = ctypes.create_string_buffer(record, 128)
        if kind == NOTIFY_THREAD:
            linux.syscall(linux.RT_TGSIGQUEUEINFO, pid, tid, wanted, ctypes.addressof(text))
        else:
            linux.syscall(linux.RT_SIGQUEUEINFO, pid, wanted, ctypes.addressof(text))

    return fire


def host_thread(pid: int, inner: int) -> int:
    """The number that the host has for a thread; EINVAL if the process has none of this number."""
    for name in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a name is all that is wanted
        with open(f"/proc/{pid}/task/{name}/status", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            numbers = next((line.split() for line in file if line.startswith(b"NSpid:")), [])
        if numbers and int(numbers[-1]) == inner:
            return int(name)
    raise GuestError(errno.EINVAL)


def made(call: Call) -> tuple[int, Timer]:
    """The clock and timer of a number."""
    found = timers_of(call).made.get(call.signed(0))
    if found is None:
        raise GuestError(errno.EINVAL)
    return found


def start(call: Call, clock: int, timer: Timer) -> int:
    """Set a timer as the arguments of the call say: flags, setting, where the old one goes."""
    interval, value = read_setting(call, call.args[2], 1)
    if call.args[3]:
        call.write(3, setting(call, timer, 1))
    if value and call.args[1] & ABSOLUTE:
        value = max(1, value - clock_of(call).uptime() - (VIRTUAL_EPOCH_NS if clock in REAL_CLOCKS else 0))
    set_timer(call, timer, interval, value)
    return 0


def timer_settime(call: Call) -> int:
    return start(call, *made(call)) if is_virtual(call) else CONTINUE


def timer_gettime(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    call.write(1, setting(call, made(call)[1], 1))
    return 0


def timer_getoverrun(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    made(call)
    return 0


def timer_delete(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    _, timer = made(call)
    set_timer(call, timer, 0, 0)
    del timers_of(call).made[call.signed(0)]
    return 0


def timerfd_create(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    flags = call.args[1] & 0xFFFF_FFFF
    if call.signed(0) not in KNOWN_CLOCKS or flags & ~FLAGS:
        raise GuestError(errno.EINVAL)
    known = call.supervisor.timers.descriptors
    if len(known) >= DESCRIPTORS_MAX:
        forget_closed(call)
    if len(known) >= DESCRIPTORS_MAX:
        raise GuestError(errno.ENFILE)
    given = os.eventfd(0, flags & os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        timer = TimerDescriptor(call.signed(0), os.dup(given))
        known[event_number(f"/proc/self/fdinfo/{given}")] = timer
        return call.give_descriptor(given, close_on_exec=bool(flags & os.O_CLOEXEC))
    finally:
        os.close(given)


def event_number(path: str) -> int:
    """The number that the host has for an event descriptor; -1 if it is another kind of descriptor."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            return next((int(line.split()[1]) for line in file if line.startswith(b"eventfd-id:")), -1)
    except OSError:
        return -1


def forget_closed(call: Call) -> None:
    """Give up the timers that no process has a descriptor of any more."""
    alive: set[int] = set()
    for pid in call.supervisor.locks.pids():
        try:
            names = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - a name is all that is wanted
        except OSError:  # it has ended
            continue
        alive.update(event_number(f"/proc/{pid}/fdinfo/{name}") for name in names)
    known = call.supervisor.timers.descriptors
    for number in known.keys() - alive:
        set_timer(call, known.pop(number).timer, 0, 0)


def timer_descriptor(call: Call) -> TimerDescriptor:
    """The timer that a descriptor refers to."""
    fd = call.signed(0)
    call.supervisor.files.status(call.guest, fd)
    number = event_number(f"/proc/{call.guest.pid}/fdinfo/{fd}")
    found = call.supervisor.timers.descriptors.get(number)
    if found is None:
        raise GuestError(errno.EINVAL)
    return found


def timerfd_settime(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    if call.args[1] & 0xFFFF_FFFF & ~(ABSOLUTE | CANCEL_ON_SET):
        raise GuestError(errno.EINVAL)
    found = timer_descriptor(call)
    result = start(call, found.clock, found.timer)
    found.reset()
    return result


def timerfd_gettime(call: Call) -> int:
    if not is_virtual(call):
        return CONTINUE
    call.write(1, setting(call, timer_descriptor(call).timer, 1))
    return 0


CALLS = {
    "alarm": alarm,
    "setitimer": setitimer,
    "getitimer": getitimer,
    "timer_create": timer_create,
    "timer_settime": timer_settime,
    "timer_gettime": timer_gettime,
    "timer_getoverrun": timer_getoverrun,
    "timer_delete": timer_delete,
    "timerfd_create": timerfd_create,
    "timerfd_settime": timerfd_settime,
    "timerfd_gettime": timerfd_gettime,
}
