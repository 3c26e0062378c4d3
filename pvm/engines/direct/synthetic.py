"""Files, links and directories that are made up when somebody looks: the building blocks of ``/proc``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from pvm.errors import GuestError
from pvm.kernel.abi import Errno
from pvm.kernel.vfs.node import (
    DirectoryEntry,
    DirectoryNode,
    FileKind,
    FileSystem,
    LinkNode,
    Node,
    OpenFile,
    RegularNode,
    Stat,
)


def made_up_stat(fs: FileSystem, kind: FileKind, mode: int, name: object) -> Stat:
    """The state of a file that is nowhere."""
    inode = hash((fs.device, kind, name)) & (1 << 48) - 1
    return Stat(fs.device, inode, kind, mode, 1, 0, 0, 0, 0)


class Text(RegularNode):
    """A file whose content is made when it is opened."""

    __slots__ = ("_make", "_name")

    def __init__(self, fs: FileSystem, name: object, make: Callable[[], str | bytes]) -> None:
        super().__init__(fs)
        self._name = name
        self._make = make

    def stat(self) -> Stat:
        return made_up_stat(self.fs, FileKind.REGULAR, 0o444, self._name)

    def open(self, flags: int) -> OpenFile:
        content = self._make()
        return OpenText(self, content.encode() if isinstance(content, str) else content)


class OpenText(OpenFile):
    """An open made-up file: what it held then."""

    __slots__ = ("_content", "_descriptor", "_node")

    def __init__(self, node: Text, content: bytes) -> None:
        self._node = node
        self._content = content
        self._descriptor = -1

    def read_at(self, count: int, offset: int) -> bytes:
        return self._content[offset : offset + count]

    def write_at(self, data: bytes, offset: int) -> int:
        raise GuestError(Errno.ACCES)

    def append(self, data: bytes) -> int:
        raise GuestError(Errno.ACCES)

    def truncate(self, size: int) -> None:
        raise GuestError(Errno.ACCES)

    def sync(self) -> None:
        """Nothing is stored."""

    def stat(self) -> Stat:
        return self._node.stat()

    def host_fd(self) -> int:
        if self._descriptor < 0:
            self._descriptor = os.memfd_create("pvm-text", os.MFD_CLOEXEC)
            os.write(self._descriptor, self._content)
        return self._descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Link(LinkNode):
    """A symbolic link whose text is made when it is followed."""

    __slots__ = ("_make", "_name")

    def __init__(self, fs: FileSystem, name: object, make: Callable[[], str]) -> None:
        super().__init__(fs)
        self._name = name
        self._make = make

    def stat(self) -> Stat:
        return made_up_stat(self.fs, FileKind.SYMLINK, 0o777, self._name)

    def target(self) -> str:
        return self._make()


class MagicLink(Link):
    """One to a program, a directory or an open file of a process."""

    __slots__ = ()

    magic = True


class Folder(DirectoryNode):
    """A directory: names that are always there, and ``look`` for others, which ``names`` lists."""

    __slots__ = ("_find", "_fixed", "_name", "_names")

    def __init__(
        self,
        fs: FileSystem,
        name: object,
        fixed: dict[str, Node],
        names: Callable[[], Iterable[str]] = tuple,
        find: Callable[[str], Node | None] = lambda _name: None,
    ) -> None:
        super().__init__(fs)
        self._name = name
        self._fixed = fixed
        self._names = names
        self._find = find

    def stat(self) -> Stat:
        return made_up_stat(self.fs, FileKind.DIRECTORY, 0o555, self._name)

    def same_as(self, other: Node) -> bool:
        return isinstance(other, Folder) and other.fs is self.fs and other._name == self._name  # noqa: SLF001

    def lookup(self, name: str) -> Node | None:
        return self._fixed.get(name) or self._find(name)

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        found = sorted(other for other in {*self._fixed, *self._names()} if other > name)
        entries = []
        for other in found[:limit]:
            node = self.lookup(other)
            if node is not None:
                entries.append(DirectoryEntry(other, node.kind, node.stat().inode))
        return entries


class RootedAt(FileSystem):
    """A part of another made-up file system, mounted by itself; it may be a device."""

    __slots__ = ()

    def __init__(self, node: Node) -> None:
        super().__init__(node.fs.device, read_only=True)
        self.root = node  # type: ignore[assignment]
