"""A control group of the host for one jail, where the host lets us make one: it bounds memory without a gap.

Both versions of control groups are tried.  Where neither works there is none, and the watch of ``machine.py`` alone
bounds the memory of all processes together.
"""

from __future__ import annotations

import errno
import os
import time
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self

NUMBERS = count()
REMOVAL_TRIES = 200


class _Version(NamedTuple):
    """How a version of control groups is used: names of its files."""

    kind: str
    limit: str
    events: str


FIRST = _Version("cgroup", "memory.limit_in_bytes", "memory.oom_control")
SECOND = _Version("cgroup2", "memory.max", "memory.events")


class ControlGroup:
    """A group with a limit of memory."""

    def __init__(self, folder: Path, version: _Version) -> None:
        self._folder = folder
        self._version = version

    @classmethod
    def make(cls, memory: int) -> Self | None:
        """Make a group for ``memory`` bytes, or None where the host does not let us."""
        for version, parent in candidates():
            remove_stale(parent)
            folder = parent / f"pvm-{os.getpid()}-{next(NUMBERS)}"
            group = cls(folder, version)
            try:
                folder.mkdir()
                (folder / version.limit).write_text(str(memory))
                group.was_exceeded()
            except (OSError, ValueError):
                group.close()
                continue
            return group
        return None

    def add(self, pid: int) -> None:
        """Put a process into the group, with all that it will fork, unless it has died."""
        try:
            (self._folder / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            if error.errno not in {errno.ESRCH, errno.ENOENT, errno.EACCES, errno.EPERM, errno.EBUSY}:
                raise

    def freeze(self, *, frozen: bool) -> bool:
        """Stop all processes of the group, or let them go on; false where the host cannot."""
        if self._version is not SECOND:  # the first version has a hierarchy of its own for that
            return False
        try:
            (self._folder / "cgroup.freeze").write_text("1" if frozen else "0")
        except OSError:
            return False
        return True

    def was_exceeded(self) -> bool:
        """Whether the host has ended a process of the group for want of memory."""
        with open(self._folder / self._version.events, encoding="ascii") as file:  # noqa: PTH123 - every 20 ms
            fields = dict(line.split() for line in file)
        return int(fields["oom_kill"]) > 0

    def close(self) -> None:
        """Remove the group; its processes have ended, but the host may still be about to notice."""
        for _ in range(REMOVAL_TRIES):
            try:
                self._folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.001)
            else:
                return


def remove_stale(parent: Path) -> None:
    """Remove the groups of processes that were killed before they could; what is in use cannot be removed."""
    for folder in parent.glob("pvm-*-*"):
        if not Path("/proc", folder.name.split("-")[1]).exists():
            try:
                folder.rmdir()
            except OSError:
                continue


def candidates() -> list[tuple[_Version, Path]]:
    """Where a group may be made: below the group of this process, or, for the second version, beside it.

    A group of the second version that holds processes cannot have groups with limits below it.
    """
    try:
        memberships = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    except OSError:
        return []
    found = []
    for mount in mounts:
        root, point = mount[3], mount[4]
        kind, _, options = mount[mount.index("-") + 1 :]
        for _, controllers, path in memberships:
            if not path.startswith(root.rstrip("/")):
                continue
            folder = Path(point, path[len(root.rstrip("/")) :].lstrip("/"))
            if kind == FIRST.kind and "memory" in controllers.split(",") and "memory" in options.split(","):
                found.append((FIRST, folder))
            elif kind == SECOND.kind and controllers == "":
                found += [(SECOND, folder), (SECOND, folder.parent)]
    return found
