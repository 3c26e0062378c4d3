"""Values at the border between Python and a guest, as far as they are the same for every engine.

Everything that comes from Python is checked, since embedders and host functions are not verified; of an instance of a
subclass it is what the base holds that counts, whatever its own methods say.  ``where`` names a value in the error.
How text and arrays get into the guest's memory is the engine's business.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pvm.errors import UsageError
from pvm.isa.types import MAX_ARRAY_LENGTH, ArrayKind
from pvm.pbc.boundary import BoundaryKind, BoundaryType

ELEMENT_TYPES = {str(kind): BoundaryType(BoundaryKind(str(kind))) for kind in ArrayKind if kind is not ArrayKind.REF}
_FLOATS = frozenset({BoundaryKind.F32, BoundaryKind.F64})
_UNSIGNED = {ArrayKind.U32: 0xFFFFFFFF, ArrayKind.U64: 0xFFFFFFFFFFFFFFFF}
_F32_CELL = array("f", [0.0])
_Held = TypeVar("_Held", int, float, str)


def wrap32(value: int) -> int:
    """Wrap any int to i32."""
    return ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def wrap64(value: int) -> int:
    """Wrap any int to i64."""
    return ((value + 0x8000000000000000) & 0xFFFFFFFFFFFFFFFF) - 0x8000000000000000


def round_f32(value: float) -> float:
    """Nearest binary32, ties to even; what is too large becomes an infinity."""
    _F32_CELL[0] = value
    return _F32_CELL[0]


def wrong(expected: BoundaryType, value: object, where: str) -> UsageError:
    """What to raise for a value that is not of a type."""
    return UsageError(f"{where}: expected {expected}, found {type(value).__name__}")


def number_to_guest(expected: BoundaryType, value: object, where: str) -> int | float:
    """The machine value of a number, a truth or a character.

    Raises:
        UsageError: it is not of the type, or out of range.
    """
    kind = expected.kind
    bounds = expected.int_range
    if bounds is not None:
        return _integer(expected, bounds, value, where)
    if kind in _FLOATS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise wrong(expected, value, where)
        try:
            if type(value) is not float:
                base = int.__index__ if isinstance(value, int) else float.__float__
                value = _held(base, expected, value, where)
            number = float(value)
        except OverflowError:
            raise UsageError(f"{where}: {kind.value} cannot hold an int of {int(value).bit_length()} bits") from None
        return round_f32(number) if kind is BoundaryKind.F32 else number
    if kind is BoundaryKind.BOOL:
        if not isinstance(value, bool):
            raise wrong(expected, value, where)
        return int(value)
    assert kind is BoundaryKind.CHAR, kind
    return _char(expected, value, where)


def _held(base: Callable[[Any], _Held], expected: BoundaryType, value: object, where: str) -> _Held:
    """What a value holds for a base class, by a method of that."""
    try:
        return base(value)
    except TypeError:  # it has another ``__class__`` than it says
        raise wrong(expected, value, where) from None


def _integer(expected: BoundaryType, bounds: tuple[int, int], value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(expected, value, where)
    if type(value) is not int:
        value = _held(int.__index__, expected, value, where)
    kind, (low, high) = expected.kind, bounds
    if not low <= value <= high:
        found = str(value) if value.bit_length() <= 128 else f"an int of {value.bit_length()} bits"
        raise UsageError(f"{where}: expected {kind.value}, from {low} to {high}, found {found}")
    return wrap64(value) if kind in {BoundaryKind.I64, BoundaryKind.U64} else wrap32(value)


def _char(expected: BoundaryType, value: object, where: str) -> int:
    if not isinstance(value, str):
        raise wrong(expected, value, where)
    value = _held(str.__str__, expected, value, where)
    if len(value) != 1 or 0xD800 <= ord(value) <= 0xDFFF:
        raise UsageError(f"{where}: expected one character, found {len(value)} or a lone surrogate")
    return ord(value)


def text_to_guest(expected: BoundaryType, value: object, where: str) -> bytes:
    """The UTF-8 of a text.

    Raises:
        UsageError: it is no text, or holds a lone surrogate.
    """
    if not isinstance(value, str):
        raise wrong(expected, value, where)
    try:
        return _held(str.__str__, expected, value, where).encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{where}: the text holds a lone surrogate, which is not Unicode") from None


def array_length(kind: ArrayKind, value: object, where: str) -> int:
    """The length of what is to become an array; ``array_elements`` looks at the elements.

    Raises:
        UsageError: it is no sequence, or too long.
    """
    if isinstance(value, (str, dict, set, frozenset)) or not hasattr(value, "__len__"):
        raise UsageError(f"{where}: expected a sequence for array {kind}, found {type(value).__name__}")
    length = len(value)
    if length > MAX_ARRAY_LENGTH:
        raise UsageError(f"{where}: expected at most {MAX_ARRAY_LENGTH} elements, found {length}")
    return length


def array_elements(kind: ArrayKind, value: Any, where: str) -> bytes | list[int | float]:
    """The elements as machine values, packed already where they are bytes.

    Raises:
        UsageError: one of them is not of the type, or out of range.
    """
    if kind is ArrayKind.U8 and isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    listed: Iterable[object] = value.tolist() if isinstance(value, (array, memoryview)) else list(value)
    element = ELEMENT_TYPES[str(kind)]
    return [number_to_guest(element, each, f"{where}[{number}]") for number, each in enumerate(listed)]


def number_from_guest(given: BoundaryType, value: Any) -> Any:
    """The Python value of a number, a truth or a character."""
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
        case _:
            return value


def array_from_guest(kind: ArrayKind, elements: Sequence[Any]) -> Any:
    """The Python value of an array: bytes, a text for characters, else a list."""
    if kind is ArrayKind.U8:
        return bytes(elements)
    if kind is ArrayKind.BOOL:
        return [bool(each) for each in elements]
    if kind is ArrayKind.CHAR:
        return "".join(number_from_guest(ELEMENT_TYPES["char"], each) for each in elements)
    if kind in _UNSIGNED:
        return [each & _UNSIGNED[kind] for each in elements]
    return list(elements)


def argument_count(found: int, expected: int, name: str) -> None:
    """Check the number of arguments of a call."""
    if found != expected:
        raise UsageError(f"{name}: expected {expected} arguments, found {found}")
