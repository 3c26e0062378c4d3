"""A file system in memory.

Content lives in a bytearray until somebody needs a host descriptor; from then on it lives in a
memory file of the host, and every access goes there, so that both ways in see the same bytes.
Growth through the descriptor is counted when the kernel next looks at the file (it cannot refuse
it): whoever hands the descriptor on must bound it, with ``RLIMIT_FSIZE`` or in his own code.

A node lives while it has a name or is open; its storage is released when neither holds.
"""

from __future__ import annotations

import os
from bisect import bisect_right, insort
from contextlib import contextmanager

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.clock import Clock
from pvm.kernel.quotas import Ledger
from pvm.kernel.vfs.node import (
    DirectoryEntry,
    DirectoryNode,
    FileKind,
    FileSystem,
    LinkNode,
    Node,
    OpenFile,
    OpenFlag,
    RegularNode,
    Stat,
    inode_numbers,
)
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class MemFs(FileSystem):
    """An empty tree in memory; ``ledger`` counts what is stored, ``clock`` stamps it.

    ``new_host_file`` makes the file of the host that content moves to when a descriptor is asked for.
    """

    __slots__ = ("clock", "ledger", "new_host_file", "new_inode")

    root: MemDirectory

    def __init__(self, device: int, ledger: Ledger, clock: Clock, *, read_only: bool = False) -> None:
        super().__init__(device, read_only=read_only)
        self.ledger = ledger
        self.clock = clock
        self.new_inode = inode_numbers()
        self.new_host_file: Callable[[], int] = new_memory_file
        self.root = self.make_root()

    def make_root(self) -> MemDirectory:
        """The root directory, which is not charged."""
        return MemDirectory(self, 0o755)

    def check_writable(self) -> None:
        """ROFS if the file system may not change."""
        if self.read_only:
            raise GuestError(Errno.ROFS)

    def rename(self, old: DirectoryNode, old_name: str, new: DirectoryNode, new_name: str) -> None:
        assert isinstance(old, MemDirectory)
        assert isinstance(new, MemDirectory)
        self.check_writable()
        node = old.find(old_name)
        if node is None or new.removed:
            raise GuestError(Errno.NOENT)
        target = new.find(new_name)
        if target is node:
            return
        if _is_above(node, new):
            raise GuestError(Errno.INVAL, "a directory cannot move into itself")
        if target is not None:
            if _is_above(target, old):
                raise GuestError(Errno.NOTEMPTY)
            _check_replaceable(node, target)
            new.detach(new_name, target)
        old.unlink_name(old_name)
        new.link_name(new_name, node)
        node.changed_ns = old.modified_ns = new.modified_ns = self.clock.stamp()

    def close(self) -> None:
        pending: list[MemNode] = [self.root]
        while pending:
            node = pending.pop()
            if isinstance(node, MemDirectory):
                pending.extend(node.held())
            elif isinstance(node, MemFile):
                node.drop_host_file()


def _is_above(node: MemNode, directory: MemDirectory) -> bool:
    """Whether ``node`` is ``directory`` or holds it."""
    above: MemDirectory | None = directory
    while above is not None:
        if above is node:
            return True
        above = above.parent
    return False


def _check_replaceable(node: MemNode, target: MemNode) -> None:
    if isinstance(target, MemDirectory):
        if not isinstance(node, MemDirectory):
            raise GuestError(Errno.ISDIR)
        if not target.is_empty():
            raise GuestError(Errno.NOTEMPTY)
    elif isinstance(node, MemDirectory):
        raise GuestError(Errno.NOTDIR)


