"""Pseudo-terminals that guests make for each other: ``/dev/ptmx`` and ``/dev/pts``.

They are those of the host's kernel, from an instance of its file system that belongs to the jail alone and is mounted
nowhere.  The supervisor opens them for guests; that they are somebody's controlling terminal is up to TIOCSCTTY.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.jail import Jail
from pvm.errors import GuestError
from pvm.kernel.abi import Errno
from pvm.kernel.vfs.node import FileKind, FileSystem, Node, Stat

MULTIPLEXER = "ptmx"
OPEN_FLAGS = os.O_ACCMODE | os.O_NONBLOCK
TERMINAL_MAJORS = range(136, 144)
STREAMS = 10
"""How many descriptors are looked at for the terminal of a caller."""


class TerminalNode(Node):
    """A terminal by its name, or the multiplexer that makes them."""

    __slots__ = ("_look", "name")

    kind = FileKind.CHARACTER

    def __init__(self, fs: FileSystem, name: str, look: Callable[[str], Stat]) -> None:
        super().__init__(fs)
        self.name = name
        self._look = look

    def stat(self) -> Stat:
        return self._look(self.name)

    def same_as(self, other: Node) -> bool:
        return isinstance(other, TerminalNode) and other.fs is self.fs and other.name == self.name

    def change_mode(self, mode: int) -> None:
        """What grantpt and login do: the mode stays."""

    def change_owner(self, user: int, group: int) -> None:
        """The same: the owner stays."""


class Terminals:
    """Those of a jail."""

    def __init__(self, jail: Jail) -> None:
        self._folder = jail.terminals_fd
        self.device = os.fstat(self._folder).st_dev if self._folder >= 0 else -1

    def names(self) -> list[str]:
        """All that are open, and the multiplexer."""
        if self._folder < 0:
            return []
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._folder)
        try:
            return os.listdir(descriptor)  # noqa: PTH208 - pathlib cannot list a descriptor
        finally:
            os.close(descriptor)

    def status(self, name: str) -> os.stat_result:
        """The host's view of one.

        Raises:
            GuestError: NOENT.
        """
        try:
            if self._folder >= 0 and (name == MULTIPLEXER or (name.isascii() and name.isdecimal())):
                return os.stat(name, dir_fd=self._folder)
        except OSError:
            raise GuestError(Errno.NOENT) from None
        raise GuestError(Errno.NOENT)

    def open(self, call: Call, name: str, flags: int) -> int:
        """Answer with a descriptor of one."""
        try:
            descriptor = os.open(name, flags & OPEN_FLAGS | os.O_NOCTTY | os.O_CLOEXEC, dir_fd=self._folder)
        except OSError as error:
            raise GuestError(error.errno or Errno.IO) from None
        try:
            return call.give_descriptor(descriptor, close_on_exec=bool(flags & os.O_CLOEXEC))
        finally:
            os.close(descriptor)

    def path(self, status: os.stat_result) -> str | None:
        """The path of a terminal as guests know it, by the host's view of a descriptor."""
        if status.st_dev != self.device or not stat.S_ISCHR(status.st_mode):
            return None
        if os.major(status.st_rdev) not in TERMINAL_MAJORS:
            return f"/dev/{MULTIPLEXER}"
        return f"/dev/pts/{os.minor(status.st_rdev)}"

    def controlling(self, call: Call) -> str | None:
        """The name of the caller's controlling terminal, if that is one of these and the caller has it open."""
        try:
            with open(f"/proc/{call.guest.pid}/stat", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
                number = int(file.read().rpartition(b")")[2].split()[4])
        except OSError:
            return None
        for fd in range(STREAMS if number and self._folder >= 0 else 0):
            try:
                status = call.supervisor.files.status(call.guest, fd)
            except GuestError:
                continue
            if status.st_dev == self.device and status.st_rdev == number:
                return str(os.minor(status.st_rdev))
        return None
