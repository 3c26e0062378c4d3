"""Mounts that guests may look into by themselves: directories of the host that are granted read-only.

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
from pvm.engines.direct.shim import table
from pvm.errors import GuestError
from pvm.kernel.abi import Errno
from pvm.kernel.fs.hostfs import HostDirectory, HostFs
from pvm.kernel.kernel import Kernel
from pvm.kernel.vfs.mount import MountPoint
from pvm.kernel.vfs.node import FileSystem
from pvm.kernel.vfs.path import Location, walk

SOURCE_MAX = 1024
MAPPED_MAX = 1024
DELETED = " (deleted)"


class NativeMount(NamedTuple):
    """A mount that can be used so: where it is for guests, and the directory of the host."""

    path: str
    fs: HostFs
    source: str


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
            self.descriptors[self._first + place] = self._by_file_system[mount.fs] = clone
            prefix = b"" if mount.path == "/" else mount.path.encode()
            entries.append(table.Entry(number, mount.fs.device, self._first + place, prefix))
        return table.packed(entries, key, self.working_directory)

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

    def open_directory(self, location: Location) -> int:
        """A directory of one of these mounts as the shim would have opened it; -1 if it is in none of them."""
        clone = self._by_file_system.get(location.node.fs)
        if clone is None or not isinstance(location.node, HostDirectory):
            return -1
        names: list[str] = []
        place: Location | None = location
        while place is not None and place.node is not location.node.fs.root:
            names.append(place.name)
            place = place.parent
        path = "/".join(reversed(names)) or "."
        try:
            descriptor = linux.open_beneath(clone, path.encode(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:  # it was moved or removed: the supervisor still knows it
            return -1
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != location.node.identity:
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
            clone = self._by_file_system[mount.fs]
            source = mount.source.rstrip("/") + "/"
            for path in (shown.lstrip("/"), shown.removeprefix(source) if shown.startswith(source) else ""):
                try:
                    status = os.stat(path, dir_fd=clone, follow_symlinks=False)
                except OSError:
                    continue
                if (status.st_dev, status.st_ino) == identity:
                    place = f"{mount.path.rstrip('/')}/{path}"
                    return MappedFile(place, mount.fs.device, mount.fs.shown_inode(*identity))
        return None

    def holds(self, descriptor: int) -> bool:
        """Whether one of our descriptors refers to a file in one of these."""
        return linux.mount_of(descriptor) in self._by_id

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
        place: Location | None = walk(self._kernel.root, self._kernel.root, mount.path).existing()
        for name in path.split("/"):
            if name:
                place = None if place is None else place.child(name)
        if place is None or getattr(place.node, "identity", identity) != identity:
            raise GuestError(Errno.NOENT)
        return place


def candidates(kernel: Kernel) -> list[NativeMount]:
    """The mounts of a kernel that can be used so: no other mount may lie inside."""
    found: list[NativeMount] = []
    root = kernel.root.mounts
    pending: list[tuple[str, MountPoint]] = [] if root is None else [("", root)]
    while pending:
        path, point = pending.pop()
        pending += [(f"{path}/{name}", below) for name, below in point.children.items()]
        fs = point.fs
        if isinstance(fs, HostFs) and fs.read_only and fs.only is None and not point.children:
            source = os.readlink(f"/proc/self/fd/{fs.root.descriptor}")  # noqa: PTH115 - one call, no object
            fits = len(source) <= SOURCE_MAX and len(path.encode()) <= table.PREFIX_MAX
            if fits and path.isascii() and not source.endswith(DELETED):
                found.append(NativeMount(path or "/", fs, source))
    return found[: table.MOUNTS_MAX]


def mount_number(pid: int, fd: int) -> int:
    """The number that the host has for the mount of a file that a process has open."""
    with open(f"/proc/{pid}/fdinfo/{fd}", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
        for line in file:
            if line.startswith(b"mnt_id:"):
                return int(line[7:])
    return -1
