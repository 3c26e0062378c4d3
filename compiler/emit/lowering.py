"""Types of Pebble as types of the machine.

Precondition throughout: the type mentions no type parameters (``instances`` has replaced them).

**Function values** have one canonical signature: primitives stand for themselves, every other
parameter is ``ref? any``, and so is every other result, Unit and Nothing included (null is
returned).  So a value of type ``(Any) -> Int`` is one of ``(String) -> Int`` as it stands, and so
is one of ``(T) -> R`` in an erased instance; only a difference in primitives needs an adapter.
The function's body casts its parameters when it is entered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.emit.instances import is_void, keys_of
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import (
    AnyType,
    ClassType,
    FunctionType,
    NullableType,
    NullType,
    ParameterType,
    Repr,
    Type,
    UnitType,
)
from pvm.isa.types import (
    ANY,
    ANY_NULL,
    STRING,
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    Signature,
    Storage,
    ValueType,
    array_ref,
)
from pvm.pbc.boundary import BoundaryKind

if TYPE_CHECKING:
    from compiler.emit.classes import ClassTable
    from compiler.emit.journal import Journal
    from compiler.emit.pool import Pool

PRIMS: dict[Repr, Prim] = {
    Repr.BOOL: Prim.I32,
    Repr.CHAR: Prim.I32,
    Repr.I8: Prim.I32,
    Repr.I16: Prim.I32,
    Repr.I32: Prim.I32,
    Repr.I64: Prim.I64,
    Repr.U8: Prim.I32,
    Repr.U16: Prim.I32,
    Repr.U32: Prim.I32,
    Repr.U64: Prim.I64,
    Repr.F32: Prim.F32,
    Repr.F64: Prim.F64,
    Repr.ADDRESS: Prim.I64,
}
ARRAY_KINDS: dict[Repr, ArrayKind] = {
    Repr.BOOL: ArrayKind.BOOL,
    Repr.CHAR: ArrayKind.CHAR,
    Repr.I8: ArrayKind.I8,
    Repr.I16: ArrayKind.I16,
    Repr.I32: ArrayKind.I32,
    Repr.I64: ArrayKind.I64,
    Repr.U8: ArrayKind.U8,
    Repr.U16: ArrayKind.U16,
    Repr.U32: ArrayKind.U32,
    Repr.U64: ArrayKind.U64,
    Repr.F32: ArrayKind.F32,
    Repr.F64: ArrayKind.F64,
}
STORAGES: dict[Repr, Storage] = {
    Repr.BOOL: Storage.U8,
    Repr.CHAR: Storage.I32,
    Repr.I8: Storage.I8,
    Repr.I16: Storage.I16,
    Repr.I32: Storage.I32,
    Repr.I64: Storage.I64,
    Repr.U8: Storage.U8,
    Repr.U16: Storage.U16,
    Repr.U32: Storage.I32,
    Repr.U64: Storage.I64,
    Repr.F32: Storage.F32,
    Repr.F64: Storage.F64,
}
BOUNDARIES: dict[Repr, BoundaryKind] = {
    Repr.BOOL: BoundaryKind.BOOL,
    Repr.CHAR: BoundaryKind.CHAR,
    Repr.I8: BoundaryKind.I8,
    Repr.I16: BoundaryKind.I16,
    Repr.I32: BoundaryKind.I32,
    Repr.I64: BoundaryKind.I64,
    Repr.U8: BoundaryKind.U8,
    Repr.U16: BoundaryKind.U16,
    Repr.U32: BoundaryKind.U32,
    Repr.U64: BoundaryKind.U64,
    Repr.F32: BoundaryKind.F32,
    Repr.F64: BoundaryKind.F64,
    Repr.ADDRESS: BoundaryKind.I64,
    Repr.STRING: BoundaryKind.STRING,
}


def array_kind(element: Type) -> ArrayKind:
    """The kind of ``Array<element>``."""
    if isinstance(element, ClassType) and element.symbol.builtin in ARRAY_KINDS:
        return ARRAY_KINDS[element.symbol.builtin]
    return ArrayKind.REF


def storage_of(type_: Type) -> Storage:
    """How a field of the type is stored."""
    if isinstance(type_, ClassType) and type_.symbol.builtin in STORAGES:
        return STORAGES[type_.symbol.builtin]
    return Storage.REF


class Lowering:
    """Types of one program."""

    def __init__(self, pool: Pool, classes: ClassTable, journal: Journal) -> None:
        self._journal = journal
        self._pool = pool
        self._classes = classes
        self._known: dict[Type, ValueType] = {}

    def value_type(self, type_: Type) -> ValueType:
        """The machine type of variables and operands; Unit where it must be stored is a null."""
        found = self._known.get(type_)
        if found is None:
            found = self._known[type_] = self._lower(type_)
        elif isinstance(found, RefType):
            self._note(found)
        return found

    def _note(self, type_: RefType) -> None:
        """Note what lowering the type would have asked for."""
        if type_.kind is HeapKind.CLASS:
            self._journal.note("class", self._classes.all[type_.index])
        elif type_.kind is HeapKind.FUNC:
            self._journal.note("signature", self._pool.signature_at(type_.index))

    def ref_type(self, type_: Type) -> RefType:
        """The machine type of a type that is not primitive."""
        found = self.value_type(type_)
        assert isinstance(found, RefType)
        return found

    def _lower(self, type_: Type) -> ValueType:
        match type_:
            case ClassType(symbol, arguments):
                if symbol.builtin in PRIMS:
                    return PRIMS[symbol.builtin]
                if symbol.builtin is Repr.STRING:
                    return STRING
                if symbol.builtin is Repr.ARRAY:
                    return array_ref(array_kind(arguments[0]))
                return self._classes.instance(symbol, keys_of(arguments)).type
            case NullableType(inner):
                lowered = self.value_type(inner)
                if isinstance(lowered, RefType):
                    return lowered.with_null(nullable=True)
                assert isinstance(inner, ClassType)
                return self._classes.box(inner).type.with_null(nullable=True)
            case FunctionType():
                return self._pool.function_type(self.function_value(type_))
            case AnyType():
                return ANY
            case NullType() | UnitType():
                return ANY_NULL
            case _:
                assert not isinstance(type_, ParameterType), f"type parameter {type_.symbol.name} is not replaced"
                raise AssertionError(f"no machine type for {type_}")

    def results(self, type_: Type) -> tuple[ValueType, ...]:
        """Results of an ordinary function."""
        return () if is_void(type_) else (self.value_type(type_),)

    def signature(self, params: list[Type], result: Type) -> Signature:
        """The signature of an ordinary function."""
        return Signature(tuple(map(self.value_type, params)), self.results(result))

    def function_value(self, type_: FunctionType) -> Signature:
        """The canonical signature of function values, see above."""
        return Signature(tuple(map(canonical, type_.params)), (canonical(type_.result),))


def canonical(type_: Type) -> ValueType:
    """The machine type of a parameter or result of a function value."""
    if isinstance(type_, ClassType) and type_.symbol.builtin in PRIMS:
        return PRIMS[type_.symbol.builtin]
    return ANY_NULL


def boundary_type(type_: Type) -> str:
    """A type as the embedder sees it.

    Precondition: the checker has found that it can cross the boundary.
    """
    match type_:
        case NullableType(inner):
            return f"{boundary_type(inner)}?"
        case ClassType(symbol, arguments):
            if symbol.builtin is Repr.ARRAY:
                return f"array {array_kind(arguments[0])}"
            assert symbol.builtin in BOUNDARIES, f"{symbol.name} cannot cross the boundary"
            return BOUNDARIES[symbol.builtin].value
        case _:
            assert isinstance(type_, AnyType), f"{type_} cannot cross the boundary"
            return BoundaryKind.ANY.value


def boundary_signature(function: FunctionSymbol) -> str:
    """The boundary signature of an export or host import."""
    params = ", ".join(boundary_type(param.type) for param in function.params)
    return f"({params})" + ("" if is_void(function.result) else f" -> {boundary_type(function.result)}")
