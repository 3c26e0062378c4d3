"""The ends of loops become one operation each; how they run is compared with the reference engine (test_exhaustion)."""

from __future__ import annotations

from pvm.engines.native.code.operations import OPERATIONS
from pvm.engines.native.code.sequences import first_operation
from pvm.engines.native.code.translator import translate
from pvm.engines.native.linkage import Linkage
from pvm.pbc.asm import assemble
from pvm.verify import verify
from tests.engines.loop_shapes import LOOPS


def operations(code: bytes) -> list[str]:
    """Names of the operations of internal code without lists of operands."""
    found, position = [], 0
    while position < len(code):
        operation = first_operation(int.from_bytes(code[position : position + 2], "little"))
        found.append(operation.name)
        position += operation.size
    return found


def test_every_shape_of_loop_is_one_operation() -> None:
    linkage = Linkage(verify(assemble(LOOPS, "loops")))
    functions = linkage.metadata.module.functions
    found = [
        operations(translate(linkage, index).code)
        for index, function in enumerate(functions)
        if function.name != "main"
    ]
    ends = {name for names in found for name in names if name.startswith("loop.")}
    assert ends == {operation.name for operation in OPERATIONS if operation.name.startswith("loop.")}
    # The body falls into it, and pays for it without an operation of its own; but before a step that may trap.
    may_trap = [any(name.startswith("loop.add_checked") for name in names) for names in found]
    assert all(traps or "charge" not in names for names, traps in zip(found, may_trap, strict=True))
