"""What a process can do to paths: the rules of POSIX that hold whatever the file system.

Each operation walks first, then refuses what concerns places (mounts, ``.`` and ``..``, other file
systems), then leaves the rest to the file system.
"""

from __future__ import annotations

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.process import Process
from pvm.kernel.vfs.description import Description, DirectoryDescription, FileDescription
from pvm.kernel.vfs.node import DeviceNode, DirectoryNode, LinkNode, Node, OpenFlag, RegularNode
from pvm.kernel.vfs.path import Last, Location, Walk, check_path


def open_path(process: Process, path: str, flags: int, mode: int) -> Description:
    """Open a path; the description is not yet retained."""
    check_flags(flags)
    last = Last.FOLLOW
    if flags & OpenFlag.CREATE and (flags & OpenFlag.EXCLUSIVE or path.endswith("/")):
        last = Last.NAME
    elif flags & OpenFlag.NOFOLLOW:
        last = Last.KEEP
    place = process.walk(path, last)
    if place.as_directory and flags & OpenFlag.CREATE:
        raise GuestError(Errno.ISDIR)
    if place.found is None and flags & OpenFlag.CREATE:
        return _create(place, flags, mode)
    if place.found is not None and last is Last.NAME:
        raise GuestError(Errno.EXIST)
    found = place.existing()
    node = found.node
    if isinstance(node, DirectoryNode):
        if flags & (OpenFlag.WRITE | OpenFlag.CREATE):
            raise GuestError(Errno.ISDIR)
        return DirectoryDescription(found)
    if flags & OpenFlag.DIRECTORY:
        raise GuestError(Errno.NOTDIR)
    return open_node(process, found, flags)


def check_flags(flags: int) -> None:
    """Refuse combinations that mean nothing."""
    writes = bool(flags & OpenFlag.WRITE)
    creates = bool(flags & OpenFlag.CREATE)
    if not flags & (OpenFlag.READ | OpenFlag.WRITE):
        raise GuestError(Errno.INVAL, "neither READ nor WRITE")
    if flags & (OpenFlag.TRUNCATE | OpenFlag.APPEND) and not writes:
        raise GuestError(Errno.INVAL, "TRUNCATE and APPEND need WRITE")
    if flags & OpenFlag.EXCLUSIVE and not creates:
        raise GuestError(Errno.INVAL, "EXCLUSIVE needs CREATE")
    if flags & OpenFlag.DIRECTORY and creates:
        raise GuestError(Errno.INVAL, "DIRECTORY excludes CREATE")


def _create(place: Walk, flags: int, mode: int) -> Description:
    node = place.parent.directory().create_file(place.name, mode & 0o777)
    location = Location(node, place.parent, place.name, None)
    return FileDescription(node.open(flags & ~OpenFlag.TRUNCATE), flags, location)


def open_node(process: Process, found: Location, flags: int) -> Description:
    """Open something that is no directory."""
    node = found.node
    if isinstance(node, RegularNode):
        if flags & OpenFlag.WRITE and node.fs.read_only:
            raise GuestError(Errno.ROFS)
        return FileDescription(node.open(flags), flags, found)
    if isinstance(node, DeviceNode):
        return node.open_device(process, flags)
    if isinstance(node, LinkNode):
        raise GuestError(Errno.LOOP, "a symbolic link, and NOFOLLOW")
    raise GuestError(Errno.ACCES, f"a {node.kind.name.lower()} of the host")


def check_access(node: Node, mode: int) -> None:
    """Raise what keeps the guest from using a file: it owns all its files, so owner bits count."""
    if mode & ~7:
        raise GuestError(Errno.INVAL)
    if mode & 2 and node.fs.read_only and not isinstance(node, DeviceNode):
        raise GuestError(Errno.ROFS)
    if mode & 1 and not isinstance(node, DirectoryNode) and not node.stat().mode & 0o111:
        raise GuestError(Errno.ACCES)


def rename(process: Process, old: str, new: str, new_process: Process | None = None) -> None:
    """Move what ``old`` names to ``new``, which ``new_process`` walks if it stands elsewhere."""
    source = process.walk(old, Last.NAME)
    target = (new_process or process).walk(new, Last.NAME)
    if source.found is None:
        raise GuestError(Errno.NOENT)
    if source.name == "." or target.name == ".":
        raise GuestError(Errno.BUSY)
    if source.parent.holds_mount(source.name) or target.parent.holds_mount(target.name):
        raise GuestError(Errno.BUSY)
    if (source.as_directory or target.as_directory) and not isinstance(source.found.node, DirectoryNode):
        raise GuestError(Errno.NOTDIR)
    old_parent, new_parent = source.parent.directory(), target.parent.directory()
    if old_parent.fs is not new_parent.fs:
        raise GuestError(Errno.XDEV)
    old_parent.fs.rename(old_parent, source.name, new_parent, target.name)


def unlink(process: Process, path: str) -> None:
    """Remove a name of anything but a directory."""
    place = process.walk(path, Last.NAME)
    place.existing()
    if place.name == ".":
        raise GuestError(Errno.ISDIR)
    if place.parent.holds_mount(place.name):
        raise GuestError(Errno.BUSY)
    place.parent.directory().remove_file(place.name)


def truncate(node: Node, size: int) -> None:
    """Set the size of a file that is not open."""
    if isinstance(node, DirectoryNode):
        raise GuestError(Errno.ISDIR)
    if not isinstance(node, RegularNode):
        raise GuestError(Errno.INVAL)
    if node.fs.read_only:
        raise GuestError(Errno.ROFS)
    file = node.open(OpenFlag.WRITE)
    try:
        file.truncate(size)
    finally:
        file.close()


def symlink(process: Process, target: str, path: str) -> None:
    """Make a symbolic link."""
    check_path(target)
    place = process.walk(path, Last.NAME)
    if place.found is not None:
        raise GuestError(Errno.EXIST)
    if place.as_directory:
        raise GuestError(Errno.NOENT)
    place.parent.directory().create_link(place.name, target)


def add_link(process: Process, old: Location, path: str) -> None:
    """Give the file ``old`` one more name."""
    place = process.walk(path, Last.NAME)
    if place.found is not None:
        raise GuestError(Errno.EXIST)
    if isinstance(old.node, DirectoryNode):
        raise GuestError(Errno.PERM)
    if place.as_directory:
        raise GuestError(Errno.NOENT)
    parent = place.parent.directory()
    if parent.fs is not old.node.fs:
        raise GuestError(Errno.XDEV)
    parent.add_name(place.name, old.node)


def link_target(process: Process, path: str) -> str:
    """The text of a symbolic link."""
    node = process.walk(path, Last.KEEP).existing().node
    if not isinstance(node, LinkNode):
        raise GuestError(Errno.INVAL, "no symbolic link")
    return node.target()


def make_directory(process: Process, path: str, mode: int) -> None:
    """Make a directory."""
    place = process.walk(path, Last.NAME)
    if place.found is not None:
        raise GuestError(Errno.EXIST)
    place.parent.directory().create_directory(place.name, mode & 0o777)


def remove_directory(process: Process, path: str) -> None:
    """Remove an empty directory."""
    place = process.walk(path, Last.NAME)
    found = place.existing()
    if place.name == "." and found.parent is not None:
        raise GuestError(Errno.INVAL, "the path ends in . or ..")
    if place.name == "." or place.parent.holds_mount(place.name):
        raise GuestError(Errno.BUSY)
    place.parent.directory().remove_directory(place.name)


def change_directory(process: Process, path: str) -> None:
    """Set the working directory."""
    found = process.walk(path).existing()
    found.directory()
    process.cwd = found
