"""Objects that nobody keeps are not made, until compiled code is left in the middle of what is done with them."""

from __future__ import annotations

import re

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native import layout
from pvm.engines.native.debug import Debug, debugging
from tests.engines.native.test_jit_golden import body
from tests.engines.native.test_jit_native_calls import LIMITS

CLASSES = """
    class Point(let x: Int, let y: Int) { fun plus(o: Point) -> Point = Point(x ^ o.x, y & o.y) }
    class Cell(var count: Int, var other: Cell?)
    class Span(let from: Int, let to: Int) : Iterable<Int> {
        override fun iterator() -> Iterator<Int> = SpanIterator(from, to) }
    class SpanIterator(var at: Int, let to: Int) : Iterator<Int> {
        override fun hasNext() -> Bool = at < to
        override fun next() -> Int { at += 1
            return at - 1 } }
    fun over(n: Int) -> Int { var s = 0
        for j in Span(n, n + 5) { s ^= j }
        return s }
    fun apply(n: Int, f: (Int) -> Int) -> Int = f(n) ^ f(n + 1)
    fun look(c: Cell?) -> Int = if c == null { 7 } else { c.count }
    fun last(cells: List<Cell>) -> Int = if cells.isEmpty { 0 } else { cells[cells.size - 1].count }
"""
MAP = "@export fun f(n: Int) -> Int { let m = Map<Int, Int>()\nm[n] = n\nreturn g(m, n) }\n"
GONE = {
    "box of an optional number": MAP
    + """fun g(m: Map<Int, Int>, n: Int) -> Int { var s = 0
        for i in 0..<n { let v = m.get(i & 127)
            if v != null { s ^= v } }
        return s }""",
    "object": """@export fun g(n: Int) -> Int { var s = 0
        for i in 0..<n { let q = Point(i, n).plus(Point(n, i))
            s ^= q.x + q.y }
        return s }""",
    "object that changes": """@export fun g(n: Int) -> Int { var s = 0
        for i in 0..<n { let c = Cell(i, null)
            if i > 5 { c.count += s }
            s ^= look(c) }
        return s }""",
    "one of two, or none": """@export fun g(n: Int) -> Int { var s = 0
        for i in 0..<n { let c = if i > 7 { Cell(i, null) } else if i > 3 { Cell(n, null) } else { null }
            s ^= look(c) }
        return s }""",
    "object in an object": """@export fun g(n: Int) -> Int { var s = 0
        for i in 0..<n { let c = Cell(i, Cell(n, null))
            s ^= look(c.other) }
        return s }""",
    "iterator": "@export fun g(n: Int) -> Int { var s = 0\nfor i in 0..<n { s ^= over(i) }\nreturn s }",
    "function value": """@export fun g(n: Int) -> Int { var s = 0
        for i in 0..<n { s ^= apply(i) { it * n ^ i } }
        return s }""",
    "class that is tested": """@export fun g(n: Int) -> Int { var s = 0
        for i in 0..<n { let c: Any = Cell(i, null)
            if c is Cell { s ^= c.count } }
        return s }""",
}
STAYS = {
    "kept in a list": """@export fun g(n: Int) -> Int { let l = List<Cell>()
        for i in 0..<n { l.add(Cell(i, null)) }
        return last(l) }""",
    "given back": "@export fun f(n: Int) -> Int = g(n).count\nfun g(n: Int) -> Cell = Cell(n, null)",
    "held from the round before": """@export fun g(n: Int) -> Int { var s = 0
        var before: Cell? = null
        for i in 0..<n { let c = Cell(i, null)
            s ^= look(before)
            before = c }
        return s }""",
    "list of its like": """@export fun g(n: Int) -> Int { var all: Cell? = null
        for i in 0..<n { all = Cell(i, all) }
        return look(all) }""",
    "or another one": """@export fun f(n: Int) -> Int = g(Cell(n, null), n)
        fun g(c: Cell, n: Int) -> Int { var s = 0
            for i in 0..<n { let d = if i > 3 { c } else { Cell(i, null) }
                s ^= d.count }
            return s }""",
}
NURSERY_TOP = f"i64 {layout.control_word('nursery_top')}\n"
"""Where an address is computed that whoever makes an object reads and writes."""


