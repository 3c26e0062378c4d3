"""What the descriptors of guests refer to.

Descriptors live in the host's kernel, which duplicates, passes on and closes them as guests ask.  What one refers to
is told by the identity (device, inode) of the host file behind it: an open regular file has the host file of
its content, an open directory a directory of its own, made for it in the private store.  So ``dup``,
``fork`` and ``close`` need no help.  That a file is no longer open is found out by looking (``sweep``).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Callable, Iterable
from itertools import count
from typing import NamedTuple

from pvm.engines.direct.guest import GuestProcess, identify
from pvm.engines.direct.jail import Jail
from pvm.engines.direct.memory import StaleMemory
from pvm.engines.direct.mounts import NativeMount, NativeMounts
from pvm.errors import GuestError
from pvm.kernel.fs.devfs import DataDescription
from pvm.kernel.randomness import RandomSource, SeededRandom
from pvm.kernel.vfs.description import Description, DirectoryDescription, FileDescription
from pvm.kernel.vfs.node import DirectoryEntry, DirectoryNode, FileKind, OpenFlag, Stat
from pvm.kernel.vfs.path import Location

SWEEP_AT = 256
"""How many open files are remembered before the first look at which still are open."""

MADE_UP_BYTES = 16 << 10
F_SETPIPE_SZ = 1031
SEEN_MAX = 8192
FILED = frozenset({stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK})
Identity = tuple[int, int]


class Opened:
    """An open file; ``descriptor`` is the supervisor's duplicate, for directories, else -1.

    ``position`` is how many entries of a directory come before the description's ``after``.
    """

    __slots__ = ("description", "descriptor", "position")

    def __init__(self, description: Description, descriptor: int = -1) -> None:
        self.description = description
        self.descriptor = descriptor
        self.position = 0


class PlaceDescription(Description):
    """A place in the tree that was opened as such only (O_PATH): a link, socket or device."""

    __slots__ = ("location",)

    def __init__(self, location: Location) -> None:
        super().__init__(OpenFlag.READ)
        self.location = location

    def stat(self) -> Stat:
        return self.location.node.stat()


class Seen(NamedTuple):
    """A file of the host that a guest has open for reading, through a descriptor that only the guest has."""

    view: Callable[[os.stat_result], Stat]
    location: Location


class OpenFiles:
    """The open files of all guests of a jail."""

    def __init__(self, jail: Jail, mounts: NativeMounts | None = None) -> None:
        self._jail = jail
        self.mounts = mounts
        self.marks = None if mounts is None else mounts.marks
        self._opened: dict[Identity, Opened] = {}
        self._seen: dict[Identity, Seen] = {}
        self._next_name = count()
        self._sweep_at = SWEEP_AT
        self._inode_key = int.from_bytes(os.urandom(8), "little")

    def close(self) -> None:
        """Give everything up."""
        for identity in list(self._opened):
            self._forget(identity)
        if self.mounts is not None:
            self.mounts.close()

    def is_due(self) -> bool:
        """Whether it is time to sweep."""
        return len(self._opened) >= self._sweep_at or len(self._seen) >= SEEN_MAX

    def sweep(self, pids: Iterable[int]) -> None:
        """Give up what none of the processes ``pids``, which are all that there are, has open."""
        alive = open_identities(pids)
        for identity in self._opened.keys() - alive:
            self._forget(identity)
        for identity in self._seen.keys() - alive:
            del self._seen[identity]
        self._sweep_at = max(SWEEP_AT, 2 * len(self._opened))

    def settle(self) -> None:
        """Count what guests have written natively since the last time."""
        for opened in self._opened.values():
            if isinstance(opened.description, FileDescription) and opened.description.flags & OpenFlag.WRITE:
                opened.description.file.settle()

    def _forget(self, identity: Identity) -> None:
        opened = self._opened.pop(identity)
        opened.description.release()
        if opened.descriptor >= 0:
            os.close(opened.descriptor)

    def new_file(self, description: Description, flags: int, random: RandomSource) -> int:
        """A descriptor of the host, with a position of its own, for a file that a guest has opened."""
        if isinstance(description, DirectoryDescription):
            return self._new_directory(description)
        if isinstance(description, FileDescription) and not flags & (os.O_ACCMODE | os.O_NONBLOCK):
            detached = description.file.detach()
            if detached is not None:
                status = os.fstat(detached.descriptor)
                self._seen[status.st_dev, status.st_ino] = Seen(detached.view, description.location)
                return detached.descriptor
        if isinstance(description, PlaceDescription):
            descriptor = self.new_store_file()
            self.remember(descriptor, description)
            return descriptor
        if isinstance(description, DataDescription) and not description.device.host:
            return self._made_up(description, random)
        access = flags & (os.O_ACCMODE | os.O_APPEND | os.O_NONBLOCK)
        try:
            path = f"/proc/self/fd/{description.host_fd()}"
            descriptor = os.open(path, access | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise GuestError(error.errno or errno.EIO) from None
        self.remember(descriptor, description)
        return descriptor

    def _made_up(self, description: DataDescription, random: RandomSource) -> int:
        """A pipe that gives what a random device does whose randomness has a seed, without end.

        Its bytes are of a source of its own, so that how far ahead it is read changes nothing else.
        """
        descriptor, sink = os.pipe2(os.O_CLOEXEC)
        fcntl.fcntl(sink, F_SETPIPE_SZ, 16 * MADE_UP_BYTES)  # so that reads are seldom short
        source = SeededRandom(int.from_bytes(random.read(8), "little"))
        threading.Thread(target=pour, args=(source, sink), name="pvm-random", daemon=True).start()
        self.remember(descriptor, description)
        return descriptor

    def remember(self, descriptor: int, description: Description) -> None:
        """Note what the host file behind a descriptor is to guests."""
        status = os.fstat(descriptor)
        identity = status.st_dev, status.st_ino
        description.retain()
        known = self._opened.get(identity)
        if known is not None and (known.description.flags & OpenFlag.WRITE or not description.flags & OpenFlag.WRITE):
            description.release()
            return
        if known is not None:  # what is written to must be remembered as such
            self._forget(identity)
        self._opened[identity] = Opened(description)

    def _new_directory(self, description: DirectoryDescription) -> int:
        """The same for a directory, natively where it has the names that it has on the host."""
        if self.mounts is not None:
            native = self.mounts.open_directory(description.location, to_list=True)
            if native >= 0:
                return native
        return self.listed(description)

    def listed(self, description: DirectoryDescription) -> int:
        """A descriptor for a directory that the supervisor lists."""
        name = f"d{next(self._next_name)}"
        store = self._jail.store_fd
        with self._jail.as_owner():
            try:
                os.mkdir(name, dir_fd=store)
                descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=store)
                os.rmdir(name, dir_fd=store)
            except OSError:
                raise GuestError(errno.ENFILE) from None
        status = os.fstat(descriptor)
        description.retain()
        self._opened[status.st_dev, status.st_ino] = Opened(description, descriptor)
        return os.dup(descriptor)

    def new_store_file(self) -> int:
        """A file without a name in the private store, whose size bounds all that guests write there."""
        with self._jail.as_owner():
            return os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=self._jail.store_fd)

    def status(self, guest: GuestProcess, fd: int) -> os.stat_result:
        """The host's view of a guest's descriptor.

        Raises:
            GuestError: EBADF.
        """
        try:
            return os.stat(str(fd), dir_fd=guest.descriptors)
        except OSError:
            if identify(guest.pid) is None:
                raise StaleMemory from None
            raise GuestError(errno.EBADF) from None

    def find(self, guest: GuestProcess, fd: int) -> Opened | None:
        """What a guest's descriptor refers to, if it is a file of the virtual kernel."""
        status = self.status(guest, fd)
        return self._opened.get((status.st_dev, status.st_ino))

    def directory(self, guest: GuestProcess, fd: int) -> Location:
        """The directory that a guest's descriptor refers to.

        Raises:
            GuestError: EBADF or ENOTDIR.
        """
        location = self.location(guest, fd)
        if location is None or not isinstance(location.node, DirectoryNode):
            raise GuestError(errno.ENOTDIR)
        return location

    def stat(self, guest: GuestProcess, fd: int) -> Stat:
        """The state of what a guest's descriptor refers to, whatever made it."""
        status = self.status(guest, fd)
        opened = self._opened.get((status.st_dev, status.st_ino))
        if opened is not None:
            return opened.description.stat()
        seen = self._seen.get((status.st_dev, status.st_ino))
        if seen is not None:
            return seen.view(status)
        mount = self._native_mount(guest, fd, status)
        if mount is not None and mount.overlay is None:
            return mount.view(status)
        if mount is not None:
            return self._stat_in_overlay(guest, fd, mount, status)
        return self.foreign_stat(status)

    def _stat_in_overlay(self, guest: GuestProcess, fd: int, mount: NativeMount, status: os.stat_result) -> Stat:
        """The state of what a guest opened by itself in an overlay: as it is by now, unless it has been removed."""
        try:
            location = self.location(guest, fd)
        except GuestError:
            location = None
        return mount.view(status)._replace(links=0) if location is None else location.node.stat()

    def foreign_stat(self, status: os.stat_result) -> Stat:
        """The state of what the virtual kernel does not know, such as a pipe."""
        inode = hash((self._inode_key, status.st_dev, status.st_ino)) & (1 << 63) - 1
        kind = foreign_kind(status.st_mode)
        size = status.st_size if kind is FileKind.REGULAR else 0
        return Stat(1, inode, kind, 0o600, 1, size, status.st_mtime_ns, status.st_mtime_ns, status.st_mtime_ns)

    def native_directory(self, guest: GuestProcess, fd: int) -> NativeMount | None:
        """The mount in which a guest has opened a directory by itself."""
        return self._native_mount(guest, fd, self.status(guest, fd))

    def _native_mount(self, guest: GuestProcess, fd: int, status: os.stat_result) -> NativeMount | None:
        if self.mounts is None or stat.S_IFMT(status.st_mode) not in FILED:
            return None
        return self.mounts.find(guest.pid, fd)

    def location(self, guest: GuestProcess, fd: int) -> Location | None:
        """Where what a guest's descriptor refers to was opened."""
        status = self.status(guest, fd)
        identity = status.st_dev, status.st_ino
        opened = self._opened.get(identity)
        if opened is None:
            seen = self._seen.get(identity)
            if seen is not None:
                return seen.location
            if self.mounts is None or stat.S_IFMT(status.st_mode) not in FILED:
                return None
            return self.mounts.location(guest.pid, fd, identity)
        if isinstance(opened.description, DirectoryDescription | FileDescription | PlaceDescription):
            return opened.description.location
        return None

    def known(self, identity: Identity) -> Location | None:
        """Where a file that the supervisor opened for a guest was opened."""
        opened = self._opened.get(identity)
        if opened is not None:
            return getattr(opened.description, "location", None)
        seen = self._seen.get(identity)
        return None if seen is None else seen.location

    def native_mount(self, descriptor: int) -> NativeMount | None:
        """The mount that guests look into by themselves in which a file is that one of our descriptors refers to."""
        return None if self.mounts is None else self.mounts.holding(descriptor)

    def place_in_mount(self, descriptor: int, identity: Identity) -> Location | None:
        """Where such a file is now; None if it has been removed."""
        try:
            return None if self.mounts is None else self.mounts.location(os.getpid(), descriptor, identity)
        except GuestError:
            return None

    def is_stored(self, status: os.stat_result) -> bool:
        """Whether a file is one of the jail's private store."""
        return status.st_dev == os.fstat(self._jail.store_fd).st_dev


