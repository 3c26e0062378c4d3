"""The tests of a module, compiled: `test "name" { ... }` blocks as functions that the host may call.

A module compiled for its tests exports nothing else: neither `main` nor `@export` functions are in it unless
a test calls them.  Tests of imported modules belong to the files they are in, and are not repeated.
"""

from __future__ import annotations

from pathlib import Path

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_tracked
from compiler.incremental.memory import Memory
from compiler.ir import hir
from compiler.records import structural
from compiler.toolchain import toolchain_digest
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
    cases: list[TestCase] = []

    def prepare(program: hir.Program) -> None:
        cases[:] = _export_tests(program)

    memory = Memory(name, None, toolchain_digest())
    module, _ = compile_tracked(data, name, folder=folder, diagnostics=diagnostics, memory=memory, prepare=prepare)
    return TestModule(module if cases else None, tuple(cases))


def _export_tests(program: hir.Program) -> list[TestCase]:
    """Make the tests the only roots of a program."""
    cases = []
    for number, test in enumerate(program.tests, 1):
        test.function.export = f"test {number}"
        cases.append(TestCase(test.name, test.function.export, test.span.line))
    program.exports = [test.function for test in program.tests]
    program.main = None
    return cases
