"""Puts a blob into memory.  Its pages are written once, then executable or readable, never writable and executable."""

from __future__ import annotations

import struct
from _bisect import bisect_left
from _thread import allocate_lock

from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.blob import BASE, Blob
from pvm.engines.native.machine_code.foreign import Memory
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_PRIVATE = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS
_WRITABLE = foreign.PROT_READ | foreign.PROT_WRITE
_EXECUTABLE = foreign.PROT_READ | foreign.PROT_EXECUTE


class LoadedCode:
    """A blob in memory, until ``close``; nothing of it may run then."""

    def __init__(self, blob: Blob, address: int, memory: Memory) -> None:
        self.address = address
        self.size = len(blob.data)
        self._symbols = blob.symbols
        self._memory = memory
        self._functions: dict[str, Callable[..., Any]] = {}
        self.region: CodeRegion | None = None

    def symbol(self, name: str) -> int:
        """The address of an exported symbol."""
        return self.address + self._symbols[name]

    @property
    def names(self) -> Iterable[str]:
        """The exported symbols."""
        return self._symbols

    def function(self, name: str, result: str, parameters: str) -> Callable[..., Any]:
        """An exported function as a callable, see ``foreign.function``."""
        found = self._functions.get(name)
        if found is None:
            found = self._functions[name] = foreign.function(self.symbol(name), result, parameters)
        return found

    def close(self) -> None:
        """Unmap it, or give its place back to the region that it is in."""
        size, self.size = self.size, 0
        if size and self.region is not None:
            self.region.give_back(self.address, size)
        elif size:
            self._memory.unmap(self.address, size)


def load(blob: Blob, at: int = 0) -> LoadedCode:
    """Map a blob of this machine's architecture, where the host likes, or at an address that is reserved for it.

    The pages are fresh: where instruction caches are not coherent, the kernel cleans them when they become executable.

    Raises:
        OSError: the host does not let this process have executable memory.
    """
    memory = Memory()
    size = len(blob.data)
    address = memory.map(size, _WRITABLE, _PRIVATE | (foreign.MAP_FIXED if at else 0), address=at)
    try:
        foreign.view(address, size)[:] = relocated(blob, address)
        memory.protect(address, size, foreign.PROT_READ)
        memory.protect(address, blob.code_size, _EXECUTABLE)
    except BaseException:
        memory.unmap(address, size)
        raise
    return LoadedCode(blob, address, memory)


def relocated(blob: Blob, address: int) -> bytearray:
    """The bytes of a blob that will be at an address."""
    data = bytearray(blob.data)
    addresses = {BASE: address}
    for offset, words, name in blob.relocations:
        if name not in addresses:
            addresses[name] = foreign.symbol(name)
        base = addresses[name]
        form = f"<{words}Q"
        struct.pack_into(form, data, offset, *[value + base for value in struct.unpack_from(form, data, offset)])
    return data


class CodeRegion:
    """Reserved addresses for blobs, so that all of them are in reach of 32-bit distances from each other.

    Blobs are whole pages, and are placed where the first of the free ranges is large enough.
    """

    SIZE = 512 << 20

    def __init__(self) -> None:
        self._memory = Memory()
        self._lock = allocate_lock()
        self._free = [(self._reserve(0, self.SIZE), self.SIZE)]
        """Address and size of the ranges that nothing is in, ascending; none begins where another one ends."""
        self._returned: list[tuple[int, int]] = []

    def begin_anew(self) -> None:
        """Go on in a process that was forked, where nobody gives the lock back that another thread may have held."""
        self._lock = allocate_lock()

    def _reserve(self, address: int, size: int) -> int:
        flags = _PRIVATE | foreign.MAP_NORESERVE | (foreign.MAP_FIXED if address else 0)
        return self._memory.map(size, foreign.PROT_NONE, flags, address=address)

    def load(self, blob: Blob) -> LoadedCode | None:
        """Load a blob into the region; None if there is no room.

        Raises:
            OSError: the host does not let this process have executable memory.
        """
        at = self._take(len(blob.data))
        if not at:
            return None
        try:
            code = load(blob, at)
        except OSError:
            self.give_back(at, len(blob.data))
            raise
        code.region = self
        return code

    def _take(self, size: int) -> int:
        """The address of a free range, which is not free any more; 0 if there is none."""
        with self._lock:
            while self._returned:
                self._join(*self._returned.pop())
            for number, (start, free) in enumerate(self._free):
                if free >= size:
                    self._free[number : number + 1] = [(start + size, free - size)] if free > size else []
                    return start
        return 0

    def give_back(self, start: int, size: int) -> None:
        """Let a range be used again; nothing of what was in it may run any more.

        This is called by finalizers, in the middle of anything: the range is only noted here.
        """
        self._returned.append((start, size))

    def _join(self, start: int, size: int) -> None:
        self._reserve(start, size)
        place = bisect_left(self._free, (start, size))
        after, before = self._free[place : place + 1], self._free[max(place - 1, 0) : place]
        if after and after[0][0] == start + size:
            size += after[0][1]
            del self._free[place]
        if before and sum(before[0]) == start:
            start, size = before[0][0], before[0][1] + size
            del self._free[place - 1]
            place -= 1
        self._free.insert(place, (start, size))
