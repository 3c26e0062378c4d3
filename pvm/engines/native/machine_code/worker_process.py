"""The host's side of a worker: starts it, asks it, and ends it when it dies, hangs or talks nonsense."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from _thread import allocate_lock
from collections.abc import Callable, Sequence
from contextlib import suppress
from weakref import WeakSet

from pvm.engines.native.machine_code.blob import Blob, decode_blob
from pvm.engines.native.machine_code.request import DONE, LENGTH, Limits, Request, encode_request
from pvm.engines.native.machine_code.target import Target
from pvm.engines.native.sources import sources_digest

MAX_ANSWER = 64 << 20
_PIECE = 1 << 16
_BOOT = """\
import os, sys
os.closerange(3, 1 << 20)
sys.path[:0] = sys.argv[1].split("\\n")
from {module} import main
main()
"""
_NOTE_AFTER = 1.0
"""Seconds after which somebody who waits is told why."""


class WorkerError(Exception):
    """No code from the worker; the text says why."""


class _Child:
    """A process with a pipe in and one out.

    Started without ``subprocess``, whose loading would hold up for ten milliseconds the program that is compiled for.
    """

    def __init__(self, command: list[str], niceness: int) -> None:
        theirs_in, self.requests = os.pipe()
        self.answers, theirs_out = os.pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 0),
            (os.POSIX_SPAWN_DUP2, theirs_out, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        self._status: int | None = None
        try:
            # A group of its own, since Ctrl-C is not for it.  It stays in the session: schedulers weigh niceness inside
            # of one only.
            self.pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions, setpgroup=0)
            # From its first moment on: until it could do so itself it would have half of a core that they share.
            with suppress(OSError):  # some sandboxes
                own = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, self.pid, own + niceness)
        except BaseException:
            self.forget()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def status(self) -> int | None:
        """How it ended: its status, or minus the number of the signal; None while it runs."""
        return self._waited(os.WNOHANG)

    def wait(self) -> int | None:
        """The same, when it has ended."""
        return self._waited(0)

    def _waited(self, options: int) -> int | None:
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # somebody else has waited for it
                self._status = -1
            else:
                self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def kill(self) -> None:
        """End it now."""
        if self.status() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it, and give back what it needed here."""
        self.kill()
        self.forget()
        self.wait()

    def forget(self) -> None:
        """Close the pipes, and nothing else: in a process that it does not belong to."""
        for descriptor in (self.requests, self.answers):
            with suppress(OSError):
                os.close(descriptor)


def is_ready(descriptor: int, event: int, seconds: float) -> bool:
    """Whether one can read or write within some time; ``select`` knows only the first 1,024 files of a process."""
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def python() -> str:
    """The interpreter that a worker runs on.

    Raises:
        WorkerError: there is none: an application that was frozen would be started a second time instead.
    """
    if getattr(sys, "frozen", False) or not sys.executable:
        raise WorkerError("there is no Python for a worker in this application")
    return sys.executable


