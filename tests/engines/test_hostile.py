"""Modules of extreme shape end alike on every engine, or the native engine says beforehand that it cannot run them."""

from __future__ import annotations

import re
from functools import lru_cache

import pytest

import pvm
from pvm.engines.api import EngineLimits
from pvm.engines.native import layout
from pvm.engines.native.unsupported import Unsupported
from pvm.errors import Exhaustion, Trap, UsageError
from pvm.pbc.asm import assemble
from pvm.verify import verify
from pvm.verify.verified import VerifiedModule
from tests.engines.agreement import ended
from tests.engines.running import AnyEngine, function, make

STACK = 64 << 20
MAX_SLOTS = 65_535


@lru_cache(maxsize=4)
def verified(text: str) -> VerifiedModule:
    return verify(assemble(text, "test"))


def run(engine: str, text: str, *args: object, name: str = "main", **limits: int) -> tuple[str, int]:
    """How a call ends, and its fuel."""
    limits.setdefault("stack", STACK)
    instance = make(engine, verified(text), None, EngineLimits(**limits))
    return outcome(instance, name, *args)


def outcome(instance: AnyEngine, name: str, *args: object) -> tuple[str, int]:
    try:
        shown = repr(instance.call(function(instance, name), args))
    except (Trap, Exhaustion) as error:
        shown = ended(error)
    used = instance.statistics().fuel_used
    instance.close()
    return shown, used


def agreed(text: str, *args: object, name: str = "main", **limits: int) -> tuple[str, int]:
    """What every engine shows."""
    first = run("reference", text, *args, name=name, **limits)
    assert run("interpreter", text, *args, name=name, **limits) == first
    return first


# Frames


def many_locals(count: int) -> str:
    lines = ["func main(n: i64) -> i64 {"]
    lines += [f"  .local l{number}: i64" for number in range(1, count)]
    last = f"l{count - 1}"
    lines += ["local.get n", f"local.set {last}", f"local.get {last}", "i64.const 1", "i64.add", "return", "}"]
    return "\n".join(lines)


LARGEST = MAX_SLOTS - 4 - 2
"""Locals that fit beside the header and two operands."""


def test_the_largest_frame_runs_natively() -> None:
    assert agreed(many_locals(LARGEST), 41)[0] == "42"


def test_a_larger_frame_is_left_to_the_reference_engine() -> None:
    text = many_locals(LARGEST + 1)
    with pytest.raises(Unsupported, match="has more than 65535 slots in its frame"):
        run("interpreter", text, 41)
    assert run("reference", text, 41)[0] == "42"
    module = pvm.Module(assemble(f"{text}\nexport main = main as (i64) -> i64", "test"))
    with pvm.Instance(module, limits=pvm.Limits(stack="8M")) as instance:
        assert instance.call("main", 1) == 2
    with pytest.raises(UsageError, match=r"the native engine cannot run this: .* slots in its frame; use tier auto"):
        pvm.Instance(module, tier="interpreter")


def test_tables_that_leave_no_room_for_code_are_left_to_the_reference_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """256 MiB are there for descriptors, dispatch tables and string constants; a test makes do with less."""
    text = f'func main(n: i64) -> i64 {{\nstring.const "{"x" * 5000}"\nref.drop\nlocal.get n\nreturn\n}}'
    assert agreed(text, 7)[0] == "7"
    module = assemble(f"{text}\nexport main = main as (i64) -> i64", "test")
    monkeypatch.setattr(layout, "METADATA_END", layout.METADATA_PROGRAM + 5000)
    with pvm.Instance(pvm.Module(module)) as instance:
        assert instance.call("main", 7) == 7
    with pytest.raises(UsageError, match="the module's tables and string constants are too large; use tier auto"):
        pvm.Instance(pvm.Module(module), tier="interpreter")


def test_a_frame_that_does_not_fit_into_the_stack_is_an_overflow() -> None:
    text = many_locals(20_000) + "\nfunc outer() -> i64 {\n i64.const 1\n call main\n return\n}"
    size = 32 + 8 * (20_000 + 2)
    outer = 32 + 8
    for stack in (size + outer - 1, size + outer):
        shown, _ = agreed(text, name="outer", stack=stack)
    assert shown == "2"
    for stack in (1, outer - 1, outer, size - 1):
        shown, _ = agreed(text, name="outer", stack=stack)
        assert "stack-overflow" in shown


@pytest.mark.parametrize("count", [100, 1500])
def test_deep_operand_stacks(count: int) -> None:
    lines = ["func main(n: i64) -> i64 {"]
    for number in range(count):
        lines += ["local.get n", f"i64.const {number}", "i64.add"]
    lines += ["i64.xor"] * (count - 1) + ["return", "}"]
    value = 0
    for number in range(count):
        value ^= 12 + number
    assert agreed("\n".join(lines), 12)[0] == str(value)


