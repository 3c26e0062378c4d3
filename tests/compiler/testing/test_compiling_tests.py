"""`compiler.testing`: which tests a module has, and what is in the module made of them."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Diagnostics
from compiler.testing import TestCase, compile_tests
from pvm.errors import CompileError

SOURCE = b"""\
fun main() { println(half(4)) }
@export fun twice(x: Int) -> Int = x + x
fun half(x: Int) -> Int = x / 2

test "half of four" {
    assert half(4) == 2
}
test "a \\"quoted\\" name\\n" { }
"""


def test_tests_are_the_only_exports() -> None:
    found = compile_tests(SOURCE, "a.peb")
    assert found.tests == (TestCase("half of four", "test 1", 5), TestCase('a "quoted" name\n', "test 2", 8))
    assert found.module is not None
    assert [(item.name, item.boundary) for item in found.module.exports] == [("test 1", "()"), ("test 2", "()")]
    names = [function.name for function in found.module.functions]
    assert "half" in names
    assert "main" not in names
    assert "twice" not in names
    assert 'test "a \\"quoted\\" name\\n"' in names


def test_without_tests_there_is_no_module() -> None:
    found = compile_tests(b"fun main() { }\n", "a.peb")
    assert (found.module, found.tests) == (None, ())


def test_same_source_same_bytes() -> None:
    assert compile_tests(SOURCE, "a.peb") == compile_tests(SOURCE, "a.peb")


@pytest.mark.parametrize("source", [b'test "x" { assert 3 }\n', b"fun f() -> Int { }\n", b"\xff"])
def test_errors_are_raised_with_diagnostics(source: bytes) -> None:
    found = Diagnostics()
    with pytest.raises(CompileError) as caught:
        compile_tests(source, "a.peb", diagnostics=found)
    assert found.has_errors
    assert "a.peb" in caught.value.rendered
