"""Images run natively and by the reference engine: prints the calls that differ, a line each.

Run as a process of its own, since native code that is wrong may end it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compiler.runtime import compile_system
from pvm.engines.api import EngineLimits
from pvm.engines.native.llvm.compilation import compile_blob
from pvm.engines.native.llvm.image import PREFIX, compile_image
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.loader import load
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.reference.engine import ReferenceEngine
from pvm.isa.types import Prim
from pvm.pbc.asm import assemble
from pvm.pbc.model import Module
from pvm.verify import verify

CAGE = 1 << 32
LETTERS = {Prim.I32: "i", Prim.I64: "q", Prim.F32: "f", Prim.F64: "d"}
MIX = """
let multiplier = 0x5851F42D4C957F2D
fun next(state: Int) -> Int = state * multiplier + 0x14057B7EF767814F
fun Address.byte(i: Int) -> Int = loadUInt8(i)

@export fun mixed(seed: Int, count: Int) -> Int {
    growMemory(0x20000)
    let base = Address(0x10000)
    var state = seed
    for i in 0..<count {
        state = next(state)
        (base + (state >>> 52)).storeInt64(state, (i & 7) * 3)
        base.storeFloat64(state.toFloat() / 3.0, i & 0xFFF)
    }
    copyMemory(base + 100, base, 3000)
    var sum = 0
    for i in 0..<4096 {
        sum = sum * 31 + base.byte(i)
        if sum % 7 == 3 { sum = sum ^ (i << 40) }
    }
    return sum
}
@export fun collatz(n: Int) -> Int {
    var steps = 0
    var value = n
    while value != 1 {
        value = if value % 2 == 0 { value / 2 } else { 3 * value + 1 }
        steps += 1
        if steps > 10000 { break }
    }
    return steps
}
@export fun gcd(a: Int, b: Int) -> Int = if b == 0 { a } else { gcd(b, a % b) }
@export fun rounded(x: Float) -> Float = x.floor() + x.ceil() * 2.0 + x.round() * 4.0 + x.trunc() * 8.0 + x.abs().sqrt()
@export fun cut(x: Float) -> Int = x.toInt() ^ x.toFloat32().toBits() ^ x.toInt32().toInt()
"""
FLOATS = (0.0, -0.0, 0.5, -1.5, 2.5, 1e300, -1e300, math.inf, -math.inf, math.nan, 5e-324, 2.0**63, -(2.0**63), 1e10)
NUMBERS = (0, 1, -1, 2, 3, 27, 97, 1000, (1 << 63) - 1, -(1 << 63), 1 << 40)


def calls() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Calls of the first image."""
    for index in (0, 1, 2, 3, -1, 4, 1 << 30):
        yield "chosen", (index,)
    for number in (0, 1, 2, 20, 1000):
        yield from (("sum", (number,)), ("countdown", (number, 5)), ("factorial", (number,)))
    for place, value in zip((0, 1, 65530, 1000, 77), FLOATS[3:], strict=False):
        yield "stored", (place, value, 0.25, -2)
        yield "filled", (place, 0x1FE)
    for a in FLOATS:
        for b in FLOATS:
            yield "bits", (a, b)
    for number, value in zip(NUMBERS, (-1.0, 0.0, 2.5, math.nan, 1e30, -0.0), strict=False):
        yield "swapped", (number, value)


def mixing_calls() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Calls of the second image."""
    rng = random.Random(4)
    for count in (0, 1, 10, 500):
        yield "mixed", (rng.getrandbits(63) - (1 << 62), count)
    for number in NUMBERS[1:]:
        yield "collatz", (number,)
        yield "gcd", (number, rng.choice(NUMBERS[1:4]))
    for value in FLOATS:
        yield from (("rounded", (value,)), ("cut", (value,)))


def differences(module: Module, wanted: Iterator[tuple[str, tuple[Any, ...]]]) -> Iterator[str]:
    """Compile an image and compare calls of it."""
    target = host_target()
    assert target is not None
    verified = verify(module, privileged=True)
    reference = ReferenceEngine(verified, limits=EngineLimits(memory=CAGE), strict=True)
    code = load(compile_blob(compile_image(verified, target.triple), target))
    flags = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS | foreign.MAP_NORESERVE
    cage = foreign.Memory().map(2 * CAGE, foreign.PROT_READ | foreign.PROT_WRITE, flags)
    functions = {}
    for export in module.exports:
        signature = module.signatures[module.functions[export.function].signature]
        letters = "".join(LETTERS[type_] for type_ in signature.params)
        result = LETTERS[signature.results[0]] if signature.results else ""
        functions[export.name] = code.function(PREFIX + export.name, result, "Q" + letters)
    for name, arguments in wanted:
        expected = reference.call_export(name, arguments)
        found = functions[name](cage, *arguments)
        if repr(found) != repr(expected):
            yield f"{name}{arguments}: expected {expected!r}, found {found!r}"


def main() -> None:
    """Compare both images."""
    by_hand = assemble(Path(__file__).with_name("image.pasm").read_text(encoding="utf-8"), "image.pasm")
    for text in differences(by_hand, calls()):
        print(text)
    for text in differences(compile_system({"mix.peb": MIX}), mixing_calls()):
        print(text)


if __name__ == "__main__":
    main()
