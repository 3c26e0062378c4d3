"""A new program image: which records the stub performs to map it, and the stack that it starts on.

The addresses are chosen here, at random within the ranges that Linux uses, so that one batch of records does all.
The first stack is the one that the host's kernel made for the stub: what the guest sees of it is built anew below
the stub's own.  References: System V ABI for x86-64, figure 3.9 (initial stack), and ``fs/binfmt_elf.c`` for
the order of the auxiliary vector.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Sequence
from typing import NamedTuple

from pvm.engines.direct import linux
from pvm.engines.direct.elf import PAGE, PROGRAM_HEADER, Program, Segment
from pvm.engines.direct.machine_code import CLOCK_PAGE, JUMP, MARKS
from pvm.engines.direct.records import Batch
from pvm.engines.direct.shim.marks import SIZE as MARKS_SIZE
from pvm.errors import GuestError

MAP_SHARED, MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE = 0x01, 0x02, 0x10, 0x20, 0x10_0000
PROGRAM_BASE, PROGRAM_SPREAD = 0x5555_5000_0000, 1 << 28
LINKER_BASE, LINKER_SPREAD = 0x7E00_0000_0000, 1 << 28

STACK_READY = 96 << 10
"""The part of the first stack that the host's kernel has mapped for certain."""

AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY = 3, 4, 5, 6, 7, 8, 9
AT_UID, AT_EUID, AT_GID, AT_EGID, AT_PLATFORM, AT_HWCAP, AT_CLKTCK, AT_SECURE = 11, 12, 13, 14, 15, 16, 17, 23
AT_RANDOM, AT_HWCAP2, AT_EXECFN, AT_SYSINFO_EHDR, AT_MINSIGSTKSZ = 25, 26, 31, 33, 51


REGION_DISTANCE = 0x1_0000


class Placed(NamedTuple):
    """A program at its place in memory."""

    program: Program
    base: int

    @property
    def entry(self) -> int:
        """The address of its first instruction."""
        return self.base + self.program.entry


class Start(NamedTuple):
    """What a new program is told: its name, arguments, environment, and some random bytes."""

    path: bytes
    arguments: Sequence[bytes]
    environment: Sequence[bytes]
    random: bytes


def place(program: Program, base: int, spread: int) -> Placed:
    """Choose where a program goes."""
    if not program.movable:
        return Placed(program, 0)
    offset = int.from_bytes(os.urandom(8), "little") % spread & -PAGE
    return Placed(program, base + offset - program.low)


def map_program(batch: Batch, placed: Placed, descriptor: int) -> None:
    """Add the records that map a program from its file."""
    span = placed.program.high - placed.program.low
    start = placed.base + placed.program.low
    reserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
    batch.add(linux.MMAP, start, span, 0, reserve, -1, 0)
    for segment in placed.program.segments:
        map_segment(batch, segment, placed.base, descriptor)


def map_segment(batch: Batch, segment: Segment, base: int, descriptor: int) -> None:
    """Map one segment, its file part and the zeros behind it."""
    start = base + segment.address
    page = start & -PAGE
    file_end = start + segment.file_size
    file_page_end = file_end + PAGE - 1 & -PAGE
    end = start + segment.memory_size + PAGE - 1 & -PAGE
    protection = (segment.flags >> 2 & 1) | (segment.flags & 2) | (segment.flags & 1) << 2
    if segment.file_size:
        length = file_page_end - page
        offset = segment.offset - (start - page)
        batch.add(linux.MMAP, page, length, protection, MAP_PRIVATE | MAP_FIXED, descriptor, offset)
    else:
        file_page_end = page
    if end > file_page_end:
        flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
        batch.add(linux.MMAP, file_page_end, end - file_page_end, protection, flags, -1, 0)


def tails(placed: Placed) -> list[tuple[int, int]]:
    """Where and how long the last page of each writable segment's file part must be zeroed.

    The whole page, not only up to the segment's end: the dynamic linker allocates from the rest.
    """
    found = []
    for segment in placed.program.segments:
        end = placed.base + segment.address + segment.file_size
        if segment.flags & 2 and segment.file_size and end % PAGE and segment.memory_size > segment.file_size:
            found.append((end, PAGE - end % PAGE))
    return found


def auxiliary_vector(main: Placed, linker: Placed | None, host: dict[int, int], vdso: int) -> list[tuple[int, int]]:
    """The vector but for what points into the stack; ``host`` is the stub's own vector."""
    program = main.program
    vector = [(AT_SYSINFO_EHDR, vdso)] if vdso else []
    vector += [(key, host[key]) for key in (AT_HWCAP, AT_MINSIGSTKSZ) if key in host]
    return [
        *vector,
        (AT_PAGESZ, PAGE),
        (AT_CLKTCK, 100),
        (AT_PHDR, main.base + program.headers_address),
        (AT_PHENT, PROGRAM_HEADER.size),
        (AT_PHNUM, program.header_count),
        (AT_BASE, 0 if linker is None else linker.base),
        (AT_FLAGS, 0),
        (AT_ENTRY, main.entry),
        (AT_UID, 0),
        (AT_EUID, 0),
        (AT_GID, 0),
        (AT_EGID, 0),
        (AT_SECURE, 0),
        (AT_HWCAP2, host.get(AT_HWCAP2, 0)),
    ]


