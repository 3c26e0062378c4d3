"""A read-only file system with changes kept in memory on top.

It is a memory file system whose nodes may have an origin below.  A directory finds a name first
among its own, then, unless a whiteout hides it, below; a file reads from below until it is first
written, and is then copied up.  A moved directory takes its origin along, so renaming never copies.
What is below is never changed.

A node that only mirrors what is below is held weakly: it is unique while somebody uses it, so all
who have the file open see one content.  Once it differs from below it is pinned, with all its
ancestors, by strong references from the root.  Copied files count as files and bytes of the quota;
mirrored names, pinned directories and whiteouts are bounded by what the embedder granted below.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from weakref import WeakValueDictionary

from pvm.kernel.clock import Clock
from pvm.kernel.fs.attributes import changed, stored_size
from pvm.kernel.fs.hostfs import HostDirectory, HostFile, HostLink
from pvm.kernel.fs.hoststatus import identity_of
from pvm.kernel.fs.memfs import MemDirectory, MemFile, MemFs, MemLink, MemNode, MemOpenFile
from pvm.kernel.quotas import Ledger
from pvm.kernel.vfs.node import (
    DirectoryEntry,
    DirectoryNode,
    FileSystem,
    LinkNode,
    Node,
    OpenFile,
    OpenFlag,
    RegularNode,
)
from pvm.typed import Protocol

CHUNK = 1 << 20


class ChangeMarks(Protocol):
    """Who wants to know what is not as below any more, before it is seen."""

    def mark_name(self, name: str) -> None:
        """What has this name, wherever, may be something else."""

    def mark_inode(self, inode: int) -> None:
        """The state of a file of the host, or the names in a directory, may be others."""


class OverlayFs(MemFs):
    """Changes in memory over ``lower``, which the overlay owns.

    ``marks`` is told of changes; ``moved`` has what may be elsewhere by now, by paths below.
    """

    __slots__ = ("lower", "marks", "moved")

    def __init__(self, device: int, ledger: Ledger, clock: Clock, lower: FileSystem) -> None:
        self.lower = lower
        self.marks: ChangeMarks | None = None
        self.moved: WeakValueDictionary[str, MemNode] = WeakValueDictionary()
        super().__init__(device, ledger, clock)

    def make_root(self) -> MemDirectory:
        root = OverlayDirectory(self, 0o755, self.lower.root)
        root.pinned = True
        return root

    def tell(self, marks: ChangeMarks) -> None:
        """Tell of all changes from now on, and of those that there were."""
        self.marks = marks
        pending = [self.root]
        while pending:
            directory = pending.pop()
            assert isinstance(directory, OverlayDirectory)
            for name, node in directory.children.items():
                if isinstance(node, OverlayDirectory):
                    pending.append(node)
                if isinstance(node, OverlayDirectory) and is_still_there(directory, name, node):
                    mark_state(self, node.lower)
                else:
                    mark_change(directory, name, node)
            for name in directory.hidden:
                mark_change(directory, name, None)

    def close(self) -> None:
        super().close()
        self.lower.close()


def mark_change(directory: OverlayDirectory, name: str, node: MemNode | None) -> None:
    """Tell that a name of a directory stands for another node than below, or for none."""
    fs = directory.fs
    assert isinstance(fs, OverlayFs)
    if isinstance(node, OverlayDirectory | OverlayFile) and isinstance(node.lower, HostDirectory | HostFile):
        fs.moved[path_below(node.lower)] = node
    if fs.marks is not None:
        fs.marks.mark_name(name)
        mark_state(fs, directory.lower)


def is_still_there(directory: OverlayDirectory, name: str, node: OverlayDirectory) -> bool:
    """Whether a directory is held only since something below it was changed."""
    lower = node.lower
    return (
        isinstance(lower, HostDirectory)
        and lower.parent is not None
        and isinstance(directory.lower, HostDirectory)
        and lower.parent.identity == directory.lower.identity
        and lower.name == name.encode()
    )


def mark_state(fs: MemFs, lower: Node | None) -> None:
    """Tell that the state of what is below is shown no more."""
    if isinstance(fs, OverlayFs) and fs.marks is not None and isinstance(lower, HostFile | HostDirectory):
        fs.marks.mark_inode(lower.identity[1])


def path_below(node: HostDirectory | HostFile) -> str:
    """The path of a file or directory of the host below its mount."""
    names: list[str] = []
    place: HostDirectory | HostFile | None = node
    while place is not None and place.parent is not None:
        names.append(os.fsdecode(place.name))
        place = place.parent
    return "/".join(reversed(names))


def _mirror(node: MemNode, lower: Node) -> None:
    """Take over what stat shows of ``lower``; the node is not counted, since it stores nothing."""
    state = lower.stat()
    node.inode = state.inode
    node.mode = state.mode
    node.modified_ns = state.modified_ns
    node.changed_ns = state.changed_ns
    node.accessed_ns = state.accessed_ns
    node.counted = False


def _charged_attributes(lower: Node, ledger: Ledger) -> dict[bytes, bytes]:
    """The extended attributes of what is below, which are charged as if they had been set here."""
    values: dict[bytes, bytes] = {}
    for name in lower.attributes():
        value = lower.attribute(name)
        if value is not None:
            values = changed(values, name, value, ledger)
    return values


class Reserve:
    """A descriptor that is closed with this object."""

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)


class OverlayFile(MemFile):
    """A file; ``lower`` is None from the first write on, and ``source`` is ``lower`` while it is open.

    ``reserve`` is the host file that the content is to move to, if it was asked for before; ``below`` the file of the
    host that it began as.
    """

    __slots__ = ("below", "lower", "origin", "reserve", "source")

    def __init__(self, fs: MemFs, mode: int, lower: RegularNode | None = None) -> None:
        super().__init__(fs, mode)
        self.lower = lower
        self.source: OpenFile | None = None
        self.reserve: Reserve | None = None
        self.below = lower.identity if isinstance(lower, HostFile) else None
        self.origin: tuple[OverlayDirectory, str] | None = None
        if lower is not None:
            _mirror(self, lower)

    def size(self) -> int:
        if self.lower is None:
            return super().size()
        return (self.lower if self.source is None else self.source).stat().size

    def open(self, flags: int) -> OpenFile:
        if flags & OpenFlag.WRITE:
            self.copy_up(keep=not flags & OpenFlag.TRUNCATE)
        elif self.lower is not None and self.source is None:
            self.source = self.lower.open(OpenFlag.READ)
        if self.lower is None:
            return super().open(flags)
        self.opens += 1
        return MemOpenFile(self)

    def read_at(self, count: int, offset: int) -> bytes:
        if self.lower is None:
            return super().read_at(count, offset)
        assert self.source is not None, "an open file that mirrors has its source open"
        return self.source.read_at(count, offset)

    def host_fd(self) -> int:
        if self.lower is None:
            return super().host_fd()
        assert self.source is not None, "an open file that mirrors has its source open"
        return self.source.host_fd()

    def lock_file(self) -> int:
        """The host file to be locked for this one: that of the content, be it there already or later."""
        if self.lower is None:
            return self.host_fd()
        if self.reserve is None:
            self.reserve = Reserve(self.fs.new_host_file())
        return self.reserve.descriptor

    def new_content_file(self) -> int:
        return super().new_content_file() if self.reserve is None else os.dup(self.reserve.descriptor)

    def change_owner(self, user: int, group: int) -> None:
        self.copy_up(keep=True)
        super().change_owner(user, group)

    def change_mode(self, mode: int) -> None:
        self.copy_up(keep=True)
        super().change_mode(mode)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.copy_up(keep=True)
        super().set_times(accessed_ns, modified_ns)

    def attributes(self) -> list[bytes]:
        return super().attributes() if self.lower is None else self.lower.attributes()

    def attribute(self, name: bytes) -> bytes | None:
        return super().attribute(name) if self.lower is None else self.lower.attribute(name)

    def change_attribute(self, name: bytes, value: bytes | None) -> None:
        self.copy_up(keep=True)
        super().change_attribute(name, value)

    def copy_up(self, *, keep: bool) -> None:
        """Take the content into memory, or start empty, and stand on its own from now on."""
        if self.lower is None:
            return
        ledger = self.fs.ledger
        ledger.charge_file()
        values: dict[bytes, bytes] = {}
        try:
            values = _charged_attributes(self.lower, ledger)
            content = self._content(self.lower) if keep else bytearray()
        except BaseException:
            ledger.release_file()
            ledger.release_bytes(stored_size(values))
            raise
        mark_state(self.fs, self.lower)
        if self.origin is not None and isinstance(self.fs, OverlayFs) and self.fs.marks is not None:
            self.fs.marks.mark_name(self.origin[1])
            if isinstance(self.lower, HostFile):
                self.fs.moved[path_below(self.lower)] = self
        self.values = values or None
        self.data = content
        self.charged = len(content)
        self.counted = True
        self.lower = None
        if self.source is not None:
            self.source.close()
            self.source = None
        if self.origin is not None and self.links:
            directory, name = self.origin
            directory.pin_child(name, self)

    def _content(self, lower: RegularNode) -> bytearray:
        """Read everything below; what is read is charged first."""
        source = lower.open(OpenFlag.READ)
        content = bytearray()
        ledger = self.fs.ledger
        try:
            self.fs.ledger.check_file_size(source.stat().size)
            while part := source.read_at(CHUNK, len(content)):
                ledger.check_file_size(len(content) + len(part))
                ledger.charge_bytes(len(part))
                content += part
        except BaseException:
            ledger.release_bytes(len(content))
            raise
        finally:
            source.close()
        return content

    def release_if_unused(self) -> None:
        if self.source is not None and self.opens == 0:
            self.source.close()
            self.source = None
        if self.lower is None:
            super().release_if_unused()


class OverlayLink(MemLink):
    """A symbolic link that mirrors one below; ``below`` is that of the host."""

    __slots__ = ("below",)

    def __init__(self, fs: MemFs, lower: LinkNode) -> None:
        super().__init__(fs, lower.target())
        self.below = identity_of(lower.status) if isinstance(lower, HostLink) else None
        _mirror(self, lower)

    def change_owner(self, user: int, group: int) -> None:
        """Links that were there before stay root's."""

    def release_if_unused(self) -> None:
        """Nothing was charged for it."""


