"""Control: blocks, choices, loops, jumps out of them, return.

A loop tests its condition below its body, so that a round has one jump.  Where locals get their
first value in the condition, or its outcome is known, the test stands above the body instead.
"""

from __future__ import annotations

from operator import itemgetter

from compiler.emit.code import CodeLabel
from compiler.emit.conditions import branch, is_plain
from compiler.emit.context import FunctionContext, Target
from compiler.emit.exceptions import leave_through
from compiler.emit.instances import is_void, repr_of
from compiler.emit.switches import choose
from compiler.ir import hir
from compiler.ir.types import Repr, Type
from pvm.isa.types import ANY_NULL, Prim

# Blocks


def emit_block(f: FunctionContext, node: hir.Block) -> None:
    """Run statements; the last gives the value."""
    f.enter(node)
    has_value = not is_void(f.type_of(node))
    for number, child in enumerate(node.body):
        f.code.statement(child.span)
        if has_value and number == len(node.body) - 1:
            f.value_as(child, f.type_of(node))
        else:
            f.effect(child)
    f.leave(node)


def run_block(f: FunctionContext, node: hir.Block) -> None:
    """Run statements and leave nothing."""
    f.enter(node)
    for child in node.body:
        f.code.statement(child.span)
        f.effect(child)
    f.leave(node)


# Choices


def _arm(f: FunctionContext, node: hir.Expr, wanted: Type | None) -> None:
    if wanted is None:
        f.effect(node)
    else:
        f.value_as(node, wanted)


def emit_if(f: FunctionContext, node: hir.If) -> None:
    """Leave the value of one of two branches."""
    type_ = f.type_of(node)
    _if(f, node, None if is_void(type_) else type_)


def run_if(f: FunctionContext, node: hir.If) -> None:
    """Run one of two branches."""
    _if(f, node, None)


def _jump_label(f: FunctionContext, node: hir.Expr) -> CodeLabel | None:
    """The label of a Break or Continue that is nothing but a jump from here."""
    while isinstance(node, hir.Block) and len(node.body) == 1:
        node = node.body[0]
    if not isinstance(node, hir.Break | hir.Continue):
        return None
    target = f.targets[node.target]
    label = target.end if isinstance(node, hir.Break) else target.again
    if label is None or target.depth != len(f.finallys):
        return None
    is_level = len(label.prims) == len(f.code.prims) and len(label.refs) == len(f.code.refs)
    return label if is_level else None


def _if(f: FunctionContext, node: hir.If, wanted: Type | None) -> None:
    direct = _jump_label(f, node.then)
    if direct is not None:
        branch(f, node.condition, direct, when=True)
        if node.otherwise is not None:
            _arm(f, node.otherwise, wanted)
        return
    otherwise = f.code.label()
    end = f.code.label(None if wanted is None else f.lower(wanted))
    branch(f, node.condition, otherwise, when=False)
    _arm(f, node.then, wanted)
    if node.otherwise is None:
        f.code.place(otherwise)
        return
    f.code.jump(end)
    f.code.place(otherwise)
    _arm(f, node.otherwise, wanted)
    f.code.place(end)


# Loops


def emit_loop(f: FunctionContext, node: hir.Loop) -> None:
    """Run a loop."""
    end, again = f.code.label(), f.code.label()
    f.targets[node.target] = Target(end, again, len(f.finallys))
    condition = node.condition
    f.forget_changing()
    if isinstance(condition, hir.Constant) and condition.value is True:
        condition = None
    if node.tests_last or condition is None:
        _loop_below(f, node, condition)
    elif is_plain(f, condition):
        _loop_inverted(f, node, condition)
    else:
        head = f.code.place_backward()
        branch(f, condition, end, when=False)
        _round(f, node)
        f.code.jump(head)
    f.code.place(end)


def _round(f: FunctionContext, node: hir.Loop) -> None:
    again = f.targets[node.target].again
    assert again is not None
    f.effect(node.body)
    f.code.place(again)
    if node.step is not None:
        f.effect(node.step)