class WorkerProcess:
    """A worker, started when it is first asked, and again after it failed."""

    def __init__(self, module: str = "pvm.engines.native.machine_code.worker", niceness: int = 0) -> None:
        self.module = module
        self.niceness = niceness
        self._child: _Child | None = None
        self._owner = 0
        self._sending = allocate_lock()
        self._is_left = False
        _workers.add(self)

    def compile(self, request: Request, target: Target, limits: Limits, note: Callable[[], None] | None = None) -> Blob:
        """Ask for code.  ``note`` is called once if it takes long.

        Raises:
            WorkerError: there is none.
        """
        blob = decode_blob(self.ask(request, target, limits, note))
        if blob is None:
            self.close()
            raise WorkerError("the worker's answer is damaged")
        return blob

    def ask(self, request: Request, target: Target, limits: Limits, note: Callable[[], None] | None = None) -> bytes:
        """The same for any request: what the worker answers.

        Raises:
            WorkerError: it does not, or says that something has failed.
        """
        try:
            child = self._running()
            deadline = time.monotonic() + limits.seconds
            with self._sending:
                self._send(child, encode_request(request, target, limits, known_sources()), deadline)
            answer = self._receive(child, deadline, note)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise WorkerError(f"the worker cannot be reached: {error}") from None
            raise
        if answer[:1] != DONE:
            raise WorkerError(answer[1:].decode("utf-8", "replace"))
        return answer[1:]

    def leave(self, requests: Sequence[Request], target: Target, limits: Limits) -> bool:
        """Let it go on by itself: it does what it is at, then this, and ends when this process has ended.

        Nothing can be asked of it any more.  That works where it can be told without waiting, while another thread
        may use it; false if it does not.
        """
        child = self._child
        if child is None or self._owner != os.getpid() or not self._sending.acquire(blocking=False):
            return False
        try:
            data = b"".join(encode_request(request, target, limits, known_sources()) for request in requests)
            os.set_blocking(child.requests, False)
            self._is_left = os.write(child.requests, data) == len(data)
        except OSError:
            return False
        finally:
            self._sending.release()
        return self._is_left

    def close(self) -> None:
        """End it."""
        if self._is_left:
            return
        child, self._child = self._child, None
        if child is not None and self._owner == os.getpid():
            child.end()

    def kill(self) -> None:
        """End it while another thread may use it, which notices."""
        child = self._child
        if child is not None and self._owner == os.getpid() and not self._is_left:
            child.kill()

    def forget(self) -> None:
        """Go on without it in a process that was forked: who holds its pipes would keep it from ending."""
        child, self._child = self._child, None
        self._sending = allocate_lock()
        if child is not None:
            child.forget()

    def _running(self) -> _Child:
        if self._is_left:
            raise WorkerError("the worker was left to itself")
        if self._child is None or self._owner != os.getpid() or self._child.status() is not None:
            self.close()
            boot = _BOOT.format(module=self.module)
            paths = "\n".join(path or os.curdir for path in sys.path)
            self._child = _Child([python(), "-I", "-c", boot, paths], self.niceness)
            self._owner = os.getpid()
        return self._child

    @staticmethod
    def _send(child: _Child, data: bytes, deadline: float) -> None:
        descriptor = child.requests
        os.set_blocking(descriptor, False)
        rest = memoryview(data)
        while rest:
            if not is_ready(descriptor, select.POLLOUT, deadline - time.monotonic()):
                raise WorkerError("the worker does not listen")
            with suppress(BlockingIOError):
                rest = rest[os.write(descriptor, rest) :]

    @staticmethod
    def _receive(child: _Child, deadline: float, note: Callable[[], None] | None) -> bytes:
        descriptor = child.answers
        noted = time.monotonic() + _NOTE_AFTER if note is not None else deadline
        data = bytearray()
        size = LENGTH.size
        while len(data) < size:
            now = time.monotonic()
            if note is not None and now >= noted:
                note()
                note, noted = None, deadline
            if not is_ready(descriptor, select.POLLIN, min(noted, deadline) - now):
                # Not before: this process may have been stopped for longer than that, and the answer is there.
                if now >= deadline:
                    raise WorkerError("the worker takes too long")
                continue
            piece = os.read(descriptor, _PIECE)
            if not piece:
                raise WorkerError(f"the worker ended, status {child.wait()}")
            data += piece
            if size == LENGTH.size and len(data) >= size:
                size += LENGTH.unpack_from(data)[0]
                if size > MAX_ANSWER:
                    raise WorkerError("the worker's answer is too large")
        return bytes(data[LENGTH.size :])


def known_sources() -> bytes:
    """The digest of the sources that this process runs, or nothing if they cannot be seen."""
    try:
        return sources_digest()
    except OSError:
        return b""


_workers: WeakSet[WorkerProcess] = WeakSet()


def _after_fork() -> None:
    for worker in list(_workers):
        worker.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
