"""Reads the vectors: what each opcode gives for operands that somebody has worked out by hand.

``NAME.txt`` holds operations on numbers, one a line: ``i64 7 i64 -2 -> i64 -3``, ``i32 1 -> trap integer-overflow``.
``NAME.pasm`` holds a module in text form, with a line such as ``;= main(i32 1) -> i32 2`` for each case.  Integers are
decimal, or hexadecimal bits; floats must be exact, so that a slip in a digit is an error here and not a rounding.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pvm.isa.traps import TrapKind
from pvm.isa.types import Prim

ROOT = Path(__file__).parent / "vectors"
TRAPS = {kind.mnemonic: kind for kind in TrapKind}
CASE = re.compile(r";= (?P<function>[\w.]+)\((?P<args>[^)]*)\) -> (?P<outcome>.*?)(?: noting (?P<notes>[-0-9 ]+))?")
NAN_BITS = {Prim.F32: 0x7FC00000, Prim.F64: 0x7FF8000000000000}
FLOAT_CODES = {Prim.F32: ("<f", "<I"), Prim.F64: ("<d", "<Q")}


@dataclass(frozen=True, slots=True)
class Value:
    """A number and its type; ``bits`` is how values are compared."""

    type: Prim
    number: int | float

    @property
    def bits(self) -> int:
        """The bits, unsigned; of every NaN the canonical ones."""
        return bits_of(self.type, self.number)


def bits_of(prim: Prim, number: float) -> int:
    """Return the bits of a machine value, which must be an int or a float as its type says."""
    if prim in FLOAT_CODES:
        assert isinstance(number, float), f"{number!r} is no float"
        if math.isnan(number):
            return NAN_BITS[prim]
        as_float, as_int = FLOAT_CODES[prim]
        return int(struct.unpack(as_int, struct.pack(as_float, number))[0])
    assert type(number) is int, f"{number!r} is no int"
    width = 32 if prim is Prim.I32 else 64
    assert -(1 << (width - 1)) <= number < 1 << (width - 1), f"{number} is not in the range of {prim}"
    return number & ((1 << width) - 1)


@dataclass(frozen=True, slots=True)
class Case:
    """A call and what it gives: a result, nothing, an exception or a trap; ``notes`` are what it passes to ``note``."""

    path: Path
    line: int
    function: str
    args: tuple[Value, ...]
    result: Value | None = None
    trap: TrapKind | None = None
    uncaught: str = ""
    notes: tuple[int, ...] = ()

    @property
    def mnemonic(self) -> str:
        """The opcode that this is a case of."""
        return mnemonic_of(self.path)

    def __str__(self) -> str:
        return f"{self.mnemonic}:{self.line}"


def mnemonic_of(path: Path) -> str:
    """The opcode that a file is about: ``array.copy+caught.pasm`` is a second file about ``array.copy``."""
    return path.stem.partition("+")[0]


def parse_value(type_name: str, text: str) -> Value:
    """Read ``i32 -1``, ``i64 0xff``, ``f32 0x1p-149``, ``f64 nan``."""
    prim = Prim[type_name.upper()]
    if prim in FLOAT_CODES:
        return Value(prim, parse_float(prim, text))
    number = int(text, 0)
    width = 32 if prim is Prim.I32 else 64
    if "x" in text:
        assert 0 <= number < 1 << width, f"{text} has more than {width} bits"
        number -= (number >> (width - 1)) << width
    assert -(1 << (width - 1)) <= number < 1 << (width - 1), f"{text} is not in the range of {prim}"
    return Value(prim, number)


def parse_float(prim: Prim, text: str) -> float:
    """Read a float that is exactly representable."""
    if text in {"nan", "inf", "-inf"}:
        return float(text)
    number = float.fromhex(text) if "x" in text else float(text)
    assert "x" in text or Fraction(text) == Fraction(number), f"{text} is not exact"
    as_float, _ = FLOAT_CODES[prim]
    assert struct.unpack(as_float, struct.pack(as_float, number))[0] == number, f"{text} is no {prim}"
    return number


def parse_values(text: str) -> tuple[Value, ...]:
    """Read values in a row, with or without commas."""
    words = text.replace(",", " ").split()
    assert len(words) % 2 == 0, f"types and values do not pair up: {text}"
    return tuple(map(parse_value, words[::2], words[1::2]))


def parse_case(path: Path, line: int, function: str, args: str, outcome: str, notes: str = "") -> Case:
    """Read what a call gives: ``i32 1``, ``nothing``, ``trap KIND``, ``uncaught CLASS``."""
    operands, noted = parse_values(args), tuple(map(int, notes.split()))
    match outcome.split():
        case ["nothing"]:
            return Case(path, line, function, operands, notes=noted)
        case ["trap", kind]:
            return Case(path, line, function, operands, trap=TRAPS[kind], notes=noted)
        case ["uncaught", name]:
            return Case(path, line, function, operands, uncaught=name, notes=noted)
        case [type_name, text]:
            return Case(path, line, function, operands, parse_value(type_name, text), notes=noted)
    message = f"{path.name}:{line}: no outcome: {outcome!r}"
    raise ValueError(message)


def read_numbers(path: Path) -> Iterator[Case]:
    """Read the cases of a ``.txt`` file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith(";"):
            args, outcome = line.split(" -> ")
            yield parse_case(path, number, "", args, outcome)


def read_bodies(path: Path) -> Iterator[Case]:
    """Read the cases of a ``.pasm`` file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(";="):
            match = CASE.fullmatch(line)
            assert match, f"{path.name}:{number}: no case: {line!r}"
            yield parse_case(path, number, match["function"], match["args"], match["outcome"], match["notes"] or "")


def vector_paths(suffix: str) -> list[Path]:
    """Return the files of one kind, in order."""
    return sorted(ROOT.rglob(f"*{suffix}"))