class MemNode(Node):
    """What all nodes in memory share; ``links`` counts the names, ``counted`` says that it is charged as a file.

    ``values`` has the extended attributes, or is None if there never were any.
    """

    __slots__ = (
        "accessed_ns",
        "changed_ns",
        "counted",
        "group",
        "inode",
        "links",
        "mode",
        "modified_ns",
        "user",
        "values",
    )

    fs: MemFs

    def __init__(self, fs: MemFs, mode: int) -> None:
        super().__init__(fs)
        self.inode = fs.new_inode()
        self.mode = mode & 0o777
        self.links = 1
        self.user = self.group = 0
        self.counted = True
        self.values: dict[bytes, bytes] | None = None
        self.accessed_ns = self.modified_ns = self.changed_ns = fs.clock.stamp()

    def size(self) -> int:
        """The size that stat shows."""
        return 0

    def stat(self) -> Stat:
        size = self.size()  # first, since it notices what was written through a descriptor
        return Stat(
            self.fs.device,
            self.inode,
            self.kind,
            self.mode,
            self.links,
            size,
            self.modified_ns,
            self.changed_ns,
            self.accessed_ns,
            self.user,
            self.group,
        )

    def change_owner(self, user: int, group: int) -> None:
        self.fs.check_writable()
        self.user = self.user if user < 0 else user
        self.group = self.group if group < 0 else group
        self.changed_ns = self.fs.clock.stamp()

    def change_mode(self, mode: int) -> None:
        self.fs.check_writable()
        self.mode = mode & 0o777
        self.changed_ns = self.fs.clock.stamp()

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.fs.check_writable()
        self.accessed_ns, self.modified_ns = accessed_ns, modified_ns
        self.changed_ns = self.fs.clock.stamp()

    def attributes(self) -> list[bytes]:
        return sorted(self.values or ())

    def attribute(self, name: bytes) -> bytes | None:
        return None if self.values is None else self.values.get(name)

    def change_attribute(self, name: bytes, value: bytes | None) -> None:
        from pvm.kernel.fs.attributes import changed

        self.fs.check_writable()
        self.values = changed(self.values or {}, name, value, self.fs.ledger)
        self.changed_ns = self.fs.clock.stamp()

    def touch(self) -> None:
        """Stamp a change of content."""
        self.modified_ns = self.changed_ns = self.fs.clock.stamp()

    def forget_name(self) -> None:
        """Count a name less; release what is stored when nothing holds the node any more."""
        self.links -= 1
        self.changed_ns = self.fs.clock.stamp()
        self.release_if_unused()

    def release_if_unused(self) -> None:
        """Give storage back if neither a name nor an open file holds the node."""
        if self.links:
            return
        if self.values:
            from pvm.kernel.fs.attributes import stored_size

            self.fs.ledger.release_bytes(stored_size(self.values))
            self.values = None
        if self.counted:
            self.fs.ledger.release_file()


class MemLink(MemNode, LinkNode):
    """A symbolic link; its text is charged as storage."""

    __slots__ = ("text",)

    def __init__(self, fs: MemFs, text: str) -> None:
        super().__init__(fs, 0o777)
        self.text = text

    def size(self) -> int:
        return len(self.text.encode())

    def target(self) -> str:
        return self.text

    def release_if_unused(self) -> None:
        if self.links == 0:
            self.fs.ledger.release_bytes(self.size())
        super().release_if_unused()


class MemSpecial(MemNode):
    """A socket or FIFO: what it does is up to the personality that made it."""

    __slots__ = ("kind",)

    def __init__(self, fs: MemFs, kind: FileKind, mode: int) -> None:
        super().__init__(fs, mode)
        self.kind = kind


