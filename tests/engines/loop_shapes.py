"""Loops in every shape that internal code has an operation for, as text of one module."""

from __future__ import annotations

from itertools import product

from pvm.engines.native.code.operations import LOOP_STEPS, LOOP_TESTS

BRANCHES = ("if", "unless")
_OPPOSITE = {"i64.lt_s": "i64.ge_s", "i64.le_s": "i64.gt_s", "i64.gt_s": "i64.le_s", "i64.ge_s": "i64.lt_s"}
_DOWN = {"i64.gt_s", "i64.ge_s"}
_LOADS = {
    "slot": ("local.get limit",),
    "constant": ("i64.const {limit}",),
    "size": ("local.get numbers", "array.size"),
    "text": ("local.get text", "string.size"),
}


_EITHER_WAY = """
    local.get counter
    i64.const 1
    i64.eq
    branch.if @other
    local.get sum
    i64.const 10
    i64.add
    local.set sum
    jump @step
@other:
    local.get sum
    i64.const 20
    i64.add
    local.set sum
@step:
"""
"""Two ways to a step that is a block of its own."""


def _loop(name: str, step: str, test: str, limit: str, branch: str, *, parts: bool = False) -> str:
    """A loop that runs twice or three times, and adds its counter to a sum on the way."""
    down = test in _DOWN
    add = ("local.get counter", f"i64.const {-1 if down else 1}", step or "i64.add", "local.set counter")
    total = ("local.get sum", "local.get counter", "i64.add", "local.set sum")
    between = _EITHER_WAY.strip().replace("    ", "").splitlines() if parts else ()
    body = (*total, *between, *add) if step else (*add, *total)
    bound = 0 if down else 2
    compare = test if branch == "if" else _OPPOSITE.get(test, "i64.eq")
    loads = (line.format(limit=bound) for line in _LOADS[limit])
    lines = (
        "i64.const 2",
        "array.new i64",
        "local.set numbers",
        'string.const "it"',
        "local.set text",
        f"i64.const {bound}",
        "local.set limit",
        f"i64.const {2 if down else 0}",
        "local.set counter",
        "i64.const 0",
        "local.set sum",
        "jump @test",
        "@next:",
        *body,
        "@test:",
        "local.get counter",
        *loads,
        compare,
        f"branch.{branch} @next",
        "local.get sum",
        "return",
    )
    code = "\n".join(line if line.startswith("@") else f"    {line}" for line in lines)
    return f"""
func {name}() -> i64 {{
  .local counter: i64
  .local limit: i64
  .local sum: i64
  .local numbers: ref array i64
  .local text: ref string
{code}
}}
"""


_STEP = "local.get counter; i64.const 1; i64.add; local.set counter"
_JUMPS = f"""
func jumps() -> i64 {{
  .local counter: i64
  .local sum: i64
    i64.const 0; local.tee sum; local.set counter
    jump @test
@next:
    local.get sum; i64.const 3; i64.add; local.set sum
    local.get counter; i64.const 1; i64.eq
    branch.unless @other
    local.get sum; i64.const 5; i64.add; local.set sum
    {_STEP}
    jump @test
@other:
    local.get counter; i64.const 3; i64.eq
    branch.unless @third
    local.get sum
    return
@third:
    local.get counter; i64.const 2; i64.eq
    branch.if @last
    {_STEP}
    jump @test
@last:
    {_STEP}
@test:
    local.get counter; i64.const 5; i64.lt_s
    branch.if @next
    local.get sum
    return
}}
""".replace("; ", "\n    ")
"""Steps in front of jumps to the test, and blocks that are seldom executed."""


def _all() -> str:
    names, functions = ["jumps"], [_JUMPS]
    steps = (*LOOP_STEPS, "i64.sub_checked_s")
    for number, (step, test, limit, parts) in enumerate(product(steps, LOOP_TESTS, _LOADS, (False, True))):
        if limit in {"size", "text"} and test != "i64.lt_s":
            continue
        if step == "i64.sub_checked_s" and (test in _DOWN or test == "i64.ne"):
            continue
        if parts and (step == "" or limit == "text"):
            continue
        names.append(f"loop{number}")
        text = _loop(names[-1], step, test, limit, BRANCHES[number // 2 % 2], parts=parts)
        functions.append(text.replace("i64.const 1\n", "i64.const -1\n") if step == "i64.sub_checked_s" else text)
    calls = "\n".join(f"    call {name}\n    i64.add" for name in names)
    return "\n".join((*functions, f"func main() -> i64 {{\n    i64.const 0\n{calls}\n    return\n}}"))


OVERFLOW = """
func overflow() -> i64 {
  .local counter: i64
    i64.const 0x7ffffffffffffffd
    local.set counter
    jump @test
@next:
    local.get counter
    i64.const 1
    i64.add_checked_s
    local.set counter
@test:
    local.get counter
    i64.const 0
    i64.ne
    branch.if @next
    local.get counter
    return
}
"""
LOOPS = _all() + OVERFLOW
