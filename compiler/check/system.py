"""System modules: the `unsafe` dialect of Pebble, in which PVM's runtime image is written.

They see the core of `compiler/system` in place of the standard library: numbers, addresses and memory, and no
object anywhere.  Three things make sure of that: constructs that need objects, exceptions or tasks are refused
in the tree; types that are no numbers are refused in the checked bodies, where mixed types could make them; and
who builds an image looks at its instructions (`compiler.runtime`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.completion import Completion
from compiler.check.dispatch import expression_table
from compiler.check.modules import Loader, ModuleScope, Sources
from compiler.check.program import check_modules, compiling, make_program
from compiler.check.session import Session
from compiler.check.tree_walk import children
from compiler.check.type_display import display
from compiler.diagnostics import Diagnostics
from compiler.ir import hir, tree
from compiler.ir.types import ClassType, NothingType, Type, UnitType
from compiler.syntax import ast
from compiler.syntax.source import Span

LIBRARY = Path(__file__).parent.parent / "system"

_DECLARATIONS: dict[type, str] = {
    ast.Class: "classes",
    ast.Interface: "interfaces",
    ast.Enum: "enums",
    ast.Test: "tests",
    ast.TypeParameter: "type parameters",
}
_VALUES: dict[type, str] = {
    ast.NullLiteral: "`null`",
    ast.StringLiteral: "text",
    ast.StringTemplate: "text",
    ast.TupleLiteral: "tuples",
    ast.ListLiteral: "lists",
    ast.MapLiteral: "maps",
    ast.Lambda: "function values",
    ast.TypeTest: "tests of types",
    ast.Cast: "casts",
    ast.NotNull: "`null`",
    ast.NullableType: "types with `null`",
    ast.TupleType: "tuples",
    ast.FunctionType: "function values",
    ast.TupleBinding: "tuples",
    ast.TuplePattern: "tuples",
    ast.TypePattern: "tests of types",
}
_CONTROL: dict[type, str] = {
    ast.Try: "exceptions",
    ast.Throw: "exceptions",
    ast.Assert: "exceptions",
    ast.Defer: "`defer`",
    ast.Yield: "generators",
    ast.Spawn: "tasks",
    ast.Select: "tasks",
}
_KINDS = ((_DECLARATIONS, code.SYSTEM_DECLARATION), (_VALUES, code.SYSTEM_VALUE), (_CONTROL, code.SYSTEM_CONTROL))
_REFUSED: dict[type, tuple[str, str]] = {node: (code_, what) for table, code_ in _KINDS for node, what in table.items()}


def check_system(modules: Mapping[str, str], name: str, diagnostics: Diagnostics) -> hir.Program:
    """Check system modules, given as texts by file name, as one program.

    If ``diagnostics`` has errors afterwards, the result must not be emitted.
    """
    Body.table = expression_table()
    session = Session(diagnostics, Completion())
    session.is_privileged = True
    session.sources = sources = Sources(None, LIBRARY, modules)
    with compiling():
        loader = Loader(session, sources)
        loader.load_core()
        loaded = loader.load_all()
        if not session.has_syntax_errors:
            before = diagnostics.error_count
            for module in loaded:
                _refuse_constructs(module)
            if diagnostics.error_count == before:
                check_modules(session, loaded)
                if not diagnostics.has_errors:
                    for module in loaded:
                        _refuse_values(module)
        return make_program(session, name, None, loaded)


def _refuse(module: ModuleScope, code_: str, span: Span, what: str) -> None:
    module.session.diagnostics.error(code_, span, f"system modules have no {what}")


# What is written


def _refuse_constructs(module: ModuleScope) -> None:
    """Report what needs objects, exceptions or tasks, the outermost of each."""
    for declaration in module.tree.declarations:
        if isinstance(declaration, ast.Variable):
            if declaration.is_mutable or declaration.getter is not None or declaration.setter is not None:
                _report_variable(module, declaration.binding.span)
        elif isinstance(declaration, ast.Function):
            _refuse_in_head(module, declaration)
        pending: list[ast.Node] = [declaration]
        while pending:
            node = pending.pop()
            if not _is_refused(module, node, is_top=node is declaration):
                pending.extend(_inside(node))


def _report_variable(module: ModuleScope, span: Span) -> None:
    module.session.diagnostics.error(
        code.SYSTEM_VARIABLE,
        span,
        "system modules have no variables of their own, only constants that the compiler can compute",
        suggestion="keep the value in memory, at an address that is a constant",
    )


def _inside(node: ast.Node) -> Iterator[ast.Node]:
    """Yield what is inside of a node, without annotations, whose arguments are text."""
    return (child for child in children(node) if not isinstance(child, ast.Modifiers | ast.Annotation))


def _refuse_in_head(module: ModuleScope, node: ast.Function) -> None:
    for annotation in node.modifiers.annotations:
        if annotation.name.text == "host":
            _refuse(module, code.SYSTEM_CONTROL, annotation.span, "calls of the host")
    for parameter in node.parameters:
        if parameter.is_variadic:
            _refuse(module, code.SYSTEM_VALUE, parameter.span, "arrays")


def _is_refused(module: ModuleScope, node: ast.Node, *, is_top: bool) -> bool:
    known = _REFUSED.get(type(node))
    if known is not None:
        where = node.name.span if isinstance(node, ast.Class | ast.Interface | ast.Enum) else _head(node)
        _refuse(module, known[0], where, known[1])
        return True
    if isinstance(node, ast.Function) and not is_top:
        _refuse(module, code.SYSTEM_DECLARATION, node.name.span, "functions inside of functions")
        return True
    if isinstance(node, ast.NamedType) and [part.text for part in node.path] == ["Any"]:
        _refuse(module, code.SYSTEM_VALUE, node.span, "`Any`")
        return True
    if isinstance(node, ast.Match) and node.arms and node.arms[-1].guard is not None:
        _refuse(module, code.SYSTEM_CONTROL, node.arms[-1].guard.span, "guard on the last arm of a `match`")
        return True
    return False


def _head(node: ast.Node) -> Span:
    """Return the span of a node, or of its first line if it has several."""
    span = node.span
    end = span.file.text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.file, span.start, end)


# What is meant


def _refuse_values(module: ModuleScope) -> None:
    """Report values that are no numbers, and constants that are none."""
    for variable in module.variables:
        if variable.constant is None and variable.span is not None:
            _report_variable(module, variable.span)
    for function in module.functions:
        for parameter in function.params:
            if not _is_number(parameter.type) and function.span is not None:
                _refuse(module, code.SYSTEM_VALUE, function.span, f"parameters of type `{display(parameter.type)}`")
        _refuse_in_body(module, module.session.body(function))


def _refuse_in_body(module: ModuleScope, body: hir.Expr) -> None:
    """Report the first value of a function that is no number; others mostly follow from it."""
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, hir.FunctionValue):
            _refuse(module, code.SYSTEM_VALUE, node.span, "function values")
            return
        type_ = node.local.type if isinstance(node, hir.LocalSet) else node.type
        if not _is_number(type_) and (isinstance(node, hir.LocalSet) or not isinstance(type_, UnitType | NothingType)):
            _refuse(module, code.SYSTEM_VALUE, node.span, f"values of type `{display(type_)}`")
            return
        pending.extend(reversed(tree.children(node)))


def _is_number(type_: Type) -> bool:
    symbol = type_.symbol if isinstance(type_, ClassType) else None
    return symbol is not None and symbol.builtin is not None and symbol.builtin.is_primitive
