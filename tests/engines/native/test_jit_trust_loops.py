"""What an attacker would write into loops: what is loaded, computed or told to LLVM before rounds may not hold in them.

The reference engine says what each attempt gives, where it traps, and what fuel it takes.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

import pvm
from pvm.engines.native.debug import NO_DEBUG, Debug, debugging
from pvm.pbc.asm import assemble
from pvm.pbc.model import Module

MAX, MIN = (1 << 63) - 1, -(1 << 63)
COMPILED = Debug(eager=True, keep=False)
PLAIN = COMPILED._replace(speed=0)
IN_THE_MIDDLE = (COMPILED._replace(loops=(150, 2_000, 400)), PLAIN._replace(loops=(300, 900, 77)))

HEAD = """
class Error {
  field message: ref? string
  field trace: ref? array i32
}
class Base {
  field count: i64
  field items: ref array i64
}
class Box extends Base {
  field small: i8
  field byte: u8
}
throwable Error
trap index-out-of-bounds = Error
trap integer-overflow = Error
trap divide-by-zero = Error
trap invalid-conversion = Error
trap bad-cast = Error
trap null-reference = Error
global shared: ref? array ref
export f as (i64, i64) -> i64
"""


def function(signature: str, locals_: str, code: str) -> str:
    """A function whose instructions are divided by semicolons; numbers are 0 at first."""
    declared = [each.split(": ") for each in locals_.split("; ") if each]
    zeros = [f"i64.const 0; local.set {name}" for name, type_ in declared if type_ == "i64"]
    body = [part.strip() for part in ";".join((*zeros, code.replace("\n", ";"))).split(";")]
    text = [
        f"func {signature} {{",
        *(f"  .local {name}: {type_}" for name, type_ in declared),
        *filter(None, body),
        "}",
    ]
    return "\n".join(text) + "\n"


HELPERS = (
    function("rotated (x: i64) -> i64", "", "local.get x; i64.const 7; i64.rotl; return")
    + function(
        "counted (box: ref Box, x: i64) -> i64",
        "",
        """local.get box; local.get box; field.get Base.count; i64.const 1; i64.add; field.set Base.count
        local.get box; field.get Base.count; local.get x; i64.add; return""",
    )
    + function(
        "put (rows: ref array ref, at: i64, row: ref? any)",
        "",
        "local.get rows; local.get at; local.get row; array.set ref; return",
    )
    + function(
        "change (base: ref Base, items: ref array i64)",
        "",
        "local.get base; local.get items; field.set Base.items; return",
    )
    + function(
        "branching (x: i64) -> i64",
        "",
        """local.get x; i64.const 3; i64.and; i64.eqz; branch.if @other; local.get x; i64.const 5; i64.mul; return
        @other:; nop; nop; i64.const 3; return""",
    )
    + function(
        "meddle ()",
        "i: i64",
        """@next:; global.get shared; ref.as_non_null; local.get i; i64.const 3; i64.and; i64.const 5; array.new i64
        array.set ref; local.get i; i64.const 1; i64.add; local.set i; local.get i; i64.const 200; i64.lt_s
        branch.if @next; return""",
    )
)
LOCALS = """i: i64; j: i64; sum: i64; a: ref array i64; b: ref array i64; rows: ref array ref; box: ref Box
base: ref Base; text: ref string; call: ref func (i64) -> i64; bytes: ref array u8; far: f64""".replace("\n", "; ")
STEP = "local.get i; i64.const 1; i64.add; local.set i"
TEST = "local.get i; local.get n; i64.lt_s"
BEFORE = """i64.const 40; array.new i64; local.set a; i64.const 40; array.new i64; local.set b
@fill:; local.get a; local.get i; local.get i; i64.const 37; i64.mul; i64.const 11; i64.add; array.set i64
local.get i; i64.const 1; i64.add; local.set i; local.get i; i64.const 40; i64.lt_s; branch.if @fill
i64.const 5; local.get a; i32.const -3; i32.const 200; object.new Box; local.set box; local.get box; local.set base
string.const "abcdefghijklmnopqrstuvwxyz0123456789"; local.set text; func.ref rotated; local.set call
i64.const 70; array.new u8; local.set bytes; f64.const 1e300; local.set far; i64.const 8; array.new ref; local.set rows
local.get rows; i64.const 0; local.get a; array.set ref; local.get rows; i64.const 1; local.get b; array.set ref
local.get rows; i64.const 2; local.get bytes; array.set ref; local.get rows; i64.const 3; local.get text; array.set ref
local.get rows; i64.const 4; local.get rows; array.set ref; local.get rows; i64.const 5; local.get box; array.set ref
local.get rows; i64.const 6; i64.const 3; array.new i64; array.set ref; i64.const 0; local.set i"""


def module(body: str, *, before: str = "", test: str = TEST, step: str = STEP) -> Module:
    """A loop over some arrays, with a handler around it."""
    code = f"""{BEFORE}; {before}; .try all @caught; jump @test
    @next:; {body}; {step}; @test:; {test}; branch.if @next; .end all; jump @after
    @caught:; ref.drop; local.get sum; i64.const 77; i64.xor; local.set sum
    @after:; local.get sum; local.get a; i64.const 3; array.get i64; i64.xor; local.get i; i64.add; local.get j; i64.xor
    return"""
    return assemble(HEAD + HELPERS + function("f (n: i64, k: i64) -> i64", LOCALS, code))


def taken_up(text: str) -> str:
    """The text of what mixes a number into the sum."""
    return f"local.get sum; i64.const 31; i64.mul; {text}; i64.xor; local.set sum"


class Outcome(NamedTuple):
    """What a call gives or ends with, and the fuel that it takes."""

    arguments: tuple[int, int]
    result: object
    fuel: int


def outcomes(program: pvm.Module, tier: str, debug: Debug, calls: list[tuple[int, int]], fuel: int) -> list[Outcome]:
    """What calls do, each in an instance of its own."""
    found = []
    for arguments in calls:
        with (
            debugging(debug),
            pvm.Instance(program, tier=tier, limits=pvm.Limits(fuel=fuel)) as instance,  # type: ignore[arg-type]
        ):
            try:
                result: object = instance.call("f", *arguments)
            except (pvm.Trap, pvm.Exhaustion) as error:
                result = type(error), error.kind, [(str(each), each.pc) for each in error.frames]
            found.append(Outcome(arguments, result, instance.statistics.fuel_used))
    return found


def agree(made: Module, calls: list[tuple[int, int]], *modes: Debug, fuel: int = 20_000) -> None:
    """Compiled code does what the reference engine does, in each of some ways."""
    wanted = outcomes(pvm.Module(made), "reference", NO_DEBUG, calls, fuel)
    for debug in modes:
        # A module is compiled once, in the way of the first instance.
        assert outcomes(pvm.Module(made), "jit", debug, calls, fuel) == wanted


ROW = "local.get rows; local.get k; array.get ref; ref.cast ref array i64"
ROWS = "local.get rows; i64.const 4; array.get ref; ref.cast ref array ref"
SHORT = "local.get rows; i64.const 6; array.get ref"
ITEMS = "local.get box; field.get Base.items; local.get i; array.get i64"


def at_two(text: str) -> str:
    """What is done in the third round only."""
    return f"local.get i; i64.const 2; i64.eq; branch.unless @not; {text}; @not:"


LOADED = {
    "row": taken_up(f"{ROW}; local.get i; array.get i64"),
    "row that is written": f"{ROW}; local.get i; local.get i; array.set i64; {taken_up(f'{ROW}; array.size')}",
    "row that is replaced": f"{taken_up(f'{ROW}; local.get i; array.get i64')}; "
    + at_two(f"local.get rows; local.get k; {SHORT}; array.set ref"),
    "row that an inlined function replaces": f"{taken_up(f'{ROW}; local.get i; array.get i64')}; "
    + at_two(f"local.get rows; local.get k; {SHORT}; call put"),
    "row of rows of rows": taken_up(
        f"{ROWS}; i64.const 4; array.get ref; ref.cast ref array ref; local.get k; array.get ref; "
        "ref.cast ref array i64; local.get k; array.get i64"
    ),
    "row of one kind or another": f"""local.get i; i64.const 1; i64.and; i64.eqz; branch.if @other
        {taken_up(f"{ROW}; local.get i; array.get i64")}; jump @done; @other:
        {
        taken_up(
            "local.get rows; local.get k; array.get ref; ref.cast ref array u8; local.get i; array.get u8"
            "; i64.extend_i32_u"
        )
    }
        @done:""",
    "text": taken_up(
        "local.get rows; local.get k; array.get ref; ref.cast ref string; local.get i; string.get; i64.extend_i32_u"
    ),
    "field of what may be null": taken_up(
        "local.get rows; local.get k; array.get ref; ref.as_non_null; ref.cast ref Box; field.get Base.items; "
        "local.get i; array.get i64"
    ),
    "field that is replaced by another name": f"{taken_up(ITEMS)}; "
    + at_two(f"local.get base; {SHORT}; ref.cast ref array i64; call change"),
    "narrow fields": "local.get box; local.get i; i64.const 67; i64.mul; i32.wrap_i64; field.set Box.small; "
    + taken_up("local.get box; field.get Box.small; local.get box; field.get Box.byte; i32.sub; i64.extend_i32_s"),
    "length that an unsigned comparison looks at": "local.get i; local.get k; i64.add; local.get text; string.size; "
    f"i64.lt_u; branch.unless @not; {taken_up('local.get text; local.get i; string.get; i64.extend_i32_u')}; @not:",
}


@pytest.mark.parametrize("what", LOADED)
def test_what_is_loaded_before_a_loop_is_what_each_round_would_load(what: str) -> None:
    calls = [(n, k) for n in (0, 3, 4, 40, 41) for k in (0, 1, 2, 3, 4, 5, 6, 7)] + [
        (5, 8),
        (5, -1),
        (5, MIN),
        (5, 1 << 32),
    ]
    agree(module(LOADED[what]), calls, PLAIN, COMPILED)


def test_what_a_function_value_captured_changes_in_each_round() -> None:
    either = "local.get k; i64.eqz; branch.if @plain; local.get box; closure.new counted; local.set call; @plain:"
    body = taken_up("local.get i; local.get call; call.ref (i64) -> i64; local.get box; field.get Base.count; i64.add")
    agree(module(body, before=either), [(30, 0), (30, 1)], PLAIN, COMPILED, *IN_THE_MIDDLE)


NUMBER = "local.get far; i64.trunc_f64_s"
USES = {
    "index": f"local.get a; {NUMBER}; array.get i64",
    "row": f"local.get rows; {NUMBER}; array.get ref; ref.cast ref array i64; local.get i; array.get i64",
    "part of an index": f"local.get a; local.get i; {NUMBER}; i64.add; array.get i64",
    "count of a shift": f"local.get i; {NUMBER}; i64.shl",
    "divisor": f"local.get i; {NUMBER}; i64.div_s",
    "choice of a reference": f"local.get a; local.get b; {NUMBER}; i32.wrap_i64; ref.select ref array i64; "
    "local.get i; array.get i64",
    "index of an index": f"local.get a; local.get a; {NUMBER}; array.get i64; array.get i64",
    "byte of a text": f"local.get text; {NUMBER}; string.get; i64.extend_i32_u",
}


@pytest.mark.parametrize("use", USES)
def test_what_is_no_number_before_a_loop_matters_only_where_a_round_comes_to_it(use: str) -> None:
    made = module(f"local.get i; local.get k; i64.eq; branch.unless @not; {taken_up(USES[use])}; @not:")
    agree(made, [(30, 100), (30, 29), (30, 0), (0, 0)], PLAIN, COMPILED)


SIGNS = "; ".join(
    taken_up(f"local.get j; {each}")
    for each in ("i64.const 0; i64.lt_s; i64.extend_i32_u", "i64.const 4294967296; i64.gt_s; i64.extend_i32_u")
)
RANGES = {
    "remainder": f"local.get j; local.get k; i64.add; i64.const 17; i64.rem_s; local.set j; {SIGNS}",
    "remainder by the least number": f"local.get k; local.get i; i64.add; i64.const {MIN}; i64.rem_s; local.set j; "
    + SIGNS,
    "sum that wraps": f"{SIGNS}; local.get j; local.get k; i64.add; i64.const {MAX}; i64.add; local.set j",
    "less the least number": f"{SIGNS}; local.get j; i64.const {MIN}; i64.sub; local.set j",
    "product that wraps": f"{SIGNS}; local.get j; i64.const 1000003; i64.mul; local.get i; i64.add; local.set j",
    "good index": f"local.get a; local.get j; local.get i; array.set i64; {SIGNS}; local.get j; i64.const 1; i64.add; "
    "i64.const 39; i64.rem_s; local.get k; i64.mul; local.set j",
    "compared before it changed": """local.get k; local.set j; local.get j; i64.const 10; i64.lt_s; local.get i
        local.set j; branch.if @less; local.get j; i64.const 1000; i64.mul; local.set j; @less:; """
    + SIGNS,
    "handler": f"""{SIGNS}; .try inner @forgets; i64.const 7; local.set j; local.get a; local.get i; array.get i64
        prim.drop; local.get k; local.set j; local.get a; local.get i; i64.const 2; i64.mul; array.get i64; prim.drop
        i64.const 3; local.set j; .end inner; jump @known; @forgets:; ref.drop; @known:""",
    "one of two": f"local.get k; i64.const 5; local.get i; i32.wrap_i64; i32.const 1; i32.and; prim.select; "
    f"local.set j; {SIGNS}",
}


@pytest.mark.parametrize("what", RANGES)
def test_what_is_told_of_numbers_where_loops_are_entered_holds(what: str) -> None:
    calls = [(n, k) for n in (60, 300) for k in (0, 39, -1, 1 << 32, MAX, MIN)]
    agree(module(RANGES[what]), calls, *IN_THE_MIDDLE, fuel=30_000)


SHAPES = {
    "branches": (
        f"""local.get i; i64.const 3; i64.and; i32.wrap_i64; switch @x @y @z; @x:; nop; nop; jump @on; @y:
        {taken_up("local.get i")}; jump @on; @z:; local.get i; i64.const 7; i64.eq; branch.if @over; nop; jump @on
        @on:; jump @over; @over:""",
        TEST,
        STEP,
    ),
    "blocks that only jump": (
        f"""local.get i; i64.const 1; i64.and; i64.eqz; branch.if @x; jump @y; @x:; jump @y; @y:; jump @z; @z:
        {taken_up("local.get i")}""",
        TEST,
        STEP,
    ),
    "inlined": ("local.get i; call branching; local.get sum; i64.add; local.set sum", TEST, STEP),
    "variable step": (
        "local.get a; local.get i; local.get i; array.set i64",
        "local.get i; i64.const 40; i64.lt_s",
        "local.get i; local.get k; i64.add; local.set i",
    ),
    "leaves": ("local.get a; local.get i; array.get i64; i64.const 1121; i64.eq; branch.if @after", TEST, STEP),
    "seldom an inner loop": (
        """local.get i; i64.const 15; i64.and; i64.eqz; branch.unless @no; local.get i; local.set j; jump @inner
        @again:; local.get b; local.get j; local.get i; array.set i64; local.get j; i64.const 2; i64.add; local.set j
        @inner:; local.get j; local.get n; i64.lt_s; branch.if @again; @no:""",
        TEST,
        STEP,
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_fuel_that_ends_in_any_round_ends_where_it_ends_for_others(shape: str) -> None:
    body, test, step = SHAPES[shape]
    program, call = pvm.Module(module(body, test=test, step=step)), [(40, 1)]
    (whole,) = outcomes(program, "reference", NO_DEBUG, call, 100_000)
    for fuel in range(whole.fuel * 2 // 3, whole.fuel + 1, 3):
        assert outcomes(program, "jit", PLAIN, call, fuel) == outcomes(program, "interpreter", NO_DEBUG, call, fuel)


@pytest.mark.parametrize(
    "use", ["array.size; local.get i; i64.add", "local.get i; i64.const 3; i64.and; array.get i64"]
)
def test_another_task_replaces_what_was_loaded_before_a_loop(use: str) -> None:
    made = module(
        taken_up(f"{ROW}; {use}"), before="local.get rows; global.set shared; func.ref meddle; task.spawn; ref.drop"
    )
    modes = (
        COMPILED,
        COMPILED._replace(stress=3, marks=7, looks=(90,)),
        COMPILED._replace(stress=5, suspend_every=300),
    )
    agree(made, [(2_000, 0), (2_000, 6)], *modes, fuel=200_000)
