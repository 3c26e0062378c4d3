"""Hostile sources end in a diagnostic, soon and without exhausting anything."""

from __future__ import annotations

import time

import pytest

from compiler.diagnostics import Diagnostics, render_all
from compiler.syntax import ast, decode, parse
from compiler.syntax.scanner import MAX_LINE, MAX_SOURCE
from compiler.syntax.source import SourceFile

DEEP = 100_000
LONG = 20_000  # for what costs time in proportion
# Generous: each takes a fraction of it alone on a machine of today.
SECONDS = 10.0


def found(text: str) -> list[str]:
    diagnostics = Diagnostics()
    started = time.perf_counter()
    parse(SourceFile("test.peb", text), diagnostics)
    assert render_all(diagnostics) or not len(diagnostics)
    assert time.perf_counter() - started < SECONDS
    return [item.code for item in diagnostics.sorted()]


@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * DEEP,
        "let x = " + "(" * DEEP + "1" + ")" * DEEP,
        "let x = " + "[" * DEEP,
        "fun f() " + "{" * DEEP,
        "let x = " + "{ a -> " * DEEP,
        "let x = " + '"${' * DEEP,
        "let x = " + "-" * DEEP + "1",
        "let x = " + "!\n" * DEEP + "a",
        "let x: " + "A<" * LONG + "B" + ">" * LONG,
        "let x: " + "() -> " * LONG + "A",
        "let x = 1" + " + 1" * LONG,
        "let x = a" + ".b" * LONG,
        "let x = a" + "()" * LONG,
        "let x = a" + "[0]" * LONG,
        "let x = a" + "!!" * LONG,
        "let x = a" + " as B" * LONG,
        "let x = a" + " ?: b" * LONG,
        "fun f() { if a {} " + "else if b {}\n" * LONG + "}",
        "fun f() { match a { " + "b @ " * LONG + "c => d } }",
        "fun f() { " + "return " * DEEP + "}",
    ],
    ids=lambda text: text[:24].replace("\n", " "),
)
def test_deep_nesting(text: str) -> None:
    assert found(text) == ["E0911"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("/* " * DEEP, "E0105"),
        (")" * DEEP, "E0103"),
        ("[" * 400 + ")" * DEEP, "E0103"),
        ("let = \n" * DEEP, "E0101"),
        ('"\n' * DEEP, "E0104"),
        ("$ # ` " * DEEP, "E0110"),
        ("a" * (MAX_LINE + 1), "E0912"),
        ("x" * 10_000_000, "E0912"),
        (" " * (MAX_SOURCE + 1), "E0913"),
        ("let x = a" + " < b" * LONG, "E0111"),
        ("let x: A" + "?" * LONG, "E0127"),
        ("open " * LONG + "class A", "E0113"),
        ("let x = " + "9" * DEEP, "E0109"),
        ("let x = 0x" + "F" * DEEP, "E0109"),
        ("let x = 1." + "9" * DEEP + "e99999", "E0109"),
        ("let x = \0", "E0100"),
        ("let x = '\udc00'", "E0100"),
        ("let \u202ex = 1", "E0123"),
    ],
    ids=lambda text: text[:16].replace("\n", " ") if len(text) > 5 else text,
)
def test_other_attacks(text: str, code: str) -> None:
    assert found(text)[0] == code


@pytest.mark.parametrize(
    "text",
    [
        "/*" * DEEP + "*/" * DEEP,
        "let x = [" + "1," * LONG + "]",
        "import a" + ".b" * LONG,
        "\n" * DEEP,
        'let x = "' + "a" * 1_000_000 + '"',
        "/// doc\n" * DEEP + "let x = 1",
        "@a\n" * 1000 + "fun f()",
    ],
    ids=lambda text: text[:12].replace("\n", " "),
)
def test_long_but_right(text: str) -> None:
    assert found(text) == []


def test_a_deep_declaration_is_left_out_and_the_others_stay() -> None:
    module = parse(SourceFile("test.peb", "let a = 1\nlet b = 1" + " + 1" * 600 + "\nlet c = 2"), Diagnostics())
    names = [item.binding.name.text for item in module.declarations if isinstance(item, ast.Variable)]
    assert names == ["a", "c"]


def test_the_limit_is_exact() -> None:
    # Module level, variable and the innermost literal are levels too.
    assert found("let x = " + "-" * 499 + "1") == []
    assert found("let x = " + "-" * 500 + "1") == ["E0911"]


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b"let x = 1\nlet s = '\xc3\x28'", 2, 10),
        ("é\n".encode() + b"ab\x80", 2, 3),
        (b"a\xed\xa0\x80", 1, 2),
    ],
)
def test_bytes_that_are_no_text(data: bytes, line: int, column: int) -> None:
    diagnostics = Diagnostics()
    assert decode("test.peb", data, diagnostics) is None
    (item,) = diagnostics.sorted()
    assert (item.code, item.line, item.column) == ("E0100", line, column)


def test_bytes_that_are_text() -> None:
    source = decode("test.peb", "let é = 1".encode(), Diagnostics())
    assert source is not None
    assert source.text == "let é = 1"
