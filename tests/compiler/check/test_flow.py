"""Flow typing, definite assignment and what is reached: what is accepted, and what is not."""

from __future__ import annotations

import pytest

from tests.compiler.check.checking import PRELUDE, codes, errors_in_main

ACCEPTED = {
    "test before use": ["let t = findText()", "if t != null { println(t.size) }"],
    "early return": ["let t = findText()", "if t == null { return }", "println(t.size)"],
    "early throw": ["let t = findText()", 'if t == null { throw StateError("x") }', "println(t.size)"],
    "early continue": ["for _ in 0..2 {", "let t = findText()", "if t == null { continue }", "println(t.size)", "}"],
    "early call that never returns": ["let t = findText()", "if t == null { stop() }", "println(t.size)"],
    "and": ["let t = findText()", "println(t != null && t.size > 1)"],
    "or": ["let t = findText()", "println(t == null || t.size > 1)"],
    "not": ["let t = findText()", "if !(t == null) { println(t.size) }"],
    "or of negations": ["let t = findText()", "if t == null || chance() { return }", "println(t.size)"],
    "elvis that leaves": ["let t = findText()", "t ?: return", "println(t.size)"],
    "not null assertion": ["let t = findText()", "println(t!!.size)", "println(t.size)"],
    "equal to a value": ["let n = findNumber()", "if n == 3 { println(n + 1) }"],
    "is": ["let a: Any? = findText()", "if a is String { println(a.size) }"],
    "negated is": ["let a: Any? = findText()", "if a !is String { return }", "println(a.size)"],
    "cast": ["let a: Any? = findText()", "let b = a as String", "println(b.size + a.size)"],
    "assignment of a value": ["var t = findText()", 't = "x"', "println(t.size)", "t = null", "println(t)"],
    "path of immutable fields": ["let n = findNode()", "if n != null && n.next != null { println(n.next.value) }"],
    "loop over a list": ["var n = findNode()", "while n != null {", "println(n.value)", "n = n.next", "}"],
    "while that ends with null": ["var t = findText()", "while t == null { t = findText() }", "println(t.size)"],
    "loop until break": ["var t = findText()", "while true {", "if t != null { break }", "t = findText()", "}",
                         "println(t.size)"],
    "both branches": ["let t: String?", 'if chance() { t = "a" } else { t = "b" }', "println(t)"],
    "lambda that only reads": ["let t = findText()", "if t != null {", "let f = { -> t.size }", "println(f())", "}"],
    "match on null": ["let t = findText()", "match t {", "null => return", "_ => {}", "}", "println(t.size)"],
    "if expression": ["let t = findText()", "let n = if t == null { 0 } else { t.size }", "println(n)"],
    "late value on both ways": ["let x: Int", "if chance() { x = 1 } else { x = 2 }", "println(x)"],
    "late value or return": ["let x: Int", "if chance() { x = 1 } else { return }", "println(x)"],
    "late value in match": ["let x: Int", "match 3 {", "1 => { x = 1 }", "else => { x = 2 }", "}", "println(x)"],
    "late value in try": ["let x: Int", 'try { x = "1".toInt() } catch (e: FormatError) { return }', "println(x)"],
    "late var": ["var x: Int", "x = 1", "println(x)", "x = 2", "println(x)"],
}  # fmt: skip

REFUSED = {
    "after the test": (["let t = findText()", "if t != null { println(1) }", "println(t.size)"], ["E0305"]),
    "wrong side of or": (["let t = findText()", "println(t != null || t.size > 1)"], ["E0305"]),
    "after reassignment": (
        ["var t = findText()", "if t != null {", "t = findText()", "println(t.size)", "}"],
        ["E0305"],
    ),
    "in a loop that assigns": (
        ["var t = findText()", "if t == null { return }", "for _ in 0..1 {", "println(t.size)", "t = findText()", "}"],
        ["E0305"],
    ),
    "in a handler": (
        ["var t = findText()", "if t == null { return }", "try {", "t = findText()", "println(t)",
         "} catch (e: Exception) { println(t.size) }"],
        ["E0305"],
    ),
    "captured and assigned": (
        ["var t = findText()", "let f = { t = null }", "if t != null {", "f()", "println(t.size)", "}"],
        ["E0322"],
    ),
    "assigned after the lambda": (
        ["var t = findText()", "if t != null {", "let f = { println(t.size) }", "t = null", "f()", "}"],
        ["E0322"],
    ),
    "result of a call": (["if findText() != null { println(findText().size) }"], ["E0305"]),
    "late value on one way": (["let x: Int", "if chance() { x = 1 }", "println(x)"], ["E0402"]),
    "late value in a loop body": (["let x: Int", "while chance() { x = 1 }", "println(x)"], ["E0406", "E0402"]),
    "late value in an endless loop": (["let x: Int", "while true {", "x = 1", "break", "}", "println(x)"], ["E0406"]),
    "late value only in try": (
        ["let x: Int", 'try { x = "1".toInt() } catch (e: FormatError) { println(1) }', "println(x)"],
        ["E0402"],
    ),
    "used before in a loop": (["var x: Int", "while chance() {", "println(x)", "x = 1", "}"], ["E0402"]),
}  # fmt: skip


@pytest.mark.parametrize("lines", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(lines: list[str]) -> None:
    assert errors_in_main(*lines) == []


@pytest.mark.parametrize(("lines", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(lines: list[str], expected: list[str]) -> None:
    assert errors_in_main(*lines) == expected


@pytest.mark.parametrize(
    "body",
    [
        "return 1",
        "if chance() { return 1 } else { return 2 }",
        "while true { println(1) }",
        "throw StateError()",
        "match chance() {\n        true => return 1\n        false => return 2\n    }",
        "try { return 1 } finally { println(2) }",
        "try { return 1 } catch (e: Exception) { throw e }",
        "stop()",
        "while true { if chance() { return 1 } }",
    ],
)
def test_every_way_returns(body: str) -> None:
    text = f"{PRELUDE}fun number() -> Int {{\n    {body}\n}}\nfun main() {{ println(number()) }}\n"
    assert [code for code in codes(text) if code[0] == "E"] == []


@pytest.mark.parametrize(
    "body",
    [
        "println(1)",
        "if chance() { return 1 }",
        "while chance() { return 1 }",
        "while true { break }",
        "try { return 1 } catch (e: Exception) { println(2) }",
        "for _ in 0..3 { return 1 }",
        "outer: while true { while true { break outer } }",
    ],
)
def test_some_way_does_not_return(body: str) -> None:
    text = f"{PRELUDE}fun number() -> Int {{\n    {body}\n}}\nfun main() {{ println(number()) }}\n"
    assert [code for code in codes(text) if code[0] == "E"] == ["E0403"]
