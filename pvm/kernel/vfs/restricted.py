"""A path walk that may not lead everywhere: the restrictions of ``openat2``.

It repeats what ``path.walk`` does, which every path of every program goes through, and which stays free of them.
"""

from __future__ import annotations

from enum import IntFlag

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.process import Process
from pvm.kernel.vfs.node import DirectoryNode, LinkNode
from pvm.kernel.vfs.path import LINKS_MAX, Last, Location, Walk, check_name, check_path, components


class Restriction(IntFlag):
    """What a walk may not do; the numbers are those of Linux."""

    NO_OTHER_MOUNT = 0x01
    NO_MAGIC_LINKS = 0x02
    NO_LINKS = 0x04
    BENEATH = 0x08
    """Leave the directory where it starts."""
    IN_ROOT = 0x10
    """See anything above the directory where it starts, which is the root for this walk."""


class RestrictedProcess(Process):
    """A process as seen by one operation whose walks are restricted."""

    __slots__ = ("restriction",)

    restriction: Restriction

    @classmethod
    def of(cls, process: Process, restriction: Restriction) -> RestrictedProcess:
        """The same process with restricted walks."""
        view = object.__new__(cls)
        for name in Process.__slots__:
            setattr(view, name, getattr(process, name))
        view.restriction = restriction
        return view

    def walk(self, path: str, last: Last | None = None) -> Walk:
        return walk(self.kernel.root, self.cwd, path, last or Last.FOLLOW, self.restriction)


def walk(root: Location, start: Location, path: str, last: Last, restriction: Restriction) -> Walk:
    """Walk ``path`` from ``start`` without doing what is restricted."""
    check_path(path)
    here = entered(root, start, path, restriction)
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
            here = above(here, start, restriction) if name == ".." else here
            parent, last_name = here, "."
            continue
        check_name(name)
        found = here.child(name)
        if found is None:
            if pending:
                raise GuestError(Errno.NOENT)
            return Walk(here, name, None, as_directory)
        if isinstance(found.node, LinkNode) and (
            pending or last is Last.FOLLOW or (as_directory and last is Last.KEEP)
        ):
            links += 1
            check_link(found.node, restriction)
            if links > LINKS_MAX:
                raise GuestError(Errno.LOOP)
            target = found.node.target()
            check_path(target)
            if target.startswith("/"):
                here = crossed(here, entered(root, start, target, restriction), restriction)
            as_directory = as_directory or (not pending and target.endswith("/"))
            pending.extend(components(target))
            parent, last_name = here, "."
        else:
            parent, last_name, here = here, name, crossed(here, found, restriction)
    return Walk(parent, last_name, here, as_directory)


def check_link(link: LinkNode, restriction: Restriction) -> None:
    """Refuse to follow a link that may not be followed."""
    if restriction & Restriction.NO_LINKS or (link.magic and restriction & Restriction.NO_MAGIC_LINKS):
        raise GuestError(Errno.LOOP)
    if link.magic and restriction & (Restriction.BENEATH | Restriction.IN_ROOT):
        raise GuestError(Errno.XDEV)


def entered(root: Location, start: Location, path: str, restriction: Restriction) -> Location:
    """Where a path begins."""
    if not path.startswith("/"):
        return start
    if restriction & Restriction.BENEATH:
        raise GuestError(Errno.XDEV)
    return start if restriction & Restriction.IN_ROOT else root


def above(here: Location, start: Location, restriction: Restriction) -> Location:
    """Where ``..`` leads."""
    if is_same(here, start):
        if restriction & Restriction.BENEATH:
            raise GuestError(Errno.XDEV)
        if restriction & Restriction.IN_ROOT:
            return here
    return crossed(here, here.parent or here, restriction)


def is_same(one: Location, other: Location) -> bool:
    """Whether two places are the same directory, however it was reached."""
    return one is other or one.node.same_as(other.node)


def crossed(here: Location, there: Location, restriction: Restriction) -> Location:
    """The next place, if it is in the same mount where it must be."""
    if restriction & Restriction.NO_OTHER_MOUNT and here.node.fs is not there.node.fs:
        raise GuestError(Errno.XDEV)
    return there
