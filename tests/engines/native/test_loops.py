"""The ends of loops become one operation each; how they run is compared with the reference engine (test_exhaustion)."""

from __future__ import annotations

from pvm import Instance, Module
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


def test_the_test_of_a_loop_may_be_far_away_in_internal_code_alone() -> None:
    """Each of the calls has 4 bytes of bytecode, and half a kilobyte of operands, which come from its label."""
    arguments, calls = 255, 150
    types = ", ".join(["i64"] * arguments)
    many = "\n".join(f"@call{each} [{types}]:\n call many\n return" for each in range(calls))
    lead = "\n".join(f" local.get n\n i64.const {each}\n i64.eq\n branch.if @call{each}" for each in range(calls))
    constants = " i64.const 5\n" * arguments
    step = " local.get i\n i64.const {}\n i64.add\n local.set i\n jump @test"
    module = Module(
        assemble(f"""
export f as (i64) -> i64
func many ({", ".join(f"p{each}: i64" for each in range(arguments))}) -> i64 {{
 local.get p0
 return
}}
func f (n: i64) -> i64 {{
 .local i: i64
 i64.const 0
 local.set i
 local.get n
 i64.const 100
 i64.ge_s
 branch.if @begin
{constants}{lead}
 jump @call0
@begin:
 jump @test
@body:
 local.get i
 i64.const 3
 i64.rem_s
 i64.eqz
 branch.if @other
{step.format(1)}
@other:
{step.format(2)}
{many}
@test:
 local.get i
 local.get n
 i64.lt_s
 branch.if @body
 local.get i
 return
}}
""")
    )
    found = []
    for tier in ("reference", "interpreter"):
        with Instance(module, tier=tier) as instance:
            found.append([(instance.call("f", n), instance.statistics.fuel_used) for n in (7, 100, 1000)])
    assert found[0] == found[1]
