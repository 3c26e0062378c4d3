"""Measuring: interleaved rounds, medians, CPU time.

What is compared is measured in turn within each round, in an order that changes, so that a machine
that becomes slower for a while slows all alike.  CPU time is quoted, never wall time: other jobs of
the machine do not count.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Action = Callable[[], object]


class Sample(NamedTuple):
    """What was measured of one case, in seconds of CPU."""

    median: float
    least: float
    rounds: int


def summary(seconds: Sequence[float]) -> Sample:
    """The sample of some measurements."""
    return Sample(statistics.median(seconds), min(seconds), len(seconds))


def interleave(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Sample]:
    """Measure each case once a round, after one round that does not count."""
    order = list(cases)
    shuffle = random.Random(1).shuffle
    found: dict[str, list[float]] = {name: [] for name in cases}
    for count in range(rounds + 1):
        shuffle(order)
        for name in order:
            seconds = cases[name]()
            if count:
                found[name].append(seconds)
    return {name: summary(seconds) for name, seconds in found.items()}


def timed(action: Action, repeat: int = 1) -> Callable[[], float]:
    """A case that gives the CPU time of one ``action`` in this process, on average over ``repeat``."""

    def measure() -> float:
        started = time.process_time()
        for _ in range(repeat):
            action()
        return (time.process_time() - started) / repeat

    return measure


def process(command: Sequence[str], *, env: Mapping[str, str], stdin: str = os.devnull) -> Callable[[], float]:
    """A case that gives the CPU time of a whole process, whose output goes nowhere.

    Raises:
        RuntimeError: the process fails.
    """
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]

    def measure() -> float:
        child = os.posix_spawnp(command[0], list(command), dict(env), file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        if status:
            raise RuntimeError(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
        return usage.ru_utime + usage.ru_stime

    return measure


def pin() -> int | None:
    """Keep this process and its children on one core, where the system can; gives its number."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core
