"""Characters that begin no token, and what their writer probably meant."""

from __future__ import annotations

import unicodedata

_MEANT = {
    "#": "comments begin with `//`",
    "\\": "a statement goes on to the next line after an operator, a comma or an open bracket",
    "$": "`${name}` stands inside a string",
    "\u201c": 'write `"`',
    "\u201d": 'write `"`',
    "\u2018": "write `'`",
    "\u2019": "write `'`",
    "\u00ab": 'write `"`',
    "\u00bb": 'write `"`',
    "\u2260": "write `!=`",
    "\u2264": "write `<=`",
    "\u2265": "write `>=`",
    "\u00d7": "write `*`",
    "\u00f7": "write `/`",
    "\u2212": "write `-`",
    "\u2013": "write `-`",
    "\u2014": "write `-`",
    "\u2026": "write `..`",
    "\u2192": "write `->`",
    "\u21d2": "write `=>`",
    "\uff1b": "end the line instead",
    "\uff0c": "write `,`",
    "\uff08": "write `(`",
    "\uff09": "write `)`",
    "\u037e": "end the line instead",
}


def describe_stray(character: str) -> tuple[str, str | None]:
    """Return the message about ``character`` and, where it is known, what to write instead."""
    if character.isspace() or unicodedata.category(character) in ("Zs", "Cf", "Zl", "Zp", "Cc"):
        name = unicodedata.name(character, "control character").lower()
        return f"the invisible character U+{ord(character):04X} ({name}) stands here", "write a plain space"
    return f"unexpected character `{character}`", _MEANT.get(character)
