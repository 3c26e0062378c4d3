"""Path walk: from a path, component by component, to a place in the namespace.

The walk interprets symbolic links itself, as guest paths, whatever file system they come from, and
answers ``..`` from the chain of places that it came through, never from a file system: therefore a
path cannot leave its mount other than to where the namespace leads.  A place keeps the node, not
the name, so a working directory that is renamed goes on working; ``Location.path`` then tells its
old name.
"""

from __future__ import annotations

from enum import Enum

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.vfs.mount import MountPoint, PhantomDirectory
from pvm.kernel.vfs.node import DirectoryNode, LinkNode, Node
from pvm.typed import NamedTuple

PATH_MAX = 4095
NAME_MAX = 255
SHORT_NAME = NAME_MAX // 4
"""A name of no more characters is short enough, since each has four bytes at most."""
LINKS_MAX = 40


class Location:
    """A node and how the walk came to it; ``mounts`` is the part of the mount tree from here on."""

    __slots__ = ("mounts", "name", "node", "parent")

    def __init__(self, node: Node, parent: Location | None, name: str, mounts: MountPoint | None) -> None:
        self.node = node
        self.parent = parent
        self.name = name
        self.mounts = mounts

    def path(self) -> str:
        """The absolute path by which the location was reached."""
        names = []
        place = self
        while place.parent is not None:
            names.append(place.name)
            place = place.parent
        return "/" + "/".join(reversed(names))

    def directory(self) -> DirectoryNode:
        """The node as a directory, or NOTDIR."""
        if not isinstance(self.node, DirectoryNode):
            raise GuestError(Errno.NOTDIR)
        return self.node

    def child(self, name: str) -> Location | None:
        """The place called ``name`` below this directory, or None."""
        if self.mounts is None:
            node = self.directory().lookup(name)
            return None if node is None else Location(node, self, name, None)
        below = self.mounts.children.get(name)
        if below is not None and below.fs is not None:
            return Location(below.fs.root, self, name, below)
        node = self.directory().lookup(name)
        if below is not None and not isinstance(node, DirectoryNode):
            node = PhantomDirectory(below)
        return None if node is None else Location(node, self, name, below)

    def holds_mount(self, name: str) -> bool:
        """Whether ``name`` is a mount point or leads to one, so that it cannot be moved or removed."""
        return self.mounts is not None and name in self.mounts.children


class Walk(NamedTuple):
    """Where a path leads: ``found`` is None where only the last component is missing.

    ``parent`` and ``name`` locate the last component; ``name`` is ``.`` when the path ends in
    ``.``, ``..`` or is the root, and then ``parent`` is ``found``.  ``as_directory`` says that the
    path ended in a slash.
    """

    parent: Location
    name: str
    found: Location | None
    as_directory: bool

    def existing(self) -> Location:
        """The place found, or NOENT; NOTDIR if the path ended in a slash and this is no directory."""
        if self.found is None:
            raise GuestError(Errno.NOENT)
        if self.as_directory:
            self.found.directory()
        return self.found


def check_path(path: str) -> None:
    """Refuse a path that no file system could take."""
    if not path:
        raise GuestError(Errno.NOENT)
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise GuestError(Errno.INVAL, "path is not valid unicode") from None
    if "\0" in path:
        raise GuestError(Errno.INVAL, "path contains a zero byte")
    if size > PATH_MAX:
        raise GuestError(Errno.NAMETOOLONG)


class Last(Enum):
    """What to do with a symbolic link in the last component."""

    FOLLOW = 1
    KEEP = 2
    """Do not follow it, unless the path ends in a slash."""
    NAME = 3
    """Never follow it: the path means the directory entry itself."""


FOLLOW, KEEP = Last.FOLLOW, Last.KEEP  # names of the module are found faster than members of an enumeration


def walk(root: Location, start: Location, path: str, last: Last = Last.FOLLOW) -> Walk:
    """Walk ``path`` from ``start``, or from ``root`` if it is absolute."""
    check_path(path)
    here = root if path.startswith("/") else start
    as_directory = path.endswith("/")
    pending = components(path)
    links = 0
    here.directory()
    parent, last_name = here, "."
    while pending:
        name = pending.pop()
        if not isinstance(here.node, DirectoryNode):
            raise GuestError(Errno.NOTDIR)
        if name in {".", ".."}:
            here = here.parent or here if name == ".." else here
            parent, last_name = here, "."
            continue
        if len(name) > SHORT_NAME:
            check_name(name)
        found = here.child(name)
        if found is None:
            if pending:
                raise GuestError(Errno.NOENT)
            return Walk(here, name, None, as_directory)
        if isinstance(found.node, LinkNode) and (pending or last is FOLLOW or (as_directory and last is KEEP)):
            links += 1
            target = _target(found.node, links)
            here = root if target.startswith("/") else here
            as_directory = as_directory or (not pending and target.endswith("/"))
            pending.extend(components(target))
            parent, last_name = here, "."
        else:
            parent, last_name, here = here, name, found
    return Walk(parent, last_name, here, as_directory)


def components(path: str) -> list[str]:
    """The components in reverse order, without empty ones."""
    return [name for name in reversed(path.split("/")) if name]


def check_name(name: str) -> None:
    """Refuse a component that is too long for any file system."""
    if len(name.encode()) > NAME_MAX:
        raise GuestError(Errno.NAMETOOLONG)


def _target(link: LinkNode, links: int) -> str:
    if links > LINKS_MAX:
        raise GuestError(Errno.LOOP)
    target = link.target()
    check_path(target)
    return target
