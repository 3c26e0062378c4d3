"""`spawn` and `select`: what they become of functions and classes of the core library."""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.assignment import check_assign
from compiler.check.body import Body
from compiler.check.conditions import condition
from compiler.check.control import unify
from compiler.check.declared import Property
from compiler.check.destructuring import destructure
from compiler.check.flow import Flow, join_flows
from compiler.check.members import find, mapping_of
from compiler.check.subtyping import nullable
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import UNIT, ClassType, ErrorType, Type, substitute
from compiler.records import mutable
from compiler.syntax import ast
from compiler.syntax.source import Span


def check_spawn(body: Body, node: ast.Spawn, expected: Type | None) -> hir.Expr:
    """`spawn { … }`: a call of a function of the library with the block as a lambda."""
    if body.module.is_user:
        body.session.uses_tasks = True
        body.session.note("tasks")
    span = node.span.first()
    work = ast.Lambda(node.body.span, (), node.body)
    call = ast.Call(node.span, ast.Name(span, "$spawnTask"), (), work)
    return body.expr(call, None if expected is UNIT else expected)


# `select`


_OPERATIONS = {
    "send": ("sendArm", "SendArm", "sent"),
    "receive": ("receiveArm", "ReceiveArm", "received"),
    "receiveOrNull": ("receiveArm", "ReceiveArm", "receivedOrNull"),
}
"""For each operation that an arm may have: what makes the arm, its class, what gives its value when it was chosen."""


@mutable
class _Arm:
    """An arm other than `else`, whose object is in a local; null if there is a guard and it is false."""

    node: ast.SelectArm
    local: LocalSymbol
    setup: hir.Expr
    result: hir.Expr
    flow: Flow


def check_select(body: Body, node: ast.Select, expected: Type | None) -> hir.Expr:
    """`select { arms }`."""
    mark = len(body.assigned_log)
    checked = [_check_operation(body, item, item.operation) for item in node.arms if item.operation is not None]
    arms = [arm for arm in checked if arm is not None]
    otherwise = [item for item in node.arms if item.operation is None]
    for item in otherwise[1:]:
        body.error(code.WRONG_SELECT, item.span, "a `select` has one `else`, and this is a second one")
    if not checked:
        body.error(
            code.WRONG_SELECT,
            node.span,
            "this `select` waits for nothing",
            suggestion="give it an arm such as `let value = channel.receive() => …`",
        )
    changed = set(body.assigned_log[mark:])
    entry = body.flow
    after = entry.dead()
    bodies: list[hir.Expr] = []
    for arm in arms:
        body.flow = arm.flow.forget(changed)
        bodies.append(_check_chosen(body, arm, expected))
        after = join_flows(after, body.flow)
    for item in otherwise:
        body.flow = entry
        bodies.append(_check_body(body, item, expected))
        after = join_flows(after, body.flow)
    if not checked or len(arms) < len(checked) or len(otherwise) > 1:
        body.flow = entry
        return body.invalid(node.span)
    body.flow = after
    type_, bodies = unify(body, bodies, expected)
    return _lower(body, node.span, arms, bodies, type_)


def _check_operation(body: Body, node: ast.SelectArm, operation: ast.Expression) -> _Arm | None:
    """Check guard and operation of an arm; both are evaluated before the `select` waits."""
    before = body.flow
    guard: hir.Expr | None = None
    if node.guard is not None:
        guard, body.flow, _ = condition(body, node.guard)
    arm = _operation(body, node, operation, guard)
    body.flow = join_flows(before, body.flow) if guard is not None else body.flow
    return arm


def _operation(body: Body, node: ast.SelectArm, operation: ast.Expression, guard: hir.Expr | None) -> _Arm | None:
    if not isinstance(operation, ast.Call) or not isinstance(operation.callee, ast.Member):
        _wrong_operation(body, operation, "this is none")
        return None
    name = operation.callee.name.text
    channel = body.value(operation.callee.object)
    type_ = channel.type
    if isinstance(type_, ErrorType):
        return None
    if not isinstance(type_, ClassType) or type_.symbol is not body.session.core_class("Channel"):
        _wrong_operation(body, operation.callee.object, f"this is `{display(type_)}`")
        return None
    given = [item.value for item in operation.arguments if item.name is None and not item.is_spread]
    is_plain = len(given) == len(operation.arguments) and operation.trailing is None and not operation.callee.is_safe
    if name not in _OPERATIONS or not is_plain or len(given) != (1 if name == "send" else 0):
        _wrong_operation(body, operation, "this is none")
        return None
    if name == "send" and node.binding is not None:
        body.error(code.WRONG_SELECT, node.binding.span, "`send` gives nothing that could be kept")
        return None
    element = type_.arguments[0]
    value = [body.typed(item, element) for item in given]
    if any(isinstance(item.type, ErrorType) for item in value):
        return None
    return _make_arm(body, node, operation.span, name, channel, value, guard)


