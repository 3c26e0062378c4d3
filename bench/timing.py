"""Measuring: interleaved rounds, medians, time of processes.

What is compared is measured in turn within each round, in an order that changes, so that a machine
that becomes slower for a while slows all alike.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

Action = Callable[[], object]
T = TypeVar("T")


class Cost(NamedTuple):
    """What a process took, in seconds."""

    cpu: float
    wall: float


def interleave(cases: Mapping[str, Callable[[], T]], rounds: int, *, discard: int = 1) -> dict[str, list[T]]:
    """Measure each case once a round; the first rounds, ``discard`` of them, do not count."""
    order = list(cases)
    shuffle = random.Random(1).shuffle
    found: dict[str, list[T]] = {name: [] for name in cases}
    for count in range(rounds + discard):
        shuffle(order)
        for name in order:
            measured = cases[name]()
            if count >= discard:
                found[name].append(measured)
    return found


def medians(found: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each case."""
    return {name: statistics.median(measured) for name, measured in found.items()}


def cpu_medians(found: Mapping[str, Sequence[Cost]]) -> dict[str, float]:
    """The median CPU time of each case, in seconds."""
    return {name: statistics.median(cost.cpu for cost in costs) for name, costs in found.items()}


def geometric_mean(ratios: Sequence[float]) -> float | None:
    """The mean of ratios; none of no ratios."""
    return statistics.geometric_mean(ratios) if ratios else None


def timed(action: Action, repeat: int = 1) -> Callable[[], float]:
    """A case that gives the CPU time of one ``action`` in this process, on average over ``repeat``."""

    def measure() -> float:
        started = time.process_time()
        for _ in range(repeat):
            action()
        return (time.process_time() - started) / repeat

    return measure


def pin(cores: int) -> list[int]:
    """Keep this process and its children on some cores, where the system can; gives their numbers."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    kept = sorted(os.sched_getaffinity(0))[-cores:]
    os.sched_setaffinity(0, kept)
    return kept
