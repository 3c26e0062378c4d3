"""Operators: how strongly each binds, what associates, what cannot be chained."""

from __future__ import annotations

import pytest

from compiler.syntax.ast import BinaryOperator
from compiler.syntax.precedence import NOT_ASSOCIATIVE, OPERATOR, PRECEDENCE, RIGHT_ASSOCIATIVE
from tests.compiler.syntax.shorthand import codes, expression, written

# The table of the manual, from the loosest; written again by hand.
LEVELS = [
    ["||"],
    ["&&"],
    ["==", "!=", "===", "!=="],
    ["<", "<=", ">", ">=", "in", "!in"],
    ["?:"],
    ["..", "..<"],
    ["|"],
    ["^"],
    ["&"],
    ["<<", ">>", ">>>", "&<<"],
    ["+", "-", "&+", "&-"],
    ["*", "/", "%", "&*"],
]


def test_every_operator_has_a_level() -> None:
    assert sorted(PRECEDENCE) == sorted(text for level in LEVELS for text in level)
    assert set(OPERATOR.values()) == set(BinaryOperator)


@pytest.mark.parametrize("level", range(len(LEVELS) - 1))
def test_each_level_binds_more_strongly_than_the_one_before(level: int) -> None:
    for loose in LEVELS[level]:
        for strong in LEVELS[level + 1]:
            assert written(expression(f"a {loose} b {strong} c")) == f"(a {loose} (b {strong} c))"
            assert written(expression(f"a {strong} b {loose} c")) == f"((a {strong} b) {loose} c)"


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_associativity(level: int) -> None:
    for first in LEVELS[level]:
        for second in LEVELS[level]:
            text = f"a {first} b {second} c"
            number = level - 1
            if number in NOT_ASSOCIATIVE:
                assert codes(f"let x = {text}") == ["E0111"]
            elif number in RIGHT_ASSOCIATIVE:
                assert written(expression(text)) == f"(a {first} (b {second} c))"
            else:
                assert written(expression(text)) == f"((a {first} b) {second} c)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-a * b", "((-a) * b)"),
        ("-a.b", "(-a.b)"),
        ("!a && b", "((!a) && b)"),
        ("~a & b", "((~a) & b)"),
        ("- -a", "(-(-a))"),
        ("a as B * c", "((a as B) * c)"),
        ("-a as B", "((-a) as B)"),
        ("a * b as C", "(a * (b as C))"),
        ("a as B as C", "((a as B) as C)"),
        ("a is B && c", "((a is B) && c)"),
        ("a + b is C == d", "(((a + b) is C) == d)"),
        ("a !is B? || c", "((a !is B?) || c)"),
        ("a ?: b == c", "((a ?: b) == c)"),
        ("a & b == c", "((a & b) == c)"),
        ("a..<b + 1", "(a ..< (b + 1))"),
        ("a in b..c", "(a in (b .. c))"),
        ("a ?: return b + c", "(a ?: (return (b + c)))"),
        ("a && b ?: throw c", "(a && (b ?: (throw c)))"),
        ("return a + b", "(return (a + b))"),
        ("(a < b) == (c < d)", "((a < b) == (c < d))"),
        ("a.b!!.c?.d[e](f).0?.1", "a.b!!.c?.d[e](f).0?.1"),
        ("a { b }.c { d -> e }", "a() {b}.c() {d -> e}"),
        ("a(b) { c }", "a(b) {c}"),
        ("(a(b)) { c }", "a(b)() {c}"),
        ("a(b: c, d...)", "a(b: c, d...)"),
        ("(a, (b, c))", "(a, (b, c))"),
        ("((a))", "a"),
    ],
)
def test_grouping(text: str, expected: str) -> None:
    assert written(expression(text)) == expected


def test_spans_of_operands_include_their_parentheses() -> None:
    node = expression("(a + b) * (c)")
    assert node.span.text == "(a + b) * (c)"
    assert node.left.span.text == "a + b"
    assert node.operator_span.text == "*"
