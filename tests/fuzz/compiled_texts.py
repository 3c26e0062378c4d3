"""Texts in what is drawn for compiled code: short ones, which it deals with in place, and longer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.types import ArrayKind
from pvm.pbc.model import ImportKind
from tests.fuzz.compiled_tables import BYTES

if TYPE_CHECKING:
    from tests.fuzz.compiled_bodies import Body

_WORDS = (
    "",
    "a",
    "ab",
    "abc",
    "abcdefg",
    "abcdefgh",
    "abcdefgi",
    "abcdefghijklmno",
    "abcdefghijklmnop",
    "abcdefghijklmnoq",
    "bbcdefghijklmnop",
    "aé€",
    "abcdefghijklmn€ and more",
    "@AZ[`az{",
    "@AZ[`az{é~AbCdE",
)


def number_of_text(body: Body, depth: int) -> None:
    """Push a number that is found out of texts."""
    body.random.choice(_NUMBERS)(body, depth)


def _text(body: Body, depth: int) -> None:
    """Push a text."""
    code, random = body.code, body.random
    kind = random.random()
    if kind < 0.35 or depth <= 0:
        code.string_const(random.choice(_WORDS))
    elif kind < 0.55:
        body.number(depth - 1)
        _call(body, "string.from_i64")
    elif kind < 0.75:
        several = body.chance(0.5)
        if several:
            _text(body, 0)
        _text(body, 0)
        _text(body, depth - 1)
        _call(body, "string.concat3" if several else "string.concat")
    elif kind < 0.85:
        _text(body, depth - 1)
        _call(body, random.choice(("string.lower_ascii", "string.upper_ascii")))
    else:
        _part(body)
        _call(body, "string.slice")


def _part(body: Body) -> None:
    """Push a text, and the ends of a part of it; seldom they are in the middle of a character, or outside."""
    code, random = body.code, body.random
    word = random.choice(_WORDS)
    size = len(word.encode())
    ends = [len(word[:count].encode()) for count in range(len(word) + 1)]
    if body.chance(0.1):
        ends += [-1, size - 1, size + 1]
    start, end = random.choice(ends), random.choice(ends)
    code.string_const(word)
    code.i64_const(min(start, end))
    body.interlude(1)
    code.i64_const(max(start, end))


def _size(body: Body, depth: int) -> None:
    _text(body, depth)
    body.code.emit("string.size")


def _shown(body: Body, depth: int) -> None:
    """A number that depends on all bytes."""
    _text(body, depth)
    if body.chance(0.3):
        _call(body, "string.is_ascii")
        body.code.i64_extend_i32_u()
    else:
        body.code.i64_const(7)
        _call(body, "string.hash")


def _comparison(body: Body, depth: int) -> None:
    _text(body, depth)
    body.interlude(depth)
    _text(body, depth)
    _call(body, body.random.choice(("string.equals", "string.compare")))
    body.code.i64_extend_i32_s()


def _search(body: Body, depth: int) -> None:
    """Seldom the search begins outside."""
    code, random = body.code, body.random
    _text(body, depth)
    if body.chance(0.3):
        _text(body, 0)
    else:
        code.string_const(random.choice(("", "a", "b", "b", "o", "1", "fgh", "x")))
    code.i64_const(random.choice((0, 0, 0, 1, 1, 7, 8, 9, -1)))
    _call(body, "string.index_of")


def _numeral(body: Body, depth: int) -> None:
    """Whether a text is a number, or the number; mostly it is one."""
    if body.chance(0.5):
        _text(body, depth)
        _call(body, "string.is_i64")
        body.code.i64_extend_i32_u()
        return
    if body.chance(0.9):
        body.number(depth - 1)
        _call(body, "string.from_i64")
    else:
        _text(body, depth)
    _call(body, "string.parse_i64")


def _extension(body: Body, depth: int) -> None:
    """An array of bytes is extended, which may make another one, and takes its place or does not."""
    code = body.code
    local = body.local(BYTES, to_write=True)
    code.local_get(local)
    code.i64_const(body.random.choice((0, 0, 1, 3, 5, 7, 8, -1)))
    if body.chance(0.4):
        _part(body)
        _call(body, "string.extend_slice")
    else:
        _text(body, depth)
        _call(body, "string.extend")
    if body.chance(0.6):
        code.local_tee(local)
    if body.chance(0.5):
        code.array_size()
    else:
        code.i64_const(body.random.choice((0, 1, 4, 6)))
        code.array_get(ArrayKind.U8)
        code.i64_extend_i32_u()


_NUMBERS = (
    _size,
    *[_comparison] * 2,
    *[_search] * 2,
    _numeral,
    *[_extension] * 3,
    *[_shown] * 2,
)


def _call(body: Body, name: str) -> None:
    """Call a function of the runtime image."""
    index = body.tables.builder.add_import(ImportKind.RUNTIME, name, RUNTIME_BY_NAME[name].signature)
    body.code.emit("call.runtime", index)
