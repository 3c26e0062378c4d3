"""The library as a whole: every body is right, used or not, and every public name is documented."""

from __future__ import annotations

from compiler.check import check_program
from compiler.check.program import _check_bodies, _check_declarations, compiling
from compiler.check.session import Session
from compiler.diagnostics import Diagnostics, render_all
from compiler.documentation.model import make_module
from compiler.documentation.sources import library_modules
from compiler.syntax import ast
from compiler.syntax.source import SourceFile


def test_every_body_is_right() -> None:
    names = [source.name for source in library_modules() if not source.is_core]
    text = "".join(f"import {name} as module{index}\n" for index, name in enumerate(names))
    found = Diagnostics()
    session = check_program(SourceFile("all.peb", text), found).bodies
    assert isinstance(session, Session)
    with compiling():
        for module in session.order:
            _check_declarations(module)
        session.run_deferred()
        for module in session.order:
            _check_bodies(module)
        session.run_deferred()
    errors = [item for item in found.sorted() if item.span.file.name != "all.peb"]
    assert not errors, render_all(found)


def needs_text(node: ast.Node) -> bool:
    """Tell whether a public name says something of its own: what overrides says what it overrides."""
    return not isinstance(node, ast.ClassParameter) and not (
        isinstance(node, ast.Function) and node.modifiers.has("override")
    )


def test_every_public_name_is_documented() -> None:
    items = [(source, item) for source in library_modules() for item in make_module(source).walk()]
    bare = [f"{source.name}: {item.path}" for source, item in items if needs_text(item.node) and not item.node.doc]
    assert not bare
    assert not [source.name for source in library_modules() if not source.doc and not source.name.startswith("sys.")]
