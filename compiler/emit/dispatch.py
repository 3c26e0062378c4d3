"""Virtual methods: slots, which function is behind a slot in which class, bridges.

A *slot* is a method as its topmost class or interface declares it, in one instance.  Slots exist
only when they are called, and bodies only where a class that is instantiated meets a slot that is
called: both arrive in any order, and each is matched with all of the other.

A slot is named after its declaration (``Shape.area``), so that a class may implement methods of
one name from several interfaces whose machine signatures differ.  Where the method's own machine
signature differs from the slot's (specialised or covariant), a *bridge* converts.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.emit.classes import ClassInstance
from compiler.emit.context import Emission, FunctionContext
from compiler.emit.instances import (
    Keys,
    Mapping,
    function_name,
    instance_name,
    mapping_of,
    overridden,
    supertype,
)
from compiler.emit.pool import Names
from compiler.ir.symbols import ClassKind, FunctionKind, FunctionSymbol
from compiler.ir.types import ClassType, NothingType, Type, substitute
from compiler.records import mutable, structural
from pvm.isa.types import Signature
from pvm.pbc.model import ClassDef, ClassFlag, Method


@mutable
class Slot:
    """A virtual method of an instance; stands for its number as an immediate."""

    owner: ClassInstance
    function: FunctionSymbol
    keys: Keys
    name: str
    params: tuple[Type, ...]
    result: Type
    signature: Signature
    number: int = -1

    def resolve(self) -> tuple[int, int]:
        """Return the immediate: the class and the number of the slot."""
        assert self.number >= 0, f"slot {self.name} is not numbered"
        return self.owner.index, self.number


@structural
class _Implementation:
    """A method body, and the instance that it stands in."""

    provider: ClassInstance
    function: FunctionSymbol


class Dispatch:
    """All slots of the program."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._slots: dict[tuple[int, FunctionSymbol, Keys], Slot] = {}
        self._names = Names()
        self._entries: dict[int, dict[Slot, int]] = {}
        emission.classes.on_instantiated = self._instantiated

    # Slots

    def slot(self, function: FunctionSymbol, class_arguments: tuple[Type, ...], keys: Keys) -> Slot:
        """Return the slot through which a method is called; type arguments are those of its owner."""
        root = _root(function)
        assert function.owner is not None
        assert root.owner is not None
        above = supertype(ClassType(function.owner, class_arguments), root.owner)
        assert above is not None
        return self.slot_of(self._emission.classes.of(above), root, keys)

    def slot_of(self, owner: ClassInstance, root: FunctionSymbol, keys: Keys) -> Slot:
        """Return the slot of a method of an instance that overrides nothing."""
        key = (owner.index, root, keys)
        found = self._slots.get(key)
        if found is None:
            with self._emission.journal.answering():
                found = self._slots[key] = self._make(owner, root, keys)
                owner.slots.append(found)
                for instance in self._emission.classes.instantiated:
                    if owner.index in instance.ancestors:
                        self._meet(instance, found)
        self._emission.journal.note("slot", found)
        return found

    def _make(self, owner: ClassInstance, function: FunctionSymbol, keys: Keys) -> Slot:
        mapping = {**owner.mapping, **mapping_of(function.type_params, keys)}
        params = [substitute(param.type, mapping) for param in function.params]
        result = substitute(function.result, mapping)
        name = f"{owner.name}.{instance_name(function.qualified_name.rpartition('.')[2], keys)}"
        name = self._names.take(name)
        signature = self._emission.lowering.signature(params, result)
        return Slot(owner, function, keys, name, tuple(params), result, signature)

    def _instantiated(self, instance: ClassInstance) -> None:
        for index in sorted(instance.ancestors):
            for slot in tuple(self._emission.classes.all[index].slots):
                self._meet(instance, slot)

    def _meet(self, instance: ClassInstance, slot: Slot) -> None:
        """Make sure that the slot has a function in a class of which there are objects."""
        found = self._find(instance, slot)
        assert found is not None, f"{instance.name} has no method for {slot.name}"
        place = found.provider
        if slot.owner.index not in place.ancestors:
            place = [each for each in instance.chain() if slot.owner.index in each.ancestors][-1]
        entries = self._entries.setdefault(place.index, {})
        if slot not in entries:
            entries[slot] = self._function(slot, found)

    # Implementations

    def _find(self, instance: ClassInstance, slot: Slot) -> _Implementation | None:
        for each in instance.chain():
            for function in _methods(each):
                if not function.is_abstract and slot.function in overridden(function):
                    return _Implementation(each, function)
        if not slot.owner.is_interface:
            return None
        return self._find_inherited(instance, slot) or self._find_default(instance, slot)

    def _find_inherited(self, instance: ClassInstance, slot: Slot) -> _Implementation | None:
        """A method of a superclass that does not know the interface but has its method."""
        for each in instance.chain():
            same = [
                function
                for function in _methods(each)
                if function.name == slot.function.name
                and not function.is_abstract
                and len(function.params) == len(slot.params)
            ]
            for function in same:
                if (
                    len(same) == 1
                    or self._own_signature(each, function, slot.keys).params[1:] == slot.signature.params[1:]
                ):
                    return _Implementation(each, function)
        return None

    def _find_default(self, instance: ClassInstance, slot: Slot) -> _Implementation | None:
        """The default in the interface that is below all others that have one."""
        found: _Implementation | None = None
        for index in sorted(instance.ancestors):
            each = self._emission.classes.all[index]
            if not each.is_interface or slot.owner.index not in each.ancestors:
                continue
            for function in _methods(each):
                if not function.is_abstract and slot.function in overridden(function):
                    found = _Implementation(each, function)
        return found

    def _mapping(self, provider: ClassInstance, function: FunctionSymbol, keys: Keys) -> Mapping:
        return {**provider.mapping, **mapping_of(function.type_params, keys)}

    def _own_signature(self, provider: ClassInstance, function: FunctionSymbol, keys: Keys) -> Signature:
        mapping = self._mapping(provider, function, keys)
        params = [substitute(param.type, mapping) for param in function.params]
        return self._emission.lowering.signature(params, substitute(function.result, mapping))

    def _function(self, slot: Slot, found: _Implementation) -> int:
        """The function behind a slot: the method, or a bridge to it."""
        own = self._own_signature(found.provider, found.function, slot.keys)
        functions = self._emission.functions
        if own.params[1:] == slot.signature.params[1:] and own.results == slot.signature.results:
            return functions.method(found.function, found.provider.keys, slot.keys)
        naming = self._emission.naming
        key = ("bridge", naming.of_slot(slot), naming.of_class(found.provider))
        return functions.demand(key, lambda: BridgePlan(self._emission, slot, found.provider, found.function))

    def by_number(self) -> dict[tuple[int, int], Slot]:
        """The slots by their immediates.

        Precondition: they are numbered.
        """
        return {slot.resolve(): slot for slot in self._slots.values()}

    # Definitions

    def definitions(self) -> tuple[ClassDef, ...]:
        """Number the slots and return the classes of the module.

        Precondition: nothing new is reached any more.
        """
        classes = self._emission.classes
        extended = {each.superclass.index for each in classes.all if each.superclass is not None}
        numbers: list[dict[str, int]] = []
        signatures: list[dict[str, int]] = []
        result = []
        for instance in classes.all:
            names, known = self._inherited(instance, numbers, signatures)
            methods = tuple(self._methods_of(instance, known))
            for method in methods:
                names.setdefault(method.name, len(names))
            numbers.append(names)
            signatures.append(known)
            for slot in instance.slots:
                slot.number = names[slot.name]
            result.append(self._definition(instance, methods, is_extended=instance.index in extended))
        return tuple(result)

    def _inherited(
        self, instance: ClassInstance, numbers: list[dict[str, int]], signatures: list[dict[str, int]]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Names of inherited slots with their numbers, and with their signatures."""
        above = instance.interfaces if instance.is_interface else tuple(filter(None, [instance.superclass]))
        names: dict[str, int] = {}
        known: dict[str, int] = {}
        for each in above:
            for name in numbers[each.index]:
                names.setdefault(name, len(names))
                known.setdefault(name, signatures[each.index][name])
        return names, known

    def _methods_of(self, instance: ClassInstance, known: dict[str, int]) -> Iterator[Method]:
        entries = self._entries.get(instance.index, {})
        slots = [*instance.slots, *(slot for slot in entries if slot.owner is not instance)]
        for slot in slots:
            if slot.name not in known:
                signature = Signature((instance.type, *slot.signature.params[1:]), slot.signature.results)
                known[slot.name] = self._emission.pool.signature(signature)
            yield Method(slot.name, known[slot.name], entries.get(slot))

    def _definition(self, instance: ClassInstance, methods: tuple[Method, ...], *, is_extended: bool) -> ClassDef:
        flags = ClassFlag.NONE
        if instance.is_interface:
            flags |= ClassFlag.INTERFACE
        elif not instance.is_instantiated:
            flags |= ClassFlag.ABSTRACT
        elif not is_extended:
            flags |= ClassFlag.FINAL
        return ClassDef(
            instance.name,
            flags,
            None if instance.superclass is None else instance.superclass.index,
            tuple(each.index for each in instance.interfaces),
            tuple(record.definition() for record in instance.own_fields or ()),
            methods,
        )


def _methods(instance: ClassInstance) -> list[FunctionSymbol]:
    if instance.symbol is None:
        return []
    return [each for each in instance.symbol.methods if each.kind is FunctionKind.METHOD]


def _is_in_interface(function: FunctionSymbol) -> bool:
    return function.owner is not None and function.owner.kind is ClassKind.INTERFACE


def _root(function: FunctionSymbol) -> FunctionSymbol:
    """The topmost declaration: of classes for a method of a class, of interfaces for one of an interface."""
    kind = _is_in_interface(function)
    current = function
    while True:
        above = [each for each in current.overrides if _is_in_interface(each) is kind]
        if not above:
            return current
        current = above[0]


def is_virtual(function: FunctionSymbol) -> bool:
    """Whether a call must look at the class of the receiver."""
    return function.is_open or function.is_abstract or _is_in_interface(function)


class BridgePlan:
    """A function with the signature of a slot that calls a method of another signature."""

    def __init__(self, emission: Emission, slot: Slot, provider: ClassInstance, function: FunctionSymbol) -> None:
        self._emission = emission
        self._slot = slot
        self._provider = provider
        self._function = function
        self.name = f"{function_name(function, provider.keys, slot.keys)} (bridge)"
        self.module = function.module
        self.signature = Signature((provider.type, *slot.signature.params[1:]), slot.signature.results)
        self.origin = None

    def emit(self) -> FunctionContext:
        """Emit the bridge."""
        slot, function = self._slot, self._function
        mapping = {**self._provider.mapping, **mapping_of(function.type_params, slot.keys)}
        result = substitute(function.result, mapping)
        f = FunctionContext(self._emission, self.signature, {}, slot.result)
        if function.span is not None:
            f.at(function.span)
        f.code.get(0)
        for number, (source, param) in enumerate(zip(slot.params[1:], function.params[1:], strict=True), 1):
            f.code.get(number)
            f.convert(source, substitute(param.type, mapping))
        index = self._emission.functions.method(function, self._provider.keys, slot.keys)
        called = self._emission.functions.signature(index)
        f.code.typed("call", (index,), called.params, called.results)
        if isinstance(result, NothingType):
            f.code.op("unreachable")
        f.convert(result, slot.result)
        f.return_top()
        return f
