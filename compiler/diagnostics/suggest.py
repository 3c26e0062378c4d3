"""`did_you_mean`: the known name that a misspelt one was probably meant to be.

Cost is bounded: at most `MAX_CANDIDATES` names are compared, and none longer
than `MAX_LENGTH`, so that a hostile program cannot make its own errors slow.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MAX_CANDIDATES = 2000
MAX_LENGTH = 64

# Names that other languages have for what is a word or a type here.
_FOREIGN = {
    "nil": "null",
    "None": "null",
    "nullptr": "null",
    "undefined": "null",
    "self": "this",
    "Self": "this",
    "True": "true",
    "False": "false",
    "int": "Int",
    "long": "Int",
    "Long": "Int",
    "Integer": "Int",
    "i64": "Int",
    "i32": "Int32",
    "u8": "UInt8",
    "float": "Float",
    "double": "Float",
    "Double": "Float",
    "f64": "Float",
    "bool": "Bool",
    "boolean": "Bool",
    "Boolean": "Bool",
    "str": "String",
    "string": "String",
    "Str": "String",
    "char": "Char",
    "void": "Unit",
    "Void": "Unit",
    "never": "Nothing",
    "Never": "Nothing",
    "Vec": "List",
    "ArrayList": "List",
    "Dict": "Map",
    "Dictionary": "Map",
    "HashMap": "Map",
    "HashSet": "Set",
    "console": "println",
    "printf": "println",
    "echo": "println",
}
_WORDS = frozenset({"null", "this", "true", "false"})


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate nearest to ``name``, or None if none is near.

    What another language calls it is nearest, if the name meant is a word of the language or a candidate.
    Near means at most a third of the letters changed (one in short names); a
    difference in case alone is nearest of all; ties go to the first in order.
    """
    if not name or len(name) > MAX_LENGTH:
        return None
    foreign = _FOREIGN.get(name)
    if foreign in _WORDS:
        return foreign
    limit = max(1, len(name) // 3)
    best: str | None = None
    best_distance = limit + 1
    folded = name.casefold()
    for candidate in islice(candidates, MAX_CANDIDATES):
        if candidate == name or not candidate or len(candidate) > MAX_LENGTH:
            continue
        if candidate == foreign or candidate.casefold() == folded:
            return candidate
        if len(name) == 1 or abs(len(candidate) - len(name)) >= best_distance:
            continue
        distance = edit_distance(name, candidate, best_distance - 1)
        if distance < best_distance:
            best, best_distance = candidate, distance
    return best


def edit_distance(left: str, right: str, limit: int) -> int:
    """Return the number of letters to insert, delete, change or swap, or ``limit + 1`` if it is larger."""
    before_previous: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            swapped = row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other
            current.append(min(cost, before_previous[column - 2] + 1) if swapped else cost)
        if min(current) > limit:
            return limit + 1
        before_previous, previous = previous, current
    return min(previous[-1], limit + 1)
