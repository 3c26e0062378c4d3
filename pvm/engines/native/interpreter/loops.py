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
    counter = h.read("operand0", "i64")
    if shape.step:
        counter = _semantics(h, shape.step, counter, Val(h.field("step"), "i64"))
        h.write("operand0", counter)
    going_on = _semantics(h, h.operation.opcode.mnemonic, counter, _bound(h, shape))
    target, costs = h.field("target"), (h.field("taken_cost"), h.field("fallen_cost"))
    yes, no = text.fresh_label("taken"), text.fresh_label("fallen")
    text.branch(text.value(f"icmp ne i32 {going_on.raw}, 0"), yes, no)
    text.block(yes, dominated=True)
    _pay(h, costs[0], text.value(f"getelementptr i8, ptr %pc, i64 {target}"))
    text.block(no, dominated=True)
    _pay(h, costs[1], text.value(f"getelementptr i8, ptr {h.after()}, i64 {h.field('skipped')}"))


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


def _pay(h: Handler, cost: str, pc: str) -> None:
    """End by charging for the test and for the block at ``pc``, and going there."""
    text = h.text
    left = text.value(f"sub i64 %fuel, {text.value(f'and i64 {cost}, {MAX_COST}')}")
    cold = text.fresh_label("empty")
    with text.cold(cold):
        own = h.field("own_cost")
        before = text.value(f"sub i64 %fuel, {text.value(f'and i64 {own}, {MAX_COST}')}")
        inside, behind = text.fresh_label("inside"), text.fresh_label("behind")
        text.branch(text.value(f"icmp slt i64 {before}, 0"), inside, behind)
        text.block(inside, dominated=True)
        _poll(h, own, h.after(), before)
        text.block(behind, dominated=True)
        _poll(h, cost, pc, left)
    text.branch_away(text.value(f"icmp slt i64 {left}, 0"), cold)
    h.dispatch(pc, fuel=left)


def _poll(h: Handler, cost: str, pc: str, left: str) -> None:
    text = h.text
    point, block = text.fresh_label(), text.fresh_label()
    text.branch(text.value(f"icmp uge i64 {cost}, {POLL_BIT}"), point, block)
    text.block(point, dominated=True)
    h.tail("@poll.point", pc, fuel=left)
    text.block(block, dominated=True)
    h.tail("@poll.block", pc, fuel=left)
