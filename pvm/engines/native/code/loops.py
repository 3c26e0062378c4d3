"""Ends of loops: a block that only compares a counter and branches, as one operation with the step before it.

``for`` and ``while`` put their test behind the body, which falls into it or jumps to it.  That costs the body a
``charge`` or a ``jump``, the comparison an instruction of its own, and the step another one.  So what goes on with such
a block gets one operation that does all of it; the block itself is there too, for whom the fuel ends in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pvm.engines.native.code.buffer import Edge
from pvm.engines.native.code.operands import SMALL
from pvm.engines.native.code.operations import (
    BY_OPERATION,
    FALLEN_POLLS,
    LOOP_STEPS,
    LOOP_TESTS,
    MAX_COST,
    OWN_POLLS,
    STEP_POLLS,
    TAKEN_POLLS,
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


MAX_JUMP = 1024
"""Bytes of bytecode between a jump and the end of the loop, if both are one operation: code has to be near for it."""
Block = Sequence[Instruction]


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
    """What one operation does, and the edges to blocks that it goes through and to: ``before`` if the step is one."""

    test: LoopTest
    step: Step | None
    before: Edge
    own: Edge
    taken: Edge
    fallen: Edge

    @property
    def has_own_step(self) -> bool:
        """Whether the step ends the block that falls into the test."""
        return self.step is not None and not self.before.cost


class Places(NamedTuple):
    """Where an operation says where code is that stands behind it."""

    behind: int
    """The end of the operation."""
    test_at: int
    skipped: int


def loop_test(t: Translator, block: Sequence[Instruction]) -> LoopTest | None:
    """What a block does, if it only compares a local with a local, a small constant or a size, and branches on it."""
    names = [each.opcode.mnemonic for each in block]
    if len(block) not in {4, 5} or names[0] != "local.get" or names[-1] not in {"branch.if", "branch.unless"}:
        return None
    if not _is_bare(t, block[0].offset):
        return None
    test = names[-2] if names[-1] == "branch.if" else _OPPOSITE.get(names[-2], "")
    if test not in LOOP_TESTS:
        return None
    limit, bound = _limit(block[1:-2], names[1:-2])
    if not limit or (limit == "size" and test != "i64.lt_s"):
        return None
    return LoopTest(block[0].offset, test, block[0].immediates[0], limit, bound, block[-1])


def _is_bare(t: Translator, offset: int) -> bool:
    """Whether control meets at an offset with nothing on the operand stacks."""
    label = next((t.function.labels[number] for number in t.labels_at.get(offset, ())), None)
    return label is not None and not label.prims and not label.refs


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


def loop_end(t: Translator, block: Sequence[Instruction], following: Sequence[Block]) -> LoopEnd | None:
    """How a block without its jump ends that goes on with the following ones, if that is one operation.

    The first of these may be the test, or nothing but the step, as behind an ``if``, which falls into the test.
    """
    if not following:
        return None
    test, step, before = loop_test(t, following[0]), None, Edge(0, polls=False)
    if test is not None:
        step = loop_step(block, test)
    elif len(following) > 1 and len(following[0]) == _STEP_SIZE:
        test = loop_test(t, following[1])
        step = loop_step(following[0], test) if test is not None else None
        # One that may trap has to be paid for before.
        if step is None or step.opcode != "i64.add" or not _is_bare(t, following[0][0].offset):
            return None
        before = t.edge(following[0][0].offset)
    return None if test is None else _priced(t, test, step, before)


def _priced(t: Translator, test: LoopTest, step: Step | None, before: Edge) -> LoopEnd | None:
    """The end of a loop with its costs, if they fit."""
    target = t.function.labels[test.branch.immediates[0]].offset
    own, taken, fallen = (t.edge(offset) for offset in (test.offset, target, test.branch.end))
    through = own.cost + before.cost
    if not own.cost or not taken.cost or not fallen.cost or through + max(taken.cost, fallen.cost) > MAX_COST:
        return None
    taken, fallen = (edge._replace(cost=edge.cost + through) for edge in (taken, fallen))
    return LoopEnd(test, step, before, own, taken, fallen)


def emit_loop_end(t: Translator, end: LoopEnd) -> Places:
    """Emit the operation, when nothing is on the operand stacks."""
    test, step = end.test, end.step
    name = loop_operation(LoopShape(step.opcode if step else "", test.limit), test.test)
    bound = test.bound if test.limit == "constant" else t.frame.locals[test.bound]
    amount = (step.amount,) if step else ()
    polls = TAKEN_POLLS * end.taken.polls | FALLEN_POLLS * end.fallen.polls
    polls |= STEP_POLLS * end.before.polls | OWN_POLLS * end.own.polls
    costs = (end.taken.cost, end.fallen.cost, polls, end.before.cost, end.own.cost)
    position = t.buffer.emit(name, t.frame.locals[test.counter], *amount, bound, 0, *costs, 0, 0)
    operation = BY_OPERATION[name]
    t.buffer.branch_to(operation, position, test.branch.immediates[0] + 1)
    places = (position + operation.field(field).offset for field in ("test_at", "skipped"))
    return Places(position + operation.size, *places)
