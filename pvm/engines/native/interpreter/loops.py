"""Handlers of the ends of loops: a step, a comparison and a branch, and the charges of two blocks."""

from __future__ import annotations

from pvm.engines.native.code.operations import MAX_COST, POLL_BIT, LoopShape
from pvm.engines.native.interpreter.handler import Handler
from pvm.isa.machine import Val
from pvm.isa.table import BY_NAME


def emit_loop_end(h: Handler) -> None:
    """Count, then go to the head of the loop or behind the test, as if the test had been fallen into."""
    text, shape = h.text, h.operation.variant
    assert isinstance(shape, LoopShape)
    assert h.operation.opcode is not None
    former = counter = h.read("operand0", "i64")
    if shape.step:
        counter = _semantics(h, shape.step, former, Val(h.field("step"), "i64"))
        h.write("operand0", counter)
    going_on = _semantics(h, h.operation.opcode.mnemonic, counter, _bound(h, shape))
    yes, no = text.fresh_label("taken"), text.fresh_label("fallen")
    text.branch(text.value(f"icmp ne i32 {going_on.raw}, 0"), yes, no)
    text.block(yes, dominated=True)
    _pay(h, "taken_cost", text.value(f"getelementptr i8, ptr %pc, i64 {h.field('target')}"), former)
    text.block(no, dominated=True)
    _pay(h, "fallen_cost", text.value(f"getelementptr i8, ptr {h.after()}, i64 {h.field('skipped')}"), former)


def _semantics(h: Handler, mnemonic: str, *operands: Val) -> Val:
    semantics = BY_NAME[mnemonic].semantics
    assert semantics is not None
    result = semantics(h, *operands)
    assert isinstance(result, Val)
    return result


def _bound(h: Handler, shape: LoopShape) -> Val:
    match shape.limit:
        case "slot":
            return h.read("operand1", "i64")
        case "constant":
            return Val(h.field("constant"), "i64")
        case limit:
            assert limit == "size", limit
            return h.length(h.read("operand1", "ref"))


def _pay(h: Handler, cost_field: str, pc: str, former: Val) -> None:
    """End by charging for the step, if it is a block, for the test and for the block at ``pc``, and going there."""
    text, cost = h.text, h.field(cost_field)
    left = _minus(h, "%fuel", cost)
    cold = text.fresh_label("empty")
    with text.cold(cold):
        step, own, after = h.field("step_cost"), h.field("own_cost"), h.after()
        paid_step = _minus(h, "%fuel", step)
        paid_test = _minus(h, paid_step, own)
        before, inside, behind = (text.fresh_label(name) for name in ("before", "inside", "behind"))
        on = text.fresh_label()
        text.branch(text.value(f"icmp slt i64 {paid_step}, 0"), before, on)
        text.block(before, dominated=True)
        h.write("operand0", former)  # the step was not made
        _poll(h, step, after, paid_step)
        text.block(on, dominated=True)
        text.branch(text.value(f"icmp slt i64 {paid_test}, 0"), inside, behind)
        text.block(inside, dominated=True)
        _poll(h, own, text.value(f"getelementptr i8, ptr {after}, i64 {h.field('test_at')}"), paid_test)
        text.block(behind, dominated=True)
        _poll(h, cost, pc, left)
    text.branch_away(text.value(f"icmp slt i64 {left}, 0"), cold)
    h.dispatch(pc, fuel=left)


def _minus(h: Handler, fuel: str, cost: str) -> str:
    return h.text.value(f"sub i64 {fuel}, {h.text.value(f'and i64 {cost}, {MAX_COST}')}")


def _poll(h: Handler, cost: str, pc: str, left: str) -> None:
    text = h.text
    point, block = text.fresh_label(), text.fresh_label()
    text.branch(text.value(f"icmp uge i64 {cost}, {POLL_BIT}"), point, block)
    text.block(point, dominated=True)
    h.tail("@poll.point", pc, fuel=left)
    text.block(block, dominated=True)
    h.tail("@poll.block", pc, fuel=left)
