"""What types are inferred to be: said by assigning to a variable of the expected type, and by its refusal."""

from __future__ import annotations

import pytest

from compiler.check.type_display import display
from compiler.ir import hir
from tests.compiler.check.checking import checked, errors_in_main, in_main, nodes

INFERRED = {
    "1": "Int",
    "1.5": "Float",
    "'x'": "Char",
    "[1, 2]": "List<Int>",
    "[1.5]": "List<Float>",
    '["a": 1]': "Map<String, Int>",
    '(1, "a", 2.5)': "(Int, String, Float)",
    "[null, 1]": "List<Int?>",
    '[1, "a"]': "List<Any>",
    "if chance() { 1 } else { null }": "Int?",
    "if chance() { 1 } else { return }": "Int",
    'findText() ?: "x"': "String",
    "findText()?.size": "Int?",
    "findText() ?: findText()": "String?",
    "[1, 2].map { it + 1 }": "List<Int>",
    '[1, 2].map { "${it}" }': "List<String>",
    "[1, 2].map { (it, it.toFloat()) }": "List<(Int, Float)>",
    "[1, 2].fold(0.5) { sum, x -> sum + x.toFloat() }": "Float",
    "[1, 2].find { it > 1 }": "Int?",
    "max(1, 2)": "Int",
    'max("a", "b")': "String",
    "{ x: Int -> x > 1 }": "(Int) -> Bool",
    "{ -> println(1) }": "() -> Unit",
    "{ x: Int -> if x > 1 { return null } else { return x } }": "(Int) -> Int?",
    "Map<String, List<Int>>()": "Map<String, List<Int>>",
    "1..3": "IntRange",
    "try { 1 } catch (e: Exception) { null }": "Int?",
    'match 1 { 1 => "a", else => "b" }': "String",
    "do { let a = 1\n a * 2 }": "Int",
    "findNode()": "Node?",
    'arrayWith(3) { i -> "${i}" }': "Array<String>",
}


@pytest.mark.parametrize(("text", "type_"), INFERRED.items(), ids=INFERRED.keys())
def test_type_of_a_value(text: str, type_: str) -> None:
    program = checked(in_main(f"let value = {text}", "println(value)"))
    assert program.main is not None
    found = [
        node.local.type
        for node in nodes(program.bodies.body(program.main))
        if isinstance(node, hir.LocalSet) and node.local.name == "value"
    ]
    assert display(found[0]) == type_


ACCEPTED = [
    "let a: Int32 = 5",
    "let a: Float32 = 1.5",
    "let a: UInt8 = 200 + 55",
    "let a: Int8? = -128",
    "let a: List<Int32> = [1, 2]",
    "let a: List<Any> = [1, 2]",
    "let a: List<Int?> = [1, null]",
    'let a: Map<String, Float32> = ["a": 1.5]',
    "let a: Array<Int> = [1, 2]",
    "let a: List<String> = List()",
    "let a: List<String> = []",
    "let a: Map<Int, Int> = [:]",
    "let a: (Int) -> Int = { it + 1 }",
    "let a: (Int, Int) -> Int = { x, y -> x + y }",
    "let a: () -> Any = { 1 }",
    "let a: (Int) -> Unit = { it + 1 }",
    "let a: ((Int) -> Int)? = { it }",
    "let a: (Int, Float) = (1, 2.5)",
    "let a: (Any, Any?) = (1, null)",
    "let a: Any? = 5",
    "let a: Int? = if chance() { 1 } else { null }",
    "let a: Float = match 1 { 1 => 1.5, else => 2.5 }",
    "let a: Iterable<Int> = [1, 2]",
    "let a: Comparable<Card>? = null",
]


@pytest.mark.parametrize("line", ACCEPTED)
def test_expected_type_reaches_the_value(line: str) -> None:
    from tests.compiler.check.checking import codes

    text = in_main(line, "println(a)") if "Unit" not in line else in_main(line, "a(1)")
    text += "class Card(let n: Int) : Comparable<Card> { override fun compareTo(other: Card) -> Int = n - other.n }\n"
    assert [code for code in codes(text) if code[0] == "E"] == []


REFUSED = {
    "let a: List<Any> = [1].map { it }.filter { true }": ["E0308"],
    "let a: Int8 = 128": ["E0314"],
    "let a: Float = 1": ["E0308"],
    'let a: (Int) -> Int = { "x" }': ["E0308"],
    "let a: (Int) -> Int = { x, y -> x }": ["E0313"],
    'let a: List<Int> = ["x"]': ["E0308"],
    "let a: Int = null": ["E0308"],
    "let a: String = findText()": ["E0308"],
    "let a = { it }": ["E0206"],
    "let a = List()": ["E0311"],
}


@pytest.mark.parametrize(("line", "expected"), REFUSED.items(), ids=REFUSED.keys())
def test_refused(line: str, expected: list[str]) -> None:
    assert errors_in_main(line, "println(a)") == expected


def test_errors_do_not_spread() -> None:
    lines = ["let a = missing(1)", "let b = a.size + 1", "let c = [a, b].map { it * 2 }", "println(c[0] + a)"]
    assert errors_in_main(*lines) == ["E0206"]
