"""Queens: all ways to put n queens on a board of n by n so that none attacks another."""

from __future__ import annotations

from harness import Benchmark, measure

RESULTS = {4: 2, 5: 10, 6: 4, 7: 40, 8: 92, 9: 352, 10: 724, 11: 2_680, 12: 14_200}


class Board:
    def __init__(self, size: int) -> None:
        self.size = size
        self.free_rows = [True] * size
        self.free_rising = [True] * (2 * size)
        self.free_falling = [True] * (2 * size)

    def solutions(self, column: int) -> int:
        if column == self.size:
            return 1
        found = 0
        for row in range(self.size):
            if self.is_free(row, column):
                self.mark(row, column, False)
                found += self.solutions(column + 1)
                self.mark(row, column, True)
        return found

    def is_free(self, row: int, column: int) -> bool:
        return self.free_rows[row] and self.free_rising[row + column] and self.free_falling[row - column + self.size]

    def mark(self, row: int, column: int, free: bool) -> None:
        self.free_rows[row] = free
        self.free_rising[row + column] = free
        self.free_falling[row - column + self.size] = free


class Queens(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size

    def benchmark(self) -> int:
        return Board(self.size).solutions(0)

    def verify_result(self, result: int) -> bool:
        return RESULTS.get(self.size) == result


measure("queens", Queens)
