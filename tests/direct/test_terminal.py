"""A Linux program at a terminal: a pseudo-terminal stands for the user's."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 30.0


class Screen:
    """The user's side of the terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def expect(self, pattern: str, patience: float = PATIENCE) -> str:
        """Read until the text matches, and forget what came before."""
        deadline = time.monotonic() + patience
        while not (found := re.search(pattern, self.text)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{pattern!r} is not in {self.text!r}")
            if select.select([self._descriptor], [], [], 0.1)[0]:
                self.text += os.read(self._descriptor, 4096).decode()
        self.text = self.text[found.end() :]
        return found[0]

    def insist(self, key: bytes, pattern: str) -> None:
        """Press a key until the text matches: the program that it is meant for may only be about to begin."""
        for _ in range(int(PATIENCE)):
            self.type(key)
            try:
                self.expect(pattern, 1.0)
            except TimeoutError:
                continue
            return
        raise TimeoutError(pattern)

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Read until the process has ended, which waits for what it wrote to be read; its status."""
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([self._descriptor], [], [], 0.05)[0]:
                os.read(self._descriptor, 4096)
        return process.wait(1)

    def type(self, keys: bytes) -> None:
        os.write(self._descriptor, keys)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process in any case, so that a failure shows."""
    try:
        yield
    finally:
        process.kill()


def test_a_shell_at_a_terminal(contained: None, tool: Callable[[str], str]) -> None:
    tool("bash")
    ours, theirs = os.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 33, 77, 0, 0))
    before = termios.tcgetattr(theirs)
    command = [sys.executable, "-m", "pvm", "run", "--system", "--env", "PS1=ready> ", "/bin/bash", "--norc", "-i"]
    screen = Screen(ours)
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process, ended(process):
        screen.expect("ready> ")
        screen.type(b"echo $((6 * 7)); stty size; tty < /dev/tty > /dev/null; echo $?\r")
        screen.expect("42\r\n33 77\r\n")
        screen.expect("ready> ")
        screen.type(b"echo waiting; sleep 100\r")
        screen.expect("\nwaiting\r\n")
        screen.insist(b"\x03", "ready> ")
        screen.type(b"echo after $?\r")
        screen.expect("\nafter 130\r\n")
        screen.expect("ready> ")
        screen.type(b"echo begun; sleep 100\r")
        screen.expect("\nbegun\r\n")
        screen.insist(b"\x1a", "Stopped")
        screen.type(b"fg\r")
        screen.expect("\nsleep 100\r\n")
        screen.insist(b"\x03", "ready> ")
        screen.type(b"exit 5\r")
        assert screen.end(process) == 5
    after = termios.tcgetattr(theirs)
    assert after[:4] == before[:4]
    os.close(theirs)
    os.close(ours)
