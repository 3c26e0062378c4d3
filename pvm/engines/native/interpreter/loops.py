"""Handlers of the ends of loops: a step, a comparison and a branch, and the charges of two blocks."""

from __future__ import annotations

from pvm.engines.native.code.operations import FALLEN_POLLS, OWN_POLLS, STEP_POLLS, TAKEN_POLLS, LoopShape
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
    target = text.value(f"getelementptr i8, ptr {h.pc}, i64 {h.field('target')}")
    _pay(h, "taken_cost", TAKEN_POLLS, target, former)
    text.block(no, dominated=True)
    skipped = text.value(f"getelementptr i8, ptr {h.after()}, i64 {h.field('skipped')}")
    _pay(h, "fallen_cost", FALLEN_POLLS, skipped, former)


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


def _pay(h: Handler, cost_field: str, polls: int, pc: str, former: Val) -> None:
    """End by charging for the step, if it is a block, for the test and for the block at ``pc``, and going there."""
    text = h.text
    left = text.value(f"sub i64 %fuel, {h.field(cost_field)}")
    place = h.operation.field(cost_field).offset
    cold = text.fresh_label("empty")
    with text.cold(cold):
        after = h.after()
        step, own, behind_it = h.polls(STEP_POLLS), h.polls(OWN_POLLS), h.polls(polls)
        # The cost is loaded again, so that what the fuel was needs no register in the common case.
        at = text.value(f"getelementptr i8, ptr {h.pc}, i64 {place}")
        again = text.value(f"zext i16 {text.value(f'load volatile i16, ptr {at}, align 2')} to i64")
        fuel = text.value(f"add i64 {left}, {again}")
        paid_step = text.value(f"sub i64 {fuel}, {h.field('step_cost')}")
        paid_test = text.value(f"sub i64 {paid_step}, {h.field('own_cost')}")
        before, inside, behind = (text.fresh_label(name) for name in ("before", "inside", "behind"))
        on = text.fresh_label()
        text.branch(text.value(f"icmp slt i64 {paid_step}, 0"), before, on)
        text.block(before, dominated=True)
        h.write("operand0", former)  # the step was not made
        h.poll(step, after, paid_step)
        text.block(on, dominated=True)
        text.branch(text.value(f"icmp slt i64 {paid_test}, 0"), inside, behind)
        text.block(inside, dominated=True)
        h.poll(own, text.value(f"getelementptr i8, ptr {after}, i64 {h.field('test_at')}"), paid_test)
        text.block(behind, dominated=True)
        h.poll(behind_it, pc, left)
    text.branch_away(text.value(f"icmp slt i64 {left}, 0"), cold)
    h.dispatch(pc, fuel=left)
