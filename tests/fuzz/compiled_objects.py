"""Objects that are made, used, and mostly forgotten: compiled code does without them until it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pvm.isa.types import Prim, class_ref, func_ref
from pvm.pbc.builder import LabelRef
from tests.fuzz.compiled_tables import CELL, CELL_COUNT, CELL_NARROW, CELL_OTHER, HELD, MAYBE_CELL, SUM, UNARY

if TYPE_CHECKING:
    from tests.fuzz.compiled_bodies import Body


def number_of_object(body: Body, depth: int) -> None:
    """Push what is in an object after some things were done with it."""
    code = body.code
    cell = code.local(class_ref(CELL))
    _make(body, depth)
    code.local_set(cell)
    for _ in range(body.random.choice((1, 2, 2, 3))):
        body.budget -= 1
        body.random.choice(_USES)(body, cell, depth)
    code.local_get(cell)
    body.interlude(depth)
    code.field_get(CELL_COUNT)


def use_object(body: Body, depth: int) -> None:
    """The same as a statement."""
    number_of_object(body, depth)
    _mix(body)


def rounds_of_objects(body: Body) -> None:
    """The code of a function that does such things in rounds, most with a handler around, and mixes up the sum."""
    code, random = body.code, body.random
    body.declare()
    at, cell = code.local(Prim.I64), code.local(class_ref(CELL))
    code.i64_const(0)
    code.local_set(at)
    head = code.label(backward=True)
    code.bind(head)
    _make(body, 1)
    code.local_set(cell)
    start, end, target = code.here(), code.label(), code.label()
    for _ in range(random.choice((1, 2, 3))):
        body.budget = 8
        random.choice(_USES)(body, cell, 2)
        use_object(body, 2)
    stop = code.here()
    code.jump(end)
    if body.chance(0.8):
        code.handler(start, stop, target)
        code.bind(target)
        code.ref_drop()
    code.bind(end)
    code.local_get(cell)
    code.field_get(CELL_COUNT)
    _mix(body)
    code.local_get(at)
    code.i64_const(1)
    code.i64_add()
    code.local_tee(at)
    code.i64_const(random.choice((3, 9, 20)))
    code.i64_lt_s()
    code.branch_if(head)
    code.global_get(SUM)
    code.i64_const(31)
    code.i64_mul()
    code.return_()


def _make(body: Body, depth: int) -> None:
    """Push a new object, which may refer to another new one."""
    code = body.code
    if body.chance(0.1):
        code.object_new_default(CELL)
        return
    body.number(min(depth, 1))
    code.i32_const(body.random.choice((0, 3, 255, 256, -1)))
    if depth > 0 and body.chance(0.2):
        _make(body, depth - 1)
    else:
        code.ref_null()
    code.object_new(CELL)


def _mix(body: Body) -> None:
    """Mix a number into the sum that outlives a trap."""
    code = body.code
    code.global_get(SUM)
    code.i64_add()
    code.global_set(SUM)


def _look(body: Body, maybe: int) -> None:
    """Mix in what is in an object that a local may refer to."""
    code = body.code
    none = code.label()
    code.local_get(maybe)
    code.ref_is_null()
    code.branch_if(none)
    code.local_get(maybe)
    code.ref_as_non_null()
    body.interlude(1)
    code.field_get(CELL_COUNT)
    _mix(body)
    code.bind(none)


def _sometimes(body: Body) -> LabelRef:
    """What follows is done under a condition; the label is to be bound behind it."""
    skip = body.code.label()
    body.condition(1)
    body.code.branch_if(skip)
    return skip


def _change(body: Body, cell: int, depth: int) -> None:
    code = body.code
    code.local_get(cell)
    body.number(depth)
    code.field_set(CELL_COUNT)


def _narrow(body: Body, cell: int, depth: int) -> None:
    """Store what does not fit, and look at what is left of it."""
    code = body.code
    code.local_get(cell)
    body.number(depth)
    code.i32_wrap_i64()
    code.field_set(CELL_NARROW)
    code.local_get(cell)
    code.field_get(CELL_NARROW)
    code.i64_extend_i32_s()
    _mix(body)


def _refer(body: Body, cell: int, depth: int) -> None:
    """Let it refer to another one, or itself, and look there."""
    code = body.code
    maybe = code.local(MAYBE_CELL)
    code.local_get(cell)
    if body.chance(0.1):
        code.local_get(cell)
    else:
        _make(body, depth)
    code.field_set(CELL_OTHER)
    body.flat(depth)
    code.local_get(cell)
    code.field_get(CELL_OTHER)
    code.local_set(maybe)
    _look(body, maybe)


def _renew(body: Body, cell: int, depth: int) -> None:
    """Make another one; the first may still be of use."""
    code = body.code
    second = code.local(class_ref(CELL))
    code.local_get(cell)
    code.local_set(second)
    _make(body, depth)
    code.local_set(cell)
    if body.chance(0.4):
        code.local_get(second)
        code.field_get(CELL_COUNT)
        _mix(body)
    elif body.chance(0.5):
        code.local_get(second)
        code.local_get(cell)
        code.ref_eq()
        code.i64_extend_i32_u()
        _mix(body)


def _alias(body: Body, cell: int, depth: int) -> None:
    """Two locals refer to it where compiled code is left, and it changes by one of them."""
    code = body.code
    second = code.local(class_ref(CELL))
    code.local_get(cell)
    code.local_set(second)
    if body.chance(0.5):
        code.task_yield()
    else:
        body.flat(depth)
    _change(body, cell, depth)
    code.local_get(second)
    code.field_get(CELL_COUNT)
    _mix(body)


def _maybe(body: Body, cell: int, depth: int) -> None:
    """It, or nothing."""
    code = body.code
    maybe = code.local(MAYBE_CELL)
    code.ref_null()
    code.local_set(maybe)
    skip = _sometimes(body)
    code.local_get(cell)
    code.local_set(maybe)
    code.bind(skip)
    body.flat(depth)
    _look(body, maybe)


def _perhaps(body: Body, cell: int, depth: int) -> None:
    """A function gives an object, or nothing."""
    code = body.code
    maybe = code.local(MAYBE_CELL)
    body.number(depth)
    code.call("perhaps")
    code.local_set(maybe)
    _look(body, maybe)


def _touch(body: Body, cell: int, depth: int) -> None:
    """A function looks at it, while it waits as an operand, too."""
    code = body.code
    code.local_get(cell)
    code.local_get(cell)
    body.number(depth)
    code.call("touch")
    _mix(body)
    code.field_get(CELL_COUNT)
    _mix(body)


def _capture(body: Body, cell: int, depth: int) -> None:
    """A function value captures it."""
    code = body.code
    value = code.local(func_ref(body.tables.unary))
    code.local_get(cell)
    code.closure_new("touch")
    code.local_set(value)
    body.flat(depth)
    body.number(depth)
    code.local_get(value)
    code.call_ref(UNARY)
    _mix(body)


def _keep(body: Body, cell: int, depth: int) -> None:
    """Somebody keeps it, sometimes; in most functions nobody does."""
    code = body.code
    if body.keeps:
        return
    skip = _sometimes(body)
    code.local_get(cell)
    code.global_set(HELD)
    code.bind(skip)


def _go_on(body: Body, cell: int, depth: int) -> None:
    body.flat(depth)


_USES: tuple[Callable[[Body, int, int], None], ...] = (
    *[_change] * 2,
    *[_narrow] * 2,
    *[_refer] * 2,
    *[_renew] * 3,
    _alias,
    _maybe,
    _perhaps,
    _touch,
    _capture,
    _keep,
    *[_go_on] * 3,
)
