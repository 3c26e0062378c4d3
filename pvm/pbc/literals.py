"""Names, strings and numbers as the text form spells them: one formatter and one parser each.

What is formatted here parses to the same value, bit for bit.  The parsers raise ``ValueError``
with a message for people; the assembler adds the place.
"""

from __future__ import annotations

import math
import re
import struct

NAME_PATTERN = r"[A-Za-z_$](?:[A-Za-z0-9_$/<>!]|[.-](?=[A-Za-z0-9_$<]))*+"
"""Names that need no quotes; dots and hyphens stand inside only."""
_NAME = re.compile(NAME_PATTERN)
RESERVED = frozenset(
    {"i8", "u8", "i16", "u16", "i32", "i64", "f32", "f64", "ref", "any", "string", "task", "array", "func"}
    | {"const", "final", "abstract", "class", "interface", "extends", "implements"}
    | {"catch", "in", "from", "as", "locals", "except", "nan", "inf", "hex"}
)
"""Words of the grammar: a name that is spelled so is quoted."""
MAX_NUMBER = 512
"""Characters of the longest number: the exact decimal of any double is written shorter."""

_LONGEST_SHOWN = 80

_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_NAMED = {value: f"\\{key}" for key, value in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)


def shown(name: str) -> str:
    """A name from a file, safe to print, for messages; it does not parse back."""
    text = name if len(name) <= _LONGEST_SHOWN else name[:_LONGEST_SHOWN] + "…"
    return text if text.isprintable() and text else repr(text)


def format_string(text: str) -> str:
    """Quote a text on one line of printable characters."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_escape(character) for character in text) + '"'


def _escape(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def parse_string(body: str) -> str:
    """Read what stands between the quotes."""
    return _ESCAPE.sub(_unescape, body) if "\\" in body else body


def _unescape(match: re.Match[str]) -> str:
    if match[2] is not None:
        if match[2] not in _ESCAPES:
            raise ValueError(f'unknown escape \\{match[2]}: expected one of \\\\ \\" \\n \\r \\t \\0 \\u{{...}}')
        return _ESCAPES[match[2]]
    code = int(match[1], 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise ValueError(f"\\u{{{match[1]}}} is no Unicode scalar value")
    return chr(code)


def is_bare(name: str) -> bool:
    """Whether a name stands without quotes."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED


def format_name(name: str) -> str:
    """Spell a name, quoted if it needs to be."""
    return name if is_bare(name) else format_string(name)


def format_float(value: float, width: int) -> str:
    """Spell a float of 4 or 8 bytes so that ``parse_float`` gives it back exactly."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if width == 4:
        for digits in range(6, 10):
            short = repr(float(f"{value:.{digits}g}"))
            if parse_float(short, 4) == value:
                return short
    return repr(value)


def parse_float(text: str, width: int) -> float:
    """Read a decimal, a hexadecimal float, ``nan``, ``inf`` or ``-inf``, rounded to 4 or 8 bytes."""
    if text == "nan":
        return math.nan
    if text in {"inf", "-inf"}:
        return float(text)
    if len(text) > MAX_NUMBER:
        raise ValueError(f"number has {len(text)} characters, at most {MAX_NUMBER} are allowed")
    digits = text.replace("_", "")
    try:
        value = float.fromhex(digits) if "0x" in digits else float(digits)
        if width == 4:
            value = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        raise ValueError(f"{text} is too large for f{width * 8}") from None
    except ValueError:
        raise ValueError(f"expected a number, found {text!r}") from None
    if math.isinf(value):
        raise ValueError(f"{text} is too large for f{width * 8}: infinity is written inf")
    return value


_INT = re.compile(r"([+-]?)(?:(0x)([0-9a-fA-F_]+)|([0-9][0-9_]*))")


def parse_int(text: str, bits: int, *, signed: bool = True) -> int:
    """Read an integer of so many bits; a hexadecimal one may give the bits of a negative number."""
    match = _INT.fullmatch(text)
    if match is None or len(text) > 64:
        raise ValueError(f"expected an integer, found {text[:64]!r}")
    digits = (match[3] or match[4]).replace("_", "")
    if not digits:
        raise ValueError(f"expected an integer, found {text!r}")
    value = int(digits, 16 if match[2] else 10) * (-1 if match[1] == "-" else 1)
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    if signed and match[2] and not match[1] and high <= value < 1 << bits:
        value -= 1 << bits
    if not low <= value < high:
        raise ValueError(f"{text} is out of range: expected {low} to {high - 1}")
    return value
