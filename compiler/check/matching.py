"""`match`: its arms become tests in order, or a jump by number where every arm is one number or enum case."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.assignment import check_assign
from compiler.check.body import Body
from compiler.check.conditions import condition
from compiler.check.control import branch_hint, unify
from compiler.check.declared import DeclaredLocal, SourceClass
from compiler.check.exhaustiveness import NULL, SOME, Pattern, Search, Shape, TooComplexError
from compiler.check.flow import Flow, join_flows
from compiler.check.literals import branch_grade, says_nothing
from compiler.check.members import call_method, find
from compiler.check.paths import key_of
from compiler.check.patterns import Matcher, Step, conjunction
from compiler.check.subtyping import is_subtype, join_all
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.symbols import ClassKind
from compiler.ir.types import NOTHING, ClassType, ErrorType, NullableType, Repr, Type
from compiler.records import mutable
from compiler.syntax import ast
from compiler.syntax.source import Span

MIN_SWITCH = 4
MAX_USEFUL_ARMS = 300


@mutable
class _Arm:
    node: ast.MatchArm
    subject: hir.Expr
    steps: list[Step]
    guard: hir.Expr | None
    body: hir.Expr
    shapes: list[Pattern]
    is_wrong: bool
    flow: Flow
    """What is known behind the pattern and the guard."""
    names: list[DeclaredLocal]
    """What the pattern binds."""


def check_match(body: Body, node: ast.Match, expected: Type | None) -> hir.Expr:
    """`match subject { arms }`."""
    subject = body.value(node.subject)
    key = key_of(subject)
    before: list[hir.Expr] = []
    if isinstance(subject, hir.LocalGet) and not subject.local.is_mutable:
        held: hir.Expr = subject
    else:
        local = body.temporary(subject.type)
        before.append(body.set(local, subject))
        held = body.get(local, subject.span)
    entry = body.flow
    arms: list[_Arm] = []
    for item in node.arms:
        body.flow = entry
        arm = _enter_arm(body, item, held, key)
        if isinstance(subject.type, NullableType) and not isinstance(held.type, NullableType):
            arm.shapes = [None if shape is None else Shape(SOME, (shape,)) for shape in arm.shapes]
        arms.append(arm)
        takes_null = arm.guard is None and any(shape is not None and shape.key == NULL for shape in arm.shapes)
        if takes_null and isinstance(held.type, NullableType):
            # The arms that follow never see null.
            if key is not None:
                entry = entry.narrow(key, held.type.inner)
            held = hir.Coerce(held.span, held.type.inner, held)
    body.flow = entry.dead()
    type_ = _check_bodies(body, arms, expected)
    is_complete = _check_complete(body, node, subject.type, arms)
    if not arms or not is_complete or isinstance(subject.type, ErrorType):
        return hir.Constant(node.span, type_, None)
    return body.sequence(node.span, before, _lower(body, node.span, arms[0].subject, arms, type_))


def _check_bodies(body: Body, arms: list[_Arm], expected: Type | None) -> Type:
    """Check the values of the arms, and return the type of all.

    Those that say nothing of their type, as `[]`, wait for those that do.
    """
    after = body.flow
    is_free = says_nothing(expected)
    found: list[Type] = []
    for arm in sorted(arms, key=lambda arm: -min(branch_grade(arm.node.body), 2)) if is_free else arms:
        is_open = is_free and found and branch_grade(arm.node.body) < 2
        _check_body(body, arm, branch_hint(join_all(found)) if is_open else expected)
        found.append(arm.body.type)
        after = join_flows(after, body.flow)
    body.flow = after
    type_, bodies = unify(body, [arm.body for arm in arms], expected)
    for arm, made in zip(arms, bodies, strict=True):
        arm.body = made
    return type_


def _enter_arm(body: Body, node: ast.MatchArm, held: hir.Expr, key: object) -> _Arm:
    """Check the pattern and the guard of an arm."""
    mark = body.enter_scope()
    matcher = Matcher(body)
    errors = body.session.diagnostics.error_count
    shape = matcher.match(node.pattern, held)
    is_wrong = body.session.diagnostics.error_count > errors
    proved = matcher.narrowed
    if key is not None and proved is not None and proved != held.type and is_subtype(proved, held.type):
        body.flow = body.flow.narrow(key, proved)  # type: ignore[arg-type]
    guard: hir.Expr | None = None
    if node.guard is not None:
        guard, when_true, _ = condition(body, node.guard)
        body.flow = when_true
    names = body.suspend_scope(mark)
    return _Arm(node, held, matcher.steps, guard, held, _spread(shape), is_wrong, body.flow, names)


def _check_body(body: Body, arm: _Arm, expected: Type | None) -> None:
    body.flow = arm.flow
    mark = body.enter_scope()
    body.resume_scope(arm.names)
    node = arm.node.body
    arm.body = check_assign(body, node) if isinstance(node, ast.Assign) else body.never(body.expr(node, expected))
    body.leave_scope(mark)


def _spread(shape: Pattern) -> list[Pattern]:
    """Return the alternatives of a shape; those deeper inside become rows of their own too."""
    if shape is None:
        return [None]
    if shape.key == "or":
        return [item for alternative in shape.arguments for item in _spread(alternative)]
    rows: list[tuple[Pattern, ...]] = [()]
    for argument in shape.arguments:
        options = _spread(argument)
        if len(rows) * len(options) > MAX_USEFUL_ARMS:
            # Too many combinations to follow: counts as a shape that no other covers.
            return [Shape(object())]
        rows = [(*row, option) for row in rows for option in options]
    return [Shape(shape.key, row) for row in rows]


def _check_complete(body: Body, node: ast.Match, type_: Type, arms: Sequence[_Arm]) -> bool:
    """Report values that no arm takes, and arms that no value reaches."""
    if isinstance(type_, ErrorType) or any(arm.is_wrong for arm in arms):
        return False
    search = Search()
    rows: list[tuple[Pattern, ...]] = []
    try:
        for arm in arms:
            if len(rows) < MAX_USEFUL_ARMS and not any(
                search.is_useful(rows, (shape,), (type_,)) for shape in arm.shapes
            ):
                body.warn(code.UNREACHABLE_ARM, arm.node.pattern.span, "no value reaches this arm")
            if arm.guard is None:
                rows += [(shape,) for shape in arm.shapes]
        search.steps = 0
        found = search.missing(rows, (type_,))
    except TooComplexError:
        if any(arm.guard is None and None in arm.shapes for arm in arms):
            return True
        body.error(
            code.NOT_EXHAUSTIVE,
            node.span,
            "whether these arms take every value is too much to find out",
            suggestion="add `else => …`",
        )
        return False
    if found is None:
        return True
    subject = node.subject.span
    missing = found[0]
    body.error(
        code.NOT_EXHAUSTIVE,
        subject,
        f"no arm takes `{missing}`" if missing != "_" else f"the arms do not take every `{display(type_)}`",
        label=f"this is `{display(type_)}`",
        suggestion="add an arm for it, or `else => …`" if missing != "_" else "add `else => …`",
    )
    return False


# Lowering


def _lower(body: Body, span: Span, held: hir.Expr, arms: list[_Arm], type_: Type) -> hir.Expr:
    switch = _switch(body, span, held, arms, type_)
    if switch is not None:
        return switch
    result: hir.Expr | None = None
    for arm in reversed(arms):
        made = arm.body
        steps = list(arm.steps)
        if arm.guard is not None:
            steps.append(Step(arm.guard, is_test=True))
        tail: list[hir.Expr] = []
        while steps and not steps[-1].is_test:
            tail.insert(0, steps.pop().expr)
        if result is None and arm.guard is None and not any(step.is_test and _sets_locals(step.expr) for step in steps):
            # Nothing else is left for the last arm, so it needs no tests, only what they set up.
            tail = [step.expr for step in steps if not step.is_test] + tail
            steps = []
        if tail:
            made = hir.Block(made.span, made.type, (*tail, made))
        test = conjunction(body, arm.node.span, steps)
        if test is None:
            result = made
        elif result is None:
            result = _impossible(body, arm.node.span, test, made, type_)
        else:
            result = hir.If(arm.node.span, type_, test, made, result)
    assert result is not None
    return result


def _sets_locals(expr: hir.Expr) -> bool:
    """Tell whether a test binds names on the way, as alternatives do."""
    match expr:
        case hir.And(_, _, left, right) | hir.Or(_, _, left, right):
            return _sets_locals(left) or _sets_locals(right)
        case hir.Block():
            return True
    return False


def _impossible(body: Body, span: Span, test: hir.Expr, made: hir.Expr, type_: Type) -> hir.Expr:
    """The last arm has a guard: what is after it is never reached, since the arms before it take everything."""
    message = hir.Constant(span, body.session.string_type, "no arm of a match took the value")
    argument = body.coerce(message, NullableType(body.session.string_type))
    failed = hir.Call(span, NOTHING, body.session.core_function("assertFailed"), (), (), (argument,))
    return hir.If(span, type_, test, made, hir.Block(span, NOTHING, (failed,)))


def _switch(body: Body, span: Span, held: hir.Expr, arms: list[_Arm], type_: Type) -> hir.Expr | None:
    """Return a jump by number if every arm but the last is one or more numbers or cases of its own."""
    subject_type = held.type
    if len(arms) < MIN_SWITCH or not isinstance(subject_type, ClassType) or any(arm.guard is not None for arm in arms):
        return None
    symbol = subject_type.symbol
    is_enum = symbol.kind is ClassKind.ENUM
    if not is_enum and symbol.builtin not in (Repr.I64, Repr.I32, Repr.CHAR):
        return None
    cases: list[tuple[tuple[int, ...], hir.Expr]] = []
    seen: set[int] = set()
    for arm in arms[:-1]:
        numbers = _numbers(arm, is_enum=is_enum)
        if numbers is None or not seen.isdisjoint(numbers):
            return None
        seen.update(numbers)
        cases.append((numbers, _bound_body(arm)))
    last = arms[-1]
    if _numbers(last, is_enum=is_enum) is None and any(step.is_test for step in last.steps):
        return None
    subject = _ordinal(body, span, held) if is_enum else held
    if symbol.builtin is Repr.CHAR:
        found = find(body, subject_type, "code")
        assert found is not None
        from compiler.check.operators import machine_call

        subject = machine_call(body, span, "code", held)
    return hir.Switch(span, type_, subject, tuple(cases), _bound_body(last))


def _numbers(arm: _Arm, *, is_enum: bool) -> tuple[int, ...] | None:
    """Return the numbers of an arm, whose shapes must leave nothing inside open to doubt."""
    numbers: list[int] = []
    for shape in arm.shapes:
        if shape is None or any(argument is not None for argument in shape.arguments):
            return None
        key = shape.key
        if is_enum and isinstance(key, SourceClass):
            numbers.append(key.ordinal)
        elif not is_enum and isinstance(key, int) and not isinstance(key, bool):
            numbers.append(key)
        else:
            return None
    if len(arm.shapes) > 1 and any(not step.is_test or _sets_locals(step.expr) for step in arm.steps):
        return None
    return tuple(dict.fromkeys(numbers))


def _bound_body(arm: _Arm) -> hir.Expr:
    steps = [step.expr for step in arm.steps if not step.is_test]
    if not steps:
        return arm.body
    return hir.Block(arm.body.span, arm.body.type, (*steps, arm.body))


def _ordinal(body: Body, span: Span, held: hir.Expr) -> hir.Expr:
    found = find(body, held.type, "ordinal")
    assert found is not None
    getter = getattr(found.member, "getter", None)
    assert getter is not None
    return call_method(body, span, held, found, getter, (), (), body.session.int_type)
