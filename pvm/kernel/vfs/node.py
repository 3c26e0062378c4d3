"""What every file system provides: nodes, open files, and the operations between directories.

A node is one file, directory or link, whatever its names.  Nodes know nothing of paths, mounts,
descriptors or positions; those belong to the walk, the namespace and the open file description.
Names that reach a node are single valid components (never empty, ``.``, ``..``, with ``/`` or NUL).
"""

from __future__ import annotations

import os
import struct
from enum import IntEnum
from itertools import count

from pvm.kernel.abi import Errno, GuestError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvm.kernel.process import Process
    from pvm.kernel.vfs.description import Description


NOT_SUPPORTED = 95
"""The number of EOPNOTSUPP, which only personalities show."""


class FileKind(IntEnum):
    """What a node is; the numbers are part of the stat and directory records."""

    REGULAR = 1
    DIRECTORY = 2
    SYMLINK = 3
    CHARACTER = 4
    PIPE = 5
    SOCKET = 6
    BLOCK = 7


class OpenFlag(IntEnum):
    """How a file is opened: bits of a plain number, since sets of flags are slow."""

    READ = 1
    WRITE = 2
    CREATE = 4
    EXCLUSIVE = 8
    TRUNCATE = 16
    APPEND = 32
    DIRECTORY = 64
    NOFOLLOW = 128


STAT_LAYOUT = struct.Struct("<QQIIQqqqq")
"""device u64, inode u64, kind u32, mode u32, links u64, size i64, then three i64 times in
nanoseconds since 1970: of the last change of content, of the node, of the last access."""


class Stat(NamedTuple):
    """What is known about a node; bytecode programs do not see owners."""

    device: int
    inode: int
    kind: FileKind
    mode: int
    links: int
    size: int
    modified_ns: int
    changed_ns: int
    accessed_ns: int
    user: int = 0
    group: int = 0

    def pack(self) -> bytes:
        """The record that guests see, laid out as ``STAT_LAYOUT``."""
        return STAT_LAYOUT.pack(
            self.device,
            self.inode,
            self.kind,
            self.mode,
            self.links,
            self.size,
            self.modified_ns,
            self.changed_ns,
            self.accessed_ns,
        )


class DirectoryEntry(NamedTuple):
    """One name of a directory listing."""

    name: str
    kind: FileKind
    inode: int


class Detached(NamedTuple):
    """A host descriptor that was given away, and how the guest sees what the host says of it."""

    descriptor: int
    view: Callable[[os.stat_result], Stat]


class OpenFile:
    """An open regular file: content by position. Closed exactly once, by its description."""

    __slots__ = ()

    def read_at(self, count: int, offset: int) -> bytes:
        """Up to ``count`` bytes from ``offset``; empty at the end."""
        raise NotImplementedError

    def write_at(self, data: bytes, offset: int) -> int:
        """Write at ``offset``, filling a gap with zeros; the number of bytes written."""
        raise NotImplementedError

    def append(self, data: bytes) -> int:
        """Write at the end, wherever that is now; the number of bytes written."""
        raise NotImplementedError

    def truncate(self, size: int) -> None:
        """Cut or extend to ``size`` bytes."""
        raise NotImplementedError

    def sync(self) -> None:
        """Bring the content to stable storage, where there is any."""
        raise NotImplementedError

    def stat(self) -> Stat:
        """The state of the node that is open."""
        raise NotImplementedError

    def change_mode(self, mode: int) -> None:
        """Set the nine permission bits."""
        raise GuestError(Errno.ROFS)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        """Set the times of the last access and of the last change of content."""
        raise GuestError(Errno.ROFS)

    def host_fd(self) -> int:
        """A host descriptor of the content, which stays owned by the file system."""
        raise NotImplementedError

    def settle(self) -> None:
        """Count what was written through the host descriptor since the kernel looked last."""

    def detach(self) -> Detached | None:
        """Give the host descriptor away, if it is good for all that this open file allows; the file is closed then."""
        return None

    def close(self) -> None:
        """Give up the file."""
        raise NotImplementedError


