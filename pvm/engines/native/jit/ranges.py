"""What numbers in locals can be at the heads of loops: intervals, by abstract interpretation of the bytecode.

LLVM finds the same where a function is entered at its beginning.  But compiled code is entered in the middle of loops
too, where locals come out of a frame: what is known of them there has to be said, or nothing is known in the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from pvm.engines.native.jit.loops import MAX_BLOCKS
from pvm.engines.polls import branch_labels
from pvm.isa.encoding import Instruction
from pvm.isa.types import Bank, Prim
from pvm.pbc.effects import EffectResolver, item_bank
from pvm.verify.verified import VerifiedFunction

LEAST, MOST = -(1 << 63), (1 << 63) - 1
_MAX_LENGTH = (1 << 32) - 1
_MAX_VISITS = 4
"""Visits of a head until what still grows does so in strides: each cycle has a head, so it ends soon."""
_LANDMARKS = (LEAST, LEAST + 1, -1, 0, 1, _MAX_LENGTH, MOST - 1, MOST)
"""Where strides end."""
_NEGATED = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_COMPARISONS = {
    "i64.lt_s": "lt",
    "i64.le_s": "le",
    "i64.gt_s": "gt",
    "i64.ge_s": "ge",
    "i64.eq": "eq",
    "i64.ne": "ne",
}


class Interval(NamedTuple):
    """Numbers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def union(self, other: Interval) -> Interval:
        """The least interval that has both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def within(self, low: int, high: int) -> Interval:
        """What is within bounds; control does not come to where nothing is.

        Raises:
            _Unreached: nothing is.
        """
        found = Interval(max(self.low, low), min(self.high, high))
        if found.low > found.high:
            raise _Unreached
        return found

    def wider(self, known: Interval) -> Interval:
        """This one, which has grown from a known one, grown on to the next landmarks."""
        low, high = self
        if low < known.low:
            low = max(each for each in _LANDMARKS if each <= low)
        if high > known.high:
            high = min(each for each in _LANDMARKS if each >= high)
        return Interval(low, high)


class _Unreached(Exception):
    """Control does not come to a place with what is known now."""


ANY = Interval(LEAST, MOST)
_KNOWN = {
    "array.size": Interval(0, _MAX_LENGTH),
    "string.size": Interval(0, _MAX_LENGTH),
    "i64.extend_i32_u": Interval(0, (1 << 32) - 1),
    "i64.extend_i32_s": Interval(-(1 << 31), (1 << 31) - 1),
}
"""Of instructions whose results are so whatever their operands are."""
State = dict[int, Interval]
"""Intervals of the locals of which something is known."""


class _Value(NamedTuple):
    """An operand: its interval, and the local that it is, if any, with what was added to that."""

    interval: Interval
    local: int = -1
    added: int = 0
    compared: tuple[str, _Value, _Value] | None = None
    """What it is the truth of."""

    def without(self, local: int) -> _Value:
        """The same when the local has changed."""
        compared = self.compared
        if compared is not None:
            relation, left, right = compared
            compared = relation, left.without(local), right.without(local)
        return self._replace(local=-1 if self.local == local else self.local, compared=compared)

    @property
    def constant(self) -> int | None:
        """The only number that it can be."""
        return self.interval.low if self.interval.low == self.interval.high else None


_UNKNOWN = _Value(ANY)


def ranges_at_heads(
    verified: VerifiedFunction,
    blocks: Mapping[int, Sequence[Instruction]],
    polled: Iterable[int],
    resolver: EffectResolver,
) -> dict[int, State]:
    """What is known of numbers of 64 bits in locals, by block that a branch goes back to."""
    heads = frozenset(polled)
    if not heads or len(blocks) > MAX_BLOCKS:
        return {head: {} for head in heads}
    found = _Analysis(verified, blocks, heads, resolver).run()
    return {
        head: {local: interval for local, interval in found.get(head, {}).items() if interval != ANY} for head in heads
    }


class _Analysis:
    def __init__(
        self,
        verified: VerifiedFunction,
        blocks: Mapping[int, Sequence[Instruction]],
        heads: Collection[int],
        resolver: EffectResolver,
    ) -> None:
        self.function = verified.function
        self.blocks = blocks
        self.heads = heads
        self.resolver = resolver
        self.labels = [label.offset for label in self.function.labels]
        self.numbers = {index for index, type_ in enumerate(verified.local_types) if type_ is Prim.I64}
        self.prims = {index for index, type_ in enumerate(verified.local_types) if isinstance(type_, Prim)}
        self.entering: dict[int, State] = {0: {}}
        self.visits: dict[int, int] = {}
        self.state: State = {}
        self.stack: list[_Value] = []

    def run(self) -> dict[int, State]:
        """What is known where each block begins that control comes to."""
        handlers = {self.labels[handler.target] for handler in self.function.handlers}
        self.entering |= {offset: {} for offset in handlers}  # whatever was before
        work = {0} | handlers
        while work:
            offset = min(work)
            work.remove(offset)
            with suppress(_Unreached):
                work |= {target for target, state in self._leaving(offset) if self._enter(target, state)}
        return self.entering

    def _enter(self, offset: int, state: State) -> bool:
        """Control may come to a block with a state; whether that is news."""
        known = self.entering.get(offset)
        if known is None:
            self.entering[offset] = dict(state)
            return True
        visits = self.visits[offset] = self.visits.get(offset, 0) + 1
        joined = {}
        for local, interval in known.items():
            union = interval.union(state.get(local, ANY))
            if visits > _MAX_VISITS and offset in self.heads and union != interval:
                union = union.wider(interval)
            if union != ANY:
                joined[local] = union
        self.entering[offset] = joined
        return joined != known

    def _leaving(self, offset: int) -> list[tuple[int, State]]:
        """Where control goes from a block, with what is known there."""
        self.state, self.stack = dict(self.entering[offset]), []
        block = self.blocks[offset]
        for instruction in block[:-1]:
            self._run(instruction)
        last = block[-1]
        mnemonic = last.opcode.mnemonic
        condition = _UNKNOWN
        if mnemonic in {"branch.if", "branch.unless"}:
            condition = self._pop()
        else:
            self._run(last)
        targets = [(self.labels[label], mnemonic == "branch.if") for label in branch_labels(last)]
        if not last.opcode.ends_block:
            targets.append((last.end, mnemonic == "branch.unless"))
        found = []
        for target, holds in targets:
            with suppress(_Unreached):
                found.append((target, self._when(condition, holds=holds)))
        return found

    def _when(self, condition: _Value, *, holds: bool) -> State:
        """The state where a comparison holds, or does not.

        Raises:
            _Unreached: it is never so.
        """
        state = dict(self.state)
        if condition.compared is not None:
            relation, left, right = condition.compared
            relation = relation if holds else _NEGATED[relation]
            _limit(state, left, relation, right)
            _limit(state, right, _MIRRORED[relation], left)
        return state

    # Instructions

    def _pop(self) -> _Value:
        return self.stack.pop() if self.stack else _UNKNOWN  # operands of other blocks

    def _run(self, instruction: Instruction) -> None:
        mnemonic = instruction.opcode.mnemonic
        method = _SPECIAL.get(mnemonic)
        if method is not None:
            method(self, instruction)
            return
        effect = self.resolver.resolve(self.function, instruction.opcode, instruction.immediates)
        popped = [self._pop() for item in effect.pops if item_bank(item) is Bank.PRIM][::-1]
        made = _result(mnemonic, popped)
        self.stack += [made for item in effect.pushes if item_bank(item) is Bank.PRIM]
        if mnemonic in {"array.get", "array.set", "string.get"}:
            self._index(popped[0])

    def _index(self, value: _Value) -> None:
        """A value was a good index."""
        _narrow(self.state, value, 0, _MAX_LENGTH - 1)

    def get(self, instruction: Instruction) -> None:
        """``local.get``."""
        local = instruction.immediates[0]
        if local in self.numbers:
            self.stack.append(_Value(self.state.get(local, ANY), local))
        elif local in self.prims:
            self.stack.append(_UNKNOWN)

    def set(self, instruction: Instruction, *, keeps: bool = False) -> None:
        """``local.set``."""
        local = instruction.immediates[0]
        if local not in self.prims:
            return
        value = self._pop()
        self.stack[:] = [each.without(local) for each in self.stack]
        if local in self.numbers:
            self.state[local] = value.interval
        if keeps:
            self.stack.append(value.without(local))

    def tee(self, instruction: Instruction) -> None:
        """``local.tee``."""
        self.set(instruction, keeps=True)

    def constant(self, instruction: Instruction) -> None:
        """``i64.const``."""
        number = int(instruction.immediates[0])
        self.stack.append(_Value(Interval(number, number)))

    def dup(self, _: Instruction) -> None:
        """``prim.dup``."""
        self.stack += [self._pop()] * 2

    def swap(self, _: Instruction) -> None:
        """``prim.swap``."""
        upper, lower = self._pop(), self._pop()
        self.stack += [upper, lower]


_SPECIAL = {
    "local.get": _Analysis.get,
    "local.set": _Analysis.set,
    "local.tee": _Analysis.tee,
    "i64.const": _Analysis.constant,
    "prim.dup": _Analysis.dup,
    "prim.swap": _Analysis.swap,
}


# Conditions


def _narrow(state: State, value: _Value, low: int, high: int) -> None:
    """A value is within bounds, so the local that it is made of is."""
    if value.local >= 0:
        state[value.local] = state.get(value.local, ANY).within(low - value.added, high - value.added)


def _limit(state: State, left: _Value, relation: str, right: _Value) -> None:
    """Two values have a relation: what that says of the left one."""
    low, high = right.interval
    match relation:
        case "lt":
            _narrow(state, left, LEAST, high - 1)
        case "le":
            _narrow(state, left, LEAST, high)
        case "gt":
            _narrow(state, left, low + 1, MOST)
        case "ge":
            _narrow(state, left, low, MOST)
        case "eq":
            _narrow(state, left, low, high)


# Results


def _result(mnemonic: str, operands: Sequence[_Value]) -> _Value:
    """What an instruction makes of primitive operands."""
    if mnemonic in _KNOWN:
        return _Value(_KNOWN[mnemonic])
    relation = _COMPARISONS.get(mnemonic)
    if relation is not None:
        return _Value(ANY, compared=(relation, operands[0], operands[1]))
    match mnemonic.removeprefix("i64.").partition("_"):
        case "add" | "sub" | "mul" as name, _, kind if kind in {"", "checked_s"}:
            return _arithmetic(name, *operands, is_checked=bool(kind))
        case "rem", _, "s":
            return _Value(_remainder(operands[0].interval, operands[1].constant))
        case "and", _, _:
            masks = [each.constant for each in operands if each.constant is not None and each.constant >= 0]
            return _Value(Interval(0, min(masks))) if masks else _UNKNOWN
    return _UNKNOWN


def _arithmetic(name: str, left: _Value, right: _Value, *, is_checked: bool) -> _Value:
    (a, b), (c, d) = left.interval, right.interval
    match name:
        case "add":
            ends = [a + c, b + d]
        case "sub":
            ends = [a - d, b - c]
        case _:
            ends = [a * c, a * d, b * c, b * d]
    found = Interval(min(ends), max(ends))
    if found.low < LEAST or found.high > MOST:
        if not is_checked:
            return _UNKNOWN
        found = ANY.within(*found)
    if name != "mul" and right.constant is not None and left.local >= 0:
        return _Value(found, left.local, left.added + (right.constant if name == "add" else -right.constant))
    if name == "add" and left.constant is not None and right.local >= 0:
        return _Value(found, right.local, right.added + left.constant)
    return _Value(found)


def _remainder(dividend: Interval, divisor: int | None) -> Interval:
    """It has the sign of the dividend."""
    most = MOST if not divisor else abs(divisor) - 1
    return Interval(0 if dividend.low >= 0 else -most, 0 if dividend.high <= 0 else most)
