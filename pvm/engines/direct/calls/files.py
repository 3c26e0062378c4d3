"""Calls that open files, and those by descriptor that the host's kernel may not answer."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from pvm.engines.direct import layouts, linux
from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.calls.paths import change_owner_of, seen_from
from pvm.engines.direct.descriptors import PlaceDescription, advance, next_entries
from pvm.engines.direct.mounts import NativeMount
from pvm.engines.direct.terminals import TerminalNode
from pvm.errors import GuestError
from pvm.kernel.process import Process
from pvm.kernel.vfs.description import Description, DirectoryDescription
from pvm.kernel.vfs.node import DirectoryEntry, DirectoryNode, FileKind, OpenFlag, RegularNode
from pvm.kernel.vfs.operations import open_node, open_path
from pvm.kernel.vfs.path import Last
from pvm.kernel.vfs.restricted import RestrictedProcess, Restriction

TERMINAL = "/dev/tty"
KINDS_BY_TYPE = {number: kind for kind, number in layouts.ENTRY_TYPES.items()}
LIST_MAX = 1 << 20
O_TMPFILE = 0o20000000
O_PATH = 0o10000000
OPEN_HOW = struct.Struct("<3Q")
OPEN_FLAGS = 0x7F_FFC3
PAGE = 4096
RESOLVE_CACHED, RESOLVE_KNOWN = 0x20, 0x3F
ACCESS: dict[int, int] = {
    os.O_RDONLY: OpenFlag.READ,
    os.O_WRONLY: OpenFlag.WRITE,
    os.O_RDWR: OpenFlag.READ | OpenFlag.WRITE,
}
FLAGS = {
    os.O_CREAT: OpenFlag.CREATE,
    os.O_EXCL: OpenFlag.EXCLUSIVE,
    os.O_TRUNC: OpenFlag.TRUNCATE,
    os.O_APPEND: OpenFlag.APPEND,
    os.O_DIRECTORY: OpenFlag.DIRECTORY,
    os.O_NOFOLLOW: OpenFlag.NOFOLLOW,
}


def kernel_flags(flags: int) -> int:
    """The flags of Linux as those of the kernel, without the combinations that Linux lets mean nothing."""
    access = ACCESS.get(flags & os.O_ACCMODE)
    if access is None:
        raise GuestError(errno.EINVAL)
    if flags & O_TMPFILE == O_TMPFILE:
        raise GuestError(errno.EOPNOTSUPP)
    if flags & O_PATH:
        access = OpenFlag.READ
        flags &= os.O_DIRECTORY | os.O_NOFOLLOW
    if not access & OpenFlag.WRITE:
        flags &= ~(os.O_TRUNC | os.O_APPEND)
    if not flags & os.O_CREAT:
        flags &= ~os.O_EXCL
    for bit, flag in FLAGS.items():
        if flags & bit:
            access |= flag
    return access


def open_at(call: Call, directory: int, path: int, flags: int, mode: int) -> int:
    """Open a file and answer with its descriptor."""
    text = call.path(path)
    wanted = kernel_flags(flags)
    if text == TERMINAL:
        return open_terminal(call, flags)
    fd = call.supervisor.proc.own_descriptor(call, text)
    if fd is not None:
        return open_again(call, fd, wanted, flags)
    return open_seen(call, seen_from(call, directory, text), text, flags, mode)


def open_restricted(call: Call, flags: int, mode: int, restriction: Restriction) -> int:
    """The same by a walk that may not lead everywhere; links to open files can be followed by no name but their own."""
    text = call.path(1)
    wanted = kernel_flags(flags)
    if not restriction & (Restriction.BENEATH | Restriction.IN_ROOT):
        fd = call.supervisor.proc.own_descriptor(call, text)
        if fd is not None and restriction & (Restriction.NO_LINKS | Restriction.NO_MAGIC_LINKS):
            raise GuestError(errno.ELOOP)
        if fd is not None:
            return open_again(call, fd, wanted, flags)
        if text == TERMINAL:
            return open_terminal(call, flags)
        view = call.view(0, text)
    else:  # even an absolute path is one below the directory
        view = call.view(0, ".")
    return open_seen(call, RestrictedProcess.of(view, restriction), text, flags, mode)


def open_seen(call: Call, view: Process, text: str, flags: int, mode: int) -> int:
    """Open what a process sees at a path."""
    wanted = kernel_flags(flags)
    if flags & O_PATH:
        return open_place(call, view, text, flags)
    try:
        description = open_path(view, text, wanted, mode & 0o777 & ~call.guest.umask)
    except GuestError as error:
        answered = open_special(call, view, text, flags) if error.errno == errno.EACCES else None
        if answered is None:
            raise
        return answered
    return give(call, description, flags)


def open_special(call: Call, view: Process, text: str, flags: int) -> int | None:
    """Open what only the host's kernel can: a FIFO or a pseudo-terminal; None if it is something else."""
    node = view.walk(text, Last.FOLLOW).existing().node
    if isinstance(node, TerminalNode):
        return call.supervisor.terminals.open(call, node.name, flags)
    return call.supervisor.fifos.open(call, node, flags)


