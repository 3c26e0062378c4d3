"""Locks on what is not the guests' own: files below read-only mounts and overlays, and directories.

A lock on the host's file itself could stop a program of the host, so none is ever taken there.  Each such file has a
*lock file* in the private store, and whoever locks it, a description of it that the supervisor keeps: the host's kernel
then decides what excludes what, as it would on the file itself.  The lock file of a file in an overlay is the one that
its content moves to once it is changed, so that those who lock it then meet those who locked it before.

Guests close descriptors natively, which should give up locks.  So before a lock excludes somebody, whoever holds it
is looked for.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

from pvm.engines.direct import linux
from pvm.engines.direct.descriptors import Identity, OpenFiles
from pvm.errors import GuestError
from pvm.kernel.fs.hostfs import HostDirectory, HostFs
from pvm.kernel.fs.memfs import MemFile
from pvm.kernel.fs.overlayfs import OverlayFile
from pvm.kernel.vfs.node import Node

Reference = tuple[int, int]
"""A descriptor of a process: its number of the host, and that of the descriptor."""

Pids = Callable[[], Iterable[int]]
PRUNED_AT = 256
TURNS_BETWEEN = 5
"""After how many looks of the watch cheats are looked for: every tenth of a second."""
END = (1 << 63) - 1


class ShownLock(NamedTuple):
    """A lock of bytes from ``first`` to ``last``; ``is_posix`` says that a process has it."""

    is_posix: bool
    first: int
    last: int


class Holder:
    """A description of a lock file, which stands for one of a guest, or for a process (POSIX locks).

    ``anchors`` are duplicates of the guest's descriptors that keep the locks, by their numbers in ``process``; one for
    a description, which is closed when no process has it any more.  ``node`` is what is locked, which lives as long.
    """

    __slots__ = ("anchors", "descriptor", "identity", "node", "process", "reference")

    def __init__(
        self, descriptor: int, identity: Identity, process: int, anchors: dict[int, int], node: Node | None
    ) -> None:
        self.node = node
        self.descriptor = descriptor
        self.identity = identity
        self.process = process
        self.anchors = anchors
        self.reference: Reference | None = None

    def __del__(self) -> None:
        for descriptor in (self.descriptor, *self.anchors.values()):
            os.close(descriptor)

    def has(self, first: int, last: int) -> bool:
        """Whether it has locked some of these bytes."""
        shown = locks_shown(f"/proc/self/fdinfo/{self.descriptor}")
        return any(lock.first <= last and first <= lock.last for lock in shown)

    def stands_for(self, descriptor: int) -> bool:
        """Whether it stands for the description that one of our descriptors refers to."""
        own = os.getpid()
        return not self.process and is_same((own, descriptor), (own, self.anchors[0]))

    def is_alive(self, pids: Pids) -> bool:
        """Whether its locks still hold: a process loses its own with the first of its descriptors that it closes."""
        own = os.getpid()
        if self.process:
            return all(is_same((self.process, fd), (own, anchor)) for fd, anchor in self.anchors.items())
        anchor = own, self.anchors[0]
        if self.reference is None or not is_same(self.reference, anchor):
            known = (reference for pid in pids() for reference in descriptors_of(pid, self.identity))
            self.reference = next((reference for reference in known if is_same(reference, anchor)), None)
        return self.reference is not None


class LockFile:
    """A file that is locked in place of another, and by whom; ``descriptor`` becomes its own."""

    def __init__(self, descriptor: int, node: Node | None = None) -> None:
        self._descriptor = descriptor
        self._node = None if node is None else ref(node)
        self._holders: list[Holder] = []

    def __del__(self) -> None:
        os.close(self._descriptor)

    def forget_dead(self, pids: Pids) -> bool:
        """Give up the locks of those who have closed the file; whether anybody is left."""
        self._holders = [holder for holder in self._holders if holder.is_alive(pids)]
        return bool(self._holders)

    def of_process(self, pid: int, identity: Identity) -> Holder:
        """Who holds the POSIX locks of a process."""
        for holder in self._holders:
            if holder.process == pid and holder.identity == identity:
                found = holder
                break
        else:
            found = self._add(identity, pid)
        for _, fd in descriptors_of(pid, identity):
            if fd not in found.anchors:
                try:
                    found.anchors[fd] = duplicate(pid, fd)
                except GuestError:  # closed by another thread: it keeps nothing
                    continue
        return found

    def of_description(self, descriptor: int, reference: Reference, identity: Identity) -> Holder:
        """Who holds the locks of a description, of which ``descriptor`` is a duplicate."""
        for holder in self._holders:
            if holder.stands_for(descriptor):
                return holder
        made = self._add(identity, 0)
        made.anchors[0] = os.dup(descriptor)
        made.reference = reference
        return made

    def _add(self, identity: Identity, process: int) -> Holder:
        try:
            descriptor = os.open(f"/proc/self/fd/{self._descriptor}", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            raise GuestError(errno.ENOLCK) from None
        holder = Holder(descriptor, identity, process, {}, None if self._node is None else self._node())
        self._holders.append(holder)
        return holder

    def process_with(self, first: int, last: int, but: int) -> int:
        """A process, other than that of the descriptor ``but``, with a lock of some bytes; 0 if there is none."""
        for holder in self._holders:
            if holder.process and holder.descriptor != but and holder.has(first, last):
                return holder.process
        return 0


class Locks:
    """The locks of a jail that are not the host's kernel's business alone."""

    def __init__(self, files: OpenFiles, pids: Pids) -> None:
        self._files = files
        self.pids = pids
        self._by_node: WeakKeyDictionary[Node, LockFile] = WeakKeyDictionary()
        self._by_identity: dict[Identity, LockFile] = {}
        self._lockers: set[int] = set()
        self._turns = 0

    def close(self) -> None:
        """Give up everything."""
        self._by_node.clear()
        self._by_identity.clear()

    def find(self, descriptor: int) -> LockFile | None:
        """What is to be locked in place of what a duplicate of a guest's descriptor refers to; None if that is."""
        status = os.fstat(descriptor)
        if self.is_own(status):
            return None
        identity = status.st_dev, status.st_ino
        mount = self._files.native_mount(descriptor)
        if mount is None:
            location = self._files.known(identity)
        elif mount.overlay is not None:
            location = self._files.place_in_mount(descriptor, identity)
        elif mount.fs.read_only or stat.S_ISDIR(status.st_mode):
            return self._of_identity(identity)
        else:
            return None
        if location is None:
            return self._of_identity(identity)
        node = location.node
        if isinstance(node.fs, HostFs):
            return self._of_identity(node.identity if isinstance(node, HostDirectory) else identity)
        return self._of_node(node)

    def is_own(self, status: os.stat_result) -> bool:
        """Whether a file may be locked itself: it is in memory, or granted for writing, or no file at all."""
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            return True
        identity = status.st_dev, status.st_ino
        location = self._files.known(identity)
        if location is None:
            return self._files.is_stored(status)
        node = location.node
        if isinstance(node, MemFile) and is_content(node, identity):
            before = self._by_node.get(node)
            if before is not None:
                before.forget_dead(self.pids)
            return True
        return isinstance(node.fs, HostFs) and not node.fs.read_only and stat.S_ISREG(status.st_mode)

    def _of_node(self, node: Node) -> LockFile:
        found = self._by_node.get(node)
        if found is None:
            descriptor = os.dup(node.lock_file()) if isinstance(node, OverlayFile) else self._files.new_store_file()
            found = self._by_node[node] = LockFile(descriptor, node)
        found.forget_dead(self.pids)
        return found

    def _of_identity(self, identity: Identity) -> LockFile:
        found = self._by_identity.get(identity)
        if found is None:
            if len(self._by_identity) >= PRUNED_AT:
                left = {known: file for known, file in self._by_identity.items() if file.forget_dead(self.pids)}
                self._by_identity = left
            found = self._by_identity[identity] = LockFile(self._files.new_store_file())
        found.forget_dead(self.pids)
        return found

    def note_native(self, pid: int) -> None:
        """A process takes a POSIX lock natively, on a file of which a thread could have made another meanwhile."""
        self._lockers.add(pid)

    def forget_dead(self) -> None:
        """Give up the locks of those who have closed what they locked."""
        for file in (*self._by_node.values(), *self._by_identity.values()):
            file.forget_dead(self.pids)

    def end_cheats(self) -> None:
        """End the processes that did: that have a POSIX lock on what is not theirs to lock."""
        self._turns += 1
        if self._turns % TURNS_BETWEEN:
            return
        for pid in list(self._lockers):
            try:
                cheats = any(self._is_cheat(pid, int(name)) for name in os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
            except OSError:  # it has ended
                self._lockers.discard(pid)
                continue
            if cheats:
                self._lockers.discard(pid)
                os.kill(pid, signal.SIGKILL)

    def _is_cheat(self, pid: int, fd: int) -> bool:
        """Whether a process has a POSIX lock through a descriptor whose file only has locks in its place."""
        if not any(lock.is_posix for lock in locks_shown(f"/proc/{pid}/fdinfo/{fd}")):
            return False
        descriptor = os.open(f"/proc/{pid}/fd/{fd}", os.O_PATH | os.O_CLOEXEC)
        try:
            return self.find(descriptor) is not None
        finally:
            os.close(descriptor)


def is_content(node: MemFile, identity: Identity) -> bool:
    """Whether a host file is what the content of a file in memory is in."""
    if node.descriptor < 0:
        return False
    status = os.fstat(node.descriptor)
    return (status.st_dev, status.st_ino) == identity


def identity_at(reference: Reference) -> Identity | None:
    """What a descriptor of a process refers to, if there is such a process and descriptor."""
    pid, fd = reference
    try:
        status = os.stat(f"/proc/{pid}/fd/{fd}")  # noqa: PTH116 - one call, no object
    except OSError:
        return None
    return status.st_dev, status.st_ino


def descriptors_of(pid: int, identity: Identity) -> Iterator[Reference]:
    """The descriptors of a process that refer to a file."""
    try:
        names = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - a name is all that is wanted
    except OSError:  # it has ended
        return
    for name in names:
        reference = pid, int(name)
        if identity_at(reference) == identity:
            yield reference


def is_same(one: Reference, other: Reference) -> bool:
    """Whether two descriptors share a description; where the host cannot tell, whether they refer to the same file."""
    try:
        return linux.syscall(linux.KCMP, one[0], other[0], linux.KCMP_FILE, one[1], other[1]) == 0
    except OSError as error:
        return error.errno in {errno.ENOSYS, errno.EPERM} and identity_at(one) == identity_at(other)


def duplicate(pid: int, fd: int) -> int:
    """A descriptor of ours for what a descriptor of a process refers to; raises EBADF, or what the host says."""
    try:
        pidfd = os.pidfd_open(pid)
        try:
            return linux.syscall(linux.PIDFD_GETFD, pidfd, fd, 0)
        finally:
            os.close(pidfd)
    except OSError as error:
        raise GuestError(error.errno or errno.EBADF) from None


def locks_shown(path: str) -> list[ShownLock]:
    """The locks that the host shows for a descriptor."""
    found = []
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            for line in file:
                if line.startswith(b"lock:"):
                    words = line.split()
                    last = END if words[-1] == b"EOF" else int(words[-1])
                    found.append(ShownLock(words[2] == b"POSIX", int(words[-2]), last))
    except OSError:  # it has been closed
        return []
    return found
