"""The mount tree: which file system is at which path.

Mounts are fixed when the kernel is made.  A mount point need not exist below: the directories that
lead to it then appear as phantoms, empty but for what leads on, and read-only.
"""

from __future__ import annotations

from pvm.errors import UsageError
from pvm.kernel.vfs.node import DirectoryEntry, DirectoryNode, FileKind, FileSystem, Node, Stat
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class MountPoint:
    """A node of the mount tree; ``fs`` is None where the path only leads to a mount."""

    __slots__ = ("children", "fs")

    def __init__(self, fs: FileSystem | None = None) -> None:
        self.fs = fs
        self.children: dict[str, MountPoint] = {}


class PhantomDirectory(DirectoryNode):
    """A directory that exists only because a mount lies below it."""

    __slots__ = ("point",)

    def __init__(self, point: MountPoint) -> None:
        super().__init__(_PHANTOMS)
        self.point = point

    def stat(self) -> Stat:
        return Stat(0, 1, FileKind.DIRECTORY, 0o555, 1, 0, 0, 0, 0)

    def same_as(self, other: Node) -> bool:
        return isinstance(other, PhantomDirectory) and other.point is self.point

    def lookup(self, name: str) -> Node | None:
        return None

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        return []


_PHANTOMS = FileSystem(0, read_only=True)


def mount_components(path: str) -> list[str]:
    """The components of a mount path, which must be absolute and without detours."""
    parts = path.split("/")
    if parts[0] != "" or len(parts) < 2:
        raise UsageError(f"mount path {path!r} is not absolute")
    names = [part for part in parts if part]
    if any(name in {".", ".."} or "\0" in name or len(name.encode(errors="replace")) > 255 for name in names):
        raise UsageError(f"mount path {path!r} has a component that is no file name")
    return names


def mount_tree(mounts: Mapping[str, FileSystem]) -> MountPoint:
    """The tree of all mounts; two mounts at one path are an error."""
    root = MountPoint()
    for path, fs in mounts.items():
        point = root
        for name in mount_components(path):
            point = point.children.setdefault(name, MountPoint())
        if point.fs is not None:
            raise UsageError(f"two mounts at {path!r}")
        point.fs = fs
    return root
