"""The functions of the runtime image (``pvm.isa.runtime``) in Python.

Each checks what may trap, then charges, then accounts what it allocates, then works; what could be too large for any
memory is accounted first, since without memory nothing is paid.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_UP, Context
from typing import Any

from pvm.engines.accounting import WEAK_SIZE, array_size
from pvm.engines.reference.hashing import string_hash
from pvm.engines.reference.heap import Array, HeapObject, WeakReference, new_array, new_data, store_slice
from pvm.engines.reference.primitives import CANONICAL_NAN, round_f32, wrap64
from pvm.engines.reference.tables import Services, TableFunctions
from pvm.isa.traps import TrapKind
from pvm.isa.types import MAX_ARRAY_LENGTH, ArrayKind

_MASK = (1 << 64) - 1
_DECIMAL = re.compile(rb"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(rb"[+-]?[0-9]+")
_MOST_DIGITS = 19
"""Of an i64."""
BULK_SHIFT = 4


def utf8_error_free(data: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def format_f64(value: float) -> str:
    """Shortest decimal that reads back; always with a point or an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _spelled(repr(value))


def format_f32(value: float) -> str:
    """Shortest decimal that reads back as this binary32."""
    if math.isnan(value) or math.isinf(value) or value == 0:
        return format_f64(value)
    text = next(each for digits in range(1, 10) for each in _rounded(value, digits) if round_f32(float(each)) == value)
    return _spelled(repr(float(text)))


def _rounded(value: float, digits: int) -> Iterator[str]:
    """The decimal of so many digits that is nearest, and the other one that may read back as the same number.

    What is below a power of two is nearer to it, and may be a number of its own although the one above it is not.
    """
    yield f"{value:.{digits - 1}e}"
    if abs(math.frexp(value)[0]) == 0.5:
        yield str(Context(prec=digits, rounding=ROUND_UP).create_decimal_from_float(value))


def _spelled(text: str) -> str:
    """Python's ``1e-05`` as ``1e-5``, and ``1e+16`` with its sign."""
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    sign = "-" if exponent.startswith("-") else "+"
    return f"{mantissa}e{sign}{exponent.lstrip('+-').lstrip('0')}"


def parse_f64(text: bytes) -> float | None:
    """Nearest double of a decimal; None if it is none.

    Beyond 800 significant digits only whether there is a non-zero one matters, so that hostile
    texts take linear time.
    """
    if _DECIMAL.fullmatch(text) is None:
        return None
    return float(text) if len(text) <= _SHORT_DECIMAL else _parse_long(text)


_SHORT_DECIMAL = 1000


def parse_i64(text: bytes) -> int | None:
    """The number that a text is, if it is one and fits."""
    if not _INTEGER.fullmatch(text):
        return None
    digits = text.lstrip(b"+-").lstrip(b"0")
    if len(digits) > _MOST_DIGITS:
        return None
    value = int(digits or b"0") * (-1 if text.startswith(b"-") else 1)
    return value if wrap64(value) == value else None


def _parse_long(text: bytes) -> float:
    mantissa, _, exponent_text = text.lower().partition(b"e")
    sign = "-" if mantissa.startswith(b"-") else ""
    whole, _, fraction = mantissa.lstrip(b"+-").partition(b".")
    stripped = (whole + fraction).lstrip(b"0")
    point = len(whole) - (len(whole) + len(fraction) - len(stripped))
    head = stripped[:800].decode()
    if not head:
        return float(sign + "0")
    if stripped[800:].strip(b"0"):
        head += "1"
    power = exponent_text.lstrip(b"+-").lstrip(b"0")
    if len(power) > 18:
        return float(f"{sign}0.{head}e{'-' if exponent_text.startswith(b'-') else ''}999999999")
    exponent = int(power or b"0") * (-1 if exponent_text.startswith(b"-") else 1) + point
    return float(f"{sign}0.{head}e{exponent}")


