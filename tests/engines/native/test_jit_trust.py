"""What an attacker would write: each test is an attempt to get out of bounds, or more than was paid for."""

from __future__ import annotations

import re

import pytest

import pvm
from pvm.engines.native.code.operations import MAX_COST
from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit.build import encode_argument, function_ir
from pvm.engines.native.jit.promotion import MAX_FRAME
from pvm.engines.native.machine_code.target import host_target
from pvm.pbc.asm import assemble
from pvm.pbc.writer import write_module


def ended(
    module: pvm.Module,
    tier: str,
    *arguments: int,
    speed: int = 0,
    loops: tuple[int, ...] = (),
    looks: tuple[int, ...] = (),
    stress: int = 0,
    **limits: object,
) -> tuple[object, int]:
    """What a call of ``f`` gives or ends with, and the fuel that it takes."""
    with (
        debugging(Debug(eager=True, speed=speed, keep=False, loops=loops, looks=looks, stress=stress)),
        pvm.Instance(module, tier=tier, limits=pvm.Limits(**limits)) as instance,  # type: ignore[arg-type]
    ):
        try:
            result: object = instance.call("f", *arguments)
        except (pvm.Trap, pvm.Exhaustion) as error:
            result = type(error), error.kind, error.frames
        return result, instance.statistics.fuel_used


def agree(source: str, *calls: tuple[int, ...], speed: int = 0, **limits: object) -> None:
    """Compiled code has to do what internal code does."""
    module = pvm.Module(assemble(source))
    for arguments in calls:
        wanted = ended(module, "interpreter", *arguments, **limits)
        assert ended(module, "jit", *arguments, speed=speed, **limits) == wanted


NOPS = "nop\n" * MAX_COST
LONG_BLOCKS = {
    "entry": f"""
export f as (i64) -> i64
func f (n: i64) -> i64 {{
    local.get n
    call g
    local.get n
    call g
    i64.add
    return
}}
func g (n: i64) -> i64 {{
    {NOPS}
    local.get n
    i64.const 3
    i64.add
    return
}}
""",
    "head": f"""
export f as (i64) -> i64
func f (n: i64) -> i64 {{
    jump @test
@next:
    {NOPS}
    local.get n
    i64.const 1
    i64.sub
    local.set n
@test:
    local.get n
    i64.const 0
    i64.gt_s
    branch.if @next
    local.get n
    return
}}
""",
}


@pytest.mark.parametrize("where", LONG_BLOCKS)
def test_block_that_is_too_long_for_a_field_of_internal_code_is_paid_for(where: str) -> None:
    agree(LONG_BLOCKS[where], (3,))


def wide(locals_: int) -> str:
    """A function with so many locals that are needed behind a call of itself."""
    numbers = range(locals_)
    declared = "\n".join(f"  .local x{number}: i64" for number in numbers)
    filled = "\n".join(
        f"    local.get n\n    i64.const {number}\n    i64.mul\n    local.set x{number}" for number in numbers
    )
    mixed = "\n".join(f"    local.get x{number}\n    i64.xor" for number in numbers)
    return f"""
export f as (i64) -> i64
func f (n: i64) -> i64 {{
{declared}
    local.get n
    i64.eqz
    branch.if @end
{filled}
    local.get n
    i64.const 1
    i64.sub
    call f
{mixed}
    return
@end:
    i64.const 5
    return
}}
"""