class MemFile(MemNode, RegularNode):
    """A regular file: its content and how often it is open."""

    __slots__ = ("charged", "data", "descriptor", "host_modified_ns", "opens")

    def __init__(self, fs: MemFs, mode: int) -> None:
        super().__init__(fs, mode)
        self.data = bytearray()
        self.descriptor = -1
        self.host_modified_ns = 0
        self.opens = 0
        self.charged = 0

    def size(self) -> int:
        if self.descriptor < 0:
            return len(self.data)
        status = os.fstat(self.descriptor)
        size = status.st_size
        if size != self.charged:
            self._settle(size)
        if status.st_mtime_ns != self.host_modified_ns:  # somebody wrote through the descriptor
            self.host_modified_ns = status.st_mtime_ns
            self.modified_ns = self.changed_ns = self.fs.clock.file_time(status.st_mtime_ns)
        return size

    def _settle(self, size: int) -> None:
        if size > self.charged:
            self.fs.ledger.force_bytes(size - self.charged)
        else:
            self.fs.ledger.release_bytes(self.charged - size)
        self.charged = size

    def open(self, flags: int) -> OpenFile:
        if flags & OpenFlag.WRITE:
            self.fs.check_writable()
            if flags & OpenFlag.TRUNCATE:
                self.resize(0)
        self.opens += 1
        return MemOpenFile(self)

    def resize(self, size: int) -> None:
        """Set the size; growth is zeros, charged before it happens."""
        self.fs.check_writable()
        old = self.size()
        self.grow_charge(old, size)
        self.charged = size
        self.touch()
        if size < old:
            self.fs.ledger.release_bytes(old - size)
        if self.descriptor >= 0:
            with _host_file_errors():
                os.ftruncate(self.descriptor, size)
        elif size > old:
            self.data.extend(bytes(size - old))
        else:
            del self.data[size:]

    def grow_charge(self, old: int, size: int) -> None:
        """Check and charge growth from ``old`` to ``size`` bytes."""
        if size > old:
            self.fs.ledger.check_file_size(size)
            self.fs.ledger.charge_bytes(size - old)

    def read_at(self, count: int, offset: int) -> bytes:
        """Read from wherever the content lives."""
        self.accessed_ns = self.fs.clock.stamp()
        if self.descriptor >= 0:
            with _host_file_errors():
                return os.pread(self.descriptor, count, offset)
        with memoryview(self.data) as view:
            return bytes(view[offset : offset + count])

    def write_at(self, data: bytes, offset: int) -> int:
        """Write to wherever the content lives; partial when a quota ends within the data."""
        self.fs.check_writable()
        old = self.size()
        data = self.fitting(data, offset, old)
        end = offset + len(data)
        self.grow_charge(old, end)
        self.charged = max(old, end)
        self.touch()
        if self.descriptor >= 0:
            with _host_file_errors():
                return os.pwrite(self.descriptor, data, offset)
        if offset > old:
            self.data.extend(bytes(offset - old))
        self.data[offset:end] = data
        return len(data)

    def fitting(self, data: bytes, offset: int, old: int) -> bytes:
        """The part of ``data`` that the quotas allow; an errno if that is nothing."""
        ledger = self.fs.ledger
        limit = min(ledger.quotas.file_size, old + max(0, ledger.quotas.bytes - ledger.bytes))
        if offset < limit < offset + len(data):
            return data[: limit - offset]
        return data

    def host_fd(self) -> int:
        """Move the content into a host memory file, once, and give its descriptor."""
        if self.descriptor < 0:
            descriptor = self.new_content_file()
            try:
                with _host_file_errors(), memoryview(self.data) as view:
                    done = 0
                    while done < len(view):
                        done += os.write(descriptor, view[done:])
            except GuestError:
                os.close(descriptor)
                raise
            self.descriptor = descriptor
            self.host_modified_ns = os.fstat(descriptor).st_mtime_ns
            self.data = bytearray()
        return self.descriptor

    def new_content_file(self) -> int:
        """An empty file of the host for the content."""
        return self.fs.new_host_file()

    def drop_host_file(self) -> None:
        """Take the content back from the host memory file."""
        if self.descriptor >= 0:
            self.data = bytearray(os.pread(self.descriptor, self.size(), 0))
            os.close(self.descriptor)
            self.descriptor = -1

    def release_if_unused(self) -> None:
        if self.links == 0 and self.opens == 0:
            self.fs.ledger.release_bytes(self.size())
            self.charged = 0
            self.data = bytearray()
            if self.descriptor >= 0:
                os.close(self.descriptor)
                self.descriptor = -1
            super().release_if_unused()


@contextmanager
def _host_file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GuestError(Errno.IO, f"memory file: {error.strerror}") from None


def mounted_file(device: int, ledger: Ledger, clock: Clock, content: bytes) -> MemFs:
    """A file system that is one file, to be mounted at a file's path."""
    fs = MemFs(device, ledger, clock)
    node = fs.root.create_file("file", 0o644)
    opened = node.open(OpenFlag.WRITE)
    try:
        opened.truncate(len(content))
        opened.write_at(content, 0)
    finally:
        opened.close()
    fs.root = node  # type: ignore[assignment]
    return fs


def new_memory_file() -> int:
    """A file in the host's memory, without a name."""
    try:
        if hasattr(os, "memfd_create"):
            return os.memfd_create("pvm", os.MFD_CLOEXEC)
        import tempfile

        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
    except OSError as error:
        raise GuestError(Errno.NFILE, f"memory file: {error.strerror}") from None


class MemOpenFile(OpenFile):
    """An open file in memory: all state is in the node."""

    __slots__ = ("node",)

    def __init__(self, node: MemFile) -> None:
        self.node = node

    def read_at(self, count: int, offset: int) -> bytes:
        return self.node.read_at(count, offset)

    def write_at(self, data: bytes, offset: int) -> int:
        return self.node.write_at(data, offset)

    def append(self, data: bytes) -> int:
        return self.node.write_at(data, self.node.size()) if data else 0

    def truncate(self, size: int) -> None:
        self.node.resize(size)

    def sync(self) -> None:
        """Memory is as stable as it gets."""

    def stat(self) -> Stat:
        return self.node.stat()

    def change_mode(self, mode: int) -> None:
        self.node.change_mode(mode)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.node.set_times(accessed_ns, modified_ns)

    def host_fd(self) -> int:
        return self.node.host_fd()

    def settle(self) -> None:
        self.node.size()

    def close(self) -> None:
        self.node.opens -= 1
        self.node.release_if_unused()