class RuntimeImage(TableFunctions):
    """The functions, bound to one machine."""

    def __init__(self, machine: Services) -> None:
        self.machine = machine
        self.functions: dict[str, Callable[..., Any]] = {
            name: getattr(self, method) for name, method in _METHODS.items()
        }

    def _check_range(self, start: int, count: int, length: int) -> None:
        self._check(0 <= start <= length and 0 <= count <= length - start, TrapKind.INDEX_OUT_OF_BOUNDS)

    def _charge(self, size: int = 0) -> None:
        self.machine.charge(1 + (size >> BULK_SHIFT))

    def _new(self, text: str) -> bytes:
        data = text.encode()
        self.machine.account_string(len(data))
        return data

    def string_concat(self, *parts: bytes) -> bytes:
        size = sum(map(len, parts))
        self._check(size <= MAX_ARRAY_LENGTH, TrapKind.OUT_OF_MEMORY)
        self.machine.account_string(size)
        self._charge(size)
        return b"".join(parts)

    string_concat3 = string_concat

    def _check_slice(self, text: bytes, start: int, end: int) -> None:
        self._check(0 <= start <= end <= len(text), TrapKind.INDEX_OUT_OF_BOUNDS)
        for place in (start, end):
            self._check(place == len(text) or text[place] & 0xC0 != 0x80, TrapKind.INVALID_UTF8)

    def string_slice(self, text: bytes, start: int, end: int) -> bytes:
        self._check_slice(text, start, end)
        self._charge(end - start)
        self.machine.account_string(end - start)
        return text[start:end]

    def string_equals(self, a: bytes, b: bytes) -> int:
        self._charge(min(len(a), len(b)))
        return 1 if a == b else 0

    def string_compare(self, a: bytes, b: bytes) -> int:
        self._charge(min(len(a), len(b)))
        return (a > b) - (a < b)

    def string_hash(self, text: bytes, seed: int) -> int:
        self._charge(len(text))
        return string_hash(text, seed, self.machine.poll_time)

    def string_index_of(self, text: bytes, part: bytes, start: int) -> int:
        self._check(0 <= start <= len(text), TrapKind.INDEX_OUT_OF_BOUNDS)
        found = text.find(part, start)
        self._charge((len(text) if found < 0 else found + len(part)) - start)
        return found

    def _bytes(self, array: Array, start: int, count: int) -> bytes:
        self._check_range(start, count, len(array.data))
        self._charge(count)
        return bytes(memoryview(array.data)[start : start + count])  # type: ignore[arg-type]

    def string_from_utf8(self, array: Array, start: int, count: int) -> bytes:
        data = self._bytes(array, start, count)
        self._check(utf8_error_free(data), TrapKind.INVALID_UTF8)
        self.machine.account_string(count)
        return data

    def string_is_utf8(self, array: Array, start: int, count: int) -> int:
        return int(utf8_error_free(self._bytes(array, start, count)))

    def string_copy_to(self, text: bytes, start: int, target: Array, at: int, count: int) -> None:
        self._check_range(start, count, len(text))
        self._check_range(at, count, len(target.data))
        self._charge(count)
        store_slice(target.data, at, text[start : start + count])

    def string_from_char(self, char: int) -> bytes:
        self._check(0 <= char <= 0x10FFFF and not 0xD800 <= char <= 0xDFFF, TrapKind.INVALID_CONVERSION)
        self._charge()
        return self._new(chr(char))

    def string_from_i64(self, value: int) -> bytes:
        self._charge()
        return self._new(str(value))

    def string_from_u64(self, value: int) -> bytes:
        self._charge()
        return self._new(str(value & _MASK))

    def string_from_f32(self, value: float) -> bytes:
        self._charge()
        return self._new(format_f32(value))

    def string_from_f64(self, value: float) -> bytes:
        self._charge()
        return self._new(format_f64(value))

    def string_parse_f64(self, text: bytes) -> float:
        self._charge(len(text))
        value = parse_f64(text)
        if value is None:
            raise self.machine.trap(TrapKind.INVALID_ARGUMENT)
        return value

    def string_is_ascii(self, text: bytes) -> int:
        self._charge(len(text))
        return int(text.isascii())

    def string_lower_ascii(self, text: bytes) -> bytes:
        return self._translated(text, text.lower())

    def string_upper_ascii(self, text: bytes) -> bytes:
        return self._translated(text, text.upper())

    def _translated(self, text: bytes, result: bytes) -> bytes:
        self._charge(len(text))
        self.machine.account_string(len(text))
        return result

    def string_is_i64(self, text: bytes) -> int:
        self._charge(len(text))
        return int(parse_i64(text) is not None)

    def string_parse_i64(self, text: bytes) -> int:
        self._charge(len(text))
        value = parse_i64(text)
        if value is None:
            raise self.machine.trap(TrapKind.INVALID_ARGUMENT)
        return value

    def string_extend(self, target: Array, at: int, text: bytes) -> Array:
        self._check(0 <= at <= len(target.data), TrapKind.INDEX_OUT_OF_BOUNDS)
        return self._extended(target, at, text)

    def string_extend_slice(self, target: Array, at: int, text: bytes, start: int, end: int) -> Array:
        self._check(0 <= at <= len(target.data), TrapKind.INDEX_OUT_OF_BOUNDS)
        self._check_slice(text, start, end)
        return self._extended(target, at, text[start:end])

    def _extended(self, target: Array, at: int, data: bytes) -> Array:
        end = at + len(data)
        if end <= len(target.data):
            self._charge(len(data))
            result = target
        else:
            self._check(end <= MAX_ARRAY_LENGTH, TrapKind.OUT_OF_MEMORY)
            size = max(end, min(2 * len(target.data), MAX_ARRAY_LENGTH))
            self.machine.account(array_size(ArrayKind.U8, size))
            self._charge(end + size)
            result = new_array(ArrayKind.U8, new_data(ArrayKind.U8, size))
            store_slice(result.data, 0, target.data[:at])
        store_slice(result.data, at, data)
        return result

    def string_replace(self, text: bytes, part: bytes, by: bytes) -> bytes:
        self._check(bool(part), TrapKind.INVALID_ARGUMENT)
        count = text.count(part)
        if not count:
            self._charge(len(text))
            return text
        size = len(text) + count * (len(by) - len(part))
        self._check(size <= MAX_ARRAY_LENGTH, TrapKind.OUT_OF_MEMORY)
        self.machine.account_string(size)
        self._charge(len(text) + size)
        return text.replace(part, by)

    def f32_remainder(self, a: float, b: float) -> float:
        return self.f64_remainder(a, b)

    def f64_remainder(self, a: float, b: float) -> float:
        self._charge()
        if math.isnan(a) or math.isnan(b) or math.isinf(a) or b == 0:
            return CANONICAL_NAN
        return math.fmod(a, b)

    def hash_seed(self) -> int:
        self._charge()
        return self.machine.seed

    def weak_make(self, referent: HeapObject | bytes) -> WeakReference:
        self.machine.account(WEAK_SIZE)
        self._charge()
        return WeakReference(referent)

    def weak_read(self, weak: object) -> HeapObject | bytes | None:
        if not isinstance(weak, WeakReference):
            raise self.machine.trap(TrapKind.INVALID_ARGUMENT)
        self._charge()
        return weak.referent

    def trace_text(self, trace: Array) -> bytes:
        self._charge(len(trace.data) >> 1)
        self.machine.poll_time()
        return self._new(self.machine.trace_text(trace))


_FAMILIES = ("string_", "f32_", "f64_", "hash_", "table_", "trace_", "weak_")


_METHODS = {name.replace("_", ".", 1): name for name in dir(RuntimeImage) if name.startswith(_FAMILIES)}
