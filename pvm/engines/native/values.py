"""Python values at the border of the native engine."""

from __future__ import annotations

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
from pvm.engines.native.arrays import elements_of, new_array
from pvm.engines.native.heap import GuestHeap, Reference
from pvm.engines.native.linked import REFERENCE
from pvm.engines.native.slots import slot_bits, slot_value
from pvm.errors import UsageError
from pvm.pbc.boundary import BoundaryKind, BoundaryType

_REFERENCES = frozenset({BoundaryKind.STRING, BoundaryKind.ANY, BoundaryKind.ARRAY})


class Border:
    """Converts between Python and one guest heap."""

    def __init__(self, heap: GuestHeap) -> None:
        self.heap = heap

    def to_slots(
        self, params: Sequence[BoundaryType], types: Sequence[str], values: Sequence[object], where: str
    ) -> list[int]:
        """Bits of slots for Python values.

        Raises:
            UsageError: a value does not fit.
            HeapFull: there is no memory for it.
        """
        made: list[tuple[str, Any]] = []
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
        return [next(rest) if type_ == REFERENCE else slot_bits(type_, value) for type_, value in made]

    def reference(self, expected: BoundaryType, value: object, where: str) -> int:
        """The address of the object for a Python value, 0 for None where that is allowed."""
        if value is None and expected.nullable:
            return 0
        if expected.kind is BoundaryKind.ARRAY:
            kind = expected.element
            assert kind is not None
            array_length(kind, value, where)
            return new_array(self.heap, kind, array_elements(kind, value, where))
        if expected.kind is BoundaryKind.STRING or isinstance(value, str):
            return self.heap.new_string(text_to_guest(expected, value, where))
        address = value.address_in(self.heap) if isinstance(value, Reference) else None
        if not address:
            found = type(value).__name__
            raise UsageError(f"{where}: expected {expected}: a reference of this instance or a text, found {found}")
        return address

    def from_slot(self, given: BoundaryType, type_: str, bits: int) -> Any:
        """The Python value of a slot."""
        value = slot_value(type_, bits)
        if given.kind not in _REFERENCES:
            return number_from_guest(given, value)
        assert isinstance(value, int)
        if not value:
            return None
        if given.kind is BoundaryKind.ARRAY:
            return array_from_guest(*elements_of(self.heap, value))
        if self.heap.is_string(value):
            return self.heap.text(value).decode("utf-8")
        return Reference(self.heap, self.heap.keep(value))
