"""Sort: quicksort of integers in place, and merge sort of objects by a function that compares them."""

from __future__ import annotations

from collections.abc import Callable

from harness import Benchmark, Random, measure


def quicksort(items: list[int], start: int, end: int) -> None:
    low = start
    high = end
    pivot = items[(start + end) // 2]
    while low <= high:
        while items[low] < pivot:
            low += 1
        while items[high] > pivot:
            high -= 1
        if low <= high:
            kept = items[low]
            items[low] = items[high]
            items[high] = kept
            low += 1
            high -= 1
    if start < high:
        quicksort(items, start, high)
    if low < end:
        quicksort(items, low, end)


class Record:
    def __init__(self, key: int, index: int) -> None:
        self.key = key
        self.index = index


def mergesort(
    items: list[Record], space: list[Record], start: int, end: int, before: Callable[[Record, Record], bool]
) -> None:
    if end - start < 2:
        return
    middle = (start + end) // 2
    mergesort(items, space, start, middle, before)
    mergesort(items, space, middle, end, before)
    left = start
    right = middle
    for at in range(start, end):
        if left < middle and (right >= end or not before(items[right], items[left])):
            space[at] = items[left]
            left += 1
        else:
            space[at] = items[right]
            right += 1
    for at in range(start, end):
        items[at] = space[at]


class Sort(Benchmark):
    def __init__(self, size: int) -> None:
        random = Random()
        self.numbers = [random.next(1_000_000) for _ in range(size)]
        self.sorted: list[int] = []
        self.records: list[Record] = []

    def benchmark(self) -> int:
        size = len(self.numbers)
        self.sorted = list(self.numbers)
        quicksort(self.sorted, 0, size - 1)
        self.records = [Record(self.numbers[i] % 1000, i) for i in range(size)]
        mergesort(self.records, list(self.records), 0, size, lambda a, b: a.key < b.key)
        total = 0
        for i in range(size):
            total += (i % 7 + 1) * self.sorted[i] + (i % 5 + 1) * self.records[i].key
        return total

    def verify_result(self, result: int) -> bool:
        expected = 0
        actual = 0
        for i in range(len(self.numbers)):
            expected += self.numbers[i]
            actual += self.sorted[i]
            if i > 0:
                if self.sorted[i - 1] > self.sorted[i]:
                    return False
                a = self.records[i - 1]
                b = self.records[i]
                if a.key > b.key or (a.key == b.key and a.index >= b.index):
                    return False
        return actual == expected and result > 0


measure("sort", Sort)
