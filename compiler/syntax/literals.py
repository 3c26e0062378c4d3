"""What numbers, characters and texts mean: digits, escapes, indentation.

Nothing here reports: problems are returned, and the scanner knows where they stand.
"""

from __future__ import annotations

import re

from compiler.records import field, mutable

MAX_INT = 2**64 - 1

_SUFFIX = re.compile(r"[0-9_]*(?:\.[0-9_]+)?(?:[eE][-+]?[0-9_]+)?(?P<suffix>[A-Za-z]\w*)?$")
_ESCAPE = re.compile(r"\\(u\{(?P<hex>[^}\"\n]*)\}|.|$)", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"', "'": "'", "$": "$"}
_INDENT = re.compile(r"[ \t]*")
_RADIX = {"x": (16, "0123456789abcdef"), "b": (2, "01"), "o": (8, "01234567")}


@mutable
class Number:
    """A number and what is wrong with it, if anything."""

    value: int | float
    problem: str | None = None
    code: str = "E0108"
    help: dict[str, str] = field(default_factory=dict)


@mutable
class Char:
    """A character literal that ends at ``end``; not ``is_char`` if it holds a text."""

    value: str
    end: int
    problem: str | None = None
    code: str = "E0107"
    is_char: bool = True
    help: dict[str, str] = field(default_factory=dict)


def read_number(lexeme: str) -> Number:
    """Return the value of a lexeme that begins with a digit."""
    prefix = lexeme[1:2].lower()
    if lexeme[0] == "0" and prefix in _RADIX:
        return _read_radix(lexeme, prefix)
    found = _SUFFIX.match(lexeme)
    suffix = found["suffix"] if found else None
    if suffix is not None:
        body = lexeme[: -len(suffix)].rstrip("_")
        note = "literals have no suffix: their type follows from where they stand"
        number = read_number(body)
        problem = f"`{suffix}` cannot follow the number `{body}`"
        return Number(number.value, problem, help={"note": note})
    if lexeme.endswith("_") or "_." in lexeme or "_e" in lexeme or "_E" in lexeme:
        return Number(_decimal(lexeme), "`_` stands between digits", help={"suggestion": "remove it at the end"})
    value = _decimal(lexeme)
    if isinstance(value, float):
        if value == float("inf"):
            return Number(0.0, "this number is larger than any Float", code="E0109")
        return Number(value)
    if len(lexeme) > 1 and lexeme[0] == "0" and value:
        octal = {"suggestion": f"write `{value}`; octal numbers begin with `0o`"}
        return Number(value, "a decimal number does not begin with 0", help=octal)
    return _bounded(value)


def _decimal(lexeme: str) -> int | float:
    digits = lexeme.replace("_", "")
    if "." in digits or "e" in digits or "E" in digits:
        return float(digits)
    return int(digits) if len(digits.lstrip("0")) <= 20 else MAX_INT + 1


def _read_radix(lexeme: str, prefix: str) -> Number:
    radix, allowed = _RADIX[prefix]
    digits = lexeme[2:].replace("_", "").lower()
    bad = next((digit for digit in digits if digit not in allowed), None)
    if bad is not None:
        return Number(0, f"`{bad}` is no digit of a number that begins with `{lexeme[:2]}`")
    if not digits:
        return Number(0, f"digits are missing after `{lexeme[:2]}`")
    if lexeme.endswith("_"):
        return Number(0, "`_` stands between digits", help={"suggestion": "remove it at the end"})
    return _bounded(int(digits, radix) if len(digits.lstrip("0")) <= 64 else MAX_INT + 1)


def _bounded(value: int) -> Number:
    if value > MAX_INT:
        note = "the largest is 18446744073709551615, and 9223372036854775807 for Int"
        return Number(0, "this number does not fit in 64 bits", code="E0109", help={"note": note})
    return Number(value)


def read_char(text: str, start: int, line_end: int) -> Char:
    """Read the literal whose opening quote is at ``start``; it may not pass ``line_end``."""
    end = start + 1
    while end < line_end and text[end] != "'":
        end += 2 if text[end] == "\\" else 1
    if end >= line_end:
        stop = min(line_end, start + 2)
        problem = "this character literal is never closed"
        return Char("\ufffd", stop, problem, help={"note": "it is one character between `'` and `'`"})
    body = text[start + 1 : end]
    value, problems = unescape(body)
    if problems:
        return Char("\ufffd", end + 1, problems[0][2], code="E0106")
    if len(value) == 1:
        return Char(value, end + 1)
    if not body:
        return Char("\ufffd", end + 1, "a character literal holds one character, and this holds none")
    written = body.replace('"', '\\"')
    problem = f"a character literal holds one character, and this holds {len(value)}"
    return Char(value, end + 1, problem, is_char=False, help={"suggestion": f'text is written `"{written}"`'})


def unescape(text: str) -> tuple[str, list[tuple[int, int, str, str | None]]]:
    """Return the value of ``text`` and its wrong escapes as (offset, length, message, suggestion)."""
    if "\\" not in text:
        return text, []
    problems: list[tuple[int, int, str, str | None]] = []

    def replace(found: re.Match[str]) -> str:
        digits = found["hex"]
        if digits is not None:
            if re.fullmatch(r"[0-9A-Fa-f]{1,6}", digits):
                code = int(digits, 16)
                if code < 0x110000 and not 0xD800 <= code < 0xE000:
                    return chr(code)
            message = f"`{found[0]}` is no Unicode scalar value"
            problems.append((found.start(), len(found[0]), message, "write one to six hexadecimal digits"))
            return "\ufffd"
        simple = _SIMPLE.get(found[1])
        if simple is not None:
            return simple
        known = "\\n \\r \\t \\0 \\\\ \\\" \\' \\$ \\u{...}"
        better = "write `\\u{...}` with hexadecimal digits" if found[1] in ("u", "x", "U") else f"there are {known}"
        problems.append((found.start(), max(len(found[0]), 1), f"`{found[0].strip()}` is no escape", better))
        return "\ufffd"

    return _ESCAPE.sub(replace, text), problems


def trim_indentation(parts: list[str]) -> list[str]:
    r"""Remove from a `\"\"\"` text what its layout in the source added.

    ``parts`` are the texts between interpolations.  A newline right after the
    opening quotes goes, and so does the line of the closing quotes if they stand
    alone; then the indentation that all lines share, blank ones apart and the
    closing line included.  `\r\n` becomes `\n`.
    """
    joined = "\0".join(parts).replace("\r\n", "\n")
    if not joined.startswith("\n"):
        return joined.split("\0")
    lines = joined[1:].split("\n")
    closes_alone = not lines[-1].strip(" \t")
    counted = [line for line in lines if line.strip(" \t")]
    if closes_alone:
        counted.append(lines[-1] + "|")
    width = min((_indent(line) for line in counted), default=0)
    trimmed = [line[width:] if line.strip(" \t") else line[width:].strip(" \t") for line in lines]
    if closes_alone:
        trimmed.pop()
    return "\n".join(trimmed).split("\0")


def _indent(line: str) -> int:
    found = _INDENT.match(line)
    return found.end() if found else 0
