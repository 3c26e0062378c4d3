"""The random source of a guest: the host's, or a stream that a seed fixes.

The seeded stream is the concatenation of SHAKE-256(seed as text, ":", block number as text) with
4096 bytes a block, for block 0, 1, 2 and so on.  It does not depend on how a guest cuts it into
reads; its state is the number of bytes taken.
"""

from __future__ import annotations

import os

from pvm.typed import Protocol

BLOCK = 4096


class RandomSource(Protocol):
    """A source of random bytes."""

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes."""


class HostRandom:
    """The host's cryptographic random source."""

    __slots__ = ()

    def read(self, count: int) -> bytes:
        return os.urandom(count)


class SeededRandom:
    """A repeatable stream; ``position`` is its whole state."""

    __slots__ = ("_block", "_number", "position", "seed")

    def __init__(self, seed: int, position: int = 0) -> None:
        self.seed = seed
        self.position = position
        self._number = -1
        self._block = b""

    def read(self, count: int) -> bytes:
        parts = []
        while count > 0:
            number, start = divmod(self.position, BLOCK)
            part = self._load(number)[start : start + count]
            parts.append(part)
            self.position += len(part)
            count -= len(part)
        return b"".join(parts)

    def _load(self, number: int) -> bytes:
        if number != self._number:
            from hashlib import shake_256

            self._block = shake_256(b"%d:%d" % (self.seed, number)).digest(BLOCK)
            self._number = number
        return self._block
