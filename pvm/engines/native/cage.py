"""Cages: the reserved ranges of addresses that instances live in.

A cage maps zeros that nobody can write, its program's metadata read-only, and everything behind them read-write; memory
is committed when it is touched.  A cage that an instance gives back is emptied and kept for the next one of the same
program, because a fresh mapping costs more than touching an old one.

Metadata is shared memory, since cages map it too.  A fork does not copy that, so the new process makes a copy.
"""

from __future__ import annotations

import os
import struct
from weakref import WeakSet

from pvm.engines.native import layout
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.foreign import Memory

_MADV_DONTNEED = 4
_RESERVED = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS | foreign.MAP_NORESERVE
_WRITABLE = foreign.PROT_READ | foreign.PROT_WRITE
_U32, _U64, _I64 = struct.Struct("<I"), struct.Struct("<Q"), struct.Struct("<q")
METADATA_SIZE = layout.METADATA_END - layout.METADATA
MAX_SPARE = 8
"""Cages that a program keeps for its next instances."""


class SharedMetadata:
    """The memory of one program's metadata: the host writes it, cages map it read-only."""

    def __init__(self) -> None:
        self._memory = Memory()
        self.cages: WeakSet[Cage] = WeakSet()
        """Those that map it."""
        self.descriptor = _anonymous_file(METADATA_SIZE)
        self._address = self._memory.map(METADATA_SIZE, _WRITABLE, foreign.MAP_SHARED, descriptor=self.descriptor)
        self._view = foreign.view(self._address, METADATA_SIZE)

    def write(self, address: int, data: bytes) -> None:
        """Put bytes at an address of the cage."""
        start = address - layout.METADATA
        self._view[start : start + len(data)] = data

    def read(self, address: int, size: int) -> bytes:
        """Bytes at an address of the cage."""
        start = address - layout.METADATA
        return bytes(self._view[start : start + size])

    def separate(self, data: bytes) -> None:
        """Share it with the cages of this process only, which was forked when these bytes were at its beginning.

        If the host has no memory for that, a process that uses it ends by a signal: better than to change what the
        other one runs.
        """
        try:
            copy = _anonymous_file(METADATA_SIZE)
        except OSError:
            nothing, flags = foreign.PROT_NONE, _RESERVED | foreign.MAP_FIXED
            self._memory.map(METADATA_SIZE, nothing, flags, address=self._address)
            for cage in self.cages:
                self._memory.map(METADATA_SIZE, nothing, flags, address=cage.address + layout.METADATA)
            return
        os.close(self.descriptor)
        self.descriptor = copy
        flags = foreign.MAP_SHARED | foreign.MAP_FIXED
        self._memory.map(METADATA_SIZE, _WRITABLE, flags, address=self._address, descriptor=copy)
        self.write(layout.METADATA, data)
        for cage in self.cages:
            cage.map_metadata()

    def close(self) -> None:
        """Give it back; cages that map it keep their mapping."""
        self._view.release()
        self._memory.unmap(self._address, METADATA_SIZE)
        os.close(self.descriptor)


