"""Machine values in the slots of frames; their types are those of a linked program."""

from __future__ import annotations

import struct

from pvm.engines.native.linked import REFERENCE
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_MASK = (1 << 64) - 1
_FORMATS = {"f32": "f4x", "f64": "d"}
_F32, _F64, _U64 = struct.Struct("<fI"), struct.Struct("<d"), struct.Struct("<Q")


def slot_bits(type_: str, value: Any) -> int:
    """The 64 bits of a slot that holds a machine value; of a reference it is the address."""
    if type_ == "f64":
        return int(_U64.unpack(_F64.pack(value))[0])
    if type_ == "f32":
        return int(_U64.unpack(_F32.pack(value, 0))[0])
    return int(value) & _MASK


def arguments_format(types: Iterable[str], before: str = "") -> struct.Struct:
    """How machine values of these types are packed into slots in a row, behind others."""
    return struct.Struct(f"<{before}{''.join(_FORMATS.get(type_, 'q') for type_ in types)}")


def slot_value(type_: str, bits: int) -> int | float:
    """The machine value of a slot; of a reference the address."""
    match type_:
        case "ref":
            return bits & 0xFFFFFFFF
        case "i32":
            return ((bits & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
        case "i64":
            return (bits ^ (1 << 63)) - (1 << 63)
        case "f32":
            return float(_F32.unpack(_U64.pack(bits))[0])
        case _:
            return float(_F64.unpack(_U64.pack(bits))[0])


def argument_order(params: Sequence[str]) -> list[int]:
    """Numbers of the parameters in the order of their slots: references first."""
    return sorted(range(len(params)), key=lambda number: params[number] != REFERENCE)
