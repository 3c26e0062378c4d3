"""Loops: `while`, `do while`, and `for` over ranges, arrays, lists and anything with an iterator.

A range that is written in the head of a `for` is never made: the loop counts.  No counter passes the last
number of the range, so none overflows.
"""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.body import Body, JumpContext
from compiler.check.conditions import condition
from compiler.check.declared import DeclaredLocal, FunctionGroup, Property
from compiler.check.destructuring import destructure
from compiler.check.flow import join_flows
from compiler.check.members import Found, call_method, find, mapping_of, read_property
from compiler.check.session import INTEGER_RANGES, number_kind
from compiler.check.tree_walk import assigned_names
from compiler.check.type_display import display
from compiler.check.type_resolution import resolve_type
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import ERROR, NOTHING, UNIT, ClassType, ErrorType, NullableType, Repr, Type, substitute
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator as Op
from compiler.syntax.source import Span


def _enter_loop(body: Body, label: ast.Identifier | None, *nodes: ast.Node) -> JumpContext:
    """Begin a loop: what its body assigns may have any value from here on."""
    narrowed = body.flow.narrowed
    if narrowed and any(getattr(key, "is_mutable", True) for key in narrowed):
        names = assigned_names(nodes)
        changed = {local for name, local in body.locals.items() if name in names}
        if changed:
            body.flow = body.flow.forget(set(changed))
    jump = JumpContext(label.text if label is not None else None)
    body.frame.jumps.append(jump)
    body.frame.loop_depth += 1
    return jump


def _leave_loop(body: Body) -> None:
    body.frame.jumps.pop()
    body.frame.loop_depth -= 1


def check_while(body: Body, node: ast.While) -> hir.Expr:
    """`while condition { }`."""
    jump = _enter_loop(body, node.label, node.condition, node.body)
    test, when_true, when_false = condition(body, node.condition)
    body.flow = when_true
    inner = body.discard(body.expr(node.body, UNIT))
    _leave_loop(body)
    return _finish_loop(body, node.span, jump, test, inner, when_false)


def _finish_loop(
    body: Body,
    span: Span,
    jump: JumpContext,
    test: hir.Expr,
    inner: hir.Expr,
    when_false: object,
    *,
    tests_last: bool = False,
) -> hir.Expr:
    from compiler.check.flow import Flow

    assert isinstance(when_false, Flow)
    after = when_false
    for flow in jump.breaks:
        after = join_flows(after, flow)
    body.flow = after
    if isinstance(test.type, ErrorType):
        return body.invalid(span)
    is_endless = isinstance(test, hir.Constant) and test.value is True
    type_: Type = UNIT if after.is_reachable else NOTHING
    return hir.Loop(span, type_, jump.target, None if is_endless else test, inner, None, tests_last=tests_last)


def check_do_while(body: Body, node: ast.DoWhile) -> hir.Expr:
    """`do { } while condition`; the condition sees the names of the body."""
    from compiler.check.control import block_contents

    jump = _enter_loop(body, node.label, node.body, node.condition)
    mark = body.enter_scope()
    inner = body.discard(block_contents(body, node.body, UNIT))
    for flow in jump.continues:
        body.flow = join_flows(body.flow, flow)
    test, _, when_false = condition(body, node.condition)
    body.leave_scope(mark)
    _leave_loop(body)
    return _finish_loop(body, node.span, jump, test, inner, when_false, tests_last=True)


# `for`


def check_for(body: Body, node: ast.For) -> hir.Expr:
    """`for binding in iterable { }`."""
    counted = _counted(body, node.iterable)
    if counted is not None:
        return _counted_loop(body, node, *counted)
    value = body.value(node.iterable)
    if isinstance(value.type, NullableType):
        body.error(
            code.MAYBE_NULL,
            value.span,
            "this may be null, so there is nothing to walk over",
            label=f"this is `{display(value.type)}`",
            suggestion="test for null before, or write `!!` if it cannot be null here",
        )
        value = hir.Coerce(value.span, value.type.inner, value)
    type_ = value.type
    if isinstance(type_, ClassType) and (
        type_.symbol.builtin is Repr.ARRAY or (type_.symbol.name == "List" and type_.symbol.module == "core")
    ):
        return _indexed_loop(body, node, value)
    return _iterator_loop(body, node, value)


