"""Lambdas and function values made of local functions.

Types of parameters come from the expected function type where they are not written.  The type of the result
is that of the body and of every `return`, unless the expectation says it; those values are adjusted to it
when the whole body has been seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.body import Body, Frame
from compiler.check.control import block_contents
from compiler.check.declared import DeclaredLocal
from compiler.check.destructuring import destructure
from compiler.check.flow import Flow
from compiler.check.generators import check_generator, yields
from compiler.check.subtyping import is_too_large, join_all, mentions_error, non_null
from compiler.check.type_display import display
from compiler.check.type_resolution import report_too_large, resolve_type
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import ERROR, NOTHING, UNIT, ErrorType, FunctionType, NothingType, Type, UnitType
from compiler.syntax import ast
from compiler.syntax.source import Span


def check_lambda(body: Body, node: ast.Lambda, expected: Type | None) -> hir.Expr:
    """`{ parameters -> body }`."""
    wanted = non_null(expected) if expected is not None else None
    function = wanted if isinstance(wanted, FunctionType) else None
    is_lost = isinstance(wanted, ErrorType) or body.is_lost
    body.is_lost = False
    frame = _open_frame(body, function.result if function is not None else None)
    mark = body.enter_scope()
    outer_flow = body.flow
    body.flow = Flow(outer_flow.narrowed, outer_flow.unassigned, outer_flow.assigned)
    steps: list[hir.Expr] = []
    params = _parameters(body, node, function, steps, is_lost=is_lost)
    log_mark = len(body.assigned_log)
    value = block_contents(body, node.body, frame.result)
    result = _result_type(body, frame, value)
    value = _finish_value(body, node.body.span, frame, value, result)
    body.leave_scope(mark)
    body.frame = _parent(frame)
    body.flow = outer_flow.forget(set(body.assigned_log[log_mark:]))
    if steps:
        value = hir.Block(node.span, value.type, (*steps, value))
    type_ = FunctionType(tuple(param.type for param in params), result)
    if any(isinstance(param.type, ErrorType) for param in params) or isinstance(result, ErrorType):
        return hir.Constant(node.span, type_ if not is_lost else ERROR, None)
    return hir.Lambda(node.span, type_, tuple(params), tuple(frame.captures), value, frame.name)


def _open_frame(body: Body, result: Type | None) -> Frame:
    owner = body.function.qualified_name if body.function is not None else body.frame.name
    wanted = None if result is None or mentions_error(result) else result
    frame = Frame("lambda", body.session.lambda_name(body.module.name, owner), wanted, body.frame)
    body.frame = frame
    return frame


def _parent(frame: Frame) -> Frame:
    assert frame.parent is not None
    return frame.parent


def _parameters(
    body: Body, node: ast.Lambda, function: FunctionType | None, steps: list[hir.Expr], *, is_lost: bool
) -> list[LocalSymbol]:
    wanted = function.params if function is not None else None
    if node.parameters is None:
        return _implicit_parameters(body, node, (ERROR,) if is_lost and wanted is None else wanted, is_lost=is_lost)
    if wanted is not None and len(wanted) != len(node.parameters):
        assert function is not None
        body.error(
            code.LAMBDA_PARAMETERS,
            node.span,
            f"this lambda takes {len(node.parameters)} parameter{'' if len(node.parameters) == 1 else 's'}, "
            f"but {len(wanted)} {'is' if len(wanted) == 1 else 'are'} expected",
            label=f"expected `{display(function)}`" if not mentions_error(function) else "",
        )
        wanted = None
        is_lost = True
    params: list[LocalSymbol] = []
    for index, item in enumerate(node.parameters):
        type_ = _parameter_type(body, item, wanted[index] if wanted is not None else None, is_lost=is_lost)
        if isinstance(item.binding, ast.NameBinding):
            local = DeclaredLocal(item.binding.name.text, type_, item.binding.span, "lambda parameter")
            body.declare(local)
            params.append(local)
            continue
        held = LocalSymbol("", type_)
        params.append(held)
        destructure(body, item.binding, body.get(held, item.span), steps, role="lambda parameter")
    return params


def _implicit_parameters(
    body: Body, node: ast.Lambda, wanted: Sequence[Type] | None, *, is_lost: bool
) -> list[LocalSymbol]:
    if wanted is None or not wanted:
        return []
    if len(wanted) > 1:
        body.error(
            code.LAMBDA_PARAMETERS,
            node.span,
            f"this lambda is given {len(wanted)} arguments, so its parameters need names",
            suggestion="begin it with `{ " + ", ".join("abcdefgh"[: len(wanted)]) + " -> … }`",
        )
        return [LocalSymbol("", type_) for type_ in wanted]
    type_ = wanted[0]
    if mentions_error(type_):
        type_ = ERROR if is_lost else _uninferred(body, node.span, "it")
    local = DeclaredLocal("it", type_, node.span.first(), "lambda parameter")
    body.declare(local)
    return [local]


def _parameter_type(body: Body, node: ast.LambdaParameter, wanted: Type | None, *, is_lost: bool) -> Type:
    if node.type is not None:
        return resolve_type(body.scope, node.type)
    if wanted is not None and not mentions_error(wanted):
        return wanted
    if is_lost:
        return ERROR
    name = node.binding.name.text if isinstance(node.binding, ast.NameBinding) else "these"
    return _uninferred(body, node.span, name)


def _uninferred(body: Body, span: Span, name: str) -> Type:
    body.error(
        code.CANNOT_INFER,
        span,
        f"the type of `{name}` cannot be inferred here",
        suggestion="write it, as in `{ " + ("x" if name in {"it", "these"} else name) + ": Int -> … }`",
    )
    return ERROR


def _result_type(body: Body, frame: Frame, value: hir.Expr) -> Type:
    """Return the type of a lambda's result: expected, or joined from its body and its returns."""
    if frame.result is not None:
        return frame.result
    types = [item.value.type if item.value is not None else UNIT for item in frame.returns]
    if not isinstance(value.type, NothingType):
        types.append(value.type)
    if not types:
        return NOTHING
    if any(isinstance(type_, UnitType) for type_ in types):
        return UNIT
    if any(isinstance(type_, ErrorType) for type_ in types):
        return ERROR
    result = join_all(types)
    if is_too_large(result):
        report_too_large(body.scope, value.span)
        return ERROR
    return result


