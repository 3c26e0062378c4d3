"""What a class consists of once its superclass and its interfaces are counted in.

Fields and slots are numbered with the inherited ones first, so a number means the same in every
subclass.  The slots of an interface are those of its superinterfaces in order, where the first
occurrence of a name wins, then its own.  ``call.virtual`` takes the function in ``vtable`` at the
slot's number; ``call.interface`` takes the function in ``dispatch`` at the slot's *name*, because
slots of an interface have other numbers in the classes that implement it.

In ``dispatch`` a method of the class wins over any default; among defaults that of the interface
with the highest index wins, and a subinterface always has a higher index than its superinterfaces.
Nothing here is proved: the verifier checks that signatures agree and that nothing is missing.

Precondition: indices are in range and a class stands after what it extends and implements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pvm.errors import VerifyError
from pvm.isa.types import RefType, class_ref
from pvm.pbc.literals import shown
from pvm.pbc.model import ClassDef, ClassFlag, Field, Module

MAX_FLATTENED = 1_000_000
"""Fields, slots, and interface methods of all classes together, inherited ones counted in each."""


class Slot(NamedTuple):
    """A virtual method: its signature has the class that first declares it as the receiver."""

    name: str
    signature: int
    declared_by: int


class ClassLayout(NamedTuple):
    """A class, flattened.

    ``vtable`` has a function for each slot, None where it is abstract (for an interface: its
    default).  ``slot_index`` maps names to numbers of slots.  ``interface_slots`` has, by name, each
    method of each implemented interface as its first declaration gives it, and ``dispatch`` the
    function that ``call.interface`` reaches, None where there is none.
    """

    index: int  # type: ignore[assignment] # nobody searches a layout as a tuple
    fields: tuple[Field, ...]
    slots: tuple[Slot, ...]
    vtable: tuple[int | None, ...]
    slot_index: Mapping[str, int]
    interface_slots: Mapping[str, Slot]
    dispatch: Mapping[str, int | None]
    is_interface: bool
    is_concrete: bool

    @property
    def type(self) -> RefType:
        """``ref class`` of this class."""
        return class_ref(self.index)

    @property
    def is_defaultable(self) -> bool:
        """Every field may start as 0 or null."""
        return not any(field.type is not None and not field.type.nullable for field in self.fields)


_Default = tuple[int, int | None]
"""Index of the interface that gives a default, and the default's function; (-1, None) for none."""
_NO_DEFAULT: _Default = (-1, None)


def layouts(module: Module) -> tuple[ClassLayout, ...]:
    """Flatten every class of a module.

    Raises:
        VerifyError: the sum passes ``MAX_FLATTENED`` (rule ``limits``).
    """
    flattener = _Flattener(module.classes)
    return tuple(flattener.flatten(index) for index in range(len(module.classes)))


class _Flattener:
    def __init__(self, classes: Sequence[ClassDef]) -> None:
        self.classes = classes
        self.done: list[ClassLayout] = []
        self.defaults: list[dict[str, _Default]] = []
        self.total = 0

    def flatten(self, index: int) -> ClassLayout:
        """Flatten one class; those before it are done."""
        definition = self.classes[index]
        self._charge(definition)
        layout = self._interface(index, definition) if definition.is_interface else self._class(index, definition)
        self.done.append(layout)
        return layout

    def _charge(self, definition: ClassDef) -> None:
        """Count what flattening is about to copy, before it is copied."""
        work = len(definition.fields) + len(definition.methods)
        if definition.superclass is not None:
            base = self.done[definition.superclass]
            work += len(base.fields) + len(base.slots) + len(base.interface_slots)
        work += sum(len(self.done[each].interface_slots) for each in definition.interfaces)
        self.total += work
        if self.total > MAX_FLATTENED:
            message = (
                f"class {shown(definition.name)}: expected at most {MAX_FLATTENED} fields and slots over all classes"
            )
            raise VerifyError("", 0, "limits", message)

    def _interface(self, index: int, definition: ClassDef) -> ClassLayout:
        slots, defaults = self._merged_interfaces(definition, {}, {})
        for method in definition.methods:
            slots.setdefault(method.name, Slot(method.name, method.signature, index))
            inherited = defaults.get(method.name, _NO_DEFAULT)
            defaults[method.name] = inherited if method.function is None else (index, method.function)
        self.defaults.append(defaults)
        functions = {name: defaults[name][1] for name in slots}
        numbers = {name: number for number, name in enumerate(slots)}
        return ClassLayout(
            index,
            definition.fields,
            tuple(slots.values()),
            tuple(functions.values()),
            numbers,
            slots,
            functions,
            is_interface=True,
            is_concrete=False,
        )

    def _class(self, index: int, definition: ClassDef) -> ClassLayout:
        base = None if definition.superclass is None else self.done[definition.superclass]
        slots, vtable, numbers = self._virtuals(index, definition, base)
        interface_slots: Mapping[str, Slot] = base.interface_slots if base else {}
        defaults = self.defaults[base.index] if base else {}
        if definition.interfaces:
            interface_slots, defaults = self._merged_interfaces(definition, interface_slots, defaults)
        self.defaults.append(defaults)
        return ClassLayout(
            index,
            (base.fields if base else ()) + definition.fields,
            slots,
            vtable,
            numbers,
            interface_slots,
            {name: vtable[numbers[name]] if name in numbers else defaults[name][1] for name in interface_slots},
            is_interface=False,
            is_concrete=not definition.flags & ClassFlag.ABSTRACT,
        )

    def _virtuals(
        self, index: int, definition: ClassDef, base: ClassLayout | None
    ) -> tuple[tuple[Slot, ...], tuple[int | None, ...], Mapping[str, int]]:
        if base is not None and not definition.methods:
            return base.slots, base.vtable, base.slot_index
        slots = list(base.slots) if base else []
        vtable = list(base.vtable) if base else []
        numbers = dict(base.slot_index) if base else {}
        for method in definition.methods:
            number = numbers.setdefault(method.name, len(slots))
            if number == len(slots):
                slots.append(Slot(method.name, method.signature, index))
                vtable.append(method.function)
            else:
                vtable[number] = method.function
        return tuple(slots), tuple(vtable), numbers

    def _merged_interfaces(
        self, definition: ClassDef, slots: Mapping[str, Slot], defaults: Mapping[str, _Default]
    ) -> tuple[dict[str, Slot], dict[str, _Default]]:
        merged_slots, merged_defaults = dict(slots), dict(defaults)
        for each in definition.interfaces:
            for name, slot in self.done[each].interface_slots.items():
                merged_slots.setdefault(name, slot)
                default = self.defaults[each].get(name, _NO_DEFAULT)
                if default >= merged_defaults.get(name, _NO_DEFAULT):
                    merged_defaults[name] = default
        return merged_slots, merged_defaults
