"""Strings: a text is built piece by piece, split, taken apart, replaced and searched."""

from __future__ import annotations

from harness import Benchmark, measure


class Strings(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size

    def benchmark(self) -> int:
        text = self.build()
        total = 0
        out: list[str] = []
        for part in text.split(","):
            colon = part.find(":")
            total += int(part[colon + 1 :])
            out.append(part[:colon].upper())
            out.append(";")
        replaced = "".join(out).replace(";", ", ")
        return total * 1000 + self.count(replaced, "ITEM1") % 1000 + len(replaced)

    def build(self) -> str:
        out: list[str] = []
        for i in range(self.size):
            if i > 0:
                out.append(",")
            out.append(f"item{i % 100}:")
            out.append(str(i))
        return "".join(out)

    def count(self, text: str, part: str) -> int:
        found = 0
        at = text.find(part)
        while at >= 0:
            found += 1
            at = text.find(part, at + len(part))
        return found

    def verify_result(self, result: int) -> bool:
        ones = 0
        length = 0
        for i in range(self.size):
            n = i % 100
            if n == 1 or 10 <= n < 20:
                ones += 1
            length += 7 if n < 10 else 8
        return result == self.size * (self.size - 1) // 2 * 1000 + ones % 1000 + length


measure("strings", Strings)
