"""Generates modules for compiled code: what it takes for granted, and where that ends."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from pvm.isa.types import Prim, Signature, ValueType, class_ref
from pvm.pbc.builder import FunctionBuilder
from pvm.pbc.model import Module
from tests.fuzz import (
    compiled_barriers,
    compiled_call_drills,
    compiled_drills,
    compiled_image_drills,
    compiled_numbers,
    compiled_text_drills,
)
from tests.fuzz.compiled_bodies import CONSTANTS, MAX, MIN, Body
from tests.fuzz.compiled_drilling import Drill
from tests.fuzz.compiled_loops import LoopBody
from tests.fuzz.compiled_objects import rounds_of_objects
from tests.fuzz.compiled_tables import (
    BOX,
    BYTES,
    CELL,
    HELD,
    INTS,
    KEPT,
    SHAPE,
    SHAPE_TALLY,
    SUM,
    THUNK,
    UNARY,
    Tables,
    write,
)

_DRILLS = (
    *compiled_drills.DRILLS * 2,
    *compiled_numbers.DRILLS,
    *compiled_barriers.DRILLS * 2,
    *compiled_call_drills.DRILLS,
    *compiled_text_drills.DRILLS,
    *compiled_image_drills.DRILLS,
)
"""Kinds of short functions."""
_PARTS = 3
"""Calls from outside that short functions are divided among."""
_PARAMS: tuple[ValueType, ...] = (INTS, INTS, BYTES, class_ref(BOX), class_ref(SHAPE), Prim.I64, Prim.I64)


def generate_compiled(random: Random) -> Module:
    """Draw a module: some helpers with loops of their own, functions that call them, and what calls those."""
    tables = Tables(random)
    for function, owner in tables.methods.items():
        _tally(tables.builder.function(function), owner)
        _expression(tables, function, random)
    for number in range(random.randrange(3)):
        _helper(tables, number, random)
    for number in range(random.randrange(3)):
        _value(tables, number, random)
    if random.random() < 0.4:
        _task(tables, random)
    drills = [_drill(tables, number, random) for number in range(random.choice((3, 4, 6)))]
    calls = [_body(tables, number, random) for number in range(random.choice((1, 1, 2)))]
    objects = [_objects(tables, number, random) for number in range(random.choice((1, 2, 3)))]
    short = [_short(tables, number, random) for number in range(random.choice((8, 12, 16)))]
    # Calls from outside: a trap that nobody can catch ends one of them, and what may use up the fuel comes last.
    for number in range(_PARTS):
        _all(tables, f"part{number}", short[number::_PARTS], random)
    _all(tables, "all", [*calls, *drills, *drills, *objects], random)
    for number in range(4):
        index = tables.function(f"call{number}", Signature((), (Prim.I64,)))
        code = tables.builder.function(index)
        if number:
            _call(code, random.choice(calls), random)
        else:
            code.i64_const(random.choice((5, 60, 99, 104, 160, 255)))
            code.call(random.choice(tables.plunges))
        code.return_()
        tables.builder.export(f"call{number}", index, "() -> i64")
    return tables.builder.build()


def _tally(code: FunctionBuilder, owner: int) -> None:
    """Add the argument to a field that the receiver has from its superclass."""
    write(
        code,
        f"""local.get 0; local.get 0; field.get {owner}.{SHAPE_TALLY[1]}; local.get 1; i64.add;
        field.set {owner}.{SHAPE_TALLY[1]}""",
    )


def _expression(tables: Tables, function: int, random: Random) -> None:
    """A short function without loops: it is inlined."""
    code = tables.builder.function(function)
    body = Body(tables, code, random, budget=random.choice((2, 4, 8)))
    for kind, found in body.locals.items():
        if not found:
            body.new(kind)
            found.append(code.local(kind))
            code.local_set(found[0])
    body.number(2)
    code.return_()


def _helper(tables: Tables, number: int, random: Random) -> None:
    """A function with parameters and maybe loops, that later ones call."""
    params = tuple(random.choice(_PARAMS) for _ in range(random.randrange(1, 4)))
    results = random.choice(((Prim.I64,), (Prim.I64,), (INTS,)))
    index = tables.function(f"helper{number}", Signature(params, results))
    code = tables.builder.function(index)
    body = LoopBody(tables, code, random, budget=random.choice((3, 6, 12)))
    body.ends = []
    body.declare()
    while body.is_open:
        body.statement(2)
    if code.is_reachable:
        body.value(results[0], 1)
        code.return_()
    tables.add_helper(index, Signature(params, results))


def _value(tables: Tables, number: int, random: Random) -> None:
    """A function that function values are made of, maybe with something captured."""
    is_bound = random.random() < 0.6
    signature = Signature((INTS, Prim.I64), (Prim.I64,)) if is_bound else UNARY
    index = tables.function(f"value{number}", signature)
    _expression(tables, index, random)
    (tables.bound if is_bound else tables.values).append(index)


def _task(tables: Tables, random: Random) -> None:
    """What another task does: it adds to the sum, round after round."""
    index = tables.function("task", THUNK)
    code = tables.builder.function(index)
    body = LoopBody(tables, code, random, budget=10)
    body.ends = []
    body.declare()
    body.loop(1)
    if code.is_reachable:
        body.add_up(1)
        code.return_()
    tables.tasks.append(index)


def _drill(tables: Tables, number: int, random: Random) -> int:
    """A short function of one loop."""
    index = tables.function(f"drill{number}", Signature((Prim.I64, Prim.I64), (Prim.I64,)))
    LoopBody(tables, tables.builder.function(index), random, budget=4).drill()
    return index


def _short(tables: Tables, number: int, random: Random) -> int:
    """A function that is about one thing."""
    index = tables.function(f"short{number}", Signature((Prim.I64, Prim.I64), (Prim.I64,)))
    drill = Drill(tables, tables.builder.function(index), random)
    random.choice(_DRILLS)(drill)
    drill.end()
    return index


def _objects(tables: Tables, number: int, random: Random) -> int:
    """A function that makes objects in rounds."""
    index = tables.function(f"objects{number}", Signature((Prim.I64, Prim.I64), (Prim.I64,)))
    rounds_of_objects(LoopBody(tables, tables.builder.function(index), random, budget=8))
    return index


def _body(tables: Tables, number: int, random: Random) -> int:
    """A long function of everything."""
    index = tables.function(f"body{number}", Signature((Prim.I64, Prim.I64), (Prim.I64,)))
    code = tables.builder.function(index)
    LoopBody(tables, code, random, budget=random.choice((15, 30, 30))).function()
    return index


def _call(code: FunctionBuilder, function: int, random: Random) -> None:
    code.i64_const(random.choice((*CONSTANTS, 8, 16, 9)))
    code.i64_const(random.choice((*CONSTANTS, MAX - 5, MAX - 1, MIN + 3, 1 << 62, -(1 << 62))))
    code.call(function)


def _held(code: FunctionBuilder) -> None:
    """Mix what is in the object that somebody keeps into the sum."""
    write(
        code,
        f"""global.get {HELD}; ref.is_null; branch.if @none; global.get {HELD}; ref.as_non_null; field.get {CELL}.0;
        global.get {SUM}; i64.add; global.set {SUM}; @none:""",
    )


def _all(tables: Tables, name: str, calls: Sequence[int], random: Random) -> None:
    """Call everything, catch what is thrown, and give a number that depends on all that is left."""
    index = tables.function(name, Signature((), (Prim.I64,)))
    code = tables.builder.function(index)
    for function in calls:
        start, end, target = code.here(), code.label(), code.label()
        _call(code, function, random)
        code.global_get(SUM)
        code.i64_xor()
        code.global_set(SUM)
        stop = code.here()
        code.jump(end)
        code.handler(start, stop, target)
        code.bind(target)
        code.ref_drop()
        code.bind(end)
    _held(code)
    code.global_get(KEPT)
    code.call(tables.digest)
    code.global_get(SUM)
    code.i64_xor()
    code.return_()
    tables.builder.export(name, index, "() -> i64")
