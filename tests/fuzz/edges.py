"""Values at which arithmetic, indices and texts tend to go wrong, and how often a fuzzer draws them."""

from __future__ import annotations

import math
import struct
from random import Random

from pvm.isa.types import Prim

F64S: tuple[float, ...] = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.5,
    1e16,
    1e300,
    5e-324,
    2.0**31,
    2.0**63,
    2.0**64,
    -(2.0**63),
)
F64S += (math.inf, -math.inf, math.nan, 2147483647.5, -2147483648.9, 9007199254740993.0)
F32S: tuple[float, ...] = tuple(
    struct.unpack("<f", struct.pack("<f", x))[0] for x in (0.0, -0.0, 1.0, 0.1, 1e38, 1e-45, 2.0**31, 2.0**63)
)
F32S += (math.inf, -math.inf, math.nan)
TEXTS = ("", "a", "é", "\U0001f600", "hello world", "0", "-1.5e3", "1e999", "nan", "\0", "a" * 40, "\ufffd", "line\n")
PATHS: tuple[str, ...] = (
    "",
    "/",
    ".",
    "..",
    "/tmp",
    "/tmp/a",
    "/tmp/a/../b",
    "/data/file",
    "/data",
    "/dev/null",
    "/dev/urandom",
    "//x//",
)
PATHS += ("/tmp/" + "n" * 256, "a\0b", "/data/file/x")


def integer(random: Random, bits: int) -> int:
    """A signed integer of that many bits."""
    edge = 1 << (bits - 1)
    match random.randrange(8):
        case 0 | 1 | 2:
            return random.randrange(-2, 10)
        case 3:
            return random.choice((edge - 1, -edge, -1, 0, edge >> 1, edge - 2, -edge + 1))
        case 4:
            return (1 << random.randrange(bits - 1)) - random.randrange(3)
        case 5:
            return -(1 << random.randrange(bits - 1)) + random.randrange(3)
        case 6:
            return random.randrange(300)
        case _:
            return random.randrange(-edge, edge)


def constant(random: Random, prim: Prim) -> int | float:
    """A constant of a primitive type."""
    match prim:
        case Prim.I32:
            return integer(random, 32)
        case Prim.I64:
            return integer(random, 64)
        case Prim.F32:
            return random.choice(F32S)
        case _:
            found: float = random.choice(F64S) if random.random() < 0.8 else random.uniform(-1e3, 1e3)
            return found


def text(random: Random) -> str:
    """A text for a constant pool, a path often enough."""
    return random.choice(TEXTS if random.random() < 0.7 else PATHS)
