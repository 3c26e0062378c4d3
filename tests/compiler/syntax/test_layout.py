"""Line ends, braces, angle brackets and words that are names elsewhere."""

from __future__ import annotations

import pytest

from tests.compiler.syntax.shorthand import codes, expression, kinds, messages, statements, written


def joined(text: str) -> str:
    """Return the tokens of a function's body with `|` for line ends that count."""
    found = kinds(f"fun f() {{\n{text}\n}}")[5:-1]
    return " ".join("|" if kind == "NEWLINE" else kind for kind in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", "IDENT | IDENT"),
        ("a\n\n\nb", "IDENT | IDENT"),
        ("a +\nb", "IDENT OPERATOR IDENT"),
        ("a,\nb", "IDENT , IDENT"),
        ("a =\nb", "IDENT = IDENT"),
        ("a\n.b", "IDENT . IDENT"),
        ("a\n    ?.b\n    ?: c", "IDENT ?. IDENT OPERATOR IDENT"),
        ("a\n&& b\n|| c", "IDENT OPERATOR IDENT OPERATOR IDENT"),
        ("a\n-b", "IDENT | - IDENT"),
        ("a\n!b", "IDENT | ! IDENT"),
        ("a\n(b)", "IDENT | ( IDENT )"),
        ("a\n[b]", "IDENT | [ IDENT ]"),
        ("f(a\nb)", "IDENT ( IDENT IDENT )"),
        ("f(\n{ a\nb }\n)", "IDENT ( LAMBDA_OPEN IDENT | IDENT } )"),
        ("[a,\nb\n]", "[ IDENT , IDENT ]"),
        ("return\na", "return | IDENT"),
        ("a!!\nb", "IDENT !! | IDENT"),
        ("a; b", "IDENT | IDENT"),
        ("if a { b }\nelse { c }", "if IDENT { IDENT } else { IDENT }"),
        (
            "try { a }\ncatch (e: E) { b }\nfinally { c }",
            "try { IDENT } catch ( IDENT : IDENT ) { IDENT } finally { IDENT }",
        ),
        ("let a: B<C>\nb", "let IDENT : IDENT < IDENT > | IDENT"),
        ("a // c\nb /* d\n */\nc", "IDENT | IDENT | IDENT"),
        ("a as\nB", "IDENT as IDENT"),
    ],
)
def test_where_a_statement_ends(text: str, expected: str) -> None:
    assert joined(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a { b }", "IDENT LAMBDA_OPEN IDENT }"),
        ("a { b -> c }", "IDENT LAMBDA_PARAMS_OPEN IDENT -> IDENT }"),
        (
            "a { (b, c), d: E<F>? -> g }",
            "IDENT LAMBDA_PARAMS_OPEN ( IDENT , IDENT ) , IDENT : IDENT < IDENT > ? -> IDENT }",
        ),
        ("a { -> b }", "IDENT LAMBDA_PARAMS_OPEN -> IDENT }"),
        ("a { (b) }", "IDENT LAMBDA_OPEN ( IDENT ) }"),
        ("if a { b }", "if IDENT { IDENT }"),
        ("if (a { b }) { c }", "if ( IDENT LAMBDA_OPEN IDENT } ) { IDENT }"),
        ("if match a { b => c } { d }", "if match IDENT { IDENT => IDENT } { IDENT }"),
        ("while a\n{ b }", "while IDENT { IDENT }"),
        ("do { a } while b", "do { IDENT } WHILE_TAIL IDENT"),
        ("do { a }\nwhile b { c }", "do { IDENT } | while IDENT { IDENT }"),
        ("fun g() = a { b }", "fun IDENT ( ) = IDENT LAMBDA_OPEN IDENT }"),
        ("fun g(h: () -> A = { b }) { c }", "fun IDENT ( IDENT : ( ) -> IDENT = LAMBDA_OPEN IDENT } ) { IDENT }"),
        ("fun g() -> A = match b { c => { d } }", "fun IDENT ( ) -> IDENT = match IDENT { IDENT => { IDENT } }"),
        ("match a { b if c => d { e } }", "match IDENT { IDENT if IDENT => IDENT LAMBDA_OPEN IDENT } }"),
        ("match a { b => c\nelse => d }", "match IDENT { IDENT => IDENT | else => IDENT }"),
        ("spawn { a }", "spawn { IDENT }"),
        ("scope.spawn { a }", "IDENT . IDENT LAMBDA_OPEN IDENT }"),
        ("unsafe { a }", "unsafe { IDENT }"),
        ("select { a => b }", "select { IDENT => IDENT }"),
        ("select(a)", "IDENT ( IDENT )"),
        ("let x = { a }", "let IDENT = LAMBDA_OPEN IDENT }"),
    ],
)
def test_what_a_brace_opens(text: str, expected: str) -> None:
    assert joined(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<b>(c)", "a<b>(c)"),
        ("a<b, c<d>>()", "a<b, c<d>>()"),
        ("a<b>.c", "a<b>.c"),
        ("a<b> { c }", "a<b>() {c}"),
        ("a < b", "(a < b)"),
        ("f(a < b, c > d)", "f((a < b), (c > d))"),
        ("f(a<b, c>(d))", "f(a<b, c>(d))"),
        ("a < b && c > (d)", "((a < b) && (c > d))"),
        ("a >> b", "(a >> b)"),
        ("a >>> b", "(a >>> b)"),
        ("a < b >> c", "(a < (b >> c))"),
        ("a as B<C<D>> ?: e", "((a as B<C<D>>) ?: e)"),
        ("a as Int < b", "((a as Int) < b)"),
        ("a is B<C>", "(a is B<C>)"),
        ("a as? B<C>", "(a as? B<C>)"),
        ("a<(B) -> C?>()", "a<((B) -> C?)>()"),
    ],
)
def test_angle_brackets(text: str, expected: str) -> None:
    assert written(expression(text)) == expected


