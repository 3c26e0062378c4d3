"""Programs of several modules, and edits such as people make: most keep the program right, some break it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAMS = ROOT / "tests" / "lang" / "programs"
LIBRARY = ROOT / "stdlib"

MAIN = """import regex
import json.{parse, JsonValue}
import csv
import args
import shapes
import shapes.{Shape, unit as one}

let started = shapes.counter()
var total: Int = limit * 2
let limit = 20

fun main(arguments: Array<String>) -> Int {
    println(regex.Regex("a+b").find("caab") != null)
    println(parse("[1, {\\"a\\": null}]"))
    println(csv.parse("a,b\\n1,2").size)
    for shape in [one(), Shape.Square(2.0)] { println("${shape.area()} ${describe(shape)}") }
    total += shapes.sumOf([1, 2, 3]) { it * limit }
    println("${total} ${started}")
    return 0
}

fun describe(shape: Shape) -> String = match shape {
    Circle(r) => "round ${r}"
    Square(_) => "square"
}

class Tally(let name: String, var count: Int = 0) {
    let limitHere: Int = limit + 1
    let doubled: Int get() = count * 2
    init { if count < 0 { throw StateError("negative") } }
    fun add(n: Int = 1) -> Tally {
        count += n
        return this
    }
}

test "tally" { assert Tally("a").add().add(2).doubled == 6 }
"""

SHAPES = """import math

pub enum Shape {
    Circle(radius: Float)
    Square(side: Float)

    pub fun area() -> Float = match this {
        Circle(r) => math.pi * r * r
        Square(s) => s * s
    }
}

pub fun unit() -> Shape = Shape.Circle(1.0)

var made = 0

pub fun counter() -> Int {
    made += 1
    return made
}

pub fun sumOf<T>(items: List<T>, size: (T) -> Int) -> Int {
    var sum = 0
    for item in items { sum += size(item) }
    return sum
}

pub interface Named { fun name() -> String = "none" }
pub open class Base(let id: Int) : Named { open fun twice() -> Int = id * 2 }
pub class Derived(id: Int, let extra: String = "x") : Base(id + 1) {
    override fun twice() -> Int { return id * 3 }
    override fun name() -> String = "derived ${extra}"
}