@pytest.mark.parametrize("what", GONE)
def test_object_is_not_made(what: str) -> None:
    assert NURSERY_TOP not in body(CLASSES + GONE[what])


@pytest.mark.parametrize("what", STAYS)
def test_object_is_made(what: str) -> None:
    assert NURSERY_TOP in body(CLASSES + STAYS[what])


def test_native_stack_pays_for_objects_that_may_be_made_around_a_call() -> None:
    around = """@export fun g(n: Int) -> Int { let c = Cell(n, Cell(n * 3, null))
        return if n == 0 { 0 } else { g(n - 1) ^ c.count ^ look(c.other) } }"""
    (size,) = re.findall(r"%r\.room = alloca \[(\d+) x i8\]", body(CLASSES + around))
    assert int(size) >= 48, "two objects, and those of what is inlined"
    assert "%r.room" not in body(CLASSES + GONE["object in an object"])


PROGRAM = (
    CLASSES
    + """
    // Traps in the middle of a round, with objects that somebody around reads afterwards.
    @export fun traps(n: Int) -> Int { var s = 0
        let a = Array<Int>(7) { it }
        for i in 0..<n { let c = Cell(i, Cell(n, null))
            try { c.count += a[i % 9]
                c.other!!.count ^= c.count
                s += 100 / (i % 5) } catch (e: IndexError) {
                s += c.count } catch (e: ArithmeticError) { s ^= look(c.other) }
            s += c.count * 3 + look(c.other) }
        return s }

    // Two frames, or two locals, hold the same object.
    fun both(c: Cell, d: Cell, n: Int) -> Int {
        if n % 11 == 3 { print("") }
        c.count += 1
        d.count += 10
        return if c.other == d.other { c.count } else { d.count * 2 } }
    @export fun shared(n: Int) -> Int { var s = 0
        for i in 0..<n { let c = Cell(i, null)
            let d = if i % 2 == 0 { c } else { Cell(i * 3, c) }
            s = (s * 31 + both(c, d, i) + c.count + d.count) % 1_000_003 }
        return s }

    // A field of a smaller size, and of other kinds.
    class Mixed(var byte: UInt8, var short: Int16, var flag: Bool, var real: Float, let text: String)
    @export fun mixed(n: Int) -> Int { var s = 0
        for i in 0..<n { let m = Mixed((i % 256).toUInt8(), (i % 1000).toInt16(), i % 3 == 0, i.toFloat(), "text")
            if i % 13 == 5 { print("") }
            m.real = m.real * 2.0
            let flag = if m.flag { 7 } else { 0 }
            s = (s + m.byte.toInt() * 3 + m.short.toInt() + flag + m.real.toInt() + m.text.size) % 1_000_003 }
        return s }

    // Objects in many frames of the native stack, which all are written at the bottom.
    @export fun deep(n: Int) -> Int {
        let c = Cell(n, Cell(n * 3, Cell(n * 5, null)))
        if n == 0 { print("")
            return 0 }
        let below = deep(n - 1)
        c.count += below
        return (c.count + look(c.other) + look(c.other!!.other)) % 1_000_003 }
    @export fun deepAgain(n: Int) -> Int { var s = 0
        for i in 0..<20 { s = (s + deep(n + i)) % 1_000_003 }
        return s }

    // So much that it passes the end of the nursery now and then.
    @export fun deepest(n: Int) -> Int { var s = 0
        for i in 0..<n { s = (s + deep(890 + i % 10)) % 1_000_003 }
        return s }

    // What compiled code leaves with is kept by internal code: nothing else makes objects.
    var kept: Cell? = null
    @export fun grows(n: Int) -> Int {
        for i in 0..<n { let c = Cell(i, kept)
            giveWay()
            kept = c }
        return look(kept) }

    @export fun values(n: Int) -> Int { var s = 0
        for i in 0..<n { let c = Cell(i, null)
            let f = { x: Int -> c.count += x
                c.count ^ n }
            if i % 7 == 2 { print("") }
            s = (s * 7 + f(i) + apply(i, f) + c.count) % 1_000_003 }
        return s }

    @export fun iterates(n: Int) -> Int { var s = 0
        for i in 0..<n { for j in Span(i, i + 7) { if j % 17 == 3 { print("") }
                s = (s * 3 + j) % 1_000_003 }
            s += over(i) }
        return s }

    // Which of two objects of one place is whose.
    @export fun renewed(n: Int) -> Int { var s = 0
        for i in 0..<n { var c = Cell(i, null)
            let before = c
            for j in 0..<3 { if (i + j) % 4 == 1 { c = Cell(j, before) }
                if c == before { s += 1 }
                s = (s * 5 + c.count + look(c.other)) % 1_000_003 }
            s ^= before.count }
        return s }

    fun main() {}
"""
)
CALLS = [("traps", 300), ("shared", 300), ("mixed", 300), ("deep", 900), ("deepAgain", 700), ("values", 200)]
CALLS += [("iterates", 120), ("renewed", 200)]


