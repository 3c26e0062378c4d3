"""The name server of a jail: it answers on a socket in the jail's loopback network, by the policy of the kernel.

Looking up a name may take long, so it is done on threads, which begin with the first question.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from pvm.kernel.network import NetworkPolicy
from pvm.kernel.network.names import answer, described

THREADS = 4
MESSAGE_MAX = 4096


class NameServer:
    """Answers at a socket of the jail's network, which is taken over; ``trace`` is told of each answer."""

    def __init__(self, policy: NetworkPolicy, descriptor: int, trace: Callable[[str], None] | None) -> None:
        self._policy = policy
        self._trace = trace
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, fileno=descriptor)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # for a guest's own server
        self._threads: list[threading.Thread] = []
        self._closed = False

    def fileno(self) -> int:
        """The descriptor at which the first question arrives."""
        return self._socket.fileno()

    def start(self) -> None:
        """Begin to answer."""
        for _ in range(THREADS):
            self._threads.append(threading.Thread(target=self._serve, name="pvm-names", daemon=True))
            self._threads[-1].start()

    def _serve(self) -> None:
        while not self._closed:
            try:
                message, sender = self._socket.recvfrom(MESSAGE_MAX)
                reply = answer(self._policy, message)
                if reply is None or self._closed:
                    continue
                if self._trace is not None:
                    self._trace(described(message, reply))
                self._socket.sendto(reply, sender)
            except OSError:  # the guest that asked has gone
                continue

    def close(self) -> None:
        """End the threads that wait for questions; one that looks up a name ends when it is told."""
        self._closed = True
        with suppress(OSError):  # it is not connected, but whoever waits is woken up
            self._socket.shutdown(socket.SHUT_RD)
        for thread in self._threads:
            thread.join(0.1)
        self._socket.close()
