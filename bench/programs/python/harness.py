"""Runs a benchmark some times and prints how long each iteration took."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable


class Benchmark(ABC):
    """The work that is measured, and whether its result is right."""

    @abstractmethod
    def benchmark(self) -> int:
        """Do the work."""

    @abstractmethod
    def verify_result(self, result: int) -> bool:
        """Whether the result is right."""


class Random:
    """Numbers that look random and are the same in every language (Park and Miller's generator)."""

    def __init__(self) -> None:
        self.seed = 42

    def next(self, bound: int) -> int:
        """The next number, from 0 to ``bound`` without it."""
        self.seed = self.seed * 16807 % 2147483647
        return self.seed % bound


def measure(name: str, make: Callable[[int], Benchmark]) -> None:
    """Measure the benchmark that ``make`` gives for a size; the arguments are the number of iterations and the size."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {name} ITERATIONS SIZE")
    iterations, size = int(sys.argv[1]), int(sys.argv[2])
    benchmark = make(size)
    result = 0
    for _ in range(iterations):
        started = time.perf_counter_ns()
        result = benchmark.benchmark()
        elapsed = time.perf_counter_ns() - started
        if not benchmark.verify_result(result):
            sys.exit(f"{name}: wrong result {result} for size {size}")
        print(f"{name}: iterations=1 runtime: {elapsed // 1000}us", flush=True)
    print(f"{name}: result={result}")
