"""Types of Pebble as the checker sees them: frozen values that compare structurally.

Everything that has a declaration, primitives and String included, is a ``ClassType``: ``Int`` is a
class of ``stdlib/core`` whose symbol says which machine representation its values have.  Tuples are
the classes ``Tuple2`` … of the library, ``List<T>`` and friends are ordinary classes.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from compiler.records import structural

if TYPE_CHECKING:
    from compiler.ir.symbols import ClassSymbol, TypeParameterSymbol


class Repr(Enum):
    """Machine representation of the values of a builtin class; ``value`` is the name in ``@builtin``.

    The integers narrower than 32 bits, Bool and Char live in an i32, sign or zero extended as their
    kind says; UInt32 is an i32 read unsigned, UInt64 and Address an i64 read unsigned.
    """

    BOOL = "Bool"
    CHAR = "Char"
    I8 = "Int8"
    I16 = "Int16"
    I32 = "Int32"
    I64 = "Int"
    U8 = "UInt8"
    U16 = "UInt16"
    U32 = "UInt32"
    U64 = "UInt64"
    F32 = "Float32"
    F64 = "Float"
    ADDRESS = "Address"
    """Of system modules only."""
    STRING = "String"
    ARRAY = "Array"
    OBJECT = "Object"

    @property
    def is_primitive(self) -> bool:
        """Lives on the primitive stack."""
        return self not in {Repr.STRING, Repr.ARRAY, Repr.OBJECT}


@structural
class ClassType:
    """An instance of a class, interface or enum, with type arguments."""

    symbol: ClassSymbol
    arguments: tuple[Type, ...] = ()


@structural
class ParameterType:
    """A type parameter inside the declaration that introduces it."""

    symbol: TypeParameterSymbol


@structural
class NullableType:
    """``inner?``; never nested, never around Null, Nothing or Unit."""

    inner: Type


@structural
class FunctionType:
    """``(params) -> result``."""

    params: tuple[Type, ...]
    result: Type


@structural
class AnyType:
    """Any non-null value; primitives are boxed when they become one."""


@structural
class NullType:
    """The type of ``null`` alone."""


@structural
class NothingType:
    """The type of expressions that never have a value: below every type."""


@structural
class UnitType:
    """No value."""


@structural
class ErrorType:
    """Unknown because of an error that has been reported; compatible with everything.  Never emitted."""


Type: TypeAlias = (
    ClassType | ParameterType | NullableType | FunctionType | AnyType | NullType | NothingType | UnitType | ErrorType
)
ANY, NULL, NOTHING, UNIT, ERROR = AnyType(), NullType(), NothingType(), UnitType(), ErrorType()


def substitute(type_: Type, mapping: dict[TypeParameterSymbol, Type]) -> Type:
    """Replace type parameters; a nullable parameter that becomes nullable stays singly nullable."""
    match type_:
        case ParameterType(symbol):
            return mapping.get(symbol, type_)
        case ClassType(symbol, arguments) if arguments:
            return ClassType(symbol, tuple(substitute(argument, mapping) for argument in arguments))
        case NullableType(inner):
            new = substitute(inner, mapping)
            return new if isinstance(new, NullableType | NullType | ErrorType) else NullableType(new)
        case FunctionType(params, result):
            return FunctionType(tuple(substitute(param, mapping) for param in params), substitute(result, mapping))
        case _:
            return type_
