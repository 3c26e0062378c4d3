"""The functions of the runtime image (``pvm.isa.runtime``) in Python.

Each checks what may trap, then charges, then accounts what it allocates, then works; what could be too large for any
memory is accounted first, since without memory nothing is paid.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_UP, Context
from typing import Any, Protocol

from pvm.engines.reference.heap import Array, store_slice
from pvm.engines.reference.primitives import CANONICAL_NAN, round_f32, wrap64
from pvm.isa.traps import TrapKind
from pvm.isa.types import MAX_ARRAY_LENGTH

_MASK = (1 << 64) - 1
_DECIMAL = re.compile(rb"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CHUNK = 1 << 20
BULK_SHIFT = 4


class Services(Protocol):
    """What the functions need of the machine."""

    seed: int

    def charge(self, units: int) -> None: ...
    def trap(self, kind: int) -> BaseException: ...
    def account_string(self, length: int) -> None: ...
    def poll_time(self) -> None: ...
    def trace_text(self, trace: Array) -> str: ...


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


def string_hash(data: bytes, seed: int, poll: Callable[[], None]) -> int:
    """The hash that ``string.hash`` documents."""
    value = (seed ^ len(data) * 0x9E3779B97F4A7C15) & _MASK
    for start in range(0, len(data), 8):
        value = (value ^ int.from_bytes(data[start : start + 8], "little")) * 0xFF51AFD7ED558CCD & _MASK
        value ^= value >> 32
        if start & (_CHUNK - 1) == _CHUNK - 8:
            poll()
    value = (value ^ value >> 29) * 0xC4CEB9FE1A85EC53 & _MASK
    return wrap64(value ^ value >> 32)


class RuntimeImage:
    """The functions, bound to one machine."""

    def __init__(self, machine: Services) -> None:
        self.machine = machine
        self.functions: dict[str, Callable[..., Any]] = {
            name: getattr(self, method) for name, method in _METHODS.items()
        }

    def _check(self, holds: bool, kind: TrapKind) -> None:
        if not holds:
            raise self.machine.trap(kind)

    def _check_range(self, start: int, count: int, length: int) -> None:
        self._check(0 <= start <= length and 0 <= count <= length - start, TrapKind.INDEX_OUT_OF_BOUNDS)

    def _charge(self, size: int = 0) -> None:
        self.machine.charge(1 + (size >> BULK_SHIFT))

    def _new(self, text: str) -> bytes:
        data = text.encode()
        self.machine.account_string(len(data))
        return data

    def string_concat(self, a: bytes, b: bytes) -> bytes:
        size = len(a) + len(b)
        self._check(size <= MAX_ARRAY_LENGTH, TrapKind.OUT_OF_MEMORY)
        self.machine.account_string(size)
        self._charge(size)
        return a + b

    def string_slice(self, text: bytes, start: int, end: int) -> bytes:
        self._check(0 <= start <= end <= len(text), TrapKind.INDEX_OUT_OF_BOUNDS)
        for place in (start, end):
            self._check(place == len(text) or text[place] & 0xC0 != 0x80, TrapKind.INVALID_UTF8)
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
        self._charge(len(text) - start)
        return text.find(part, start)

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

    def trace_text(self, trace: Array) -> bytes:
        self._charge(len(trace.data) >> 1)
        self.machine.poll_time()
        return self._new(self.machine.trace_text(trace))


_FAMILIES = ("string_", "f32_", "f64_", "hash_", "trace_")


_METHODS = {name.replace("_", ".", 1): name for name in dir(RuntimeImage) if name.startswith(_FAMILIES)}
