"""What a guest has added to a writable directory of the host.

Growth is charged to the ledger of the kernel, but only what was charged here is released here:
deleting files that were on the host before must not make room in memory.
"""

from __future__ import annotations

import os
import stat

from pvm.kernel.fs.hoststatus import identity_of
from pvm.kernel.quotas import Ledger


class Growth:
    """Bytes and names added below one mount; ``opens`` counts the open files by identity.

    ``sizes`` has the size of each file that is written through a descriptor which was handed out, as counted so far;
    ``attributes`` the bytes of extended attributes that were added to a file.
    """

    __slots__ = ("_bytes", "_files", "attributes", "ledger", "opens", "sizes")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.opens: dict[tuple[int, int], int] = {}
        self.sizes: dict[tuple[int, int], int] = {}
        self.attributes: dict[tuple[int, int], int] = {}
        self._bytes = 0
        self._files = 0

    def charge_bytes(self, count: int) -> None:
        """Charge growth, or give NOSPC."""
        self.ledger.charge_bytes(count)
        self._bytes += count

    def release_bytes(self, count: int) -> None:
        """Release growth; what was on the host before gives no credit."""
        count = min(count, self._bytes)
        self._bytes -= count
        self.ledger.release_bytes(count)

    def charge_file(self) -> None:
        """Charge a new name, or give NOSPC."""
        self.ledger.charge_file()
        self._files += 1

    def release_file(self) -> None:
        """Release a name, unless it was on the host before."""
        if self._files:
            self._files -= 1
            self.ledger.release_file()

    def add_attributes(self, identity: tuple[int, int], count: int) -> None:
        """Charge what extended attributes of a file grow, or give NOSPC; what shrinks is released."""
        held = self.attributes.get(identity, 0)
        if count > 0:
            self.charge_bytes(count)
        else:
            count = -min(held, -count)
            self.release_bytes(-count)
        self.attributes[identity] = held + count

    def release_attributes(self, identity: tuple[int, int]) -> None:
        """Release those of a file that is gone."""
        self.release_bytes(self.attributes.pop(identity, 0))

    def settle(self, identity: tuple[int, int], size: int) -> None:
        """Count growth that has happened already, quota or not; what was cut off natively gives no credit."""
        counted = self.sizes.get(identity)
        if counted is not None:
            self.ledger.force_bytes(max(0, size - counted))
            self._bytes += max(0, size - counted)
            self.sizes[identity] = size

    def removed(self, status: os.stat_result) -> None:
        """Release what a removed name held; an open file is released when it is closed."""
        self.release_file()
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and identity_of(status) not in self.opens:
            self.release_bytes(status.st_size)
            self.release_attributes(identity_of(status))

    def opened(self, identity: tuple[int, int]) -> None:
        """Count an open file."""
        self.opens[identity] = self.opens.get(identity, 0) + 1

    def closed(self, status: os.stat_result) -> None:
        """Count an open file less; the last one of a nameless file releases its bytes."""
        identity = identity_of(status)
        self.opens[identity] -= 1
        if not self.opens[identity]:
            del self.opens[identity]
            self.sizes.pop(identity, None)
            if status.st_nlink == 0:
                self.release_bytes(status.st_size)
                self.release_attributes(identity)
