"""Which functions poll: the one rule about where a task can be preempted, the same for every engine.

A task can be preempted where a *backward branch* arrives and at the entry of a function that is not
*bounded*.  A bounded function has no loop, waits for nothing, and calls only bounded functions
directly; all that together is at most ``MAX_WORK`` instructions and ``MAX_HEIGHT`` calls deep.  So
what runs between two polls is bounded, and engines are free to inline bounded functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form, Imm
from pvm.pbc.model import Function
from pvm.verify.verified import VerifiedFunction

MAX_WORK = 400
MAX_HEIGHT = 8
_UNBOUNDED = frozenset({Form.HYPERCALL, Form.TASK, Form.TAIL_CALL})
_Plan = tuple[int, tuple[int, ...]]


class PollRule:
    """Answers for the functions of one module, which it looks at when first asked."""

    def __init__(self, functions: Sequence[VerifiedFunction]) -> None:
        self._functions = functions
        self._plans: dict[int, _Plan | None] = {}
        self._work: dict[int, tuple[int, int] | None] = {}

    def is_bounded(self, index: int) -> bool:
        """Whether the function is bounded."""
        if index not in self._work:
            self._explore(index)
        return self._work[index] is not None

    def _explore(self, index: int) -> None:
        stack = [index]
        open_: set[int] = set()
        while stack:
            current = stack[-1]
            plan = self._plan(current)
            if plan is None or current in self._work:
                self._work.setdefault(current, None)
                open_.discard(stack.pop())
                continue
            waiting = [callee for callee in plan[1] if callee not in self._work and callee not in open_]
            if waiting and current not in open_:
                open_.add(current)
                stack += waiting
                continue
            self._work[current] = self._total(plan)
            open_.discard(stack.pop())

    def _total(self, plan: _Plan) -> tuple[int, int] | None:
        """Instructions and height of a function whose callees are known."""
        total, height = plan[0], 1
        for callee in plan[1]:
            work = self._work.get(callee)
            if work is None:
                return None
            total += work[0]
            height = max(height, work[1] + 1)
        return (total, height) if total <= MAX_WORK and height <= MAX_HEIGHT else None

    def _plan(self, index: int) -> _Plan | None:
        """Own instructions and callees; None if the function alone is not bounded."""
        if index not in self._plans:
            self._plans[index] = _plan(self._functions[index])
        return self._plans[index]


def _plan(verified: VerifiedFunction) -> _Plan | None:
    if len(verified.instructions) > MAX_WORK:
        return None
    callees = []
    for instruction in verified.instructions:
        opcode = instruction.opcode
        if opcode.form in _UNBOUNDED or _goes_back(verified.function, instruction):
            return None
        if opcode.form is Form.CALL and opcode.mnemonic != "call.runtime":
            if opcode.mnemonic != "call":
                return None
            callees.append(instruction.immediates[0])
    return len(verified.instructions), tuple(callees)


def _goes_back(function: Function, instruction: Instruction) -> bool:
    return any(function.labels[label].offset <= instruction.offset for label in branch_labels(instruction))


def branch_labels(instruction: Instruction) -> tuple[int, ...]:
    """Labels that an instruction may go to."""
    for (_, kind), value in zip(instruction.opcode.immediates, instruction.immediates, strict=True):
        if kind is Imm.LABEL:
            return (value,)
        if kind is Imm.LABELS:
            return tuple(value)
    return ()


def backward_targets(function: Function, instructions: Sequence[Instruction]) -> frozenset[int]:
    """Offsets of labels that a branch at or after them goes to: where loops poll."""
    found = set()
    for instruction in instructions:
        for label in branch_labels(instruction):
            offset = function.labels[label].offset
            if offset <= instruction.offset:
                found.add(offset)
    return frozenset(found)
