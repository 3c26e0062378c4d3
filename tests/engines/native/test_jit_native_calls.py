"""Compiled code that calls compiled code: what is written to frames when something happens deep in the native stack."""

from __future__ import annotations

import threading

import pytest

import pvm
from compiler.driver import compile_source
from tests.engines.native.test_jit import promotion_of

SOURCE = """
class Node(let next: Node?, let value: Int)

@export fun depth(n: Int) -> Int = if n == 0 { 0 } else { 1 + depth(n - 1) * 1 }

// Both wait for what the other returns, with operands, locals and objects of their own.
@export fun even(n: Int) -> Int {
    let node = Node(null, n)
    if n == 0 { return node.value + 1000 }
    let below = odd(n - 1)
    return below * 2 % 1_000_003 + node.value
}
@export fun odd(n: Int) -> Int {
    let before = n * 3
    if n == 0 { return before }
    return even(n - 1) + before - Node(null, n).value
}

// Objects that only a frame far out keeps, while others are made that fill the nursery again and again.
@export fun keeps(n: Int) -> Int {
    let mine = Node(Node(null, n), n * 2)
    var last: Node? = null
    for i in 0..<200 { last = Node(last, i) }
    if n == 0 { return last!!.value }
    let below = keeps(n - 1)
    return (below + mine.value - mine.next!!.value + last!!.value) % 1_000_003
}

@export fun fails(n: Int) -> Int {
    if n == 0 { throw ArgumentError("at the bottom") }
    return fails(n - 1) + n
}
@export fun rescues(n: Int) -> Int {
    var sum = 0
    for i in 1..n {
        let before = sum
        try { sum += fails(i % 50) } catch (_: ArgumentError) { sum = before + i }
    }
    return sum
}

abstract class Shape() { abstract fun corners(n: Float, m: Int) -> Float }
class A() : Shape() { override fun corners(n: Float, m: Int) -> Float = n + m.toFloat() }
class B() : Shape() { override fun corners(n: Float, m: Int) -> Float = n * 2.0 }
class C() : Shape() {
    override fun corners(n: Float, m: Int) -> Float = if m == 0 { n } else { this.corners(n, m - 1) + 0.5 }
}
class D() : Shape() { override fun corners(n: Float, m: Int) -> Float = n - m.toFloat() }
class E() : Shape() { override fun corners(n: Float, m: Int) -> Float = 0.0 - n }
@export fun shapes(n: Int) -> Float {
    let all: List<Shape> = [A(), B(), C(), D(), E()]
    var sum = 1.0
    for i in 0..<n { sum = all[i % 5].corners(sum, i % 7) }
    return sum
}

fun main() {}
"""
MODULE = pvm.Module(compile_source(SOURCE, name="calls.peb"))
CALLS = [("even", 4000), ("odd", 4001), ("keeps", 300), ("rescues", 400), ("shapes", 500), ("depth", 20_000)]
LIMITS = pvm.Limits(memory="64M", stack="16M")


def outcome(tier: str, name: str, argument: int) -> tuple[object, int]:
    """What a call comes to, and how much fuel it needs, with everything compiled if it is compiled at all."""
    with pvm.Instance(MODULE, tier=tier, limits=LIMITS) as instance:
        if tier == "jit":
            promotion_of(instance).compile_all(0)
        try:
            result = instance.call(name, argument)
        except pvm.PvmError as error:
            result = str(error)
        return result, instance.statistics.fuel_used


@pytest.mark.parametrize(("name", "argument"), CALLS)
def test_calls_are_the_same(name: str, argument: int) -> None:
    assert outcome("jit", name, argument) == outcome("interpreter", name, argument)


@pytest.mark.parametrize("argument", [49, 3000])
def test_exception_shows_every_frame(argument: int) -> None:
    shown = outcome("jit", "fails", argument)
    assert shown == outcome("interpreter", "fails", argument)
    assert "at the bottom" in str(shown[0])


def test_stack_overflows_where_it_does_in_the_interpreter() -> None:
    assert outcome("jit", "depth", 100_000_000) == outcome("interpreter", "depth", 100_000_000)


def test_thread_with_a_small_stack() -> None:
    found: list[object] = []
    before = threading.stack_size(256 << 10)
    try:
        thread = threading.Thread(target=lambda: found.extend(outcome("jit", *call) for call in CALLS))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == [outcome("interpreter", *call) for call in CALLS]
