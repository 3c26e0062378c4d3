"""Relocations of AArch64 (ELF for the Arm 64-bit Architecture, section 5.7), for code that can be loaded anywhere.

Blobs are loaded at multiples of 4 KiB, so the pages that instructions speak of are known as offsets.
"""

from __future__ import annotations

import struct

from pvm.engines.native.machine_code.elf import ObjectError

STUB_SIZE = 12
WORD = 257
_PREL64, _PREL32 = 260, 261
_LITERAL, _NEAR, _PAGE, _PAGE_UNCHECKED, _ADD = 273, 274, 275, 276, 277
_TEST, _CONDITION, _JUMP, _CALL = 279, 280, 282, 283
_SLOT_PAGE, _SLOT_LOAD = 311, 312
_SCALES = {278: 0, 284: 1, 285: 2, 286: 3, 299: 4, _SLOT_LOAD: 3}
"""log2 of the size of a load or store whose offset is the low 12 bits of an address."""
CALLS = frozenset({_JUMP, _CALL})
SLOTS = frozenset({_SLOT_PAGE, _SLOT_LOAD})
_INSTRUCTION = struct.Struct("<I")


def write_stub(data: bytearray, place: int, slot: int) -> None:
    """``adrp x16, slot; ldr x16, [x16, :lo12:slot]; br x16``."""
    struct.pack_into("<III", data, place, 0x90000010, 0xF9400210, 0xD61F0200)
    apply(data, _SLOT_PAGE, place, slot)
    apply(data, _SLOT_LOAD, place + 4, slot)


def load_address(data: bytearray, type_: int, place: int) -> bool:
    """Slots stay: their loads are two instructions with a relocation each."""
    return False


def apply(data: bytearray, type_: int, place: int, target: int) -> None:
    """Write a distance or the low bits of an address into an instruction or a word.

    Raises:
        ObjectError: the relocation is none that code for any address can have, or the target is too far.
    """
    if type_ == _PREL64:
        struct.pack_into("<q", data, place, target - place)
        return
    if type_ == _PREL32:
        struct.pack_into("<i", data, place, target - place)
        return
    (instruction,) = _INSTRUCTION.unpack_from(data, place)
    _INSTRUCTION.pack_into(data, place, instruction | _field(type_, place, target))


def _field(type_: int, place: int, target: int) -> int:
    distance = target - place
    if type_ in _SCALES:
        return (target & 0xFFF) >> _SCALES[type_] << 10
    match type_:
        case 277:
            return (target & 0xFFF) << 10
        case 275 | 276 | 311:
            return _address_field((target >> 12) - (place >> 12))
        case 274:
            return _address_field(distance)
        case 282 | 283:
            return _branch_field(distance, 26)
        case 273 | 280:
            return _branch_field(distance, 19) << 5
        case 279:
            return _branch_field(distance, 14) << 5
    raise ObjectError(f"relocation {type_} of AArch64 is not position independent")


def _address_field(value: int) -> int:
    _check(value, 21)
    return (value & 3) << 29 | (value >> 2 & 0x7FFFF) << 5


def _branch_field(distance: int, bits: int) -> int:
    _check(distance >> 2, bits)
    return distance >> 2 & ((1 << bits) - 1)


def _check(value: int, bits: int) -> None:
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ObjectError(f"a distance of {value} does not fit {bits} bits")