_Counted = tuple[hir.Expr, hir.Expr, bool, int]


def _counted(body: Body, node: ast.Expression) -> _Counted | None:
    """Return first number, last number, whether that is included, and step, of a range that is written."""
    if isinstance(node, ast.Binary) and node.operator in (Op.RANGE_INCLUSIVE, Op.RANGE_EXCLUSIVE):
        return _written_range(body, node)
    if not isinstance(node, ast.Call) or node.trailing is not None or len(node.arguments) != 1:
        return None
    callee, argument = node.callee, node.arguments[0]
    if not isinstance(callee, ast.Member) or callee.is_safe or argument.name is not None or argument.is_spread:
        return None
    if callee.name.text == "downTo" and isinstance(argument.value, ast.IntLiteral) and _is_int(body, callee.object):
        first = body.value(callee.object)
        last = body.typed(argument.value, first.type)
        return first, last, True, -1
    if callee.name.text == "step" and isinstance(argument.value, ast.IntLiteral) and argument.value.value > 0:
        return _stepped(body, callee.object, argument.value.value)
    return None


def _is_int(body: Body, node: ast.Expression) -> bool:
    """Tell whether an expression is certainly an Int, without checking it."""
    if isinstance(node, ast.IntLiteral):
        return True
    if isinstance(node, ast.Name):
        local = body.locals.get(node.text)
        return local is not None and local.type == body.session.int_type
    if isinstance(node, ast.Binary) and node.operator in (Op.ADD, Op.SUBTRACT, Op.MULTIPLY):
        return _is_int(body, node.left)
    return False


def _stepped(body: Body, node: ast.Expression, step: int) -> _Counted | None:
    """Steps other than 1 count only where the distance to the end cannot overflow."""
    if isinstance(node, ast.Binary) and node.operator in (Op.RANGE_INCLUSIVE, Op.RANGE_EXCLUSIVE):
        if isinstance(node.left, ast.IntLiteral):
            counted = _written_range(body, node)
            return None if counted is None else (*counted[:3], step)
        return None
    if not isinstance(node, ast.Call) or not isinstance(node.callee, ast.Member) or node.callee.name.text != "downTo":
        return None
    counted = _counted(body, node)
    return None if counted is None else (*counted[:3], -step)


def _written_range(body: Body, node: ast.Binary) -> _Counted | None:
    is_inclusive = node.operator is Op.RANGE_INCLUSIVE
    if not isinstance(node.left, ast.IntLiteral | ast.Unary | ast.Name | ast.Member | ast.Binary | ast.Call):
        return None
    from compiler.check.operators import operands

    first, right = operands(body, node, None)
    if number_kind(first.type) not in INTEGER_RANGES:
        if isinstance(first.type, ErrorType):
            if right is None:
                body.value(node.right)
            return first, first, is_inclusive, 1
        # Not numbers: say what `rangeTo` of the type says.
        from compiler.check.operators import operate

        value = operate(body, node.operator, node.operator_span, node.span, first, node.right, None, right)
        return value, value, is_inclusive, 0
    last = body.coerce(
        right or body.value(node.right, first.type),
        first.type,
        Label(first.span, f"the range begins with `{display(first.type)}`"),
    )
    return first, last, is_inclusive, 1


