"""Sieve: how many primes there are up to n, after Eratosthenes."""

from __future__ import annotations

from harness import Benchmark, measure

RESULTS = {1_000: 168, 10_000: 1_229, 100_000: 9_592, 1_000_000: 78_498, 10_000_000: 664_579}


class Sieve(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size

    def benchmark(self) -> int:
        size = self.size
        composite = [False] * (size + 1)
        count = 0
        for i in range(2, size + 1):
            if not composite[i]:
                count += 1
                multiple = i + i
                while multiple <= size:
                    composite[multiple] = True
                    multiple += i
        return count

    def verify_result(self, result: int) -> bool:
        return RESULTS.get(self.size) == result


measure("sieve", Sieve)
