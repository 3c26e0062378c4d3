"""The binary form of instructions, value types and LEB128 numbers.

Every value has one encoding: LEB128 numbers are as short as they can be, NaN constants are the
canonical quiet NaN, reserved bits are zero.  So equal code is equal bytes, and bytes that decode
encode to themselves.  All failures are ``FormatError`` with the offset of the byte at fault.

Indices are decoded, not resolved: whether local 7 or class 3 exists is for ``pvm.pbc.code``.
A decoded NaN is always the object ``math.nan``, so that tuples that hold one compare equal.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pvm.errors import FormatError
from pvm.isa.instruction import Imm, Opcode
from pvm.isa.table import BY_CODE, PREFIXES
from pvm.isa.types import ArrayKind, HeapKind, Prim, RefType, ValueType

INDEX_BITS = 32
"""Counts and indices are unsigned LEB128 of at most this many bits."""

F32_NAN = b"\x00\x00\xc0\x7f"
F64_NAN = b"\x00\x00\x00\x00\x00\x00\xf8\x7f"
_NULLABLE = 0x80
_INDEXED = frozenset({HeapKind.CLASS, HeapKind.ARRAY, HeapKind.FUNC})
_TRUNCATED = "code ends inside an instruction"


class Instruction(NamedTuple):
    """A decoded instruction; ``offset`` counts from the start of the function's code.

    A named tuple because a module has tens of thousands of them and this is the cheapest immutable
    object that Python makes.  Immediates look as ``Imm`` says.
    """

    opcode: Opcode
    immediates: tuple[Any, ...]
    offset: int
    size: int

    @property
    def end(self) -> int:
        """Offset of the next instruction."""
        return self.offset + self.size


# Numbers


def decode_uleb(data: bytes, offset: int, bits: int = INDEX_BITS) -> tuple[int, int]:
    """Return the unsigned number at ``offset`` and the offset after it."""
    start = offset
    value = shift = 0
    while True:
        if offset >= len(data):
            raise FormatError(offset, "data ends inside a number")
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift >= bits:
            raise FormatError(start, f"number has more than {bits} bits")
    if value >> bits:
        raise FormatError(start, f"number has more than {bits} bits")
    if byte == 0 and offset - start > 1:
        raise FormatError(start, "number is not in its shortest form")
    return value, offset


def decode_sleb(data: bytes, offset: int, bits: int) -> tuple[int, int]:
    """Return the signed number at ``offset`` and the offset after it."""
    start = offset
    value = shift = previous = 0
    while True:
        if offset >= len(data):
            raise FormatError(offset, "data ends inside a number")
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
        previous = byte
        if shift >= bits:
            raise FormatError(start, f"number has more than {bits} bits")
    if byte & 0x40:
        value -= 1 << shift
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise FormatError(start, f"number has more than {bits} bits")
    if shift > 7 and byte == (0x7F if previous & 0x40 else 0x00):
        raise FormatError(start, "number is not in its shortest form")
    return value, offset


def encode_uleb(value: int, bits: int = INDEX_BITS) -> bytes:
    """Return the shortest unsigned LEB128 of ``value``."""
    if 0 <= value < 0x80:
        return bytes((value,))
    if value < 0 or value >> bits:
        raise FormatError(0, f"{value} is not an unsigned number of {bits} bits")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_sleb(value: int, bits: int) -> bytes:
    """Return the shortest signed LEB128 of ``value``."""
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise FormatError(0, f"{value} is not a signed number of {bits} bits")
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def decode_float(data: bytes, offset: int, width: int) -> tuple[float, int]:
    """Return the float of 4 or 8 bytes at ``offset`` and the offset after it."""
    raw = data[offset : offset + width]
    if len(raw) < width:
        raise FormatError(len(data), "data ends inside a float")
    value: float = struct.unpack("<f" if width == 4 else "<d", raw)[0]
    if value != value:  # noqa: PLR0124 - the test for NaN
        if raw != (F32_NAN if width == 4 else F64_NAN):
            raise FormatError(offset, "NaN is not the canonical quiet NaN")
        return math.nan, offset + width
    return value, offset + width


def encode_float(value: float, width: int) -> bytes:
    """Return the 4 or 8 bytes of ``value``, any NaN as the canonical one."""
    if math.isnan(value):
        return F32_NAN if width == 4 else F64_NAN
    if width == 8:
        return struct.pack("<d", value)
    try:
        raw = struct.pack("<f", value)
    except OverflowError:
        raise FormatError(0, f"{value!r} is not an f32") from None
    if struct.unpack("<f", raw)[0] != value:
        raise FormatError(0, f"{value!r} is not an f32")
    return raw


# Types


def decode_ref_type(data: bytes, offset: int) -> tuple[RefType, int]:
    """Return the reference type at ``offset`` and the offset after it."""
    if offset >= len(data):
        raise FormatError(offset, "data ends inside a type")
    byte = data[offset]
    try:
        kind = HeapKind(byte & ~_NULLABLE)
    except ValueError:
        raise FormatError(offset, f"unknown reference type 0x{byte:02x}") from None
    if kind is HeapKind.NONE:
        raise FormatError(offset, "the type of null cannot be written in a file")
    nullable = byte >= _NULLABLE
    if kind not in _INDEXED:
        return RefType(kind, nullable), offset + 1
    index, end = decode_uleb(data, offset + 1)
    if kind is HeapKind.ARRAY and index > ArrayKind.REF:
        raise FormatError(offset + 1, f"unknown array kind {index}")
    return RefType(kind, nullable, index), end


def encode_ref_type(ref_type: RefType) -> bytes:
    """Return the bytes of a reference type."""
    kind = ref_type.kind
    if kind is HeapKind.NONE:
        raise FormatError(0, "the type of null cannot be written in a file")
    head = bytes((kind | (_NULLABLE if ref_type.nullable else 0),))
    if kind not in _INDEXED:
        if ref_type.index:
            raise FormatError(0, f"type {kind.name.lower()} has no index, found {ref_type.index}")
        return head
    if kind is HeapKind.ARRAY and not 0 <= ref_type.index <= ArrayKind.REF:
        raise FormatError(0, f"unknown array kind {ref_type.index}")
    return head + encode_uleb(ref_type.index)


def decode_value_type(data: bytes, offset: int) -> tuple[ValueType, int]:
    """Return the value type at ``offset`` and the offset after it."""
    if offset >= len(data):
        raise FormatError(offset, "data ends inside a type")
    prim = _PRIMS.get(data[offset])
    if prim is not None:
        return prim, offset + 1
    return decode_ref_type(data, offset)


def encode_value_type(value_type: ValueType) -> bytes:
    """Return the bytes of a value type."""
    return encode_ref_type(value_type) if isinstance(value_type, RefType) else bytes((value_type,))


_PRIMS = {int(prim): prim for prim in Prim}


# Immediates


def _decode_labels(data: bytes, offset: int) -> tuple[tuple[int, ...], int]:
    start = offset
    count, offset = decode_uleb(data, offset)
    if count > len(data) - offset:
        raise FormatError(start, f"{count} labels do not fit into the {len(data) - offset} bytes that follow")
    if count == 0:
        raise FormatError(start, "switch without labels")
    labels = []
    for _ in range(count):
        label, offset = decode_uleb(data, offset)
        labels.append(label)
    return tuple(labels), offset


def _decode_pair(data: bytes, offset: int) -> tuple[tuple[int, int], int]:
    first, offset = decode_uleb(data, offset)
    second, offset = decode_uleb(data, offset)
    return (first, second), offset


def _decode_array_kind(data: bytes, offset: int) -> tuple[ArrayKind, int]:
    if offset >= len(data):
        raise FormatError(offset, "data ends inside an array kind")
    if data[offset] > ArrayKind.REF:
        raise FormatError(offset, f"unknown array kind {data[offset]}")
    return ArrayKind(data[offset]), offset + 1


def _encode_labels(labels: Sequence[int]) -> bytes:
    if not labels:
        raise FormatError(0, "switch without labels")
    return encode_uleb(len(labels)) + b"".join(map(encode_uleb, labels))


def _encode_pair(pair: tuple[int, int]) -> bytes:
    first, second = pair
    return encode_uleb(first) + encode_uleb(second)


_Decoder = Callable[[bytes, int], tuple[Any, int]]
_Encoder = Callable[[Any], bytes]

_INDEX_CODEC: tuple[_Decoder, _Encoder] = (decode_uleb, encode_uleb)
_CODECS: dict[Imm, tuple[_Decoder, _Encoder]] = {
    Imm.I32: (lambda data, offset: decode_sleb(data, offset, 32), lambda value: encode_sleb(value, 32)),
    Imm.I64: (lambda data, offset: decode_sleb(data, offset, 64), lambda value: encode_sleb(value, 64)),
    Imm.F32: (lambda data, offset: decode_float(data, offset, 4), lambda value: encode_float(value, 4)),
    Imm.F64: (lambda data, offset: decode_float(data, offset, 8), lambda value: encode_float(value, 8)),
    Imm.LOCAL: _INDEX_CODEC,
    Imm.LABEL: _INDEX_CODEC,
    Imm.LABELS: (_decode_labels, _encode_labels),
    Imm.FUNC: _INDEX_CODEC,
    Imm.IMPORT: _INDEX_CODEC,
    Imm.CLASS: _INDEX_CODEC,
    Imm.FIELD: (_decode_pair, _encode_pair),
    Imm.METHOD: (_decode_pair, _encode_pair),
    Imm.SIG: _INDEX_CODEC,
    Imm.GLOBAL: _INDEX_CODEC,
    Imm.STRING: _INDEX_CODEC,
    Imm.ARRAY_KIND: (_decode_array_kind, lambda kind: bytes((ArrayKind(kind),))),
    Imm.REF_TYPE: (decode_ref_type, encode_ref_type),
}


# Instructions

_Entry = tuple[Opcode, tuple[_Decoder, ...], bool]


def _entry(opcode: Opcode) -> _Entry:
    decoders = tuple(_CODECS[kind][0] for _, kind in opcode.immediates)
    return opcode, decoders, decoders == (decode_uleb,)


_ENTRIES: dict[int, _Entry] = {code: _entry(opcode) for code, opcode in BY_CODE.items()}
_FIRST: tuple[_Entry | None, ...] = tuple(_ENTRIES.get(byte) for byte in range(256))


def _unknown(code: bytes, offset: int) -> FormatError:
    byte = code[offset]
    if byte not in PREFIXES:
        return FormatError(offset, f"unknown opcode 0x{byte:02x}")
    if offset + 1 >= len(code):
        return FormatError(len(code), _TRUNCATED)
    return FormatError(offset, f"unknown opcode 0x{byte:02x} 0x{code[offset + 1]:02x}")


def decode_instruction(code: bytes, offset: int) -> Instruction:
    """Decode the instruction at ``offset``.

    Raises:
        FormatError: the bytes there are no instruction; its offset counts in ``code``.
    """
    if not 0 <= offset < len(code):
        raise FormatError(offset, f"no instruction here: the code has {len(code)} bytes")
    end = offset + 1
    entry = _FIRST[code[offset]]
    if entry is None:
        entry = _ENTRIES.get(code[offset] << 8 | code[end]) if end < len(code) else None
        if entry is None:
            raise _unknown(code, offset)
        end += 1
    immediates = []
    for decoder in entry[1]:
        value, end = decoder(code, end)
        immediates.append(value)
    return Instruction(entry[0], tuple(immediates), offset, end - offset)


def decode_code(code: bytes) -> tuple[Instruction, ...]:
    """Decode the whole code of a function."""
    out: list[Instruction] = []
    append = out.append
    first, length, offset = _FIRST, len(code), 0
    while offset < length:
        # Most instructions have no immediate, or one index below 128: these are decoded in place.
        entry = first[code[offset]]
        if entry is not None:
            opcode, decoders, is_index = entry
            if not decoders:
                append(Instruction(opcode, (), offset, 1))
                offset += 1
                continue
            if is_index and offset + 1 < length and code[offset + 1] < 0x80:
                append(Instruction(opcode, (code[offset + 1],), offset, 2))
                offset += 2
                continue
        instruction = decode_instruction(code, offset)
        append(instruction)
        offset += instruction.size
    return tuple(out)


def encode_instruction(opcode: Opcode, immediates: Sequence[Any] = ()) -> bytes:
    """Return the bytes of an instruction.

    Raises:
        FormatError: an immediate cannot be encoded; its offset is 0.
    """
    if len(immediates) != len(opcode.immediates):
        expected = len(opcode.immediates)
        raise FormatError(0, f"{opcode.mnemonic} has {expected} immediates, found {len(immediates)}")
    head = bytes((opcode.code,)) if opcode.code < 0x100 else opcode.code.to_bytes(2, "big")
    if not immediates:
        return head
    encoded = (_CODECS[kind][1](value) for (_, kind), value in zip(opcode.immediates, immediates, strict=True))
    return head + b"".join(encoded)