def test_deep_stacks_of_references_and_numbers_over_a_call_and_a_branch() -> None:
    count = 800
    lines = ["func other(n: i64) -> i64 {", "local.get n", "return", "}", "func main(n: i64) -> i64 {"]
    for number in range(count):
        lines += [f"i64.const {number % 50}", "array.new i64", f"i64.const {number}"]
    lines += ["local.get n", "call other", "i64.eqz", "branch.if @there", "@there ["]
    lines[-1] = f"@there [{', '.join(['i64'] * count)} | {', '.join(['ref array i64'] * count)}]:"
    for _ in range(count):
        lines += ["array.size", "i64.add"]
    lines += ["i64.add"] * (count - 1) + ["return", "}"]
    expected = sum(range(count)) + sum(number % 50 for number in range(count))
    assert agreed("\n".join(lines), 0)[0] == str(expected)


# Blocks and branches


@pytest.mark.parametrize("index", [0, 999, 1000, -1])
def test_a_switch_of_many_targets(index: int) -> None:
    count = 3000
    lines = [
        "func main(n: i32) -> i64 {",
        "local.get n",
        f"switch {' '.join(f'@t{number}' for number in range(count))}",
    ]
    for number in range(count):
        lines += [f"@t{number}:", f"i64.const {number}", "return"]
    wanted = index if 0 <= index < count else count - 1
    assert agreed("\n".join([*lines, "}"]), index) == (str(wanted), 4)


LONG = 33_000
LONG_BLOCKS = """
throwable Throwable
trap divide-by-zero = Throwable
class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
func entry(n: i64) -> i64 {
NOPS
    local.get n
    return
}
func main(n: i64) -> i64 {
  .local rounds: i64
    i64.const 3
    local.set rounds
@again:
NOPS
    local.get rounds
    call entry
    i64.eqz
    branch.if @end
    local.get rounds
    i64.const 1
    i64.sub
    local.set rounds
  .try guard @caught
    local.get n
    local.get rounds
    i64.div_s
    local.set n
  .end guard
    jump @again
@caught:
    ref.drop
NOPS
    jump @fallen
@end:
    local.get n
    return
@fallen:
NOPS
    i64.const -1
    return
}
""".replace("NOPS", "nop\n" * LONG)


def test_blocks_of_more_instructions_than_a_branch_can_pay_for() -> None:
    whole = agreed(LONG_BLOCKS, 1000)
    assert whole[0] == "-1"
    assert whole[1] > 5 * LONG
    for part in range(1, 10):
        fuel = part * LONG
        for limit in (fuel - 200, fuel + 25):
            agreed(LONG_BLOCKS, 1000, fuel=limit)
    for short in range(6):
        assert ("fuel" in agreed(LONG_BLOCKS, 1000, fuel=whole[1] - short)[0]) == (short > 0)


# Calls


def parameters(count: int) -> tuple[str, list[str], str]:
    """Types of mixed parameters, what pushes arguments, and what sums them up."""
    types, pushes, sums = [], [], ["i64.const 0"]
    for number in range(count):
        match number % 4:
            case 0:
                types.append("i64")
                pushes.append(f"i64.const {number}")
                sums += [f"local.get #{number}", "i64.add"]
            case 1:
                types.append("ref string")
                pushes.append(f'string.const "{"x" * number}"')
                sums += [f"local.get #{number}", "string.size", "i64.add"]
            case 2:
                types.append("i32")
                pushes.append(f"i32.const {number}")
                sums += [f"local.get #{number}", "i64.extend_i32_s", "i64.add"]
            case _:
                types.append("f64")
                pushes.append(f"f64.const {number}.0")
                sums += [f"local.get #{number}", "i64.trunc_sat_f64_s", "i64.add"]
    return ", ".join(types), pushes, "\n".join(sums)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 64, 254, 255])
@pytest.mark.parametrize("how", ["call", "tail.call", "call.ref", "tail.ref"])
def test_calls_of_many_parameters(count: int, how: str) -> None:
    types, pushes, sums = parameters(count)
    target = ["func.ref many", f"{how} ({types}) -> i64"] if how.endswith("ref") else [f"{how} many"]
    back = [] if how.startswith("tail") else ["return"]
    caller = "\n".join([*pushes, *target, *back])
    text = f"func many({types}) -> i64 {{\n{sums}\nreturn\n}}\nfunc main() -> i64 {{\n{caller}\n}}"
    assert agreed(text)[0] == str(sum(range(count)))


