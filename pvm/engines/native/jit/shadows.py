"""Shadows: variables beside a local for what never changes in the object that it refers to.

Lengths, and fields that are not mutable, are loaded where the local gets its value, and loops find them there.  LLVM
cannot move such loads out of a loop by itself: a look at the fuel stands before them, so they might not run, and a load
from anywhere in a cage might fail.  Which shadows there are is known at the end, so a line stands for the loads until
then.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.virtual import VirtualLowering
from pvm.engines.native.llvm.heap import kind_of_storage
from pvm.isa.machine import Val
from pvm.isa.types import HeapKind, RefType, ValueType

_MARK = "; shadows of "
_MAX = 12
"""Shadows of one variable: each takes a register, or a place in memory."""


class Origin(NamedTuple):
    """Where a reference comes from: a local whose object has shadows, or one of its shadows."""

    root: str
    """The variable of the local."""
    variable: str
    type: RefType


class Shadow(NamedTuple):
    """A variable, what it is loaded from, and the field, or None for the length."""

    variable: str
    kind: str
    source: str
    field: tuple[int, int] | None


class ShadowLowering(VirtualLowering):
    """Adds to the machine what it knows without looking into objects again."""

    origins: dict[str, Origin]
    """Where references come from, by operand text."""
    shadows: dict[str, dict[str, Shadow]]
    """Shadows by the variable of the local, those that others are loaded from first."""

    # Locals

    def local_get(self, index: int) -> Val:
        value = super().local_get(index)
        origin = self._origin_of(self.current, index)
        if origin is not None:
            self.origins[self.raw(value)] = origin
        return value

    def local_set(self, index: int, value: Val) -> None:
        super().local_set(index, value)
        if index in self.current.facts.shadowed:
            # Operands that wait are what the local was; its shadows are of what it is now.
            root = self.current.local(index)
            self.origins = {text: origin for text, origin in self.origins.items() if origin.root != root}
        self.note_set(self.current, index)

    def _origin_of(self, activation: Activation, index: int) -> Origin | None:
        known = activation.origins.get(index)
        if known is not None:
            return known
        if index not in activation.facts.shadowed:
            return None
        type_ = activation.facts.verified.local_types[index]
        assert isinstance(type_, RefType)
        return Origin(activation.local(index), activation.local(index), type_)

    def note_set(self, activation: Activation, index: int) -> None:
        """A local has got its value: this is where its shadows get theirs."""
        if index in activation.facts.shadowed:
            self.text.line(f"{_MARK}{activation.local(index)}")

    # Objects

    def field_load(self, field: tuple[int, int], obj: Val) -> Val:
        origin = self.origins.get(self.raw(obj))
        declared = self.metadata.verified.layouts[field[0]].fields[field[1]]
        if origin is None or declared.mutable or not self._has(origin.type, field):
            return super().field_load(field, obj)
        storage, offset = self.field_place(field)
        shadow = Shadow(f"{origin.variable}.f{offset}", kind_of_storage(storage), origin.variable, field)
        if not self._want(origin, shadow):
            return super().field_load(field, obj)
        value = self.get(shadow.variable, shadow.kind)
        type_ = self._type_of(field)
        if isinstance(type_, RefType) and not type_.nullable:
            self.origins[self.raw(value)] = Origin(origin.root, shadow.variable, type_)
        return value

    def _has(self, type_: RefType, field: tuple[int, int]) -> bool:
        """Whether objects of a type have a field."""
        if type_.kind is not HeapKind.CLASS:
            return False
        return self.metadata.verified.hierarchy.is_subclass(type_.index, field[0])

    def _type_of(self, field: tuple[int, int]) -> ValueType | None:
        return self.metadata.verified.layouts[field[0]].fields[field[1]].type

    def length(self, obj: Val) -> Val:
        origin = self.origins.get(self.raw(obj))
        if origin is None or origin.type.kind not in {HeapKind.ARRAY, HeapKind.STRING}:
            return super().length(obj)
        shadow = Shadow(f"{origin.variable}.n", "i64", origin.variable, None)
        return self.get(shadow.variable, "i64") if self._want(origin, shadow) else super().length(obj)

    def _want(self, origin: Origin, shadow: Shadow) -> bool:
        wanted = self.shadows.setdefault(origin.root, {})
        if shadow.variable not in wanted and len(wanted) == _MAX:
            return False
        wanted[shadow.variable] = shadow
        return True

    # The end

    def load_shadows(self) -> None:
        """Write the loads where the lines stand for them."""
        text = self.text
        found: list[str] = []
        for line in text.lines:
            if not line.startswith(_MARK):
                found.append(line)
                continue
            text.lines, before = [], text.lines
            for shadow in self.shadows.get(line.removeprefix(_MARK), {}).values():
                self._load(shadow)
            found += text.lines
            text.lines = before
        text.lines = found

    def _load(self, shadow: Shadow) -> None:
        self.text.forget()
        source = self.get(shadow.source, "ref")
        value = super().length(source) if shadow.field is None else super().field_load(shadow.field, source)
        self.set(shadow.variable, value)
