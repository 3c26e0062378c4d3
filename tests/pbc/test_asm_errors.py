"""Wrong text is refused with its place and, where there is one, a suggestion."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvm.errors import AssemblyError
from pvm.pbc.asm import assemble

TOP = [
    ("func", 1, 5, "a function has a body: expected '{' at the end of the line"),
    ("func f() {", 1, 10, "'{' is never closed by a line with '}'"),
    ("fun f() {\n}", 1, 1, "expected a statement (abstract class"),
    ("fun f() {\n}", 1, 1, "found 'fun'; did you mean func?"),
    ("module m {\n}", 1, 10, "module has no body"),
    ("module m\nmodule n", 2, 1, "module is given twice"),
    ("module m extra", 1, 10, "expected the end of the line, found 'extra'"),
    ("version 2.0", 1, 9, "version 2.0 is not supported: expected 1.0 to"),
    ("version x", 1, 9, "expected a version as 1.0, found 'x'"),
    ("features privilged", 1, 10, "unknown feature 'privilged'; did you mean privileged?"),
    ("throwable T", 1, 11, "unknown class 'T'"),
    ("class Throwable\nthrowable Trowable", 2, 11, "unknown class 'Trowable'; did you mean Throwable?"),
    ("class T\ntrap divide-by-zer = T", 2, 6, "unknown kind of trap 'divide-by-zer'; did you mean divide-by-zero?"),
    ("class T\ntrap deadlock = T\ntrap deadlock = T", 3, 6, "trap 'deadlock' is given twice"),
    ("class A\nclass A", 2, 7, "class 'A' is declared twice"),
    ("func f() {\n}\nfunc f() {\n}", 3, 6, "function 'f' is declared twice"),
    ("class A extends B\nclass B", 1, 17, "class 'B' must stand before what extends or implements it"),
    ("class A extends A", 1, 17, "class 'A' must stand before"),
    ("class A {\n field x: i63\n}", 2, 11, "expected a storage (i8 u8 i16 u16 i32 i64 f32 f64 ref), found 'i63'"),
    ("class A {\n field x: i64\n field x: i64\n}", 3, 8, "field 'x' is declared twice"),
    ("class A {\n feld x: i64\n}", 2, 2, "expected 'field', 'const' or 'method', found 'feld'"),
    ("interface A {\n field x: i64\n}", 1, 11, "interface 'A' has fields"),
    ("final abstract struct A", 1, 16, "expected 'class' or 'interface', found 'struct'"),
    ("import libc f ()", 1, 8, "expected 'runtime', 'kernel' or 'host', found 'libc'"),
    ("import kernel f () as ()", 1, 23, "only an import from the host has a boundary signature"),
    ("class A\nimport host f (ref A)", 2, 15, "ref class 0 cannot cross the boundary"),
    ("import host f (i32) as (i33)", 1, 25, "boundary signature: expected a type, found 'i33'"),
    ("global x = 5", 1, 10, "expected ':', found '='"),
    ("global x: i128", 1, 11, "expected a type (i32 i64 f32 f64 ref), found 'i128'"),
    ("global x: i32 = 4294967296", 1, 17, "4294967296 is out of range: expected -2147483648 to 2147483647"),
    ("global x: ref? any = 0", 1, 22, "a global reference starts as null"),
    ("global x: ref array u9", 1, 21, "expected an array kind, one of bool i8"),
    ('string "a"\nstring "a"', 2, 8, "this string is listed already"),
    ("signature ()\nsignature ()", 2, 11, "this signature is listed already"),
    ("signature (ref func #0)", 1, 21, "signature #0 is not listed above"),
    ("export f", 1, 8, "unknown function 'f'"),
    ('attribute a {\n  hex "0g"\n}', 2, 7, "expected pairs of hexadecimal digits"),
    ('module "a', 1, 8, "quoted text does not end on this line"),
    ('module "\\q"', 1, 8, "unknown escape \\q"),
    ('module "\\u{d800}"', 1, 8, "\\u{d800} is no Unicode scalar value"),
    ("module \x07", 1, 8, "unexpected character '\\x07'"),
    ("attribute a\nattribute a", 1, 1, "module is not well formed: attribute 'a' occurs twice"),
]
BODY = [
    ("i64.addd", 1, "unknown instruction 'i64.addd'; did you mean i64.add?"),
    ("local.get", 10, "expected a local, found the end of the line"),
    ("local.get b", 11, "unknown local 'b'"),
    ("local.get 7", 11, "local 7 does not exist: there are 1"),
    ("local.get #7", 11, "local 7 does not exist: there are 1"),
    ("local.get a a", 13, "expected the end of the line, found 'a'"),
    ("jump top", 6, "expected a label, found 'top'"),
    ("jump @nowhere", 6, "unknown label '@nowhere'"),
    ("jump @tup\n@top: nop", 7, "expected the end of the line"),
    ("i32.const 1.5", 11, "expected an integer, found '1.5'"),
    ("i32.const x", 11, "expected an integer, found 'x'"),
    ("f32.const 1e39", 11, "1e39 is too large for f32"),
    ("f64.const abc", 11, "expected a number, found 'abc'"),
    ("string.const abc", 14, "expected a text in quotes, found 'abc'"),
    ("string.const #0", 14, "string #0 is not listed above"),
    ("field.get Point", 11, "expected a field as Class.field, found 'Point'"),
    ("field.get C.xx", 13, "unknown field of C 'xx'; did you mean x?"),
    ("field.get D.x", 11, "unknown class 'D'"),
    ("call.virtual C.area", 16, "unknown method of C 'area'"),
    (".lokal x: i64", 1, "unknown directive '.lokal'; did you mean local?"),
    (".line 3", 7, "expected the name of a source file, found '3'"),
    (".line f 3\n.line f 4\nnop", 7, "two positions for one instruction"),
    (".line f 3", 7, "a position at the end of the function, expected an instruction"),
    (".line f 3 in g from #9\nnop", 21, "expected the #N of an earlier position, found '#9'"),
    (".try h @top", 6, "handler 'h' has no .end"),
    (".try h @top\n.end h", 6, "handler 'h' covers no instruction"),
    (".end h", 6, "handler 'h' is not open"),
    (".handlers h\nnop", 11, "unknown handler 'h'"),
    ("@top:", 1, "label '@top' is at the end of the function, expected an instruction"),
    ("@top:\nnop\n@top:\nnop", 1, "label '@top' stands twice in this function"),
    ("@top [ref any]:\nnop", 7, "expected a primitive type before '|', found ref any"),
    ("@top locals 2:\nnop", 13, "2 locals are initialised, but 1 are declared above"),
    ("@top locals 1 except a, a:\nnop", 13, "expected ascending locals below 1 after 'except'"),
    ("@a [i32]:\n@b [i64]:\nnop", 1, "label '@b' has other stacks than the label at the same place"),
    ("123", 1, "expected an instruction, a label or a directive, found '123'"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), TOP)
def test_wrong_statements(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble(text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(("body", "column", "message"), BODY)
def test_wrong_lines_of_a_function(body: str, column: int, message: str) -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble(f"class C {{\n field x: i64\n}}\nfunc f(a: i64) {{\n{body}\n}}")
    assert message in caught.value.message
    assert caught.value.column == column
    assert caught.value.line >= 5


HOSTILE = [
    "signature (" + "ref func (" * 10_000,
    "global x: " + "ref func () -> " * 10_000,
    "i" * 1_000_000,
    '"' + "\\" * 999_999,
    "(" * 100_000,
    "@" * 100_000,
    "func f() {\n" * 20_000,
    "global x: i64 = " + "9" * 1_000_000,
    "global x: f64 = " + "9" * 1_000_000,
    "global x: f64 = 1e" + "9" * 100_000,
    "global x: f64 = 0x1p" + "9" * 100,
    "version 1." + "0" * 100_000,
    "func f() {\n i64.const " + "0x" + "f" * 100_000 + "\n}",
    "func f() {\nlocal.get #99999999999999\n}",
    "class " + ", ".join(["A"] * 10_000),
    "\x00" * 1000,
    "module " + "\ud800",
    'module "\ud800"',
    'attribute a {\n "\ud800"\n}',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_in_bounded_time_and_memory(text: str) -> None:
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(AssemblyError):
        assemble(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000
    assert time.perf_counter() - started < 5


WORDS = [
    "func",
    "class",
    "{",
    "}",
    "(",
    ")",
    "->",
    "i64",
    "ref",
    "?",
    "@a",
    ":",
    ".try",
    ".end",
    ".line",
    "f",
    "#0",
    "=",
    '"x"',
    "local.get",
    "jump",
    "5",
    ",",
    "field",
    "|",
    "[",
    "]",
    "signature",
    "\n",
]


@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_words_assemble_or_are_refused(words: list[str]) -> None:
    text = " ".join(words)
    try:
        assemble(text)
    except AssemblyError as error:
        place = (error.line, error.column)
    else:
        place = (1, 1)
    assert 1 <= place[0] <= text.count("\n") + 1
    assert place[1] >= 1
