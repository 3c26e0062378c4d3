"""Simulated raw memory for privileged modules: an anonymous mapping of which a part is committed, and only grows.

The system gives pages to what was touched alone, so a cage of 4 GiB costs as much as is used of it.

Precondition of every access: in bounds, which the table entries check.
"""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Callable
from typing import Any

from pvm.engines.reference.primitives import CANONICAL_NAN, is_nan

_FORMATS = {4: struct.Struct("<f"), 8: struct.Struct("<d")}
_MAP_NORESERVE = 0x4000
"""Of Linux; Python 3.11 has no name for it."""
_CHUNK = 1 << 16


def _reserve(size: int) -> mmap.mmap:
    """Reserve zeros, which cost memory only where they are touched."""
    if sys.platform == "linux":
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE)
    return mmap.mmap(-1, size)


class RawMemory:
    """The memory of one instance.

    Translated code reads its size as ``MEMORY_SIZE`` in ``namespace``.
    """

    def __init__(self, limit: int, namespace: dict[str, Any]) -> None:
        self.data: mmap.mmap | bytearray = bytearray()
        self.limit = limit
        self._namespace = namespace
        namespace["MEMORY_SIZE"] = 0

    @property
    def size(self) -> int:
        """Bytes that are committed."""
        size: int = self._namespace["MEMORY_SIZE"]
        return size

    def grow(self, size: int) -> int:
        """Commit up to ``size`` bytes; the new size, or -1."""
        if not self.size <= size <= self.limit:
            return -1
        if len(self.data) < size:
            # Reserving everything that may be needed costs addresses only.
            try:
                self.data = _reserve(self.limit)
            except (OSError, OverflowError):
                return -1
        self._namespace["MEMORY_SIZE"] = size
        return size

    def load_int(self, address: int, width: int, signed: bool) -> int:
        """Little endian, extended."""
        return int.from_bytes(self._slice(address, width), "little", signed=signed)

    def store_int(self, address: int, value: int, width: int) -> None:
        """The low bytes."""
        self._check(address, width)
        self.data[address : address + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")

    def load_float(self, address: int, width: int) -> float:
        """A float of 4 or 8 bytes."""
        return float(_FORMATS[width].unpack(self._slice(address, width))[0])

    def store_float(self, address: int, value: float, width: int) -> None:
        """A NaN is stored canonical, since its bits can be seen here."""
        self._check(address, width)
        _FORMATS[width].pack_into(self.data, address, CANONICAL_NAN if is_nan(value) else value)

    def copy(self, to: int, source: int, count: int) -> None:
        """The ranges may overlap."""
        self._check(to, count)
        self._check(source, count)
        if isinstance(self.data, mmap.mmap):
            self.data.move(to, source, count)

    def fill(self, to: int, byte: int, count: int) -> None:
        """Set bytes to the low 8 bits."""
        self._check(to, count)
        chunk = bytes((byte & 0xFF,)) * min(count, _CHUNK)
        for start in range(to, to + count, _CHUNK):
            end = min(start + _CHUNK, to + count)
            self.data[start:end] = chunk[: end - start]

    def _check(self, address: int, count: int) -> None:
        assert 0 <= address <= address + count <= self.size, (
            "an access out of bounds reached the primitive; the table entry must trap first"
        )

    def _slice(self, address: int, count: int) -> bytes | bytearray:
        self._check(address, count)
        return self.data[address : address + count]

    def names(self) -> dict[str, Callable[..., Any]]:
        """What translated code refers to."""
        return {
            "GROW": self.grow,
            "LOAD_INT": self.load_int,
            "STORE_INT": self.store_int,
            "LOAD_FLOAT": self.load_float,
            "STORE_FLOAT": self.store_float,
            "COPY_BYTES": self.copy,
            "FILL_BYTES": self.fill,
        }
