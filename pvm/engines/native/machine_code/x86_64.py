"""Relocations of x86-64 (System V ABI supplement, chapter 4), for code that can be loaded anywhere."""

from __future__ import annotations

import struct

from pvm.engines.native.machine_code.elf import ObjectError

STUB_SIZE = 8
WORD = 1
_PC32, _PLT32, _GOTPCREL, _PC64, _GOTPCRELX, _REX_GOTPCRELX = 2, 4, 9, 24, 41, 42
CALLS = frozenset({_PC32, _PLT32})
SLOTS = frozenset({_GOTPCREL, _GOTPCRELX, _REX_GOTPCRELX})
_DISTANCE = struct.Struct("<i")
_WIDE_DISTANCE = struct.Struct("<q")
_LOAD, _LOAD_ADDRESS = 0x8B, 0x8D


def write_stub(data: bytearray, place: int, slot: int) -> None:
    """``jmp *slot(%rip)``."""
    data[place : place + 2] = b"\xff\x25"
    _DISTANCE.pack_into(data, place + 2, slot - (place + 6))
    data[place + 6 : place + 8] = b"\xcc\xcc"


def load_address(data: bytearray, type_: int, place: int) -> bool:
    """Change a load of a slot into the computation of the address, where the instruction allows it."""
    if type_ == _GOTPCREL or data[place - 2] != _LOAD:
        return False
    data[place - 2] = _LOAD_ADDRESS
    return True


def apply(data: bytearray, type_: int, place: int, target: int) -> None:
    """Write the distance from a place to its target.

    Raises:
        ObjectError: the relocation is none that code for any address can have.
    """
    match type_:
        case 2 | 4 | 9 | 41 | 42:
            _DISTANCE.pack_into(data, place, target - place)
        case 24:
            _WIDE_DISTANCE.pack_into(data, place, target - place)
        case _:
            raise ObjectError(f"relocation {type_} of x86-64 is not position independent")
