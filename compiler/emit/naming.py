"""Names of what a program consists of that mean the same in every program: plain tuples, which can be kept.

A class is ``("class", module, qualified name, keys)``, a function ``("method", module, qualified name, keys of the
class, keys)``; ``Naming`` knows the names of what a journal mentions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from compiler.emit.classes import ClassInstance
from compiler.emit.instances import ERASED, Keys
from compiler.emit.journal import Entry
from compiler.ir.symbols import ClassKind, FunctionSymbol, GlobalSymbol
from compiler.ir.types import ClassType, FunctionType, Type
from pvm.isa.types import HeapKind, Prim, RefType, Signature, ValueType

if TYPE_CHECKING:
    from compiler.emit.classes import ClassTable
    from compiler.emit.dispatch import Slot
    from compiler.emit.functions import FunctionTable
    from compiler.emit.pool import Pool

Name: TypeAlias = tuple[Any, ...]


def key_names(keys: Keys) -> tuple[str, ...]:
    """Name type arguments; an erased one is the empty text."""
    return tuple(_key_name(key) for key in keys)


def _key_name(key: Type) -> str:
    if key == ERASED:
        return ""
    assert isinstance(key, ClassType)
    return key.symbol.name


def method_name(function: FunctionSymbol, class_keys: Keys, keys: Keys) -> Name:
    """Name an instance of a declared function."""
    return "method", function.module, function.qualified_name, key_names(class_keys), key_names(keys)


def function_type_name(type_: FunctionType) -> Name:
    """Name an erased function type: its parameters, then its result."""
    return key_names((*type_.params, type_.result))


def global_name(variable: GlobalSymbol) -> Name:
    """Name a module variable, a static property, or the object of an enum case."""
    type_ = variable.type
    if isinstance(type_, ClassType) and type_.symbol.kind is ClassKind.CASE and variable.span is type_.symbol.span:
        return "case", type_.symbol.module, type_.symbol.qualified_name
    return "variable", variable.module, variable.qualified_name


class Naming:
    """The names of classes, slots and machine types of one program."""

    def __init__(self, pool: Pool, classes: ClassTable, functions: FunctionTable) -> None:
        self._pool = pool
        self._classes = classes
        self._functions = functions
        self._known: dict[int, Name] = {}

    def of_class(self, instance: ClassInstance) -> Name:
        """Name a class."""
        found = self._known.get(instance.index)
        if found is None:
            found = self._known[instance.index] = self._class(instance)
        return found

    def _class(self, instance: ClassInstance) -> Name:
        symbol = instance.symbol
        if symbol is not None:
            return "class", symbol.module, symbol.qualified_name, key_names(instance.keys)
        return instance.kind, *map(self.of_type, instance.holds)

    def of_type(self, type_: ValueType) -> Any:
        """Name a machine type."""
        if isinstance(type_, Prim):
            return int(type_)
        if type_.kind is HeapKind.CLASS:
            return int(type_.kind), type_.nullable, self.of_class(self._classes.all[type_.index])
        if type_.kind is HeapKind.FUNC:
            return int(type_.kind), type_.nullable, self.of_signature(self._pool.signature_at(type_.index))
        return int(type_.kind), type_.nullable, type_.index

    def of_signature(self, signature: Signature) -> Name:
        """Name a signature."""
        return tuple(map(self.of_type, signature.params)), tuple(map(self.of_type, signature.results))

    def of_slot(self, slot: Slot) -> Name:
        """Name a virtual method."""
        return self.of_class(slot.owner), slot.function.qualified_name, key_names(slot.keys)

    def of_entry(self, entry: Entry) -> Name | None:
        """Name what an entry of a journal is about; None if that has no name."""
        kind, answer = entry
        match kind:
            case "class" | "layout" | "objects":
                return kind, self.of_class(answer)
            case "mutable":
                instance, number = answer
                return kind, self.of_class(instance), number
            case "string" | "file" | "arrays":
                return kind, answer
            case "signature":
                return kind, self.of_signature(answer)
            case "import":
                import_kind, name, signature, boundary = answer
                return kind, int(import_kind), name, self.of_signature(signature), boundary
            case "slot":
                return kind, self.of_slot(answer)
            case "global":
                return kind, global_name(answer)
            case _:
                assert kind == "function", kind
                named = self._functions.name(answer)
                return None if named is None else (kind, named)


def type_of(name: Any) -> RefType | Prim | None:
    """Return the machine type of a name, unless it is of a class or signature."""
    if isinstance(name, int):
        return Prim(name)
    kind, nullable, index = name
    return None if kind in {HeapKind.CLASS, HeapKind.FUNC} else RefType(HeapKind(kind), nullable, index)
