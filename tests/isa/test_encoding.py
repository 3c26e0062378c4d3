"""Instructions, numbers and types as bytes; expected bytes are written by hand."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvm.errors import FormatError
from pvm.isa.encoding import (
    decode_code,
    decode_instruction,
    decode_ref_type,
    decode_sleb,
    decode_uleb,
    decode_value_type,
    encode_instruction,
    encode_ref_type,
    encode_sleb,
    encode_uleb,
    encode_value_type,
)
from pvm.isa.instruction import Imm
from pvm.isa.table import BY_NAME, OPCODES
from pvm.isa.types import ANY_NULL, NULL, STRING, ArrayKind, HeapKind, Prim, RefType, array_ref, class_ref, func_ref

SAMPLES = {
    Imm.I32: [0, 63, 64, -64, -65, 2**31 - 1, -(2**31)],
    Imm.I64: [0, 127, -1, 2**63 - 1, -(2**63)],
    Imm.F32: [0.0, -0.0, 1.5, math.inf, math.nan],
    Imm.F64: [0.1, -math.inf, math.nan],
    Imm.LABELS: [(0,), (3, 0, 200)],
    Imm.FIELD: [(0, 0), (300, 2)],
    Imm.METHOD: [(1, 130)],
    Imm.ARRAY_KIND: list(ArrayKind),
    Imm.REF_TYPE: [STRING, ANY_NULL, class_ref(200), array_ref(ArrayKind.U8, nullable=True), func_ref(0)],
}
INDEX_SAMPLES = [0, 127, 128, 2**32 - 1]


def test_every_opcode_decodes_to_what_was_encoded() -> None:
    for opcode in OPCODES:
        kinds = [kind for _, kind in opcode.immediates]
        rounds = max((len(SAMPLES.get(kind, INDEX_SAMPLES)) for kind in kinds), default=1)
        for number in range(rounds):
            values = tuple(pool[number % len(pool)] for pool in (SAMPLES.get(kind, INDEX_SAMPLES) for kind in kinds))
            raw = encode_instruction(opcode, values)
            found = decode_instruction(b"\x01" + raw, 1)
            assert (found.opcode, found.offset, found.size, found.end) == (opcode, 1, len(raw), 1 + len(raw))
            assert found.immediates == values, opcode.mnemonic
            assert decode_code(raw) == (found._replace(offset=0),)


@pytest.mark.parametrize(
    ("mnemonic", "immediates", "raw"),
    [
        ("return", (), "09"),
        ("local.get", (5,), "2005"),
        ("local.get", (300,), "20ac02"),
        ("i32.const", (-1,), "307f"),
        ("i32.const", (64,), "30c000"),
        ("i64.const", (-(2**63),), "3180808080808080808 07f".replace(" ", "")),
        ("f32.const", (1.0,), "320000803f"),
        ("f64.const", (math.nan,), "33000000000000f87f"),
        ("switch", ((2, 1),), "08020201"),
        ("field.get", ((3, 1),), "420301"),
        ("array.new", (ArrayKind.U8,), "4802"),
        ("ref.cast", (class_ref(7, nullable=True),), "3c9307"),
        ("branch.instance", (1, STRING), "070111"),
        ("i32.wrap_i64", (), "e000"),
    ],
)
def test_golden_bytes(mnemonic: str, immediates: tuple[object, ...], raw: str) -> None:
    assert encode_instruction(BY_NAME[mnemonic], immediates).hex() == raw
    assert decode_instruction(bytes.fromhex(raw), 0).immediates == immediates


def test_decode_code_gives_offsets() -> None:
    code = bytes.fromhex("2000e00020ac0209")
    found = [(item.opcode.mnemonic, item.immediates, item.offset, item.size) for item in decode_code(code)]
    assert found == [
        ("local.get", (0,), 0, 2),
        ("i32.wrap_i64", (), 2, 2),
        ("local.get", (300,), 4, 3),
        ("return", (), 7, 1),
    ]
    assert decode_code(b"") == ()


@pytest.mark.parametrize(
    ("raw", "offset", "message"),
    [
        ("01ff", 2, "code ends inside an instruction"),
        ("0bff", 0, "unknown opcode 0x0b"),
        ("01f800", 1, "unknown opcode 0xf8 0x00"),
        ("e0fe", 0, "unknown opcode 0xe0 0xfe"),
        ("20", 1, "data ends inside a number"),
        ("2080", 2, "data ends inside a number"),
        ("208000", 1, "number is not in its shortest form"),
        ("2080808080 10".replace(" ", ""), 1, "number has more than 32 bits"),
        ("20808080808001", 1, "number has more than 32 bits"),
        ("308000", 1, "number is not in its shortest form"),
        ("30ff7f", 1, "number is not in its shortest form"),
        ("3080808080 08".replace(" ", ""), 1, "number has more than 32 bits"),
        ("31808080808080808080 01".replace(" ", ""), 1, "number has more than 64 bits"),
        ("320000", 3, "data ends inside a float"),
        ("320100c07f", 1, "NaN is not the canonical quiet NaN"),
        ("32000080ff", None, ""),
        ("33010000000000f07f", 1, "NaN is not the canonical quiet NaN"),
        ("0800", 1, "switch without labels"),
        ("08ff7f00", 1, "16383 labels do not fit into the 1 bytes that follow"),
        ("480d", 1, "unknown array kind 13"),
        ("48", 1, "data ends inside an array kind"),
        ("3c16", 1, "the type of null cannot be written in a file"),
        ("3c02", 1, "unknown reference type 0x02"),
        ("3c140d", 2, "unknown array kind 13"),
        ("3c", 1, "data ends inside a type"),
    ],
)
def test_malformed_code_is_refused_with_its_offset(raw: str, offset: int | None, message: str) -> None:
    code = bytes.fromhex(raw)
    if offset is None:
        assert decode_code(code)[0].immediates == (-math.inf,)
        return
    with pytest.raises(FormatError) as caught:
        decode_code(code)
    assert (caught.value.offset, caught.value.message) == (offset, message)


def test_decode_outside_the_code_is_refused() -> None:
    for offset in (-1, 1, 2):
        with pytest.raises(FormatError, match="no instruction here"):
            decode_instruction(b"\x01", offset)


@pytest.mark.parametrize(
    ("mnemonic", "immediates", "message"),
    [
        ("return", (1,), "return has 0 immediates, found 1"),
        ("i32.const", (2**31,), "2147483648 is not a signed number of 32 bits"),
        ("local.get", (-1,), "-1 is not an unsigned number of 32 bits"),
        ("f32.const", (0.1,), "0.1 is not an f32"),
        ("f32.const", (1e300,), "1e+300 is not an f32"),
        ("switch", ((),), "switch without labels"),
        ("ref.cast", (NULL,), "the type of null cannot be written in a file"),
        ("ref.cast", (RefType(HeapKind.ANY, nullable=True, index=3),), "type any has no index, found 3"),
        ("ref.cast", (RefType(HeapKind.ARRAY, nullable=True, index=99),), "unknown array kind 99"),
    ],
)
def test_unencodable_immediates_are_refused(mnemonic: str, immediates: tuple[object, ...], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        encode_instruction(BY_NAME[mnemonic], immediates)
    assert caught.value.message == message


@given(st.integers(0, 2**32 - 1))
def test_unsigned_numbers_are_shortest(value: int) -> None:
    raw = encode_uleb(value)
    assert len(raw) == max(1, -(-value.bit_length() // 7))
    assert decode_uleb(raw, 0) == (value, len(raw))


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers_are_shortest(value: int) -> None:
    raw = encode_sleb(value, 64)
    assert len(raw) == (value if value >= 0 else ~value).bit_length() // 7 + 1
    assert decode_sleb(raw, 0, 64) == (value, len(raw))


@given(st.binary(max_size=12), st.sampled_from([32, 64]))
def test_a_number_that_decodes_is_the_one_encoding_of_its_value(raw: bytes, bits: int) -> None:
    for decode, encode in ((decode_uleb, encode_uleb), (decode_sleb, encode_sleb)):
        try:
            value, end = decode(raw, 0, bits)
        except FormatError:
            continue
        assert encode(value, bits) == raw[:end]


@given(st.binary(max_size=24))
def test_code_that_decodes_encodes_to_itself(code: bytes) -> None:
    try:
        found = decode_code(code)
    except FormatError as error:
        offset = error.offset
    else:
        offset = 0
        assert b"".join(encode_instruction(item.opcode, item.immediates) for item in found) == code
    assert 0 <= offset <= len(code)


@given(st.floats(width=32, allow_nan=False))
def test_every_f32_survives(value: float) -> None:
    raw = encode_instruction(BY_NAME["f32.const"], (value,))
    assert raw[1:] == struct.pack("<f", value)
    assert decode_instruction(raw, 0).immediates == (value,)


@pytest.mark.parametrize(
    ("value_type", "raw"),
    [(Prim.I32, "01"), (Prim.F64, "04"), (ANY_NULL, "90"), (STRING, "11"), (class_ref(300), "13ac02")],
)
def test_value_types(value_type: Prim | RefType, raw: str) -> None:
    assert encode_value_type(value_type).hex() == raw
    assert decode_value_type(bytes.fromhex(raw), 0) == (value_type, len(raw) // 2)
    if isinstance(value_type, RefType):
        assert encode_ref_type(value_type).hex() == raw
        assert decode_ref_type(bytes.fromhex(raw), 0) == (value_type, len(raw) // 2)
