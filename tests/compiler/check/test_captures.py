"""Which locals lambdas capture, and which of them change and so live in cells."""

from __future__ import annotations

from compiler.ir import hir
from tests.compiler.check.checking import checked, in_main, nodes


def lambdas(text: str) -> list[hir.Lambda]:
    program = checked(text)
    return [
        node
        for function in list(program.bodies._bodies)
        for node in nodes(program.bodies.body(function))
        if isinstance(node, hir.Lambda)
    ]


def names(found: hir.Lambda) -> list[str]:
    return [local.name for local in found.captures]


def test_reads_are_captured_and_not_in_cells() -> None:
    (found,) = lambdas(in_main("let a = 1", "let f = { -> a + 1 }", "println(f())"))
    assert names(found) == ["a"]
    assert found.captures[0].is_captured
    assert not found.captures[0].is_assigned


def test_a_variable_that_the_lambda_changes_is_in_a_cell() -> None:
    (found,) = lambdas(in_main("var a = 1", "let f = { a += 1 }", "f()", "println(a)"))
    assert found.captures[0].is_captured
    assert found.captures[0].is_assigned


def test_inner_lambdas_make_outer_ones_capture() -> None:
    outer, inner = lambdas(in_main("let a = 1", "let f = { -> { -> a } }", "println(f()())"))
    assert names(outer) == ["a"]
    assert names(inner) == ["a"]


def test_own_locals_and_parameters_are_not_captured() -> None:
    (found,) = lambdas(in_main("let f = { x: Int ->", "    let y = x", "    y + 1", "}", "println(f(1))"))
    assert names(found) == []


def test_a_late_value_needs_no_cell() -> None:
    lines = ["let a: Int", "if chance() { a = 1 } else { a = 2 }", "let f = { -> a }", "println(f())"]
    (found,) = lambdas(in_main(*lines))
    assert not found.captures[0].is_assigned


def test_the_object_is_captured_by_members() -> None:
    text = "class Counter(var n: Int) {\n    fun next() -> () -> Int = { n = n + 1\n        n }\n}\n"
    (found,) = lambdas(text + "fun main() { println(Counter(1).next()()) }\n")
    assert names(found) == ["this"]


def test_a_loop_variable_that_is_captured_is_not_the_counter() -> None:
    program = checked(in_main("let fs = List<() -> Int>()", "for i in 0..<3 { fs.add { i } }", "println(fs.size)"))
    assert program.main is not None
    body = program.bodies.body(program.main)
    steps = [node.step for node in nodes(body) if isinstance(node, hir.Loop)]
    assert [step.local.name for step in steps if isinstance(step, hir.LocalSet)] == [""]


def test_a_local_function_that_captures_nothing_is_a_function() -> None:
    text = in_main("fun half(n: Int) -> Int = n / 2", "println(half(4))")
    program = checked(text)
    assert {item.qualified_name for item in program.bodies._bodies} >= {"main.main", "main.main.half"}
    assert lambdas(text) == []


def test_a_local_function_that_captures_is_a_lambda() -> None:
    lines = [
        "var n = 0",
        "fun down(k: Int) {",
        "    n += k",
        "    if k > 0 { down(k - 1) }",
        "}",
        "down(3)",
        "println(n)",
    ]
    (found,) = lambdas(in_main(*lines))
    assert sorted(names(found)) == ["down", "n"]
