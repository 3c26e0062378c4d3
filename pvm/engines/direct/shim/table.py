"""The table of mounts, by which the shim finds what it may look into."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

MARK = 0x7076_6D01
"""The sixth argument of the shim's own calls, by which the filter tells them from those of programs."""

SLOW = -(1 << 40)
"""What a function of the shim gives that leaves the call to the kernel."""

TABLE_SIZE = 0x1000
HEADER_SIZE, ENTRY_SIZE, ENTRY_HEAD = 64, 256, 32
MOUNTS_MAX = (TABLE_SIZE - HEADER_SIZE) // ENTRY_SIZE
PREFIX_MAX = ENTRY_SIZE - ENTRY_HEAD - 1
HEADER = struct.Struct("<QQ2s6xQQ")
"""How many mounts, the key of the inodes, the texts ``.`` and nothing, the working directory, where the marks are."""

ENTRY_LAYOUT = struct.Struct("<4Q")

WORD = (1 << 64) - 1


class Entry(NamedTuple):
    """A mount as the shim knows it: its number at the host, the device to show, its descriptor, and its path."""

    mount_id: int
    device: int
    descriptor: int
    path: bytes


def packed(entries: Sequence[Entry], key: int, working_directory: int, marks: int = 0) -> bytes:
    """The table of mounts; ``key`` is that of the numbers that are shown for inodes.

    ``working_directory`` is the descriptor of the working directory, where that is in one of the mounts.  ``marks`` is
    the address of what is known to have changed, if there are overlays.
    """
    data = HEADER.pack(len(entries), key & WORD, b".\0", working_directory, marks).ljust(HEADER_SIZE, b"\0")
    for entry in entries:
        head = ENTRY_LAYOUT.pack(entry.mount_id, entry.device, entry.descriptor, len(entry.path))
        data += (head + entry.path).ljust(ENTRY_SIZE, b"\0")
    return data.ljust(TABLE_SIZE, b"\0")