def stack_image(top: int, start: Start, vector: Sequence[tuple[int, int]]) -> tuple[int, bytes]:
    """The content of the stack below ``top`` and the address where it begins, which is the stack pointer."""
    data = bytearray()
    places: list[int] = []
    texts = [*start.arguments, *start.environment, start.path, b"x86_64"]
    for text in texts:
        places.append(len(data))
        data += text + b"\0"
    random_place = len(data)
    data += start.random
    base = top - len(data) & -16
    count, extra = len(start.arguments), len(start.environment)
    pointers = [base + place for place in places]
    full = [
        *vector,
        (AT_RANDOM, base + random_place),
        (AT_EXECFN, pointers[count + extra]),
        (AT_PLATFORM, pointers[count + extra + 1]),
        (0, 0),
    ]
    words = [count, *pointers[:count], 0, *pointers[count : count + extra], 0]
    words += [word for pair in full for word in pair]
    pointer = base - 8 * len(words) & -16
    image = struct.pack(f"<{len(words)}Q", *words)
    return pointer, image + bytes(base - pointer - len(image)) + bytes(data)


def region_addresses(main: Placed, linker: Placed | None) -> list[int]:
    """Where pages for trampolines go, so that all code can reach one; 0: where libraries will be."""
    addresses = [max(placed.base + placed.program.low - REGION_DISTANCE, 0) for placed in (main, linker) if placed]
    return addresses if linker is None else [*addresses, 0]


def check_stack_size(start: Start, stack_limit: int) -> None:
    """Refuse arguments that Linux would refuse: more than a quarter of the stack, or 6 MiB.

    Raises:
        GuestError: E2BIG.
    """
    size = sum(len(text) + 9 for text in (*start.arguments, *start.environment))
    longest = max((len(text) for text in (*start.arguments, *start.environment)), default=0)
    if size > max(STACK_READY, min(stack_limit // 4, 6 << 20)) or longest >= 32 * PAGE:
        raise GuestError(errno.E2BIG)


def map_image(
    main: Placed,
    linker: Placed | None,
    descriptors: Sequence[int],
    lowest_stack: int,
    *,
    takes_terminal: bool,
    regions: bool = False,
    clock: int = -1,
    marks: int = -1,
) -> Batch:
    """The records that map a program and its dynamic linker from descriptors of the stub, and let the stack grow.

    With ``takes_terminal`` what descriptor 0 refers to becomes the session's terminal, if it belongs to no other.
    With ``regions`` the first records map pages for trampolines.  ``clock`` is a descriptor of the clock's page,
    ``marks`` one of the marks of overlays.
    """
    batch = Batch(head=0)
    if regions:
        for address in region_addresses(main, linker):
            fixed = MAP_FIXED_NOREPLACE if address else 0
            batch.add(linux.MMAP, address, PAGE, 5, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0, then=0)
    if takes_terminal:
        batch.add(linux.IOCTL, 0, linux.TIOCSCTTY, 0, then=0)
    if clock >= 0:
        batch.add(linux.MMAP, CLOCK_PAGE, PAGE, 3, MAP_SHARED | MAP_FIXED, clock, 0)
        batch.add(linux.CLOSE, clock)
    if marks >= 0:
        batch.add(linux.MMAP, MARKS, MARKS_SIZE, 1, MAP_SHARED | MAP_FIXED, marks, 0)
        batch.add(linux.CLOSE, marks)
    map_program(batch, main, descriptors[0])
    if linker is not None:
        map_program(batch, linker, descriptors[1])
    for descriptor in descriptors:
        batch.add(linux.CLOSE, descriptor)
    if lowest_stack:
        batch.add(linux.GETRANDOM, lowest_stack, 1, 0)  # a write of the host's kernel, which lets the stack grow
    return batch


def enter_image(
    pointer: int, entry: int, vdso: tuple[int, int] | None, name: bytes, *, executable_stack: bool
) -> Batch:
    """The records that jump into the mapped program; ``vdso`` is unmapped before, and ``name`` becomes the thread's."""
    batch = Batch(head=0)
    if name:
        batch.add(linux.PRCTL, linux.PR_SET_NAME, name[:15] + b"\0", 0, 0, 0)
    if vdso is not None:
        batch.add(linux.MUNMAP, *vdso)
    if executable_stack:
        batch.add(linux.MPROTECT, pointer & -PAGE, PAGE, 7 | 0x0100_0000)  # PROT_GROWSDOWN
    batch.add(0, pointer, entry, then=JUMP)
    return batch
