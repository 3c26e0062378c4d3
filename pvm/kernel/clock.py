"""The clocks of a guest: the host's, or a virtual one that makes runs repeatable.

Times are integers in nanoseconds.  The virtual clock starts at 2000-01-01T00:00:00Z, moves by one
microsecond with each reading, so that a loop that waits for the clock ends, and jumps when the
scheduler is idle.  File times do not move it: how often a file system stamps a file is no
promise, and must not show in a program's clock.
"""

from __future__ import annotations

import time

from pvm.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

VIRTUAL_EPOCH_NS = 946_684_800 * 10**9
VIRTUAL_STEP_NS = 1_000
ELAPSED_MAX_NS = 1 << 62
"""Where a virtual clock stops, after 146 years."""
SLICE_NS = 10_000_000
"""Longest uninterrupted sleep of the host clock, so that a time limit is noticed."""


class Clock(Protocol):
    """A source of time."""

    def realtime(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z."""

    def monotonic(self) -> int:
        """Nanoseconds since some fixed point; never goes back."""

    def stamp(self) -> int:
        """The real time for a file's stamp; reading it does not move a virtual clock."""

    def file_time(self, host_ns: int) -> int:
        """The stamp to show for a file that the host stamped at ``host_ns``."""

    def uptime(self) -> int:
        """What the monotonic clock shows; reading it does not move a virtual one."""

    def reached(self, deadline_ns: int) -> bool:
        """Whether the monotonic clock has come to ``deadline_ns``."""

    def wait_until(self, deadline_ns: int, interrupted: Callable[[], bool] | None = None) -> bool:
        """Sleep until the monotonic clock shows ``deadline_ns``; false if ``interrupted`` said so before."""


class HostClock:
    """The host's clocks; sleeping really sleeps, in slices."""

    __slots__ = ()

    def realtime(self) -> int:
        return time.time_ns()

    def monotonic(self) -> int:
        return time.monotonic_ns()

    def stamp(self) -> int:
        return time.time_ns()

    def file_time(self, host_ns: int) -> int:
        return host_ns

    def uptime(self) -> int:
        return time.monotonic_ns()

    def reached(self, deadline_ns: int) -> bool:
        return time.monotonic_ns() >= deadline_ns

    def wait_until(self, deadline_ns: int, interrupted: Callable[[], bool] | None = None) -> bool:
        while (left := deadline_ns - time.monotonic_ns()) > 0:
            if interrupted is not None and interrupted():
                return False
            time.sleep(min(left, SLICE_NS) / 1e9)
        return True


class VirtualClock:
    """A clock that only the guest's own doings move; ``elapsed_ns`` is its whole state.

    Native guests may count in memory that they share with it: its words are then the kernel's part of the time and
    the guests', who may write anything there, so that what was shown once is never taken back.
    """

    __slots__ = ("__weakref__", "_latest", "_own", "_shared")

    def __init__(self, elapsed_ns: int = 0) -> None:
        self._own = self._latest = elapsed_ns
        self._shared: memoryview | None = None

    def share(self, words: memoryview) -> None:
        """Count in two words of 64 bits together with guests from now on."""
        self._own = words[0] = self.elapsed_ns
        self._shared = words

    def mend(self) -> None:
        """Make what guests will read right again, if one of them has written nonsense."""
        words = self._shared
        if words is not None and not (words[0] == self._own and self._latest <= words[0] + words[1] < ELAPSED_MAX_NS):
            words[1] = 0
            self._own = words[0] = min(self._latest, ELAPSED_MAX_NS // 2)

    @property
    def elapsed_ns(self) -> int:
        """The time that has passed on it."""
        if self._shared is not None:
            self._latest = max(self._latest, min(self._own + self._shared[1], ELAPSED_MAX_NS))
        return self._latest

    def _advance(self, to_ns: int) -> int:
        """Move to a time, which is not before now."""
        self._latest = to_ns = min(to_ns, ELAPSED_MAX_NS)
        if self._shared is None:
            self._own = to_ns
        else:
            missing = to_ns - self._own - self._shared[1]
            self._own = min(self._own + max(0, missing), ELAPSED_MAX_NS)
            self._shared[0] = self._own
        return to_ns

    def realtime(self) -> int:
        return VIRTUAL_EPOCH_NS + self.monotonic()

    def monotonic(self) -> int:
        return self._advance(self.elapsed_ns + VIRTUAL_STEP_NS)

    def stamp(self) -> int:
        return VIRTUAL_EPOCH_NS + self.elapsed_ns

    def file_time(self, host_ns: int) -> int:
        return self.stamp()

    def uptime(self) -> int:
        return self.elapsed_ns

    def reached(self, deadline_ns: int) -> bool:
        return self.elapsed_ns >= deadline_ns

    def wait_until(self, deadline_ns: int, interrupted: Callable[[], bool] | None = None) -> bool:
        self._advance(max(self.elapsed_ns, deadline_ns))
        return True
