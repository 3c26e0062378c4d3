"""Steering runs of other processes: suspend, resume, signal, kill, by the register of runs (``pvm.runs``).

A Linux program is steered through its supervisor, over the socket beside its entry, so that all its processes stop
together and its time limits with them.  A module runs in the process of PVM itself, which is stopped as any other.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from pvm.errors import UsageError
from pvm.runs import SOCKET, Run, process_start, runs, runtime_directory

PATIENCE = 5.0
"""Seconds in which a supervisor answers, unless it is stopped itself."""

ANSWER_MAX = 256


def listen(entry: str | None) -> socket.socket | None:
    """The socket on which a registered run takes commands; None if there is none."""
    if entry is None:
        return None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with short_path(entry + SOCKET) as path:
            listener.bind(path)
        listener.listen(4)
    except OSError:
        listener.close()
        return None
    return listener


@contextmanager
def short_path(path: str) -> Iterator[str]:
    """The same path as one of few characters, since an address has room for 107."""
    folder, _, name = path.rpartition("/")
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


def find_run(name: str) -> Run:
    """The run of this name, or of this process number if that runs only one.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = [run for run in runs() if name in {run.name, str(run.pid)}]
    exact = [run for run in found if run.name == name]
    if exact or len(found) == 1:
        return (exact or found)[0]
    if found:
        raise UsageError(f"process {name} has several runs: {', '.join(run.name for run in found)}")
    raise UsageError(f"no run {name!r}; pvm ps lists them")


def ask(run: Run, command: str) -> str:
    """Send a command to the supervisor of a Linux program and give its answer; empty if there is none."""
    directory = runtime_directory(make=False)
    if directory is None:
        return ""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(PATIENCE)
        try:
            with short_path(f"{directory}/{run.name}{SOCKET}") as path:
                connection.connect(path)
            connection.send(command.encode())
            return connection.recv(ANSWER_MAX).decode("ascii", "replace")
        except OSError:
            return ""


def suspend(run: Run) -> None:
    """Stop a run with all that it started."""
    _steer(run, "suspend", signal.SIGSTOP)


def resume(run: Run) -> None:
    """Let a stopped run go on."""
    _steer(run, "resume", signal.SIGCONT)


def kill(run: Run, number: int = signal.SIGKILL) -> None:
    """End a run with all that it started, or send a signal to its program."""
    _steer(run, "kill" if number == signal.SIGKILL else f"signal {number}", number)


def _steer(run: Run, command: str, number: int) -> None:
    """Have a command performed, by the supervisor or, for a module, by a signal to its process.

    Raises:
        UsageError: the run does not answer, or has ended.
    """
    if run.kind == "linux":
        answer = ask(run, command)
        if answer != "done":
            raise UsageError(f"run {run.name} does not answer")
        return
    try:
        descriptor = os.pidfd_open(run.pid)
    except OSError:
        raise UsageError(f"run {run.name} has ended") from None
    try:
        if process_start(run.pid) != run.since:  # asked again, now that the number cannot change hands
            raise UsageError(f"run {run.name} has ended")
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        raise UsageError(f"run {run.name} has ended") from None
    finally:
        os.close(descriptor)


def state_of(run: Run) -> tuple[str, int]:
    """Whether a run is running or suspended, and how many processes it has."""
    if run.kind == "linux":
        state, _, rest = ask(run, "state").partition(" ")
        processes = rest.partition(" ")[0]
        known = state in {"running", "suspended"} and processes.isascii() and processes.isdecimal()
        return (state, int(processes)) if known else ("silent", 0)
    try:
        with open(f"/proc/{run.pid}/stat", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            letter = file.read().rpartition(b")")[2].split()[0]
    except OSError:
        return "ended", 0
    return "suspended" if letter == b"T" else "running", 1
