"""Towers: the towers of Hanoi, with disks that are linked objects."""

from __future__ import annotations

from harness import Benchmark, measure


class Disk:
    def __init__(self, size: int) -> None:
        self.size = size
        self.next: Disk | None = None


class Towers(Benchmark):
    def __init__(self, disks: int) -> None:
        self.disks = disks
        self.piles: list[Disk | None] = [None] * 3
        self.moves = 0

    def benchmark(self) -> int:
        for i in range(3):
            self.piles[i] = None
        for size in range(self.disks, 0, -1):
            self.push(Disk(size), 0)
        self.moves = 0
        self.move(self.disks, 0, 1)
        return self.moves

    def push(self, disk: Disk, pile: int) -> None:
        top = self.piles[pile]
        if top is not None and disk.size >= top.size:
            raise RuntimeError("a large disk on a small one")
        disk.next = top
        self.piles[pile] = disk

    def pop(self, pile: int) -> Disk:
        top = self.piles[pile]
        if top is None:
            raise RuntimeError(f"no disk on pile {pile}")
        self.piles[pile] = top.next
        top.next = None
        return top

    def move_top(self, source: int, target: int) -> None:
        self.push(self.pop(source), target)
        self.moves += 1

    def move(self, count: int, source: int, target: int) -> None:
        if count == 1:
            self.move_top(source, target)
            return
        other = 3 - source - target
        self.move(count - 1, source, other)
        self.move_top(source, target)
        self.move(count - 1, other, target)

    def verify_result(self, result: int) -> bool:
        first, second, third = self.piles
        return result == (1 << self.disks) - 1 and first is None and third is None and second.size == 1


measure("towers", Towers)
