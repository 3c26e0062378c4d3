"""The tables behind Unicode-aware text in the library, made from Python's ``unicodedata``.

The tables are of one version of Unicode, so that programs mean the same everywhere: on a Python that has another
version, `tables` gives the committed file as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

VERSION = "14.0.0"
TABLES = Path(__file__).parent / "core" / "unicode_tables.peb"
LAST = 0x3FFFF  # beyond are tags, variation selectors and private use: no letters, digits or case
LINE = 100


def tables() -> str:
    """Return the text of stdlib/core/unicode_tables.peb."""
    if unicodedata.unidata_version != VERSION:
        return TABLES.read_text(encoding="utf-8")
    head = f"//! Unicode {VERSION}: letters, digits and case, packed as `core/unicode.peb` unpacks them.\n"
    head += "// DO NOT EDIT, from stdlib/unicode_tables.py\n"
    parts = [
        head,
        constant("LETTERS", packed_runs(lambda char: unicodedata.category(char)[0] == "L")),
        constant("DIGITS", packed_runs(lambda char: unicodedata.category(char) == "Nd")),
        constant("UPPERS", packed_strides(str.isupper)),
        constant("LOWERS", packed_strides(str.islower)),
        constant("IGNORABLE", packed_runs(is_ignorable)),
        constant("TO_UPPER", packed_mapping(simple_upper)),
        constant("TO_LOWER", packed_mapping(simple_lower)),
        constant("TO_FOLDED", packed_mapping(simple_fold)),
        constant("TO_UPPER_FULL", packed_expansions(str.upper)),
        constant("TO_FOLDED_FULL", packed_expansions(str.casefold)),
    ]
    return "\n".join(parts)


def characters() -> Iterator[str]:
    """Yield every code point that may be a letter or a digit, and those between, but surrogates."""
    for code in range(LAST + 1):
        if not 0xD800 <= code <= 0xDFFF:
            yield chr(code)


def is_ignorable(char: str) -> bool:
    """Tell whether a character is Case_Ignorable: `str.lower` looks past it from a capital sigma to a letter."""
    return ("a\u03a3" + char + "a").lower()[1] == "\u03c3" and ("a\u03a3" + char).lower()[1] != "\u03c3"


def simple_upper(char: str) -> str:
    """Return the single upper-case character; where ``str.upper`` gives several, the title case is the one, if any."""
    return next((made for made in (char.upper(), char.title()) if len(made) == 1), char)


def simple_lower(char: str) -> str:
    """Return the single lower-case character: only U+0130 has several, and `i` as the single one."""
    return char.lower() if len(char.lower()) == 1 else "i"


def simple_fold(char: str) -> str:
    """Return the single folded character, statuses C and S of CaseFolding.txt."""
    return next((made for made in (char.casefold(), char.lower()) if len(made) == 1), char)


def symbol(value: int) -> str:
    """Return the character of 6 bits: from `0` upwards, without the backslash."""
    return chr(48 + value + (value >= 44))


def packed(value: int) -> str:
    """Return a number of 0 or more in groups of 5 bits, low ones first; all but the last have 32 added."""
    digits = ""
    while value >= 32:
        digits += symbol(value & 31 | 32)
        value >>= 5
    return digits + symbol(value)


def signed(value: int) -> int:
    """Return a number of 0 or more for any: 0, -1, 1, -2, 2 and so on are counted."""
    return value * 2 if value >= 0 else -value * 2 - 1


def packed_runs(test: Callable[[str], bool]) -> str:
    """Return the lengths of the runs of code points that fail and pass in turn."""
    lengths, inside, start = "", False, 0
    for char in characters():
        if test(char) != inside:
            lengths += packed(ord(char) - start)
            inside, start = not inside, ord(char)
    return lengths


def packed_strides(test: Callable[[str], bool]) -> str:
    """Return the code points that pass as strides without a difference."""
    return packed_entries([(ord(char), 0) for char in characters() if test(char)])


def packed_mapping(mapping: Callable[[str], str]) -> str:
    """Return the code points that a mapping changes, as strides with the same difference."""
    pairs = ((ord(char), ord(mapping(char))) for char in characters())
    return packed_entries([(code, target - code) for code, target in pairs if code != target])


def packed_entries(entries: list[tuple[int, int]]) -> str:
    """Return strides: distance from the end of the last one, number of steps, length of a step less 1, difference.

    A stride has steps of 1 or 2, as in the blocks where small and capital letters take turns.
    """
    text, previous, at = "", 0, 0
    while at < len(entries):
        start, difference = entries[at]
        step = 2 if at + 1 < len(entries) and entries[at + 1] == (start + 2, difference) else 1
        end = at
        while end + 1 < len(entries) and entries[end + 1] == (entries[end][0] + step, difference):
            end += 1
        text += packed(start - previous) + packed(end - at) + packed(step - 1) + packed(signed(difference))
        previous, at = entries[end][0], end + 1
    return text


def packed_expansions(mapping: Callable[[str], str]) -> str:
    """Return the code points that become several, with what they become: distance, count, code points."""
    text, previous = "", 0
    for char in characters():
        made = mapping(char)
        if len(made) > 1:
            text += packed(ord(char) - previous) + packed(len(made)) + "".join(packed(ord(part)) for part in made)
            previous = ord(char)
    return text


def constant(name: str, text: str) -> str:
    """Return the declaration of a text constant, in lines."""
    lines = [f'    "{text[at : at + LINE]}"' for at in range(0, len(text), LINE)]
    return f"let {name}: String =\n" + " +\n".join(lines) + "\n"
