"""Which operand stacks a label has that does not say so: a linear pass over the effects of a function.

A label's stacks are the join of those at every branch to it that stands before it, and of those
before it if control falls into it.  A label that is reached from below only has empty stacks, as
the target of a backward branch must.  The pass trusts the code: it is for whoever makes code, and
the verifier judges the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pvm.errors import UsageError
from pvm.isa.instruction import Form, Opcode
from pvm.isa.types import ANY, Bank, HeapKind, Prim, RefType, ValueType, class_ref
from pvm.pbc.effects import EffectResolver, ResolvedEffect, TypeVariable, UnresolvedEffect, item_bank
from pvm.pbc.label_state import targets_of
from pvm.pbc.layout import layouts
from pvm.pbc.model import Function, Module
from pvm.pbc.subtyping import Hierarchy, is_subtype

Stacks = tuple[tuple[ValueType, ...], tuple[RefType, ...]]
EMPTY: Stacks = ((), ())
_BRANCHES = frozenset({Form.JUMP, Form.BRANCH, Form.BRANCH_REF, Form.SWITCH})


class StackTracker:
    """Finds the stacks at labels in the functions of one module.

    Precondition: classes, signatures, globals, imports, and the functions' signatures and locals are final.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.resolver = EffectResolver(module, layouts(module))
        self.hierarchy = Hierarchy(module.classes)

    def label_stacks(
        self,
        function: Function,
        code: Sequence[tuple[Opcode, tuple[Any, ...]]],
        label_at: Mapping[int, int],
        declared: Mapping[int, Stacks],
    ) -> dict[int, Stacks]:
        """Return the stacks of each label; those in ``declared`` hold as they are.

        Raises:
            UsageError: the code pops what is not there, or labels are reached with stacks of other depth.
        """
        return _Pass(self, function, label_at, declared).run(code)

    def join(self, first: ValueType, second: ValueType) -> ValueType | None:
        """The least type that both are below, None if there is none."""
        if first == second:
            return first
        if isinstance(first, Prim) or isinstance(second, Prim):
            return None
        nullable = first.nullable or second.nullable
        first, second = first.with_null(nullable), second.with_null(nullable)
        if is_subtype(self.hierarchy, first, second):
            return second
        candidate: RefType | None = first
        while candidate is not None and not is_subtype(self.hierarchy, second, candidate):
            candidate = self._above(candidate)
        return candidate or ANY.with_null(nullable)

    def _above(self, value: RefType) -> RefType | None:
        above = self.module.classes[value.index].superclass if value.kind is HeapKind.CLASS else None
        return None if above is None else class_ref(above, nullable=value.nullable)


class _Pass:
    def __init__(
        self, tracker: StackTracker, function: Function, label_at: Mapping[int, int], declared: Mapping[int, Stacks]
    ) -> None:
        self.tracker = tracker
        self.function = function
        self.label_at = label_at
        self.declared = declared
        self.pending: dict[int, Stacks] = {}
        self.result: dict[int, Stacks] = dict(declared)
        self.stacks: dict[Bank, list[Any]] = {Bank.PRIM: [], Bank.REF: []}
        self.falls = True
        self.number = 0

    def run(self, code: Sequence[tuple[Opcode, tuple[Any, ...]]]) -> dict[int, Stacks]:
        for self.number, (opcode, immediates) in enumerate(code):
            if self.number in self.label_at:
                self.enter_label(self.label_at[self.number])
            if not self.falls:
                raise self.error("code after the end of a block needs a label")
            self.step(opcode, immediates)
            self.falls = not opcode.ends_block
        return self.result

    def error(self, message: str) -> UsageError:
        return UsageError(f"function {self.function.name!r}, instruction {self.number}: {message}")

    def step(self, opcode: Opcode, immediates: tuple[Any, ...]) -> None:
        resolver = self.tracker.resolver
        try:
            effect = resolver.resolve(self.function, opcode, immediates)
            taken = (
                resolver.resolve_taken(self.function, opcode, immediates) if opcode.form is Form.BRANCH_REF else effect
            )
        except UnresolvedEffect as error:
            raise self.error(f"{opcode.mnemonic}: {error.message}") from None
        bound = self.pop(opcode, effect)
        if opcode.form in _BRANCHES:
            before = self.snapshot()
            self.push(taken, bound)
            for target in targets_of(opcode, immediates):
                self.reach(target, self.snapshot())
            self.stacks = {Bank.PRIM: list(before[0]), Bank.REF: list(before[1])}
        if not opcode.ends_block:
            self.push(effect, bound)

    def pop(self, opcode: Opcode, effect: ResolvedEffect) -> dict[str, ValueType]:
        bound: dict[str, ValueType] = {}
        for item in reversed(effect.pops):
            stack = self.stacks[item_bank(item)]
            if not stack:
                raise self.error(f"{opcode.mnemonic} pops {item}, but the stack is empty")
            value = stack.pop()
            if isinstance(item, TypeVariable):
                bound[item.name] = value
        return bound

    def push(self, effect: ResolvedEffect, bound: Mapping[str, ValueType]) -> None:
        for item in effect.pushes:
            value: ValueType = bound[item.name] if isinstance(item, TypeVariable) else item
            if isinstance(item, TypeVariable) and item.non_null and isinstance(value, RefType):
                value = value.with_null(False)
            self.stacks[item_bank(item)].append(value)

    def snapshot(self) -> Stacks:
        return tuple(self.stacks[Bank.PRIM]), tuple(self.stacks[Bank.REF])

    def reach(self, label: int, stacks: Stacks) -> None:
        if label in self.result:
            return
        known = self.pending.get(label)
        if known is None:
            self.pending[label] = stacks
            return
        prims = self.joined(label, known[0], stacks[0])
        refs = self.joined(label, known[1], stacks[1])
        self.pending[label] = (tuple(prims), tuple(value for value in refs if isinstance(value, RefType)))

    def joined(self, label: int, first: Sequence[ValueType], second: Sequence[ValueType]) -> Iterable[ValueType]:
        if len(first) != len(second):
            raise self.error(f"label {label} is reached with stacks of depth {len(first)} and {len(second)}")
        for a, b in zip(first, second, strict=True):
            value = self.tracker.join(a, b)
            if value is None:
                raise self.error(f"label {label} is reached with {a} and with {b}")
            yield value

    def enter_label(self, label: int) -> None:
        if self.falls:
            self.reach(label, self.snapshot())
        if label not in self.result:
            prims, refs = self.pending.get(label, EMPTY)
            self.result[label] = (prims, tuple(map(_writable, refs)))
        prims, refs = self.result[label]
        self.stacks = {Bank.PRIM: list(prims), Bank.REF: list(refs)}
        self.falls = True


def _writable(value: RefType) -> RefType:
    """The type of null alone cannot be written in a file."""
    return ANY.with_null(value.nullable) if value.kind is HeapKind.NONE else value
