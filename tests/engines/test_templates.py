"""Inlined primitives give what the functions of ``primitives.py`` give, on edge values, with and without constants."""

from __future__ import annotations

import math
import struct
from itertools import product

import pytest

from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import Trap
from pvm.isa.encoding import encode_instruction
from pvm.isa.instruction import Form, Opcode
from pvm.isa.table import BY_NAME, FAMILIES
from pvm.isa.types import Prim, Signature
from pvm.pbc.model import Function, Module
from pvm.verify import verify

INTS = {
    32: (0, 1, -1, 2, -2, 7, 31, 32, 255, 1 << 30, -(1 << 30), (1 << 31) - 1, -(1 << 31)),
    64: (0, 1, -1, 3, -7, 63, 64, 1 << 30, 1 << 31, -(1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1, -(1 << 63)),
}
FLOATS = (
    0.0, -0.0, 1.0, -1.5, 0.5, 2.5, 1e-45, 3.4e38, -2147483648.0, 2147483648.0, 4294967296.0, 9.3e18, 1.9e19,
    math.inf, -math.inf, math.nan,
)  # fmt: skip
EDGES = {
    "i32": INTS[32],
    "i64": INTS[64],
    "f32": tuple(struct.unpack("<f", struct.pack("<f", value))[0] for value in FLOATS),
    "f64": (*FLOATS, 1e308, 5e-324, 4503599627370497.5),
}
NUMERIC = [
    opcode
    for family in FAMILIES
    for opcode in family.opcodes
    if opcode.form is Form.SIMPLE
    and not opcode.immediates
    and not opcode.privileged
    and opcode.effect.pops
    and all(each.spec in EDGES for each in (*opcode.effect.pops, *opcode.effect.pushes))
]


def module_of(opcode: Opcode) -> tuple[Module, int]:
    """Function 0 on parameters; of a binary operation also functions with a constant right, then left, operand."""
    kinds = [each.spec for each in opcode.effect.pops]
    results = tuple(Prim[each.spec.upper()] for each in opcode.effect.pushes)
    gets = [encode_instruction(BY_NAME["local.get"], (index,)) for index in range(2)]
    end = encode_instruction(opcode) + encode_instruction(BY_NAME["return"])
    signatures = [Signature(tuple(Prim[kind.upper()] for kind in kinds), results)]
    functions = [Function("both", 0, (), b"".join(gets[: len(kinds)]) + end)]
    if len(kinds) == 2:
        for constant in (1, 0):
            kind = kinds[constant]
            signatures.append(Signature((Prim[kinds[1 - constant].upper()],), results))
            for value in EDGES[kind]:
                push = encode_instruction(BY_NAME[f"{kind}.const"], (value,))
                code = gets[0] + push if constant else push + gets[0]
                functions.append(Function("constant", len(signatures) - 1, (), code + end))
        if signatures[1] == signatures[2]:
            functions = [Function(f.name, min(f.signature, 1), (), f.code) for f in functions]
            signatures.pop()
    return Module("test", signatures=tuple(signatures), functions=tuple(functions)), len(EDGES[kinds[-1]])


def outcome(engine: ReferenceEngine, function: int, values: tuple[object, ...]) -> str:
    try:
        result = engine.call(function, values)
    except Trap as trap:
        return f"trap {trap.kind}"
    return f"{type(result).__name__} {result!r}"


@pytest.mark.parametrize("opcode", NUMERIC, ids=lambda opcode: opcode.mnemonic)
def test_template(opcode: Opcode) -> None:
    kinds = [each.spec for each in opcode.effect.pops]
    module, constants = module_of(opcode)
    verified = verify(module)
    inline, strict = ReferenceEngine(verified), ReferenceEngine(verified, strict=True)
    for edges in product(*(enumerate(EDGES[kind]) for kind in kinds)):
        values = tuple(value for _, value in edges)
        expected = outcome(strict, 0, values)
        assert outcome(inline, 0, values) == expected, values
        if len(kinds) == 2:
            right, left = 1 + edges[1][0], 1 + constants + edges[0][0]
            assert outcome(inline, right, values[:1]) == expected, (values, "constant right")
            assert outcome(inline, left, values[1:]) == expected, (values, "constant left")
