"""Ways to check a program in a test, and to find what became of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler import check_source
from compiler.diagnostics import Diagnostics
from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol
from tests.compiler.check.wellformed import children


def checked(text: str, modules: Mapping[str, str] | None = None) -> hir.Program:
    """Check a program that must have no errors; warnings are allowed."""
    diagnostics = Diagnostics()
    program = check_source(text, "main.peb", diagnostics, modules=modules)
    assert [str(item) for item in diagnostics.sorted() if item.is_error] == []
    return program


def codes(text: str, modules: Mapping[str, str] | None = None) -> list[str]:
    """Return the codes that checking a program reports, in order of position."""
    diagnostics = Diagnostics()
    check_source(text, "main.peb", diagnostics, modules=modules)
    return [item.code for item in diagnostics.sorted()]


def errors_in_main(*lines: str) -> list[str]:
    """Return the codes of the errors of a program whose `main` has these lines."""
    return [code for code in codes(in_main(*lines)) if code.startswith("E")]


def in_main(*lines: str) -> str:
    return PRELUDE + "fun main() {\n" + "\n".join(f"    {line}" for line in lines) + "\n}\n"


PRELUDE = """
class Node(let value: Int, let next: Node?)
fun findText() -> String? = null
fun findNumber() -> Int? = null
fun findNode() -> Node? = null
fun chance() -> Bool = true
fun stop() -> Nothing { throw StateError() }
"""


def function(program: hir.Program, name: str) -> FunctionSymbol:
    """Return a checked function of the main module."""
    bodies = program.bodies
    found = [item for item in bodies._bodies if item.qualified_name == f"main.{name}"]
    assert len(found) == 1, [item.qualified_name for item in bodies._bodies]
    return found[0]


def body(program: hir.Program, name: str) -> hir.Expr:
    return program.bodies.body(function(program, name))


def nodes(root: hir.Expr) -> Iterator[hir.Expr]:
    """Yield a node and everything below it, in order of evaluation as far as fields are."""
    yield root
    for child in children(root):
        yield from nodes(child)


def of_type(root: hir.Expr, kind: type) -> list[hir.Expr]:
    return [node for node in nodes(root) if isinstance(node, kind)]
