"""Python values at the border of the native engine: converters, made once for each type of a boundary signature."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from pvm.engines.boundary import (
    array_elements,
    array_from_guest,
    array_length,
    number_from_guest,
    number_to_guest,
    text_to_guest,
)
from pvm.engines.native.arrays import elements_of, new_array
from pvm.engines.native.heap import GuestHeap, Reference
from pvm.engines.native.slots import slot_value
from pvm.errors import UsageError
from pvm.pbc.boundary import BoundaryKind, BoundaryType

_REFERENCES = frozenset({BoundaryKind.STRING, BoundaryKind.ANY, BoundaryKind.ARRAY})


_WRAPPED = frozenset({BoundaryKind.U32, BoundaryKind.U64})
_SIGN = 1 << 63
_F64, _U64 = struct.Struct("<d"), struct.Struct("<Q")

Inward = Callable[[object, str], int | float]
"""From a Python value, and what it is for people, to the machine value: of a reference the address."""
Outward = Callable[[int], Any]
"""From the bits of a slot to the Python value."""


def is_reference(type_: BoundaryType) -> bool:
    """Whether values of a type are objects in the guest."""
    return type_.kind in _REFERENCES


def inward(heap: GuestHeap, expected: BoundaryType) -> Inward:
    """What makes machine values of Python values of a type, and raises ``UsageError`` where one is not of the type.

    What it makes of references can raise ``HeapFull`` and move the objects that others were made of.
    """
    bounds = expected.int_range
    if is_reference(expected):
        return partial(_reference, heap, expected)
    if expected.kind is BoundaryKind.F64:
        return lambda value, where: value if type(value) is float else number_to_guest(expected, value, where)
    if bounds is None or expected.kind in _WRAPPED:
        return partial(number_to_guest, expected)
    low, high = bounds

    def integer(value: object, where: str) -> int | float:
        if type(value) is int and low <= value <= high:
            return value
        return number_to_guest(expected, value, where)

    return integer


def _reference(heap: GuestHeap, expected: BoundaryType, value: object, where: str) -> int:
    """The address of the object for a Python value, 0 for None where that is allowed."""
    if value is None and expected.nullable:
        return 0
    if expected.kind is BoundaryKind.ARRAY:
        kind = expected.element
        assert kind is not None
        array_length(kind, value, where)
        return new_array(heap, kind, array_elements(kind, value, where))
    if expected.kind is BoundaryKind.STRING or isinstance(value, str):
        return heap.new_string(text_to_guest(expected, value, where))
    address = value.address_in(heap) if isinstance(value, Reference) else None
    if not address:
        found = type(value).__name__
        raise UsageError(f"{where}: expected {expected}: a reference of this instance or a text, found {found}")
    return address


def outward(heap: GuestHeap, given: BoundaryType, type_: str) -> Outward:
    """What makes Python values of slots that hold values of a type."""
    if is_reference(given):
        return partial(_object, heap, given)
    if given.kind is BoundaryKind.I64:
        return lambda bits: (bits ^ _SIGN) - _SIGN
    if given.kind is BoundaryKind.F64:
        return lambda bits: _F64.unpack(_U64.pack(bits))[0]
    return lambda bits: number_from_guest(given, slot_value(type_, bits))


def _object(heap: GuestHeap, given: BoundaryType, bits: int) -> Any:
    """The Python value for an object."""
    address = bits & 0xFFFFFFFF
    if not address:
        return None
    if given.kind is BoundaryKind.ARRAY:
        return array_from_guest(*elements_of(heap, address))
    if heap.is_string(address):
        return heap.text(address).decode("utf-8")
    return Reference(heap, heap.keep(address))
