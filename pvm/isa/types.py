"""Value types and storage kinds of the machine.

A value is ``i32``, ``i64``, ``f32``, ``f64`` or a reference; a reference type says what it
may point at (its *heap type*) and whether it may be null.  Types are plain frozen values that
compare structurally; indices in them point into the class and signature tables of one module,
so types of different modules must never be compared.
"""

from __future__ import annotations

from enum import Enum, IntEnum

from pvm.typed import NamedTuple


class Prim(IntEnum):
    """Primitive value types; the number is the byte in a ``.pbc``."""

    I32 = 1
    I64 = 2
    F32 = 3
    F64 = 4

    def __str__(self) -> str:
        return self.name.lower()


class HeapKind(IntEnum):
    """What a reference may point at; the number is the byte in a ``.pbc``."""

    ANY = 0x10
    STRING = 0x11
    TASK = 0x12
    CLASS = 0x13  # index: class table (interfaces are classes with a flag)
    ARRAY = 0x14  # index: ArrayKind
    FUNC = 0x15  # index: signature table
    NONE = 0x16  # bottom, the type of null alone; never written in a file


class ArrayKind(IntEnum):
    """Kinds of array, each a heap type of its own; several may share a storage width."""

    BOOL = 0
    I8 = 1
    U8 = 2
    I16 = 3
    U16 = 4
    I32 = 5
    U32 = 6
    CHAR = 7
    I64 = 8
    U64 = 9
    F32 = 10
    F64 = 11
    REF = 12

    def __str__(self) -> str:
        return self.name.lower()


class Storage(IntEnum):
    """How a field or an array element is packed; the number is the byte in a ``.pbc``."""

    I8 = 1
    U8 = 2
    I16 = 3
    U16 = 4
    I32 = 5
    I64 = 6
    F32 = 7
    F64 = 8
    REF = 9

    @property
    def size(self) -> int:
        """Bytes in the heap; references are 32-bit offsets (architecture.md, decision 10)."""
        return _STORAGE_SIZE[self]

    @property
    def prim(self) -> Prim | None:
        """The primitive type of a loaded value, or None for references."""
        return _STORAGE_PRIM[self]

    def __str__(self) -> str:
        return self.name.lower()


_STORAGE_SIZE = {
    Storage.I8: 1,
    Storage.U8: 1,
    Storage.I16: 2,
    Storage.U16: 2,
    Storage.I32: 4,
    Storage.I64: 8,
    Storage.F32: 4,
    Storage.F64: 8,
    Storage.REF: 4,
}
_STORAGE_PRIM: dict[Storage, Prim | None] = {
    Storage.I8: Prim.I32,
    Storage.U8: Prim.I32,
    Storage.I16: Prim.I32,
    Storage.U16: Prim.I32,
    Storage.I32: Prim.I32,
    Storage.I64: Prim.I64,
    Storage.F32: Prim.F32,
    Storage.F64: Prim.F64,
    Storage.REF: None,
}

ARRAY_STORAGE: dict[ArrayKind, Storage] = {
    ArrayKind.BOOL: Storage.U8,
    ArrayKind.I8: Storage.I8,
    ArrayKind.U8: Storage.U8,
    ArrayKind.I16: Storage.I16,
    ArrayKind.U16: Storage.U16,
    ArrayKind.I32: Storage.I32,
    ArrayKind.U32: Storage.I32,
    ArrayKind.CHAR: Storage.I32,
    ArrayKind.I64: Storage.I64,
    ArrayKind.U64: Storage.I64,
    ArrayKind.F32: Storage.F32,
    ArrayKind.F64: Storage.F64,
    ArrayKind.REF: Storage.REF,
}


class RefType(NamedTuple):
    """A reference type: ``ref any``, ``ref? class 3``, ``ref array u8``, ``ref func 2``."""

    kind: HeapKind
    nullable: bool
    index: int = 0  # type: ignore[assignment] # nobody searches a type as a tuple

    def with_null(self, nullable: bool) -> RefType:
        """Return the same type with the given nullability."""
        return self if self.nullable == nullable else RefType(self.kind, nullable, self.index)

    def __str__(self) -> str:
        prefix = "ref? " if self.nullable else "ref "
        match self.kind:
            case HeapKind.ARRAY:
                return f"{prefix}array {ArrayKind(self.index)}"
            case HeapKind.CLASS | HeapKind.FUNC:
                return f"{prefix}{self.kind.name.lower()} {self.index}"
            case _:
                return prefix + self.kind.name.lower()


ValueType = Prim | RefType

ANY = RefType(HeapKind.ANY, nullable=False)
ANY_NULL = RefType(HeapKind.ANY, nullable=True)
STRING = RefType(HeapKind.STRING, nullable=False)
TASK = RefType(HeapKind.TASK, nullable=False)
NULL = RefType(HeapKind.NONE, nullable=True)


def class_ref(index: int, *, nullable: bool = False) -> RefType:
    """Reference to an instance of class ``index`` or of a class below it."""
    return RefType(HeapKind.CLASS, nullable, index)


def array_ref(kind: ArrayKind, *, nullable: bool = False) -> RefType:
    """Reference to an array of ``kind``."""
    return RefType(HeapKind.ARRAY, nullable, int(kind))


def func_ref(signature: int, *, nullable: bool = False) -> RefType:
    """Reference to a function value of signature ``signature``."""
    return RefType(HeapKind.FUNC, nullable, signature)


def element_type(kind: ArrayKind) -> ValueType:
    """The type that ``array.get`` of this kind pushes; elements of ``ref`` arrays are ``ref? any``."""
    return ARRAY_STORAGE[kind].prim or ANY_NULL


class Signature(NamedTuple):
    """Types of a function: parameters in order and at most one result (format 1.0)."""

    params: tuple[ValueType, ...]
    results: tuple[ValueType, ...] = ()

    def __str__(self) -> str:
        params = ", ".join(map(str, self.params))
        return f"({params})" + (f" -> {self.results[0]}" if self.results else "")


class Bank(Enum):
    """Which of the two stacks a value lives on."""

    PRIM = "prim"
    REF = "ref"


def bank_of(value_type: ValueType) -> Bank:
    """The stack of a value of this type."""
    return Bank.REF if isinstance(value_type, RefType) else Bank.PRIM


MAX_ARRAY_LENGTH = (1 << 31) - 1
"""Elements of the longest array; with 8-byte elements the guard region must cover 16 GiB."""