pub let derived = Derived(4)
pub fun inferred() = derived.twice() + 1
"""


def large_program() -> dict[str, str]:
    """Real code: libraries copied into the program, which then stand before those of the installation."""
    names = [
        "regex.peb",
        "regex/matcher.peb",
        "regex/program.peb",
        "regex/syntax.peb",
        "json.peb",
        "csv.peb",
        "args.peb",
    ]
    files = {name: (LIBRARY / name).read_text(encoding="utf-8") for name in names}
    return {"main.peb": MAIN, "shapes.peb": SHAPES, **files}


def single_program(name: str) -> dict[str, str]:
    """A program of the corpus."""
    return {"main.peb": (PROGRAMS / f"{name}.peb").read_text(encoding="utf-8")}


def edit(files: dict[str, str], draw: random.Random) -> dict[str, str]:
    """The program after a random edit of one file."""
    name = draw.choice(sorted(files))
    changed = draw.choice(_EDITS)(files[name], draw)
    return {**files, name: changed}


Edit = Callable[[str, random.Random], str]


def _at_match(pattern: str, new: Callable[[re.Match[str], random.Random], str]) -> Edit:
    compiled = re.compile(pattern, re.MULTILINE)

    def change(text: str, draw: random.Random) -> str:
        found = list(compiled.finditer(text))
        if not found:
            return text + f"\n// {draw.random()}\n"
        chosen = draw.choice(found)
        return text[: chosen.start()] + new(chosen, draw) + text[chosen.end() :]

    return change


def _insert_line(make: Callable[[int], str], pattern: str = r"^    +(?=[a-z])") -> Edit:
    """Put lines in front of one that is in a body, as a rule."""

    def new(found: re.Match[str], draw: random.Random) -> str:
        indent = found[0]
        return "".join(f"{indent}{line}\n" for line in make(draw.randrange(1000)).split("\n")) + indent

    return _at_match(pattern, new)


def _swap_declarations(text: str, draw: random.Random) -> str:
    parts = re.split(r"\n(?=(?:pub |open |data |abstract )*(?:fun|class|enum|interface|let|var|test) )", text)
    if len(parts) < 3:
        return text
    at = draw.randrange(1, len(parts) - 1)
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return "\n".join(parts)


def _delete_line(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)


def _repeat_line(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    return "\n".join([*lines[: at + 1], *lines[at:]])


def _rename(text: str, draw: random.Random) -> str:
    words = sorted(set(re.findall(r"(?<=fun )[a-z]\w+|(?<=let )[a-z]\w+|(?<=class )[A-Z]\w+", text)))
    if not words:
        return text
    word = draw.choice(words)
    return re.sub(rf"\b{word}\b", f"{word}{draw.randrange(10)}", text)


def _append(make: Callable[[int], str]) -> Edit:
    return lambda text, draw: f"{text}\n{make(draw.randrange(1000))}\n"


_EDITS: tuple[Edit, ...] = (
    # Bodies
    _insert_line(lambda n: f'println("edit {n}")'),
    _insert_line(lambda n: f"let unused{n} = {n}"),
    _insert_line(lambda n: f"if {n} > 3 {{\n    println({n})\n}}"),
    _insert_line(lambda n: f"let double{n} = {{ (x: Int) -> x * {n} }}\nprintln(double{n}(3))"),
    _insert_line(lambda n: f"let made{n} = List<Float32>()\nmade{n}.add({n}.5)\nprintln(made{n}.map {{ it > 1.0 }})"),
    _insert_line(lambda n: f"let task{n} = spawn {{ {n} }}\nprintln(task{n}.join())"),
    _insert_line(lambda n: f"fun inner{n}(x: Int) -> Int = x + {n}\nprintln(inner{n}(1))"),
    _insert_line(lambda n: f'let wrong{n}: Int = "text"'),
    _at_match(r"\b\d+\b", lambda _, draw: str(draw.randrange(100))),
    _at_match(r" [-+*] ", lambda _, draw: draw.choice([" + ", " - ", " * "])),
    _delete_line,
    _repeat_line,
    # Comments and lines
    _insert_line(lambda n: f"// note {n}"),
    _insert_line(lambda n: f"// note {n}", r"^(?=\S)"),
    _insert_line(lambda n: f"/* note {n}\n   of two lines */", r"^(?=\S)"),
    _insert_line(lambda n: f"/// about {n}", r"^(?=\S)"),
    _insert_line(lambda _: "\n", r"^(?=\S)"),
    _at_match(r"\n", lambda _, draw: f"  // tail {draw.randrange(99)}\n"),
    _at_match(r"\{ ", lambda _, __: "{\n        "),
    # Signatures and headers
    _at_match(
        r"fun \w+\(\)", lambda found, draw: found[0][:-1] + f"extra{draw.randrange(9)}: Int = {draw.randrange(9)})"
    ),
    _at_match(r"-> Int\b", lambda _, draw: draw.choice(["-> Int32", "-> Any", "", "-> Int?"])),
    _at_match(r" -> \w+ = ", lambda _, __: " = "),
    _at_match(r"\bpub ", lambda _, __: ""),
    _at_match(r"^(?=(fun|class|let|enum) )", lambda _, __: "pub "),
    _at_match(
        r"class \w+\([^()]+(?=\))",
        lambda found, draw: f"{found[0]}, let more{draw.randrange(99)}: Int = {draw.randrange(9)}",
    ),
    _at_match(r"^(?=class )", lambda _, draw: draw.choice(["open ", "data ", "abstract "])),
    _at_match(r"^(enum \w+ \{)$", lambda found, draw: f"{found[0]}\n    Other{draw.randrange(9)}"),
    _at_match(r"\blet (?=\w+: )", lambda _, __: "var "),
    # Imports, constants, whole declarations
    _at_match(r"^import .*\n", lambda _, __: ""),
    _append(lambda n: f"let constant{n} = {n} * 3"),
    _append(lambda n: f"fun added{n}(x: Int) -> Int = x * {n}\nlet used{n} = added{n}(2)"),
    _append(lambda n: f'data class Added{n}(x: Int, y: String = "{n}")\nlet object{n} = Added{n}({n})\n'),
    lambda text, draw: f"import {draw.choice(['math', 'time', 'shapes', 'bigint', 'missing'])}\n{text}",
    _swap_declarations,
    _rename,
    lambda text, _: text.replace("\n", "\r\n") if "\r" not in text else text.replace("\r\n", "\n"),
)
