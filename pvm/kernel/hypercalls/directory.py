"""Hypercalls on directories."""

from __future__ import annotations

from pvm.kernel.abi import Errno, hypercall
from pvm.kernel.hypercalls.path import CHANGE, WALK, put_text
from pvm.kernel.task import Span, Task
from pvm.kernel.vfs import operations
from pvm.kernel.vfs.description import TRANSFER_MAX


@hypercall(
    0x0301,
    "dir_read(fd: fd, buf: out_bytes) -> size",
    errors=(Errno.ACCES, Errno.BADF, Errno.INVAL, Errno.IO, Errno.NOENT, Errno.NOTDIR),
)
def dir_read(task: Task, fd: int, buf: Span) -> int:
    """Write the next directory records to the buffer, as many as fit; their size, 0 at the end.

    A record is inode (8 bytes), length of the name (2), kind (1), a zero byte, then the name in UTF-8, all
    little-endian. Names come in order of their bytes, without `.` and `..`; a name that is there
    throughout is given exactly once, whatever is added or removed meanwhile. INVAL if not even one
    record fits, which 268 bytes always do.
    """
    return buf.write(task.process.descriptors.get(fd).entries(min(len(buf), TRANSFER_MAX)))


@hypercall(0x0302, "dir_make(path: path, mode: int) -> status", errors=(*CHANGE, Errno.EXIST))
def dir_make(task: Task, path: str, mode: int) -> int:
    """Make a directory with the given permission bits."""
    operations.make_directory(task.process, path, mode)
    return 0


@hypercall(0x0303, "dir_remove(path: path) -> status", errors=(*WALK, Errno.BUSY, Errno.NOTEMPTY, Errno.ROFS))
def dir_remove(task: Task, path: str) -> int:
    """Remove an empty directory."""
    operations.remove_directory(task.process, path)
    return 0


@hypercall(0x0304, "dir_change(path: path) -> status", errors=WALK)
def dir_change(task: Task, path: str) -> int:
    """Make a directory the working directory."""
    operations.change_directory(task.process, path)
    return 0


@hypercall(0x0305, "dir_current(buf: out_bytes) -> size", errors=(Errno.RANGE,))
def dir_current(task: Task, buf: Span) -> int:
    """Write the path of the working directory, as it was walked, to the buffer; its size. RANGE if it does not fit."""
    return put_text(task.process.cwd.path(), buf)
