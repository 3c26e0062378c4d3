"""What is known of numbers at the heads of loops, where compiled code is entered from frames."""

from __future__ import annotations

import re

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit.activation import FunctionFacts
from pvm.engines.native.jit.ranges import LEAST, MOST
from pvm.engines.native.linkage import Linkage
from pvm.pbc.asm import assemble
from tests.engines.native.test_jit_loops import optimised

LENGTH = (1 << 32) - 1

KNOWN = {
    "counter": ("var i = 0\nwhile i < n { i += 1 }", {"i": (0, MOST - 1)}),
    "counted down": ("var i = 9\nwhile i > n { i -= 1 }", {"i": (LEAST + 1, 9)}),
    "index": ("let a = Array<Int>(n)\nvar i = 0\nwhile a[i] < 5 { i += 1 }", {"i": (0, LENGTH)}),
    "two indices": ("let a = Array<Int>(n)\nvar i = n\nwhile true { i = a[i + 2] + a[i - 3]\na[i + 7] = 0 }", {}),
    "stack": (
        "let a = Array<Int>(n)\nvar i = 0\nwhile true { if a[n] > 0 { a[i] = 1\ni += 1 } else { i -= 1\na[i] = 2 } }",
        {"i": (0, LENGTH)},
    ),
    "wrapping": ("var i = 0\nwhile i < n { i = i &+ 3 }", {"i": (LEAST, MOST - 1)}),
    "parameter": ("var i = n\nwhile i < 5 { i += 1 }", {"i": (LEAST, 4)}),
    "remainder": ("var i = 0\nwhile i != 3 { i = n % 10 }", {"i": (-9, 9)}),
    "mask": ("var i = 0\nwhile i != 3 { i = n & 255 }", {"i": (0, 255)}),
    "product": ("var i = 2\nwhile i < n { i = i * i }", {"i": (2, MOST - 1)}),
    "size": ("let a = Array<Int>(n)\nvar i = 0\nwhile i != 3 { i = a.size - 1 }", {"i": (-1, LENGTH - 1)}),
    "other branch": ("var i = 0\nwhile true { if i < 8 { i += 1 } else { i -= 8 } }", {"i": (0, LENGTH)}),
    "changed in between": (
        "let a = Array<Int>(n)\nvar i = 0\nwhile true { let k = i\ni = n\na[k] = i }",
        {"i": (LEAST, MOST)},
    ),
    "caught": (
        "var i = 0\nwhile true { try { i = n\ng(i) } catch (_: StateError) { i += 1 } }",
        {"i": (LEAST, MOST)},
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_intervals_at_the_first_loop(case: str) -> None:
    text, wanted = KNOWN[case]
    source = (
        f'fun g(n: Int) {{ if n > 5 {{ throw StateError("") }} }}\n@export fun f(n: Int) {{ {text} }}\nfun main() {{}}'
    )
    facts = function_facts(pvm.Module(compile_source(source, name="ranges.peb")), "f")
    names = dict(facts.verified.function.local_names)
    found = facts.ranges[min(facts.polled)]
    assert (LEAST, MOST) not in found.values()
    known = {names.get(local, ""): tuple(interval) for local, interval in found.items()}
    for name, interval in wanted.items():
        assert known.get(name, (LEAST, MOST)) == interval


def function_facts(module: pvm.Module, name: str) -> FunctionFacts:
    verified = module.verified
    index = [each.name for each in verified.module.functions].index(name)
    return FunctionFacts(Linkage(verified), index, frozenset())


def test_what_is_an_index_in_each_round_does_not_overflow() -> None:
    source = """@export fun f(a: Array<Int>, n: Int) -> Int { var at = 0
        while true {
            match n ^ at {
                0 => { a[at] = n
                    at += 1 }
                1 => { at -= 1
                    a[at] = 7 }
                else => return at
            } } }"""
    assert not re.search(r"s(add|sub)\\.with\\.overflow", optimised(source, "f"))


HANDLED = """
class Error {
  field message: ref? string
  field trace: ref? array i32
}
throwable Error
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local at: i64
  .local rounds: i64
    i64.const 0
    local.set at
    i64.const 0
    local.set rounds
@head:
    local.get rounds
    i64.const 1
    i64.add
    local.tee rounds
    local.get n
    i64.eq
    branch.if @done
    .try all @caught
    i64.const 9223372036854775807
    local.set at
    local.get at
    i64.const 1
    i64.add_checked_s
    local.set at
    .end all
    i64.const 3
    local.set at
    jump @head
@caught:
    ref.drop
    jump @head
@done:
    local.get at
    i64.const 2
    i64.add_checked_s
    return
}
"""


def test_handler_finds_what_a_local_was_in_the_middle() -> None:
    """The sum overflows in each round, so the local is the greatest number at the head."""
    module = pvm.Module(assemble(HANDLED))
    known = function_facts(module, "f").ranges
    assert known
    assert not any(1 in each for each in known.values())
    with debugging(Debug(eager=True)), pvm.Instance(module, tier="jit") as instance:
        assert instance.call("f", 1) == 2
        with pytest.raises(pvm.Trap, match="integer overflow"):
            instance.call("f", 3)
