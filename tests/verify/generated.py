"""Programs of any size whose functions all differ, and how fast they are verified.

Run as ``python -m tests.verify.generated`` for the figures that ``pvm/verify/README.md`` states.
"""

from __future__ import annotations

import time
from random import Random

from pvm.isa.encoding import decode_code
from pvm.pbc.asm import assemble
from pvm.pbc.model import Module
from pvm.verify import verify

_TYPES = ("i32", "i64", "f64")
_BINARY = {
    "i32": ("add", "sub", "mul", "and", "or", "xor"),
    "i64": ("add", "sub", "mul", "and", "or", "xor"),
    "f64": ("add", "sub", "mul", "div"),
}


class _Writer:
    """Writes one function: locals of each type, objects as parameters, statements that nest a little."""

    def __init__(self, random: Random, number: int, classes: int, functions: int) -> None:
        self.random = random
        self.number = number
        self.classes = classes
        self.functions = functions
        self.lines: list[str] = []
        self.labels = 0
        self.owner = number % classes

    def label(self) -> str:
        self.labels += 1
        return f"@l{self.labels}"

    def expression(self, kind: str, depth: int) -> None:
        choice = self.random.randrange(6) if depth else self.random.randrange(2)
        match choice:
            case 0:
                self.lines.append(f"{kind}.const {self.random.randrange(1000)}")
            case 1:
                self.lines.append(f"local.get {kind}{self.random.randrange(3)}")
            case 2:
                self.lines.append("local.get object")
                self.lines.append(f"field.get C{self.owner}.{kind}{self.random.randrange(self.owner + 1)}")
            case 3:
                self.lines.append("local.get object")
                self.expression("i64", depth - 1)
                self.lines.append(f"call f{self.callee()}")
                if kind != "i64":
                    self.lines.append({"i32": "i32.wrap_i64", "f64": "f64.convert_i64_s"}[kind])
            case _:
                self.expression(kind, depth - 1)
                self.expression(kind, depth - 1)
                self.lines.append(f"{kind}.{self.random.choice(_BINARY[kind])}")

    def callee(self) -> int:
        """A function that takes the object: one of its class or of a superclass."""
        candidate = self.random.randrange(self.functions)
        return candidate - candidate % self.classes + self.random.randrange(self.owner + 1)

    def statement(self, depth: int) -> None:
        kind = self.random.choice(_TYPES)
        match self.random.randrange(4) if depth else 0:
            case 0:
                self.expression(kind, 3)
                self.lines.append(f"local.set {kind}{self.random.randrange(3)}")
            case 1:
                self.lines.append("local.get object")
                self.expression(kind, 2)
                self.lines.append(f"field.set C{self.owner}.{kind}{self.random.randrange(self.owner + 1)}")
            case 2:
                other, end = self.label(), self.label()
                self.expression("i32", 2)
                self.lines.append(f"branch.unless {other}")
                self.statement(depth - 1)
                self.lines += [f"jump {end}", f"{other} locals 11"]
                self.statement(depth - 1)
                self.lines.append(f"{end} locals 11")
            case _:
                head, end = self.label(), self.label()
                self.lines += [f"{head} locals 11", "local.get i64_0_limit", "local.get i640", "i64.lt_s"]
                self.lines.append(f"branch.unless {end}")
                self.statement(depth - 1)
                self.lines += [f"jump {head}", f"{end} locals 11"]

    def function(self) -> str:
        names = [f"{kind}{index}: {kind}" for kind in _TYPES for index in range(3)]
        for kind in _TYPES:
            for index in range(3):
                self.lines += [f"{kind}.const {index}", f"local.set {kind}{index}"]
        for _ in range(4):
            self.statement(2)
        head = f"func f{self.number}(object: ref C{self.owner}, i64_0_limit: i64) -> i64 {{"
        return "\n".join([head, "  .local " + ", ".join(names), *self.lines, "local.get i640", "return", "}"])


def program(functions: int, classes: int = 10, seed: int = 0) -> Module:
    """A chain of classes and functions over them; ``functions`` is a multiple of ``classes``."""
    random = Random(seed)
    parts = []
    for index in range(classes):
        extends = f" extends C{index - 1}" if index else ""
        fields = "".join(f"  field {kind}{index}: {kind}\n" for kind in _TYPES)
        parts.append(f"class C{index}{extends} {{\n{fields}}}")
    parts += [_Writer(random, index, classes, functions).function() for index in range(functions)]
    return assemble("\n".join(parts), "generated")


def main() -> None:
    """Print the best of several runs."""
    module = program(500)
    count = sum(len(decode_code(function.code)) for function in module.functions)
    decode = whole = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        for function in module.functions:
            decode_code(function.code)
        between = time.perf_counter()
        verify(module)
        decode, whole = min(decode, between - start), min(whole, time.perf_counter() - between)
    print(f"{len(module.functions)} functions, {count} instructions")
    print(f"decoding {decode * 1e3:.0f} ms, verifying {(whole - decode) * 1e3:.0f} ms, both {whole * 1e3:.0f} ms")
    print(
        f"{count / (whole - decode) / 1e6:.2f} million instructions a second, {count / whole / 1e6:.2f} with decoding"
    )


if __name__ == "__main__":
    main()
