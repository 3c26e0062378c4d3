"""Bodies of functions, accessors and defaults."""

from __future__ import annotations

import json

from compiler.check import codes as code
from compiler.check.body import Body, Frame
from compiler.check.declared import DeclaredLocal, SourceClass, SourceFunction, TypeScope
from compiler.check.generators import check_generator, yields
from compiler.check.session import Session
from compiler.check.subtyping import join_all, mentions_error
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import FunctionKind, FunctionSymbol
from compiler.ir.types import ERROR, UNIT, ErrorType, NothingType, NullType, Type, UnitType
from compiler.syntax import ast
from compiler.syntax.source import Span


def function_body(function: SourceFunction, frame: Frame) -> Body:
    """Return the state in which the body of a function is checked, its parameters declared."""
    has_this = (
        function.kind is FunctionKind.METHOD
        or function.is_extension
        or (bool(function.params) and function.params[0].name == "this")
    )
    this = function.params[0] if has_this else None
    owner = function.owner if isinstance(function.owner, SourceClass) else function.scope.owner
    body = Body(function.session, function.scope, frame, this=this, this_class=owner, function=function)
    body.is_synthetic = function.is_synthetic
    body.locals.update(function.siblings)
    for local in function.params[1 if has_this else 0 :]:
        assert isinstance(local, DeclaredLocal)
        body.declare(local)
    return body


def check_function_body(function: SourceFunction) -> hir.Expr:
    """Return the checked body of a function that is written."""
    node = function.node
    assert node is not None
    assert node.body is not None
    is_inferred = function.result_state == 1
    frame = Frame("function", function.qualified_name, None if is_inferred else function.result)
    written = node.result if isinstance(node, ast.Function) else None
    if written is not None:
        frame.result_label = Label(written.span, f"because the result is `{display(function.result)}`")
    body = function_body(function, frame)
    name = node.name if isinstance(node, ast.Function) else ast.Identifier(node.span.first(), function.name)
    if yields(node.body):
        result = UNIT if is_inferred else function.result
        value = check_generator(body, name, node.body, result, is_written=written is not None)
    elif isinstance(node.body, ast.Block):
        value = body.expr(node.body, UNIT)
        check_end(body, name, function.result, value)
    elif is_inferred:
        value = _inferred(body, frame, node.body)
    elif isinstance(function.result, UnitType):
        value = body.discard(body.expr(node.body, UNIT))
    else:
        value = body.typed(node.body, function.result, frame.result_label)
    body.finish()
    return value


def _inferred(body: Body, frame: Frame, node: ast.Expression) -> hir.Expr:
    """The body of `fun f() = expression`, whose type is the result."""
    value = body.expr(node, None)
    types = [item.value.type if item.value is not None else UNIT for item in frame.returns]
    if not types and not isinstance(value.type, NullType):
        return value
    result: Type = join_all([value.type, *types])
    if isinstance(result, NullType):
        body.error(
            code.NEEDS_TYPE,
            node.span,
            "`null` alone does not say of what type the result is",
            suggestion="write the result type after `->`",
        )
        return hir.Constant(node.span, ERROR, None)
    for item in frame.returns:
        if item.value is not None:
            object.__setattr__(item, "value", body.coerce(item.value, result))
    if isinstance(value.type, NothingType):
        return hir.Coerce(node.span, result, value)
    return body.coerce(value, result)


def check_end(body: Body, name: ast.Identifier, result: Type, checked: hir.Expr) -> None:
    """Report a body that can end without a value although one is promised."""
    if not body.flow.is_reachable or isinstance(result, UnitType | ErrorType) or mentions_error(result):
        return
    span = checked.span
    closing = Span(span.file, max(span.end - 1, span.start), span.end)
    better = "write `return` before the last value" if _drops(checked) else "return a value on every way to the end"
    what = "never returns" if isinstance(result, NothingType) else f"returns `{display(result)}`"
    body.error(
        code.MISSING_RETURN,
        closing,
        f"`{name.text}` {what}, but its end can be reached without a `return`",
        labels=[body.frame.result_label] if body.frame.result_label is not None else [],
        suggestion=None if isinstance(result, NothingType) else better,
    )


def _drops(checked: hir.Expr) -> bool:
    """Tell whether the last statement of a body is a value that nobody wants."""
    last = checked.body[-1] if isinstance(checked, hir.Block) and checked.body else checked
    return not isinstance(last.type, UnitType | NothingType | ErrorType)


def check_default(function: SourceFunction, node: ast.Expression) -> hir.Expr:
    """Return the checked default of a parameter, as the body of its hidden function."""
    frame = Frame("initializer", function.qualified_name, function.result)
    body = function_body(function, frame)
    body.is_synthetic = False
    value = body.typed(node, function.result)
    body.finish()
    return value


def check_test(session: Session, scope: TypeScope, node: ast.Test) -> hir.Test:
    """Check a test; it becomes a function of its module, which only a test run emits."""
    name = f"test {json.dumps(node.name, ensure_ascii=False)}"  # stack traces show it: control characters escaped
    qualified = session.unique_name(scope.module.name, f"{scope.module.name}.{name}")
    function = FunctionSymbol(name, qualified, FunctionKind.FREE, scope.module.name, span=node.span)
    body = Body(session, scope, Frame("function", function.qualified_name, UNIT), function=function)
    checked = body.expr(node.body, UNIT)
    if session.uses_tasks:
        # A task that failed and was not joined makes the test fail.
        failing = hir.Call(node.span, UNIT, session.core_function("throwFailedTask"), (), (), ())
        checked = hir.Block(node.span, UNIT, (body.discard(checked), failing))
    session.set_body(function, checked)
    body.finish()
    return hir.Test(node.name, node.span, function)
