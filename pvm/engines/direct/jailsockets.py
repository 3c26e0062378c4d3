"""New sockets in the network of a jail: a launcher enters it and makes them when they are asked for.

The supervisor itself cannot, since only a process with one thread may enter a user namespace.
"""

from __future__ import annotations

import fcntl
import os
import threading

from pvm.engines.direct import linux
from pvm.engines.direct.launching import Launcher
from pvm.engines.direct.records import Batch

SIOCGSKNS, NS_GET_USERNS = 0x894C, 0xB701
NETWORK_FD, USER_FD = 4, 5


class JailSockets:
    """Makes sockets in the network that ``witness``, a socket, belongs to, for any thread."""

    def __init__(self, witness: int) -> None:
        self._witness = witness
        self._launcher: Launcher | None = None
        self._lock = threading.Lock()

    def make(self, family: int, kind: int) -> int:
        """A new socket; raises OSError."""
        with self._lock:
            if self._launcher is None:
                self._launcher = inside(self._witness)
            batch = Batch()
            batch.add(linux.SOCKET, family, kind, 0)
            made = self._launcher.perform(batch)[0]
            try:
                return self._launcher.take(made)
            finally:
                batch = Batch()
                batch.add(linux.CLOSE, made)
                self._launcher.perform(batch)

    def close(self) -> None:
        """End the launcher."""
        if self._launcher is not None:
            self._launcher.close()
            self._launcher = None


def inside(witness: int) -> Launcher:
    """A launcher in the network that a socket belongs to; raises OSError."""
    network = fcntl.ioctl(witness, SIOCGSKNS)
    try:
        user = fcntl.ioctl(network, NS_GET_USERNS)
        try:
            launcher = Launcher({NETWORK_FD: network, USER_FD: user})
        finally:
            os.close(user)
    finally:
        os.close(network)
    batch = Batch()
    batch.add(linux.SETNS, USER_FD, linux.CLONE_NEWUSER)
    batch.add(linux.SETNS, NETWORK_FD, linux.CLONE_NEWNET)
    batch.add(linux.CLOSE_RANGE, NETWORK_FD, 0xFFFF_FFFF, 0)
    try:
        launcher.perform(batch)
    except BaseException:
        launcher.close()
        raise
    return launcher
