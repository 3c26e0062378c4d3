"""Waiting in virtual time.

The virtual clock stands still while a program computes, but for its readings.  So whoever waits for a time would wait
for ever, were it not for this rule: *when all processes of a run wait, the clock jumps to the earliest time that one
of them waits for*.  Waiting costs no time of the host then, and a program sees its time-outs pass exactly when they
should, as long as what happens before depends on nothing else.  Two ends have a time-out all the same: the clock may
have come there by readings, and no wait is longer than it would be with the host's clock.

That all wait is seen from outside, by their states, a few times in a row.

Where a guest may hear from the network outside, what it waits for takes time of the host.  So from then on the clock
does not jump: while all wait, it goes as fast as the host's.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Sequence

from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.guest import descendants
from pvm.engines.direct.memory import StaleMemory
from pvm.errors import GuestError
from pvm.kernel.clock import VirtualClock

TURN_SECONDS, TURN_MAX_SECONDS = 0.001, 0.01
QUIET_TURNS = 5
"""How often in a row all must be found to wait."""

WAITING_STATES = frozenset({b"S", b"Z", b"X"})
"""Asleep or ended; who was stopped goes on when somebody likes, so that time passes as on the host meanwhile."""

Answer = Callable[[], int | None]


class Wait:
    """A call that waits for ``ready`` to give an answer, until the ``deadline`` of the virtual clock.

    ``expired`` answers then.  ``descriptors`` are closed at the end.
    """

    __slots__ = ("_descriptors", "call", "deadline", "expired", "limit", "ready", "turns")

    def __init__(
        self, call: Call, deadline: int, ready: Answer, expired: Callable[[], int], descriptors: Sequence[int] = ()
    ) -> None:
        self.call = call
        self.deadline = deadline
        self.ready = ready
        self.expired = expired
        clock = call.supervisor.kernel.clock
        self.limit = time.monotonic_ns() + max(0, deadline - clock.uptime())
        self.turns = QUIET_TURNS
        self._descriptors = descriptors

    def answered(self, what: Answer) -> int | None:
        """What ``ready`` or ``expired`` answers; the caller may have died, or given the memory up, meanwhile."""
        try:
            return what()
        except GuestError as error:
            return -error.errno
        except StaleMemory:
            return -errno.EFAULT

    def close(self) -> None:
        """Give back what it needed."""
        for descriptor in self._descriptors:
            os.close(descriptor)


class Timer:
    """What happens at a ``deadline`` (0: never), and every ``interval`` after it; ``fire`` gets how often it happened.

    A timer whose process has ended raises ProcessLookupError, and is forgotten.
    """

    __slots__ = ("deadline", "fire", "interval")

    def __init__(self, fire: Callable[[int], None]) -> None:
        self.deadline = self.interval = 0
        self.fire = fire


class VirtualTime:
    """Who waits for the virtual clock in a jail whose first process is ``init``.

    ``hears_outside`` says whether something may arrive from the network outside.
    """

    def __init__(
        self,
        clock: VirtualClock,
        init: Callable[[], int],
        answer: Callable[[int, int], None],
        hears_outside: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._hears_outside = hears_outside
        self._waited_since = 0
        self._init = init
        self._answer = answer
        self._waits: list[Wait] = []
        self._timers: set[Timer] = set()
        self._quiet = 0
        self._pause = TURN_SECONDS

    def close(self) -> None:
        """Give everything up; the jail has ended."""
        for wait in self._waits:
            wait.close()
        self._waits.clear()
        self._timers.clear()

    @property
    def pause(self) -> float:
        """The seconds until it wants its turn."""
        return self._pause if self._waits or self._timers else float("inf")

    def is_alone(self, call: Call) -> bool:
        """Whether nobody but the caller does anything: there is no other thread in the jail, and no timer."""
        pid = call.guest.pid
        return not self._timers and descendants(self._init()) == [pid] and os.stat(f"/proc/{pid}/task").st_nlink == 3  # noqa: PTH116

    def add(self, wait: Wait) -> None:
        """Have a call wait."""
        self._waits.append(wait)
        self._stir()

    def start(self, timer: Timer) -> None:
        """Let a timer run, or stop if it has no deadline."""
        if timer.deadline:
            self._timers.add(timer)
            self._stir()
        else:
            self._timers.discard(timer)

    def wake(self, pid: int, address: int, count: int) -> None:
        """Wake those of a process who wait for a word of memory, at most ``count``."""
        for wait in list(self._waits):
            if count > 0 and wait.call.guest.pid == pid and getattr(wait.ready, "address", 0) == address:
                self._finish(wait, 0)
                count -= 1

    def _stir(self) -> None:
        self._quiet = self._waited_since = 0
        self._pause = TURN_SECONDS

    def turn(self, *, quiet: bool) -> None:
        """See who need not wait any more; ``quiet`` says that no call came since the last time."""
        if not self._waits and not self._timers:
            return
        for wait in list(self._waits):
            if not wait.call.is_waiting():
                self._waits.remove(wait)
                wait.close()
            elif (answer := wait.answered(wait.ready)) is not None:
                self._finish(wait, answer)
        now = self._clock.uptime()
        host = time.monotonic_ns()
        for wait in list(self._waits):
            if wait.deadline <= now or wait.limit <= host:
                self._expire(wait)
        for timer in list(self._timers):
            if timer.deadline <= now:
                self._fire(timer, now)
        if not quiet or not self._all_wait():
            self._quiet = self._waited_since = 0
            self._pause = min(2 * self._pause, TURN_MAX_SECONDS)
            return
        if self._hears_outside():
            if self._waited_since:
                self._clock.wait_until(now + host - self._waited_since)
            self._waited_since = host
            self._pause = TURN_MAX_SECONDS
            return
        self._quiet += 1
        self._pause = TURN_SECONDS
        if self._quiet >= QUIET_TURNS:
            self._jump()

    def _jump(self) -> None:
        """Go on to the next time that something happens."""
        deadlines = [wait.deadline for wait in self._waits] + [timer.deadline for timer in self._timers]
        if not deadlines:
            return
        now = min(deadlines)
        self._clock.wait_until(now)
        for timer in list(self._timers):
            if timer.deadline <= now:
                self._fire(timer, now)
        for wait in list(self._waits):
            if wait.deadline <= now:
                self._expire(wait)
        self._quiet = 0

    def _expire(self, wait: Wait) -> None:
        self._clock.wait_until(wait.deadline)
        answer = wait.answered(wait.expired)
        self._finish(wait, -errno.EFAULT if answer is None else answer)

    def _finish(self, wait: Wait, answer: int) -> None:
        self._waits.remove(wait)
        wait.close()
        self._stir()
        self._answer(wait.call.ticket, answer)

    def _fire(self, timer: Timer, now: int) -> None:
        times = 1
        if timer.interval:
            times += (now - timer.deadline) // timer.interval
            timer.deadline += times * timer.interval
        else:
            timer.deadline = 0
            self._timers.discard(timer)
        self._stir()
        try:
            timer.fire(times)
        except ProcessLookupError:
            self._timers.discard(timer)
        except OSError:  # more signals wait than may: this one is lost, as on Linux
            return

    def _all_wait(self) -> bool:
        for pid in descendants(self._init()):
            try:
                threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - a name is all that is wanted
                states = [state_of(pid, tid) for tid in threads]
            except OSError:  # it has ended meanwhile
                return False
            if not WAITING_STATES.issuperset(states):
                return False
        return True


def state_of(pid: int, tid: str) -> bytes:
    """The letter for what a thread does."""
    with open(f"/proc/{pid}/task/{tid}/stat", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
        return file.read().rpartition(b")")[2].split()[0]


def sender(pid: int, number: int) -> Callable[[int], None]:
    """What sends a signal to a process, however often it is due."""
    process = os.pidfd_open(pid)

    class Sender:
        """Keeps the process known for as long as its timer is there."""

        def __call__(self, times: int) -> None:
            signal.pidfd_send_signal(process, number)

        def __del__(self) -> None:
            os.close(process)

    return Sender()