def _loop_below(f: FunctionContext, node: hir.Loop, condition: hir.Expr | None) -> None:
    head = f.code.place_backward()
    _round(f, node)
    if condition is None:
        f.code.jump(head)
    else:
        branch(f, condition, head, when=True)


def _loop_inverted(f: FunctionContext, node: hir.Loop, condition: hir.Expr) -> None:
    test = f.code.label()
    f.code.jump(test)
    head = f.code.resume(test.initialised)
    _round(f, node)
    f.code.place(test)
    f.code.statement(condition.span)
    branch(f, condition, head, when=True)


def emit_labelled(f: FunctionContext, node: hir.Labelled) -> None:
    """Run a block that can be left."""
    end = f.code.label()
    f.targets[node.target] = Target(end, None, len(f.finallys))
    f.effect(node.body)
    f.code.place(end)


# Jumps


def emit_break(f: FunctionContext, node: hir.Break) -> None:
    """Leave a loop or block."""
    _leave(f, node.target, is_break=True)


def emit_continue(f: FunctionContext, node: hir.Continue) -> None:
    """Go on with the next round of a loop."""
    _leave(f, node.target, is_break=False)


def _leave(f: FunctionContext, jump_target: hir.JumpTarget, *, is_break: bool) -> None:
    target = f.targets[jump_target]
    label = target.end if is_break else target.again
    assert label is not None, f"continue of {jump_target.name}, which is no loop"

    def jump() -> None:
        f.code.unwind(label)
        f.code.jump(label)

    leave_through(f, target.depth, (jump_target, is_break), jump)


def _push_unit(f: FunctionContext) -> None:
    """A lambda that returns nothing is wanted as one that returns anything."""
    if not is_void(f.result):
        f.zero(ANY_NULL)


def emit_return(f: FunctionContext, node: hir.Return) -> None:
    """Return from the function, after every ``finally`` around."""
    if not f.finallys:
        if node.value is not None:
            f.return_value(node.value)
        else:
            _push_unit(f)
            f.return_top()
        return
    if node.value is not None and is_void(f.result):
        f.effect(node.value)
    elif node.value is not None:
        f.value_as(node.value, f.result)
    else:
        _push_unit(f)
    if f.code.reachable and not is_void(f.result):
        f.code.set(f.return_local())

    def jump() -> None:
        if not is_void(f.result):
            f.get_as(f.return_local(), f.lower(f.result))
        f.return_top()

    leave_through(f, 0, "return", jump)


# Switch


def emit_switch(f: FunctionContext, node: hir.Switch) -> None:
    """Leave the value of the case of a number."""
    type_ = f.type_of(node)
    _switch(f, node, None if is_void(type_) else type_)


def run_switch(f: FunctionContext, node: hir.Switch) -> None:
    """Run the case of a number."""
    _switch(f, node, None)


def _switch(f: FunctionContext, node: hir.Switch, wanted: Type | None) -> None:
    representation = repr_of(f.type_of(node.subject))
    prim = Prim.I64 if representation in {Repr.I64, Repr.U64} else Prim.I32
    slot = f.plain_slot(node.subject)
    subject = f.temp(prim) if slot is None else slot
    if slot is None:
        f.value(node.subject)
        f.code.set(subject)
    if not f.code.reachable:
        return
    labels = [f.code.label() for _ in node.cases]
    default = f.code.label()
    end = f.code.label(None if wanted is None else f.lower(wanted))
    targets: dict[int, CodeLabel] = {}
    for (numbers, _), label in zip(node.cases, labels, strict=True):
        for number in numbers:
            targets.setdefault(number, label)
    choose(f, subject, prim, sorted(targets.items(), key=itemgetter(0)), default)
    if slot is None:
        f.release(subject)
    for (_, body), label in zip(node.cases, labels, strict=True):
        f.code.place(label)
        _arm(f, body, wanted)
        f.code.jump(end)
    f.code.place(default)
    _arm(f, node.default, wanted)
    f.code.place(end)
