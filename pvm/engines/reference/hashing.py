"""The hashes of texts and numbers that the runtime image documents."""

from __future__ import annotations

from collections.abc import Callable

from pvm.engines.reference.primitives import wrap64

_MASK = (1 << 64) - 1
_CHUNK = 1 << 20


def string_hash(data: bytes, seed: int, poll: Callable[[], None]) -> int:
    """The hash that ``string.hash`` documents."""
    value = (seed ^ len(data) * 0x9E3779B97F4A7C15) & _MASK
    for start in range(0, len(data), 8):
        value = (value ^ int.from_bytes(data[start : start + 8], "little")) * 0xFF51AFD7ED558CCD & _MASK
        value ^= value >> 32
        if start & (_CHUNK - 1) == _CHUNK - 8:
            poll()
    value = (value ^ value >> 29) * 0xC4CEB9FE1A85EC53 & _MASK
    return wrap64(value ^ value >> 32)


def number_hash(value: int) -> int:
    """The hash of a number that ``table.find_number`` documents."""
    value &= _MASK
    value = (value ^ value >> 32) * 0xFF51AFD7ED558CCD & _MASK
    value = (value ^ value >> 29) * 0xC4CEB9FE1A85EC53 & _MASK
    return wrap64(value ^ value >> 32)
