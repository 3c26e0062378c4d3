"""Trees as plain data: nothing is lost, and cached modules are those that were parsed."""

from __future__ import annotations

import marshal
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.syntax import ast, parse, parse_cached
from compiler.syntax.codec import decode, encode
from compiler.syntax.depth import all_nodes, dump
from compiler.syntax.source import SourceFile
from tests.compiler.syntax.shorthand import read

SAMPLE = Path(__file__).with_name("every_node.peb").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def private_cache(own_cache: Path) -> Path:
    return own_cache


def test_round_trip_keeps_everything() -> None:
    module = read(SAMPLE)
    data = marshal.loads(marshal.dumps(encode(module)))  # noqa: S302 - our own bytes
    again = decode(data, module.span.file)
    assert dump(again) == dump(module)
    spans = [(type(node), node.span) for node in all_nodes(module)]
    assert [(type(node), node.span) for node in all_nodes(again)] == spans


def test_equal_constants_of_different_types_stay_apart() -> None:
    module = read("let a = [1, 1.0, true, 0.0, '1', \"1\"]")
    again = decode(encode(module), module.span.file)
    (variable,) = again.declarations
    assert isinstance(variable, ast.Variable)
    assert isinstance(variable.initializer, ast.ListLiteral)
    values = [getattr(item, "value", None) for item in variable.initializer.elements]
    assert [(type(value), value) for value in values] == [
        *((int, 1), (float, 1.0), (bool, True), (float, 0.0), (str, "1"), (str, "1")),
    ]


def test_operator_spans_come_back() -> None:
    module = read("let a = b + c")
    again = decode(encode(module), module.span.file)
    operators = [node.operator_span.text for node in all_nodes(again) if isinstance(node, ast.Binary)]
    assert operators == ["+"]


def test_second_parse_is_read_from_the_cache(private_cache: Path) -> None:
    first = parse_cached(SourceFile("a.peb", SAMPLE), Diagnostics())
    stored = [path for path in private_cache.iterdir() if path.name.startswith("ast-")]
    assert len(stored) == 1
    other = SourceFile("b.peb", SAMPLE)
    second = parse_cached(other, Diagnostics())
    assert dump(second) == dump(first)
    assert second.span.file is other
    assert dump(parse(other, Diagnostics())) == dump(first)


def test_what_has_a_finding_is_not_kept(private_cache: Path) -> None:
    for _ in range(2):
        diagnostics = Diagnostics()
        parse_cached(SourceFile("a.peb", "let x = 1;"), diagnostics)
        assert [item.code for item in diagnostics.sorted()] == ["W0101"]
    assert not [path for path in private_cache.iterdir() if path.name.startswith("ast-")]
