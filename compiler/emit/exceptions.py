"""Exceptions: throw, handler tables, ``finally``.

A ``finally`` body is emitted once.  Every way out of its ``try`` stores a number in the *selector*
and goes to the body; behind the body the number says where to go on: 0 on, 1 throw again, 2 and
above the jumps that leave through it, each once.  So code grows linearly however ``try`` nest and
however many jumps there are.

What must survive the body (the value, the exception, the value to return) is in locals that get a
default before the ``try``, since on each way into the body only some of them are set.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from compiler.emit.code import CodeLabel
from compiler.emit.context import FunctionContext
from compiler.emit.instances import is_void
from compiler.ir import hir
from compiler.ir.tree import children
from compiler.ir.types import ClassType, Type
from compiler.records import field, mutable, structural
from pvm.isa.types import Prim, ValueType

_ON, _THROW, _FIRST_JUMP = 0, 1, 2


@structural
class _Exit:
    """A jump that leaves through a ``finally``; ``depth`` is the number of scopes that stay."""

    depth: int
    key: Hashable
    jump: Callable[[], None]


@mutable
class FinallyScope:
    """A ``try`` with ``finally`` that is being emitted."""

    entry: CodeLabel
    selector: int
    exits: list[_Exit] = field(default_factory=list)

    def number(self, leaving: _Exit) -> int:
        """The selector's number for a jump; equal jumps share one."""
        for number, known in enumerate(self.exits):
            if known.key == leaving.key:
                return number + _FIRST_JUMP
        self.exits.append(leaving)
        return len(self.exits) - 1 + _FIRST_JUMP


def leave_through(f: FunctionContext, depth: int, key: Hashable, jump: Callable[[], None]) -> None:
    """Jump out of all ``finally`` scopes above ``depth``, innermost first; ``jump`` makes the jump itself."""
    if len(f.finallys) <= depth:
        jump()
        return
    scope = f.finallys[-1]
    _select(f, scope, scope.number(_Exit(depth, key, jump)))


def _select(f: FunctionContext, scope: FinallyScope, number: int) -> None:
    f.code.unwind(scope.entry)
    f.code.op("i32.const", number)
    f.code.set(scope.selector)
    f.code.jump(scope.entry)


def emit_throw(f: FunctionContext, node: hir.Throw) -> None:
    """Throw an exception object."""
    throwable = f.emission.classes.throwable()
    f.value(node.value)
    f.at(node.span)
    f.code.typed("throw", (), (throwable.type,), ())


def emit_try(f: FunctionContext, node: hir.Try) -> None:
    """Leave the value of the body or of the catch that handles its exception."""
    type_ = f.type_of(node)
    _try(f, node, None if is_void(type_) else type_)


def run_try(f: FunctionContext, node: hir.Try) -> None:
    """Run a ``try`` and leave nothing."""
    _try(f, node, None)


def _try(f: FunctionContext, node: hir.Try, wanted: Type | None) -> None:
    if node.finally_body is None:
        _try_catches(f, node, wanted)
    else:
        _try_finally(f, node, node.finally_body, wanted)


def _arm(f: FunctionContext, node: hir.Expr, wanted: Type | None) -> None:
    if wanted is None:
        f.effect(node)
    else:
        f.value_as(node, wanted)


def _try_catches(f: FunctionContext, node: hir.Try, wanted: Type | None) -> None:
    end = f.code.label(None if wanted is None else f.lower(wanted))
    start, initialised = f.code.here(), f.code.initialised
    _arm(f, node.body, wanted)
    stop = f.code.here()
    f.code.jump(end)
    if f.code.covers_code(start, stop):
        for catch in node.catches:
            _catch(f, catch, (start, stop), initialised)
            _arm(f, catch.body, wanted)
            f.code.jump(end)
    f.code.place(end)


def _catch(f: FunctionContext, catch: hir.Catch, covered: tuple[int, int], initialised: int) -> None:
    type_ = f.type(catch.local.type)
    assert isinstance(type_, ClassType)
    caught = f.emission.classes.of(type_)
    label = f.code.place_handler(caught.index, initialised)
    f.code.handler(*covered, label, caught.index)
    f.set_variable(f.variable(catch.local))
    f.forget(catch.local)


# Finally


@structural
class _Kept:
    """Locals that survive a ``finally`` body."""

    exception: int
    value: int | None
    value_type: ValueType | None


def _try_finally(f: FunctionContext, node: hir.Try, finally_body: hir.Expr, wanted: Type | None) -> None:
    kept = _keep(f, node, wanted)
    scope = FinallyScope(f.code.label(), f.temp(Prim.I32))
    start, initialised = f.code.here(), f.code.initialised
    f.finallys.append(scope)
    if node.catches:
        _try_catches(f, node, wanted)
    else:
        _arm(f, node.body, wanted)
    if kept.value is not None and f.code.reachable:
        f.code.set(kept.value)
    f.finallys.pop()
    stop = f.code.here()
    goes_on = f.code.reachable
    if goes_on:
        _select(f, scope, _ON)
    throws = f.code.covers_code(start, stop)
    if throws:
        throwable = f.emission.classes.throwable()
        label = f.code.place_handler(throwable.index, initialised)
        f.code.handler(start, stop, label, None)
        f.code.set(kept.exception)
        _select(f, scope, _THROW)
    f.code.place(scope.entry)
    f.effect(finally_body)
    _continue(f, scope, kept, goes_on=goes_on, throws=throws)
    for slot in (scope.selector, kept.exception, kept.value):
        if slot is not None:
            f.release(slot)


def _keep(f: FunctionContext, node: hir.Try, wanted: Type | None) -> _Kept:
    """Give everything that must have a value at the ``finally`` body a default."""
    for local in f.scopes.set_in.get(node, ()):
        f.initialise(f.variable(local).slot)
    if not is_void(f.result) and _returns(node):
        f.initialise(f.return_local())
    throwable = f.emission.classes.throwable()
    value_type = None if wanted is None else f.lower(wanted)
    value = None if value_type is None else f.default_temp(value_type)
    return _Kept(f.default_temp(throwable.type), value, value_type)


def _returns(node: hir.Expr) -> bool:
    found = isinstance(node, hir.Return)
    for child in children(node):
        found = found or _returns(child)
    return found


def _continue(f: FunctionContext, scope: FinallyScope, kept: _Kept, *, goes_on: bool, throws: bool) -> None:
    """Go where the selector says; fall through to go on."""
    if not f.code.reachable:
        return
    ways: dict[int, CodeLabel] = {_FIRST_JUMP + number: f.code.label() for number in range(len(scope.exits))}
    if throws:
        ways[_THROW] = f.code.label()
    if goes_on:
        ways[_ON] = f.code.label()
    labels = [ways[number] for number in sorted(ways)]
    f.code.get(scope.selector)
    if goes_on and len(labels) == 2:
        f.code.branch(labels[1], when=True)
        f.code.jump(labels[0])
    else:
        f.code.switch([ways.get(number, labels[0]) for number in range(max(ways) + 1)])
    for number, leaving in enumerate(scope.exits):
        f.code.place(ways[_FIRST_JUMP + number])
        leave_through(f, leaving.depth, leaving.key, leaving.jump)
    if throws:
        f.code.place(ways[_THROW])
        f.get_as(kept.exception, f.emission.classes.throwable().type)
        f.code.typed("throw", (), (f.emission.classes.throwable().type,), ())
    if goes_on:
        f.code.place(ways[_ON])
        if kept.value is not None and kept.value_type is not None:
            f.get_as(kept.value, kept.value_type)