class MemDirectory(MemNode, DirectoryNode):
    """A directory; ``removed`` is set when its last name goes, and nothing is made in it then."""

    __slots__ = ("children", "order", "parent", "removed")

    def __init__(self, fs: MemFs, mode: int) -> None:
        super().__init__(fs, mode)
        self.children: dict[str, MemNode] = {}
        self.order: list[str] | None = None
        self.parent: MemDirectory | None = None
        self.removed = False

    def find(self, name: str) -> MemNode | None:
        """The node called ``name``."""
        return self.children.get(name)

    def held(self) -> Iterable[MemNode]:
        """The nodes that this directory keeps alive."""
        return self.children.values()

    def is_empty(self) -> bool:
        """Whether there is no name in it."""
        return not self.children

    def link_name(self, name: str, node: MemNode) -> None:
        """Enter a name that is free."""
        self.children[name] = node
        if self.order is not None:
            insort(self.order, name)
        if isinstance(node, MemDirectory):
            node.parent = self

    def unlink_name(self, name: str) -> None:
        """Strike a name out; the node's own count is the caller's business."""
        del self.children[name]
        if self.order is not None:
            del self.order[bisect_right(self.order, name) - 1]

    def lookup(self, name: str) -> Node | None:
        return self.find(name)

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        if self.order is None:
            self.order = sorted(self.children)
        first = bisect_right(self.order, name)
        return [self.entry(found) for found in self.order[first : first + limit]]

    def entry(self, name: str) -> DirectoryEntry:
        """The listing entry of a name that is there."""
        node = self.children[name]
        return DirectoryEntry(name, node.kind, node.inode)

    def check_free(self, name: str) -> None:
        """Refuse to make ``name``: the file system, the directory or the name may forbid it."""
        if self.find(name) is not None:
            raise GuestError(Errno.EXIST)
        self.fs.check_writable()
        if self.removed:
            raise GuestError(Errno.NOENT)

    def enter(self, name: str, node: MemNode) -> None:
        """Add a new node, already charged."""
        self.link_name(name, node)
        self.touch()

    def create_file(self, name: str, mode: int) -> MemFile:
        self.check_free(name)
        self.fs.ledger.charge_file()
        node = self.new_file(mode)
        self.enter(name, node)
        return node

    def create_directory(self, name: str, mode: int) -> MemDirectory:
        self.check_free(name)
        self.fs.ledger.charge_file()
        node = self.new_directory(mode)
        self.enter(name, node)
        return node

    def new_file(self, mode: int) -> MemFile:
        """A file node of the kind that this file system uses."""
        return MemFile(self.fs, mode)

    def new_directory(self, mode: int) -> MemDirectory:
        """A directory node of the kind that this file system uses."""
        return MemDirectory(self.fs, mode)

    def create_link(self, name: str, target: str) -> MemLink:
        self.check_free(name)
        size = len(target.encode())
        self.fs.ledger.charge_file()
        try:
            self.fs.ledger.charge_bytes(size)
        except GuestError:
            self.fs.ledger.release_file()
            raise
        node = MemLink(self.fs, target)
        self.enter(name, node)
        return node

    def create_special(self, name: str, kind: FileKind, mode: int) -> MemSpecial:
        self.check_free(name)
        self.fs.ledger.charge_file()
        node = MemSpecial(self.fs, kind, mode)
        self.enter(name, node)
        return node

    def add_name(self, name: str, node: Node) -> None:
        self.check_free(name)
        assert isinstance(node, MemNode), "the caller compares the file systems"
        if isinstance(node, MemDirectory) or not node.counted:
            raise GuestError(Errno.PERM)
        node.links += 1
        self.enter(name, node)
        node.changed_ns = self.modified_ns

    def remove_file(self, name: str) -> None:
        node = self.find(name)
        if node is None:
            raise GuestError(Errno.NOENT)
        if node.kind is FileKind.DIRECTORY:
            raise GuestError(Errno.ISDIR)
        self.fs.check_writable()
        self.detach(name, node)
        self.touch()

    def remove_directory(self, name: str) -> None:
        node = self.find(name)
        if node is None:
            raise GuestError(Errno.NOENT)
        if not isinstance(node, MemDirectory):
            raise GuestError(Errno.NOTDIR)
        self.fs.check_writable()
        if not node.is_empty():
            raise GuestError(Errno.NOTEMPTY)
        self.detach(name, node)
        self.touch()

    def detach(self, name: str, node: MemNode) -> None:
        """Strike out a name for good."""
        self.unlink_name(name)
        if isinstance(node, MemDirectory):
            node.removed = True
            node.parent = None
        node.forget_name()
