"""The memory of a guest process, read and written through ``/proc/PID/mem``.

The descriptor stays with the address space that it was opened for: when the process dies and its number is used
again, reads give nothing, never another process's bytes.  Each argument is copied once; what is decided is decided
on the copy.
"""

from __future__ import annotations

import errno
import os

from pvm.errors import GuestError

PATH_MAX = 4096
FIRST_READ = 256
PAGE = 4096


class StaleMemory(Exception):
    """The address space is gone: the process has died or executed another program."""


class GuestMemory:
    """The address space that process ``pid`` has now."""

    __slots__ = ("_descriptor",)

    def __init__(self, pid: int) -> None:
        self._descriptor = -1
        self._descriptor = os.open(f"/proc/{pid}/mem", os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        """Give the descriptor back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()

    def read_some(self, address: int, count: int) -> bytes:
        """Up to ``count`` bytes, less where unmapped memory begins."""
        try:
            data = os.pread(self._descriptor, count, address)
        except (OSError, OverflowError):
            raise GuestError(errno.EFAULT) from None
        if not data and count:
            raise StaleMemory
        return data

    def read(self, address: int, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        data = self.read_some(address, count)
        if len(data) < count:
            raise GuestError(errno.EFAULT)
        return data

    def read_text(self, address: int, limit: int = PATH_MAX) -> bytes:
        """The bytes before the next zero; ENAMETOOLONG if there are ``limit`` or more."""
        data = self.read_some(address, FIRST_READ)
        end = data.find(b"\0")
        while end < 0:
            if len(data) >= limit:
                raise GuestError(errno.ENAMETOOLONG)
            data += self.read_some(address + len(data), min(PAGE, limit - len(data)))
            end = data.find(b"\0")
        return data[:end]

    def read_words(self, address: int, limit: int) -> list[int]:
        """The words before a zero word; E2BIG if there are more than ``limit``."""
        words: list[int] = []
        while True:
            room = PAGE - (address + 8 * len(words)) % PAGE
            data = self.read_some(address + 8 * len(words), max(8, room - room % 8))
            for place in range(0, len(data) - 7, 8):
                word = int.from_bytes(data[place : place + 8], "little")
                if word == 0:
                    return words
                words.append(word)
                if len(words) > limit:
                    raise GuestError(errno.E2BIG)
            if len(data) < 8:
                raise GuestError(errno.EFAULT)

    def write(self, address: int, data: bytes) -> None:
        """Put bytes into the guest's memory."""
        try:
            written = os.pwrite(self._descriptor, data, address)
        except (OSError, OverflowError):
            raise GuestError(errno.EFAULT) from None
        if written == 0 and data:
            raise StaleMemory
        if written < len(data):
            raise GuestError(errno.EFAULT)
