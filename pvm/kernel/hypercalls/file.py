"""Hypercalls on open files."""

from __future__ import annotations

from pvm.kernel.abi import Errno, GuestError, hypercall
from pvm.kernel.task import Span, Task
from pvm.kernel.vfs.description import TRANSFER_MAX, Whence
from pvm.kernel.vfs.node import STAT_LAYOUT, OpenFlag, Stat


def checked_position(offset: int) -> int:
    """A position given by the guest, which must not be negative."""
    if offset < 0:
        raise GuestError(Errno.INVAL)
    return offset


def transferable(data: Span) -> bytes:
    """The bytes that one call moves; a larger buffer is not copied whole."""
    if len(data) <= TRANSFER_MAX:
        return data.read()
    return bytes(data.view()[:TRANSFER_MAX])


def put_stat(stat: Stat, buf: Span) -> int:
    """Write the stat record to the guest; its size."""
    if len(buf) < STAT_LAYOUT.size:
        raise GuestError(Errno.INVAL, f"a stat record takes {STAT_LAYOUT.size} bytes")
    return buf.write(stat.pack())


@hypercall(0x0101, "fd_close(fd: fd) -> status", errors=(Errno.BADF,))
def fd_close(task: Task, fd: int) -> int:
    """Close a descriptor. A file that has no name any more is given up with its last descriptor."""
    task.process.descriptors.close(fd)
    return 0


@hypercall(
    0x0102,
    "fd_read(fd: fd, buf: out_bytes) -> size",
    errors=(Errno.BADF, Errno.ISDIR, Errno.IO),
)
def fd_read(task: Task, fd: int, buf: Span) -> int:
    """Read from the position; how many bytes were read, 0 at the end of the file.

    May read less than asked for, and never more than 16 MiB.
    """
    description = task.process.descriptors.get(fd)
    return buf.write(description.read(min(len(buf), TRANSFER_MAX)))


@hypercall(
    0x0103,
    "fd_write(fd: fd, data: in_bytes) -> size",
    errors=(Errno.BADF, Errno.FBIG, Errno.IO, Errno.NOSPC, Errno.PIPE),
)
def fd_write(task: Task, fd: int, data: Span) -> int:
    """Write at the position, or at the end with APPEND; how many bytes were written.

    May write less than asked for, and never more than 16 MiB.
    """
    description = task.process.descriptors.get(fd)
    return description.write(transferable(data))


@hypercall(
    0x0104,
    "fd_pread(fd: fd, buf: out_bytes, offset: offset) -> size",
    errors=(Errno.BADF, Errno.INVAL, Errno.IO, Errno.ISDIR, Errno.SPIPE),
)
def fd_pread(task: Task, fd: int, buf: Span, offset: int) -> int:
    """Read at an offset; the position stays."""
    description = task.process.descriptors.get(fd)
    return buf.write(description.read_at(min(len(buf), TRANSFER_MAX), checked_position(offset)))


@hypercall(
    0x0105,
    "fd_pwrite(fd: fd, data: in_bytes, offset: offset) -> size",
    errors=(Errno.BADF, Errno.FBIG, Errno.INVAL, Errno.IO, Errno.NOSPC, Errno.SPIPE),
)
def fd_pwrite(task: Task, fd: int, data: Span, offset: int) -> int:
    """Write at an offset, filling a gap with zeros; the position stays."""
    description = task.process.descriptors.get(fd)
    return description.write_at(transferable(data), checked_position(offset))


@hypercall(
    0x0106,
    "fd_seek(fd: fd, offset: offset, whence: int) -> offset",
    errors=(Errno.BADF, Errno.INVAL, Errno.IO, Errno.SPIPE),
)
def fd_seek(task: Task, fd: int, offset: int, whence: int) -> int:
    """Move the position to `offset` from the start (0), the position (1) or the end (2); the new position.

    A directory can only be sought to 0, which starts its listing anew.
    """
    description = task.process.descriptors.get(fd)
    if whence not in {0, 1, 2}:
        raise GuestError(Errno.INVAL)
    return description.seek(offset, Whence(whence))


@hypercall(
    0x0107,
    "fd_stat(fd: fd, buf: out_bytes) -> size",
    errors=(Errno.BADF, Errno.INVAL, Errno.IO, Errno.NOENT),
)
def fd_stat(task: Task, fd: int, buf: Span) -> int:
    """Write the stat record of what is open to the buffer; its size."""
    return put_stat(task.process.descriptors.get(fd).stat(), buf)


@hypercall(
    0x0108,
    "fd_truncate(fd: fd, size: size) -> status",
    errors=(Errno.BADF, Errno.FBIG, Errno.INVAL, Errno.IO, Errno.NOSPC),
)
def fd_truncate(task: Task, fd: int, size: int) -> int:
    """Cut or extend an open file to `size` bytes; new bytes are zero. INVAL unless it is open for writing."""
    task.process.descriptors.get(fd).truncate(checked_position(size))
    return 0


@hypercall(0x0109, "fd_sync(fd: fd) -> status", errors=(Errno.BADF, Errno.IO))
def fd_sync(task: Task, fd: int) -> int:
    """Bring the content of a host file to stable storage; nothing to do for others."""
    task.process.descriptors.get(fd).sync()
    return 0


@hypercall(0x010A, "fd_dup(fd: fd, lowest: int) -> fd", errors=(Errno.BADF, Errno.INVAL, Errno.MFILE))
def fd_dup(task: Task, fd: int, lowest: int) -> int:
    """Make another descriptor, not below `lowest`, of the same open file; they share the position."""
    descriptors = task.process.descriptors
    return descriptors.add_from(descriptors.get(fd), lowest)


@hypercall(0x010B, "fd_dup_to(fd: fd, target: fd) -> fd", errors=(Errno.BADF,))
def fd_dup_to(task: Task, fd: int, target: int) -> int:
    """Make `target` a descriptor of the same open file, closing what `target` was."""
    descriptors = task.process.descriptors
    descriptors.put(target, descriptors.get(fd))
    return target


@hypercall(0x010C, "fd_isatty(fd: fd) -> int", errors=(Errno.BADF,))
def fd_isatty(task: Task, fd: int) -> int:
    """1 if the descriptor is a terminal, else 0."""
    return int(task.process.descriptors.get(fd).is_terminal())


@hypercall(0x010D, "fd_flags(fd: fd) -> flags", errors=(Errno.BADF,))
def fd_flags(task: Task, fd: int) -> int:
    """What the descriptor is open for: READ 1, WRITE 2, APPEND 32."""
    kept = OpenFlag.READ | OpenFlag.WRITE | OpenFlag.APPEND
    return int(task.process.descriptors.get(fd).flags & kept)
