"""A terminal for a Linux program: a pseudo-terminal of its own, connected to the one that the user sits at.

So the program has job control, signals from the keyboard and the size of the window, and cannot do to the user's
terminal what the relay does not do: it never has it.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import termios
import threading
import tty
from types import FrameType
from typing import Self

CHUNK = 4096
KEYBOARD, SCREEN = 0, 1


class Terminal:
    """The relay, as a context; ``guest_end`` is what the program gets as its standard streams."""

    def __init__(self) -> None:
        self._ours, self.guest_end = os.openpty()
        self._mode = termios.tcgetattr(KEYBOARD)
        self._stop_read, self._stop_write = os.pipe()
        self._threads = [
            threading.Thread(target=self._relay_keys, name="pvm-keyboard", daemon=True),
            threading.Thread(target=self._relay_screen, name="pvm-screen", daemon=True),
        ]

    def __enter__(self) -> Self:
        termios.tcsetattr(self.guest_end, termios.TCSANOW, self._mode)
        self._resize()
        self._former = signal.signal(signal.SIGWINCH, self._resize)
        tty.setraw(KEYBOARD)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()
        os.write(self._stop_write, b"x")
        for thread in self._threads:
            thread.join()
        signal.signal(signal.SIGWINCH, self._former)
        termios.tcsetattr(KEYBOARD, termios.TCSADRAIN, self._mode)
        for descriptor in (self._ours, self._stop_read, self._stop_write):
            os.close(descriptor)

    def release(self) -> None:
        """Close our copy of the guest's end: when the guest's are closed too, the screen is complete."""
        if self.guest_end >= 0:
            os.close(self.guest_end)
            self.guest_end = -1

    def _resize(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Give the program's terminal the size of the user's."""
        size = fcntl.ioctl(SCREEN, termios.TIOCGWINSZ, struct.pack("4H", 0, 0, 0, 0))
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)

    def _relay_keys(self) -> None:
        poll = select.poll()
        poll.register(KEYBOARD, select.POLLIN)
        poll.register(self._stop_read, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self._stop_read in ready:
                return
            data = os.read(KEYBOARD, CHUNK)
            if not data:
                return
            os.write(self._ours, data)

    def _relay_screen(self) -> None:
        while True:
            try:
                data = os.read(self._ours, CHUNK)
            except OSError:  # the last of the guest's ends was closed
                return
            while data:
                data = data[os.write(SCREEN, data) :]
