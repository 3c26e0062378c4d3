"""Calls about processes, time, and the machine as the guest sees it."""

from __future__ import annotations

import errno
import struct

from pvm.engines.direct.calls.call import CONTINUE, Call
from pvm.engines.direct.execution import decode_path, prepare
from pvm.engines.direct.guest import Invocation
from pvm.engines.direct.memory import GuestMemory
from pvm.errors import GuestError

ARGUMENTS_MAX = 1 << 16
TEXT_MAX = 128 << 10
TEXTS_MAX = 6 << 20
SECOND = 10**9
SYSINFO = struct.Struct("<q3Q6QHHIQQI4x")
TIMESPEC = struct.Struct("<qq")
CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI = 0, 5, 11
TIMER_ABSTIME = 1
SYSTEM_NAMES = (b"Linux", b"", b"6.1.0-pvm", b"#1 SMP PVM", b"x86_64", b"(none)")


def execve(call: Call) -> int:
    """Prepare a program and let the call go on: the host's kernel executes the stub in its place."""
    memory = call.guest.memory
    raw = memory.read_text(call.args[0])
    arguments, left = read_texts(memory, call.args[1], TEXTS_MAX)
    environment, _ = read_texts(memory, call.args[2], left)
    call.check_waiting()
    invocation = Invocation(decode_path(raw), arguments or [b""], environment)
    image = prepare(call.guest.view, invocation)
    try:
        call.supervisor.check_image(image)
        call.supervisor.links.make(invocation.path)
    except GuestError:
        image.close()
        raise
    if call.guest.pending is not None:
        call.guest.pending.close()
    call.guest.pending = image
    return CONTINUE


def read_texts(memory: GuestMemory, address: int, room: int) -> tuple[list[bytes], int]:
    """The texts that a list of pointers leads to, and what is left of ``room`` bytes.

    Raises:
        GuestError: E2BIG, before more is copied than fits, however often a guest names the same text.
    """
    texts = []
    for word in memory.read_words(address, ARGUMENTS_MAX) if address else []:
        text = memory.read_text(word, TEXT_MAX)
        room -= len(text) + 9
        if room < 0:
            raise GuestError(errno.E2BIG)
        texts.append(text)
    return texts, room


def exit_thread(call: Call) -> int:
    call.supervisor.forget_thread(call.tid)
    return CONTINUE


def exit_group(call: Call) -> int:
    call.supervisor.adopt_children(call.guest)
    call.supervisor.forget_process(call.guest)
    return CONTINUE


def uname(call: Call) -> int:
    hostname = call.supervisor.hostname.encode()
    names = [hostname if name == b"" else name for name in SYSTEM_NAMES]
    call.write(0, b"".join(name[:64].ljust(65, b"\0") for name in names))
    return 0


def sysinfo(call: Call) -> int:
    uptime = call.supervisor.kernel.clock.monotonic() // SECOND
    total = call.supervisor.memory_bytes
    processes = len(call.supervisor.processes)
    memory = total, total // 2, 0, 0, 0, 0
    call.write(0, SYSINFO.pack(uptime, 0, 0, 0, *memory, processes, 0, 0, 0, 0, 1))
    return 0


def umask(call: Call) -> int:
    call.supervisor.adopt_children(call.guest)
    before = call.guest.umask
    call.guest.umask = call.args[0] & 0o777
    return before


def read_clock(call: Call, clock: int) -> int:
    """The virtual time in nanoseconds."""
    source = call.supervisor.kernel.clock
    if clock in {CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI}:
        return source.realtime()
    if not 0 <= clock <= CLOCK_TAI:
        raise GuestError(errno.EINVAL)
    return source.monotonic()


def clock_gettime(call: Call) -> int:
    call.write(1, TIMESPEC.pack(*divmod(read_clock(call, call.signed(0)), SECOND)))
    return 0


def gettimeofday(call: Call) -> int:
    seconds, nanoseconds = divmod(read_clock(call, CLOCK_REALTIME), SECOND)
    if call.args[0]:
        call.write(0, TIMESPEC.pack(seconds, nanoseconds // 1000))
    if call.args[1]:
        call.write(1, bytes(8))
    return 0


def time(call: Call) -> int:
    seconds = read_clock(call, CLOCK_REALTIME) // SECOND
    if call.args[0]:
        call.write(0, seconds.to_bytes(8, "little"))
    return seconds


def getrandom(call: Call) -> int:
    data = call.supervisor.random_for(call.guest).read(min(call.args[1], 1 << 20))
    call.write(0, data)
    return len(data)


CALLS = {
    "execve": execve,
    "exit": exit_thread,
    "exit_group": exit_group,
    "uname": uname,
    "sysinfo": sysinfo,
    "umask": umask,
    "clock_gettime": clock_gettime,
    "gettimeofday": gettimeofday,
    "time": time,
    "getrandom": getrandom,
}
