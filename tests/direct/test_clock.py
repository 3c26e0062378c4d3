"""The virtual clock in native guests: our own vDSO, and the page in which they count."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct import vdso
from pvm.kernel import VirtualClock
from pvm.kernel.clock import ELAPSED_MAX_NS

SOURCE = Path(__file__).parent / "programs" / "clock.c"
SHOWN = """\
vdso 1
monotonic 0.000001000
by a call 0.000002000
boot 0.000003000
real 946684800.000004000
day 946684800.000005
time 946684800
slept 2.000007000
clock_gettime(99, &at): EINVAL
read often 2.010007000
"""


@pytest.mark.parametrize("linking", ["-static", "-pie"])
def test_reading_the_virtual_clock(linking: str, compile_c: Callable[..., Path]) -> None:
    program = compile_c(SOURCE, linking)
    mounts = {"/program": pvm.HostDir(program.parent, only=program.name)}
    path = f"/program/{program.name}"
    with pvm.Kernel(pvm.system_mounts() | mounts, clock="virtual") as kernel:
        done = pvm.spawn(path, kernel=kernel)
        assert ((done.stdout or b"").decode(), done.returncode) == (SHOWN, 0)
    lines: list[str] = []
    with pvm.Kernel(pvm.system_mounts() | mounts, clock="virtual", trace=lines.append) as kernel:
        done = pvm.spawn(path, kernel=kernel)
        assert (done.stdout or b"").decode() == SHOWN.replace("vdso 1", "vdso 0")
    assert sum("clock_gettime" in line for line in lines) > 10_000


TIMED = """\
poll(0, 0, 1500): 0, 1500 ms
poll(&one, 1, 2500): 0, 2500 ms
poll(&one, 1, 0): 0, 0 ms
ppoll(&one, 1, &(struct timespec){1, 0}, 0): 0, 1000 ms
select(ends[0] + 1, &set, 0, 0, &left): 0, 1500 ms
0 0
epoll_wait(wait, &event, 1, 700): 0, 700 ms
epoll_pwait(wait, &event, 1, 700, 0): 0, 700 ms
poll(&one, 1, 5000): 1, 3000 ms
epoll_wait(wait, &event, 1, 3000): 0, 3000 ms
select(ends[0] + 1, &set, 0, 0, &(struct timeval){9, 0}): 1, 1000 ms
1
poll(&one, 1, 9000): 1, 0 ms
wait4(child, 0, 0, 0) == child: 1, 0 ms
pause(): EINTR, 10000 ms
nanosleep(&(struct timespec){10, 0}, &left): EINTR, 3000 ms
left 8
poll(0, 0, 7000): EINTR, 2000 ms
alarm(9): 0
alarm(0): 9
({ while (count < 4) pause(); 0; }): 0, 1750 ms
every 250000 us
timer_create(CLOCK_MONOTONIC, &event, &timer): 0
timer_settime(timer, 0, &time, 0): 0
sigwaitinfo(&set, &info) == SIGUSR1: 1, 1000 ms
code 1 value 42
sigtimedwait(&set, &info, &(struct timespec){1, 0}): EAGAIN, 1000 ms
sigtimedwait(&set, &info, &(struct timespec){5, 0}) == SIGUSR1: 1, 1000 ms
timer_gettime(timer, &old): 0
left 2 every 2
timer_delete(timer): 0
syscall(SYS_timer_delete, 77): EINVAL
timerfd_settime(watch, 0, &time, 0): 0
read(watch, &times, 8): EAGAIN
poll(&one, 1, -1): 1, 1500 ms
nanosleep(&(struct timespec){3, 200000000}, 0): 0, 3200 ms
read(watch, &times, 8): 8
times 4
timerfd_settime(watch, TFD_TIMER_ABSTIME, &time, 0): 0
read(watch, &times, 8) == 8: 1, 5000 ms
timerfd_gettime(watch, &old): 0
left 0
timerfd_settime(1, 0, &time, 0): EINVAL
wait_condition(2): ETIMEDOUT, 2000 ms
wait_semaphore(2): ETIMEDOUT, 2000 ms
wait_condition(9): 0, 3000 ms
wait_semaphore(9): 0, 2000 ms
timer_create(CLOCK_REALTIME, &event, &timer): 0
timer_settime(timer, 0, &(struct itimerspec){{0}, {4, 0}}, 0): 0
sem_wait(&semaphore): 0, 4000 ms
"""


def test_waiting_in_virtual_time(compile_c: Callable[..., Path]) -> None:
    """All of a program's waits together take a minute and a half of virtual time, and hardly any of the host's."""
    program = compile_c(SOURCE.with_name("timeouts.c"), "-pthread")
    mounts = {"/program": pvm.HostDir(program.parent, only=program.name)}
    with pvm.Kernel(pvm.system_mounts() | mounts, clock="virtual") as kernel:
        done = pvm.spawn(f"/program/{program.name}", kernel=kernel, limits=pvm.GuestLimits(timeout=60))
    assert ((done.stdout or b"").decode().splitlines(), done.returncode) == (TIMED.splitlines(), 0)


PROGRAMS = {
    "/usr/bin/python3": """
