"""Mounts that guests may look into by themselves: directories of the host, whether they may change them or not.

For each the jail gets a clone of the host's mount that is attached nowhere, read-only, without devices and set-uid.
A guest has a descriptor of it, and nothing but what was granted can be reached from there: ``..`` ends at the
clone's root, absolute links lead to the jail's root, which is empty, and Landlock lets files be read only.
The shim (``shim.py``) answers from these clones what the kernel would answer.

A file that a guest opened there is recognised by the number of its mount, which the host tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from weakref import WeakKeyDictionary

from pvm.engines.direct import linux
from pvm.engines.direct.machine_code import MARKS
from pvm.engines.direct.shim import table
from pvm.engines.direct.shim.marks import Marks
from pvm.errors import GuestError
from pvm.kernel.abi import Errno
from pvm.kernel.fs.hostfs import HostDirectory, HostFs
from pvm.kernel.fs.memfs import MemDirectory, MemNode
from pvm.kernel.fs.overlayfs import OverlayDirectory, OverlayFile, OverlayFs, path_below
from pvm.kernel.kernel import Kernel
from pvm.kernel.vfs.mount import MountPoint
from pvm.kernel.vfs.node import DirectoryNode, FileSystem, Stat
from pvm.kernel.vfs.path import Location, walk

SOURCE_MAX = 1024
MAPPED_MAX = 1024
DELETED = " (deleted)"


class NativeMount(NamedTuple):
    """A mount that can be used so: where it is for guests, the directory of the host, and the overlay over it."""

    path: str
    fs: HostFs
    source: str
    overlay: OverlayFs | None = None

    @property
    def shown(self) -> FileSystem:
        """The file system that guests see."""
        return self.fs if self.overlay is None else self.overlay

    def view(self, status: os.stat_result) -> Stat:
        """What guests may know of a file of the host, if nothing of it was changed."""
        return self.fs.view(status)._replace(device=self.shown.device)


class MappedFile(NamedTuple):
    """A file as guests know it."""

    path: str
    device: int
    inode: int


_MAPPED: WeakKeyDictionary[Kernel, dict[tuple[int, int], MappedFile | None]] = WeakKeyDictionary()
"""What was found out about mapped files, by kernel, whose mounts are fixed."""


class NativeMounts:
    """Those of a jail; guests have them at descriptors from ``first_descriptor`` on."""

    def __init__(self, kernel: Kernel, wanted: Sequence[NativeMount], first_descriptor: int) -> None:
        self._kernel = kernel
        self._wanted = wanted
        self._first = first_descriptor
        self._by_id: dict[int, NativeMount] = {}
        self._by_file_system: dict[FileSystem, int] = {}
        self._mapped = _MAPPED.setdefault(kernel, {})
        self.marks = marks_of(kernel, [mount.overlay for mount in wanted if mount.overlay is not None])
        self.descriptors: dict[int, int] = {}

    @property
    def sources(self) -> list[str]:
        """The directories of the host to be cloned."""
        return [mount.source for mount in self._wanted]

    @property
    def working_directory(self) -> int:
        """The descriptor at which a guest has its working directory, behind those of the mounts."""
        return self._first + len(self._wanted)

    @property
    def numbers(self) -> dict[int, int]:
        """Which source is to have which descriptor, of those that were adopted."""
        return {number - self._first: number for number in self.descriptors}

    def adopt(self, clones: Sequence[int]) -> bytes:
        """Take descriptors of the clones over, -1 for what could not be cloned; gives the shim's table."""
        entries = []
        key = 0
        for place, (mount, clone) in enumerate(zip(self._wanted, clones, strict=True)):
            if clone < 0:
                continue
            status = os.fstat(clone)
            if (status.st_dev, status.st_ino) != mount.fs.root.identity:  # its name leads elsewhere by now
                os.close(clone)
                continue
            number = linux.mount_of(clone)
            key = mount.fs.inode_key
            self._by_id[number] = mount
            self.descriptors[self._first + place] = self._by_file_system[mount.shown] = clone
            prefix = b"" if mount.path == "/" else mount.path.encode()
            entries.append(table.Entry(number, mount.shown.device, self._first + place, prefix))
        return table.packed(entries, key, self.working_directory, 0 if self.marks is None else MARKS)

    def close(self) -> None:
        """Give the clones back."""
        for clone in self.descriptors.values():
            os.close(clone)
        self.descriptors = {}
        self._by_file_system = {}

    @contextmanager
    def opened(self, number: int) -> Iterator[int]:
        """A clone as an open directory, for a while, since a mere path cannot be given to a process; raises OSError."""
        clone = self.descriptors[number]
        descriptor = os.open(f"/proc/self/fd/{clone}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def are_given(self, folder: int) -> bool:
        """Whether a process still has the descriptors that it was given: ``folder`` lists those that it has.

        Programs close all that they do not know of at once, if at all, so the last one tells.
        """
        number, clone = next(reversed(self.descriptors.items()))
        try:
            return os.path.samestat(os.stat(str(number), dir_fd=folder), os.fstat(clone))
        except OSError:
            return False

    def has_working_directory(self, folder: int) -> bool:
        """Whether a process has something at the working directory's descriptor."""
        try:
            os.stat(str(self.working_directory), dir_fd=folder)
        except OSError:
            return False
        return True

    def open_directory(self, location: Location, *, to_list: bool = False) -> int:
        """A directory of one of these mounts as the shim would have opened it; -1 if it is in none of them.

        One that is ``to_list`` must have the names that it has below.
        """
        clone = self._by_file_system.get(location.node.fs)
        node = location.node.lower if isinstance(location.node, OverlayDirectory) else location.node
        if clone is None or not isinstance(node, HostDirectory):
            return -1
        if to_list and node is not location.node and (self.marks is None or self.marks.has_inode(node.identity[1])):
            return -1
        try:
            descriptor = linux.open_beneath(
                clone, path_below(node).encode() or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            )
        except OSError:  # it was moved or removed: the supervisor still knows it
            return -1
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != node.identity:
            os.close(descriptor)
            return -1
        return descriptor

    def mapped(self, identity: tuple[int, int], shown: str) -> MappedFile | None:
        """A file that a guest has mapped, by what the host says of it: its path in the clone, or on the host."""
        if identity not in self._mapped:
            if len(self._mapped) >= MAPPED_MAX:
                self._mapped.clear()
            self._mapped[identity] = self._look_for(identity, shown)
        return self._mapped[identity]

    def _look_for(self, identity: tuple[int, int], shown: str) -> MappedFile | None:
        for mount in self._by_id.values():
            clone = self._by_file_system[mount.shown]
            source = mount.source.rstrip("/") + "/"
            for path in (shown.lstrip("/"), shown.removeprefix(source) if shown.startswith(source) else ""):
                try:
                    status = os.stat(path, dir_fd=clone, follow_symlinks=False)
                except OSError:
                    continue
                if (status.st_dev, status.st_ino) == identity:
                    place = f"{mount.path.rstrip('/')}/{path}"
                    return MappedFile(place, mount.shown.device, mount.fs.shown_inode(*identity))
        return None

    def holding(self, descriptor: int) -> NativeMount | None:
        """The mount in which one of our descriptors is, if it is one of these."""
        return self._by_id.get(linux.mount_of(descriptor))

    def find(self, pid: int, fd: int) -> NativeMount | None:
        """The mount in which a guest's descriptor is, if it is one of these."""
        if not self._by_id:
            return None
        try:
            return self._by_id.get(mount_number(pid, fd))
        except OSError:
            return None

    def location(self, pid: int, fd: int, identity: tuple[int, int]) -> Location | None:
        """Where the file of a guest's descriptor is, if it is in one of these mounts.

        Raises:
            GuestError: NOENT, if it has been removed or replaced.
        """
        mount = self.find(pid, fd)
        if mount is None:
            return None
        try:
            path = os.readlink(f"/proc/{pid}/fd/{fd}")  # noqa: PTH115 - one call, no object
        except OSError:
            raise GuestError(Errno.BADF) from None
        root = walk(self._kernel.root, self._kernel.root, mount.path).existing()
        if mount.overlay is not None:
            return place_in_overlay(mount.overlay, root, path, identity)
        place: Location | None = root
        for name in path.split("/"):
            if name:
                place = None if place is None else place.child(name)
        if place is None or getattr(place.node, "identity", identity) != identity:
            raise GuestError(Errno.NOENT)
        return place


def place_in_overlay(overlay: OverlayFs, root: Location, path: str, identity: tuple[int, int]) -> Location:
    """Where a file of the host at a path below is in the overlay by now.

    Raises:
        GuestError: NOENT, if it has been removed or replaced.
    """
    place: Location | None = root
    walked = ""
    for name in filter(None, path.split("/")):
        walked = f"{walked}/{name}".lstrip("/")
        moved = overlay.moved.get(walked)
        if moved is not None:
            place = place_of(moved, root)
        elif place is not None:
            place = place.child(name) if isinstance(place.node, DirectoryNode) else None
    node = None if place is None else place.node
    lower = node.lower if isinstance(node, OverlayDirectory) else None
    found = lower.identity if isinstance(lower, HostDirectory) else getattr(node, "below", None)
    if place is None or found != identity:
        raise GuestError(Errno.NOENT)
    return place


def place_of(node: MemNode, root: Location) -> Location | None:
    """Where a file or directory of an overlay is; None if it has been removed."""
    if node is root.node:
        return root
    parent: MemDirectory | None = None
    name = ""
    if isinstance(node, OverlayFile) and node.origin is not None:
        parent, name = node.origin
    elif isinstance(node, MemDirectory) and node.parent is not None:
        parent = node.parent
        name = next((name for name, child in parent.children.items() if child is node), "")
    above = None if parent is None else place_of(parent, root)
    found = None if above is None or not name else above.child(name)
    return found if found is not None and found.node is node else None


_MARKS: WeakKeyDictionary[Kernel, Marks] = WeakKeyDictionary()


def marks_of(kernel: Kernel, overlays: Sequence[OverlayFs]) -> Marks | None:
    """The marks of a kernel's overlays, which all its jails share; None if there is no overlay."""
    if not overlays:
        return None
    marks = _MARKS.get(kernel)
    if marks is None:
        marks = _MARKS[kernel] = Marks()
        for overlay in overlays:
            overlay.tell(marks)
        pending = [(kernel.root.mounts, kernel.root)]
        while pending:
            point, place = pending.pop()
            if point is not None and isinstance(place.node.fs, OverlayFs):
                for name in point.children:
                    mark_mount_point(marks, place, name)
            for name in [] if point is None else point.children:
                child = place.child(name)
                if child is not None:
                    pending.append((child.mounts, child))
    return marks


def mark_mount_point(marks: Marks, place: Location, name: str) -> None:
    """Mark a name in a directory of an overlay that is a mount point, or leads to one."""
    child = place.child(name)
    if child is not None and child.node.fs is place.node.fs:
        return
    marks.mark_name(name)
    lower = place.node.lower if isinstance(place.node, OverlayDirectory) else None
    if isinstance(lower, HostDirectory):
        marks.mark_inode(lower.identity[1])


def candidates(kernel: Kernel) -> list[NativeMount]:
    """The mounts of a kernel that can be used so, the longest paths first.

    In one that is no overlay no other mount may lie inside; in an overlay, whose changes are marked, such a mount is.
    """
    found: list[NativeMount] = []
    root = kernel.root.mounts
    pending: list[tuple[str, MountPoint]] = [] if root is None else [("", root)]
    while pending:
        path, point = pending.pop()
        pending += [(f"{path}/{name}", below) for name, below in point.children.items()]
        overlay = point.fs if isinstance(point.fs, OverlayFs) else None
        fs = point.fs if overlay is None else overlay.lower
        if isinstance(fs, HostFs) and fs.only is None and (overlay is not None or not point.children):
            source = os.readlink(f"/proc/self/fd/{fs.root.descriptor}")  # noqa: PTH115 - one call, no object
            fits = len(source) <= SOURCE_MAX and len(path.encode()) <= table.PREFIX_MAX
            if fits and path.isascii() and not source.endswith(DELETED):
                found.append(NativeMount(path or "/", fs, source, overlay))
    found.sort(key=lambda mount: -len(mount.path))
    return found[: table.MOUNTS_MAX]


def mount_number(pid: int, fd: int) -> int:
    """The number that the host has for the mount of a file that a process has open."""
    with open(f"/proc/{pid}/fdinfo/{fd}", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
        for line in file:
            if line.startswith(b"mnt_id:"):
                return int(line[7:])
    return -1
