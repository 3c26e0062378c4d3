"""Calls that name files by path, and the working directory."""

from __future__ import annotations

import errno
import stat

from pvm.engines.direct import layouts, linux
from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.execution import decode_path
from pvm.errors import GuestError
from pvm.kernel.process import Process
from pvm.kernel.vfs import operations
from pvm.kernel.vfs.node import LinkNode, OpenFlag, Stat
from pvm.kernel.vfs.path import Last, Location

RENAME_NOREPLACE = 1
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
KEEP = 0xFFFF_FFFF
SECOND = 10**9


def locate(call: Call, directory: int, path: int, *, follow: bool) -> Location:
    """The place that a path argument names, relative to a descriptor argument (-1: the working directory)."""
    text = call.path(path)
    view = call.guest.view if directory < 0 else call.view(directory, text)
    return view.walk(text, Last.FOLLOW if follow else Last.KEEP).existing()


def seen_from(call: Call, directory: int, path: str) -> Process:
    """The process for a path, relative to a descriptor argument (-1: the working directory)."""
    return call.guest.view if directory < 0 else call.view(directory, path)


def stat_at(call: Call, directory: int, path: int, flags: int) -> Stat:
    """The state of a file named by descriptor and path; an empty path is the descriptor itself."""
    text = decode_path(call.guest.memory.read_text(call.args[path]))
    call.check_waiting()
    if not text and flags & linux.AT_EMPTY_PATH:
        fd = call.signed(directory)
        if fd == linux.AT_FDCWD:
            return call.guest.view.cwd.node.stat()
        return call.supervisor.files.stat(call.guest, fd)
    last = Last.KEEP if flags & linux.AT_SYMLINK_NOFOLLOW else Last.FOLLOW
    named = call.supervisor.proc.own_descriptor(call, text) if last is Last.FOLLOW else None
    if named is not None:
        return call.supervisor.files.stat(call.guest, named)
    return seen_from(call, directory, text).walk(text, last).existing().node.stat()


def stat_path(call: Call) -> int:
    call.write(1, layouts.pack_stat(stat_at(call, -1, 0, 0)))
    return 0


def lstat_path(call: Call) -> int:
    call.write(1, layouts.pack_stat(locate(call, -1, 0, follow=False).node.stat()))
    return 0


def newfstatat(call: Call) -> int:
    call.write(2, layouts.pack_stat(stat_at(call, 0, 1, call.args[3])))
    return 0


def statx(call: Call) -> int:
    call.write(4, layouts.pack_statx(stat_at(call, 0, 1, call.args[2])))
    return 0


def check_access(call: Call, directory: int, path: int, *, follow: bool = True) -> int:
    text = call.path(path)
    fd = call.supervisor.proc.own_descriptor(call, text) if follow else None
    if fd is not None:
        return 0
    place = seen_from(call, directory, text).walk(text, Last.FOLLOW if follow else Last.KEEP).existing()
    operations.check_access(place.node, call.args[path + 1])
    return 0


def make_directory(call: Call, directory: int, path: int) -> int:
    text = call.path(path)
    mode = call.args[path + 1] & 0o777 & ~call.guest.umask
    operations.make_directory(seen_from(call, directory, text), text, mode)
    return 0


def make_node(call: Call, directory: int, path: int) -> int:
    text = call.path(path)
    mode = call.args[path + 1]
    view = seen_from(call, directory, text)
    if stat.S_IFMT(mode) == stat.S_IFIFO:
        call.supervisor.fifos.make(view.walk(text, Last.NAME), mode & 0o777 & ~call.guest.umask)
        return 0
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise GuestError(errno.EPERM)
    flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE
    made = operations.open_path(view, text, flags, mode & 0o777 & ~call.guest.umask)
    made.retain()
    made.release()
    return 0


def rename(call: Call, old: int, new: int, first_directory: int = -1, second_directory: int = -1) -> int:
    source, target = call.path(old), call.path(new)
    from_there = seen_from(call, first_directory, source)
    to_there = seen_from(call, second_directory, target)
    operations.rename(from_there, source, target, to_there)
    return 0


def renameat2(call: Call) -> int:
    flags = call.args[4]
    if flags & ~RENAME_NOREPLACE:
        raise GuestError(errno.EINVAL)
    if flags:
        target = call.path(3)
        if call.view(2, target).walk(target, Last.NAME).found is not None:
            raise GuestError(errno.EEXIST)
    return rename(call, 1, 3, 0, 2)


