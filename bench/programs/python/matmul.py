"""Matrix multiplication of floats, row by row."""

from __future__ import annotations

from collections.abc import Callable

from harness import Benchmark, measure

Matrix = list[list[float]]


def matrix(size: int, element: Callable[[int, int], int]) -> Matrix:
    return [[float(element(i, j)) for j in range(size)] for i in range(size)]


def multiply(a: Matrix, b: Matrix) -> Matrix:
    size = len(a)
    c = matrix(size, lambda _i, _j: 0)
    for i in range(size):
        a_row = a[i]
        c_row = c[i]
        for k in range(size):
            factor = a_row[k]
            b_row = b[k]
            for j in range(size):
                c_row[j] += factor * b_row[j]
    return c


def apply(m: Matrix, v: list[float]) -> list[float]:
    result = [0.0] * len(v)
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total += m[i][j] * v[j]
        result[i] = total
    return result


def total_of(v: list[float]) -> int:
    total = 0.0
    for i in range(len(v)):
        total += (i % 5 + 1) * v[i]
    return int(total)


class MatMul(Benchmark):
    def __init__(self, size: int) -> None:
        self.a = matrix(size, lambda i, j: (i * 3 + j * 7) % 10)
        self.b = matrix(size, lambda i, j: (i * 5 + j * 2) % 11)
        self.probe = [float(i % 3 + 1) for i in range(size)]

    def benchmark(self) -> int:
        return total_of(apply(multiply(self.a, self.b), self.probe))

    def verify_result(self, result: int) -> bool:
        return result == total_of(apply(self.a, apply(self.b, self.probe)))


measure("matmul", MatMul)
