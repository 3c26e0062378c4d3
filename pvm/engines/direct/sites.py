"""Call sites that were led to the shim.

A site is ``mov $NUMBER, %eax; syscall``, as the C library has it, or with other arguments loaded between the two.  When
one traps for the first time, the five bytes of the first instruction become a jump to a *trampoline* nearby, which
loads the number and goes to the shim.  The ``syscall`` stays where it is: who jumps to it directly still traps, and so
does the shim where it gives up.

A site is changed only in a process that has one thread, which waits for its answer, and that executed its program
itself, so that nobody can be in the middle of the instruction.  What a process has changed its children inherit.
"""

from __future__ import annotations

import os
import re
import struct
from typing import NamedTuple

from pvm.engines.direct.machine_code import SHIM_ENTRY
from pvm.engines.direct.memory import GuestMemory
from pvm.engines.direct.syscalls.table import BY_NAME
from pvm.errors import GuestError

ANSWERED_BY_SHIM = frozenset(
    BY_NAME[name].number
    for name in (
        "open",
        "openat",
        "stat",
        "lstat",
        "fstat",
        "newfstatat",
        "statx",
        "access",
        "faccessat",
        "faccessat2",
        "readlink",
        "readlinkat",
        "getdents64",
    )
)
REGION_SIZE = 0x1000
SYSCALL, JUMP = b"\x0f\x05", 0xE9
BEFORE = 16
"""How many bytes before the end of a site are looked at."""

LOAD = re.compile(rb"(?<![\x41\x43\x45\x47])\xb8(....)((?:\x48\x89\xfe)?(?:\xbf....)?)\x0f\x05\Z", re.DOTALL)
"""``mov $NUMBER, %eax``, which with one of the prefixes would load r8d, then maybe ``mov %rdi, %rsi`` and
``mov $N, %edi``, then ``syscall``."""

LOAD_SIZE = 5
TRAMPOLINE = struct.Struct("<8s2sQBI2sQ2s5x")
REACH = 1 << 31
NEIGHBOURHOOD = 8 << 20
PLACES_MAX, NEIGHBOURS_MAX, TRIED_MAX = 1024, 32, 4096
"""How much is remembered at most, since a hostile program may call from anywhere."""

ONE_THREAD = 3
"""How many links ``/proc/PID/task`` has for a process with one thread."""


class Neighbours:
    """What was found out about code that processes share: which sites lie how far from which.

    A site is known by its bytes and its place in its page.  What is noted here is looked at again before it is used.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, bytes], dict[int, int]] = {}

    def add(self, first: Site, second: Site) -> None:
        """Note that two sites were found in one address space."""
        distance = second.after - first.after
        if abs(distance) < NEIGHBOURHOOD:
            self._note(first, distance, second.number)
            self._note(second, -distance, first.number)

    def _note(self, site: Site, distance: int, number: int) -> None:
        known = self._known.get(site.key)
        if known is None:
            if len(self._known) < PLACES_MAX:
                self._known[site.key] = {distance: number}
        elif len(known) < NEIGHBOURS_MAX:
            known[distance] = number

    def around(self, site: Site) -> list[tuple[int, int]]:
        """Where other sites may be, and their calls."""
        return [(site.after + distance, number) for distance, number in self._known.get(site.key, {}).items()]


class Site(NamedTuple):
    """A site that was changed: the address behind it, its call, and what it looked like."""

    after: int
    number: int
    key: tuple[int, bytes]


NEIGHBOURS = Neighbours()


class Sites:
    """The sites of a process that executed a program; ``regions`` are pages for trampolines."""

    def __init__(self, neighbours: Neighbours = NEIGHBOURS) -> None:
        self._regions: dict[int, int] = {}
        self._tried: set[int] = set()
        self._changed: list[Site] = []
        self._neighbours = neighbours

    def add_region(self, address: int) -> None:
        """Use the page at an address, which the guest has mapped, unless it is an error number."""
        if 0 < address < 1 << 47:
            self._regions[address] = 0

    def lead_to_shim(self, pid: int, memory: GuestMemory, after: int, number: int) -> None:
        """Change the site whose call, ``number``, returns to ``after``, if it is one and was not tried before.

        Those that were seen beside it in other processes are changed at once.
        """
        if after in self._tried or len(self._tried) >= TRIED_MAX:
            return
        try:
            if not has_one_thread(pid):
                self._tried.add(after)
                return
            site = self._change(memory, after, number)
            if site is None:
                return
            for other in self._changed:
                self._neighbours.add(other, site)
            self._changed.append(site)
            for place, call in self._neighbours.around(site):
                found = None if place in self._tried else self._change(memory, place, call)
                if found is not None:
                    self._changed.append(found)
        except (GuestError, OSError):  # unreadable, or the host lets nobody write there: it goes on trapping
            return

    def _change(self, memory: GuestMemory, after: int, number: int) -> Site | None:
        """Change one site, if it is one for this call."""
        self._tried.add(after)
        text = memory.read(after - BEFORE, BEFORE)
        found = LOAD.search(text)
        if found is None or int.from_bytes(found[1], "little") != number:
            return None
        start = after - BEFORE + found.start()
        place = self._take(start)
        if not place:
            return None
        memory.write(place, trampoline(after - len(SYSCALL), number, found[2]))
        memory.write(start, struct.pack("<Bi", JUMP, place - (start + LOAD_SIZE)))
        return Site(after, number, (after % REGION_SIZE, text))

    def _take(self, start: int) -> int:
        """Room for a trampoline that can be reached from a site, or 0."""
        for region, used in self._regions.items():
            if abs(region - start) < REACH - REGION_SIZE and used + TRAMPOLINE.size <= REGION_SIZE:
                self._regions[region] = used + TRAMPOLINE.size
                return region + used
        return 0


def has_one_thread(pid: int) -> bool:
    """Whether a process has a single thread."""
    return os.stat(f"/proc/{pid}/task").st_nlink == ONE_THREAD  # noqa: PTH116 - one call, no object


def trampoline(call: int, number: int, between: bytes) -> bytes:
    """Do what was ``between``, load the site's ``syscall`` into r11 and the number into eax, and go to the shim."""
    return TRAMPOLINE.pack(
        between.ljust(8, b"\x90"), b"\x49\xbb", call, 0xB8, number, b"\x48\xb9", SHIM_ENTRY, b"\xff\xe1"
    )
