"""Mutated system modules bring diagnostics, or an image that verifies, and nothing else."""

from __future__ import annotations

from collections import Counter
from random import Random

from compiler.runtime import compile_system
from pvm.errors import CompileError
from pvm.verify import verify
from tests.compiler.system.test_running import BLOCKS, STATEMENTS
from tests.fuzz.mutators import mutate_text, vary_source

NUMBERS = """
@export fun numbers(n: Int, x: Float, b: Bool, a: Address) -> Int {
    let u: UInt64 = 3
    var s = if b { n } else { a.toInt() }
    for i in 0..<n { s += match i { 1 => 2, else => i } }
    a.storeInt64(s, n * 8)
    return s + x.toInt() + u.toInt() + helper(x.toFloat32()).toInt()
}
let k = 1 << 3
let m = Address(k)
fun helper(f: Float32) -> Bool = f < 1.0
"""
LAYOUT = "pub let small: Int = 1\npub let large: Int = 64\n"


def outcome(text: str) -> str:
    try:
        verify(compile_system({"x.peb": text, "layout.peb": LAYOUT}), privileged=True)
    except CompileError as error:
        return min(str(getattr(item, "code", "")) for item in error.diagnostics)[:3]
    return "image"


def test_mutated_modules(fuzz_factor: int, fuzz_seed: int) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(250 * fuzz_factor):
        random = Random(fuzz_seed * 1_000_000 + number)
        text = random.choice((NUMBERS, NUMBERS, STATEMENTS, BLOCKS))
        for _ in range(random.randrange(1, 4)):
            varied = random.random() < 0.9
            text = vary_source(random, text) if varied else mutate_text(random, text, NUMBERS)
        outcomes[outcome(text)] += 1
    assert outcomes.keys() >= {"image", "E01", "E02", "E03", "E09"}, outcomes
