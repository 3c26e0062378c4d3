"""The tests of a module, compiled: `test "name" { ... }` blocks as functions that the host may call.

A module compiled for its tests exports nothing else: neither `main` nor `@export` functions are in it unless
a test calls them.  Tests of imported modules belong to the files they are in, and are not repeated.
"""

from __future__ import annotations

from pathlib import Path

from compiler.check import check_program
from compiler.diagnostics import Diagnostics
from compiler.driver import emit_checked, failure
from compiler.ir import hir
from compiler.records import structural
from compiler.syntax import decode
from pvm.pbc.model import Module


@structural
class TestCase:
    """A test: its name as written, the export that runs it, and where it begins (from 1)."""

    __test__ = False  # pytest collects classes by this name

    name: str
    export: str
    line: int


@structural
class TestModule:
    """The tests of a file in textual order; without any there is no module."""

    __test__ = False

    module: Module | None
    tests: tuple[TestCase, ...]


def compile_tests(
    data: bytes, name: str, *, folder: Path | None = None, diagnostics: Diagnostics | None = None
) -> TestModule:
    """Compile the tests of a file; its imports are looked up in ``folder``, then in the standard library.

    Raises:
        CompileError: the program has errors, or is no text in UTF-8.
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    file = decode(name, data, found)
    if file is None:
        raise failure(found)
    program = check_program(file, found, folder=folder)
    if found.has_errors:
        raise failure(found)
    tests = _export_tests(program)
    return TestModule(emit_checked(program, found) if tests else None, tests)


def _export_tests(program: hir.Program) -> tuple[TestCase, ...]:
    """Make the tests the only roots of a program."""
    cases = []
    for number, test in enumerate(program.tests, 1):
        test.function.export = f"test {number}"
        cases.append(TestCase(test.name, test.function.export, test.span.line))
    program.exports = [test.function for test in program.tests]
    program.main = None
    return tuple(cases)
