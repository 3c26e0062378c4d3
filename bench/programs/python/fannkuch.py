"""Fannkuch: flips of pancakes over all permutations, after The Computer Language Benchmarks Game."""

from __future__ import annotations

from harness import Benchmark, measure

RESULTS = {6: 49_010, 7: 228_016, 8: 1_616_022, 9: 8_629_030, 10: 73_196_038}


class Fannkuch(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size
        self.first = [0] * size
        self.flipped = [0] * size
        self.counts = [0] * size

    def benchmark(self) -> int:
        for i in range(self.size):
            self.first[i] = i
        left = self.size
        checksum = 0
        max_flips = 0
        is_even = True
        while True:
            while left > 1:
                self.counts[left - 1] = left
                left -= 1
            flips = self.count_flips()
            if flips > max_flips:
                max_flips = flips
            checksum += flips if is_even else -flips
            is_even = not is_even
            left = self.next_permutation()
            if left == self.size:
                return checksum * 1000 + max_flips

    def count_flips(self) -> int:
        flipped = self.flipped
        flips = 0
        for i in range(self.size):
            flipped[i] = self.first[i]
        top = flipped[0]
        while top != 0:
            low = 0
            high = top
            while low < high:
                kept = flipped[low]
                flipped[low] = flipped[high]
                flipped[high] = kept
                low += 1
                high -= 1
            flips += 1
            top = flipped[0]
        return flips

    def next_permutation(self) -> int:
        first, counts = self.first, self.counts
        left = 1
        while left < self.size:
            kept = first[0]
            for i in range(left):
                first[i] = first[i + 1]
            first[left] = kept
            counts[left] -= 1
            if counts[left] > 0:
                return left
            left += 1
        return left

    def verify_result(self, result: int) -> bool:
        return RESULTS.get(self.size) == result


measure("fannkuch", Fannkuch)
