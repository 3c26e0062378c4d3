"""Raw tokens: kinds, values, places; strings, numbers, comments, documentation."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Diagnostics
from compiler.syntax.scanner import scan
from compiler.syntax.source import SourceFile
from tests.compiler.syntax.shorthand import codes, declaration, messages, read


def tokens(text: str) -> list[tuple[str, object]]:
    found = scan(SourceFile("test.peb", text), Diagnostics())
    return list(zip(found.kinds, found.values, strict=True))[:-1]


def values(text: str) -> list[object]:
    return [value for _, value in tokens(text)]


def test_words_numbers_and_punctuation() -> None:
    assert tokens("let x1 = a.b ?: 0x1F") == [
        ("let", "let"),
        ("IDENT", "x1"),
        ("=", "="),
        ("IDENT", "a"),
        (".", "."),
        ("IDENT", "b"),
        ("OPERATOR", "?:"),
        ("INT", 31),
    ]


def test_places_are_offsets() -> None:
    found = scan(SourceFile("test.peb", "let  x\n= 1"), Diagnostics())
    assert list(zip(found.starts, found.ends, strict=True)) == [(0, 3), (5, 6), (6, 7), (7, 8), (9, 10), (10, 10)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1_000_000", 1000000),
        ("0xFF_ff", 65535),
        ("0b1010_1010", 170),
        ("0o777", 511),
        ("18446744073709551615", 18446744073709551615),
        ("1.5", 1.5),
        ("1_0.2_5", 10.25),
        ("1e3", 1000.0),
        ("2.5E-3", 0.0025),
        ("1e+2", 100.0),
        ("00", 0),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert tokens(text) == [("FLOAT" if isinstance(value, float) else "INT", value)]


def test_dots_between_numbers() -> None:
    assert [kind for kind, _ in tokens("0..5 0..<n x.0.1 1.foo 1.0.foo")] == [
        *("INT", "..", "INT", "INT", "..<", "IDENT", "IDENT", ".", "INT", ".", "INT"),
        *("INT", ".", "IDENT", "FLOAT", ".", "IDENT"),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"plain"', "plain"),
        ('""', ""),
        (r'"\n\r\t\0\\\"\'\$"', "\n\r\t\0\\\"'$"),
        (r'"\u{41}\u{1F600}"', "A\U0001f600"),
        ('"$ and $5"', "$ and $5"),
        (r'r"\d+${x}"', r"\d+${x}"),
        ('r"""a "quoted" \\ b"""', 'a "quoted" \\ b'),
        ('"""one"two""three"""', 'one"two""three'),
        ('"""\n    first\n      second\n\n    third\n    """', "first\n  second\n\nthird"),
        ('"""\n    kept\n  """', "  kept"),
        ('"""\r\n  a\r\n  b\r\n  """', "a\nb"),
        ('"""\n  \\n stays\n  """', "\n stays"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert tokens(text) == [("STRING", value)]


@pytest.mark.parametrize(("text", "value"), [("'a'", "a"), (r"'\''", "'"), (r"'\u{E9}'", "é"), ("'\"'", '"')])
def test_characters(text: str, value: str) -> None:
    assert tokens(text) == [("CHAR", value)]


def test_interpolation_nests() -> None:
    assert tokens('"a${x + "b${y}"}c"') == [
        ("TEMPLATE_START", None),
        ("TEXT", "a"),
        ("${", None),
        ("IDENT", "x"),
        ("OPERATOR", "+"),
        ("TEMPLATE_START", None),
        ("TEXT", "b"),
        ("${", None),
        ("IDENT", "y"),
        ("}$", None),
        ("TEXT", ""),
        ("TEMPLATE_END", None),
        ("}$", None),
        ("TEXT", "c"),
        ("TEMPLATE_END", None),
    ]


def test_braces_inside_an_interpolation_do_not_end_it() -> None:
    found = [kind for kind, _ in tokens('"${xs.map { it }}"')]
    assert found == [
        "TEMPLATE_START",
        "TEXT",
        "${",
        "IDENT",
        ".",
        "IDENT",
        "{",
        "IDENT",
        "}",
        "}$",
        "TEXT",
        "TEMPLATE_END",
    ]


def test_indentation_is_trimmed_around_interpolations() -> None:
    texts = [value for kind, value in tokens('"""\n    a ${x}\n      b ${y} c\n    """') if kind == "TEXT"]
    assert texts == ["a ", "\n  b ", " c"]


def test_comments_nest_and_vanish() -> None:
    assert values("a /* b /* c */ d */ e // f\n/**/ g") == ["a", "e", None, "g"]


def test_every_greater_sign_is_a_token() -> None:
    assert [kind for kind, _ in tokens(">>> >= ->")] == [">", ">", ">", "OPERATOR", "->"]


def test_names_may_be_keywords_after_a_dot_or_in_backquotes() -> None:
    assert [kind for kind, _ in tokens("x.match ?.class `in`")] == ["IDENT", ".", "IDENT", "?.", "IDENT", "IDENT"]


def test_names_of_other_scripts_are_normalised() -> None:
    assert values("größe gro\u0308\u00dfe 名前") == ["größe", "größe", "名前"]


def test_byte_order_mark_and_carriage_returns_are_no_tokens() -> None:
    assert [kind for kind, _ in tokens("\ufefflet x = 1\r\nlet y = 2\r\n")] == [
        *("let", "IDENT", "=", "INT", "NEWLINE"),
        *("let", "IDENT", "=", "INT", "NEWLINE"),
    ]


def test_documentation_belongs_to_the_next_declaration() -> None:
    module = read(
        "/// The module.\n/// More.\n\nimport io\n\n/// Adds.\n///   Indented.\n@a\npub fun f() {}\nfun g() {}"
    )
    assert module.doc == "The module.\nMore."
    assert [item.doc for item in module.declarations] == ["Adds.\n  Indented.", None]


def test_documentation_before_an_import_is_that_of_the_module() -> None:
    module = read("/// The module.\nimport io\n\n/// Adds.\nfun f() {}")
    assert module.doc == "The module."
    assert [item.doc for item in module.declarations] == ["Adds."]


def test_documentation_of_members_cases_and_parameters() -> None:
    enum = declaration("/// E\nenum E {\n    /// A\n    A\n    /// B\n    B(Int)\n    /// f\n    fun f() {}\n}")
    assert enum.doc == "E"
    assert [case.doc for case in enum.cases] == ["A", "B"]
    assert enum.members[0].doc == "f"
    data = declaration("data class P(\n    /// X\n    x: Int,\n    y: Int\n)")
    assert [item.doc for item in data.parameters] == ["X", None]


def test_four_slashes_are_no_documentation() -> None:
    assert declaration("//// no\nfun f() {}").doc is None


def test_unclosed_string_ends_with_its_line() -> None:
    assert codes('let a = "x\nlet b = "${y\nlet c = 1 1') == ["E0104", "E0104", "E0101"]


def test_interpolation_over_several_lines_needs_braces() -> None:
    assert codes('let a = "${xs.map {\n    it\n}}"') == []
    assert codes('let a = "${f(\n1)}"')[0] == "E0104"
    assert codes('let a = """${f(\n1)}"""') == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let a = '\\u{D800}'", "`\\u{D800}` is no Unicode scalar value"),
        ("let a = 0b2", "`2` is no digit of a number that begins with `0b`"),
        ("let a = “b”", "unexpected character `“`"),
        ("let a = b\u200b", "the invisible character U+200B (zero width space) stands here"),
        ("let a\0 = 1", "the source holds a NUL character, so it is no text"),
        ("let a = \ud800", "the source holds half a surrogate pair, U+D800, so it is no text"),
    ],
)
def test_messages_about_characters(text: str, message: str) -> None:
    assert messages(text)[0] == message
