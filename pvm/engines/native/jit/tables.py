"""Tables of numbers in place: the first slot that a search comes to, where most of them end.

A map of numbers so looks at its slot and at the number in compiled code, where the next round's can be under way at the
same time.  A slot that is taken by another number, or was taken out of, is for the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pvm.engines.native.jit.in_place import InPlace, Shortcut
from pvm.isa.machine import Val
from pvm.isa.types import ArrayKind

_FACTOR = 0x9E3779B97F4A7C15 - (1 << 64)


class _Near(NamedTuple):
    """The first slot of a search: its index, and what is in it (i32)."""

    place: Val
    slot: Val


class Tables(InPlace):
    """Functions on tables of numbers."""

    def find(self, arguments: Sequence[Val]) -> Val:
        """``table.find_number``."""
        slots, _, keys, key = arguments
        text, m = self.text, self.lowering
        near = self._near(slots, key)
        taken, done = text.fresh_label("taken"), text.fresh_label("found")
        before = text.label
        text.branch(text.value(f"icmp eq i32 {near.slot.raw}, 0"), done, taken)
        text.block(taken, dominated=True)
        # As an unsigned number, what was taken out is behind the end of every array.
        index = Val(text.value(f"zext i32 {text.value(f'sub i32 {near.slot.raw}, 1')} to i64"), "i64")
        self.unless(m.raw(m.lt_u(index, m.array_length(keys))))
        self.unless(m.raw(m.eq(m.array_load(ArrayKind.I64, keys, index), key)))
        label = text.label
        text.jump(done)
        text.block(done)
        return Val(text.value(f"phi i64 [ -1, %{before} ], [ {index.raw}, %{label} ]"), "i64")

    def replace(self, arguments: Sequence[Val]) -> None:
        """``table.replace_number``."""
        slots, _, key, old, new = arguments
        m = self.lowering
        near = self._near(slots, key)
        self.unless(m.raw(m.eq(near.slot, old)))
        m.array_store(ArrayKind.I32, slots, near.place, new)

    def _near(self, slots: Val, key: Val) -> _Near:
        """As ``hash_tables.peb`` has it."""
        m = self.lowering
        size = m.array_length(slots)
        self.unless(m.raw(m.eq(m.popcnt(size), m.i64(1))))
        high = m.shr_u(key, m.ctz(size))
        spread = m.shr_u(m.mul(high, m.i64(_FACTOR)), m.i64(32))
        place = m.bit_and(m.bit_xor(key, spread), m.sub(size, m.i64(1)))
        return _Near(place, m.array_load(ArrayKind.I32, slots, place))


SHORTCUTS: Mapping[str, Shortcut] = {
    "table.find_number": lambda lowering, call, arguments: Tables(lowering, call).find(arguments),
    "table.replace_number": lambda lowering, call, arguments: Tables(lowering, call).replace(arguments),
}