class OverlayOpaque(MemNode):
    """A FIFO, socket or device below: visible, never opened."""

    __slots__ = ("kind",)

    def __init__(self, fs: MemFs, lower: Node) -> None:
        super().__init__(fs, 0)
        self.kind = lower.kind
        _mirror(self, lower)

    def release_if_unused(self) -> None:
        """Nothing was charged for it."""


class OverlayDirectory(MemDirectory):
    """A directory; ``children`` holds what differs from below, ``hidden`` the names below that are gone."""

    __slots__ = ("hidden", "lower", "mirrors", "origin_name", "pinned")

    def __init__(self, fs: MemFs, mode: int, lower: DirectoryNode | None = None) -> None:
        super().__init__(fs, mode)
        self.lower = lower
        self.hidden: set[str] = set()
        self.mirrors: WeakValueDictionary[str, MemNode] = WeakValueDictionary()
        self.pinned = False
        self.origin_name = ""
        if lower is not None:
            _mirror(self, lower)

    def find(self, name: str) -> MemNode | None:
        own = self.children.get(name)
        if own is not None or self.lower is None or name in self.hidden:
            return own
        mirror = self.mirrors.get(name)
        if mirror is None:
            below = self.lower.lookup(name)
            if below is None:
                return None
            mirror = self._wrap(name, below)
            self.mirrors[name] = mirror
        return mirror

    def _wrap(self, name: str, below: Node) -> MemNode:
        if isinstance(below, DirectoryNode):
            directory = OverlayDirectory(self.fs, 0, below)
            directory.parent = self
            directory.origin_name = name
            return directory
        if isinstance(below, RegularNode):
            file = OverlayFile(self.fs, 0, below)
            file.origin = (self, name)
            return file
        if isinstance(below, LinkNode):
            return OverlayLink(self.fs, below)
        return OverlayOpaque(self.fs, below)

    def held(self) -> Iterable[MemNode]:
        return list(self.children.values())

    def is_empty(self) -> bool:
        return not self.entries_after("", 1)

    def pin_child(self, name: str, node: MemNode) -> None:
        """Hold a child that differs from below."""
        if name not in self.children:
            self.mirrors.pop(name, None)
            super().link_name(name, node)
        self.pin()

    def pin(self) -> None:
        """Hold this directory and its ancestors, since something in it differs from below."""
        node = self
        while not node.pinned and node.links:
            node.pinned = True
            parent = node.parent
            assert isinstance(parent, OverlayDirectory), "a directory that mirrors has a parent"
            if node.origin_name not in parent.children:
                parent.mirrors.pop(node.origin_name, None)
                MemDirectory.link_name(parent, node.origin_name, node)
            node = parent

    def link_name(self, name: str, node: MemNode) -> None:
        mark_change(self, name, node)
        super().link_name(name, node)
        if isinstance(node, OverlayDirectory):
            node.pinned = True
        elif isinstance(node, OverlayFile):
            node.origin = (self, name)
        self.pin()

    def change_owner(self, user: int, group: int) -> None:
        mark_state(self.fs, self.lower)
        super().change_owner(user, group)
        self.pin()

    def change_mode(self, mode: int) -> None:
        mark_state(self.fs, self.lower)
        super().change_mode(mode)
        self.pin()

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        mark_state(self.fs, self.lower)
        super().set_times(accessed_ns, modified_ns)
        self.pin()

    def attributes(self) -> list[bytes]:
        return self.lower.attributes() if self.values is None and self.lower is not None else super().attributes()

    def attribute(self, name: bytes) -> bytes | None:
        if self.values is None and self.lower is not None:
            return self.lower.attribute(name)
        return super().attribute(name)

    def change_attribute(self, name: bytes, value: bytes | None) -> None:
        if self.values is None and self.lower is not None:
            self.values = _charged_attributes(self.lower, self.fs.ledger)
        mark_state(self.fs, self.lower)
        super().change_attribute(name, value)
        self.pin()

    def add_name(self, name: str, node: Node) -> None:
        if isinstance(node, OverlayFile):
            node.copy_up(keep=True)
        super().add_name(name, node)

    def unlink_name(self, name: str) -> None:
        mark_change(self, name, None)
        if name in self.children:
            super().unlink_name(name)
        self.mirrors.pop(name, None)
        below = None if self.lower is None or name in self.hidden else self.lower.lookup(name)
        if below is not None:
            mark_state(self.fs, below)
            self.hidden.add(name)
        self.pin()

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        merged = {entry.name: entry for entry in super().entries_after(name, limit)}
        merged |= {entry.name: entry for entry in self._entries_below(name, limit)}
        return [merged[found] for found in sorted(merged)[:limit]]

    def _entries_below(self, name: str, limit: int) -> list[DirectoryEntry]:
        """Up to ``limit`` entries from below that are neither hidden nor replaced."""
        shown: list[DirectoryEntry] = []
        while self.lower is not None and len(shown) < limit:
            batch = self.lower.entries_after(name, limit)
            if not batch:
                break
            shown += [found for found in batch if found.name not in self.hidden and found.name not in self.children]
            name = batch[-1].name
        return shown[:limit]

    def new_file(self, mode: int) -> MemFile:
        return OverlayFile(self.fs, mode)

    def new_directory(self, mode: int) -> MemDirectory:
        return OverlayDirectory(self.fs, mode)
