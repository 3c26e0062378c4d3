"""The two operand stacks while a function is translated: which slot, or which constant, each operand is.

An operand is the number of a slot (its own *canonical* one, or that of a local that it is a copy of) or a ``Constant``.
The canonical slot of position n on a stack is the n-th operand slot of its bank.  Nothing is moved before it has to be:
where control flow meets, where a local is overwritten, where a slot is needed for something else.  What an operation
costs here does not grow with the depth of the stack, since hostile code has deep ones.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.engines.native.code.buffer import CodeBuffer

SMALL = range(-0x8000, 0x8000)


class Constant(NamedTuple):
    """A constant as the 64 bits that its slot would hold, and its value if it is an integer.  References: null."""

    bits: int
    value: int | None = None


Operand = int | Constant
NULL = Constant(0)
_SAVED = -1
"""The scratch word, as a source of a move."""


class OperandStack:
    """The operands of one bank, bottom first in ``items``; change them through the methods only."""

    def __init__(self, buffer: CodeBuffer, bank: str, first_slot: int) -> None:
        self.buffer = buffer
        self.bank = bank
        self.first = first_slot
        self.items: list[Operand] = []
        self._odd: set[int] = set()
        """Positions that are not in their canonical slot."""
        self._copies: dict[int, set[int]] = {}
        """Of those that are in another slot, the positions by slot."""

    def reset(self, depth: int) -> None:
        """Begin with everything in its canonical slot."""
        self.items = [self.first + position for position in range(depth)]
        self._odd.clear()
        self._copies.clear()

    def push(self, item: Operand) -> None:
        """Push a constant or the value of a slot."""
        position = len(self.items)
        self.items.append(item)
        if item != self.first + position:
            self._note(position, item)

    def pop(self) -> Operand:
        """Pop the top."""
        item = self.items.pop()
        self._forget(len(self.items), item)
        return item

    def drop(self, count: int) -> None:
        """Pop operands."""
        for _ in range(count):
            self.pop()

    def push_result(self) -> int:
        """Push what the next instruction makes; its slot.  ``clear_above`` has made it free."""
        slot = self.first + len(self.items)
        assert slot not in self._copies, "an operand is where a result goes"
        self.items.append(slot)
        return slot

    def is_copied(self, slot: int) -> bool:
        """Whether an operand is in the slot but not by right."""
        return slot in self._copies

    def is_needed(self, slot: int) -> bool:
        """Whether the slot of what was an operand is a local's, or that of another operand too."""
        if slot < self.first or slot in self._copies:
            return True
        position = slot - self.first
        return position < len(self.items) and self.items[position] == slot

    def clear_above(self, depth: int) -> None:
        """See to it that no operand below the topmost ``depth`` is in a canonical slot of theirs, or the next one."""
        if not self._copies:
            return
        kept = len(self.items) - depth
        for position in range(kept, len(self.items) + 1):
            if any(other < kept for other in self._copies.get(self.first + position, ())):
                self.settle()
                return

    def in_slot(self, depth: int) -> int:
        """The slot of the operand ``depth`` below the top (1 is the top), which stays on the stack."""
        position = len(self.items) - depth
        item = self.items[position]
        if not isinstance(item, Constant):
            return item
        slot = self.first + position
        if slot in self._copies:
            self.settle()
        else:
            self.load(slot, item)
            self._replace(position)
        return slot

    def detach(self, slot: int) -> None:
        """Move operands out of the slot of a local that is about to be written."""
        for position in sorted(self._copies.get(slot, ())):
            own = self.first + position
            if own in self._copies:
                self.settle()
                return
            self.buffer.emit(f"move.{self.bank}", own, slot)
            self._replace(position)

    def settle(self, count: int | None = None) -> None:
        """Move the lowest ``count`` operands, all by default, to their canonical slots."""
        upto = len(self.items) if count is None else count
        moves = {self.first + position: self.items[position] for position in sorted(self._odd) if position < upto}
        if not moves:
            return
        if any(item in moves for item in self.items[upto:]):
            self.settle()
            return
        self._move(moves)
        for slot in moves:
            self._replace(slot - self.first)

    def load(self, slot: int, constant: Constant) -> None:
        """Emit what puts a constant into a slot."""
        if self.bank == "ref":
            self.buffer.emit("null", slot)
        elif constant.bits in SMALL:
            self.buffer.emit("constant.small", slot, constant.bits)
        else:
            self.buffer.emit("constant", slot, constant.bits)

    def _note(self, position: int, item: Operand) -> None:
        self._odd.add(position)
        if not isinstance(item, Constant):
            self._copies.setdefault(item, set()).add(position)

    def _forget(self, position: int, item: Operand) -> None:
        if position not in self._odd:
            return
        self._odd.discard(position)
        if not isinstance(item, Constant):
            positions = self._copies[item]
            positions.discard(position)
            if not positions:
                del self._copies[item]

    def _replace(self, position: int) -> None:
        """The operand is in its canonical slot now."""
        self._forget(position, self.items[position])
        self.items[position] = self.first + position

    def _move(self, moves: dict[int, Operand]) -> None:
        """Perform moves, slot to what it gets, as if at once."""
        constants = {slot: item for slot, item in moves.items() if isinstance(item, Constant)}
        pending = {slot: item for slot, item in moves.items() if not isinstance(item, Constant)}
        readers: dict[int, int] = {}
        for source in pending.values():
            readers[source] = readers.get(source, 0) + 1
        ready = [slot for slot in pending if slot not in readers]
        while pending:
            if not ready:
                slot, source = next(iter(pending.items()))
                self.buffer.emit(f"scratch.save.{self.bank}", source)
                pending[slot] = _SAVED
                readers[source] -= 1
                ready.append(source)
            slot = ready.pop()
            source = pending.pop(slot)
            if source == _SAVED:
                self.buffer.emit(f"scratch.load.{self.bank}", slot)
                continue
            self.buffer.emit(f"move.{self.bank}", slot, source)
            readers[source] -= 1
            if not readers[source] and source in pending:
                ready.append(source)
        for slot, constant in constants.items():
            self.load(slot, constant)