def _counted_loop(
    body: Body,
    node: ast.For,
    first: hir.Expr,
    last: hir.Expr,
    is_inclusive: bool,
    step: int,
) -> hir.Expr:
    if step == 0:
        return _iterator_loop(body, node, first)
    type_ = first.type
    if isinstance(type_, ErrorType) or isinstance(last.type, ErrorType):
        _loop_body(body, node, ERROR)
        return body.invalid(node.span)
    span = node.iterable.span
    counter = LocalSymbol("", type_)
    end: hir.Expr = last
    setup: list[hir.Expr] = [body.set(counter, first)]
    if not isinstance(last, hir.Constant):
        held = LocalSymbol("", type_)
        setup.append(body.set(held, last))
        end = body.get(held, span)
    jump, local, inner, prefix = _loop_body(body, node, type_)
    if local is not None:
        local.is_natural = (
            step > 0 and isinstance(first, hir.Constant) and isinstance(first.value, int) and first.value >= 0
        )
    if local is not None and not local.is_captured:
        counter, setup[0] = local, body.set(local, first)
    elif prefix or local is not None:
        assert local is not None
        inner = hir.Block(inner.span, UNIT, (body.set(local, body.get(counter, span)), *prefix, inner))
    loop = _count(body, jump, counter, end, inner, is_inclusive=is_inclusive, step=step)
    return hir.Block(node.span, UNIT, (*setup, *loop))


def _count(
    body: Body,
    jump: JumpContext,
    counter: LocalSymbol,
    end: hir.Expr,
    inner: hir.Expr,
    *,
    is_inclusive: bool,
    step: int,
) -> list[hir.Expr]:
    """Return the loop of a counter that has its first value."""
    from compiler.check.operators import machine_call

    kind = number_kind(counter.type)
    assert kind is not None
    span = end.span
    at = body.get(counter, span)
    amount = hir.Constant(span, counter.type, abs(step))
    move = machine_call(body, span, "wrappingPlus" if step > 0 else "wrappingMinus", at, amount)
    advance: hir.Expr = body.set(counter, move)
    top = INTEGER_RANGES[kind][1]
    has_room = isinstance(end, hir.Constant) and isinstance(end.value, int) and end.value < top
    if step == 1 and (not is_inclusive or has_room):
        test = machine_call(body, span, "le" if is_inclusive else "lt", at, end)
        return [hir.Loop(span, UNIT, jump.target, test, inner, advance)]
    order = ("le" if is_inclusive else "lt") if step > 0 else "ge"
    enters = machine_call(body, span, order, at, end)
    stop = hir.Break(span, NOTHING, jump.target)
    if abs(step) == 1:
        is_last = machine_call(body, span, "equals", at, end)
    else:
        # Within the loop the distance is not negative, and from a number of 0 or more it does not overflow.
        near, far = (end, at) if step > 0 else (at, end)
        distance = machine_call(body, span, "wrappingMinus", near, far)
        is_last = machine_call(body, span, "lt" if is_inclusive else "le", distance, amount)
    leave = hir.If(span, UNIT, is_last, hir.Block(span, NOTHING, (stop,)), None)
    both = hir.Block(span, UNIT, (leave, advance))
    return [hir.If(span, UNIT, enters, hir.Loop(span, UNIT, jump.target, None, inner, both), None)]


def _loop_body(
    body: Body, node: ast.For, element: Type
) -> tuple[JumpContext, DeclaredLocal | None, hir.Expr, list[hir.Expr]]:
    """Check the body of a `for` with its variables declared.

    Return the jump target, the local that gets each element, the body, and what takes the element apart first.
    The local is None if nothing wants the element.
    """
    if node.type is not None:
        declared = resolve_type(body.scope, node.type)
        if not isinstance(declared, ErrorType) and not isinstance(element, ErrorType) and declared != element:
            body.error(
                code.MISMATCH,
                node.type.span,
                f"the elements are `{display(element)}`, not `{display(declared)}`",
                suggestion="leave the type out",
            )
    jump = _enter_loop(body, node.label, node.body)
    before = body.flow
    mark = body.enter_scope()
    prefix: list[hir.Expr] = []
    binding = node.binding
    if isinstance(binding, ast.NameBinding):
        local = DeclaredLocal(binding.name.text, element, binding.name.span, "loop variable")
        body.declare(local)
    else:
        local = DeclaredLocal("", element, binding.span, "element")
        local.frame = body.frame
        destructure(body, binding, body.get(local, binding.span), prefix, role="loop variable")
    inner = body.discard(body.expr(node.body, UNIT))
    body.leave_scope(mark)
    _leave_loop(body)
    after = before
    for flow in jump.breaks:
        after = join_flows(after, flow)
    body.flow = join_flows(after, body.flow)
    if not after.is_reachable:
        body.flow = after
    if prefix:
        inner = hir.Block(inner.span, UNIT, (*prefix, inner))
        prefix = []
    if not local.name and not prefix:
        local.is_used = True
    return jump, local, inner, prefix


