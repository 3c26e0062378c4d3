"""The Pygments lexer: kinds of tokens, and that it loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.token import Comment, Error, Keyword, Name, Number, Punctuation, String

from compiler.highlighting import PebbleLexer, for_html, for_terminal

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("stdlib/**/*.peb"))


def tokens(text: str) -> list[tuple[object, str]]:
    lexer = PebbleLexer(stripnl=False, ensurenl=False)
    return [(kind, value) for kind, value in lexer.get_tokens(text) if value.strip()]


def kind_of(text: str, value: str) -> object:
    return next(kind for kind, found in tokens(text) if found == value)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_library_has_no_errors_and_loses_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(PebbleLexer(stripnl=False, ensurenl=False).get_tokens(text))
    assert [value for kind, value in found if kind is Error] == []
    assert "".join(value for _, value in found) == text


@given(st.text(alphabet="\"\\${}/*'`a1.\n @<>?:rfun ", max_size=60))
def test_anything_keeps_its_text(text: str) -> None:
    assert "".join(value for _, value in PebbleLexer(stripnl=False, ensurenl=False).get_tokens(text)) == text


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("fun half(x: Int) -> Int", "half", Name.Function),
        ("fun List<T>.sorted() -> T", "sorted", Name.Function),
        ("fun List<T>.sorted() -> T", "List", Name.Class),
        ("x: Int32", "Int32", Keyword.Type),
        ("data class Point(x: Float)", "data", Keyword.Declaration),
        ("data class Point(x: Float)", "Point", Name.Class),
        ("let data = 1", "data", Name),
        ("let size: Int\n    get() = 1", "get", Keyword.Declaration),
        ("items.get(1)", "get", Name.Attribute),
        ("items.match", "match", Name.Attribute),
        ("match x {", "match", Keyword),
        ("return null", "null", Keyword.Constant),
        ("0xFF_FF", "0xFF_FF", Number.Hex),
        ("1_000", "1_000", Number.Integer),
        ("1.5e-3", "1.5e-3", Number.Float),
        ("0..<10", "0", Number.Integer),
        ("'x'", "'x'", String.Char),
        ("'\\u{1F600}'", "'\\u{1F600}'", String.Char),
        ('"a\\n"', "\\n", String.Escape),
        ('r"\\d+"', 'r"\\d+"', String.Other),
        ("/// Text.", "/// Text.", String.Doc),
        ("// text", "// text", Comment.Single),
        ("@export fun f()", "@export", Name.Decorator),
        ("import json.{parse}", "json", Name.Namespace),
        ('test "a" { }', "test", Keyword.Declaration),
        ("let test = 3", "test", Name),
    ],
)
def test_kinds(text: str, value: str, kind: object) -> None:
    assert kind_of(text, value) is kind


def test_comments_nest() -> None:
    found = tokens("/* a /* b */ c */ let")
    assert {kind for kind, _ in found[:-1]} == {Comment.Multiline}
    assert found[-1] == (Keyword.Declaration, "let")


def test_interpolation_holds_code_with_braces_and_strings() -> None:
    found = tokens('"a${ {"x${1}"}() }b" + c')
    assert (Punctuation, "{") in found
    assert (Number.Integer, "1") in found
    assert [value for kind, value in found if kind is String] == ['"', "a", '"', "x", '"', "b", '"']
    assert found[-1] == (Name, "c")


def test_html_is_escaped() -> None:
    assert for_html("a < b") == (
        '<span class="n">a</span><span class="w"> </span><span class="o">&lt;</span>'
        '<span class="w"> </span><span class="n">b</span>'
    )


def test_terminal_text_without_colours_is_the_source() -> None:
    coloured = for_terminal("let x = 1\n\nlet y = x")
    assert coloured.startswith("\x1b[35mlet\x1b[39;49;00m x = \x1b[36m1")
    assert coloured.count("\n") == 2
