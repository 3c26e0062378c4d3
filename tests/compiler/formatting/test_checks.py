"""The checks that guard every result, the limits, and that every production is printed."""

from __future__ import annotations

import time

import pytest

from compiler.diagnostics import Diagnostics
from compiler.formatting import MeaningChangedError, format_source
from compiler.formatting.concrete import action_name
from compiler.formatting.documents import HARD, LINE, Suffix, Text, concat, group, nest
from compiler.formatting.formatter import Printer
from compiler.formatting.printing import CHAINS, POSTFIX
from compiler.formatting.rendering import render
from compiler.formatting.same_tree import difference
from compiler.syntax import parse, tables
from compiler.syntax.parser import shared_tables
from compiler.syntax.source import SourceFile

BUILDS_LISTS = ("catch_error", "annotation_line")


def formatted(text: str) -> str | None:
    return format_source(SourceFile("checked.peb", text), Diagnostics())


def test_every_production_has_a_printer() -> None:
    missing = [
        action_name(rule)
        for rule in shared_tables().rules
        if rule.operation in (tables.CALL, tables.SECOND)
        and not rule.action.startswith("error_")
        and rule.action not in BUILDS_LISTS
        and rule.action not in CHAINS | POSTFIX | {"template_error"}
        and not hasattr(Printer, action_name(rule))
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("left", "right", "is_equal"),
    [
        ("let a = 1 + 2", "let a =\n    1 +\n    2", True),
        ("let a = 1", "let a = 2", False),
        ("let a = f(b)", "let a = f(b, c)", False),
        ("let a = 0.0", "let a = -0.0", False),
        ("let a = b?.c", "let a = b.c", False),
        ("/// doc\nlet a = 1", "let a = 1", False),
        ("fun f() {}", "fun f() = g()", False),
    ],
)
def test_trees_are_compared(left: str, right: str, is_equal: bool) -> None:
    one, other = (parse(SourceFile("tree.peb", text), Diagnostics()) for text in (left, right))
    assert (difference(one, other) is None) == is_equal


@pytest.mark.parametrize(
    "text",
    [
        "fun f() { spawn\n{ 3 } }",  # a call of something called `spawn`, until the brace comes nearer
        "let x = f(a < b\n, c > (d))",  # two comparisons, but type arguments on one line
    ],
)
def test_what_would_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(MeaningChangedError) as caught:
        formatted(text)
    assert caught.value.line == 1


def test_a_lost_comment_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Printer, "trail", lambda *_: Text(""))
    with pytest.raises(AssertionError, match="comment"):
        formatted("let a = 1  // lost")


def test_errors_are_reported() -> None:
    found = Diagnostics()
    assert format_source(SourceFile("wrong.peb", "let = 1\r\nlet b = ="), found) is None
    assert [(item.span.line, item.code[0]) for item in found.sorted()] == [(1, "E"), (2, "E")]


@pytest.mark.parametrize(
    "text",
    [
        "let a = " + "(" * 490 + "1" + ")" * 490,
        "let a = " + "[" * 490 + "1" + "]" * 490,
        "let a = " + "f(b, " * 240 + "1" + ")" * 240,
        "let a = " + "f { " * 120 + "1" + " }" * 120,
        "let a = b" + ".c()" * 240,
        "let a = b" + " + c" * 490,
        "let a = " + "- " * 490 + "1",
        "let a: " + "List<" * 490 + "Int" + ">" * 490 + " = 1",
        "fun f() { " + "if a { " * 120 + "b()" + " }" * 120 + " }",
        "let a = " + "if b { 1 } else " * 240 + "{ 2 }",
    ],
)
def test_deep_nesting(text: str) -> None:
    once = formatted(text)
    assert once is not None
    assert formatted(once) == once


def test_time_is_linear() -> None:
    function = (
        "fun f(a: Int) -> Int {\n    // why\n    let b = g(a, [1, 2], { it + 1 })  // what\n    return a + b\n}\n\n"
    )

    def seconds(count: int) -> float:
        start = time.process_time()
        formatted(function * count)
        return time.process_time() - start

    seconds(5)
    assert seconds(320) < 12 * max(seconds(80), 0.02)


def test_a_group_breaks_as_a_whole() -> None:
    doc = group(Text("f("), nest(LINE, Text("aaaa,"), LINE, Text("bbbb")), LINE, Text(")"))
    assert render(doc, 16) == "f( aaaa, bbbb )\n"
    assert render(doc, 14) == "f(\n    aaaa,\n    bbbb\n)\n"


def test_nothing_comes_behind_a_line_comment() -> None:
    doc = concat(Text("a"), Suffix("// c"), Text(" "), Text("b"), HARD, HARD, Text("d"))
    assert render(doc, 80) == "a  // c\nb\nd\n"
