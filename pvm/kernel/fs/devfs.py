"""The devices of a guest, under ``/dev``.

``random`` and ``urandom`` read the kernel's random source; ``stdin``, ``stdout``, ``stderr`` are the
process's own descriptors 0, 1, 2 again, so opening one shares its position, as ``dup`` does.
"""

from __future__ import annotations

import os

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.fs.hoststatus import host_errors
from pvm.kernel.process import Process
from pvm.kernel.randomness import HostRandom, RandomSource
from pvm.kernel.vfs.description import Description
from pvm.kernel.vfs.node import (
    DeviceNode,
    DirectoryEntry,
    DirectoryNode,
    FileKind,
    FileSystem,
    Node,
    Stat,
)
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class DevFs(FileSystem):
    """The fixed tree of devices."""

    __slots__ = ()

    def __init__(self, device: int, random: RandomSource) -> None:
        super().__init__(device, read_only=True)
        zeros: Callable[[int], bytes] = bytes
        urandom = "/dev/urandom" if isinstance(random, HostRandom) else ""
        nodes: dict[str, Node] = {
            "full": DataDevice(self, 2, zeros, "/dev/full", full=True),
            "null": DataDevice(self, 3, lambda _count: b"", "/dev/null"),
            "random": DataDevice(self, 4, random.read, urandom),
            "stderr": StandardStream(self, 5, 2),
            "stdin": StandardStream(self, 6, 0),
            "stdout": StandardStream(self, 7, 1),
            "urandom": DataDevice(self, 8, random.read, urandom),
            "zero": DataDevice(self, 9, zeros, "/dev/zero"),
        }
        self.root = DevDirectory(self, nodes)


def _stat(fs: FileSystem, inode: int, kind: FileKind) -> Stat:
    mode = 0o755 if kind is FileKind.DIRECTORY else 0o666
    return Stat(fs.device, inode, kind, mode, 1, 0, 0, 0, 0)


class DevDirectory(DirectoryNode):
    """The directory of devices, which never changes."""

    __slots__ = ("_nodes",)

    def __init__(self, fs: FileSystem, nodes: dict[str, Node]) -> None:
        super().__init__(fs)
        self._nodes = nodes

    def stat(self) -> Stat:
        return _stat(self.fs, 1, FileKind.DIRECTORY)

    def lookup(self, name: str) -> Node | None:
        return self._nodes.get(name)

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        names = sorted(found for found in self._nodes if found > name)[:limit]
        return [DirectoryEntry(found, FileKind.CHARACTER, self._nodes[found].stat().inode) for found in names]


class DataDevice(DeviceNode):
    """A device that makes up what is read from it, and discards what is written unless it is full.

    ``host`` is the device of the host that does the same, for native transfer.
    """

    __slots__ = ("full", "host", "inode", "make")

    def __init__(
        self, fs: FileSystem, inode: int, make: Callable[[int], bytes], host: str, *, full: bool = False
    ) -> None:
        super().__init__(fs)
        self.host = host
        self.inode = inode
        self.make = make
        self.full = full

    def stat(self) -> Stat:
        return _stat(self.fs, self.inode, FileKind.CHARACTER)

    def open_device(self, process: Process, flags: int) -> Description:
        return DataDescription(self, flags)


class DataDescription(Description):
    """An open data device."""

    __slots__ = ("_descriptor", "device")

    def __init__(self, device: DataDevice, flags: int) -> None:
        super().__init__(flags)
        self.device = device
        self._descriptor = -1

    def host_fd(self) -> int:
        if not self.device.host:
            raise GuestError(Errno.INVAL)
        if self._descriptor < 0:
            with host_errors():
                self._descriptor = os.open(self.device.host, os.O_RDWR | os.O_CLOEXEC)
        return self._descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read(self, count: int) -> bytes:
        self.check_readable()
        return self.device.make(count)

    def write(self, data: bytes) -> int:
        self.check_writable()
        if self.device.full and data:
            raise GuestError(Errno.NOSPC)
        return len(data)

    def stat(self) -> Stat:
        return self.device.stat()


class StandardStream(DeviceNode):
    """Another name for a standard descriptor of the process that opens it."""

    __slots__ = ("fd", "inode")

    def __init__(self, fs: FileSystem, inode: int, fd: int) -> None:
        super().__init__(fs)
        self.inode = inode
        self.fd = fd

    def stat(self) -> Stat:
        return _stat(self.fs, self.inode, FileKind.CHARACTER)

    def open_device(self, process: Process, flags: int) -> Description:
        description = process.descriptors.find(self.fd)
        if description is None:
            raise GuestError(Errno.NOENT, "the standard stream is closed")
        return description
