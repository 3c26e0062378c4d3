"""Which locals are initialised at a label that does not say so.

The rule, for a reader of assembly: what is initialised on every way to the label that stands before
it in the text: at each branch to it, in the instruction before it if that can fall through, and
for the target of a handler wherever the handler's range starts or has a label.  If there is no such
way (the label is reached from below only), it is what was initialised at the last instruction.

Sets of locals are bit masks.  Assembler, disassembler and builder share this rule, so that a state
which the rule gives need not be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pvm.isa.instruction import Imm, Opcode

MAX_WORK = 1 << 24
"""Labels times locals, and labels times handlers, up to which the rule is applied.

Beyond, a label that does not say so has its parameters initialised and nothing else: the rule's
cost is quadratic for a function made to be hostile.
"""


class Range(NamedTuple):
    """A handler's range in numbers of instructions, and its label."""

    start: int
    end: int
    target: int


def default_locals(
    code: Sequence[tuple[Opcode, tuple[Any, ...]]],
    label_at: Mapping[int, int],
    ranges: Sequence[Range],
    slots: tuple[int, int],
    declared: Mapping[int, tuple[int, Sequence[int]]],
) -> dict[int, int]:
    """Return the mask that the rule gives each label.

    ``label_at`` maps numbers of instructions to labels; ``slots`` are the numbers of parameters and
    of all locals; ``declared`` has the ``locals`` and ``gaps`` of labels that
    say so, which hold from there on.
    """
    params, total = slots
    if not label_at:
        return {}
    if len(label_at) * max(total, len(ranges)) > MAX_WORK:
        return dict.fromkeys(label_at.values(), (1 << params) - 1)
    return _Flow(label_at, ranges, declared, (1 << params) - 1).run(code)


def mask_of(locals_: int, gaps: Sequence[int]) -> int:
    """The mask of a label's ``locals`` and ``gaps``."""
    mask = (1 << locals_) - 1
    if gaps:
        bits = bytearray(locals_ // 8 + 1)
        for gap in gaps:
            bits[gap >> 3] |= 1 << (gap & 7)
        mask &= ~int.from_bytes(bits, "little")
    return mask


def split_mask(mask: int) -> tuple[int, tuple[int, ...]]:
    """The least ``locals`` and the ``gaps`` of a mask."""
    size = mask.bit_length()
    if mask == (1 << size) - 1:
        return size, ()
    return size, tuple(index for index, bit in enumerate(reversed(f"{mask:b}")) if bit == "0")


def targets_of(opcode: Opcode, immediates: tuple[Any, ...]) -> tuple[int, ...]:
    """The labels that an instruction names."""
    for (_, kind), value in zip(opcode.immediates, immediates, strict=True):
        if kind is Imm.LABEL:
            return (value,)
        if kind is Imm.LABELS:
            return tuple(value)
    return ()


_STORES = frozenset({"local.set", "local.tee"})


class _Flow:
    def __init__(
        self,
        label_at: Mapping[int, int],
        ranges: Sequence[Range],
        declared: Mapping[int, tuple[int, Sequence[int]]],
        current: int,
    ) -> None:
        self.label_at = label_at
        self.declared = declared
        self.current = current
        self.falls = True
        self.pending: dict[int, int] = {}
        self.result: dict[int, int] = {}
        self.active: dict[int, int] = {}
        self.starts: dict[int, list[int]] = {}
        self.ends: dict[int, list[int]] = {}
        for number, item in enumerate(ranges):
            self.starts.setdefault(item.start, []).append(number)
            self.ends.setdefault(item.end, []).append(number)
        self.targets = [item.target for item in ranges]

    def run(self, code: Sequence[tuple[Opcode, tuple[Any, ...]]]) -> dict[int, int]:
        for number, (opcode, immediates) in enumerate(code):
            for ended in self.ends.get(number, ()):
                self.active.pop(ended, None)
            if number in self.label_at:
                self.enter_label(self.label_at[number])
            for started in self.starts.get(number, ()):
                self.active[started] = self.targets[started]
                self.reach(self.targets[started])
            if not immediates:
                pass
            elif opcode.mnemonic in _STORES:
                self.current |= 1 << immediates[0]
            else:
                for target in targets_of(opcode, immediates):
                    self.reach(target)
            self.falls = not opcode.ends_block
        return self.result

    def reach(self, label: int) -> None:
        self.pending[label] = self.pending.get(label, self.current) & self.current

    def enter_label(self, label: int) -> None:
        if self.falls or label not in self.pending:
            self.reach(label)
        self.result[label] = self.pending[label]
        self.current = mask_of(*self.declared[label]) if label in self.declared else self.result[label]
        for target in self.active.values():
            self.reach(target)
