"""Our own vDSO: it reads the virtual clock in the guest, where a call would cost a trap for each reading.

The virtual clock moves with each reading, so that reading is writing: guests share a page with the supervisor in which
they count (``VirtualClock.share``).  A hostile guest can move the clock by writing there, forward, as it could by
sleeping; the kernel never sees it go back.  With the host's clock, guests have the host's own vDSO.

The image is an ELF file with one segment, its symbols in the version that the C library asks for.
References: System V ABI, chapters 4 and 5; ``tools/testing/selftests/vDSO/parse_vdso.c`` and ``arch/x86/entry/vdso`` of
Linux.
"""

from __future__ import annotations

import mmap
import os
import struct
from functools import cache
from weakref import WeakKeyDictionary

from pvm.kernel.clock import VIRTUAL_EPOCH_NS, VIRTUAL_STEP_NS, VirtualClock

PAGE = 0x1000
NAME, VERSION = b"linux-vdso.so.1", b"LINUX_2.6"
ENTRIES = {b"__vdso_clock_gettime": 0, b"__vdso_gettimeofday": 16, b"__vdso_time": 32}
"""The functions, and where in the code each begins."""

CODE_OFFSET = 0x800
SECOND = 10**9
KNOWN_CLOCKS = 0b1111_1111_1111
REAL_CLOCKS = 1 << 0 | 1 << 5 | 1 << 11
"""The clocks that show the time of day: CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI."""


SOURCE = f"""
    jmp clock_gettime
    .balign 16
    jmp gettimeofday
    .balign 16
    jmp time
    .balign 16
now:                                    # rax: nanoseconds; also changes rcx
    movabs $CLOCK_PAGE, %rcx
    mov ${VIRTUAL_STEP_NS}, %eax
    lock xadd %rax, 8(%rcx)
    add ${VIRTUAL_STEP_NS}, %rax
    add (%rcx), %rax
    ret
real:                                   # rax: seconds since 1970, rdx: nanoseconds
    call now
    movabs ${VIRTUAL_EPOCH_NS}, %rcx
    add %rcx, %rax
split:
    xor %edx, %edx
    mov ${SECOND}, %ecx
    div %rcx
    ret
clock_gettime:                          # (clock, struct timespec *)
    cmp $31, %edi
    ja 2f
    mov ${KNOWN_CLOCKS}, %eax
    bt %edi, %eax
    jnc 2f
    mov ${REAL_CLOCKS}, %eax
    bt %edi, %eax
    jc 1f
    call now
    call split
    jmp 3f
1:  call real
3:  mov %rax, (%rsi)
    mov %rdx, 8(%rsi)
    xor %eax, %eax
    ret
2:  mov $228, %eax
    syscall
    ret
gettimeofday:                           # (struct timeval *, struct timezone *)
    test %rdi, %rdi
    jz 1f
    call real
    mov %rax, (%rdi)
    mov %rdx, %rax
    xor %edx, %edx
    mov $1000, %ecx
    div %rcx
    mov %rax, 8(%rdi)
1:  test %rsi, %rsi
    jz 2f
    movq $0, (%rsi)
2:  xor %eax, %eax
    ret
time:                                   # (time_t *)
    call real
    test %rdi, %rdi
    jz 1f
    mov %rax, (%rdi)
1:  ret
"""
"""The functions; the words of the clock's page are the kernel's part of the time and the guests'."""


def image(code: bytes) -> bytes:
    """The ELF file around the code."""
    names = list(ENTRIES)
    strings = b"\0" + b"\0".join([*names, NAME, VERSION]) + b"\0"
    index = {name: strings.index(b"\0" + name + b"\0") + 1 for name in (*names, NAME, VERSION)}
    symbols = bytes(24) + b"".join(
        struct.pack("<IBBHQQ", index[name], 0x12, 0, 1, CODE_OFFSET + ENTRIES[name], 16) for name in names
    )
    versions = struct.pack(f"<{1 + len(names)}H", 0, *[2] * len(names))
    definitions = version_definition(1, 1, NAME, index[NAME], 28) + version_definition(0, 2, VERSION, index[VERSION], 0)
    chain = [*range(2, len(names) + 1), 0]
    table = struct.pack(f"<{4 + len(names)}I", 1, 1 + len(names), 1, 0, *chain)
    parts = {"hash": table, "symbols": symbols, "strings": strings, "versions": versions, "definitions": definitions}
    at = 64 + 2 * 56
    places = {}
    body = b""
    for name, content in parts.items():
        places[name] = at
        padded = content + bytes(-len(content) % 8)
        body += padded
        at += len(padded)
    dynamic = b"".join(
        struct.pack("<QQ", tag, value)
        for tag, value in (
            (14, index[NAME]),  # DT_SONAME
            (4, places["hash"]),
            (5, places["strings"]),
            (6, places["symbols"]),
            (10, len(strings)),  # DT_STRSZ
            (11, 24),  # DT_SYMENT
            (0x6FFF_FFFC, places["definitions"]),  # DT_VERDEF
            (0x6FFF_FFFD, 2),  # DT_VERDEFNUM
            (0x6FFF_FFF0, places["versions"]),  # DT_VERSYM
            (0, 0),
        )
    )
    assert at + len(dynamic) <= CODE_OFFSET, "the tables end before the code"
    size = CODE_OFFSET + len(code)
    head = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01" + bytes(9), 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, PAGE)
    pointer = struct.pack("<IIQQQQQQ", 2, 4, at, at, at, len(dynamic), len(dynamic), 8)
    return (head + load + pointer + body + dynamic).ljust(CODE_OFFSET, b"\0") + code


def version_definition(flags: int, number: int, name: bytes, offset: int, following: int) -> bytes:
    """An ``Elf64_Verdef`` with its name, and where the next one is."""
    head = struct.pack("<HHHHIII", 1, flags, number, 1, symbol_hash(name), 20, following)
    return head + struct.pack("<II", offset, 0)


def symbol_hash(name: bytes) -> int:
    """The hash function of the System V ABI."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF000_0000
        value = (value ^ high >> 24) & ~high & 0xFFFF_FFFF
    return value


class ClockPage:
    """The page that a virtual clock and its guests share; ``descriptor`` is its file."""

    def __init__(self, clock: VirtualClock) -> None:
        self.descriptor = os.memfd_create("pvm-clock", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, PAGE)
        self._memory = mmap.mmap(self.descriptor, PAGE)
        clock.share(memoryview(self._memory).cast("q"))

    def __del__(self) -> None:
        os.close(self.descriptor)


_PAGES: WeakKeyDictionary[VirtualClock, ClockPage] = WeakKeyDictionary()


def clock_page(clock: VirtualClock) -> ClockPage:
    """The page of a clock, which all jails of its kernel share."""
    page = _PAGES.get(clock)
    if page is None:
        page = _PAGES[clock] = ClockPage(clock)
    clock.mend()
    return page


@cache
def assembled(page: int) -> bytes:
    """The image, for a clock page at an address."""
    from pvm.engines.direct.machine_code import cached_code, module_text

    return image(cached_code("vdso", module_text(SOURCE.replace("CLOCK_PAGE", hex(page)))))
