"""Calls that compiled code does not make: what may be called is compared with what is there, and inlined."""

from __future__ import annotations

import re

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.jit.build import encode_argument, function_ir
from pvm.engines.native.machine_code.target import X86_64_V3
from pvm.pbc.model import Module
from tests.engines.native.test_jit import promotion_of

SHAPES = """
    abstract class Shape { abstract fun corners(n: Int) -> Int }
    {classes}
    @export fun count(n: Int) -> Int {
        let shapes: List<Shape> = [{makers}]
        return ask(shapes[n % shapes.size], n)
    }
    fun ask(shape: Shape, n: Int) -> Int = shape.corners(n)
    fun main() {}
"""
CLOSURES = """
    @export fun apply(n: Int) -> Int {
        let functions: List<(Int) -> Int> = [{closures}]
        return ask(functions[n % functions.size], n)
    }
    fun ask(f: (Int) -> Int, n: Int) -> Int = f(n) * 2
    fun main() {}
"""
RECURSION = """
    @export fun depth(n: Int) -> Int = if n == 0 { 0 } else { 1 + depth(n / 2) }
    fun main() {}
"""


def shapes(count: int) -> Module:
    classes = "\n".join(
        f"class S{k} : Shape() {{ override fun corners(n: Int) -> Int = n * {k} + {k} }}" for k in range(count)
    )
    makers = ", ".join(f"S{k}()" for k in range(count))
    return compile_source(SHAPES.replace("{classes}", classes).replace("{makers}", makers), name="shapes.peb")


def closures(count: int) -> Module:
    made = ", ".join(f"{{ it + n * {k} }}" if k % 2 else f"{{ it * {k + 3} }}" for k in range(count))
    return compile_source(CLOSURES.replace("{closures}", made), name="closures.peb")


def ir_of(module: Module, function: str) -> str:
    """The function itself, without its entries."""
    number = next(index for index, each in enumerate(module.functions) if each.name == function)
    ir = function_ir(X86_64_V3, encode_argument(pvm.Module(module).to_bytes(), number))
    return ir[ir.index("@body(") : ir.index("define internal")]


def calls(ir: str) -> int:
    """How many calls of functions there are that are not inlined."""
    return ir.count(" = call preserve_nonecc ")


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_methods_are_inlined(count: int) -> None:
    assert calls(ir_of(shapes(count), "ask")) == 0


def test_methods_are_told_apart_by_the_class_alone() -> None:
    ir = ir_of(shapes(4), "ask")
    tests = re.findall(r"icmp ult i32 %v\d+, 1$", ir, re.MULTILINE)
    assert len(tests) == 3, "the last one is certain"


def test_many_methods_are_called() -> None:
    assert calls(ir_of(shapes(5), "ask")) == 1


def test_blocks_that_only_throw_are_left_alone() -> None:
    source = """
        @export fun at(n: Int) -> Int {
            if n < 0 { throw ArgumentError("n is ${n}, which is less than ${n + 1}") }
            return n
        }
        fun main() {}
    """
    ir = ir_of(compile_source(source, name="throwing.peb"), "at")
    assert calls(ir) == 0
    assert "call i64" not in ir, "no text is made"


@pytest.mark.parametrize("count", [1, 3])
def test_function_values_of_few_functions_are_inlined(count: int) -> None:
    # Who has one that the host may have made leaves: internal code calls it.
    ir = ir_of(closures(count), "ask")
    assert calls(ir) == 0
    assert len(re.findall(r"^is\d+:$", ir, re.MULTILINE)) == count - 1


@pytest.mark.parametrize("make", [shapes, closures])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_what_is_inlined_gives_the_same(make: object, count: int) -> None:
    module = pvm.Module(make(count))  # type: ignore[operator] # one of the two functions above
    name = "count" if make is shapes else "apply"
    with pvm.Instance(module, tier="interpreter") as instance:
        wanted = [instance.call(name, n) for n in range(12)]
    with pvm.Instance(module, tier="jit") as instance:
        promotion_of(instance).compile_all(0)
        assert [instance.call(name, n) for n in range(12)] == wanted


def test_small_recursive_function_is_inlined_twice() -> None:
    ir = ir_of(compile_source(RECURSION, name="recursion.peb"), "depth")
    assert calls(ir) == 1
    assert ir.count("sdiv i64") == 3
