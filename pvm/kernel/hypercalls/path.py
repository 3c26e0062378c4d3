"""Hypercalls on paths: opening, looking at, naming and removing files."""

from __future__ import annotations

from pvm.kernel.abi import Errno, GuestError, hypercall
from pvm.kernel.hypercalls.file import checked_position, put_stat
from pvm.kernel.task import Span, Task
from pvm.kernel.vfs import operations
from pvm.kernel.vfs.node import OpenFlag
from pvm.kernel.vfs.path import Last

WALK = (Errno.ACCES, Errno.INVAL, Errno.IO, Errno.LOOP, Errno.NAMETOOLONG, Errno.NOENT, Errno.NOTDIR)
"""What walking a path can give."""

CHANGE = (*WALK, Errno.NOSPC, Errno.ROFS)
"""What changing a directory can give besides."""

KNOWN_FLAGS = sum(OpenFlag)


@hypercall(
    0x0201,
    "fs_open(path: path, flags: flags, mode: int) -> fd",
    errors=(*CHANGE, Errno.EXIST, Errno.ISDIR, Errno.MFILE, Errno.NFILE),
)
def fs_open(task: Task, path: str, flags: int, mode: int) -> int:
    """Open a file, or with DIRECTORY a directory for listing; the lowest free descriptor.

    Flags: READ 1, WRITE 2, CREATE 4, EXCLUSIVE 8, TRUNCATE 16, APPEND 32, DIRECTORY 64, NOFOLLOW 128.
    `mode` is the permission bits of a file that is created. FIFOs, sockets and devices of the host
    are refused with ACCES.
    """
    if flags & ~KNOWN_FLAGS:
        raise GuestError(Errno.INVAL)
    process = task.process
    process.descriptors.check_room()
    return process.descriptors.add(operations.open_path(process, path, flags, mode))


@hypercall(0x0202, "fs_stat(path: path, buf: out_bytes) -> size", errors=WALK)
def fs_stat(task: Task, path: str, buf: Span) -> int:
    """Write the stat record of a file, following links, to the buffer; its size."""
    return put_stat(task.process.walk(path).existing().node.stat(), buf)


@hypercall(0x0203, "fs_lstat(path: path, buf: out_bytes) -> size", errors=WALK)
def fs_lstat(task: Task, path: str, buf: Span) -> int:
    """Write the stat record of a file, or of the link itself, to the buffer; its size."""
    return put_stat(task.process.walk(path, Last.KEEP).existing().node.stat(), buf)


@hypercall(0x0204, "fs_access(path: path, mode: int) -> status", errors=(*WALK, Errno.ROFS))
def fs_access(task: Task, path: str, mode: int) -> int:
    """0 if the file is there (0) and allows reading (4), writing (2) or executing (1); bits may be combined."""
    operations.check_access(task.process.walk(path).existing().node, mode)
    return 0


@hypercall(
    0x0205,
    "fs_rename(old: path, new: path) -> status",
    errors=(*CHANGE, Errno.BUSY, Errno.ISDIR, Errno.NOTEMPTY, Errno.XDEV),
)
def fs_rename(task: Task, old: str, new: str) -> int:
    """Move a file, directory or link, atomically replacing a file, link or empty directory of the new name."""
    operations.rename(task.process, old, new)
    return 0


@hypercall(0x0206, "fs_unlink(path: path) -> status", errors=(*WALK, Errno.BUSY, Errno.ISDIR, Errno.ROFS))
def fs_unlink(task: Task, path: str) -> int:
    """Remove a file or link. An open file goes on existing until it is closed."""
    operations.unlink(task.process, path)
    return 0


@hypercall(0x0207, "fs_truncate(path: path, size: size) -> status", errors=(*CHANGE, Errno.FBIG, Errno.ISDIR))
def fs_truncate(task: Task, path: str, size: int) -> int:
    """Cut or extend a file to `size` bytes; new bytes are zero."""
    operations.truncate(task.process.walk(path).existing().node, checked_position(size))
    return 0


@hypercall(0x0208, "fs_symlink(target: text, path: path) -> status", errors=(*CHANGE, Errno.EXIST))
def fs_symlink(task: Task, target: str, path: str) -> int:
    """Make a symbolic link; `target` need not exist, and an absolute one is absolute for the guest."""
    operations.symlink(task.process, target, path)
    return 0


@hypercall(0x0209, "fs_readlink(path: path, buf: out_bytes) -> size", errors=(*WALK, Errno.RANGE))
def fs_readlink(task: Task, path: str, buf: Span) -> int:
    """Write the target of a symbolic link to the buffer; its size. RANGE if it does not fit, INVAL if it is no link."""
    return put_text(operations.link_target(task.process, path), buf)


def put_text(text: str, buf: Span) -> int:
    """Write a text to the guest in UTF-8, whole or not at all; its size."""
    data = text.encode()
    if len(data) > len(buf):
        raise GuestError(Errno.RANGE, f"the text takes {len(data)} bytes")
    return buf.write(data)
