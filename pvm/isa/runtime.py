"""Functions of the runtime image that programs import: name, signature, traps, and what they cost.

The runtime image ships with PVM and is privileged by the loader; a program names what it uses in
its imports (kind ``runtime``).  The reference engine implements this table in Python, the native
engine in Pebble's ``unsafe`` dialect.  Fuel: 1 unit a call, plus 1 for each full 16 bytes or
elements that ``size`` speaks of.  A function that makes a string may also trap out-of-memory.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.isa.traps import TrapKind
from pvm.isa.types import STRING, ArrayKind, Prim, Signature, ValueType, array_ref

ABI_VERSION = 1


class RuntimeFunction(NamedTuple):
    """One function: ``size`` says in words what the fuel is in proportion to, empty for constant cost."""

    name: str
    signature: Signature
    doc: str
    size: str = ""
    traps: tuple[TrapKind, ...] = ()


I32, I64, F32, F64 = Prim.I32, Prim.I64, Prim.F32, Prim.F64
BYTES = array_ref(ArrayKind.U8)
BOUNDS = TrapKind.INDEX_OUT_OF_BOUNDS


def _function(
    name: str,
    params: tuple[ValueType, ...],
    result: ValueType | None,
    doc: str,
    size: str = "",
    traps: tuple[TrapKind, ...] = (),
) -> RuntimeFunction:
    return RuntimeFunction(name, Signature(params, () if result is None else (result,)), doc, size, traps)


RUNTIME_FUNCTIONS: tuple[RuntimeFunction, ...] = (
    _function("string.concat", (STRING, STRING), STRING, "Both texts, one after the other.", "bytes of the result"),
    _function(
        "string.slice",
        (STRING, I64, I64),
        STRING,
        "Bytes start to end (exclusive); both must be character boundaries, else invalid-utf8.",
        "bytes of the result",
        (BOUNDS, TrapKind.INVALID_UTF8),
    ),
    _function("string.equals", (STRING, STRING), I32, "1 if the bytes are equal.", "bytes of the shorter"),
    _function("string.compare", (STRING, STRING), I32, "-1, 0 or 1 by unsigned bytes.", "bytes of the shorter"),
    _function(
        "string.hash",
        (STRING, I64),
        I64,
        "Hash of the bytes under a seed: h = seed ^ size * 0x9e3779b97f4a7c15; for each little-endian 8-byte word, "
        "the last padded with zeros: h = (h ^ word) * 0xff51afd7ed558ccd, h ^= h >>> 32; "
        "finally h = (h ^ h >>> 29) * 0xc4ceb9fe1a85ec53, h ^= h >>> 32.",
        "bytes",
    ),
    _function(
        "string.index_of",
        (STRING, STRING, I64),
        I64,
        "Byte index of the first occurrence of the second at or after an index, or -1; an empty text is found at once.",
        "bytes of the first after the index",
        (BOUNDS,),
    ),
    _function(
        "string.from_utf8",
        (BYTES, I64, I64),
        STRING,
        "Text of count bytes from start; they must be UTF-8.",
        "bytes",
        (BOUNDS, TrapKind.INVALID_UTF8),
    ),
    _function("string.is_utf8", (BYTES, I64, I64), I32, "1 if count bytes from start are UTF-8.", "bytes", (BOUNDS,)),
    _function(
        "string.copy_to",
        (STRING, I64, BYTES, I64, I64),
        None,
        "Copy bytes of a text: text, start, target, at, count.",
        "bytes",
        (BOUNDS,),
    ),
    _function(
        "string.from_char",
        (I32,),
        STRING,
        "Text of one Unicode scalar value.",
        traps=(TrapKind.INVALID_CONVERSION,),
    ),
    _function("string.from_i64", (I64,), STRING, "Decimal digits, signed."),
    _function("string.from_u64", (I64,), STRING, "Decimal digits, unsigned."),
    _function(
        "string.from_f32",
        (F32,),
        STRING,
        "Shortest decimal that reads back as this binary32, in the form of string.from_f64.",
    ),
    _function(
        "string.from_f64",
        (F64,),
        STRING,
        "Shortest decimal that reads back: 1.0, 0.1, 1e+100, -0.0, NaN, Infinity; an exponent from 1e16 or below 1e-4.",
    ),
    _function(
        "string.parse_f64",
        (STRING,),
        F64,
        "Nearest double of a decimal: [+-] digits [. digits] [e [+-] digits]; anything else is invalid-argument.",
        "bytes",
        (TrapKind.INVALID_ARGUMENT,),
    ),
    _function("f32.remainder", (F32, F32), F32, "C's fmodf: exact, with the sign of the dividend."),
    _function("f64.remainder", (F64, F64), F64, "C's fmod: exact, with the sign of the dividend."),
    _function("hash.seed", (), I64, "Seed of this instance for hash tables."),
    _function(
        "trace.text",
        (array_ref(ArrayKind.I32),),
        STRING,
        "A stack trace, as the machine stores it in an exception, a line a frame: function, file and line.",
        "frames",
    ),
)
RUNTIME_BY_NAME: dict[str, RuntimeFunction] = {function.name: function for function in RUNTIME_FUNCTIONS}
