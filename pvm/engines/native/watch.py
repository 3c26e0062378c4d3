"""Stops long operations of machine code: at a deadline, and when a signal comes whose handler Python has to run.

Machine code looks at its control word ``interrupt`` once a MiB.  The word says when nobody watches, so the first
long operation of a run stops at once, the host begins to watch, and the operation is executed again.  Short runs pay
nothing.  One thread of the process watches for all instances.  It learns of signals by Python's wake-up descriptor.
Where that belongs to somebody else, as an event loop, who does not read from it while a guest runs, the thread looks
every few milliseconds whether more has been written to it.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from pvm.engines.native.cage import Cage
from pvm.engines.native.exits import QUIET, STOP, UNWATCHED

LOOK_SECONDS = 0.004
"""Between two looks at somebody else's descriptor."""


class Watch:
    """The watch over one instance; its methods are called by the thread that runs the instance."""

    def __init__(self, cage: Cage) -> None:
        self.cage = cage
        self.deadline: float | None = None
        self.heeds_signals = True
        """Whether a signal stops operations: one that is stopped by every signal would never end."""
        self.foreign: Foreign | None = None
        """Somebody else's descriptor that signals are written to."""
        self._thread: _Thread | None = None
        self._owns_descriptor = False

    def begin(self, deadline: float | None, *, heeds_signals: bool) -> None:
        """Watch from now on, or in another way."""
        self.deadline, self.heeds_signals = deadline, heeds_signals
        self.cage.set_word("interrupt", QUIET)
        if self._thread is None:
            self._thread = _thread()
            self._owns_descriptor, self.foreign = self._thread.take_signals()
        self._thread.add(self)

    def end(self) -> None:
        """Watch no more."""
        if self._thread is not None:
            self._thread.remove(self)
            if self._owns_descriptor:
                self._thread.leave_signals()
            self._thread = self.foreign = None
            self._owns_descriptor = False
        self.cage.set_word("interrupt", UNWATCHED)

    def stop(self) -> None:
        """Stop what runs."""
        self.cage.set_word("interrupt", STOP)


class Foreign:
    """A wake-up descriptor of somebody else, a pipe or a socket: nothing is read from it or written to it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._amount = self._unread()

    def has_more(self) -> bool:
        """Whether more was written to it since it was last asked."""
        before, self._amount = self._amount, self._unread()
        return self._amount > before

    def _unread(self) -> int:
        """About how much waits for the reader; 0 where the system does not tell."""
        from array import array
        from fcntl import ioctl
        from termios import FIONREAD, TIOCOUTQ

        # Sockets count what was sent and is not yet read as output, pipes know at both ends what can be read.
        for question in (TIOCOUTQ, FIONREAD):
            found = array("i", [0])
            with suppress(OSError):
                ioctl(self._descriptor, question, found)
                return found[0]
        return 0


class _Thread:
    """The thread that watches."""

    def __init__(self) -> None:
        import socket

        self._lock = threading.Lock()
        self._watches: list[Watch] = []
        self._wakes_at = float("inf")
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        threading.Thread(target=self._work, name="pvm-watch", daemon=True).start()

    def add(self, watch: Watch) -> None:
        """Watch over a run."""
        with self._lock:
            if watch not in self._watches:
                self._watches.append(watch)
            is_sooner = watch.deadline is not None and watch.deadline < self._wakes_at
            if is_sooner or watch.foreign is not None:
                self._wakes_at = min(self._wakes_at, watch.deadline or float("inf"))
                with suppress(BlockingIOError):  # it is full, so the thread wakes anyway
                    self._sender.send(b"\0")

    def remove(self, watch: Watch) -> None:
        """Forget a run; its cage is not touched any more."""
        with self._lock:
            self._watches.remove(watch)

    def take_signals(self) -> tuple[bool, Foreign | None]:
        """Hear of signals, if the caller is the thread that gets them: whether by the descriptor, else by whose."""
        import signal

        if threading.current_thread() is not threading.main_thread():
            return False, None
        # A signal that comes before the owner's descriptor is back is written to it then.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            owner = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
            if owner not in {-1, self._sender.fileno()}:
                signal.set_wakeup_fd(owner)
                return False, Foreign(owner)
        except ValueError:  # not the main interpreter
            return False, None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return owner == -1, None

    def leave_signals(self) -> None:
        """Hear of signals no more."""
        import signal

        found = signal.set_wakeup_fd(-1)
        if found != self._sender.fileno():
            signal.set_wakeup_fd(found, warn_on_full_buffer=False)

    def _work(self) -> None:
        import math
        import select

        poll = select.poll()
        poll.register(self._receiver, select.POLLIN)
        while True:
            left = self._wakes_at - time.monotonic()
            if any(watch.foreign is not None for watch in self._watches):
                left = min(left, LOOK_SECONDS)
            poll.poll(None if left == float("inf") else max(0, math.ceil(left * 1000)))
            self._stop_those_due(has_signal=any(self._received()))

    def _received(self) -> bytes:
        """What was sent: numbers of signals, and 0 to look at the deadlines."""
        try:
            return self._receiver.recv(4096)
        except BlockingIOError:
            return b""

    def _stop_those_due(self, *, has_signal: bool) -> None:
        with self._lock:
            now = time.monotonic()
            self._wakes_at = float("inf")
            for watch in self._watches:
                heard = watch.foreign is not None and watch.foreign.has_more()
                if watch.heeds_signals and (has_signal or heard):
                    watch.stop()
                if watch.deadline is None:
                    continue
                if watch.deadline <= now:
                    watch.stop()
                else:
                    self._wakes_at = min(self._wakes_at, watch.deadline)


_threads: list[_Thread] = []
_starting = threading.Lock()


def _thread() -> _Thread:
    """The thread, started when it is first needed."""
    with _starting:
        if not _threads:
            _threads.append(_Thread())
        return _threads[0]


def _forget_thread() -> None:
    """A forked process has no threads but the one that forked."""
    global _starting  # noqa: PLW0603 - somebody else may have held it
    _starting = threading.Lock()
    _threads.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_thread)
