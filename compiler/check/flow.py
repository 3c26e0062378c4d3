"""What is known at a point of a function: narrowed types, unassigned locals, whether the point is reached.

A `Flow` is never changed after it is made, so that branches share it.  A key of ``narrowed`` is a local, a
`let` of a module (which goes from null to its value once, and never back), or a path of one of these and immutable
fields (``node.next``).  ``unassigned`` holds locals that may lack a value,
``assigned`` late-initialised ones that may have one.
"""

from __future__ import annotations

from typing import TypeAlias

from compiler.check.subtyping import join, same_type
from compiler.ir.symbols import FieldSymbol, GlobalSymbol, LocalSymbol
from compiler.ir.types import Type

Key: TypeAlias = "LocalSymbol | GlobalSymbol | tuple[LocalSymbol | GlobalSymbol | FieldSymbol, ...]"
MAX_NARROWED = 256
"""Facts kept at a time, so that their number does not multiply with that of the statements; the oldest go."""
_NO_LOCALS: frozenset[LocalSymbol] = frozenset()


class Flow:
    """Facts that hold where control is."""

    __slots__ = ("assigned", "is_reachable", "narrowed", "unassigned")

    def __init__(
        self,
        narrowed: dict[Key, Type],
        unassigned: frozenset[LocalSymbol] = _NO_LOCALS,
        assigned: frozenset[LocalSymbol] = _NO_LOCALS,
        *,
        is_reachable: bool = True,
    ) -> None:
        self.narrowed = narrowed
        self.unassigned = unassigned
        self.assigned = assigned
        self.is_reachable = is_reachable

    def dead(self) -> Flow:
        """Return the facts after a jump: nothing comes here."""
        if not self.is_reachable:
            return self
        return Flow(self.narrowed, self.unassigned, self.assigned, is_reachable=False)

    def narrow(self, key: Key, type_: Type) -> Flow:
        """Return the facts when a value is known to be of a narrower type."""
        narrowed = {**self.narrowed, key: type_}
        if len(narrowed) > MAX_NARROWED:
            del narrowed[next(iter(narrowed))]
        return Flow(narrowed, self.unassigned, self.assigned, is_reachable=self.is_reachable)

    def forget(self, locals_: frozenset[LocalSymbol] | set[LocalSymbol]) -> Flow:
        """Return the facts after locals may have got other values."""
        kept = {key: type_ for key, type_ in self.narrowed.items() if root(key) not in locals_}
        if len(kept) == len(self.narrowed):
            return self
        return Flow(kept, self.unassigned, self.assigned, is_reachable=self.is_reachable)

    def declare_unassigned(self, local: LocalSymbol) -> Flow:
        """Return the facts after a declaration without a value."""
        return Flow(self.narrowed, self.unassigned | {local}, self.assigned - {local}, is_reachable=self.is_reachable)

    def assign(self, local: LocalSymbol) -> Flow:
        """Return the facts after a late-initialised local got a value."""
        return Flow(self.narrowed, self.unassigned - {local}, self.assigned | {local}, is_reachable=self.is_reachable)


def root(key: Key) -> LocalSymbol | GlobalSymbol | FieldSymbol:
    """Return the variable that a key begins with."""
    return key[0] if isinstance(key, tuple) else key


def join_flows(a: Flow, b: Flow) -> Flow:
    """Return what holds whichever of two ways control came."""
    if a is b or not b.is_reachable:
        return a
    if not a.is_reachable:
        return b
    if a.narrowed is b.narrowed:
        narrowed = a.narrowed
    else:
        narrowed = {}
        for key, type_ in a.narrowed.items():
            other = b.narrowed.get(key)
            if other is not None:
                narrowed[key] = type_ if same_type(type_, other) else join(type_, other)
    return Flow(narrowed, a.unassigned | b.unassigned, a.assigned | b.assigned)