def open_place(call: Call, view: Process, text: str, flags: int) -> int:
    """Open a mere place in the tree (O_PATH), which may be a link; files and directories can be read through it too."""
    place = view.walk(text, Last.KEEP if flags & os.O_NOFOLLOW else Last.FOLLOW).existing()
    if isinstance(place.node, DirectoryNode):
        return give(call, DirectoryDescription(place), flags)
    if flags & os.O_DIRECTORY:
        raise GuestError(errno.ENOTDIR)
    if isinstance(place.node, RegularNode):
        return give(call, open_node(view, place, OpenFlag.READ), flags & ~os.O_NONBLOCK)
    return give(call, PlaceDescription(place), flags)


def open_again(call: Call, fd: int, wanted: int, flags: int) -> int:
    """Open what a descriptor of the caller refers to once more; a pipe or a device is duplicated."""
    location = call.supervisor.files.location(call.guest, fd)
    if location is not None and isinstance(location.node, DirectoryNode):
        return give(call, DirectoryDescription(location), flags)
    if location is not None:
        return give(call, open_node(call.guest.view, location, wanted), flags)
    with borrowed_descriptor(call, fd) as descriptor:
        return call.give_descriptor(descriptor, close_on_exec=bool(flags & linux.O_CLOEXEC))


@contextmanager
def borrowed_descriptor(call: Call, fd: int) -> Iterator[int]:
    """A duplicate of a descriptor of the caller, for a while."""
    pidfd = os.pidfd_open(call.guest.pid)
    try:
        descriptor = linux.syscall(linux.PIDFD_GETFD, pidfd, fd, 0)
    except OSError:
        raise GuestError(errno.ENOENT) from None
    finally:
        os.close(pidfd)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_terminal(call: Call, flags: int) -> int:
    """Open ``/dev/tty``: the caller's pseudo-terminal, else the one that the first process was given, if it was."""
    own = call.supervisor.terminals.controlling(call)
    if own is not None:
        return call.supervisor.terminals.open(call, own, flags)
    if call.supervisor.terminal < 0:
        raise GuestError(errno.ENXIO)
    return call.give_descriptor(call.supervisor.terminal, close_on_exec=bool(flags & linux.O_CLOEXEC))


def give(call: Call, description: Description, flags: int) -> int:
    """Answer with a descriptor for an open file."""
    description.retain()
    try:
        if call.supervisor.files.is_due():
            call.supervisor.sweep()
        random = call.supervisor.random_for(call.guest)
        descriptor = call.supervisor.files.new_file(description, flags, random)
    finally:
        description.release()
    try:
        return call.give_descriptor(descriptor, close_on_exec=bool(flags & linux.O_CLOEXEC))
    finally:
        os.close(descriptor)


def open_(call: Call) -> int:
    return open_at(call, -1, 0, call.args[1], call.args[2])


def openat(call: Call) -> int:
    return open_at(call, 0, 1, call.args[2], call.args[3])


def creat(call: Call) -> int:
    return open_at(call, -1, 0, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, call.args[1])


def openat2(call: Call) -> int:
    size = call.args[3]
    if size < OPEN_HOW.size:
        raise GuestError(errno.EINVAL)
    if size > PAGE:
        raise GuestError(errno.E2BIG)
    data = call.guest.memory.read(call.args[2], size)
    flags, mode, resolve = OPEN_HOW.unpack_from(data)
    if any(data[OPEN_HOW.size :]):
        raise GuestError(errno.E2BIG)
    if flags & ~OPEN_FLAGS or mode & ~0o7777 or (mode and not flags & os.O_CREAT):
        raise GuestError(errno.EINVAL)
    both = Restriction.BENEATH | Restriction.IN_ROOT
    if resolve & ~RESOLVE_KNOWN or resolve & both == both:
        raise GuestError(errno.EINVAL)
    if resolve & RESOLVE_CACHED:  # only what is known without asking, which nothing is
        raise GuestError(errno.EAGAIN)
    if resolve:
        return open_restricted(call, flags, mode, Restriction(resolve))
    return open_at(call, 0, 1, flags, mode)


