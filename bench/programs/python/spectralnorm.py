"""Spectral norm: the largest singular value of an infinite matrix, by the power method."""

from __future__ import annotations

import math

from harness import Benchmark, measure


def element(i: int, j: int) -> float:
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def multiply(v: list[float], into: list[float]) -> None:
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total += element(i, j) * v[j]
        into[i] = total


def multiply_transposed(v: list[float], into: list[float]) -> None:
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total += element(j, i) * v[j]
        into[i] = total


class SpectralNorm(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size

    def benchmark(self) -> int:
        u = [1.0] * self.size
        v = [0.0] * self.size
        between = [0.0] * self.size
        for _ in range(10):
            multiply(u, between)
            multiply_transposed(between, v)
            multiply(v, between)
            multiply_transposed(between, u)
        uv = 0.0
        vv = 0.0
        for i in range(self.size):
            uv += u[i] * v[i]
            vv += v[i] * v[i]
        return int(math.sqrt(uv / vv) * 1.0e9)

    def verify_result(self, result: int) -> bool:
        return abs(result - 1_274_224_153) < 4_000_000


measure("spectralnorm", SpectralNorm)
