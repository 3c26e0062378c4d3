"""Classes of the module: one for each instance that is mentioned, plus boxes, cells and environments.

An instance gets its number when it is first mentioned, after everything above it, which is the
order that a module wants.  Its fields are laid out when they are first needed; a class that is only
mentioned, in a test or a type, has none and is abstract.  Only classes of which objects are made
are concrete: the others need no method bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compiler.emit.instances import Keys, Mapping, class_mapping, instance_name, keys_of
from compiler.emit.lowering import storage_of
from compiler.emit.pool import Names
from compiler.ir.hir import Program
from compiler.ir.symbols import ClassKind, ClassSymbol, FieldSymbol
from compiler.ir.types import ClassType, Repr, Type, substitute
from compiler.records import field, mutable
from pvm.isa.types import (
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    Storage,
    ValueType,
    array_ref,
    class_ref,
)
from pvm.pbc.model import Field

if TYPE_CHECKING:
    from compiler.emit.dispatch import Slot
    from compiler.emit.journal import Journal
    from compiler.emit.lowering import Lowering

_PRIM_STORAGE = {Prim.I32: Storage.I32, Prim.I64: Storage.I64, Prim.F32: Storage.F32, Prim.F64: Storage.F64}
TRACE = Field("trace", Storage.REF, array_ref(ArrayKind.I32, nullable=True))


@mutable
class FieldRecord:
    """A field of an instance; ``symbol`` is None for what the emitter adds."""

    name: str
    storage: Storage
    type: ValueType
    symbol: FieldSymbol | None
    is_mutable: bool

    def definition(self) -> Field:
        """The field as the module states it."""
        ref_type = self.type if isinstance(self.type, RefType) else None
        return Field(self.name, self.storage, ref_type, self.is_mutable)


@mutable
class ClassInstance:
    """A class of the module; ``symbol`` is None for those that the emitter adds."""

    index: int
    name: str
    symbol: ClassSymbol | None
    keys: Keys
    mapping: Mapping
    superclass: ClassInstance | None
    interfaces: tuple[ClassInstance, ...]
    ancestors: frozenset[int]
    """Numbers of this class and of all above it."""
    own_fields: list[FieldRecord] | None = None
    first_field: int = 0
    is_instantiated: bool = False
    holds: tuple[ValueType, ...] = ()
    """Of cells and environments: what is in them."""
    kind: str = "class"
    """``class``, ``cell`` or ``environment``."""
    slots: list[Slot] = field(default_factory=list)
    """Virtual methods that this class is the first to declare and that are called."""

    @property
    def is_interface(self) -> bool:
        """Declared as an interface."""
        return self.symbol is not None and self.symbol.kind is ClassKind.INTERFACE

    @property
    def type(self) -> RefType:
        """``ref class`` of it."""
        return class_ref(self.index)

    @property
    def fields(self) -> list[FieldRecord]:
        """All fields, inherited ones first.

        Precondition: they are laid out.
        """
        assert self.own_fields is not None
        return [*(self.superclass.fields if self.superclass else ()), *self.own_fields]

    def chain(self) -> list[ClassInstance]:
        """This class and its superclasses, this one first."""
        found: list[ClassInstance] = []
        current: ClassInstance | None = self
        while current is not None:
            found.append(current)
            current = current.superclass
        return found


class ClassTable:
    """The classes by symbol and keys."""

    def __init__(self, program: Program, journal: Journal) -> None:
        self._journal = journal
        self.all: list[ClassInstance] = []
        self.instantiated: list[ClassInstance] = []
        self.lowering: Lowering
        self.on_instantiated: Callable[[ClassInstance], None]
        self._program = program
        self._instances: dict[tuple[ClassSymbol, Keys], ClassInstance] = {}
        self._cells: dict[ValueType, ClassInstance] = {}
        self._names = Names()
        self._environments: dict[tuple[ValueType, ...], ClassInstance] = {}

    # Instances

    def instance(self, symbol: ClassSymbol, keys: Keys) -> ClassInstance:
        """Return the instance of a class for keys."""
        found = self._instances.get((symbol, keys))
        if found is None:
            with self._journal.answering():
                found = self._instances[symbol, keys] = self._make(symbol, keys)
        self._journal.note("class", found)
        return found

    def of(self, type_: ClassType) -> ClassInstance:
        """Return the instance that a class type names."""
        return self.instance(type_.symbol, keys_of(type_.arguments))

    def box(self, primitive: ClassType) -> ClassInstance:
        """Return the class of boxed values of a primitive type."""
        return self.instance(self._program.core["Box"], (primitive,))

    def throwable(self) -> ClassInstance:
        """Return the root of exceptions."""
        for symbol in self._program.core.values():
            if symbol.is_throwable:
                return self.instance(symbol, ())
        raise AssertionError("the core library has no throwable class")

    def _make(self, symbol: ClassSymbol, keys: Keys) -> ClassInstance:
        mapping = class_mapping(symbol, keys)
        superclass = self._superclass(symbol, mapping)
        interfaces: list[ClassInstance] = []
        for type_ in symbol.interfaces:
            above = substitute(type_, mapping)
            assert isinstance(above, ClassType)
            implemented = self.of(above)
            if implemented not in interfaces:
                interfaces.append(implemented)
        name = instance_name(symbol.name, keys)
        return self._add(name, symbol, keys, mapping, superclass, tuple(interfaces))

    def _superclass(self, symbol: ClassSymbol, mapping: Mapping) -> ClassInstance | None:
        if symbol.superclass is not None:
            above = substitute(symbol.superclass, mapping)
            assert isinstance(above, ClassType)
            return self.of(above)
        if symbol.kind is ClassKind.INTERFACE or symbol.builtin is Repr.OBJECT:
            return None
        root = self._program.core.get("Object")
        return self.instance(root, ()) if root is not None else None

    def _add(
        self,
        name: str,
        symbol: ClassSymbol | None,
        keys: Keys = (),
        mapping: Mapping | None = None,
        superclass: ClassInstance | None = None,
        interfaces: tuple[ClassInstance, ...] = (),
    ) -> ClassInstance:
        index = len(self.all)
        above = (*((superclass,) if superclass else ()), *interfaces)
        ancestors = frozenset({index}).union(*(each.ancestors for each in above))
        unique = self._names.take(name, symbol.module if symbol is not None else "")
        made = ClassInstance(index, unique, symbol, keys, mapping or {}, superclass, interfaces, ancestors)
        self.all.append(made)
        return made

    # Cells and environments

    def cell(self, value_type: ValueType) -> ClassInstance:
        """Return the class of cells: objects that hold a variable which a lambda shares."""
        if isinstance(value_type, RefType):
            value_type = value_type.with_null(nullable=True)
        if value_type not in self._cells:
            made = self._cells[value_type] = self._add(f"Cell<{self._type_name(value_type)}>", None)
            made.own_fields = [_synthetic("value", value_type, is_mutable=True)]
            made.holds, made.kind = (value_type,), "cell"
        self._journal.note("class", self._cells[value_type])
        return self._cells[value_type]

    def environment(self, value_types: Sequence[ValueType]) -> ClassInstance:
        """Return the class of the objects that hold what a lambda has captured."""
        key = tuple(value_types)
        if key not in self._environments:
            name = f"Environment<{', '.join(map(self._type_name, key))}>"
            made = self._environments[key] = self._add(name, None)
            made.own_fields = [
                _synthetic(f"captured{number}", value_type, is_mutable=False) for number, value_type in enumerate(key)
            ]
            made.holds, made.kind = key, "environment"
        self._journal.note("class", self._environments[key])
        return self._environments[key]

    def _type_name(self, value_type: ValueType) -> str:
        if isinstance(value_type, RefType) and value_type.kind is HeapKind.CLASS:
            return self.all[value_type.index].name + ("?" if value_type.nullable else "")
        return str(value_type)

    # Fields

    def lay_out(self, instance: ClassInstance) -> None:
        """Give an instance and everything above it their fields."""
        self._journal.note("layout", instance)
        if instance.own_fields is None:
            with self._journal.answering():
                self._lay_out(instance)

    def _lay_out(self, instance: ClassInstance) -> None:
        instance.own_fields = []
        if instance.superclass is not None:
            self.lay_out(instance.superclass)
            instance.first_field = len(instance.superclass.fields)
        symbol = instance.symbol
        assert symbol is not None
        instance.own_fields = [self._record(instance, each) for each in symbol.fields]
        if symbol.is_throwable and not any(each.name == TRACE.name for each in instance.own_fields):
            trace = FieldRecord(TRACE.name, TRACE.storage, TRACE.value_type, None, is_mutable=True)
            instance.own_fields.insert(1, trace)

    def _record(self, instance: ClassInstance, symbol: FieldSymbol) -> FieldRecord:
        type_ = substitute(symbol.type, instance.mapping)
        value_type = self.lowering.value_type(type_)
        return FieldRecord(symbol.name, storage_of(type_), value_type, symbol, symbol.is_mutable)

    def field(self, instance: ClassInstance, symbol: FieldSymbol) -> tuple[int, FieldRecord]:
        """Return the number of a field that the instance itself declares, and the field."""
        self.lay_out(instance)
        assert instance.own_fields is not None
        for number, record in enumerate(instance.own_fields):
            if record.symbol is symbol:
                return instance.first_field + number, record
        raise AssertionError(f"{instance.name} has no field {symbol.name}")

    def field_type(self, instance: ClassInstance, symbol: FieldSymbol) -> Type:
        """Return the type of a field inside the instance."""
        return substitute(symbol.type, instance.mapping)

    def instantiate(self, instance: ClassInstance) -> None:
        """Note that objects of exactly this class are made."""
        self._journal.note("objects", instance)
        if instance.is_instantiated:
            return
        with self._journal.answering():
            self.lay_out(instance)
            instance.is_instantiated = True
            self.instantiated.append(instance)
            self.on_instantiated(instance)

    def set_mutable(self, instance: ClassInstance, number: int) -> None:
        """Note that an own field of an instance is set."""
        self._journal.note("mutable", (instance, number))
        assert instance.own_fields is not None
        instance.own_fields[number].is_mutable = True

    # Subtypes

    def is_subtype(self, lower: ValueType, upper: ValueType) -> bool:
        """Tell whether a value of the machine type ``lower`` may stand where ``upper`` is expected."""
        if not isinstance(lower, RefType) or not isinstance(upper, RefType):
            return lower == upper
        return (upper.nullable or not lower.nullable) and self.is_heap_subtype(lower, upper)

    def is_heap_subtype(self, lower: RefType, upper: RefType) -> bool:
        """As ``is_subtype``, whatever the nullability."""
        if upper.kind is HeapKind.ANY or lower.kind is HeapKind.NONE:
            return True
        if lower.kind is not upper.kind:
            return False
        if lower.kind is HeapKind.CLASS:
            return upper.index in self.all[lower.index].ancestors
        return lower.index == upper.index


def _synthetic(name: str, value_type: ValueType, *, is_mutable: bool) -> FieldRecord:
    storage = Storage.REF if isinstance(value_type, RefType) else _PRIM_STORAGE[value_type]
    return FieldRecord(name, storage, value_type, None, is_mutable)