def link(call: Call, old: int, new: int, first_directory: int = -1, second_directory: int = -1, flags: int = 0) -> int:
    if flags & linux.AT_EMPTY_PATH:
        raise GuestError(errno.ENOENT)
    source = locate(call, first_directory, old, follow=bool(flags & linux.AT_SYMLINK_FOLLOW))
    target = call.path(new)
    operations.add_link(seen_from(call, second_directory, target), source, target)
    return 0


def unlink(call: Call) -> int:
    operations.unlink(call.guest.view, call.path(0))
    return 0


def rmdir(call: Call) -> int:
    operations.remove_directory(call.guest.view, call.path(0))
    return 0


def unlinkat(call: Call) -> int:
    path = call.path(1)
    view = call.view(0, path)
    if call.args[2] & linux.AT_REMOVEDIR:
        operations.remove_directory(view, path)
    else:
        operations.unlink(view, path)
    return 0


def symlink(call: Call, target: int, path: int, directory: int = -1) -> int:
    text, name = call.path(target), call.path(path)
    operations.symlink(seen_from(call, directory, name), text, name)
    return 0


def read_link(call: Call, path: int, directory: int = -1) -> int:
    text = call.path(path)
    size = call.args[path + 2] & 0xFFFF_FFFF
    if not 0 < size < 1 << 31:
        raise GuestError(errno.EINVAL)
    if not text and directory >= 0:
        return read_open_link(call, path, directory, size)
    data = operations.link_target(seen_from(call, directory, text), text).encode()[:size]
    call.write(path + 1, data)
    return len(data)


def read_open_link(call: Call, path: int, directory: int, size: int) -> int:
    """The same for a link that was opened as a mere place (O_PATH)."""
    location = call.supervisor.files.location(call.guest, call.signed(directory))
    if location is None or not isinstance(location.node, LinkNode):
        raise GuestError(errno.ENOENT)
    data = location.node.target().encode()[:size]
    call.write(path + 1, data)
    return len(data)


def change_mode(call: Call, path: int, directory: int = -1) -> int:
    locate(call, directory, path, follow=True).node.change_mode(call.args[path + 1] & 0o777)
    return 0


def owner(call: Call, first: int) -> tuple[int, int]:
    """User and group in two arguments, -1 for one that is to be kept."""
    user, group = (call.args[place] & 0xFFFF_FFFF for place in (first, first + 1))
    return -1 if user == KEEP else user, -1 if group == KEEP else group


def change_owner(call: Call, *, follow: bool) -> int:
    locate(call, -1, 0, follow=follow).node.change_owner(*owner(call, 1))
    return 0


def fchownat(call: Call) -> int:
    flags = call.args[4]
    if flags & linux.AT_EMPTY_PATH and not call.path(1):
        return change_owner_of(call, call.signed(0), 2)
    place = locate(call, 0, 1, follow=not flags & linux.AT_SYMLINK_NOFOLLOW)
    place.node.change_owner(*owner(call, 2))
    return 0


def change_owner_of(call: Call, fd: int, first: int) -> int:
    """Change the owner of what a descriptor refers to; what has no place, such as a pipe, keeps its own."""
    if fd == linux.AT_FDCWD:
        call.guest.view.cwd.node.change_owner(*owner(call, first))
        return 0
    location = call.supervisor.files.location(call.guest, fd)
    if location is not None:
        location.node.change_owner(*owner(call, first))
    return 0


def truncate(call: Call) -> int:
    size = call.args[1]
    if size >> 63:
        raise GuestError(errno.EINVAL)
    operations.truncate(locate(call, -1, 0, follow=True).node, size)
    return 0


def set_times(call: Call, place: Location, times: tuple[int | None, int | None]) -> int:
    """Set the times of a place; None keeps one."""
    current = place.node.stat()
    accessed, modified = times
    place.node.set_times(
        current.accessed_ns if accessed is None else accessed, current.modified_ns if modified is None else modified
    )
    return 0


def read_times(call: Call, address: int) -> tuple[int | None, int | None]:
    """Two ``struct timespec``; None where the time is to be kept."""
    now = call.supervisor.kernel.clock.stamp()
    if address == 0:
        return now, now
    data = call.guest.memory.read(address, 32)
    found: list[int | None] = []
    for place in (0, 16):
        seconds = int.from_bytes(data[place : place + 8], "little", signed=True)
        nanoseconds = int.from_bytes(data[place + 8 : place + 16], "little", signed=True)
        if nanoseconds == UTIME_NOW:
            found.append(now)
        elif nanoseconds == UTIME_OMIT:
            found.append(None)
        elif 0 <= nanoseconds < SECOND:
            found.append(seconds * SECOND + nanoseconds)
        else:
            raise GuestError(errno.EINVAL)
    return found[0], found[1]


