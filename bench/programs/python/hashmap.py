"""Hash maps: insertions, look-ups and removals, with integers and with strings as keys."""

from __future__ import annotations

from harness import Benchmark, Random, measure


class HashMix(Benchmark):
    def __init__(self, size: int) -> None:
        random = Random()
        self.keys = [random.next(size) for _ in range(size)]

    def benchmark(self) -> int:
        return self.integers() * 1_000_000 + self.strings()

    def integers(self) -> int:
        counts: dict[int, int] = {}
        for key in self.keys:
            counts[key] = counts.get(key, 0) + 1
        for key in self.keys:
            if key % 3 == 0:
                counts.pop(key, None)
        hits = 0
        for key in range(len(self.keys)):
            hits += counts.get(key, 0)
        return hits

    def strings(self) -> int:
        places: dict[str, int] = {}
        again = 0
        for i in range(len(self.keys)):
            name = f"key {self.keys[i] % 1000}"
            if name in places:
                again += 1
            else:
                places[name] = i
        total = again
        for place in places.values():
            total += place
        return total % 1_000_000

    def verify_result(self, result: int) -> bool:
        hits = 0
        total = 0
        is_met = [False] * 1000
        for i in range(len(self.keys)):
            if self.keys[i] % 3 != 0:
                hits += 1
            name = self.keys[i] % 1000
            total += 1 if is_met[name] else i
            is_met[name] = True
        return result == hits * 1_000_000 + total % 1_000_000


measure("hashmap", HashMix)