import asyncio, socket, subprocess, threading, time
start = time.monotonic()
threading.Event().wait(2)
async def main():
    await asyncio.gather(asyncio.sleep(10), asyncio.sleep(4))
asyncio.run(main())
try:
    subprocess.run(["sleep", "100"], timeout=7)
except subprocess.TimeoutExpired:
    print(subprocess.run(["sh", "-c", "sleep 3; echo through"], timeout=7, capture_output=True).stdout)
print(subprocess.run(["timeout", "5", "sleep", "50"]).returncode)
one, other = socket.socketpair()
one.settimeout(2)
try:
    one.recv(1)
except TimeoutError:
    print(round(time.monotonic() - start))
""",
    "bash": "SECONDS=0; sleep 2 & sleep 4 & wait; read -t 3 x < <(sleep 20); echo $? $SECONDS",
    "perl": '$SIG{ALRM} = sub { die "alarm" }; eval { alarm 3; sleep 100 }; select undef, undef, undef, 2; print time',
}
SHOWN_BY = {"/usr/bin/python3": "b'through\\n'\n124\n29\n", "bash": "142 7\n", "perl": "946684805"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_that_wait(name: str, contained: None, tool: Callable[[str], str]) -> None:
    option = "-e" if name == "perl" else "-c"
    with pvm.Kernel(pvm.system_mounts(), clock="virtual") as kernel:
        arguments = [name, option, PROGRAMS[name]]
        done = pvm.spawn(tool(name), arguments, kernel=kernel, limits=pvm.GuestLimits(timeout=60))
    assert ((done.stdout or b"").decode(), done.stderr, done.returncode) == (SHOWN_BY[name], b"", 0)


def test_a_shared_clock_counts_both_parts() -> None:
    clock = VirtualClock(5)
    words = memoryview(bytearray(16)).cast("q")
    clock.share(words)
    assert list(words) == [5, 0]
    words[1] += 1000
    assert clock.elapsed_ns == 1005
    assert clock.monotonic() == 2005
    assert list(words) == [1005, 1000]
    clock.wait_until(9000)
    assert words[0] + words[1] == clock.elapsed_ns == 9000


@pytest.mark.parametrize("written", [-(1 << 63), -1, (1 << 63) - 1])
def test_a_shared_clock_never_goes_back(written: int) -> None:
    clock = VirtualClock()
    words = memoryview(bytearray(16)).cast("q")
    clock.share(words)
    before = clock.monotonic()
    words[0] = words[1] = written
    for _ in range(3):
        now = clock.monotonic()
        assert before <= now <= ELAPSED_MAX_NS
        before = now
        words[1] = -(1 << 63)
    clock.mend()
    assert 0 <= words[0] + words[1] < ELAPSED_MAX_NS


def test_the_image_is_found_by_its_version() -> None:
    image = vdso.image(b"\xc3" * 64)
    assert image[:4] == b"\x7fELF"
    assert vdso.symbol_hash(b"LINUX_2.6") == 0x3AE75F6
    kind, _, at, _, _, size, _, _ = struct.unpack_from("<IIQQQQQQ", image, 64 + 56)
    assert kind == 2
    tags = dict(struct.iter_unpack("<QQ", image[at : at + size]))
    strings = image[tags[5] : tags[5] + tags[10]]
    for place, name in enumerate(vdso.ENTRIES, 1):
        text, info, _, _, value, _ = struct.unpack_from("<IBBHQQ", image, tags[6] + 24 * place)
        assert strings[text:].startswith(name + b"\0")
        assert (info, value) == (0x12, vdso.CODE_OFFSET + vdso.ENTRIES[name])
        assert image[value] == 0xC3
