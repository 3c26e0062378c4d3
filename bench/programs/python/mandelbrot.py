"""Mandelbrot: how many points of a square grid belong to the set."""

from __future__ import annotations

from harness import Benchmark, measure

LIMIT = 50


class Mandelbrot(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size

    def benchmark(self) -> int:
        size = self.size
        inside = 0
        for row in range(size):
            ci = 3.0 * row / size - 1.5
            for column in range(size):
                cr = 3.0 * column / size - 2.0
                if self.stays(cr, ci):
                    inside += 1
        return inside

    def stays(self, cr: float, ci: float) -> bool:
        zr = zi = rr = ii = 0.0
        count = 0
        while count < LIMIT:
            zi = 2.0 * zr * zi + ci
            zr = rr - ii + cr
            rr = zr * zr
            ii = zi * zi
            if rr + ii > 4.0:
                return False
            count += 1
        return True

    def verify_result(self, result: int) -> bool:
        area = 9.0 * result / (self.size * self.size)
        return 1.5 < area < 1.65


measure("mandelbrot", Mandelbrot)
