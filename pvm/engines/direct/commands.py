"""How other processes of the user steer a run: a socket that the supervisor looks at beside its calls.

A message is a command, the answer a line of text.  Who connects must be the same user, or root; who
connects and says nothing keeps nobody waiting.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Callable

MESSAGE_MAX = 256
CONNECTIONS_MAX = 16


class Commands:
    """The socket of a run; ``perform`` does what a command says and gives the answer."""

    def __init__(self, listener: socket.socket, perform: Callable[[str], str]) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._perform = perform
        self._connections: dict[int, socket.socket] = {}

    def watch(self, poll: select.poll) -> None:
        """Let a poll wait for commands too."""
        poll.register(self._listener, select.POLLIN)

    def serve(self, descriptor: int, poll: select.poll) -> bool:
        """Do what is to be done at a descriptor; false if it is none of these."""
        if descriptor == self._listener.fileno():
            self._accept(poll)
            return True
        connection = self._connections.pop(descriptor, None)
        if connection is None:
            return False
        poll.unregister(descriptor)
        with connection:
            self._answer(connection)
        return True

    def _accept(self, poll: select.poll) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # who wanted to connect has gone
            return
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        _, user, _ = struct.unpack("3i", credentials)
        if user not in {0, os.getuid()} or len(self._connections) >= CONNECTIONS_MAX:
            connection.close()
            return
        connection.setblocking(False)
        self._connections[connection.fileno()] = connection
        poll.register(connection, select.POLLIN)

    def _answer(self, connection: socket.socket) -> None:
        try:
            message = connection.recv(MESSAGE_MAX)
            if message:
                connection.send(self._perform(message.decode("ascii", "replace")).encode())
        except OSError:  # who asked has gone
            return

    def close(self) -> None:
        """Hear nobody any more."""
        self._listener.close()
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
