"""A guest process, as far as the supervisor must remember it: what the host's kernel does not keep for us."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pvm.engines.direct.memory import GuestMemory
from pvm.kernel.process import Process
from pvm.kernel.randomness import RandomSource

if TYPE_CHECKING:
    from pvm.engines.direct.execution import Image
    from pvm.engines.direct.sites import Sites


LISTS_CHILDREN = os.path.exists("/proc/thread-self/children")  # noqa: PTH110 - pathlib costs start-up
"""Whether the host's kernel was built to list the children of a thread."""


class Invocation(NamedTuple):
    """What a process executes: the path of the program, its arguments, its environment."""

    path: str
    arguments: Sequence[bytes]
    environment: Sequence[bytes]


class GuestProcess:
    """One process; ``pending`` is the image that its stub is about to map, or None.

    ``view`` is the process that the kernel sees, with the working directory; ``descriptors`` is the host's folder of
    its open descriptors; ``sites`` is None in a process that executed nothing since it was forked.
    """

    __slots__ = (
        "__weakref__",
        "descriptors",
        "inner_pid",
        "invocation",
        "memory",
        "parent_pid",
        "pending",
        "pid",
        "program_path",
        "random",
        "sites",
        "umask",
        "view",
    )

    def __init__(self, pid: int, inner_pid: int, parent_pid: int, view: Process, umask: int, ran: Invocation) -> None:
        self.pid = pid
        self.inner_pid = inner_pid
        self.parent_pid = parent_pid
        self.view = view
        self.umask = umask
        self.invocation = ran
        self.program_path = ran.path
        self.pending: Image | None = None
        self.random: RandomSource | None = None
        self.sites: Sites | None = None
        self.descriptors = -1
        self.memory = GuestMemory(pid)
        self.descriptors = os.open(f"/proc/{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if self.descriptors >= 0:
            os.close(self.descriptors)


class Identification(NamedTuple):
    """What the host says of a thread: its process, the parent, the number that guests see."""

    process: int
    parent: int
    inner: int


def identify(tid: int) -> Identification | None:
    """Ask the host about a thread; None if it is dead."""
    try:
        with open(f"/proc/{tid}/status", "rb") as file:  # noqa: PTH123 - on the path of every new process
            text = file.read()
    except OSError:
        return None
    fields = {}
    for line in text.splitlines():
        name, _, value = line.partition(b":")
        if name in {b"Tgid", b"PPid", b"NStgid"}:
            fields[name] = int(value.split()[-1])
    return Identification(fields[b"Tgid"], fields[b"PPid"], fields.get(b"NStgid", fields[b"Tgid"]))


def children(pid: int) -> list[int]:
    """The processes that a process has forked and that live."""
    if not LISTS_CHILDREN:
        return children_by_search(pid)
    found: list[int] = []
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a name is all that is wanted
            with open(f"/proc/{pid}/task/{tid}/children", "rb") as file:  # noqa: PTH123 - the same
                found += map(int, file.read().split())
    except OSError:
        return found
    return found


def children_by_search(pid: int) -> list[int]:
    """The same where the host's kernel keeps no lists: from what each process says of its parent."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - a name is all that is wanted
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - the same
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:  # it has died meanwhile
                continue
            if parent == pid:
                found.append(int(name))
    return found


def descendants(pid: int) -> list[int]:
    """All processes below ``pid``."""
    found: list[int] = []
    pending = [pid]
    while pending:
        below = children(pending.pop())
        found += below
        pending += below
    return found
