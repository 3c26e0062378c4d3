"""A launcher apart from those of a jail: a process that performs system calls which the supervisor itself cannot.

It has descriptors of its own, and one thread.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

from pvm.engines.direct import linux
from pvm.engines.direct.jail import pidfd, start_launcher
from pvm.engines.direct.machine_code import BUFFER_SIZE
from pvm.engines.direct.records import RECORD, Batch, results

WAIT_SECONDS = 20.0


class Launcher:
    """A launcher that has ``given`` descriptors of ours, by its numbers; raises OSError."""

    def __init__(self, given: Mapping[int, int]) -> None:
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(WAIT_SECONDS)
        try:
            with other:
                self._pid = start_launcher(other.fileno(), given)
        except BaseException:
            self._control.close()
            raise

    def perform(self, batch: Batch) -> list[int]:
        """What each call of a batch gave; raises OSError for the first that failed and is checked."""
        self._control.send(RECORD.pack(len(batch), *[0] * 7) + batch.pack())
        reply = self._control.recv(BUFFER_SIZE)
        if not reply:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        found = results(reply[RECORD.size :], len(batch))
        failure = batch.failure(found)
        if failure:
            raise OSError(-failure, os.strerror(-failure))
        return found

    def take(self, number: int) -> int:
        """A duplicate of a descriptor that it has."""
        with pidfd(self._pid) as process:
            return linux.syscall(linux.PIDFD_GETFD, process, number, 0)

    def close(self) -> None:
        """End it."""
        self._control.close()
        os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):  # somebody in this process waits for all children
            os.waitpid(self._pid, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