class Node:
    """One file of any kind."""

    __slots__ = ("__weakref__", "fs")

    kind: FileKind

    def __init__(self, fs: FileSystem) -> None:
        self.fs = fs

    def stat(self) -> Stat:
        """The state of the node."""
        raise NotImplementedError

    def same_as(self, other: Node) -> bool:
        """Whether both are the same file."""
        return self is other

    def change_mode(self, mode: int) -> None:
        """Set the nine permission bits."""
        raise GuestError(Errno.ROFS)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        """Set the times of the last access and of the last change of content."""
        raise GuestError(Errno.ROFS)

    def change_owner(self, user: int, group: int) -> None:
        """Set user and group, -1 to keep one; a file system that keeps no owners goes on showing root."""
        if self.fs.read_only:
            raise GuestError(Errno.ROFS)

    def attributes(self) -> list[bytes]:
        """The names of the extended attributes, all of which begin with ``user.``, in order."""
        return []

    def attribute(self, name: bytes) -> bytes | None:
        """The value of an extended attribute, or None."""
        raise GuestError(NOT_SUPPORTED)

    def change_attribute(self, name: bytes, value: bytes | None) -> None:
        """Set an extended attribute, or remove it (None) if it is there."""
        raise GuestError(Errno.ROFS if self.fs.read_only else NOT_SUPPORTED)


class RegularNode(Node):
    """A file with content."""

    __slots__ = ()

    kind = FileKind.REGULAR

    def open(self, flags: int) -> OpenFile:
        """Open for what READ, WRITE and APPEND say, after TRUNCATE; the other flags are done with."""
        raise NotImplementedError


class LinkNode(Node):
    """A symbolic link; a ``magic`` one stands for something that its text only describes."""

    __slots__ = ()

    kind = FileKind.SYMLINK
    magic = False

    def target(self) -> str:
        """The text of the link."""
        raise NotImplementedError


class DeviceNode(Node):
    """A node that makes its own descriptions."""

    __slots__ = ()

    kind = FileKind.CHARACTER

    def open_device(self, process: Process, flags: int) -> Description:
        """A description for ``process``."""
        raise NotImplementedError


class OpaqueNode(Node):
    """A FIFO, socket or device of the host: visible, never opened."""

    __slots__ = ("_stat", "kind")

    def __init__(self, fs: FileSystem, stat: Stat) -> None:
        super().__init__(fs)
        self.kind = stat.kind
        self._stat = stat

    def stat(self) -> Stat:
        return self._stat


class DirectoryNode(Node):
    """A directory. Every change gives ROFS unless a file system overrides it."""

    __slots__ = ()

    kind = FileKind.DIRECTORY

    def lookup(self, name: str) -> Node | None:
        """The node called ``name``, or None."""
        raise NotImplementedError

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        """Up to ``limit`` entries whose names sort after ``name``, in order of their UTF-8 bytes."""
        raise NotImplementedError

    def create_file(self, name: str, mode: int) -> RegularNode:
        """Make an empty file; EXIST if the name is taken."""
        raise GuestError(Errno.ROFS)

    def create_directory(self, name: str, mode: int) -> DirectoryNode:
        """Make an empty directory; EXIST if the name is taken."""
        raise GuestError(Errno.ROFS)

    def create_link(self, name: str, target: str) -> LinkNode:
        """Make a symbolic link; EXIST if the name is taken."""
        raise GuestError(Errno.ROFS)

    def create_special(self, name: str, kind: FileKind, mode: int) -> Node:
        """Make a socket or FIFO, which is a name only; EXIST if the name is taken."""
        raise GuestError(Errno.ROFS if self.fs.read_only else Errno.PERM)

    def add_name(self, name: str, node: Node) -> None:
        """Give a file of this file system one more name; EXIST if it is taken."""
        raise GuestError(Errno.ROFS if self.fs.read_only else Errno.PERM)

    def remove_file(self, name: str) -> None:
        """Remove anything but a directory."""
        raise GuestError(Errno.ROFS)

    def remove_directory(self, name: str) -> None:
        """Remove an empty directory."""
        raise GuestError(Errno.ROFS)


class FileSystem:
    """A tree of nodes; ``device`` tells file systems apart in stat records."""

    __slots__ = ("device", "read_only", "root")

    root: DirectoryNode

    def __init__(self, device: int, *, read_only: bool) -> None:
        self.device = device
        self.read_only = read_only

    def rename(self, old: DirectoryNode, old_name: str, new: DirectoryNode, new_name: str) -> None:
        """Move a node, replacing what has the new name as POSIX says."""
        raise GuestError(Errno.ROFS)

    def close(self) -> None:
        """Give host resources back."""


def inode_numbers() -> Callable[[], int]:
    """A counter of inode numbers, from 1."""
    return count(1).__next__
