"""Blocks, `if`, `try` and jumps, as statements and as expressions."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.body import Body, Frame, JumpContext
from compiler.check.conditions import condition
from compiler.check.declared import DeclaredLocal
from compiler.check.deferred import check_defer
from compiler.check.flow import Flow, join_flows
from compiler.check.literals import branch_grade, says_nothing
from compiler.check.statements import check_statement
from compiler.check.subtyping import is_assignable, is_subtype, join, mentions_error
from compiler.check.type_display import display
from compiler.check.type_resolution import resolve_type
from compiler.ir import hir
from compiler.ir.types import ERROR, NOTHING, UNIT, ErrorType, NothingType, Type, UnitType
from compiler.syntax import ast
from compiler.syntax.source import Span


def check_block(body: Body, node: ast.Block, expected: Type | None) -> hir.Expr:
    """A block; its value, if wanted, is that of a final expression."""
    mark = body.enter_scope()
    result = block_contents(body, node, expected)
    body.leave_scope(mark)
    return result


def block_contents(body: Body, node: ast.Block, expected: Type | None) -> hir.Expr:
    """The statements of a block in the scope that is open already."""
    return _statements(body, node.span, node.statements, expected)


def _statements(body: Body, span: Span, nodes: tuple[ast.Statement, ...], expected: Type | None) -> hir.Expr:
    statements: list[hir.Expr] = []
    value_type: Type = UNIT
    last = len(nodes) - 1
    warned = not body.flow.is_reachable
    for index, statement in enumerate(nodes):
        if not body.flow.is_reachable and not warned:
            warned = True
            body.warn(code.UNREACHABLE, statement.span, "this is never reached")
        if isinstance(statement, ast.Defer):
            rest = nodes[index + 1 :]
            value = check_defer(body, statement, rest, lambda rest=rest: _statements(body, span, rest, expected))  # type: ignore[misc]
            statements.append(value)
            value_type = value.type
            break
        if index == last and expected is not UNIT and isinstance(statement, ast.ExpressionStatement):
            value = body.expr(statement.expression, expected)
            statements.append(value)
            value_type = value.type
            if value_type is NOTHING:
                body.end_here()
        else:
            statements.append(check_statement(body, statement))
    if not body.flow.is_reachable and isinstance(value_type, UnitType):
        value_type = NOTHING
    return hir.Block(span, value_type, tuple(statements))


def check_if(body: Body, node: ast.If, expected: Type | None) -> hir.Expr:
    """`if`; without `else` it has no value."""
    test, when_true, when_false = condition(body, node.condition)
    body.flow = when_true
    if node.otherwise is None:
        return _one_armed(body, node, expected, test, when_false)
    is_free = says_nothing(expected)
    if is_free and branch_grade(node.then) < branch_grade(node.otherwise):
        # The other branch says of what type this one is.
        body.flow = when_false
        otherwise = body.expr(node.otherwise)
        after = body.flow
        body.flow = when_true
        then = body.expr(node.then, branch_hint(otherwise.type))
    else:
        then = body.expr(node.then, expected)
        after = body.flow
        body.flow = when_false
        is_open = is_free and branch_grade(node.otherwise) < branch_grade(node.then)
        otherwise = body.expr(node.otherwise, branch_hint(then.type) if is_open else expected)
    body.flow = join_flows(after, body.flow)
    type_, (then, otherwise) = unify(body, [then, otherwise], expected)
    if isinstance(test.type, ErrorType):
        return hir.Constant(node.span, type_, None)
    return hir.If(node.span, type_, test, then, otherwise)


def branch_hint(type_: Type) -> Type | None:
    """Return what a branch tells another one of its type: nothing if it has no value."""
    return None if isinstance(type_, UnitType | NothingType | ErrorType) or mentions_error(type_) else type_


def _one_armed(body: Body, node: ast.If, expected: Type | None, test: hir.Expr, when_false: Flow) -> hir.Expr:
    if expected is not None and not isinstance(expected, UnitType | ErrorType):
        body.expr(node.then, expected)
        body.flow = join_flows(body.flow, when_false)
        body.error(
            code.MISSING_ELSE,
            node.span,
            "this `if` has no `else`, so it does not always have a value",
            label=f"expected `{display(expected)}`" if not mentions_error(expected) else "a value is needed",
            suggestion="add `else { … }`",
        )
        return body.invalid(node.span)
    then = body.discard(body.expr(node.then, UNIT))
    body.flow = join_flows(body.flow, when_false)
    return hir.If(node.span, UNIT, test, then, None)


def unify(body: Body, branches: Sequence[hir.Expr], expected: Type | None) -> tuple[Type, list[hir.Expr]]:
    """Return the type of alternatives, and the alternatives as values of it (or of Nothing)."""
    types = [item.type for item in branches]
    alive = [type_ for type_ in types if not isinstance(type_, NothingType)]
    if not alive:
        return NOTHING, list(branches)
    if expected is UNIT or (expected is None and any(isinstance(type_, UnitType) for type_ in alive)):
        return UNIT, [item if isinstance(item.type, NothingType) else body.discard(item) for item in branches]
    if any(isinstance(type_, ErrorType) for type_ in alive):
        known = next((type_ for type_ in alive if not isinstance(type_, ErrorType)), ERROR)
        return known, list(branches)
    result: Type = alive[0]
    for type_ in alive[1:]:
        result = join(result, type_)
    if expected is not None and not mentions_error(expected) and not is_assignable(result, expected):
        # Each branch is reported where it does not fit, not the whole.
        return expected, [
            item if isinstance(item.type, NothingType) else body.coerce(item, expected) for item in branches
        ]
    return result, [item if isinstance(item.type, NothingType) else body.coerce(item, result) for item in branches]


# Exceptions


def check_try(body: Body, node: ast.Try, expected: Type | None) -> hir.Expr:
    """`try`, as statement or expression."""
    before = body.flow
    log = body.assigned_log
    mark = len(log)
    value = body.expr(node.body, expected)
    after = body.flow
    changed = set(log[mark:])
    # In a handler nothing is known of what the body may have got to.
    interrupted = Flow(
        before.forget(changed).narrowed,
        before.unassigned,
        before.assigned | {local for local in changed if local in after.assigned},
        is_reachable=before.is_reachable,
    )
    branches = [value]
    catches: list[tuple[DeclaredLocal, hir.Expr]] = []
    caught: list[Type] = []
    for item in node.catches:
        body.flow = interrupted
        local, handler = _check_catch(body, item, expected, caught)
        after = join_flows(after, body.flow)
        branches.append(handler)
        catches.append((local, handler))
    if not node.catches and node.finally_body is None:
        body.error(code.WRONG_DECLARATION, node.span, "`try` needs a `catch` or a `finally`")
    type_, branches = unify(body, branches, expected)
    finally_body = None
    if node.finally_body is not None:
        mark = len(log)
        body.flow = join_flows(after, interrupted)
        finally_body = body.discard(body.expr(node.finally_body, UNIT))
        ends = not body.flow.is_reachable
        body.flow = after.forget(set(log[mark:]))
        if ends:
            body.end_here()
    else:
        body.flow = after
    made = tuple(hir.Catch(local, handler) for (local, _), handler in zip(catches, branches[1:], strict=True))
    return hir.Try(node.span, type_, branches[0], made, finally_body)


def _check_catch(
    body: Body, node: ast.Catch, expected: Type | None, caught: list[Type]
) -> tuple[DeclaredLocal, hir.Expr]:
    type_ = resolve_type(body.scope, node.type)
    type_ = throwable(body, type_, node.type.span, "caught")
    if not isinstance(type_, ErrorType):
        if any(is_subtype(type_, earlier) for earlier in caught):
            body.warn(code.UNREACHABLE, node.span, f"an earlier `catch` catches `{display(type_)}` already")
        caught.append(type_)
    mark = body.enter_scope()
    local = DeclaredLocal(node.name.text, type_, node.name.span, "exception")
    body.declare(local)
    handler = body.expr(node.body, expected)
    body.leave_scope(mark)
    return local, handler


def throwable(body: Body, type_: Type, span: Span, verb: str) -> Type:
    """Return a type that is an exception; ERROR after reporting that it is none."""
    root = body.session.core_class("Exception").type
    if isinstance(type_, ErrorType):
        return type_
    if not is_subtype(type_, root):
        body.error(
            code.NOT_THROWABLE,
            span,
            f"only exceptions can be {verb}, and `{display(type_)}` is none",
            suggestion="write `throw Exception(message)`"
            if verb == "thrown" and type_ == body.session.string_type
            else "let the class inherit from `Exception`",
        )
        return ERROR
    return type_


def check_throw(body: Body, node: ast.Throw, expected: Type | None) -> hir.Expr:
    """`throw value`."""
    value = body.value(node.value)
    throwable(body, value.type, node.value.span, "thrown")
    body.end_here()
    return hir.Throw(node.span, NOTHING, value)


# Jumps


def check_return(body: Body, node: ast.Return, expected: Type | None) -> hir.Expr:
    """`return value`, out of the function or lambda around."""
    frame = body.frame
    if frame.kind == "initializer":
        body.error(code.WRONG_JUMP, node.span, "`return` stands only in functions and lambdas")
        if node.value is not None:
            body.expr(node.value)
        body.end_here()
        return hir.Return(node.span, NOTHING, None)
    if frame.is_deferred:
        body.error(code.WRONG_JUMP, node.span, "`return` cannot leave a `defer` block")
    value: hir.Expr | None = None
    wanted = frame.result
    if node.value is None:
        if wanted is not None and not isinstance(wanted, UnitType | ErrorType):
            body.error(
                code.MISMATCH,
                node.span,
                f"expected a value of type `{display(wanted)}` after `return`",
                labels=[frame.result_label] if frame.result_label is not None else [],
            )
    elif wanted is None or mentions_error(wanted):
        value = body.expr(node.value, wanted)
    elif isinstance(wanted, UnitType):
        value = body.expr(node.value, UNIT)
        if not isinstance(value.type, UnitType | NothingType | ErrorType):
            body.error(
                code.MISMATCH,
                node.value.span,
                f"this returns no value, but `{display(value.type)}` is returned"
                if frame.generator is None
                else "`return` ends a generator and has no value: its elements are given with `yield`",
                label=f"this is `{display(value.type)}`",
                suggestion=f"add `-> {display(value.type)}` to the function" if frame.kind == "function" else None,
            )
        value = body.discard(value)
    else:
        value = body.coerce(body.expr(node.value, wanted), wanted, frame.result_label)
    result = hir.Return(node.span, NOTHING, value)
    frame.returns.append(result)
    body.end_here()
    return result


def find_jump(body: Body, node: ast.Break | ast.Continue, word: str) -> JumpContext | None:
    """Return the loop that a jump is about; None after reporting that there is none."""
    jumps = body.frame.jumps
    if node.label is not None:
        found = next((item for item in reversed(jumps) if item.label == node.label.text), None)
        if found is None:
            near = body.session.did_you_mean(node.label.text, [item.label for item in jumps if item.label])
            body.error(
                code.WRONG_JUMP,
                node.label.span,
                f"there is no loop called `{node.label.text}` around this",
                suggestion=f"did you mean `{near}`?" if near else None,
            )
        return found
    if not jumps:
        outer: Frame | None = body.frame.parent
        crosses = any(frame.jumps for frame in _frames(outer))
        why = "`{}` cannot leave a lambda" if crosses else "`{}` stands only in loops"
        if body.frame.is_deferred:
            why = "`{}` cannot leave a `defer` block"
        body.error(code.WRONG_JUMP, node.span, why.format(word))
        return None
    return jumps[-1]


def _frames(frame: Frame | None) -> list[Frame]:
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.parent
    return found


def check_break(body: Body, node: ast.Break, expected: Type | None) -> hir.Expr:
    """`break`."""
    jump = find_jump(body, node, "break")
    if jump is None:
        body.end_here()
        return hir.Constant(node.span, NOTHING, None)
    jump.breaks.append(body.flow)
    body.end_here()
    return hir.Break(node.span, NOTHING, jump.target)


def check_continue(body: Body, node: ast.Continue, expected: Type | None) -> hir.Expr:
    """`continue`."""
    jump = find_jump(body, node, "continue")
    if jump is None:
        body.end_here()
        return hir.Constant(node.span, NOTHING, None)
    jump.continues.append(body.flow)
    body.end_here()
    return hir.Continue(node.span, NOTHING, jump.target)
