"""The HIR of the library and of whole programs keeps its promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.check import check_program, compiling, program
from compiler.diagnostics import Diagnostics, render_all
from compiler.ir import hir
from compiler.library.standard import standard_library
from compiler.syntax.source import SourceFile
from tests.compiler.check.wellformed import findings

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.peb"))
LIBRARY = standard_library().folder


def all_findings(checked: hir.Program) -> list[str]:
    bodies = checked.bodies._bodies
    return [line for function, body in list(bodies.items()) for line in findings(function, body)]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path) -> None:
    diagnostics = Diagnostics()
    checked = check_program(SourceFile(path.name, path.read_text(encoding="utf-8")), diagnostics)
    assert render_all(diagnostics) == ""
    assert len(checked.bodies._bodies) > 5
    assert all_findings(checked) == []


def test_library() -> None:
    names = [path.relative_to(LIBRARY).with_suffix("").parts for path in sorted(LIBRARY.rglob("*.peb"))]
    modules = [".".join(parts) for parts in names if parts[0] != "core"]
    text = "".join(f"import {name} as m{index}\n" for index, name in enumerate(modules)) + "fun main() {}\n"
    diagnostics = Diagnostics()
    checked = check_program(SourceFile("main.peb", text), diagnostics)
    session = checked.bodies
    with compiling():
        for module in session.order:
            program._check_declarations(module)
        session.run_deferred()
        for module in session.order:
            program._check_bodies(module)
        session.run_deferred()
    assert render_all([item for item in diagnostics.sorted() if item.is_error]) == ""
    assert all_findings(checked) == []


def test_only_what_is_used_of_the_library_is_checked() -> None:
    diagnostics = Diagnostics()
    checked = check_program(SourceFile("main.peb", 'fun main() { println("hello") }\n'), diagnostics)
    assert [function.qualified_name for function in checked.bodies._bodies] == ["main.main"]
