"""Simulated raw memory for privileged modules: a bytearray that only grows.

Precondition of every access: in bounds, which the table entries check.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from pvm.engines.reference.primitives import CANONICAL_NAN, is_nan

_FORMATS = {4: struct.Struct("<f"), 8: struct.Struct("<d")}
PAGE = 1 << 16


class RawMemory:
    """The memory of one instance."""

    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self.limit = limit

    def grow(self, size: int) -> int:
        """Commit up to ``size`` bytes; the new size, or -1."""
        if not len(self.data) <= size <= self.limit:
            return -1
        self.data.extend(bytes(size - len(self.data)))
        return size

    def load_int(self, address: int, width: int, signed: bool) -> int:
        """Little endian, extended."""
        return int.from_bytes(self._slice(address, width), "little", signed=signed)

    def store_int(self, address: int, value: int, width: int) -> None:
        """The low bytes."""
        self._slice(address, width)
        self.data[address : address + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")

    def load_float(self, address: int, width: int) -> float:
        """A float of 4 or 8 bytes."""
        return float(_FORMATS[width].unpack(self._slice(address, width))[0])

    def store_float(self, address: int, value: float, width: int) -> None:
        """A NaN is stored canonical, since its bits can be seen here."""
        self._slice(address, width)
        _FORMATS[width].pack_into(self.data, address, CANONICAL_NAN if is_nan(value) else value)

    def copy(self, to: int, source: int, count: int) -> None:
        """The ranges may overlap."""
        self.data[to : to + count] = self._slice(source, count)

    def fill(self, to: int, byte: int, count: int) -> None:
        """Set bytes to the low 8 bits."""
        self._slice(to, count)
        self.data[to : to + count] = bytes((byte & 0xFF,)) * count

    def _slice(self, address: int, count: int) -> bytearray:
        assert 0 <= address <= address + count <= len(self.data), (
            "an access out of bounds reached the primitive; the table entry must trap first"
        )
        return self.data[address : address + count]

    def names(self) -> dict[str, Callable[..., Any] | bytearray]:
        """What translated code refers to."""
        return {
            "MEMORY": self.data,
            "GROW": self.grow,
            "LOAD_INT": self.load_int,
            "STORE_INT": self.store_int,
            "LOAD_FLOAT": self.load_float,
            "STORE_FLOAT": self.store_float,
            "COPY_BYTES": self.copy,
            "FILL_BYTES": self.fill,
        }
