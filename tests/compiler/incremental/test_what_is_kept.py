"""What is compiled again after a change, and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from compiler.check.units import Effect, Unit
from compiler.diagnostics import Diagnostics
from compiler.driver import compile_tracked
from compiler.emit.naming import Name
from compiler.emit.objects import ObjectCode
from compiler.incremental.memory import Memory
from compiler.incremental.shape import INTERFACE, FileShape
from compiler.syntax import parse
from compiler.syntax.source import SourceFile, Span

SHAPES = """/// Shapes.
pub let corners = 3

pub fun twice(x: Int) -> Int {
    return x + x
}

pub fun thrice(x: Int) -> Int = twice(x) + x

pub class Tally(var count: Int) {
    pub let isEmpty: Bool get() = count == 0

    // One more.
    pub fun add() -> Int {
        count += 1
        return [count].map { it + corners }.fold(0) { sum, each -> sum + each }
    }
}

pub fun inferred(x: Int) = x + 1
"""
MAIN = """import shapes
import math

fun main() -> Int {
    let tally = shapes.Tally(0)
    println(shapes.twice(2) + shapes.thrice(3) + tally.add() + shapes.inferred(1))
    println(tally.isEmpty)
    return other()
}

fun other() -> Int {
    return if math.gcd(4, 6) == 2 { 0 } else { 1 }
}
"""


ADD = {"Tally.add", "Tally.add.lambda#1", "Tally.add.lambda#2"}


class Watched(Memory):
    """Says what was emitted and checked."""

    emitted: set[str]
    checked: set[tuple[str, int]]

    def keep(self, name: Name, made: ObjectCode, origin: Span) -> None:
        self.emitted.add(made.name)
        super().keep(name, made, origin)

    def learn(self, unit: Unit, effects: Iterable[Effect], *, is_clean: bool) -> None:
        if unit[1] != INTERFACE:
            self.checked.add(unit)
        super().learn(unit, effects, is_clean=is_clean)


@pytest.fixture
def folder(own_cache: Path, tmp_path: Path) -> Path:
    (tmp_path / "program").mkdir()
    return tmp_path / "program"


def build(folder: Path, main: str = MAIN, shapes: str = SHAPES, name: str = "main.peb") -> Watched:
    (folder / "shapes.peb").write_text(shapes, encoding="utf-8")
    memory = Watched(name, folder, b"toolchain")
    memory.emitted, memory.checked = set(), set()
    compile_tracked(main.encode(), name, folder=folder, memory=memory)
    return memory


def test_nothing_is_done_again_for_the_same_text(folder: Path) -> None:
    first = build(folder)
    assert {"main", "twice", "thrice", "Tally.add", "List<Int>.add"} <= first.emitted
    again = build(folder)
    assert (again.emitted, again.checked) == (set(), set())


@pytest.mark.parametrize(
    ("old", "new", "emitted", "checked"),
    [
        ("return x + x", "return 2 * x", {"twice"}, 1),
        ("= twice(x) + x", "= x + twice(x)", {"thrice"}, 1),
        (
            "count += 1",
            "count += 1\n\n        count -= 0",
            ADD,
            1,
        ),
        ("count == 0", "count <= 0", {"Tally.isEmpty.get"}, 1),
        ("pub class", "// A comment\n\n/* and\nanother */ pub class", set(), 0),
        ("    // One more.\n", "", set(), 0),
    ],
)
def test_a_change_inside_concerns_nothing_else(
    folder: Path, old: str, new: str, emitted: set[str], checked: int
) -> None:
    build(folder)
    again = build(folder, shapes=SHAPES.replace(old, new))
    assert (again.emitted, len(again.checked)) == (emitted, checked)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("corners = 3", "corners = 4"),
        ("twice(x: Int) -> Int {", "twice(x: Int, y: Int = 1) -> Int {"),
        ("class Tally(var count: Int)", 'class Tally(var count: Int, let name: String = "")'),
        ("= x + 1\n", "= x + 2\n"),
    ],
)
def test_a_change_of_what_others_see_concerns_all_that_import_it(folder: Path, old: str, new: str) -> None:
    build(folder)
    again = build(folder, shapes=SHAPES.replace(old, new))
    assert {"main", "twice", "thrice", "Tally.add", "inferred"} <= again.emitted
    assert "List<Int>.add" not in again.emitted


def test_a_change_of_the_importer_does_not_concern_what_is_imported(folder: Path) -> None:
    build(folder)
    again = build(folder, MAIN + "\nlet more = 1\n")
    assert {"main", "other"} <= again.emitted
    assert not {"twice", "thrice", "Tally.add"} & again.emitted


def test_the_library_is_kept_for_all_programs(folder: Path) -> None:
    build(folder)
    main = "fun main() -> Int {\n    let list = [1, 2]\n    list.add(3)\n    return list.size\n}\n"
    other = build(folder, main, name="other.peb")
    assert "main" in other.emitted
    assert "List<Int>.add" not in other.emitted


def test_a_body_with_a_warning_is_checked_each_time(folder: Path) -> None:
    warned = SHAPES.replace("return x + x", "let unused = 1\n    return x + x")
    build(folder, shapes=warned)
    again = build(folder, shapes=warned)
    assert len(again.checked) == 1


# Shapes


def shape(text: str) -> FileShape:
    return FileShape(parse(SourceFile("shapes.peb", text), Diagnostics()))


def test_an_anchor_moves_with_the_text_around_it() -> None:
    before = shape(SHAPES)
    after = shape(SHAPES.replace("/// Shapes.\n", "").replace("return x + x", "let y = x\n    return x + y"))
    assert before.interface != after.interface  # the comment stood before the first declaration
    after = shape(SHAPES.replace("return x + x", "let y = x\n    return x + y").replace("    // One", "\n    // One"))
    assert before.interface == after.interface
    for word in ("corners", "thrice", "Tally", "count == 0", "inferred"):
        offset = SHAPES.index(word)
        anchor = before.anchor(*before.source.position(offset), before.unit(offset))
        assert anchor is not None
        line, column = after.position(anchor)
        assert after.source.line_text(line)[column - 1 :].startswith(word)


def test_places_in_other_bodies_and_between_declarations_have_no_anchor() -> None:
    made = shape(SHAPES)
    inside = made.source.position(SHAPES.index("return x + x"))
    comment = made.source.position(SHAPES.index("// One more"))
    assert made.anchor(*inside, INTERFACE) is None
    assert made.anchor(*inside, made.unit(SHAPES.index("return x + x"))) is not None
    assert made.anchor(*comment, INTERFACE) is None


@pytest.mark.parametrize("place", ["corners = 3", "x: Int", "-> Int", "var count", "= x + 1", "Bool get", "pub "])
def test_what_others_see_is_in_the_interface(place: str) -> None:
    changed = SHAPES.replace(place, place.replace(place[0], "z", 1), 1)
    assert shape(changed).interface != shape(SHAPES).interface
