"""Module variables, static properties, and the single objects of enum cases without payload."""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.body import Body, Frame
from compiler.check.declared import GlobalPart, SourceClass, SourceGlobal, TypeScope
from compiler.check.session import Session
from compiler.check.system_constants import fold_constant
from compiler.check.type_resolution import resolve_value_type
from compiler.diagnostics import Diagnostics
from compiler.ir import hir
from compiler.ir.types import ERROR, NULL, UNIT, ClassType, Type
from compiler.syntax import ast
from compiler.syntax.source import Span


def complete_global(symbol: SourceGlobal) -> None:
    """Set ``type`` and ``constant``; a variable without a written type has that of its value."""
    node = symbol.node
    typed = symbol.scope.module.typed
    if typed is not None:
        typed.complete_global(symbol)
        return
    symbol.constant = None
    if isinstance(symbol, GlobalPart):
        symbol.type = _part(symbol).type
        return
    if symbol.state == 1:
        symbol.type = ERROR
        assert symbol.span is not None
        symbol.session.diagnostics.error(
            code.NEEDS_TYPE,
            symbol.span,
            f"the type of `{symbol.name}` cannot be inferred, because its value needs it",
            suggestion="write `: Type` after the name",
        )
        return
    assert node is not None
    symbol.state = 1
    if node.type is not None:
        symbol.type = resolve_value_type(symbol.scope, node.type, "a variable")
    simple = node.initializer is not None and (node.type is None or not node.is_mutable)
    if node.type is None or (simple and (symbol.session.is_privileged or _may_be_constant(node.initializer))):
        value = initial_value(symbol)
        if node.type is None:
            known = value.type
            if known is UNIT or known is NULL:
                what = "has no value" if known is UNIT else "is only `null`"
                symbol.session.diagnostics.error(
                    code.NEEDS_TYPE,
                    value.span,
                    f"the type of `{symbol.name}` cannot be inferred from this: it {what}",
                    suggestion="write `: Type` after the name",
                )
                known = ERROR
            symbol.type = known
        if not node.is_mutable and isinstance(value, hir.Constant) and value.type == symbol.type:
            symbol.constant = value
            symbol.initializer = None
    symbol.state = 2


def _part(symbol: GlobalPart) -> hir.Expr:
    """Return the part of a tuple that a variable is; what is wrong with the tuple is reported once."""
    from compiler.check.destructuring import components

    if symbol.initial is None:
        whole, span = symbol.whole, symbol.binding.span
        body = Body(symbol.session, symbol.scope, Frame("initializer", symbol.name, None))
        held = hir.GlobalGet(span, whole.type, whole)
        diagnostics = symbol.session.diagnostics
        if symbol.index:
            symbol.session.diagnostics = Diagnostics()
        try:
            parts = components(body, held, len(symbol.binding.elements), span)
        finally:
            symbol.session.diagnostics = diagnostics
        symbol.initial = parts[symbol.index]
    return symbol.initial


def _may_be_constant(node: ast.Expression | None) -> bool:
    """Tell whether folding could make a constant of an expression; names are followed only here."""
    if isinstance(node, ast.Unary):
        return _may_be_constant(node.operand)
    if isinstance(node, ast.Binary):
        return _may_be_constant(node.left) and _may_be_constant(node.right)
    return isinstance(
        node, ast.IntLiteral | ast.FloatLiteral | ast.BoolLiteral | ast.CharLiteral | ast.StringLiteral | ast.Name
    )


def initial_value(symbol: SourceGlobal) -> hir.Expr:
    """Return the checked initial value, checking it once."""
    if symbol.initial is not None:
        return symbol.initial
    typed = symbol.scope.module.typed
    if typed is not None:
        symbol.initial = typed.initial_value(symbol)
        return symbol.initial
    if isinstance(symbol, GlobalPart):
        return _part(symbol)
    node = symbol.node
    assert node is not None
    assert symbol.span is not None
    if node.initializer is None:
        symbol.session.diagnostics.error(
            code.UNINITIALISED_PROPERTY, symbol.span, f"`{symbol.name}` needs a value where it is declared"
        )
        symbol.initial = hir.Constant(symbol.span, ERROR, None)
        return symbol.initial
    with symbol.session.unit(symbol.span):
        symbol.initial = _initial_value(symbol, node, node.initializer)
    return symbol.initial


def _initial_value(symbol: SourceGlobal, node: ast.Variable, initializer: ast.Expression) -> hir.Expr:
    frame = Frame("initializer", symbol.qualified_name, None)
    body = Body(symbol.session, symbol.scope, frame, this_class=symbol.owner)
    declared: Type | None = None
    if node.type is not None:
        declared = symbol.type
    value = body.value(initializer, declared)
    if declared is not None:
        value = body.coerce(value, declared)
    if symbol.session.is_privileged:
        value = fold_constant(value)
    body.finish()
    return value


def read_global(body: Body, symbol: SourceGlobal, span: Span) -> hir.Expr:
    """The value of a module variable; a constant stands for itself."""
    type_ = symbol.type
    symbol.is_used = True
    constant = symbol.constant
    if isinstance(constant, hir.Constant):
        return hir.Constant(span, constant.type, constant.value)
    value = hir.GlobalGet(span, type_, symbol)
    narrowed = body.flow.narrowed.get(symbol)
    return value if narrowed is None or narrowed == type_ else hir.Coerce(span, narrowed, value)


def read_case(body: Body, symbol: SourceClass, span: Span, expected: Type | None) -> hir.Expr:
    """An enum case without arguments: one object, or, of a generic enum, a new one, equal to the others."""
    enum = symbol.outer
    assert enum is not None
    assert isinstance(symbol.node, ast.EnumCase)
    if symbol.node.fields:
        body.error(
            code.NOT_A_VALUE,
            span,
            f"`{symbol.name}` has a payload and must be called",
            suggestion=f"write `{symbol.name}({', '.join('…' for _ in symbol.node.fields)})`",
        )
        return body.invalid(span)
    if not enum.type_params:
        value = hir.GlobalGet(span, symbol.type, case_object(body.session, symbol))
        return hir.Coerce(span, enum.type, value)
    wanted = expected.inner if expected is not None and hasattr(expected, "inner") else expected
    if isinstance(wanted, ClassType) and wanted.symbol is enum:
        instance = ClassType(symbol, wanted.arguments)
        return hir.Coerce(span, wanted, hir.New(span, instance, ()))
    body.error(
        code.CANNOT_INFER,
        span,
        f"what `{enum.type_params[0].name}` of `{enum.name}` stands for cannot be inferred",
        suggestion="write the type of the variable, as in `let x: " + f"{enum.name}<Int> = …`",
    )
    return body.invalid(span)


def case_object(session: Session, symbol: SourceClass) -> SourceGlobal:
    """Return the variable that holds the object of a case without payload."""
    known = session.case_objects.get(symbol)
    if known is None:
        scope = TypeScope(symbol.scope.module)
        known = SourceGlobal(session, None, scope, symbol.qualified_name, owner=None)
        known.span = symbol.span
        known.type = symbol.type
        known.constant = None
        known.state = 2
        assert symbol.span is not None
        made = hir.New(symbol.span, symbol.type, ())
        known.initializer = lambda: made
        session.case_objects[symbol] = known
    return known
