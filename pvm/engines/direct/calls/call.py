"""One system call of a guest that waits for its answer, and how handlers get at its arguments.

Every argument in memory is copied once, and what is decided is decided on the copy.  ``checked_path`` then asks
the host whether the call still waits, so that nothing is done in the name of a process that has died.
"""

from __future__ import annotations

import errno
import fcntl
from typing import TYPE_CHECKING

from pvm.engines.direct import linux
from pvm.engines.direct.execution import decode_path
from pvm.errors import GuestError
from pvm.kernel.process import Process

if TYPE_CHECKING:
    from pvm.engines.direct.guest import GuestProcess
    from pvm.engines.direct.supervisor import Supervisor

CONTINUE = -(1 << 40)
"""The answer: let the host's kernel perform the call.  Only right where no argument points into memory."""
ANSWERED = CONTINUE - 1
"""No answer: it has been given already."""


class Call:
    """A waiting system call; ``after`` is the address behind its instruction."""

    __slots__ = ("after", "args", "guest", "number", "supervisor", "ticket", "tid")

    def __init__(
        self,
        supervisor: Supervisor,
        guest: GuestProcess,
        ticket: int,
        tid: int,
        number: int,
        args: tuple[int, ...],
        after: int = 0,
    ) -> None:
        self.supervisor = supervisor
        self.guest = guest
        self.ticket = ticket
        self.tid = tid
        self.number = number
        self.args = args
        self.after = after

    def is_waiting(self) -> bool:
        """Whether the caller still waits for its answer."""
        try:
            fcntl.ioctl(self.supervisor.listener, linux.NOTIF_ID_VALID, self.ticket.to_bytes(8, "little"))
        except OSError:
            return False
        return True

    def check_waiting(self) -> None:
        """Make sure that the caller still waits: its memory was its own while it was read."""
        if not self.is_waiting():
            raise GuestError(errno.EINTR)

    def path(self, index: int) -> str:
        """The path that an argument points to."""
        path = decode_path(self.guest.memory.read_text(self.args[index]))
        self.check_waiting()
        return path

    def raw_path(self, index: int) -> bytes:
        """The same, as it is in memory."""
        path = self.guest.memory.read_text(self.args[index])
        self.check_waiting()
        return path

    def signed(self, index: int) -> int:
        """An argument as a signed 32-bit number."""
        value = self.args[index] & 0xFFFF_FFFF
        return value - (1 << 32) if value >> 31 else value

    def view(self, directory: int, path: str) -> Process:
        """The process as the kernel is to see it for a path relative to the descriptor in argument ``directory``."""
        if path.startswith("/"):
            return self.guest.view
        fd = self.signed(directory)
        if fd == linux.AT_FDCWD:
            return self.guest.view
        return self.guest.view.standing_at(self.supervisor.files.directory(self.guest, fd))

    def write(self, index: int, data: bytes) -> None:
        """Put bytes where an argument points to."""
        self.guest.memory.write(self.args[index], data)

    def give_descriptor(self, descriptor: int, *, close_on_exec: bool) -> int:
        """Answer with a new descriptor of the guest for a descriptor of ours, which stays open; from any thread."""
        listener = self.supervisor.listener
        if listener < 0:  # the jail has ended
            return ANSWERED
        request = linux.ADDFD.pack(
            self.ticket, linux.ADDFD_SEND, descriptor, 0, linux.O_CLOEXEC if close_on_exec else 0
        )
        try:
            fcntl.ioctl(listener, linux.NOTIF_ADDFD, request)
        except OSError as error:
            if error.errno == errno.ENOENT:  # the caller has died
                return ANSWERED
            raise GuestError(error.errno or errno.EMFILE) from None
        return ANSWERED

    def put_descriptor(self, descriptor: int, number: int = -1, *, close_on_exec: bool = False) -> int:
        """Give the guest a descriptor before the answer, at ``number`` or at the lowest that is free; its number."""
        flags, wanted = (0, 0) if number < 0 else (linux.ADDFD_SETFD, number)
        request = linux.ADDFD.pack(self.ticket, flags, descriptor, wanted, linux.O_CLOEXEC if close_on_exec else 0)
        try:
            given: int = fcntl.ioctl(self.supervisor.listener, linux.NOTIF_ADDFD, bytearray(request))
        except OSError as error:
            raise GuestError(error.errno or errno.EMFILE) from None
        return given
