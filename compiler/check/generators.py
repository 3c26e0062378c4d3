"""Generators: functions that give their elements with `yield`.

The body becomes a lambda that stops behind each `yield` and goes on there when it is called again; the function
itself returns a `Sequence`, `Iterable` or `Iterator` of the library around it.  So nothing of the body runs before the
first element is asked for, and every walk over a `Sequence` begins anew.
"""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.body import Body, Frame
from compiler.check.declared import Property
from compiler.check.members import find, mapping_of
from compiler.check.tree_walk import children
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import ERROR, UNIT, ClassType, ErrorType, FunctionType, Type, substitute
from compiler.syntax import ast

_RESULTS = {"Sequence": "generatedSequence", "Iterable": "generatedSequence", "Iterator": "generatedIterator"}
"""Types that a generator can return, and what makes them of its steps."""


def yields(node: ast.Node) -> bool:
    """Tell whether a function body has a `yield` of its own, not one of a function inside."""
    pending = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, ast.Yield):
            return True
        pending.extend(each for each in children(item) if not isinstance(each, ast.Lambda | ast.Function | ast.Spawn))
    return False


def check_generator(
    body: Body, name: ast.Identifier, node: ast.Expression, result: Type, *, is_written: bool
) -> hir.Expr:
    """Check a body with `yield`; return what the function returns."""
    element = _element(body, name, result, is_written=is_written)
    session = body.session
    type_ = session.core_type("Generator", element)
    generator = LocalSymbol("", type_)
    outer = body.frame
    frame = Frame("generator", outer.name, UNIT, outer)
    frame.generator = generator
    body.frame = frame
    flow = body.flow
    inner = body.discard(body.expr(node, UNIT))
    body.frame = outer
    body.flow = flow
    if isinstance(element, ErrorType):
        return body.invalid(node.span)
    handle = hir.LocalGet(node.span, type_, generator)
    point, references, numbers = (_field(body, handle, field) for field in ("point", "references", "numbers"))
    steps = hir.Resumable(node.span, UNIT, handle, point, references, numbers, inner)
    step = hir.Lambda(node.span, FunctionType((type_,), UNIT), (generator,), tuple(frame.captures), steps, frame.name)
    assert isinstance(result, ClassType)
    function = session.core_function(_RESULTS[result.symbol.name])
    made = substitute(function.result, {function.type_params[0]: element})
    return body.coerce(hir.Call(node.span, made, function, (), (element,), (step,)), result)


def _element(body: Body, name: ast.Identifier, result: Type, *, is_written: bool) -> Type:
    """Return the type of the elements; ERROR after reporting that the function does not return any."""
    if isinstance(result, ErrorType):
        return ERROR
    if isinstance(result, ClassType) and result.symbol.module == "core" and result.symbol.name in _RESULTS:
        return result.arguments[0]
    body.error(
        code.WRONG_YIELD,
        name.span,
        f"`{name.text}` has a `yield`, so it returns a `Sequence<T>`, `Iterable<T>` or `Iterator<T>`",
        label=f"this returns `{display(result)}`" if is_written else "this has no result type",
        labels=[body.frame.result_label] if body.frame.result_label is not None else [],
    )
    return ERROR


def _field(body: Body, generator: hir.Expr, name: str) -> hir.FieldGet:
    found = find(body, generator.type, name)
    assert found is not None
    assert isinstance(found.member, Property)
    assert found.member.field is not None
    type_ = substitute(found.member.type, mapping_of(found))
    return hir.FieldGet(generator.span, type_, generator, found.member.field)


def check_yield(body: Body, node: ast.Yield, expected: Type | None) -> hir.Expr:
    """`yield value`."""
    frame = body.frame
    generator = frame.generator
    if generator is None or frame.is_deferred:
        _misplaced(body, node)
        body.value(node.value)
        return body.invalid(node.span)
    assert isinstance(generator.type, ClassType)
    element = generator.type.arguments[0]
    value = body.typed(node.value, element)
    if isinstance(element, ErrorType) or isinstance(value.type, ErrorType):
        return body.invalid(node.span)
    handle = body.get(generator, node.span)
    function = body.session.core_function("giveElement")
    given = hir.Call(node.span, UNIT, function, (), (element,), (handle, value))
    return hir.Block(node.span, UNIT, (given, hir.Suspend(node.span, UNIT)))


def _misplaced(body: Body, node: ast.Yield) -> None:
    frame = body.frame
    if frame.is_deferred:
        why, suggestion = "`yield` cannot stand in a `defer` block", None
    elif frame.kind == "lambda":
        why = "`yield` cannot stand in a lambda: it belongs to the function around it, which may have ended"
        suggestion = "walk with `for`, or make the lambda a local function"
    else:
        why, suggestion = "`yield` stands only in functions", None
    body.error(code.WRONG_YIELD, node.span, why, suggestion=suggestion)
