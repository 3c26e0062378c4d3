"""Random generator functions give what the same function adds to a list, whatever they consist of.

Both forms are written from one random body: ``yield n`` in one is ``out.add(n)`` in the other.
"""

from __future__ import annotations

import random

import pytest

import pvm
from compiler.driver import compile_source

FUNCTIONS = 6
PRELUDE = """
fun numbers(n: Int) -> Sequence<Int> { for i in 0..<n { yield i } }
fun give(out: List<Int>, n: Int) -> Int { out.add(n); return n }
fun check(n: Int, log: List<Int>) {
    if n % 7 == 3 {
        log.add(-n)
        throw StateError("${n}")
    }
}
"""


class Writer:
    """Writes one random body, as a generator and as a function that fills a list."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.variables = ["a"]
        self.loops: list[str] = []
        self.names = 0
        self.in_deferred = False

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def value(self) -> str:
        variable = self.random.choice(self.variables)
        return self.random.choice([variable, f"({variable} &* 3 &+ {self.random.randrange(9)}) % 101", "1"])

    def body(self, depth: int, room: int) -> list[str]:
        kept = len(self.variables)
        lines = [line for _ in range(self.random.randint(1, room)) for line in self.statement(depth)]
        del self.variables[kept:]
        return lines

    def block(self, head: str, depth: int, room: int = 3) -> list[str]:
        return [f"{head} {{", *self.body(depth - 1, room), "}"]

    def statement(self, depth: int) -> list[str]:
        simple = [self.give, self.give, self.declare, self.assign, self.check, self.leave, self.inside]
        nested = [self.choice, self.loop, self.walk, self.attempt, self.defer, self.match]
        return self.random.choice(simple + (nested * 2 if depth > 0 else []))(depth)

    def give(self, depth: int) -> list[str]:
        return [f"log.add({self.value()})"] if self.in_deferred else [f"EMIT({self.value()})"]

    def declare(self, depth: int) -> list[str]:
        name = self.name("v")
        line = f"var {name} = {self.value()}"
        self.variables.append(name)
        return [line]

    def assign(self, depth: int) -> list[str]:
        return [f"{self.random.choice(self.variables[:1] + self.mutable())} = {self.value()}"]

    def mutable(self) -> list[str]:
        return [name for name in self.variables if name[0] == "v"]

    def check(self, depth: int) -> list[str]:
        return [f"check({self.value()}, log)"]

    def leave(self, depth: int) -> list[str]:
        ways = [] if self.in_deferred else ["return"]
        ways += [word for label in self.loops for word in (f"break {label}", f"continue {label}")]
        return [f"if {self.value()} % 5 == 0 {{ {self.random.choice(ways)} }}"] if ways else []

    def inside(self, depth: int) -> list[str]:
        """A stop in the middle of an expression."""
        if self.in_deferred:
            return []
        name = self.name("v")
        test = f"{self.value()} % 2 == 0"
        lines = [f"var {name} = {self.value()} &+ (if {test} {{ EMIT({self.value()}); 1 }} else {{ {self.value()} }})"]
        self.variables.append(name)
        return lines

    def choice(self, depth: int) -> list[str]:
        lines = self.block(f"if {self.value()} % 2 == 0", depth)
        return [*lines[:-1], "} else {", *self.body(depth - 1, 2), "}"]

    def match(self, depth: int) -> list[str]:
        return [
            f"match {self.value()} % 3 {{",
            *self.block("0 =>", depth, 2),
            *self.block("n if n > 1 =>", depth, 2),
            *self.block("_ =>", depth, 2),
            "}",
        ]

    def loop(self, depth: int) -> list[str]:
        return self.labelled(f"for {{}} in 0..<{self.random.randint(1, 4)}", depth)

    def walk(self, depth: int) -> list[str]:
        return self.labelled(f"for {{}} in numbers({self.random.randint(1, 4)})", depth)

    def labelled(self, head: str, depth: int) -> list[str]:
        label, name = self.name("l"), self.name("i")
        self.loops.append(label)
        self.variables.append(name)
        lines = self.block(f"{label}: {head.format(name)}", depth)
        self.variables.remove(name)
        self.loops.pop()
        return lines

    def attempt(self, depth: int) -> list[str]:
        lines = self.block("try", depth)
        kind = self.random.randrange(3)
        if kind > 0:
            lines = [*lines[:-1], "} catch (e: StateError) {", *self.body(depth - 1, 2), "}"]
        if kind != 1:
            lines = [*lines[:-1], "} finally {", *self.body(depth - 1, 2), "}"]
        return lines

    def defer(self, depth: int) -> list[str]:
        loops, self.loops = self.loops, []
        was_deferred, self.in_deferred = self.in_deferred, True
        lines = self.block("defer", depth, 2)
        self.loops, self.in_deferred = loops, was_deferred
        return lines


def source(seed: int) -> str:
    parts = [PRELUDE]
    calls = []
    for number in range(FUNCTIONS):
        writer = Writer(random.Random(f"{seed}.{number}"))
        start = ["var a = start"]
        body = "\n".join(start + writer.body(4, 6))
        lazy, eager = body.replace("EMIT", "yield "), body.replace("EMIT(", "give(out, ")
        parts.append(
            f"fun lazy{number}(start: Int, log: List<Int>) -> Sequence<Int> {{\n{lazy}\nif a == -1 {{ yield 0 }}\n}}"
        )
        parts.append(f"fun eager{number}(start: Int, log: List<Int>, out: List<Int>) {{\n{eager}\n}}")
        calls.append(
            f"""
    for start in 0..4 {{
        let log = List<Int>()
        let out = List<Int>()
        try {{ for n in lazy{number}(start, log) {{ out.add(n) }} }} catch (e: StateError) {{ out.add(-1000) }}
        let wantedLog = List<Int>()
        let wanted = List<Int>()
        try {{ eager{number}(start, wantedLog, wanted) }} catch (e: StateError) {{ wanted.add(-1000) }}
        if out != wanted || log != wantedLog {{
            println("{number} ${{start}}: ${{out}} ${{log}}, ${{wanted}} ${{wantedLog}}")
        }}
        count += out.size
    }}"""
        )
    return "\n".join([*parts, "fun main() {", "var count = 0", *calls, "println(count > 50)", "}"])


@pytest.mark.parametrize("seed", range(3))
def test_generators_give_what_functions_add(seed: int) -> None:
    kernel = pvm.Kernel(stdout=pvm.CAPTURE, clock="virtual", seed=1)
    module = pvm.Module(compile_source(source(seed)))
    with pvm.Instance(module, kernel=kernel, limits=pvm.Limits(fuel=20_000_000)) as instance:
        instance.run([module.name])
    assert kernel.stdout_bytes == b"true\n"