def memfd_create(call: Call) -> int:
    call.raw_path(0)
    descriptor = call.supervisor.files.new_store_file()
    try:
        return call.give_descriptor(descriptor, close_on_exec=bool(call.args[1] & 1))
    finally:
        os.close(descriptor)


def fstat(call: Call) -> int:
    call.write(1, layouts.pack_stat(call.supervisor.files.stat(call.guest, call.signed(0))))
    return 0


def fchmod(call: Call) -> int:
    location = call.supervisor.files.location(call.guest, call.signed(0))
    if location is None:
        return 0
    location.node.change_mode(call.args[1] & 0o777)
    return 0


def fchown(call: Call) -> int:
    return change_owner_of(call, call.signed(0), 1)


def fstatfs(call: Call) -> int:
    call.supervisor.files.status(call.guest, call.signed(0))
    call.write(1, call.supervisor.file_system_state())
    return 0


def list_directory(call: Call, *, wide: bool) -> int:
    """Fill a buffer with entries of a directory."""
    opened = call.supervisor.files.find(call.guest, call.signed(0))
    if opened is None:
        mount = call.supervisor.files.native_directory(call.guest, call.signed(0))
        if mount is None:
            raise GuestError(errno.ENOTDIR)
        if mount.overlay is None or not take_over(call):
            return list_native_directory(call, mount, wide=wide)
        opened = call.supervisor.files.find(call.guest, call.signed(0))
        if opened is None:
            return 0
    room = call.args[2] & 0xFFFF_FFFF
    entries = next_entries(opened, room)
    data = bytearray()
    given = 0
    for entry in entries:
        record = layouts.pack_entry(entry, opened.position + given + 1, wide=wide)
        if len(data) + len(record) > room:
            break
        data += record
        given += 1
    if entries and not given:
        raise GuestError(errno.EINVAL)
    call.write(1, bytes(data))
    advance(opened, entries[:given])
    return len(data)


def take_over(call: Call) -> bool:
    """Put a directory that the supervisor lists in place of one of an overlay that the guest opened by itself.

    One that was listed in part already is not: what is added or removed meanwhile may or may not be seen.
    """
    files, fd = call.supervisor.files, call.signed(0)
    with borrowed_descriptor(call, fd) as descriptor:
        if os.lseek(descriptor, 0, os.SEEK_CUR):
            return False
    try:
        location = files.directory(call.guest, fd)
    except GuestError:  # it has been removed, and is empty
        return True
    closes = is_closed_on_exec(call.guest.pid, fd)
    made = files.listed(DirectoryDescription(location))
    try:
        call.put_descriptor(made, fd, close_on_exec=closes)
    finally:
        os.close(made)
    return True


def is_closed_on_exec(pid: int, fd: int) -> bool:
    """Whether a guest's descriptor ends when its process executes another program."""
    with open(f"/proc/{pid}/fdinfo/{fd}", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
        flags = next(int(line.split()[1], 8) for line in file if line.startswith(b"flags:"))
    return bool(flags & linux.O_CLOEXEC)


def list_native_directory(call: Call, mount: NativeMount, *, wide: bool) -> int:
    """The same for one that the guest opened by itself, by the shim, which did not list it."""
    with borrowed_descriptor(call, call.signed(0)) as descriptor:
        device = os.fstat(descriptor).st_dev
        entries: list[tuple[DirectoryEntry, int]] = []
        while not entries:
            found = linux.directory_entries(descriptor, min(call.args[2] & 0xFFFF_FFFF, LIST_MAX))
            if not found:
                break
            for inode, position, kind, name in found:
                if is_text(name):
                    kept = DirectoryEntry(name.decode(), kind_of_type(kind), mount.fs.shown_inode(device, inode))
                    entries.append((kept, position))
    data = b"".join(layouts.pack_entry(entry, position, wide=wide) for entry, position in entries)
    call.write(1, data)
    return len(data)


def is_text(name: bytes) -> bool:
    """Whether a name exists for guests: it is UTF-8."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def kind_of_type(number: int) -> FileKind:
    """The kind of file that a directory entry has noted."""
    return KINDS_BY_TYPE.get(number, FileKind.CHARACTER)


def nothing(call: Call) -> int:
    return 0


CALLS = {
    "open": open_,
    "openat": openat,
    "creat": creat,
    "openat2": openat2,
    "memfd_create": memfd_create,
    "fstat": fstat,
    "fchmod": fchmod,
    "fchown": fchown,
    "fstatfs": fstatfs,
    "getdents": lambda call: list_directory(call, wide=False),
    "getdents64": lambda call: list_directory(call, wide=True),
    "sync": nothing,
    "syncfs": nothing,
}
