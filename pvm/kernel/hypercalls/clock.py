"""Hypercalls on time."""

from __future__ import annotations

from pvm.kernel.abi import hypercall
from pvm.kernel.task import Task, WouldBlock


@hypercall(0x0501, "clock_realtime() -> time")
def clock_realtime(task: Task) -> int:
    """The time since 1970-01-01T00:00:00Z; the virtual clock starts at 2000-01-01T00:00:00Z."""
    return task.process.kernel.clock.realtime()


@hypercall(0x0502, "clock_monotonic() -> time")
def clock_monotonic(task: Task) -> int:
    """The time since some fixed point; it never goes back."""
    return task.process.kernel.clock.monotonic()


@hypercall(0x0503, "clock_sleep_until(deadline: time) -> status")
def clock_sleep_until(task: Task, deadline: int) -> int:
    """Wait until the monotonic clock shows `deadline`."""
    if not task.process.kernel.clock.reached(deadline):
        raise WouldBlock(deadline)
    return 0
