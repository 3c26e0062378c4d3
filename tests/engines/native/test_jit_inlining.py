"""What is inlined in a compilation: calls in loops before those around them, whatever comes first in the code."""

from __future__ import annotations

from functools import cache

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.jit.inlining import FOUND_LATER, LEAST, MAX_SIZE, Inlinable, InliningPlan, path_of
from pvm.engines.native.jit.targets import Targets
from pvm.engines.native.linkage import Linkage
from pvm.verify.verified import VerifiedModule
from tests.engines.native.test_jit import promotion_of

STEPS = 30
BEFORE = "\n".join(f"    s = s + step{k}(n)" for k in range(STEPS))
SOURCE = f"""
{chr(10).join(f"fun step{k}(n: Int) -> Int = (n ^ {2000 + k}) * 3 + (n & {k}) * 5 - n" for k in range(STEPS))}
fun inner(n: Int) -> Int = (n ^ 999) + deeper(n)
fun deeper(n: Int) -> Int = n * 7 + (n ^ 998)
fun counted(n: Int) -> Int {{
    var s = 0
    for i in 0..<n {{ s = (s + inner(i)) & 65535 }}
    return s
}}
fun stops(n: Int) -> Int {{
    if n > 3 {{ return n }}
    throw StateError("small")
}}
@export fun steps(n: Int) -> Int {{
    var s = 0
{BEFORE}
    for i in 0..<n {{ s = (s + inner(i)) & 65535 }}
    return s
}}
@export fun outer(n: Int) -> Int {{
    var s = step0(n)
    for i in 0..<n {{ s = s + counted(i) }}
    return s
}}
@export fun large(n: Int) -> Int {{
    var s = 0
    for i in 0..<n {{
{"".join(f"        s = (s * {k} + i) & 65535{chr(10)}" for k in range(3, 60))}        s = inner(s)
    }}
    return s + stops(n)
}}
@export fun recursive(n: Int) -> Int = if n < 2 {{ n }} else {{ recursive(n - 1) + recursive(n - 2) }}
fun main() {{}}
"""


@cache
def verified() -> VerifiedModule:
    return pvm.Module(compile_source(SOURCE, name="inlining.peb")).verified


def index(name: str) -> int:
    return next(each.index for each in verified().functions if each.function.name == name)


@cache
def inlinable() -> Inlinable:
    return Inlinable(verified(), Targets(Linkage(verified())))


def planned(root: str) -> list[str]:
    """The names of what is inlined into a function, by where it is."""
    names = [each.function.name for each in verified().functions]
    plan = InliningPlan(inlinable(), index(root))
    found: list[str] = []

    def look(path: str, chain: tuple[int, ...]) -> None:
        for site in inlinable().sites(chain[-1]):
            for callee in site.callees:
                inside = path_of(path, site.offset, callee)
                if plan.includes(inside, chain, callee):
                    found.append(names[callee])
                    look(inside, (*chain, callee))

    look("%", (index(root),))
    return found


def test_calls_in_a_loop_come_before_many_that_are_in_front_of_it() -> None:
    found = planned("steps")
    assert {"inner", "deeper"} <= set(found)
    assert 5 < len(found) < STEPS


def test_a_compilation_has_so_many_instructions() -> None:
    total = sum(inlinable().size(index(name)) for name in planned("steps"))
    assert total + inlinable().size(index("steps")) <= MAX_SIZE + FOUND_LATER + 45


def test_what_a_callee_does_in_its_loop_is_in_both_loops() -> None:
    (site,) = inlinable().sites(index("counted"))
    assert site.depth == 1
    assert planned("outer").count("deeper") == 1


def test_large_function_has_something_inlined_too() -> None:
    assert inlinable().size(index("large")) > MAX_SIZE
    assert inlinable().size(index("inner")) + inlinable().size(index("deeper")) < LEAST
    assert {"inner", "deeper"} <= set(planned("large"))


def test_small_recursive_function_is_inlined_twice() -> None:
    assert planned("recursive") == ["recursive"] * 6


@pytest.mark.parametrize("name", ["steps", "outer", "large", "recursive"])
def test_what_is_inlined_gives_the_same(name: str) -> None:
    module = pvm.Module(verified().module)
    with pvm.Instance(module, tier="interpreter") as instance:
        wanted = [instance.call(name, n) for n in range(4, 13)]
    with pvm.Instance(module, tier="jit") as instance:
        promotion_of(instance).compile_now([index(name)], 0)
        assert [instance.call(name, n) for n in range(4, 13)] == wanted
