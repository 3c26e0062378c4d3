"""Functions of the runtime image that programs import: name, signature, traps, and what they cost.

The runtime image ships with PVM and is privileged by the loader; a program names what it uses in
its imports (kind ``runtime``).  The reference engine implements this table in Python, the native
engine in Pebble's ``unsafe`` dialect.  Fuel: 1 unit a call, plus 1 for each full 16 bytes or
elements that ``size`` speaks of.  A function that makes a string may also trap out-of-memory.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.isa.traps import TrapKind
from pvm.isa.types import ANY, ANY_NULL, STRING, ArrayKind, Prim, Signature, ValueType, array_ref

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


_SLOTS, _NUMBERS, _REFERENCES = array_ref(ArrayKind.I32), array_ref(ArrayKind.I64), array_ref(ArrayKind.REF)
_TABLE_TRAPS = (BOUNDS, TrapKind.INVALID_ARGUMENT)
# Hash tables by open addressing.  `slots` is an array whose size is a power of two, else invalid-argument.  A slot is
# an index plus 1, 0 where nothing was put in, or negative where something was taken out.  A search begins at a hash, of
# which the low bits count, and passes over slots, in a circle, up to one that is 0 or all of them.  An index that it
# comes to must be one of each array, else index-out-of-bounds.  Numbers have tables of their own, where neighbours are
# side by side.
_TABLE_FUNCTIONS = (
    _function(
        "table.find_number",
        (_SLOTS, _NUMBERS, _NUMBERS, I64),
        I64,
        "Index of a number in the second of two arrays, or -1; the first, of hashes, is not looked at. A search for n "
        "begins at n ^ ((n >>> b) * 0x9e3779b97f4a7c15 >>> 32), of which the low b bits count; from there it goes to "
        "its hash h, then on by h >>> 32 | 1. That is h = n ^ n >>> 32, h *= 0xff51afd7ed558ccd, h ^= h >>> 29, "
        "h *= 0xc4ceb9fe1a85ec53, h ^= h >>> 32.",
        "slots passed",
        _TABLE_TRAPS,
    ),
    _function(
        "table.find_string",
        (_SLOTS, _NUMBERS, _REFERENCES, STRING),
        I64,
        "Index of an equal text in an array of references, and of its hash in one of hashes, or -1. "
        "Its hash is that of string.hash with hash.seed.",
        "bytes, slots passed, and bytes of the texts that are compared: those with the same hash and size",
        _TABLE_TRAPS,
    ),
    _function(
        "table.find_hash",
        (_SLOTS, _NUMBERS, I64, I64),
        I64,
        "The slot of a hash in an array of hashes, or -1, in a search from another number on: the hash at first, "
        "then the slot that was found plus 1.",
        "slots passed",
        _TABLE_TRAPS,
    ),
    _function(
        "table.replace",
        (_SLOTS, I64, I32, I32),
        None,
        "Put a value in the first slot from a hash on that has another value; invalid-argument if none has it.",
        "slots passed",
        (TrapKind.INVALID_ARGUMENT,),
    ),
    _function(
        "table.replace_number",
        (_SLOTS, I64, I64, I32, I32),
        None,
        "The same where a search for a number comes to; the hash is not looked at: slots, hash, number, values.",
        "slots passed",
        (TrapKind.INVALID_ARGUMENT,),
    ),
    _function(
        "table.fill",
        (_SLOTS, _NUMBERS, I64, I64),
        I64,
        "Put in indices from one on, each by its hash, up to another: the first that was not put in. It stops after "
        "4096 slots that were passed, but not before the first index; invalid-argument if no slot is free for it.",
        "indices and slots passed",
        _TABLE_TRAPS,
    ),
    _function(
        "table.fill_numbers",
        (_SLOTS, _NUMBERS, _NUMBERS, I64, I64),
        I64,
        "The same where searches for the numbers of an array come to; the first, of hashes, is not looked at.",
        "indices and slots passed",
        _TABLE_TRAPS,
    ),
)

RUNTIME_FUNCTIONS: tuple[RuntimeFunction, ...] = (
    _function("string.concat", (STRING, STRING), STRING, "Both texts, one after the other.", "bytes of the result"),
    _function(
        "string.concat3", (STRING, STRING, STRING), STRING, "Three texts, one after the other.", "bytes of the result"
    ),
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
        "bytes of the first from the index to the end of what is found",
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
    _function("string.is_ascii", (STRING,), I32, "1 if all bytes are below 128.", "bytes"),
    _function(
        "string.lower_ascii",
        (STRING,),
        STRING,
        "The text with a to z in place of A to Z; other bytes stay.",
        "bytes",
    ),
    _function(
        "string.upper_ascii",
        (STRING,),
        STRING,
        "The text with A to Z in place of a to z; other bytes stay.",
        "bytes",
    ),
    _function("string.is_i64", (STRING,), I32, "1 if the text is [+-] digits, of a number that fits.", "bytes"),
    _function(
        "string.parse_i64",
        (STRING,),
        I64,
        "The number that a text is of which string.is_i64 says 1; anything else is invalid-argument.",
        "bytes",
        (TrapKind.INVALID_ARGUMENT,),
    ),
    _function(
        "string.extend",
        (BYTES, I64, STRING),
        BYTES,
        "Copy the bytes of a text to an index: the array, if they fit in behind it, else a longer one with what was "
        "before the index, at least twice as long if there are arrays that long.",
        "bytes copied and, if the array is another one, its bytes",
        (BOUNDS,),
    ),
    _function(
        "string.extend_slice",
        (BYTES, I64, STRING, I64, I64),
        BYTES,
        "The same with bytes start to end (exclusive) of a text; both must be character boundaries, else invalid-utf8.",
        "bytes copied and, if the array is another one, its bytes",
        (BOUNDS, TrapKind.INVALID_UTF8),
    ),
    _function(
        "string.replace",
        (STRING, STRING, STRING),
        STRING,
        "The first text with the third in place of each occurrence of the second, which is not empty, else "
        "invalid-argument; the next one is looked for behind the last.",
        "bytes of the first and, if there is an occurrence, of the result",
        (TrapKind.INVALID_ARGUMENT,),
    ),
    _function("f32.remainder", (F32, F32), F32, "C's fmodf: exact, with the sign of the dividend."),
    _function("f64.remainder", (F64, F64), F64, "C's fmod: exact, with the sign of the dividend."),
    _function("hash.seed", (), I64, "Seed of this instance for hash tables."),
    *_TABLE_FUNCTIONS,
    _function(
        "weak.make",
        (ANY,),
        ANY,
        "A weak reference: it does not keep what it refers to. It may also trap out-of-memory.",
    ),
    _function(
        "weak.read",
        (ANY,),
        ANY_NULL,
        "What a weak reference refers to; null once a collection has found it nowhere else. "
        "Anything that is no weak reference is invalid-argument.",
        traps=(TrapKind.INVALID_ARGUMENT,),
    ),
    _function(
        "trace.text",
        (array_ref(ArrayKind.I32),),
        STRING,
        "A stack trace, as the machine stores it in an exception, a line a frame: function, file and line.",
        "frames",
    ),
)
RUNTIME_BY_NAME: dict[str, RuntimeFunction] = {function.name: function for function in RUNTIME_FUNCTIONS}
