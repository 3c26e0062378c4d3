"""`did_you_mean` finds near names, and only those, at bounded cost."""

from __future__ import annotations

import pytest

from compiler.diagnostics import did_you_mean
from compiler.diagnostics.suggest import MAX_CANDIDATES, edit_distance


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("lenght", ["size", "length"], "length"),
        ("pritnln", ["print", "println"], "println"),
        ("string", ["Int", "String"], "String"),
        ("x", ["y", "z"], None),
        ("x", ["y", "X"], "X"),
        ("foo", ["bar", "foobar"], None),
        ("cont", ["cant", "count"], "cant"),
        ("colour", ["colour"], None),
        ("", ["a"], None),
        ("nil", ["null2"], "null"),
        ("self", [], "this"),
        ("double", ["doubles", "Float"], "Float"),
        ("double", ["Int", "Float"], "Float"),
        ("double", ["Int"], None),
        ("a" * 65, ["a" * 64], None),
    ],
)
def test_nearest_name(name: str, candidates: list[str], expected: str | None) -> None:
    assert did_you_mean(name, candidates) == expected


def test_only_so_many_candidates_are_compared() -> None:
    names = ["different"] * MAX_CANDIDATES + ["length"]
    assert did_you_mean("lenght", names) is None


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("kitten", "sitting", 3), ("abcdef", "ghijkl", 4)],
)
def test_edit_distance_is_capped_above_three(left: str, right: str, distance: int) -> None:
    assert edit_distance(left, right, 3) == distance
