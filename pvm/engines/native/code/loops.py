"""Ends of loops: a block that only compares a counter and branches, as one operation with the step before it.

``for`` and ``while`` put their test behind the body, which falls into it.  That costs the body a ``charge`` and the
comparison an instruction of its own, and the step another one.  So what falls into such a block gets one operation that
does all of it; the block itself follows, for those who jump to it, and for whom the fuel ends in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pvm.engines.native.code.operands import SMALL
from pvm.engines.native.code.operations import (
    BY_OPERATION,
    LOOP_STEPS,
    LOOP_TESTS,
    MAX_COST,
    LoopShape,
    loop_operation,
)
from pvm.isa.encoding import Instruction

if TYPE_CHECKING:
    from pvm.engines.native.code.translator import Translator

_OPPOSITE = {
    "i64.lt_s": "i64.ge_s",
    "i64.ge_s": "i64.lt_s",
    "i64.le_s": "i64.gt_s",
    "i64.gt_s": "i64.le_s",
    "i64.eq": "i64.ne",
}
_NEGATED = {"i64.sub_checked_s": "i64.add_checked_s", "i64.sub": "i64.add"}
_STEP_SIZE = 4
"""Instructions of a step: get, constant, add, set."""
STEP_TAIL = 2
"""Those of them that do something, the last ones."""


class LoopTest(NamedTuple):
    """A block that compares a local and branches: by which opcode it goes to the label, and with what it compares."""

    offset: int
    test: str
    counter: int
    limit: str
    bound: int
    """A local, or the constant."""
    branch: Instruction


class Step(NamedTuple):
    """What increases the counter, by how much."""

    opcode: str
    amount: int


class LoopEnd(NamedTuple):
    """What one operation does; ``costs`` are those of its fields."""

    test: LoopTest
    step: Step | None
    costs: tuple[int, int, int]


def loop_test(t: Translator, block: Sequence[Instruction]) -> LoopTest | None:
    """What a block does, if it only compares a local with a local, a small constant or a size, and branches on it."""
    names = [each.opcode.mnemonic for each in block]
    if len(block) not in {4, 5} or names[0] != "local.get" or names[-1] not in {"branch.if", "branch.unless"}:
        return None
    label = next(iter(t.labels_at.get(block[0].offset, ())), None)
    if label is None or t.function.labels[label].prims or t.function.labels[label].refs:
        return None
    test = names[-2] if names[-1] == "branch.if" else _OPPOSITE.get(names[-2], "")
    if test not in LOOP_TESTS:
        return None
    limit, bound = _limit(block[1:-2], names[1:-2])
    if not limit or (limit == "size" and test != "i64.lt_s"):
        return None
    return LoopTest(block[0].offset, test, block[0].immediates[0], limit, bound, block[-1])


def _limit(loads: Sequence[Instruction], names: list[str]) -> tuple[str, int]:
    value = loads[0].immediates[0] if loads[0].immediates else 0
    match names:
        case ["local.get"]:
            return "slot", value
        case ["i64.const"] if value in SMALL:
            return "constant", value
        case ["local.get", "array.size" | "string.size"]:
            return "size", value
    return "", 0


def loop_step(block: Sequence[Instruction], test: LoopTest) -> Step | None:
    """What the last instructions of a block do, if that is to increase the counter by a small constant."""
    if len(block) < _STEP_SIZE:
        return None
    get, constant, add, put = block[-_STEP_SIZE:]
    names = (get.opcode.mnemonic, constant.opcode.mnemonic, put.opcode.mnemonic)
    if names != ("local.get", "i64.const", "local.set") or not get.immediates[0] == put.immediates[0] == test.counter:
        return None
    opcode, amount = add.opcode.mnemonic, constant.immediates[0]
    if opcode in _NEGATED:
        opcode, amount = _NEGATED[opcode], -amount
    return Step(opcode, amount) if opcode in LOOP_STEPS and amount in SMALL else None


def loop_end(t: Translator, block: Sequence[Instruction], following: Sequence[Instruction]) -> LoopEnd | None:
    """How a block that falls into the following one ends, if that is one operation."""
    test = loop_test(t, following)
    if test is None:
        return None
    target = t.function.labels[test.branch.immediates[0]].offset
    own, taken, fallen = (t.edge(offset) for offset in (test.offset, target, test.branch.end))
    if not own or not taken or not fallen or (own & MAX_COST) + max(taken & MAX_COST, fallen & MAX_COST) > MAX_COST:
        return None
    return LoopEnd(test, loop_step(block, test), (taken + (own & MAX_COST), fallen + (own & MAX_COST), own))


def emit_loop_end(t: Translator, end: LoopEnd) -> int:
    """Emit the operation, when nothing is on the operand stacks; where it says how much code it skips."""
    test, step = end.test, end.step
    name = loop_operation(LoopShape(step.opcode if step else "", test.limit), test.test)
    bound = test.bound if test.limit == "constant" else t.frame.locals[test.bound]
    amount = (step.amount,) if step else ()
    position = t.buffer.emit(name, t.frame.locals[test.counter], *amount, bound, 0, *end.costs, 0)
    t.buffer.branch_to(BY_OPERATION[name], position, test.branch.immediates[0] + 1)
    return position + BY_OPERATION[name].field("skipped").offset
