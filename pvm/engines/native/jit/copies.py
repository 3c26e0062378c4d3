"""Which copy of a block control goes to: loops have a strip, an ordinary copy, and a way in.

From outside, a loop is entered at its head through the code that begins the strip.  A loop that is entered at its test
instead, as most are, has a copy of the test outside, which leads there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.loops import Loop
from pvm.engines.native.jit.strips import NotSettled, Plan, StripImpossible, StripRefused
from pvm.engines.native.llvm.text import AS_IT_IS, LIKELY

if TYPE_CHECKING:
    from pvm.engines.native.jit.unit import Unit

MAX_LOOP = 250
"""Instructions of a loop that gets a strip."""


def strip_copy(loop: Loop) -> str:
    """The copy that is the strip."""
    return f"strip{loop.head}."


def outer_copy(loop: Loop) -> str:
    """The copy of what runs before the head is come to."""
    return f"outer{loop.head}."


def way_in(activation: Activation, loop: Loop) -> str:
    """The label where the head is come to from outside."""
    return f"{activation.prefix}.in{loop.head}"


def plan_copies(unit: Unit, activation: Activation) -> None:
    """Choose the loops of a function that get strips; there are no strips in strips."""
    if unit.strip is not None:
        return
    for loop in activation.facts.loops:
        size = sum(len(activation.facts.blocks[offset]) for offset in loop.blocks)
        if loop.inductions and size <= MAX_LOOP:
            activation.split.update(dict.fromkeys(loop.blocks, loop))


def edge(activation: Activation, target: int) -> str:
    """The label that control goes to from the block that is being emitted; its operands are in their variables."""
    loop = activation.split.get(target)
    if loop is None:
        return activation.label(target)
    if activation.block in loop.blocks and activation.copy != outer_copy(loop):
        return activation.label(target, activation.copy)
    return _from_outside(activation, loop, target)


def back_note(unit: Unit, activation: Activation, *targets: int) -> str:
    """What stands behind a branch to blocks, one of which may be the head of its loop."""
    loop = activation.split.get(activation.block)
    if loop is None or loop.head not in targets or activation.copy == outer_copy(loop):
        return ""
    if not activation.copy:
        return f", {AS_IT_IS}"
    assert unit.strip is not None
    return f", !llvm.loop {unit.strip.node}"


def _from_outside(activation: Activation, loop: Loop, target: int) -> str:
    if target == loop.head:
        return way_in(activation, loop)
    activation.wanted.append((loop, target))
    return activation.label(target, outer_copy(loop))


def emit_copies(unit: Unit, activation: Activation, reached: Collection[int]) -> None:
    """Emit what the loops of a function have besides their ordinary copies, of the blocks that can be reached."""
    for loop in {each.head: each for each in activation.split.values()}.values():
        if loop.head in reached:
            _emit_strip(unit, activation, loop, sorted(loop.blocks.intersection(reached)))
    _emit_outer(unit, activation, reached)


def _emit_strip(unit: Unit, activation: Activation, loop: Loop, blocks: Sequence[int]) -> None:
    for plan in _plans(loop):
        try:
            _attempt_in_turn(unit, activation, loop, plan, blocks)
        except StripImpossible:
            break
        except StripRefused:
            continue
        return
    unit.text.block(way_in(activation, loop))
    unit.text.jump(activation.label(loop.head))


def _plans(loop: Loop) -> Iterator[Plan]:
    """Ways to count the rounds of a loop, the best first."""
    kinds = (True, False) if loop.is_straight else (False,)
    for is_uniform in kinds:
        # Where all rounds cost the same, the fuel follows from the variable: it has to change by 1.
        if loop.test is not None and (abs(loop.inductions[loop.test.local].step) == 1 or not is_uniform):
            yield Plan(loop.test.local, loop.test, is_uniform)
    for is_uniform in kinds:
        for each in loop.inductions.values():
            if abs(each.step) == 1:
                yield Plan(each.local, None, is_uniform)


def _attempt_in_turn(unit: Unit, activation: Activation, loop: Loop, plan: Plan, blocks: Sequence[int]) -> None:
    """Emit a strip that loads before it what nothing in it seems to change, or else one that does not."""
    try:
        _attempt_strip(unit, activation, loop, plan, blocks)
    except NotSettled:
        _attempt_strip(unit, activation, loop, plan._replace(loads_once=False), blocks)


def _attempt_strip(unit: Unit, activation: Activation, loop: Loop, plan: Plan, blocks: Sequence[int]) -> None:
    """Emit a strip.

    Raises:
        StripRefused: something in the loop does not allow it.
    """
    copy, wanted = strip_copy(loop), len(activation.wanted)
    try:
        with unit.attempt(StripRefused):
            before = unit.cost
            unit.start_strip(activation, loop, way_in(activation, loop), plan, before)
            unit.emit_run(activation, blocks, copy)
            unit.end_strip(unit.cost - before, activation.label(loop.head, copy), activation.label(loop.head))
    except StripRefused:
        unit.leave_strip()
        activation.copy, activation.block = "", -1
        del activation.wanted[wanted:]
        raise


def emit_strip_test(unit: Unit, activation: Activation) -> None:
    """End a round of a strip: whoever does not stay comes to the test as if from outside, and has not paid for it."""
    strip, text = unit.strip, unit.text
    assert strip is not None
    test = strip.test
    assert test is not None
    flag = unit.strip_flag(test)
    activation.prims.pop()
    if activation.prims or activation.refs:
        raise StripRefused
    ends = text.fresh_label("ends")
    text.branch(flag, edge(activation, test.stays), ends, LIKELY + back_note(unit, activation, test.stays))
    text.block(ends)
    unit.note_end(test)
    unit.pay(-len(activation.facts.blocks[test.block]))
    text.jump(_from_outside(activation, strip.loop, test.block))


def _emit_outer(unit: Unit, activation: Activation, reached: Collection[int]) -> None:
    """Emit the copies outside that are wanted, and those of blocks without labels that follow them."""
    blocks, labels = activation.facts.blocks, activation.facts.labels_at
    done: set[int] = set()
    while activation.wanted:
        loop, offset = activation.wanted.pop()
        run = []
        while offset not in done and offset in reached and offset in loop.blocks and offset != loop.head:
            done.add(offset)
            run.append(offset)
            offset = blocks[offset][-1].end
            if offset in labels or blocks[run[-1]][-1].opcode.ends_block:
                break
        if run:
            unit.emit_run(activation, run, outer_copy(loop))
