"""Pebble programs that are extreme in one dimension: nested, repeated, long, or referring to themselves.

Each shape takes a size.  A program compiles, or is refused by a diagnostic; neither may take long.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

SIZES = (1, 2, 3, 10, 40, 99, 128, 240, 450, 501, 1_200, 3_000)
MAIN = "fun main() { println(f(1)) }\n"

INT = "fun f(x: Int) -> Int = "
BLOCK = "fun f(x: Int) -> Int {\nvar s = x\n"
ONE = "fun f(x: Int) -> Int = 1\n"


def nested(before: str, opening: str, inner: str, closing: str, after: str = "\n") -> Callable[[int], str]:
    """``opening`` and ``closing`` so often around ``inner``."""
    return lambda size: before + opening * size + inner + closing * size + after


def listed(before: str, item: str, separator: str, after: str) -> Callable[[int], str]:
    """The item so often, with ``#`` as its number and ``^`` as the number before."""

    def text(size: int) -> str:
        items = (item.replace("#", str(number)).replace("^", str(max(number - 1, 0))) for number in range(size))
        return before + separator.join(items) + after

    return text


def _called_with_many(size: int) -> str:
    params = ", ".join(f"p{number}: Int" for number in range(size))
    return f"fun g({params}) -> Int = p0\n{INT}g({', '.join('x' for _ in range(size))})\n"


def _doubled_texts(size: int) -> str:
    count = min(size, 40)
    lines = [
        f'let c{number} = "abcdefgh"' if not number else f"let c{number} = c{number - 1} + c{number - 1}"
        for number in range(count)
    ]
    return "\n".join(lines) + f"\n{INT}c{count - 1}.size\n"


SHAPES: dict[str, Callable[[int], str]] = {
    "parentheses": nested(INT, "(", "x", ")"),
    "negations": nested(INT, "-", "x", ""),
    "sums": listed(INT, "x", " + ", "\n"),
    "texts": listed("fun f(x: Int) -> String = ", '"a"', " + ", "\n"),
    "parts of a text": nested('fun f(x: Int) -> String = "', "${x}", "", "", '"\n'),
    "texts in texts": nested("fun f(x: Int) -> String = ", '"${', "x", '}"'),
    "conditions": listed("fun f(x: Int) -> Bool = ", "x > #", " && ", "\n"),
    "elvis": nested("fun f(x: Int) -> Int? = ", "(null as Int?) ?: ", "1", ""),
    "if in if": nested(BLOCK, "if s > 0 {\n", "s = s + 1\n", "}\n", "return s\n}\n"),
    "else if": listed(BLOCK, "if s == # { return # }", " else ", "\nreturn s\n}\n"),
    "while in while": nested(BLOCK, "while s < 9 {\n", "s = s + 1\n", "}\n", "return s\n}\n"),
    "for in for": nested(BLOCK, "for i in 0..<2 {\n", "s = s + 1\n", "}\n", "return s\n}\n"),
    "try in try": nested(BLOCK, "try {\n", "s = s + 1\n", "} catch (e: Exception) { s = 3 }\n", "return s\n}\n"),
    "finally in finally": nested(BLOCK, "try {\n", "return s\n", "} finally { s = s + 1 }\n", "}\n"),
    "finally in a loop": nested(
        BLOCK + "while s < 9 {\n",
        "try {\nif s > 2 { break }\nif s > 1 { continue }\n",
        "return s\n",
        "} finally { s = s + 1 }\n",
        "}\nreturn s\n}\n",
    ),
    "lambdas": nested("fun app<T>(g: () -> T) -> T = g()\n" + INT, "app { ", "x", " }"),
    "functions in functions": nested(BLOCK, "fun g() -> Int {\n", "return s\n", "}\n", "return s\n}\n"),
    "lists": nested(BLOCK + "let a = ", "[", "x", "]", "\nreturn a.size\n}\n"),
    "type arguments": nested(ONE + "fun g(a: ", "List<", "Int", ">", ") {}\n"),
    "function types": nested(ONE + "fun g(a: ", "() -> ", "Int", "", ") {}\n"),
    "nullable": nested(ONE + "fun g(a: Int", "?", "", "", ") {}\n"),
    "generic calls": nested("fun same<T>(t: T) -> T = t\n" + INT, "same(", "x", ")"),
    "members": nested("class C(let n: Int) { fun m() -> C = C(n + 1) }\n" + INT + "C(0)", ".m()", "", "", ".n\n"),
    "functions": listed("fun g(x: Int) -> Int = x\n", "fun g#(x: Int) -> Int = g(x) + #", "\n", "\n" + INT + "g(x)\n"),
    "classes": listed("", "class C#(let n: Int) { fun m() -> Int = n + # }", "\n", "\n" + INT + "C0(1).m()\n"),
    "subclasses": listed("open class D0\n", "open class C# : D0()", "\n", "\n" + ONE),
    "parameters": _called_with_many,
    "fields": listed("class C(", "let p#: Int = #", ", ", ")\n" + INT + "C().p0\n"),
    "defaults": listed("fun g(a: Int, ", "a#: Int = a", ", ", ") -> Int = a\n" + INT + "g(x)\n"),
    "variables": listed(BLOCK, "let p# = s + #", "\n", "\nreturn s\n}\n"),
    "constants": listed("", "let c# = c^ + c^", "\n", "\n" + ONE),
    "doubled texts": _doubled_texts,
    "cases": listed("enum E { ", "C#", ", ", " }\n" + INT + "match E.C0 { E.C0 => 1\n_ => 2\n}\n"),
    "arms": listed(INT + "match x {\n", "# => #", "\n", "\n_ => 7\n}\n"),
    "comments": nested("", "/*", "", "*/", ONE),
    "open comments": nested("", "/*", "", ""),
    "open texts": nested(INT, '"${', "", ""),
    "open brackets": nested(INT, "(", "", ""),
    "closed brackets": nested(ONE, "}\n", "", ""),
    "mistakes": listed(ONE, "let a#: String = #", "\n", "\n"),
    "unknown names": nested(INT, "nope(", "x", ")"),
    "half functions": nested(ONE, "fun (\n", "", ""),
    "long name": nested(ONE + "fun g() { let ", "abcdefgh", " = 1", "", " }\n"),
    "long number": nested(INT, "99999999", "", ""),
    "long float": nested("fun f(x: Int) -> Float = 1", "0000000", ".0e1", "0"),
    "growing class": lambda _size: (
        "class A<T>(let t: T) { fun g(n: Int) -> Int = if n == 0 { 0 } else { A<A<T>>(this).g(n - 1) } }\n"
        + INT
        + "A<Int>(1).g(3)\n"
    ),
    "growing function": lambda _size: (
        "class P<A, B>(let a: A, let b: B)\n"
        "fun g<T>(t: T, n: Int) -> Int = if n == 0 { 0 } else { g<P<T, Int>>(P(t, 1), n - 1) }\n" + INT + "g(x, 3)\n"
    ),
    "class cycle": listed("open class C0 : C1\n", "open class C# : C^", "\n", "\n" + ONE),
    "value cycle": lambda _size: "let a = b\nlet b = a\n" + INT + "a\n",
    "result cycle": lambda _size: "fun a() = b()\nfun b() = a()\n" + INT + "a()\n",
    "bound cycle": lambda _size: "fun g<T: Comparable<U>, U: Comparable<T>>(t: T, u: U) {}\n" + ONE,
}


def shaped_source(random: Random) -> str:
    """Draw a shape and a size."""
    return SHAPES[random.choice(tuple(SHAPES))](random.choice(SIZES)) + MAIN
