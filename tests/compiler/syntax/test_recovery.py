"""After an error the parser goes on: independent errors are all found, and the rest of the tree is there."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Diagnostics
from compiler.syntax import ast, parse
from compiler.syntax.source import SourceFile
from tests.compiler.syntax.shorthand import codes, messages


def partial(text: str) -> ast.Module:
    return parse(SourceFile("test.peb", text), Diagnostics())


def test_errors_in_every_statement_are_found() -> None:
    text = "fun f() {\n" + "    let = 1\n    good()\n" * 20 + "}\nfun g() { x y }\n"
    assert codes(text) == ["E0101"] * 21


def test_other_declarations_survive() -> None:
    module = partial("fun a() {}\nclass { }\nfun b(x) {}\nfun c() { let = 1 }\nlet d = 1 1\nfun e() {}")
    names = [item.name.text for item in module.declarations if isinstance(item, ast.Function)]
    assert names == ["a", "b", "c", "e"]


def test_other_statements_survive() -> None:
    module = partial("fun f() {\n    a()\n    b c\n    d()\n    if x y { e( } else { g() }\n    h()\n}")
    (function,) = module.declarations
    assert isinstance(function, ast.Function)
    assert isinstance(function.body, ast.Block)
    texts = [item.span.text for item in function.body.statements]
    assert texts == ["a()", "b c", "d()", "if x y { e( } else { g() }", "h()"]


def test_errors_inside_the_bodies_of_wrong_heads_are_found() -> None:
    text = "fun f(x Int) {\n    let = 1\n}\nclass 3 {\n    fun g() { y y }\n}\nfun h() { while { z z } }"
    assert codes(text) == ["E0119", "E0101", "E0101", "E0101", "E0101", "E0101"]


def test_arguments_and_parameters_recover_one_by_one() -> None:
    assert len(messages("fun f() { g(1 2, 3 4, 5) }")) == 2
    assert len(messages("fun f(a 1, b: Int, c 2) {}")) == 2


def test_arms_recover_one_by_one() -> None:
    assert len(messages("fun f() {\n    match x {\n        1 2 => a\n        2 => b\n        3 4 => c\n    }\n}")) == 2


def test_one_mistake_is_one_error() -> None:
    assert len(messages("fun f() { g(a b c d e f) }")) == 1
    assert len(messages("fun f() { ) }")) == 1
    assert len(messages("fun f() {\n    g(1,\n}\n")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let x = 1 +\nlet y = 2", "expected an expression after `+`, found end of line"),
        ("let x = 1 +", "expected an expression after `+`, found end of file"),
        ("let x = (1 + )", "expected an expression after `+`, found `)`"),
        ("let x =\n}", "expected an expression after `=`, found end of file"),
        ("let", "expected a name after `let`, found end of file"),
        ("let x: = 1", "expected a type after `:`, found `=`"),
        ("fun f() { x. }", "expected a name after `.`, found `}`"),
        ("fun f() { if a b }", "expected `{`, found `b`"),
        ("fun f() { while a }", "expected `{`, found `}`"),
        ("fun f() { match a { } }", ""),
        ("fun f() { match a { + => b } }", "expected a pattern, found `+`"),
        ("fun f() { match a { b } }", "expected `=>` or `if`, found `}`"),
        ("fun f() { for a b }", "expected `in`, found `b`"),
        ("fun f { }", "expected `(`, found `{`"),
        ("fun f(a: Int b: Int) {}", "expected `)`, `,` or `=`, found `b`"),
        ("let x = [1 2]", "expected `]`, `,` or `:`, found `2`"),
        ("5", "expected a declaration, found `5`"),
        ("fun f() { let x = 1 let y = 2 }", "expected end of line, found `let`"),
        ("import 5", "expected the name of a module, found `5`"),
        ("fun f() { try a }", "expected `{`, found `a`"),
        ('fun f() { "a ${} b" }', "expected an expression after `${`, found `}`"),
        ('let x = "a" "b"', "expected end of line, found a string"),
    ],
)
def test_messages_are_in_the_language_s_words(text: str, message: str) -> None:
    assert messages(text)[:1] == ([message] if message else [])


def test_no_message_names_a_grammar_symbol() -> None:
    words = [
        "if",
        "let",
        "x",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "=",
        "=>",
        "->",
        "1",
        '"a"',
        "+",
        ",",
        ".",
        ":",
        "fun",
        "class",
        "is",
    ]
    for first in words:
        for second in words:
            for text in (f"fun f() {{ {first} {second}", f"{first} {second}", f"let x = a {first} {second}"):
                for message in messages(text):
                    for word in message.replace("`", " ").split():
                        assert not (word.isupper() and len(word) > 1), message
                    assert "$" not in message or "${" in message, message