def _wrong_operation(body: Body, operation: ast.Expression, label: str) -> None:
    body.error(
        code.WRONG_SELECT,
        operation.span,
        "an arm of a `select` begins with `receive()`, `receiveOrNull()` or `send(value)` of a channel",
        label=label,
    )


def _make_arm(
    body: Body,
    node: ast.SelectArm,
    span: Span,
    name: str,
    channel: hir.Expr,
    value: list[hir.Expr],
    guard: hir.Expr | None,
) -> _Arm:
    session = body.session
    maker, class_name, taker = _OPERATIONS[name]
    assert isinstance(channel.type, ClassType)
    element = channel.type.arguments[0]
    type_: Type = session.core_type(class_name, element)
    made: hir.Expr = hir.Call(
        span, type_, session.core_function(maker), (), (element,), (_state_of(body, channel), *value)
    )
    local = LocalSymbol("", type_)
    chosen: hir.Expr = hir.LocalGet(span, type_, local)
    if guard is not None:
        local.type = nullable(type_)
        none = hir.Coerce(guard.span, local.type, body.null(guard.span))
        made = hir.If(span, local.type, guard, hir.Coerce(span, local.type, made), none)
        chosen = hir.NotNull(span, type_, hir.LocalGet(span, local.type, local))
    function = session.core_function(taker)
    result = substitute(function.result, {function.type_params[0]: element})
    taken = hir.Call(span, result, function, (), (element,), (chosen,))
    return _Arm(node, local, body.set(local, made), taken, body.flow)


def _state_of(body: Body, channel: hir.Expr) -> hir.Expr:
    """Return the state of a channel, which is private to it."""
    found = find(body, channel.type, "state")
    assert found is not None
    assert isinstance(found.member, Property)
    assert found.member.field is not None
    type_ = substitute(found.member.type, mapping_of(found))
    return hir.FieldGet(channel.span, type_, channel, found.member.field)


def _check_chosen(body: Body, arm: _Arm, expected: Type | None) -> hir.Expr:
    """The body of an arm, after the value that it was given is bound."""
    mark = body.enter_scope()
    steps: list[hir.Expr] = []
    binding = arm.node.binding
    if binding is None:
        steps.append(body.discard(arm.result))
    else:
        held = LocalSymbol("", arm.result.type)
        steps.append(body.set(held, arm.result))
        destructure(body, binding, body.get(held, binding.span), steps)
    value = _check_body(body, arm.node, expected)
    body.leave_scope(mark)
    return body.sequence(value.span, steps, value)


def _check_body(body: Body, node: ast.SelectArm, expected: Type | None) -> hir.Expr:
    if isinstance(node.body, ast.Assign):
        return check_assign(body, node.body)
    return body.never(body.expr(node.body, expected))


def _lower(body: Body, span: Span, arms: list[_Arm], bodies: list[hir.Expr], type_: Type) -> hir.Expr:
    """Make the arms in order, let the library choose one, and go to its body."""
    session = body.session
    wanted = nullable(session.core_type("SelectArm"))
    listed = tuple(body.coerce(hir.LocalGet(span, arm.local.type, arm.local), wanted) for arm in arms)
    array = hir.NewArray(span, session.core_type("Array", wanted), listed)
    has_else = body.boolean(span, len(bodies) > len(arms))
    function = session.core_function("selectArm")
    number = hir.Call(span, session.int_type, function, (), (), (array, has_else))
    cases = tuple(((index,), item) for index, item in enumerate(bodies[:-1]))
    switch = hir.Switch(span, type_, number, cases, bodies[-1])
    return body.sequence(span, [arm.setup for arm in arms], switch)