@pytest.fixture(scope="module")
def module() -> pvm.Module:
    return pvm.Module(compile_source(PROGRAM, name="escape.peb"))


def outcome(module: pvm.Module, tier: str, name: str, argument: int, fuel: int | None = None) -> tuple[object, int]:
    """What a call comes to, and how much fuel it needs."""
    limits = LIMITS._replace(fuel=fuel) if fuel is not None else LIMITS
    with pvm.Instance(module, tier=tier, limits=limits) as instance:  # type: ignore[arg-type]
        try:
            result: object = instance.call(name, argument)
        except (pvm.Trap, pvm.Exhaustion) as error:
            result = type(error), error.kind, error.frames
        return result, instance.statistics.fuel_used


WAYS = {
    "eager": Debug(eager=True),
    "plain": Debug(eager=True, speed=0),
    "stress": Debug(eager=True, speed=0, stress=1, check_every=1000),
    "moved": Debug(eager=True, speed=0, suspend_every=1500),
    "loops": Debug(eager=True, loops=(300, 1000, 77)),
    "looks": Debug(eager=True, looks=(700, 301)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "argument"), CALLS)
def test_objects_are_there_where_compiled_code_is_left(module: pvm.Module, way: str, name: str, argument: int) -> None:
    wanted = outcome(module, "interpreter", name, argument)
    with debugging(WAYS[way]):
        assert outcome(module, "jit", name, argument) == wanted


@pytest.mark.parametrize("name", ["traps", "shared", "values", "iterates"])
def test_fuel_ends_where_it_ends_in_internal_code(module: pvm.Module, name: str) -> None:
    with debugging(Debug(eager=True, speed=0)):
        for fuel in range(100, 4000, 371):
            assert outcome(module, "jit", name, 200, fuel) == outcome(module, "interpreter", name, 200, fuel)


def test_objects_behind_the_nursery_are_collected_before_compiled_code_goes_on(module: pvm.Module) -> None:
    for call in (("deepest", 240), ("grows", 400_000)):
        wanted = outcome(module, "interpreter", *call)
        with debugging(Debug(eager=True)):
            assert outcome(module, "jit", *call) == wanted


def test_memory_limit_holds_for_objects_that_are_made_where_compiled_code_is_left(module: pvm.Module) -> None:
    with debugging(Debug(eager=True)), pvm.Instance(module, tier="jit", limits=pvm.Limits(memory="2M")) as instance:
        with pytest.raises(pvm.Exhaustion, match="out of memory"):
            instance.call("grows", 1_000_000)
        assert instance.statistics.collections.peak <= 4 << 20
