"""Every opcode that has number vectors, compiled to functions and run: prints what differs, a line each.

Run as a process of its own, since native code that is wrong may end it.  An opcode becomes a function of its operands,
and one for each case with the operands as constants, which LLVM folds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pvm.engines.native.llvm.compilation import compile_blob
from pvm.engines.native.llvm.lowering import Lowering, ir_type
from pvm.engines.native.llvm.text import FunctionText, ModuleText, quoted
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.loader import LoadedCode, load
from pvm.engines.native.machine_code.target import X86_64_V2, Target, host_target
from pvm.isa.instruction import Opcode
from pvm.isa.machine import Val
from pvm.isa.table import BY_NAME
from pvm.isa.traps import TrapKind
from pvm.isa.types import Prim
from tests.isa.vector_files import FLOAT_CODES, Case, bits_of, read_numbers, vector_paths

SLOTS = 8
INT_CODES = {Prim.I32: "<i", Prim.I64: "<q"}


class CaseLowering(Lowering):
    """Traps return the kind plus 1."""

    def trap(self, kind: TrapKind) -> None:
        self.text.line(f"ret i64 {int(kind) + 1}")


def emit(module: ModuleText, name: str, opcode: Opcode, kinds: list[str], constants: Case | None) -> None:
    """A function of two addresses: of the operands, 8 bytes each, and of the result."""
    text = FunctionText(module)
    lowering = CaseLowering(text)
    operands = []
    for index, kind in enumerate(kinds):
        if constants is not None:
            operands.append(getattr(lowering, kind)(constants.args[index].number))
            continue
        place = text.value(f"getelementptr i64, ptr %operands, i64 {index}")
        operands.append(Val(text.value(f"load {ir_type(kind)}, ptr {place}"), kind))
    assert opcode.semantics is not None
    lowering.begin()
    result = opcode.semantics(lowering, *operands)
    text.line(f"store {ir_type(result.kind)} {result.raw}, ptr %result")
    text.line("ret i64 0")
    module.define(f"define i64 {quoted(name)}(ptr %operands, ptr %result) {{\n{text.finish()}\n}}")


def pack(prim: Prim, number: float) -> bytes:
    code = FLOAT_CODES[prim][0] if prim in FLOAT_CODES else INT_CODES[prim]
    return struct.pack(code, number).ljust(8, b"\0")


def difference(case: Case, code: LoadedCode, name: str, memory: memoryview, address: int) -> str:
    """Run a case."""
    for index, value in enumerate(case.args):
        memory[8 * index : 8 * index + 8] = pack(value.type, value.number)
    trapped = code.function(name, "q", "QQ")(address, address + 8 * (SLOTS - 1))
    expected = 0 if case.trap is None else int(case.trap) + 1
    if trapped != expected:
        return f"{case} {name}: expected trap {expected}, found {trapped}"
    if case.result is None:
        return ""
    prim = case.result.type
    form = FLOAT_CODES[prim][0] if prim in FLOAT_CODES else INT_CODES[prim]
    (number,) = struct.unpack_from(form, memory, 8 * (SLOTS - 1))
    found = bits_of(prim, number)
    return "" if found == case.result.bits else f"{case} {name}: expected {case.result.bits:#x}, found {found:#x}"


def differences(target: Target) -> Iterator[str]:
    """Compile all vectors for a target and run them."""
    files = [(path, list(read_numbers(path))) for path in vector_paths(".txt")]
    module = ModuleText()
    for path, cases in files:
        kinds = [str(value.type) for value in cases[0].args]
        opcode = BY_NAME[path.stem]
        emit(module, path.stem, opcode, kinds, None)
        for number, case in enumerate(cases):
            emit(module, f"{path.stem}+{number}", opcode, kinds, case)
    code = load(compile_blob(module.finish(target.triple), target))
    address = foreign.Memory().map(
        4096, foreign.PROT_READ | foreign.PROT_WRITE, foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS
    )
    memory = foreign.view(address, 4096)
    count = 0
    for path, cases in files:
        for number, case in enumerate(cases):
            count += 1
            yield difference(case, code, path.stem, memory, address)
            yield difference(case, code, f"{path.stem}+{number}", memory, address)
    yield "" if count > 1000 else f"only {count} cases"


def main() -> None:
    """Print the differences, for each level of this machine."""
    host = host_target()
    assert host is not None, "no native engine for this machine"
    for target in {host, X86_64_V2} if host.architecture == "x86_64" else {host}:
        for text in filter(None, differences(target)):
            print(f"{target.cpu}: {text}")


if __name__ == "__main__":
    main()