@pytest.mark.parametrize("locals_", [40, MAX_FRAME // 8])
def test_recursion_ends_before_the_native_stack_does(locals_: int) -> None:
    """Calls go on in internal code; functions whose frames are large themselves are not compiled at all."""
    module, depth = pvm.Module(assemble(wide(locals_))), 2_400_000 // locals_
    wanted = ended(module, "interpreter", depth, stack="256M")
    assert ended(module, "jit", depth, stack="256M", looks=(1 << 40,)) == wanted  # nobody leaves for the clock


ENTERED_IN_THE_MIDDLE = """
class Error {
  field message: ref? string
  field trace: ref? array i32
}
throwable Error
trap index-out-of-bounds = Error
export f as (i64, i64) -> i64
func f (n: i64, from: i64) -> i64 {
  .local items: ref array i64
  .local i: i64
  .local sum: i64
    i64.const 40
    array.new i64
    local.set items
    i64.const 1
    local.set sum
    i64.const 0
    local.set i
    .try all @caught
    local.get items
    local.get from
    array.get i64
    local.set sum
    .end all
    jump @head
@caught:
    ref.drop
@more:
    local.get i
    i64.const 1
    i64.add
    local.set i
    local.get i
    i64.const 9
    i64.lt_s
    branch.if @more
    local.get from
    local.set i
    jump @middle
@head:
    local.get items
    local.get i
    local.get sum
    array.set i64
@middle:
    local.get sum
    local.get items
    local.get i
    i64.const 7
    i64.and
    array.get i64
    i64.add
    i64.const 3
    i64.mul
    local.set sum
    local.get i
    i64.const 1
    i64.add_checked_s
    local.set i
    local.get i
    local.get n
    i64.lt_s
    branch.if @head
    local.get sum
    return
}
"""


@pytest.mark.parametrize("loops", [(), (300, 900)], ids=str)
def test_loop_that_a_handler_enters_in_the_middle(loops: tuple[int, ...]) -> None:
    """The way in from there is no way into the strip: the index was not looked at, and may be anything."""
    module = pvm.Module(assemble(ENTERED_IN_THE_MIDDLE))
    starts = (0, 39, 40, -1, -5, -(1 << 63), (1 << 63) - 2)
    for arguments in ((n, start) for n in (0, 39, 40, 41, (1 << 63) - 1) for start in starts):
        wanted = ended(module, "interpreter", *arguments, fuel=20_000)
        assert ended(module, "jit", *arguments, fuel=20_000, loops=loops) == wanted


SHIFTED = """
export f as (i64, i64) -> i64
func f (size: i64, by: i64) -> i64 {
  .local items: ref array u8
  .local at: i64
  .local sum: i64
    local.get size
    array.new u8
    local.set items
    i64.const 0
    local.set at
    i64.const 5
    local.set sum
@fill:
    local.get items
    local.get at
    local.get at
    i64.const 13
    i64.mul
    i32.wrap_i64
    array.set u8
    local.get at
    i64.const 1021
    i64.add
    local.tee at
    local.get size
    i64.lt_s
    branch.if @fill
    local.get sum
    local.get sum
    i64.const 2
    i64.mul
    local.set sum
    local.get items
    local.get by
    local.get items
    i64.const 0
    local.get size
    local.get by
    i64.sub
    array.copy u8
    local.get items
    i64.const 0
    local.get items
    i64.const 3
    local.get size
    i64.const 3
    i64.sub
    array.copy u8
    local.get sum
    i64.add
    local.set sum
    i64.const 0
    local.set at
@sum:
    local.get sum
    i64.const 31
    i64.mul
    local.get items
    local.get at
    array.get u8
    i64.extend_i32_u
    i64.add
    local.set sum
    local.get at
    i64.const 509
    i64.add
    local.tee at
    local.get size
    i64.lt_s
    branch.if @sum
    local.get sum
    return
}
"""


@pytest.mark.parametrize("by", [1, 4096])
def test_bulk_operation_that_is_interrupted_goes_on_where_it_was(by: int) -> None:
    """The first one that is long is interrupted, since nobody watches until then; what overlaps is copied once."""
    agree(SHIFTED, (5 << 20, by), memory="64M")


INLINED = """
export f as (i64) -> i64
func low (items: ref array i64, n: i64) -> i64 {
  .local a: ref array i64
  .local b: ref array i64
    local.get items
    local.set a
    i64.const 3
    array.new i64
    local.set b
    local.get a
    array.size
    local.get b
    array.size
    i64.add
    local.get n
    i64.add
    return
}
func f (n: i64) -> i64 {
  .local items: ref array i64
    local.get n
    i64.eqz
    branch.if @end
    i64.const 2
    array.new i64
    local.set items
    local.get items
    local.get n
    call low
    local.get n
    i64.const 1
    i64.sub
    call f
    i64.xor
    return
@end:
    i64.const 7
    return
}
"""


@pytest.mark.parametrize("stress", [0, 3])
def test_stack_ends_where_it_ends_for_internal_code(stress: int) -> None:
    """Frames of inlined functions and of callees are counted, whatever is left."""
    module = pvm.Module(assemble(INLINED))
    for size in range(32 << 10, (32 << 10) + 800, 56):
        wanted = ended(module, "interpreter", 1000, stack=size)
        assert ended(module, "jit", 1000, stack=size, stress=stress) == wanted
        assert ended(module, "jit", 40, stack=size) == ended(module, "interpreter", 40, stack=size)


COUNTED = """
global sum: i64 = 0
export f as () -> i64
func count () {
  .local i: i64
    i64.const 0
    local.set i
@next:
    global.get sum
    i64.const 3
    i64.mul
    local.get i
    i64.add
    global.set sum
    local.get i
    i64.const 1
    i64.add
    local.set i
    local.get i
    i64.const 30
    i64.lt_s
    branch.if @next
    return
}
func f () -> i64 {
  .local items: ref array i64
  .local i: i64
    func.ref count
    task.spawn
    ref.drop
    i64.const 24
    array.new i64
    local.set items
    i64.const 0
    local.set i
    jump @test
@next:
    local.get items
    local.get i
    global.get sum
    array.set i64
    local.get i
    i64.const 1
    i64.add_checked_s
    local.set i
@test:
    local.get i
    local.get items
    array.size
    i64.lt_s
    branch.if @next
    task.yield
    local.get items
    i64.const 7
    local.get items
    i64.const 0
    i64.const 17
    array.copy i64
    local.get items
    i64.const 23
    array.get i64
    global.get sum
    i64.xor
    return
}
"""


def test_every_amount_of_fuel_ends_where_it_ends_for_internal_code() -> None:
    """Around the edges of strips, calls, bulk operations and turns of tasks, unit by unit."""
    module = pvm.Module(assemble(COUNTED))
    _, used = ended(module, "interpreter")
    assert ended(module, "jit") == ended(module, "interpreter")
    for fuel in range(1, used + 1):
        assert ended(module, "jit", fuel=fuel) == ended(module, "interpreter", fuel=fuel), fuel


def test_stack_of_a_task_grows_under_compiled_code() -> None:
    """It begins with 8 KiB and moves as it grows; nothing that compiled code keeps says where it was."""
    source = INLINED.replace("export f as (i64) -> i64", "global sum: i64 = 0").replace("func f ", "func g ")
    source = (
        source.replace("call f", "call g")
        + """
export f as (i64) -> i64
func work () {
    i64.const 700
    call g
    global.set sum
    return
}
func f (n: i64) -> i64 {
    func.ref work
    task.spawn
    ref.drop
    local.get n
    call g
    task.yield
    global.get sum
    i64.add
    return
}
"""
    )
    for stress in (0, 3):
        module = pvm.Module(assemble(source))
        wanted = ended(module, "interpreter", 300, stack="1M")
        assert wanted[0] != 0
        assert ended(module, "jit", 300, stack="1M", stress=stress) == wanted


CARRIED = """
export f as (i64, i64) -> i64
func shift (to: ref array i64, from: ref array i64, n: i64, by: i64) {
  .local i: i64
    i64.const 0
    local.set i
    jump @test
@next:
    local.get to
    local.get i
    local.get by
    i64.add
    local.get from
    local.get i
    array.get i64
    i64.const 5
    i64.mul
    local.get i
    i64.xor
    array.set i64
    local.get i
    i64.const 1
    i64.add
    local.set i
@test:
    local.get i
    local.get n
    i64.lt_s
    branch.if @next
    return
}
func f (n: i64, by: i64) -> i64 {
  .local items: ref array i64
  .local i: i64
  .local sum: i64
    i64.const 100
    array.new i64
    local.set items
    local.get items
    local.get items
    local.get n
    local.get by
    call shift
    i64.const 0
    local.set i
    i64.const 0
    local.set sum
@add:
    local.get sum
    i64.const 31
    i64.mul
    local.get items
    local.get i
    array.get i64
    i64.xor
    local.set sum
    local.get i
    i64.const 1
    i64.add
    local.tee i
    i64.const 100
    i64.lt_s
    branch.if @add
    local.get sum
    return
}
"""


def test_rounds_see_what_earlier_ones_have_stored() -> None:
    """Two locals are one array, and what one round stores, a later one loads: vectors would be wrong."""
    agree(CARRIED, *((n, by) for n in (64, 90) for by in (0, 1, 2, 3, 5, 9)), speed=2)


FAR = """
export f as (i64, i64) -> i64
func f (step: i64, from: i64) -> i64 {
  .local i: i64
  .local sum: i64
    i64.const 0
    local.set sum
    local.get from
    local.set i
    jump @test
@next:
    local.get sum
    local.get i
    i64.xor
    local.set sum
    local.get i
    local.get step
    i64.add_checked_s
    local.set i
@test:
    local.get i
    i64.const 9223372036854775807
    i64.lt_s
    branch.if @next
    local.get sum
    return
}
"""


@pytest.mark.parametrize("step", [(1 << 39) + (1 << 33) - 1, (1 << 39) - 1, 1 << 62, 0, -1], ids=hex)
def test_steps_of_a_local_overflow_although_the_fuel_allows_more(step: int) -> None:
    """So many rounds as there might be would come around to where the variable began, or beyond."""
    module = pvm.Module(assemble(FAR))
    for start in (0, 5, 1 << 60):
        fuel = 1 << 45 if step > 1 else 5_000_000
        wanted = ended(module, "interpreter", step, start, fuel=fuel)
        assert ended(module, "jit", step, start, fuel=fuel, looks=(1 << 50,)) == wanted


TAKEN_FOR_ANOTHER = """
export f as (i64, i64) -> i64
func f (size: i64, at: i64) -> i64 {
  .local outer: ref array ref
  .local items: ref array i64
  .local i: i64
  .local sum: i64
    local.get size
    array.new ref
    local.set outer
    i64.const 9
    array.new i64
    local.set items
    i64.const 0
    local.set i
    i64.const 0
    local.set sum
    jump @test
@next:
    local.get sum
    local.get items
    local.get outer
    i64.const 0
    array.get ref
    ref.cast ref array i64
    local.get at
    array.get i64
    array.get i64
    i64.add
    local.set sum
    local.get i
    i64.const 1
    i64.add
    local.set i
@test:
    local.get i
    i64.const 100
    i64.lt_s
    branch.if @next
    local.get sum
    return
}
"""


def test_element_of_what_is_no_array_of_such_elements_is_not_looked_at_before_a_loop() -> None:
    """An index that is good for references is not for larger elements, and behind the heap there is no memory."""
    agree(TAKEN_FOR_ANOTHER, (100_000, 99_999), (100_000, 0), (1, 0), (0, 0), speed=2, memory="64M")


NO_NUMBER = """
export f as (i64, i64) -> i64
func f (n: i64, from: i64) -> i64 {
  .local items: ref array i64
  .local i: i64
  .local sum: i64
    i64.const 9
    array.new i64
    local.set items
    i64.const 0
    local.set i
    i64.const 0
    local.set sum
    jump @test
@next:
    local.get i
    local.get from
    i64.lt_s
    branch.if @skip
    local.get items
    local.get items
    f64.const 1e300
    i64.trunc_f64_s
    array.get i64
    array.get i64
    local.set sum
@skip:
    local.get sum
    i64.const 3
    i64.mul
    local.get i
    i64.add
    local.set sum
    local.get i
    i64.const 1
    i64.add
    local.set i
@test:
    local.get i
    local.get n
    i64.lt_s
    branch.if @next
    local.get sum
    return
}
"""


@pytest.mark.parametrize("speed", [0, 2])
def test_what_is_converted_to_no_number_before_a_loop_is_no_address(speed: int) -> None:
    """Conversions are computed before the loop whether they trap or not; of such an address LLVM may think anything."""
    agree(NO_NUMBER, (5, 100), (5, 3), (0, 0), speed=speed)
    ir = function_ir(host_target(), encode_argument(write_module(assemble(NO_NUMBER)), 0))
    way_in = next(block for block in re.findall(r"^a1\.in\d+:\n(.*?)^br ", ir, re.DOTALL | re.MULTILINE))
    (converted,) = re.findall(r"(%v\d+) = fptosi", way_in)
    uses = [line for line in way_in.splitlines() if re.search(rf"{converted}\b", line)]
    assert any("freeze" in line for line in uses)
    assert not any("getelementptr" in line for line in uses)