def utimensat(call: Call) -> int:
    times = read_times(call, call.args[2])
    if call.args[1] == 0:
        location = call.supervisor.files.location(call.guest, call.signed(0))
        if location is None:
            raise GuestError(errno.EINVAL)
        return set_times(call, location, times)
    follow = not call.args[3] & linux.AT_SYMLINK_NOFOLLOW
    return set_times(call, locate(call, 0, 1, follow=follow), times)


def read_old_times(call: Call, address: int, unit: int) -> tuple[int, int]:
    """Two ``struct timeval`` (``unit`` 1000), or two seconds (``unit`` 0)."""
    now = call.supervisor.kernel.clock.stamp()
    if address == 0:
        return now, now
    data = call.guest.memory.read(address, 32 if unit else 16)
    words = [int.from_bytes(data[place : place + 8], "little", signed=True) for place in range(0, len(data), 8)]
    if not unit:
        return words[0] * SECOND, words[1] * SECOND
    return words[0] * SECOND + words[1] * unit, words[2] * SECOND + words[3] * unit


def utime(call: Call) -> int:
    return set_times(call, locate(call, -1, 0, follow=True), read_old_times(call, call.args[1], 0))


def utimes(call: Call) -> int:
    return set_times(call, locate(call, -1, 0, follow=True), read_old_times(call, call.args[1], 1000))


def futimesat(call: Call) -> int:
    return set_times(call, locate(call, 0, 1, follow=True), read_old_times(call, call.args[2], 1000))


def getcwd(call: Call) -> int:
    path = call.guest.view.cwd.path().encode() + b"\0"
    if len(path) > call.args[1]:
        raise GuestError(errno.ERANGE)
    call.write(0, path)
    return len(path)


def chdir(call: Call) -> int:
    path = call.path(0)
    place = call.guest.view.walk(path).existing()
    place.directory()
    return enter_directory(call, place)


def enter_directory(call: Call, place: Location) -> int:
    """Make a directory the working directory."""
    call.supervisor.adopt_children(call.guest)
    call.supervisor.show_working_directory(call, place)
    call.guest.view.cwd = place
    return 0


def fchdir(call: Call) -> int:
    place = call.supervisor.files.directory(call.guest, call.signed(0))
    return enter_directory(call, place)


def statfs(call: Call) -> int:
    locate(call, -1, 0, follow=True)
    call.write(1, call.supervisor.file_system_state())
    return 0


CALLS = {
    "stat": stat_path,
    "lstat": lstat_path,
    "newfstatat": newfstatat,
    "statx": statx,
    "access": lambda call: check_access(call, -1, 0),
    "faccessat": lambda call: check_access(call, 0, 1),
    "faccessat2": lambda call: check_access(call, 0, 1, follow=not call.args[3] & linux.AT_SYMLINK_NOFOLLOW),
    "mkdir": lambda call: make_directory(call, -1, 0),
    "mkdirat": lambda call: make_directory(call, 0, 1),
    "mknod": lambda call: make_node(call, -1, 0),
    "mknodat": lambda call: make_node(call, 0, 1),
    "rename": lambda call: rename(call, 0, 1),
    "renameat": lambda call: rename(call, 1, 3, 0, 2),
    "renameat2": renameat2,
    "link": lambda call: link(call, 0, 1),
    "linkat": lambda call: link(call, 1, 3, 0, 2, call.args[4]),
    "unlink": unlink,
    "rmdir": rmdir,
    "unlinkat": unlinkat,
    "symlink": lambda call: symlink(call, 0, 1),
    "symlinkat": lambda call: symlink(call, 0, 2, 1),
    "readlink": lambda call: read_link(call, 0),
    "readlinkat": lambda call: read_link(call, 1, 0),
    "chmod": lambda call: change_mode(call, 0),
    "fchmodat": lambda call: change_mode(call, 1, 0),
    "chown": lambda call: change_owner(call, follow=True),
    "lchown": lambda call: change_owner(call, follow=False),
    "fchownat": fchownat,
    "truncate": truncate,
    "utimensat": utimensat,
    "utime": utime,
    "utimes": utimes,
    "futimesat": futimesat,
    "getcwd": getcwd,
    "chdir": chdir,
    "fchdir": fchdir,
    "statfs": statfs,
}
