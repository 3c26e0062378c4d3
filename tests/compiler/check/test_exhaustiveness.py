"""Which values the arms of a `match` leave out, by name."""

from __future__ import annotations

import pytest

from compiler import check_source
from compiler.diagnostics import Diagnostics

TYPES = """
enum Color { Red, Green, Blue }
enum Tree { Leaf, Fork(left: Tree, right: Tree) }
enum Option<T> { Some(value: T), None }
data class Point(x: Int, flag: Bool)
"""


def missing(type_: str, *arms: str) -> list[str]:
    """Return what the compiler says about a `match` with these patterns."""
    lines = "\n".join(f"        {arm} => {index}" for index, arm in enumerate(arms))
    head = f"{TYPES}fun test(value: {type_}) -> Int {{\n    return match value {{\n"
    text = f"{head}{lines}\n    }}\n}}\nfun main() {{}}\n"
    diagnostics = Diagnostics()
    check_source(text, "main.peb", diagnostics)
    return [item.message for item in diagnostics.sorted() if item.code != "W0201"]


COMPLETE = [
    ("Bool", ["true", "false"]),
    ("Color", ["Red", "Green", "Blue"]),
    ("Color", ["Red | Green", "Blue"]),
    ("Color", ["Red", "else"]),
    ("Color?", ["null", "Red", "Green", "Blue"]),
    ("Color?", ["Red", "Green | Blue", "null"]),
    ("(Bool, Bool)", ["(true, _)", "(_, true)", "(false, false)"]),
    ("(Color, Bool)", ["(Red, true)", "(Red, false)", "(Green | Blue, _)"]),
    ("Tree", ["Leaf", "Fork(Leaf, _)", "Fork(Fork(_, _), _)"]),
    ("Option<Bool>", ["Some(true)", "Some(false)", "None"]),
    ("Option<Option<Int>>", ["None", "Some(None)", "Some(Some(n))"]),
    ("Point", ["Point(x, true)", "Point(x, false)"]),
    ("Point", ["Point(flag: true)", "Point(flag: false)"]),
    ("Int", ["1", "2..10", "n"]),
    ("Int", ["n if n > 3", "_"]),
    ("String?", ["null", '"a"', "s"]),
    ("Any", ["is Int", "is String", "else"]),
    ("Color", ["c @ Red", "Green", "c @ Blue"]),
]


@pytest.mark.parametrize(("type_", "arms"), COMPLETE)
def test_complete(type_: str, arms: list[str]) -> None:
    assert missing(type_, *arms) == []


@pytest.mark.parametrize(
    ("type_", "arms", "message"),
    [
        ("Bool", ["true"], "no arm takes `false`"),
        ("Color", ["Red"], "no arm takes `Green or Blue`"),
        ("Color", ["Red", "Green", "Blue if true"], "no arm takes `Blue`"),
        ("Color?", ["Red", "Green", "Blue"], "no arm takes `null`"),
        ("Color?", ["null", "Red", "Green"], "no arm takes `Blue`"),
        ("(Bool, Bool)", ["(true, _)", "(_, true)"], "no arm takes `(false, false)`"),
        ("(Color, Bool)", ["(Red, _)", "(_, true)"], "no arm takes `(Green or Blue, false)`"),
        ("Tree", ["Leaf", "Fork(Leaf, Leaf)"], "no arm takes `Fork(Fork(_, _), _)`"),
        ("Option<Bool>", ["Some(true)", "None"], "no arm takes `Some(false)`"),
        ("Point", ["Point(1, _)", "Point(_, true)"], "no arm takes `Point(_, false)`"),
        ("Int", ["1", "2..10"], "the arms do not take every `Int`"),
        ("String?", ['"a"', "null"], "the arms do not take every `String?`"),
        ("Any", ["is Int"], "the arms do not take every `Any`"),
    ],
)
def test_incomplete(type_: str, arms: list[str], message: str) -> None:
    assert missing(type_, *arms) == [message]


@pytest.mark.parametrize(
    ("type_", "arms"),
    [
        ("Color", ["Red", "Red", "else"]),
        ("Color", ["Red", "Green", "Blue", "else"]),
        ("Color", ["Red | Green", "Green", "Blue"]),
        ("(Bool, Bool)", ["(true, _)", "(true, false)", "else"]),
        ("Int", ["1", "1", "else"]),
        ("Int", ["_", "1"]),
        ("Tree", ["Leaf", "Fork(_, _)", "Fork(Leaf, _)"]),
    ],
)
def test_arm_that_is_never_reached(type_: str, arms: list[str]) -> None:
    assert missing(type_, *arms) == ["no value reaches this arm"]


def test_hostile_match_ends() -> None:
    count = 14
    tuple_type = "(" + ", ".join(["Bool"] * 4) + ")"
    arms = [f"({', '.join('true' if bit == i % 4 else '_' for bit in range(4))})" for i in range(count)]
    nested = f"({tuple_type}, {tuple_type}, {tuple_type}, {tuple_type})"
    rows = [f"({', '.join(arm if index == place else '_' for place in range(4))})"
            for index, arm in enumerate(arms[:4])]  # fmt: skip
    assert missing(nested, *rows)