def _finish_value(body: Body, span: Span, frame: Frame, value: hir.Expr, result: Type) -> hir.Expr:
    """Adjust the value of the body and of every `return` to the type of the result."""
    for item in frame.returns:
        if item.value is not None and item.value.type != result:
            adjusted = body.discard(item.value) if isinstance(result, UnitType) else body.coerce(item.value, result)
            # The node was made before the type was known; nobody has seen it yet.
            object.__setattr__(item, "value", adjusted)
    if isinstance(value.type, NothingType) or isinstance(result, ErrorType | NothingType):
        return value
    if isinstance(result, UnitType):
        return body.discard(value)
    if isinstance(value.type, UnitType):
        body.error(
            code.MISSING_RETURN,
            span,
            f"this lambda must give `{display(result)}`, but its end has no value",
            suggestion="end it with the value",
        )
        return hir.Constant(span, result, None)
    return body.coerce(value, result)


def function_lambda(body: Body, node: ast.Function, type_: FunctionType, label: Label | None) -> hir.Expr:
    """A local function as a lambda; it returns with `return` only."""
    from compiler.check.functions import check_end

    frame = _open_frame(body, type_.result)
    frame.name = f"{frame.name.rpartition('.')[0]}.{node.name.text}"
    frame.result = type_.result
    frame.result_label = label
    mark = body.enter_scope()
    outer_flow = body.flow
    body.flow = Flow(outer_flow.narrowed, outer_flow.unassigned, outer_flow.assigned)
    params: list[LocalSymbol] = []
    for item, param_type in zip(node.parameters, type_.params, strict=True):
        local = DeclaredLocal(item.name.text, param_type, item.name.span, "parameter")
        body.declare(local)
        params.append(local)
    log_mark = len(body.assigned_log)
    assert node.body is not None
    if yields(node.body):
        value = check_generator(body, node.name, node.body, type_.result, is_written=node.result is not None)
    elif isinstance(node.body, ast.Block):
        value = body.expr(node.body, UNIT)
        check_end(body, node.name, type_.result, value)
    else:
        value = body.typed(node.body, type_.result, label)
    body.leave_scope(mark)
    body.frame = _parent(frame)
    body.flow = outer_flow.forget(set(body.assigned_log[log_mark:]))
    return hir.Lambda(node.span, type_, tuple(params), tuple(frame.captures), value, frame.name)
