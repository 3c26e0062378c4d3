"""Compiled functions do what internal code does: the same output, the same exceptions, the same fuel."""

from __future__ import annotations

from pathlib import Path

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.jit.background import background
from pvm.engines.native.jit.promotion import Promotion

PROGRAMS = {
    "arithmetic": """
        fun gcd(a: Int, b: Int) -> Int = if b == 0 { a } else { gcd(b, a % b) }
        fun main() {
            var sum = 0
            for i in 1..<300 { for j in 1..<40 { sum += gcd(i * 7, j * 3) } }
            println(sum)
            try { println(9223372036854775807 + sum) } catch (e: ArithmeticError) { println(e.message ?: "") }
            println((1..<20).map { it * it }.filter { it % 3 == 0 }.fold(0) { a, b -> a + b })
        }
    """,
    "objects": """
        open class Shape(let side: Float) { open fun area() -> Float = side * side }
        class Circle(let r: Float) : Shape(r) { override fun area() -> Float = 3.0 * r * r }
        class Half(let s: Float) : Shape(s) { override fun area() -> Float = s * s / 2.0 }
        interface Named { fun name() -> String }
        class Cat(let n: Int) : Named { override fun name() -> String = "cat ${n}" }
        class Dog(let n: Int) : Named { override fun name() -> String = "dog ${n}" }
        fun main() {
            let shapes = List<Shape>()
            let named = List<Named>()
            for i in 0..<300 {
                let f = i.toFloat()
                shapes.add(if i % 3 == 0 { Circle(f) } else if i % 3 == 1 { Half(f) } else { Shape(f) })
                named.add(if i % 2 == 0 { Cat(i) } else { Dog(i) })
            }
            var total = 0.0
            for shape in shapes { total += shape.area() }
            var size = 0
            for each in named { size += each.name().size }
            println("${total} ${size}")
        }
    """,
    "exceptions": """
        fun risky(n: Int) -> Int {
            if n % 7 == 0 { throw ArgumentError("seven ${n}") }
            return [1, 2, 3][n % 4]
        }
        fun attempt(n: Int) -> Int {
            try { return risky(n) } catch (e: IndexError) { return -1 } finally { counter += 1 }
        }
        var counter = 0
        fun main() {
            var sum = 0
            for i in 0..<200 { sum += try { attempt(i) } catch (e: ArgumentError) { 100 } }
            println("${sum} ${counter}")
            println([1, 2][sum])
        }
    """,
    "waiting": """
        fun twice(n: Int, f: (Int) -> Int) -> Int = n + f(n) * 10 + n * f(n + 1)
        fun main() {
            let base = "abc".size
            let functions: List<(Int) -> Int> = [{ n -> n + base }, { n -> n * 2 }]
            var sum = 0
            for i in 0..<40 { sum += sum % 7 + twice(i, functions[i % 2]) }
            println(sum)
        }
    """,
    "steps": """
        fun series(x: Float) -> Float {
            var sum = 0.0
            var n = 23
            while n >= 3 { sum = (sum + 1.0 / n.toFloat()) * x
                n = n - 2 }
            var i = 0
            while i < 40 { sum += 1.0
                i += 3 }
            return sum
        }
        fun main() {
            var total = 0.0
            for i in 0..<20 { total += series(i.toFloat() / 20.0) }
            println(total)
        }
    """,
    "trap in a closure": """
        fun share(items: List<Int>, f: (Int) -> Int) -> Int = items.fold(0) { sum, n -> sum + f(n) }
        fun main() {
            let bias = 10
            println(share([1, 2, 5]) { bias / it })
            println(share([1, 0, 5]) { bias / it })
        }
    """,
    "left in the middle": """
        fun upTo(n: Int, last: Int) -> Int {
            var total = 0
            for j in 0..<n { if j == last { break }
                total += 1 }
            return total
        }
        fun main() {
            for i in 0..<6 { println("${upTo(i, 2)} ${upTo(3, i)} ${upTo(i, -1)}") }
        }
    """,
    "shapes in a loop": """
        abstract class Shape(let side: Float) { abstract fun area() -> Float }
        class Square(let s: Float) : Shape(s) { override fun area() -> Float = side * side }
        class Circle(let r: Float) : Shape(r) { override fun area() -> Float = 3.0 * side * side + 0.5 }
        fun total(shapes: List<Shape>) -> Float = shapes.fold(0.0) { sum, s -> sum + s.area() }
        fun main() {
            let shapes: List<Shape> = [Square(2.0), Circle(1.0), Circle(4.0), Square(1.0), Circle(2.0)]
            for _ in 0..<50 { shapes.add(Circle(total(shapes) % 7.0)) }
            println(total(shapes))
        }
    """,
    "sorting": """
        class Item(let key: Int, let name: String)
        fun main() {
            let items = List<Item>()
            for i in 0..<200 { items.add(Item(i * 7919 % 101, "n${i}")) }
            let bias = items.size % 3
            items.sortWith { a, b -> a.key + bias < b.key || (a.key == b.key && a.name < b.name) }
            println(items.map { it.name }.join(","))
            items.sortWith { a, b -> a.name < b.name }
            println(items.map { it.name }.join(","))
        }
    """,
    "maps": """
        fun main() {
            let counts = Map<String, Int>()
            for i in 0..<500 { let key = "k${i % 37}"
                counts[key] = (counts[key] ?: 0) + i }
            for key in 0..<37 { if key % 3 == 0 { counts.remove("k${key}") } }
            var sum = 0
            for (key, n) in counts.entries() { sum += n * key.size }
            println("${counts.size} ${sum}")
        }
    """,
}


def promotion_of(instance: pvm.Instance) -> Promotion:
    machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
    return machine.program.promoted(machine._code)  # type: ignore[no-any-return]


def outcome(module: pvm.Module, tier: str, fuel: int | None = None) -> tuple[object, bytes, int]:
    kernel = pvm.Kernel(stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    limits = pvm.Limits(memory="64M", fuel=fuel)
    with pvm.Instance(module, kernel=kernel, limits=limits, tier=tier) as instance:  # type: ignore[arg-type]
        if tier == "jit":
            promotion = promotion_of(instance)
            promotion.compile_all()
            assert promotion.failures == {}
        try:
            status: object = instance.run([module.name])
        except (pvm.Trap, pvm.Exhaustion) as error:
            status = (type(error), error.kind, error.message, error.frames)
        return status, kernel.stdout_bytes, instance.statistics.fuel_used


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_program_is_the_same(name: str) -> None:
    module = pvm.Module(compile_source(PROGRAMS[name], name=f"{name}.peb"))
    assert outcome(module, "jit") == outcome(module, "interpreter")


def test_fuel_ends_compiled_code_where_it_ends_internal_code() -> None:
    module = pvm.Module(compile_source(PROGRAMS["arithmetic"], name="fuel.peb"))
    for fuel in (1_000, 20_011, 150_007, 300_001):
        assert outcome(module, "jit", fuel) == outcome(module, "interpreter", fuel)


def test_hot_loop_is_compiled_while_it_runs(tmp_path: Path) -> None:
    source = "@export fun sum(n: Int) -> Int { var s = 0\n for i in 0..<n { s += i & 7 }\n return s }\nfun main() {}"
    with pvm.Instance(pvm.Module(compile_source(source, name="hot.peb")), tier="jit") as instance:
        promotion = promotion_of(instance)
        while not promotion.compiled:
            assert instance.call("sum", 3_000_000) == 10_500_000
            background().wait()
            assert not promotion.failures
        assert instance.call("sum", 3_000_000) == 10_500_000
