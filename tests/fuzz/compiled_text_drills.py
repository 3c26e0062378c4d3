"""Short functions about texts: short ones at the edges of words, of letters and of numerals, in rounds.

Compiled code deals with texts of one or two words in place, and knows more where one of them is a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from pvm.isa.types import STRING, ArrayKind, Prim
from tests.fuzz.compiled_drilling import MAX, MIN, Drill, runtime_function

_LETTERS = "@AZ[`az{~\x7f\0 -+09:/é€"
_SIZES = (0, 1, 2, 3, 7, 8, 9, 14, 15, 16, 17, 24, 33)
_ALPHABETS = ("ab", "abcdefghijklmnopqrstuvwxyz", "0123456789", _LETTERS)


def _random_text(random: Random, alphabet: str = "", sizes: Sequence[int] = _SIZES) -> str:
    """A text of some characters, mostly near the ends of words."""
    letters = alphabet or random.choice(_ALPHABETS)
    return "".join(random.choice(letters) for _ in range(random.choice(sizes)))


def _like(random: Random, text: str) -> str:
    """The same, or what differs in one place, or is a little shorter or longer."""
    kind = random.random()
    if kind < 0.2 or not text:
        return text
    place = random.choice((0, len(text) - 1, len(text) - 1, min(8, len(text) - 1), random.randrange(len(text))))
    if kind < 0.65:
        other = chr(ord(text[place]) ^ random.choice((1, 2, 16)))
        return text[:place] + other + text[place + 1 :]
    if kind < 0.8:
        return text[:place]
    return text + random.choice(("\0", "a", text[0], "zz"))


def _calls(drill: Drill, *names: str) -> dict[str, str]:
    """The texts of calls of functions of the runtime image."""
    return {name: f"call.runtime {runtime_function(drill, f'string.{name}')}" for name in names}


class _Texts:
    """What pushes texts: constants, which compiled code knows, and locals, of which it knows nothing."""

    def __init__(self, drill: Drill, texts: Sequence[str]) -> None:
        self.drill = drill
        self.names = {f"text{number}": text for number, text in enumerate(texts)}
        self.locals = []
        for name in self.names:
            self.locals.append(drill.local(STRING))
            drill.write(f"string.const {name}; local.set {self.locals[-1]}", **self.names)
        self.some = drill.local(STRING)

    def choose(self) -> str:
        """The text of what lets a local be one of the first two by the round."""
        one, other = self.locals[:2]
        return f"""local.get {one}; local.set {self.some}; local.get {self.drill.at}; i64.const 1; i64.and; i64.eqz;
            branch.if @chosen; local.get {other}; local.set {self.some}; @chosen:;"""

    def push(self, number: int) -> str:
        """The text of what pushes a text: the constant, or what a local has."""
        chances = (f"string.const text{number}", f"local.get {self.locals[number]}", f"local.get {self.some}")
        return self.drill.random.choice(chances)


def texts_in_place(drill: Drill) -> None:
    """Short texts at the edges of words, of letters and of numerals, in rounds."""
    random, at = drill.random, drill.at
    one, other, part = random.choice(_EDGES), random.choice(_EDGES), random.choice(_EDGES)[:1]
    names = ("lower_ascii", "upper_ascii", "hash", "equals", "compare", "index_of", "from_i64", "concat", "is_i64")
    calls = {name: f"call.runtime {runtime_function(drill, f'string.{name}')}" for name in names}
    number = f"local.get {at}; i64.const {random.choice((1, 9, 1 << 20, 99_999_999, 123_456_789, -7))}; i64.mul"
    texts = ("string.const one", f"{number}; {calls['from_i64']}")
    made = random.choice(texts)
    if drill.chance(0.7):
        made += f"; {calls[random.choice(('lower_ascii', 'upper_ascii'))]}"
    elif drill.chance(0.5):
        made += f"; string.const other; {calls['concat']}"
    uses = (
        f"i64.const 3; {calls['hash']}",
        f"string.const other; {calls['equals']}; i64.extend_i32_u",
        f"string.const other; {calls['compare']}; i64.extend_i32_s",
        f"string.const part; i64.const 0; {calls['index_of']}",
        f"{calls['is_i64']}; i64.extend_i32_u",
    )
    body = "; ".join(drill.take_up(f"{made}; {use}") for use in (uses[0], random.choice(uses)))
    drill.rounds(body, "i64.const 5", one=one, other=other, part=part)


_EDGES = (
    "@AZ[",
    "`az{",
    "@AZ[`az{",
    "abcdefgh",
    "abcdefgi",
    "abcdefghijklmno",
    "abcdefghxjklmno",
    "-7",
    "99999999",
    "é",
    "",
)


def alike(drill: Drill) -> None:
    """Texts that are equal, or nearly, are compared."""
    random = drill.random
    one = _random_text(random, sizes=(1, 3, 7, 8, 9, 11, 14, 15, 15, 16, 17, 33))
    texts = _Texts(drill, (one, _like(random, one), _like(random, one)))
    calls = _calls(drill, "equals", "compare", "hash")

    def compared(left: int, right: int) -> str:
        name, extend = random.choice((("equals", "i64.extend_i32_u"), ("compare", "i64.extend_i32_s")))
        return drill.take_up(f"{texts.push(left)}; {texts.push(right)}; {calls[name]}; {extend}")

    pairs = ((0, 1), (1, 0), (1, 2), (0, 2))
    drill.rounds(texts.choose() + "".join(compared(*pair) for pair in pairs), "i64.const 4", **texts.names)


def sought(drill: Drill) -> None:
    """A byte, or a short text, is looked for from each place on."""
    random, at = drill.random, drill.at
    text = _random_text(random, random.choice(_ALPHABETS[:3]), sizes=(0, 1, 8, 9, 15, 16, 16, 17, 24, 33, 40))
    part = random.choice((*text, "x", "b", ""))
    if text and drill.chance(0.3):
        place = random.randrange(len(text))
        part = text[place : place + random.choice((1, 2, 8))]
    elif drill.chance(0.6):
        # One that is there once, at any distance.
        place = min(random.choice((0, 7, 14, 15, 16, 23, 32)), len(text))
        part = "X"
        text = text[:place] + part + text[place:]
    texts = _Texts(drill, (text, part))
    calls = _calls(drill, "index_of")
    part_of = random.choice(("string.const text1", f"local.get {texts.locals[1]}"))
    start = random.choice((f"local.get {at}", f"local.get {at}", "i64.const 0"))
    # Of a long text that is a constant it is known that it is not short.
    known = len(text.encode()) < 16 and drill.chance(0.4)
    body = f"{'string.const text0' if known else f'local.get {texts.locals[0]}'}; {part_of}; {start}"
    drill.rounds(drill.take_up(f"{body}; {calls['index_of']}"), f"i64.const {len(text.encode()) + 1}", **texts.names)


_NUMERALS = (
    "",
    "-",
    "+",
    "--1",
    "+-1",
    "-0",
    "+0",
    "1-",
    "1 ",
    " 1",
    "0x1",
    "9223372036854775807",
    "9223372036854775808",
)
_NUMERALS += (
    "-9223372036854775808",
    "-9223372036854775809",
    "00000000",
    "000000001",
    "1e3",
    ":",
    "/",
    "1:",
    "1/",
    "\xb11",
)


def _numeral(random: Random) -> str:
    """A text that is a number, or nearly."""
    if random.random() < 0.3:
        return random.choice(_NUMERALS)
    digits = "".join(random.choice("0123456789") for _ in range(random.randrange(1, 11)))
    if random.random() < 0.15:
        place = random.randrange(len(digits))
        digits = digits[:place] + random.choice("/:-+ a\0é") + digits[place + 1 :]
    return random.choice(("", "", "-", "-", "+")) + digits


def numerals(drill: Drill) -> None:
    """Texts that are numbers, or nearly, are read."""
    random = drill.random
    texts = _Texts(drill, [_numeral(random) for _ in range(3)])
    calls = _calls(drill, "is_i64", "parse_i64")
    some = drill.local(STRING)
    body = texts.choose()
    for number in range(3):
        body += f"{texts.push(number)}; local.set {some};"
        body += drill.take_up(f"local.get {some}; {calls['is_i64']}; i64.extend_i32_u")
        guard = f"local.get {some}; {calls['is_i64']}; branch.unless @none{number};" if drill.chance(0.9) else ""
        read = drill.take_up(f"local.get {some}; {calls['parse_i64']}")
        body += f"{guard} {read} @none{number}:;"
    drill.rounds(body, "i64.const 3", **texts.names)


def written(drill: Drill) -> None:
    """Numbers near powers of ten become texts, and these numbers again."""
    random, at = drill.random, drill.at
    calls = _calls(drill, "from_i64", "hash", "parse_i64", "concat")
    start = random.choice(
        (0, 10 ** random.randrange(1, 19), -(10 ** random.randrange(1, 19)), 1 << 32, MAX - 2, MIN + 2)
    )
    factor = random.choice((1, 1, 9, 11, 1_001, 99_999))
    number = f"local.get {at}; i64.const 3; i64.sub; i64.const {factor}; i64.mul; i64.const {start}; i64.add"
    text = drill.local(STRING)
    body = f"{number}; {calls['from_i64']}; local.set {text};"
    body += drill.take_up(f"local.get {text}; i64.const 1; {calls['hash']}")
    body += drill.take_up(f"local.get {text}; {calls['parse_i64']}")
    if drill.chance(0.5):
        body += drill.take_up(f"string.const a; local.get {text}; {calls['concat']}; i64.const 2; {calls['hash']}")
    drill.rounds(body, "i64.const 7", a=random.choice(("a", "abcdefgh", "-")))


def cut(drill: Drill) -> None:
    """Parts of a text that begin and end anywhere, and texts that are joined, become texts or come into arrays."""
    random, at = drill.random, drill.at
    one = _random_text(random)
    size = len(one.encode())
    texts = _Texts(drill, (one, _random_text(random), _random_text(random)))
    calls = _calls(drill, "slice", "extend_slice", "extend", "concat", "concat3", "hash", "lower_ascii", "upper_ascii")
    length = random.choice((0, 1, 2, 3, 7, 8, 9, 15, 16))
    start = random.choice((f"local.get {at}", "i64.const 0"))
    part = f"local.get {texts.locals[0]}; {start}; {start}; i64.const {length}; i64.add"
    if drill.chance(0.3):
        part = f"local.get {texts.locals[0]}; {start}; i64.const {size}"
    items = drill.new_array(random.choice((0, 8, 16, 40)), ArrayKind.U8)
    other = random.choice(("lower_ascii", "upper_ascii"))
    made = random.choice(
        (
            f"{part}; {calls['slice']}",
            f"{part}; {calls['slice']}; {texts.push(1)}; {calls['concat']}",
            f"{texts.push(0)}; {texts.push(1)}; {calls['concat']}",
            f"{texts.push(0)}; {texts.push(1)}; {texts.push(2)}; {calls['concat3']}",
            f"{texts.push(0)}; {calls[other]}",
        )
    )
    into = random.choice((f"{texts.push(1)}; {calls['extend']}", f"{part}; {calls['extend_slice']}"))
    place = random.choice((f"local.get {at}", "i64.const 0", "i64.const 3"))
    body = texts.choose()
    if drill.chance(0.7):
        body += drill.take_up(f"{made}; i64.const 3; {calls['hash']}")
    if drill.chance(0.6):
        body += f"local.get {items}; {place}; {into}; local.set {items};"
        body += drill.take_up(f"local.get {items}; array.size")
    number = drill.local(Prim.I64)
    drill.rounds(body, f"i64.const {max(size - length + random.choice((0, 1, 1)), 1)}", **texts.names)
    drill.write(f"i64.const 0; local.set {number}")
    drill.rounds(
        drill.take_up(f"local.get {items}; local.get {at}; array.get U8; i64.extend_i32_u"),
        f"local.get {items}; array.size",
    )


DRILLS: tuple[Callable[[Drill], None], ...] = (
    texts_in_place,
    alike,
    alike,
    sought,
    sought,
    numerals,
    written,
    cut,
    cut,
)
