"""Guest arrays of numbers as the host makes and reads them."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pvm.engines.native import layout
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Storage

if TYPE_CHECKING:
    from pvm.engines.native.heap import GuestHeap

_FORMATS = {
    Storage.I8: "b",
    Storage.U8: "B",
    Storage.I16: "h",
    Storage.U16: "H",
    Storage.I32: "i",
    Storage.I64: "q",
    Storage.F32: "f",
    Storage.F64: "d",
}


def new_array(heap: GuestHeap, kind: ArrayKind, elements: bytes | Sequence[int | float]) -> int:
    """The address of a new array of a kind of numbers.

    Raises:
        HeapFull: the memory limit is reached.
    """
    storage = ARRAY_STORAGE[kind]
    if not isinstance(elements, bytes):
        text = _FORMATS[storage]
        low = (1 << 8 * storage.size) - 1
        sign = (low >> 1) + 1
        if text in "BH":
            elements = struct.pack(f"<{len(elements)}{text}", *(int(each) & low for each in elements))
        elif text in "bhiq":
            wrapped = (((int(each) & low) ^ sign) - sign for each in elements)
            elements = struct.pack(f"<{len(elements)}{text}", *wrapped)
        else:
            elements = struct.pack(f"<{len(elements)}{text}", *elements)
    return heap.new_bytes(layout.array_class(kind), elements, len(elements) // storage.size)


def elements_of(heap: GuestHeap, address: int) -> tuple[ArrayKind, Sequence[Any]]:
    """Kind and elements of an array of numbers."""
    kind = ArrayKind(heap.class_id(address) - layout.CLASS_ARRAY)
    storage = ARRAY_STORAGE[kind]
    data = heap.cage.bytes_at(address + layout.ELEMENTS, heap.length(address) * storage.size)
    return kind, data if storage is Storage.U8 else array(_FORMATS[storage], data)
