"""The structures in which Linux gives the state of files, for x86-64."""

from __future__ import annotations

import struct

from pvm.kernel.vfs.node import DirectoryEntry, FileKind, Stat

KIND_BITS = {
    FileKind.REGULAR: 0o100000,
    FileKind.DIRECTORY: 0o040000,
    FileKind.SYMLINK: 0o120000,
    FileKind.CHARACTER: 0o020000,
    FileKind.PIPE: 0o010000,
    FileKind.SOCKET: 0o140000,
    FileKind.BLOCK: 0o060000,
}
ENTRY_TYPES = {
    FileKind.REGULAR: 8,
    FileKind.DIRECTORY: 4,
    FileKind.SYMLINK: 10,
    FileKind.CHARACTER: 2,
    FileKind.PIPE: 1,
    FileKind.SOCKET: 12,
    FileKind.BLOCK: 6,
}
STAT = struct.Struct("<QQQIIIIQqqqqqqqqq3q")
STATX = struct.Struct("<IIQIIIHHQQQQqIiqIiqIiqIiIIII14Q")
STATX_BASIC = 0x7FF
STATFS = struct.Struct("<qqqqqqqiiqqq4q")
BLOCK = 4096
SECOND = 10**9
TMPFS_MAGIC = 0x0102_1994


def pack_stat(stat: Stat) -> bytes:
    """``struct stat``."""
    mode = KIND_BITS[stat.kind] | stat.mode
    return STAT.pack(
        stat.device,
        stat.inode & (1 << 64) - 1,
        stat.links,
        mode,
        stat.user,
        stat.group,
        0,
        0,
        stat.size,
        BLOCK,
        (stat.size + 511) // 512,
        *divmod(stat.accessed_ns, SECOND),
        *divmod(stat.modified_ns, SECOND),
        *divmod(stat.changed_ns, SECOND),
        0,
        0,
        0,
    )


def pack_statx(stat: Stat) -> bytes:
    """``struct statx``."""
    times: list[int] = []
    for nanoseconds in (stat.accessed_ns, 0, stat.changed_ns, stat.modified_ns):
        times += (*divmod(nanoseconds, SECOND), 0)
    return STATX.pack(
        STATX_BASIC,
        BLOCK,
        0,
        stat.links,
        stat.user,
        stat.group,
        KIND_BITS[stat.kind] | stat.mode,
        0,
        stat.inode & (1 << 64) - 1,
        stat.size,
        (stat.size + 511) // 512,
        0,
        *times,
        0,
        0,
        0,
        stat.device,
        *[0] * 14,
    )


def pack_statfs(blocks: int, free_blocks: int, files: int, free_files: int) -> bytes:
    """``struct statfs``, of a file system in memory."""
    return STATFS.pack(
        TMPFS_MAGIC, BLOCK, blocks, free_blocks, free_blocks, files, free_files, 1, 0, 255, BLOCK, 0, *[0] * 4
    )


def pack_entry(entry: DirectoryEntry, position: int, *, wide: bool) -> bytes:
    """``struct linux_dirent64``, or the older ``linux_dirent`` unless ``wide``."""
    name = entry.name.encode()
    inode = entry.inode & (1 << 64) - 1
    kind = ENTRY_TYPES[entry.kind]
    if wide:
        length = 19 + len(name) + 8 & -8
        return struct.pack("<QqHB", inode, position, length, kind) + name + bytes(length - 19 - len(name))
    length = 18 + len(name) + 9 & -8
    head = struct.pack("<QqH", inode, position, length) + name
    return head + bytes(length - len(head) - 1) + bytes([kind])
