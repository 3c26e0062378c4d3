"""New sockets in the network of a jail: a second launcher enters it and makes them when they are asked for.

The supervisor itself cannot, since only a process with one thread may enter a user namespace.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
from contextlib import suppress

from pvm.engines.direct import linux
from pvm.engines.direct.jail import pidfd, start_launcher
from pvm.engines.direct.machine_code import BUFFER_SIZE
from pvm.engines.direct.records import RECORD, Batch, results

SIOCGSKNS, NS_GET_USERNS = 0x894C, 0xB701
NETWORK_FD, USER_FD = 4, 5
WAIT_SECONDS = 20.0


class JailSockets:
    """Makes sockets in the network that ``witness``, a socket, belongs to."""

    def __init__(self, witness: int) -> None:
        self._witness = witness
        self._pid = 0
        self._control: socket.socket | None = None

    def make(self, family: int, kind: int) -> int:
        """A new socket; raises OSError."""
        if self._control is None:
            self._start()
        batch = Batch()
        batch.add(linux.SOCKET, family, kind, 0)
        made = self._perform(batch)[0]
        if made < 0:
            raise OSError(-made, os.strerror(-made))
        with pidfd(self._pid) as launcher:
            descriptor = linux.syscall(linux.PIDFD_GETFD, launcher, made, 0)
        batch = Batch()
        batch.add(linux.CLOSE, made)
        self._perform(batch)
        return descriptor

    def _start(self) -> None:
        """Start the launcher and let it enter the jail's namespaces."""
        control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        network = user = -1
        try:
            with other:
                network = fcntl.ioctl(self._witness, SIOCGSKNS)
                user = fcntl.ioctl(network, NS_GET_USERNS)
                self._pid = start_launcher(other.fileno(), {NETWORK_FD: network, USER_FD: user})
        finally:
            for descriptor in (network, user):
                if descriptor >= 0:
                    os.close(descriptor)
        control.settimeout(WAIT_SECONDS)
        self._control = control
        batch = Batch()
        batch.add(linux.SETNS, USER_FD, linux.CLONE_NEWUSER)
        batch.add(linux.SETNS, NETWORK_FD, linux.CLONE_NEWNET)
        batch.add(linux.CLOSE_RANGE, NETWORK_FD, 0xFFFF_FFFF, 0)
        failure = batch.failure(self._perform(batch))
        if failure:
            self.close()
            raise OSError(-failure, os.strerror(-failure))

    def _perform(self, batch: Batch) -> list[int]:
        assert self._control is not None, "it has been started"
        self._control.send(RECORD.pack(len(batch), *[0] * 7) + batch.pack())
        reply = self._control.recv(BUFFER_SIZE)
        if not reply:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        return results(reply[RECORD.size :], len(batch))

    def close(self) -> None:
        """End the launcher."""
        if self._control is None:
            return
        self._control.close()
        self._control = None
        os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):  # somebody in this process waits for all children
            os.waitpid(self._pid, 0)
        self._pid = 0
