"""Machine values in the slots of frames, and Python values at the border of the native engine."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from pvm.engines.boundary import (
    array_elements,
    array_from_guest,
    array_length,
    number_from_guest,
    number_to_guest,
    text_to_guest,
)
from pvm.engines.native.heap import GuestHeap, Reference
from pvm.errors import UsageError
from pvm.isa.types import Prim, RefType, ValueType
from pvm.pbc.boundary import BoundaryKind, BoundaryType

_MASK = (1 << 64) - 1
_PACK = {Prim.F32: struct.Struct("<fI"), Prim.F64: struct.Struct("<d")}
_U64 = struct.Struct("<Q")
_REFERENCES = frozenset({BoundaryKind.STRING, BoundaryKind.ANY, BoundaryKind.ARRAY})


def slot_bits(type_: ValueType, value: Any) -> int:
    """The 64 bits of a slot that holds a machine value; of a reference it is the address."""
    if type_ is Prim.F64:
        return int(_U64.unpack(_PACK[Prim.F64].pack(value))[0])
    if type_ is Prim.F32:
        return int(_U64.unpack(_PACK[Prim.F32].pack(value, 0))[0])
    return int(value) & _MASK


def slot_value(type_: ValueType, bits: int) -> int | float:
    """The machine value of a slot; of a reference the address."""
    if isinstance(type_, RefType):
        return bits & 0xFFFFFFFF
    match type_:
        case Prim.I32:
            return ((bits & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
        case Prim.I64:
            return (bits ^ (1 << 63)) - (1 << 63)
        case Prim.F32:
            return float(_PACK[Prim.F32].unpack(_U64.pack(bits))[0])
        case _:
            return float(_PACK[Prim.F64].unpack(_U64.pack(bits))[0])


class Border:
    """Converts between Python and one guest heap."""

    def __init__(self, heap: GuestHeap) -> None:
        self.heap = heap

    def to_slots(
        self, params: Sequence[BoundaryType], types: Sequence[ValueType], values: Sequence[object], where: str
    ) -> list[int]:
        """Bits of slots for Python values.

        Raises:
            UsageError: a value does not fit.
            HeapFull: there is no memory for it.
        """
        made: list[tuple[ValueType, Any]] = []
        addresses: list[int] = []
        handles: list[int] = []
        try:
            for number, (param, type_, value) in enumerate(zip(params, types, values, strict=True), 1):
                place = where.format(number)
                if param.kind in _REFERENCES:
                    handles.append(self.heap.keep(self.reference(param, value, place)))
                    made.append((type_, None))
                else:
                    made.append((type_, number_to_guest(param, value, place)))
            addresses = [self.heap.resolve(handle) for handle in handles]
        finally:
            for handle in handles:
                self.heap.release(handle)
        rest = iter(addresses)
        return [next(rest) if isinstance(type_, RefType) else slot_bits(type_, value) for type_, value in made]

    def reference(self, expected: BoundaryType, value: object, where: str) -> int:
        """The address of the object for a Python value, 0 for None where that is allowed."""
        if value is None and expected.nullable:
            return 0
        if expected.kind is BoundaryKind.ARRAY:
            kind = expected.element
            assert kind is not None
            array_length(kind, value, where)
            return self.heap.new_array(kind, array_elements(kind, value, where))
        if expected.kind is BoundaryKind.STRING or isinstance(value, str):
            return self.heap.new_string(text_to_guest(expected, value, where))
        address = value.address_in(self.heap) if isinstance(value, Reference) else None
        if not address:
            found = type(value).__name__
            raise UsageError(f"{where}: expected {expected}: a reference of this instance or a text, found {found}")
        return address

    def from_slot(self, given: BoundaryType, type_: ValueType, bits: int) -> Any:
        """The Python value of a slot."""
        value = slot_value(type_, bits)
        if given.kind not in _REFERENCES:
            return number_from_guest(given, value)
        assert isinstance(value, int)
        if not value:
            return None
        if given.kind is BoundaryKind.ARRAY:
            return array_from_guest(*self.heap.elements(value))
        if self.heap.is_string(value):
            return self.heap.text(value).decode("utf-8")
        return Reference(self.heap, self.heap.keep(value))
