"""Rules about the class table: shapes, then what methods promise.

That a call through a slot is safe rests on three facts checked here: a function in a slot agrees
with the slot's signature except that it takes the class or something above it as the receiver;
every slot and interface method of a class that can be instantiated has a function; and methods of
one name, from a class and all its interfaces, agree except for the receiver.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.isa.types import RefType, Storage, class_ref
from pvm.pbc.layout import ClassLayout, Slot
from pvm.pbc.literals import shown
from pvm.pbc.model import ClassDef, ClassFlag, Method, Module
from pvm.verify.actions import check_index
from pvm.verify.limits import MAX_CLASSES
from pvm.verify.rules import Broken, Rule
from pvm.verify.types import TypeTable

_INTERFACE, _FINAL = int(ClassFlag.INTERFACE), int(ClassFlag.FINAL)
_KNOWN_FLAGS = int(ClassFlag.INTERFACE | ClassFlag.ABSTRACT | ClassFlag.FINAL)


def check_class_shapes(module: Module, types: TypeTable) -> None:
    """Check what layouts rest on: order, superclasses, interfaces, fields, and indices in methods."""
    if len(module.classes) > MAX_CLASSES:
        raise Broken(Rule.LIMITS, f"expected at most {MAX_CLASSES} classes, found {len(module.classes)}")
    flags = [int(definition.flags) for definition in module.classes]
    for index, definition in enumerate(module.classes):
        what = f"class {shown(definition.name)}"
        _check_flags(definition, flags[index], what)
        _check_order(module, index, flags, what)
        _check_fields(definition, types, what)
        for method in definition.methods:
            check_index(method.signature, len(module.signatures), "signature")
            if method.function is not None:
                check_index(method.function, len(module.functions), "function")


def _check_order(module: Module, index: int, flags: list[int], what: str) -> None:
    definition = module.classes[index]
    bases = definition.interfaces if definition.superclass is None else (definition.superclass, *definition.interfaces)
    for each in bases:
        check_index(each, len(module.classes), "class")
        if each >= index:
            message = f"{what}: expected it after what it extends and implements"
            raise Broken(Rule.CLASS_ORDER, f"{message}, found it before {shown(module.classes[each].name)}")
    if definition.superclass is not None:
        base = flags[definition.superclass]
        if base & (_INTERFACE | _FINAL):
            kind = "interface" if base & _INTERFACE else "final class"
            name = shown(module.classes[definition.superclass].name)
            message = f"{what}: expected a superclass that can be extended, found {kind} {name}"
            raise Broken(Rule.CLASS_SUPER, message)
    if len(set(definition.interfaces)) != len(definition.interfaces):
        raise Broken(Rule.CLASS_INTERFACE, f"{what}: expected each interface once, found one twice")
    for each in definition.interfaces:
        if not flags[each] & _INTERFACE:
            message = f"{what}: expected an interface, found class {shown(module.classes[each].name)}"
            raise Broken(Rule.CLASS_INTERFACE, message)


def _check_flags(definition: ClassDef, flags: int, what: str) -> None:
    if flags & ~_KNOWN_FLAGS:
        message = f"{what}: expected flags below {_KNOWN_FLAGS + 1}, found {flags}"
        raise Broken(Rule.CLASS_FLAGS, message)
    if not flags & _INTERFACE:
        return
    for found, text in (
        (definition.superclass is not None, "a superclass"),
        (bool(definition.fields), "fields"),
        (bool(flags & _FINAL), "the flag final"),
    ):
        if found:
            raise Broken(Rule.INTERFACE_SHAPE, f"{what}: expected an interface without {text}, found one with it")


def _check_fields(definition: ClassDef, types: TypeTable, what: str) -> None:
    for field in definition.fields:
        if (field.storage is Storage.REF) != isinstance(field.type, RefType):
            found = f"{field.storage} and {'no' if field.type is None else 'a'} reference type"
            message = f"{what}, field {shown(field.name)}: expected a reference type for reference storage alone"
            raise Broken(Rule.FIELD_TYPE, f"{message}, found {found}")
        if field.type is not None:
            types.declare(field.type)


class MethodCheck:
    """Checks the methods of every class against their slots, and classes against their interfaces."""

    def __init__(self, module: Module, layouts: Sequence[ClassLayout], types: TypeTable) -> None:
        self._module = module
        self._layouts = layouts
        self._types = types
        self._shapes: dict[int, int] = {}
        self._shape_numbers: dict[object, int] = {}

    def check(self) -> None:
        """Check every class.

        Raises:
            Broken: a method does not fit, or one is missing.
        """
        for index, definition in enumerate(self._module.classes):
            what = f"class {shown(definition.name)}"
            layout = self._layouts[index]
            names: set[str] = set()
            for method in definition.methods:
                if method.name in names:
                    message = f"{what}: expected each method once, found {shown(method.name)} again"
                    raise Broken(Rule.DUPLICATE_METHOD, message)
                names.add(method.name)
                self._check_method(layout, method, f"{what}, method {shown(method.name)}")
            self._check_interfaces(layout, definition, what)
            self._check_complete(layout, what)

    def _check_method(self, layout: ClassLayout, method: Method, what: str) -> None:
        slot = layout.slots[layout.slot_index[method.name]]
        receiver = class_ref(layout.index)
        if slot.declared_by == layout.index:
            params = self._module.signatures[method.signature].params
            if not params or params[0] != receiver:
                found = self._types.text_of(params[0]) if params else "no parameters"
                message = f"{what}: expected receiver {self._types.text_of(receiver)}, found {found}"
                raise Broken(Rule.METHOD_RECEIVER, message)
        elif method.signature != slot.signature:
            raise Broken(Rule.OVERRIDE_SIGNATURE, f"{what}: {self._differ(slot.signature, method.signature)}")
        if method.function is None:
            return
        actual = self._module.functions[method.function].signature
        params = self._module.signatures[actual].params
        takes_receiver = bool(params) and self._types.is_subtype(
            self._types.number(receiver), self._types.number(params[0])
        )
        if not takes_receiver or self._shape(actual) != self._shape(slot.signature):
            raise Broken(Rule.METHOD_FUNCTION, f"{what}: {self._differ(slot.signature, actual)}")

    def _check_interfaces(self, layout: ClassLayout, definition: ClassDef, what: str) -> None:
        for each in definition.interfaces:
            for name, slot in self._layouts[each].interface_slots.items():
                first = layout.interface_slots[name]
                if first.signature != slot.signature and self._shape(first.signature) != self._shape(slot.signature):
                    message = f"{what}, method {shown(name)}: {self._differ(first.signature, slot.signature)}"
                    raise Broken(Rule.INTERFACE_CONFLICT, message)

    def _check_complete(self, layout: ClassLayout, what: str) -> None:
        if layout.is_interface:
            return
        if layout.is_concrete and None in layout.vtable:
            name = layout.slots[layout.vtable.index(None)].name
            raise Broken(Rule.ABSTRACT_METHOD, f"{what}: expected a function for method {shown(name)}, found none")
        for name, promised in layout.interface_slots.items():
            self._check_promise(layout, name, promised, what)

    def _check_promise(self, layout: ClassLayout, name: str, promised: Slot, what: str) -> None:
        interface = shown(self._module.classes[promised.declared_by].name)
        number = layout.slot_index.get(name)
        if number is not None and self._shape(layout.slots[number].signature) != self._shape(promised.signature):
            message = f"{what}, method {shown(name)} of interface {interface}: "
            raise Broken(
                Rule.INTERFACE_IMPLEMENTED, message + self._differ(promised.signature, layout.slots[number].signature)
            )
        if layout.is_concrete and layout.dispatch[name] is None:
            message = f"{what}: expected method {shown(name)} of interface {interface}, found none"
            raise Broken(Rule.INTERFACE_IMPLEMENTED, message)

    def _shape(self, signature: int) -> int:
        """A number that signatures share when they differ in the first parameter alone."""
        shape = self._shapes.get(signature)
        if shape is None:
            found = self._module.signatures[signature]
            key = (found.params[1:], found.results, bool(found.params))
            shape = self._shapes[signature] = self._shape_numbers.setdefault(key, len(self._shape_numbers))
        return shape

    def _differ(self, expected: int, found: int) -> str:
        return f"expected {self._types.signature_text(expected)}, found {self._types.signature_text(found)}"