SHAPES = {
    "small": ("", "local.get n\ni64.const 1\ni64.add\ncall down"),
    "locals": (
        "".join(f"  .local a{number}: i64\n" for number in range(50)),
        "local.get n\ni64.const 1\ni64.add\ncall down",
    ),
    "references": (
        "".join(f"  .local a{number}: ref? string\n" for number in range(30)),
        "local.get n\ni64.const 1\ni64.add\ncall down",
    ),
    "operands": ("", "i64.const 5\n" * 20 + "local.get n\ni64.const 1\ni64.add\ncall down\n" + "i64.add\n" * 20),
    "by value": ("", "local.get n\ni64.const 1\ni64.add\nfunc.ref down\ncall.ref (i64) -> i64"),
    "large": (
        "".join(f"  .local a{number}: i64\n" for number in range(1000)),
        "local.get n\ni64.const 1\ni64.add\ncall down",
    ),
}
DOWN = """
throwable Throwable
trap stack-overflow = Throwable
class Throwable {{
  field message: ref? string
  field trace: ref? array i32
}}
global deepest: i64
func down(n: i64) -> i64 {{
{locals_}
    local.get n
    global.set deepest
{body}
    return
}}
func main() -> i64 {{
  .try guard @caught
    i64.const 1
    call down
    return
  .end guard
@caught:
    ref.drop
    global.get deepest
    return
}}
func bare() -> i64 {{
    i64.const 1
    call down
    return
}}
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_the_stack_overflows_at_the_same_depth(shape: str) -> None:
    locals_, body = SHAPES[shape]
    text = DOWN.format(locals_=locals_, body=body)
    for stack in (100, 1000, 4000, 8191, 8192, 8193, 20_000, 65_536, 65_537, 300_001):
        agreed(text, stack=stack)
        agreed(text, stack=stack, name="bare")
    for stack in range(5000, 5200, 24):
        agreed(text, stack=stack)


# Memory and tasks

FULL = """
throwable Throwable
trap out-of-memory = Memory
trap divide-by-zero = Throwable
class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
class Memory extends Throwable
class Cell {
  field next: ref? Cell
  field number: i64
}
global list: ref? Cell
func fill() -> i64 {
  .try guard @caught catch Memory
@next:
    global.get list
    i64.const 1
    object.new Cell
    global.set list
    jump @next
  .end guard
@caught:
    ref.drop
    i64.const 1
    return
}
func divide() -> i64 {
  .try guard @caught catch Throwable
    i64.const 1
    i64.const 0
    i64.div_s
    return
  .end guard
@caught:
    ref.drop
    i64.const 1
    return
}
func main(rounds: i64) -> i64 {
  .local sum: i64
    i64.const 0
    local.set sum
@next:
    local.get sum
    call fill
    i64.add
    call divide
    i64.add
    local.set sum
    local.get rounds
    i64.const 1
    i64.sub
    local.tee rounds
    i64.eqz
    branch.unless @next
    ref.null
    global.set list
    call fill
    prim.drop
    ref.null
    global.set list
    local.get sum
    return
}
func throws() {
    call fill
    prim.drop
    i64.const 1
    i64.const 0
    i64.div_s
    prim.drop
    return
}
func uncaught() {
@next:
    global.get list
    i64.const 1
    object.new Cell
    global.set list
    jump @next
}
"""


def test_exceptions_where_memory_is_full(engine: str) -> None:
    # Filling full memory again and again, and trapping there: each time there is an exception to catch.
    assert run(engine, FULL, 20, memory=1 << 20)[0] == "40"


def test_uncaught_exceptions_where_memory_is_full(engine: str) -> None:
    shown, _ = run(engine, FULL, name="throws", memory=1 << 20)
    assert re.match(r"Trap uncaught Throwable .*throws \(pc 7\)@7", shown), shown
    shown, _ = run(engine, FULL, name="uncaught", memory=1 << 20)
    assert re.match(r"Exhaustion memory .*uncaught \(pc \d+\)@", shown), shown


HOARD = (
    FULL.replace("field trace: ref? array i32", "field trace: ref? array i32\n  field before: ref? Throwable", 1)
    + """
global kept: ref? Throwable
func hoard() {
  .local caught: ref? Throwable
@next:
  .try guard @caught_it catch Memory
@more:
    global.get list
    i64.const 1
    object.new Cell
    global.set list
    jump @more
  .end guard
@caught_it:
    local.set caught
    local.get caught
    ref.as_non_null
    global.get kept
    field.set Throwable.before
    local.get caught
    global.set kept
    jump @next
}
"""
)


def test_a_program_that_keeps_the_exceptions_of_full_memory_ends(engine: str) -> None:
    shown, _ = run(engine, HOARD, name="hoard", memory=1 << 20, fuel=300_000)
    assert re.match(r"Exhaustion (memory|fuel) ", shown), shown


BOMB = """
func idle() {
    task.yield
    return
}
func bomb() {
@next:
    func.ref bomb
    task.spawn
    ref.drop
    func.ref idle
    task.spawn
    ref.drop
    jump @next
}
func main() -> i64 {
    call bomb
    i64.const 0
    return
}
"""


def test_tasks_that_make_tasks_end_at_a_limit(engine: str) -> None:
    shown, used = run(engine, BOMB, fuel=3_000_000, memory=8 << 20, stack=64 << 10)
    assert re.match(r"Exhaustion (memory|fuel) ", shown), shown
    assert used <= 3_000_000