def _indexed_loop(body: Body, node: ast.For, value: hir.Expr) -> hir.Expr:
    """Over an array or a list: by index; a list may grow or shrink meanwhile."""
    from compiler.check.operators import machine_call

    span = node.iterable.span
    type_ = value.type
    assert isinstance(type_, ClassType)
    int_type = body.session.int_type
    held, counter = LocalSymbol("", type_), LocalSymbol("", int_type)
    items, at = body.get(held, span), body.get(counter, span)
    jump, local, inner, _ = _loop_body(body, node, type_.arguments[0])
    size = find(body, type_, "size")
    getter = find(body, type_, "get")
    assert size is not None
    assert getter is not None
    assert isinstance(getter.member, FunctionGroup)
    assert isinstance(size.member, Property)
    test = machine_call(body, span, "lt", at, read_property(body, items, size, span))
    element = call_method(body, span, items, getter, getter.member.functions[0], (), (at,), type_.arguments[0])
    assert local is not None
    inner = hir.Block(inner.span, UNIT, (body.set(local, element), inner))
    advance = body.set(counter, machine_call(body, span, "wrappingPlus", at, hir.Constant(span, int_type, 1)))
    setup = (body.set(held, value), body.set(counter, hir.Constant(span, int_type, 0)))
    return hir.Block(node.span, UNIT, (*setup, hir.Loop(span, UNIT, jump.target, test, inner, advance)))


def _iterator_loop(body: Body, node: ast.For, value: hir.Expr) -> hir.Expr:
    """Over anything that has `iterator`."""
    span = node.iterable.span
    if isinstance(value.type, ErrorType):
        _loop_body(body, node, ERROR)
        return body.invalid(node.span)
    iterator = _call_plain(body, value, "iterator")
    protocol = iterator is not None and (_method(body, iterator.type, "hasNext"), _method(body, iterator.type, "next"))
    if iterator is None or not protocol or protocol[0] is None or protocol[1] is None:
        body.error(
            code.NOT_ITERABLE,
            value.span,
            f"`for` cannot walk over `{display(value.type)}`",
            label="this has no `iterator()`",
            suggestion="write a range, as in `0..<n`" if number_kind(value.type) is not None else None,
        )
        _loop_body(body, node, ERROR)
        return body.invalid(node.span)
    held = LocalSymbol("", iterator.type)
    walker = body.get(held, span)
    test = _call_plain(body, walker, "hasNext")
    element = _call_plain(body, walker, "next")
    assert test is not None
    assert element is not None
    jump, local, inner, _ = _loop_body(body, node, element.type)
    assert local is not None
    inner = hir.Block(inner.span, UNIT, (body.set(local, element), inner))
    loop = hir.Loop(span, UNIT, jump.target, body.coerce(test, body.session.bool_type), inner, None)
    return hir.Block(node.span, UNIT, (body.set(held, iterator), loop))


def _method(body: Body, type_: Type, name: str) -> Found | None:
    found = find(body, type_, name)
    if found is None or not isinstance(found.member, FunctionGroup):
        return None
    return found if len(found.member.functions[0].params) == 1 else None


def _call_plain(body: Body, receiver: hir.Expr, name: str) -> hir.Expr | None:
    """Call a method without arguments, or return None if there is none."""
    found = _method(body, receiver.type, name)
    if found is None:
        return None
    assert isinstance(found.member, FunctionGroup)
    function = found.member.functions[0]
    mapping = mapping_of(found)
    result = substitute(function.result, mapping) if mapping else function.result
    return call_method(body, receiver.span, receiver, found, function, (), (), result)
