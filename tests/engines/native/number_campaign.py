"""Random and extreme operands of every operation on numbers, natively and on the reference engine: prints differences.

Run as a process of its own, since native code that is wrong may end it: ``SEED ROUNDS``.
"""

from __future__ import annotations

import math
import random
import struct
import sys
from collections.abc import Iterator

from pvm.engines.api import EngineLimits
from pvm.engines.native.llvm.compilation import compile_blob
from pvm.engines.native.llvm.text import ModuleText
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.loader import load
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import Trap
from pvm.isa.encoding import encode_instruction
from pvm.isa.instruction import Opcode
from pvm.isa.table import BY_NAME
from pvm.isa.traps import TrapKind
from pvm.isa.types import Prim, Signature
from pvm.pbc.model import Function, Module
from pvm.verify import verify
from tests.engines.native.vector_functions import FLOAT_CODES, INT_CODES, SLOTS, emit, pack
from tests.isa.vector_files import bits_of, read_numbers, vector_paths

TRAPS = {kind.mnemonic: int(kind) + 1 for kind in TrapKind}
EXTREMES = {
    Prim.I32: (0, 1, -1, 2, 31, 32, 33, -(1 << 31), (1 << 31) - 1, 255, 256, -128, 0x7FFF, 0xFFFF),
    Prim.I64: (0, 1, -1, 63, 64, -(1 << 63), (1 << 63) - 1, 1 << 31, -(1 << 31) - 1, 1 << 32, (1 << 53) + 1),
}
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -0.5, math.inf, -math.inf, math.nan, 2.0**31, 2.0**32, 2.0**63, 2.0**64)
FLOATS += (-(2.0**31), -(2.0**63), 2.0**31 - 128, 2.0**52 + 0.5, 1e-45, 3.4e38, -2147483649.0, 4294967295.0)


def signatures() -> Iterator[tuple[Opcode, tuple[Prim, ...], Prim]]:
    """Operations on numbers, with types as their vectors have them."""
    for path in vector_paths(".txt"):
        cases = list(read_numbers(path))
        result = next(case.result.type for case in cases if case.result is not None)
        yield BY_NAME[path.stem], tuple(value.type for value in cases[0].args), result


def number(rng: random.Random, prim: Prim) -> int | float:
    """An operand: extreme, small, or any bits."""
    if prim in EXTREMES:
        width = 32 if prim is Prim.I32 else 64
        choice = rng.randrange(4)
        if choice == 0:
            return rng.choice(EXTREMES[prim])
        if choice == 1:
            return rng.randrange(-40, 40)
        return rng.getrandbits(width) - (1 << (width - 1)) >> rng.choice((0, 0, 1, width // 2, width - 8))
    as_float, as_int = FLOAT_CODES[prim]
    if rng.randrange(3) == 0:
        return float(struct.unpack(as_float, struct.pack(as_float, rng.choice(FLOATS)))[0])
    bits = rng.getrandbits(32 if prim is Prim.F32 else 64)
    if rng.randrange(2):
        value = rng.randrange(-(1 << 34), 1 << 34) / rng.choice((1, 2, 4, 1000))
        return float(struct.unpack(as_float, struct.pack(as_float, value))[0])
    return float(struct.unpack(as_float, struct.pack(as_int, bits))[0])


def reference_module(operations: list[tuple[Opcode, tuple[Prim, ...], Prim]]) -> Module:
    """A function of its operands for each operation."""
    functions, found = [], []
    for index, (opcode, prims, result) in enumerate(operations):
        code = b"".join(encode_instruction(BY_NAME["local.get"], (at,)) for at in range(len(prims)))
        code += encode_instruction(opcode) + encode_instruction(BY_NAME["return"], ())
        found.append(Signature(prims, (result,)))
        functions.append(Function(opcode.mnemonic, index, (), code))
    unique = tuple(dict.fromkeys(found))
    functions = [each._replace(signature=unique.index(found[at])) for at, each in enumerate(functions)]
    return Module("numbers", signatures=unique, functions=tuple(functions))


def expected(engine: ReferenceEngine, index: int, operands: list[int | float], result: Prim) -> tuple[int, int]:
    """Trap and bits."""
    try:
        return 0, bits_of(result, engine.call(index, operands))
    except Trap as trap:
        return TRAPS[trap.kind], 0


def differences(seed: int, rounds: int) -> Iterator[str]:
    """Run all operations ``rounds`` times."""
    target = host_target()
    assert target is not None, "no native engine for this machine"
    operations = list(signatures())
    module = ModuleText()
    for opcode, prims, _ in operations:
        emit(module, opcode.mnemonic, opcode, [str(prim) for prim in prims], None)
    code = load(compile_blob(module.finish(target.triple), target))
    engine = ReferenceEngine(verify(reference_module(operations)), limits=EngineLimits())
    protection, flags = foreign.PROT_READ | foreign.PROT_WRITE, foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS
    address = foreign.Memory().map(4096, protection, flags)
    memory = foreign.view(address, 4096)
    rng = random.Random(seed)
    for index, (opcode, prims, result) in enumerate(operations):
        native = code.function(opcode.mnemonic, "q", "QQ")
        form = (FLOAT_CODES[result][0] if result in FLOAT_CODES else INT_CODES[result],)
        for _ in range(rounds):
            operands = [number(rng, prim) for prim in prims]
            for at, (prim, operand) in enumerate(zip(prims, operands, strict=True)):
                memory[8 * at : 8 * at + 8] = pack(prim, operand)
            trap = native(address, address + 8 * (SLOTS - 1))
            found = (trap, 0 if trap else bits_of(result, struct.unpack_from(form[0], memory, 8 * (SLOTS - 1))[0]))
            wanted = expected(engine, index, operands, result)
            if found != wanted:
                yield f"{opcode.mnemonic}{operands}: expected {wanted}, found {found}"


def main() -> None:
    """Print the differences."""
    seed, rounds = map(int, sys.argv[1:])
    for text in differences(seed, rounds):
        print(text)


if __name__ == "__main__":
    main()
