"""What is written and what comes out, by hand."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Diagnostics
from compiler.formatting import format_source
from compiler.syntax.source import SourceFile

LONG = "aRatherLongNameOfSomethingThatTakesPlace"

CASES = {
    "spaces": (
        'let  x:Int=1+2*-3\nlet y = [1,2 ,3 , ]\nlet m=[ "a":1 ]\nlet r = 0 ..< n\nlet c = x as ? Int',
        'let x: Int = 1 + 2 * -3\nlet y = [1, 2, 3]\nlet m = ["a": 1]\nlet r = 0..<n\nlet c = x as? Int\n',
    ),
    "blank lines": (
        "\n\nimport a\n\n\n\nimport b\nfun f() {\n\n    g()\n\n\n    h()\n\n}\n\n\n",
        "import a\n\nimport b\nfun f() {\n    g()\n\n    h()\n}\n",
    ),
    "one statement stays on the line": (
        "fun f() { return 1 }\nfun g() {\n return 1 }\nfun h() { a(); b() }\nfun i() {\n}",
        "fun f() { return 1 }\nfun g() {\n    return 1\n}\nfun h() {\n    a()\n    b()\n}\nfun i() {}\n",
    ),
    "branches break together": (
        "fun f() {\n    if a { b() } else {\n c() }\n    if a { b() } else if c { d() }\n}",
        "fun f() {\n    if a {\n        b()\n    } else {\n        c()\n    }\n    if a { b() } else if c { d() }\n}\n",
    ),
    "braces go up": (
        "fun f()\n{\n    while a\n    {\n        b()\n    }\n    try { a() }\n    finally { b() }\n}",
        "fun f() {\n    while a {\n        b()\n    }\n    try { a() } finally { b() }\n}\n",
    ),
    "a body that is too long": (
        f"fun f() {{\n    if {LONG} {{ return {LONG} + {LONG} }}\n}}",
        f"fun f() {{\n    if {LONG} {{\n        return {LONG} + {LONG}\n    }}\n}}\n",
    ),
    "arguments": (
        f"let x = f({LONG}, {LONG}, {LONG})",
        f"let x = f(\n    {LONG},\n    {LONG},\n    {LONG},\n)\n",
    ),
    "arguments that fit are joined": ("let x = f(\n    a,\n    b,\n)", "let x = f(a, b)\n"),
    "parameters before the result": (
        f"fun {LONG}(first: Map<String, Int>, second: Int) -> Map<String, List<Int>> {{\n    return a\n}}",
        (
            f"fun {LONG}(\n    first: Map<String, Int>,\n    second: Int,\n)"
            " -> Map<String, List<Int>> {\n    return a\n}\n"
        ),
    ),
    "a value goes below if it fits there": (
        f"fun {LONG}(a: Int, b: Int) -> Int = {LONG}(a, b) + 1",
        f"fun {LONG}(a: Int, b: Int) -> Int =\n    {LONG}(a, b) + 1\n",
    ),
    "operators end lines": (
        f"let x = {LONG} && {LONG}\n    || {LONG}",
        f"let x =\n    {LONG} && {LONG} ||\n    {LONG}\n",
    ),
    "short operands share lines": (
        f"fun f() {{\n    return {' || '.join(f'c == 0x{n}00' for n in range(1, 10))}\n}}",
        (
            "fun f() {\n"
            "    return c == 0x100 || c == 0x200 || c == 0x300 || c == 0x400 || c == 0x500 || c == 0x600 ||\n"
            "        c == 0x700 || c == 0x800 || c == 0x900\n}\n"
        ),
    ),
    "a condition is indented more than the body": (
        f"fun f() {{\n    if {LONG} && {LONG} && abcdef {{\n        g()\n    }}\n}}",
        f"fun f() {{\n    if {LONG} &&\n            {LONG} &&\n            abcdef {{\n        g()\n    }}\n}}\n",
    ),
    "a chain of calls has a line each": (
        f"let x = items.map {{ it * 2 }}.filter {{ it > {LONG} }}.sortedBy {{ -it }}.take(10).size",
        (
            f"let x = items\n    .map {{ it * 2 }}\n    .filter {{ it > {LONG} }}\n    .sortedBy {{ -it }}\n"
            "    .take(10).size\n"
        ),
    ),
    "a chain that was broken stays so": (
        "let x = a.b()\n  .c().d()",
        "let x = a.b()\n    .c()\n    .d()\n",
    ),
    "a lambda at the end hangs": (
        "fun f() {\n    a.map { it }.each(1) { x, y ->\n b(x)\n c(y) }\n}",
        "fun f() {\n    a.map { it }.each(1) { x, y ->\n        b(x)\n        c(y)\n    }\n}\n",
    ),
    "rows of a literal": (
        "let m = [\n1,0,0,\n  0,1,0 ]\nlet n = [ a,\n b]",
        "let m = [\n    1, 0, 0,\n    0, 1, 0,\n]\nlet n = [a, b]\n",
    ),
    "match": (
        'fun f() = match x { 1|2=>"a"\n3..5 if q=>{ g() }, else => throw E() }\nfun g() = match x { a => 1, b => 2, }',
        (
            'fun f() = match x {\n    1 | 2 => "a"\n    3..5 if q => { g() }\n    else => throw E()\n}\n'
            "fun g() = match x { a => 1, b => 2 }\n"
        ),
    ),
    "enums keep cases together": (
        "enum E { A,B }\nenum F {\n A, B,\n C(x:Int)\n\n fun f() {} }",
        "enum E { A, B }\nenum F {\n    A, B\n    C(x: Int)\n\n    fun f() {}\n}\n",
    ),
    "classes": (
        (
            "open class A<T:B&C>( let x:Int,y:T... ):D(x),E{init{f()}\n"
            "let z:Int get()=1\nvar w:Int\nget(){return 1}\nset(v){}}"
        ),
        (
            "open class A<T: B & C>(let x: Int, y: T...) : D(x), E {\n    init { f() }\n    let z: Int get() = 1\n"
            "    var w: Int\n        get() { return 1 }\n        set(v) {}\n}\n"
        ),
    ),
    "annotations": (
        '@a @b("c") fun f()\n@a\n\npub fun g()\n@file:unsafe',
        None,
    ),
    "trailing comments are aligned": (
        "let a = 1 // one\nlet bcd = 2      // two\n\nlet e = 3// three",
        "let a = 1    // one\nlet bcd = 2  // two\n\nlet e = 3  // three\n",
    ),
    "comments in lists": (
        "let x = f( // why\n a, // first\n /* b */ b\n // end\n)",
        "let x = f(  // why\n    a,      // first\n    /* b */ b,\n    // end\n)\n",
    ),
    "comments in blocks": (
        "// top\n\n/* block */\nfun f() { // open\n // only\n}\nfun g() { /* nothing */ }\n// end",
        "// top\n\n/* block */\nfun f() {  // open\n    // only\n}\nfun g() { /* nothing */ }\n// end\n",
    ),
    "block comments are moved with their stars": (
        "class A {\n/* one\n * two\n     * three */\nlet x = 1\n}",
        "class A {\n    /* one\n     * two\n     * three */\n    let x = 1\n}\n",
    ),
    "a comment before else": (
        "fun f() {\n    if a {\n        b()\n    }\n    // otherwise\n    else {\n        c()\n    }\n}",
        "fun f() {\n    if a {\n        b()\n    }\n    // otherwise\n    else {\n        c()\n    }\n}\n",
    ),
    "comments do not count as width": (
        f"fun f() {{ return 1 }} // {LONG * 3}",
        f"fun f() {{ return 1 }}  // {LONG * 3}\n",
    ),
    "numbers and characters are kept": (
        "let a = 0XFF + 1_0.50e+3 + 0b1\nlet c = '\\u{41}'",
        "let a = 0XFF + 1_0.50e+3 + 0b1\nlet c = '\\u{41}'\n",
    ),
    "strings are kept": (
        'let s = """\n  a ${ x+1 }\n    b\n  """\nlet r = r"\\d"',
        'let s = """\n  a ${ x+1 }\n    b\n  """\nlet r = r"\\d"\n',
    ),
    "parentheses and names are kept": ("let `in` = ((a)) + (-(-b)) - - c", "let `in` = ((a)) + (-(-b)) - -c\n"),
    "signs stay apart": ("let a = - - b\nlet c = ! ! d", "let a = - -b\nlet c = ! !d\n"),
    "a lambda after a semicolon": ("fun f() { a; { b } }", "fun f() {\n    a; { b }\n}\n"),
    "a nullable variadic": ("fun f(a: Int? ...) {}", "fun f(a: Int? ...) {}\n"),
    "line ends of another system": ("let a = 1\r\n\r\nlet b = 2\r\n", "let a = 1\n\nlet b = 2\n"),
    "byte order mark": ("\ufefflet a = 1", "let a = 1\n"),
    "nothing": ("\n \n", ""),
    "comments alone": ("\n\n// a\n\n\n/* b */", "// a\n\n/* b */\n"),
    "imports": (
        "import a.{x as y,z,}\npub   import b . c\nimport d as e",
        "import a.{x as y, z}\npub import b.c\nimport d as e\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    before, after = CASES[name]
    found = Diagnostics()
    result = format_source(SourceFile("golden.peb", before), found)
    assert result == after
    if result is None:
        assert found.has_errors
    else:
        assert format_source(SourceFile("golden.peb", result), Diagnostics()) == result