def _anonymous_file(size: int) -> int:
    """A descriptor of memory that has no name."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pvm-metadata", os.MFD_CLOEXEC)
    else:
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


class Cage:
    """One range of addresses; ``address`` is where address 0 of the cage is in this process."""

    def __init__(self, metadata: SharedMetadata) -> None:
        self._memory = Memory()
        self._metadata = metadata
        self._size = layout.CAGE_SIZE + layout.GUARD_SIZE
        self.address = self._map()
        self.memory = foreign.view(self.address, layout.CAGE_SIZE)
        """All of it, for who packs and unpacks often; another one after the cage has moved."""
        metadata.cages.add(self)

    def _map(self) -> int:
        memory = self._memory
        address = memory.map(self._size, foreign.PROT_NONE, _RESERVED)
        try:
            memory.map(layout.METADATA, foreign.PROT_READ, _RESERVED | foreign.MAP_FIXED, address=address)
            self._map_metadata_at(address)
            memory.map(
                layout.CAGE_SIZE - layout.CONTROL,
                _WRITABLE,
                _RESERVED | foreign.MAP_FIXED,
                address=address + layout.CONTROL,
            )
        except OSError:
            memory.unmap(address, self._size)
            raise
        return address

    def map_metadata(self) -> None:
        """Map the metadata again, whose memory is another one now."""
        self._map_metadata_at(self.address)

    def _map_metadata_at(self, address: int) -> None:
        flags, descriptor = foreign.MAP_SHARED | foreign.MAP_FIXED, self._metadata.descriptor
        place = address + layout.METADATA
        self._memory.map(METADATA_SIZE, foreign.PROT_READ, flags, address=place, descriptor=descriptor)

    def clear(self) -> None:
        """Forget everything that an instance wrote."""
        self.discard(layout.CONTROL, layout.CAGE_SIZE - layout.CONTROL)

    def discard(self, address: int, size: int) -> None:
        """Give whole pages back to the host; they read as zeros."""
        self._memory.advise(self.address + address, size, _MADV_DONTNEED)

    def move(self) -> None:
        """Go on at another address, with a copy of what was written; nothing may run in it, or keep its address."""
        address = self._map()
        view = foreign.view(address, layout.CAGE_SIZE)
        for start, size in self.written():
            view[start : start + size] = self.memory[start : start + size]
        old_address, old_view = self.address, self.memory
        self.address, self.memory = address, view
        old_view.release()
        self._memory.unmap(old_address, self._size)

    def written(self) -> list[tuple[int, int]]:
        """Address and size of the ranges of pages behind the metadata that may have been written to."""
        resident = self._memory.resident(self.address + layout.CONTROL, layout.CAGE_SIZE - layout.CONTROL) + b"\0"
        size = os.sysconf("SC_PAGE_SIZE")
        found, end = [], 0
        while (first := resident.find(1, end)) >= 0:
            end = resident.index(0, first)
            found.append((layout.CONTROL + first * size, (end - first) * size))
        return found

    def close(self) -> None:
        """Give the range back."""
        self._metadata.cages.discard(self)
        self.memory.release()
        self._memory.unmap(self.address, self._size)

    # Access

    def u32(self, address: int) -> int:
        """An unsigned number of 32 bits."""
        return int(_U32.unpack_from(self.memory, address)[0])

    def set_u32(self, address: int, value: int) -> None:
        """Store 32 bits."""
        _U32.pack_into(self.memory, address, value)

    def i64(self, address: int) -> int:
        """A signed number of 64 bits."""
        return int(_I64.unpack_from(self.memory, address)[0])

    def set_i64(self, address: int, value: int) -> None:
        """Store a signed number of 64 bits."""
        _I64.pack_into(self.memory, address, value)

    def u64(self, address: int) -> int:
        """An unsigned number of 64 bits."""
        return int(_U64.unpack_from(self.memory, address)[0])

    def set_u64(self, address: int, value: int) -> None:
        """Store an unsigned number of 64 bits."""
        _U64.pack_into(self.memory, address, value)

    def store(self, form: struct.Struct, address: int, *values: float) -> None:
        """Store several values in a row."""
        form.pack_into(self.memory, address, *values)

    def bytes_at(self, address: int, size: int) -> bytes:
        """A copy of bytes."""
        return bytes(self.memory[address : address + size])

    def view(self, address: int, size: int) -> memoryview:
        """Bytes in place, not to be kept while the guest runs."""
        return self.memory[address : address + size]

    def word(self, name: str) -> int:
        """The value of a control word."""
        return self.i64(_WORDS[name])

    def set_word(self, name: str, value: int) -> None:
        """Set a control word."""
        self.set_i64(_WORDS[name], value)


_WORDS = {name: layout.control_word(name) for name in layout.CONTROL_WORDS}


class CagePool:
    """Cages of one program that no instance uses."""

    def __init__(self, metadata: SharedMetadata) -> None:
        self._metadata = metadata
        self._spare: list[Cage] = []

    def take(self) -> Cage:
        """An empty cage.

        Raises:
            OSError: the host has no addresses left for it.
        """
        try:
            return self._spare.pop()
        except IndexError:
            return Cage(self._metadata)

    def give_back(self, cage: Cage) -> None:
        """Empty a cage and keep it, or unmap it if there are enough."""
        if len(self._spare) >= MAX_SPARE:
            cage.close()
            return
        cage.clear()
        self._spare.append(cage)

    def close(self) -> None:
        """Unmap the cages that no instance uses."""
        while self._spare:
            self._spare.pop().close()
