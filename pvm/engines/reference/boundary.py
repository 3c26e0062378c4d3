"""Converts values between Python and the machine by boundary types (``pvm.pbc.boundary``).

``to_guest`` checks everything, since embedders and host functions are not verified; ``from_guest``
trusts the machine.  Arrays are copied in both directions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.engines.accounting import array_size, string_size
from pvm.engines.boundary import (
    array_elements,
    array_from_guest,
    array_length,
    number_from_guest,
    number_to_guest,
    text_to_guest,
)
from pvm.engines.reference.heap import Array, HeapObject, new_array, new_data, store_slice
from pvm.errors import UsageError
from pvm.isa.types import ArrayKind
from pvm.pbc.boundary import BoundaryKind, BoundaryType

Account = Callable[[int], None]
"""Accounts bytes before they are allocated; raises if they would pass the limit."""


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
            return number_to_guest(expected, value, where)


def _string(expected: BoundaryType, value: object, where: str, account: Account) -> bytes | None:
    if value is None and expected.nullable:
        return None
    data = text_to_guest(expected, value, where)
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
    account(array_size(kind, array_length(kind, value, where)))
    elements = array_elements(kind, value, where)
    if isinstance(elements, bytes):
        made = new_array(kind, new_data(kind, 0))
        made.data = bytearray(elements)
        return made
    made = new_array(kind, new_data(kind, len(elements)))
    store_slice(made.data, 0, elements)
    return made


def from_guest(given: BoundaryType, value: Any) -> Any:
    """The Python value of a machine value."""
    match given.kind:
        case BoundaryKind.STRING:
            return None if value is None else value.decode("utf-8")
        case BoundaryKind.ANY:
            return value.decode("utf-8") if isinstance(value, bytes) else value
        case BoundaryKind.ARRAY:
            return array_from_guest(value.kind, value.data)
        case _:
            return number_from_guest(given, value)