def test_shift_assignments_are_one_token() -> None:
    assert (
        joined("a >>= b\na >>>= c\na <<= d")
        == "IDENT ASSIGNMENT IDENT | IDENT ASSIGNMENT IDENT | IDENT ASSIGNMENT IDENT"
    )


@pytest.mark.parametrize(
    "word", ["open", "data", "test", "init", "spawn", "select", "unsafe", "get", "set", "it", "pub"]
)
def test_words_that_are_names_elsewhere(word: str) -> None:
    assert joined(f"let {word} = {word}({word}) + x.{word}") == "let IDENT = IDENT ( IDENT ) OPERATOR IDENT . IDENT"


def test_modifiers_only_before_declarations() -> None:
    assert kinds("open data class A") == ["MODIFIER", "MODIFIER", "class", "IDENT"]
    assert kinds("class A {\n    private set\n}")[:3] == ["class", "IDENT", "{"]


def test_accessors_continue_their_property() -> None:
    text = "class A {\n    var a: B\n        get() = c\n        private set(v) { d }\n    fun get() = e\n}"
    assert kinds(text) == [
        *("class", "IDENT", "{", "var", "IDENT", ":", "IDENT", "get", "(", ")", "=", "IDENT"),
        *("MODIFIER", "set", "(", "IDENT", ")", "{", "IDENT", "}", "NEWLINE"),
        *("fun", "IDENT", "(", ")", "=", "IDENT", "}"),
    ]


def test_labels_stand_before_loops() -> None:
    assert joined("a: for b in c { break a }") == "LABEL : for IDENT in IDENT { break IDENT }"
    assert joined("f(a: b)") == "IDENT ( IDENT : IDENT )"


def test_import_braces_may_span_lines() -> None:
    assert "NEWLINE" not in kinds("import a.{\n    b,\n    c as d,\n}")


def test_missing_brace_is_blamed_by_indentation() -> None:
    text = "fun f() {\n    if a {\n        b()\n}\n\nfun g() {\n}\n"
    assert messages(text) == ["this `{` is never closed"]


def test_a_declaration_ends_open_parentheses() -> None:
    assert codes("fun f() {\n    g(1, [2\n    let x = 1\n    y y\n}") == ["E0102", "E0102", "E0101"]


def test_class_parameters_may_begin_lines_with_let() -> None:
    assert codes("class A(\n    let a: Int,\n    var b: Int\n)") == []


def test_double_not_is_two_operators() -> None:
    assert written(expression("!!a!!")) == "(!(!a!!))"


def test_statements_on_one_line() -> None:
    assert len(statements("a(); b(); c()")) == 3
