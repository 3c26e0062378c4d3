"""Converts values between Python and the machine by boundary types (``pvm.pbc.boundary``).

``to_guest`` checks everything, since embedders and host functions are not verified; ``from_guest``
trusts the machine.  Arrays are copied in both directions.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from pvm.engines.accounting import array_size, string_size
from pvm.engines.reference.heap import Array, HeapObject, new_array, new_data, store_slice
from pvm.engines.reference.primitives import round_f32, wrap32, wrap64
from pvm.errors import UsageError
from pvm.isa.types import MAX_ARRAY_LENGTH, ArrayKind
from pvm.pbc.boundary import BoundaryKind, BoundaryType

Account = Callable[[int], None]
"""Accounts bytes before they are allocated; raises if they would pass the limit."""

_KINDS = {str(kind): BoundaryType(BoundaryKind(str(kind))) for kind in ArrayKind if kind is not ArrayKind.REF}
_FLOATS = frozenset({BoundaryKind.F32, BoundaryKind.F64})
_UNSIGNED = {ArrayKind.U32: 0xFFFFFFFF, ArrayKind.U64: 0xFFFFFFFFFFFFFFFF}


def to_guest(expected: BoundaryType, value: object, where: str, account: Account) -> Any:
    """The machine value of a Python value; ``where`` names it in the error.

    Raises:
        UsageError: it is not of the type, or out of range.
    """
    match expected.kind:
        case BoundaryKind.STRING:
            return _string(expected, value, where, account)
        case BoundaryKind.ANY:
            return _reference(expected, value, where, account)
        case BoundaryKind.ARRAY:
            assert expected.element is not None
            return _array(expected.element, value, where, account)
        case _:
            return _number(expected, value, where)


def _wrong(expected: BoundaryType, value: object, where: str) -> UsageError:
    return UsageError(f"{where}: expected {expected}, found {type(value).__name__}")


def _number(expected: BoundaryType, value: object, where: str) -> int | float:
    kind = expected.kind
    bounds = expected.int_range
    if bounds is not None:
        return _integer(expected, bounds, value, where)
    if kind in _FLOATS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong(expected, value, where)
        try:
            number = float(value)
        except OverflowError:
            raise UsageError(f"{where}: {kind.value} cannot hold an int of {int(value).bit_length()} bits") from None
        return round_f32(number) if kind is BoundaryKind.F32 else number
    if kind is BoundaryKind.BOOL:
        if not isinstance(value, bool):
            raise _wrong(expected, value, where)
        return int(value)
    assert kind is BoundaryKind.CHAR, kind
    return _char(expected, value, where)


def _integer(expected: BoundaryType, bounds: tuple[int, int], value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(expected, value, where)
    kind, (low, high) = expected.kind, bounds
    if not low <= value <= high:
        found = str(value) if value.bit_length() <= 128 else f"an int of {value.bit_length()} bits"
        raise UsageError(f"{where}: expected {kind.value}, from {low} to {high}, found {found}")
    return wrap64(value) if kind in {BoundaryKind.I64, BoundaryKind.U64} else wrap32(value)


def _char(expected: BoundaryType, value: object, where: str) -> int:
    if not isinstance(value, str):
        raise _wrong(expected, value, where)
    if len(value) != 1 or 0xD800 <= ord(value) <= 0xDFFF:
        raise UsageError(f"{where}: expected one character, found {len(value)} or a lone surrogate")
    return ord(value)


def _string(expected: BoundaryType, value: object, where: str, account: Account) -> bytes | None:
    if value is None and expected.nullable:
        return None
    if not isinstance(value, str):
        raise _wrong(expected, value, where)
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{where}: the text holds a lone surrogate, which is not Unicode") from None
    account(string_size(len(data)))
    return data


def _reference(expected: BoundaryType, value: object, where: str, account: Account) -> object:
    if value is None and expected.nullable:
        return None
    if isinstance(value, HeapObject):
        return value
    if isinstance(value, str):
        return _string(BoundaryType(BoundaryKind.STRING), value, where, account)
    raise UsageError(
        f"{where}: expected {expected}: a reference of this instance or a text, found {type(value).__name__}"
    )


def _array(kind: ArrayKind, value: object, where: str, account: Account) -> Array:
    if isinstance(value, (str, dict, set, frozenset)) or not hasattr(value, "__len__"):
        raise UsageError(f"{where}: expected a sequence for array {kind}, found {type(value).__name__}")
    assert hasattr(value, "__iter__")
    length = len(value)
    if length > MAX_ARRAY_LENGTH:
        raise UsageError(f"{where}: expected at most {MAX_ARRAY_LENGTH} elements, found {length}")
    account(array_size(kind, length))
    if kind is ArrayKind.U8 and isinstance(value, (bytes, bytearray, memoryview)):
        made = new_array(kind, new_data(kind, 0))
        made.data = bytearray(value)
        return made
    listed = value.tolist() if isinstance(value, (array, memoryview)) else list(value)
    element = _KINDS[str(kind)]
    made = new_array(kind, new_data(kind, len(listed)))
    store_slice(made.data, 0, [_number(element, each, f"{where}[{n}]") for n, each in enumerate(listed)])
    return made


def from_guest(given: BoundaryType, value: Any) -> Any:
    """The Python value of a machine value."""
    match given.kind:
        case BoundaryKind.BOOL:
            return bool(value)
        case BoundaryKind.CHAR:
            return chr(value) if 0 <= value <= 0x10FFFF else "\ufffd"
        case BoundaryKind.U8:
            return value & 0xFF
        case BoundaryKind.U16:
            return value & 0xFFFF
        case BoundaryKind.U32:
            return value & 0xFFFFFFFF
        case BoundaryKind.U64:
            return value & 0xFFFFFFFFFFFFFFFF
        case BoundaryKind.STRING:
            return None if value is None else value.decode("utf-8")
        case BoundaryKind.ANY:
            return value.decode("utf-8") if isinstance(value, bytes) else value
        case BoundaryKind.ARRAY:
            return _elements(value)
        case _:
            return value


def _elements(value: Array) -> Any:
    kind = value.kind
    if kind is ArrayKind.U8:
        return bytes(value.data)
    if kind is ArrayKind.BOOL:
        return [bool(each) for each in value.data]
    if kind is ArrayKind.CHAR:
        return "".join(from_guest(_KINDS["char"], each) for each in value.data)
    if kind in _UNSIGNED:
        return [each & _UNSIGNED[kind] for each in value.data]
    return list(value.data)


def argument_count(found: int, expected: int, name: str) -> None:
    """Check the number of arguments of a call."""
    if found != expected:
        raise UsageError(f"{name}: expected {expected} arguments, found {found}")
