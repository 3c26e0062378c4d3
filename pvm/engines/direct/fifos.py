"""FIFOs: names in the virtual file system, each with a FIFO of the host in the private store behind it.

Opening one may wait for the other side, which only a thread may do; the threads that still wait when the jail ends are
let go by opening both sides.
"""

from __future__ import annotations

import errno
import os
import threading
from itertools import count
from weakref import WeakKeyDictionary

from pvm.engines.direct.calls.call import ANSWERED, Call
from pvm.engines.direct.jail import Jail
from pvm.errors import GuestError
from pvm.kernel.vfs.node import FileKind, Node
from pvm.kernel.vfs.path import Walk

OPEN_FLAGS = os.O_ACCMODE | os.O_NONBLOCK


class Fifos:
    """The FIFOs of a jail."""

    def __init__(self, jail: Jail) -> None:
        self._jail = jail
        self._store = os.dup(jail.store_fd)  # of its own, since threads may outlive the jail for a moment
        self._names: WeakKeyDictionary[Node, str] = WeakKeyDictionary()
        self._numbers = count()
        self._threads: list[threading.Thread] = []
        self._opened: set[str] = set()

    def make(self, place: Walk, mode: int) -> None:
        """Make one where nothing is.

        Raises:
            GuestError: the file system does not take it, or there is no room.
        """
        if place.found is not None:
            raise GuestError(errno.EEXIST)
        node = place.parent.directory().create_special(place.name, FileKind.PIPE, mode)
        name = f"f{next(self._numbers)}"
        try:
            with self._jail.as_owner():
                os.mkfifo(name, 0o600, dir_fd=self._store)
        except OSError:
            place.parent.directory().remove_file(place.name)
            raise GuestError(errno.ENOSPC) from None
        self._names[node] = name

    def open(self, call: Call, node: Node, flags: int) -> int | None:
        """Answer the open of a FIFO; None if it is something else."""
        name = self._names.get(node)
        if name is None:
            return None
        wanted = flags & OPEN_FLAGS | os.O_CLOEXEC
        if flags & os.O_NONBLOCK or flags & os.O_ACCMODE == os.O_RDWR:
            return self._finish(call, name, wanted, close_on_exec=bool(flags & os.O_CLOEXEC))
        arguments = (call, name, wanted, bool(flags & os.O_CLOEXEC))
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=self._wait, args=arguments, name="pvm-fifo", daemon=True))
        self._opened.add(name)
        self._threads[-1].start()
        return ANSWERED

    def _finish(self, call: Call, name: str, flags: int, *, close_on_exec: bool) -> int:
        try:
            descriptor = os.open(name, flags, dir_fd=self._store)
        except OSError as error:
            raise GuestError(error.errno or errno.EIO) from None
        try:
            return call.give_descriptor(descriptor, close_on_exec=close_on_exec)
        finally:
            os.close(descriptor)

    def _wait(self, call: Call, name: str, flags: int, close_on_exec: bool) -> None:
        try:
            result = self._finish(call, name, flags, close_on_exec=close_on_exec)
        except GuestError as error:
            result = -error.errno
        if result != ANSWERED:
            call.supervisor.answer(call.ticket, result)

    def close(self) -> None:
        """Let go of the threads that wait, and of the store; every guest has ended."""
        while any(thread.is_alive() for thread in self._threads):
            for name in self._opened:
                os.close(os.open(name, os.O_RDWR | os.O_NONBLOCK, dir_fd=self._store))
            self._threads[-1].join(0.01)
            self._threads = [thread for thread in self._threads if thread.is_alive()]
        os.close(self._store)