def open_identities(pids: Iterable[int]) -> set[Identity]:
    """What the processes ``pids`` have open."""
    alive: set[Identity] = set()
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            for name in os.listdir(folder):  # noqa: PTH208 - a name is all that is wanted
                status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - one call, no object
                alive.add((status.st_dev, status.st_ino))
        except OSError:  # the process or the descriptor has gone meanwhile
            continue
    return alive


def pour(source: RandomSource, sink: int) -> None:
    """Write random bytes into a pipe until nobody can read them any more."""
    try:
        while True:
            data = source.read(MADE_UP_BYTES)
            while data:
                data = data[os.write(sink, data) :]
    except BrokenPipeError:
        return
    finally:
        os.close(sink)


def foreign_kind(mode: int) -> FileKind:
    """The kind of a host file that the virtual kernel does not know, such as a pipe."""
    kinds = {
        0o100000: FileKind.REGULAR,
        0o020000: FileKind.CHARACTER,
        0o010000: FileKind.PIPE,
        0o140000: FileKind.SOCKET,
    }
    return kinds.get(mode & 0o170000, FileKind.CHARACTER)


DOTS = 2
"""How many entries come before those that the file system gives: ``.`` and ``..``."""


def next_entries(opened: Opened, room: int) -> list[DirectoryEntry]:
    """The next entries of an open directory, at most what may fit in ``room`` bytes.

    The position is that of the descriptor itself, which guests can move; ``advance`` moves it on.
    """
    description = opened.description
    if not isinstance(description, DirectoryDescription):
        raise GuestError(errno.ENOTDIR)
    position = os.lseek(opened.descriptor, 0, os.SEEK_CUR)
    if position != opened.position:
        seek(opened, description, position)
    entries: list[DirectoryEntry] = []
    place = description.location
    if position == 0:
        entries.append(DirectoryEntry(".", FileKind.DIRECTORY, place.node.stat().inode))
    if position <= 1:
        entries.append(DirectoryEntry("..", FileKind.DIRECTORY, (place.parent or place).node.stat().inode))
    return entries + description.next_entries(max(1, min(room // 24, 1024)))


def seek(opened: Opened, description: DirectoryDescription, position: int) -> None:
    """Continue a listing after as many entries as ``position`` says."""
    description.after = ""
    left = position - DOTS
    while left > 0 and (batch := description.next_entries(min(left, 1024))):
        description.after = batch[-1].name
        left -= len(batch)
    opened.position = position


def advance(opened: Opened, given: list[DirectoryEntry]) -> None:
    """Move the position behind the entries that were given."""
    opened.position += len(given)
    os.lseek(opened.descriptor, opened.position, os.SEEK_SET)
    description = opened.description
    assert isinstance(description, DirectoryDescription), "next_entries has checked it"
    if given and given[-1].name not in {".", ".."}:
        description.after = given[-1].name
