"""Short functions about calls and control.

Long chains with many parameters, what is thrown through inlined functions, function values in rounds, switches, tests
of classes of what may be null, tasks, and loops with many locals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pvm.isa.types import (
    ANY_NULL,
    STRING,
    TASK,
    ArrayKind,
    Prim,
    RefType,
    Signature,
    ValueType,
    array_ref,
    class_ref,
    func_ref,
)
from pvm.pbc.builder import FunctionBuilder
from tests.fuzz import edges
from tests.fuzz.compiled_drilling import Drill
from tests.fuzz.compiled_tables import (
    ASKED,
    BOX,
    CELL,
    CELL_COUNT,
    CELL_OTHER,
    HELD,
    INTS,
    MAX_LOCALS_INLINED,
    MAYBE_CELL,
    SHAPE,
    SUM,
    THUNK,
    UNARY,
    write,
)

_COUNT = f"{CELL}.{CELL_COUNT[1]}"
_NUMBERS = tuple(Prim)
_PARAMS: tuple[ValueType, ...] = (*_NUMBERS, Prim.I64, INTS, class_ref(CELL), STRING)
_CELL = f"i32.const 9; ref.null; object.new {CELL}"


# Calls


def _new(drill: Drill, code: FunctionBuilder, kind: ValueType) -> None:
    """Push a value of a type."""
    random = drill.random
    if isinstance(kind, Prim):
        code.emit(f"{kind}.const", edges.constant(random, kind))
    elif kind == INTS:
        write(code, f"i64.const {random.choice((1, 3))}; array.new I64")
    elif kind == STRING:
        code.string_const(random.choice(("", "abc", "abcdefghijkl")))
    else:
        write(code, f"i64.const {random.choice((5, -1))}; {_CELL}")


def _pass_on(drill: Drill, code: FunctionBuilder, own: tuple[ValueType, ...], wanted: tuple[ValueType, ...]) -> None:
    """Push the arguments of a call, mostly parameters of the caller, in any order."""
    for kind in wanted:
        found = [place for place, each in enumerate(own) if each == kind]
        if found and drill.chance(0.85):
            code.local_get(drill.random.choice(found))
        else:
            _new(drill, code, kind)


def _look_at(drill: Drill, code: FunctionBuilder, kind: ValueType, local: int) -> None:
    """Mix what is in a local into the sum."""
    look = {
        Prim.I64: "",
        Prim.I32: "i64.extend_i32_s",
        Prim.F64: "i64.bits_f64",
        Prim.F32: "i32.bits_f32; i64.extend_i32_u",
        INTS: "array.size",
        STRING: "string.size",
    }.get(kind, f"field.get {_COUNT}")
    write(code, f"global.get {SUM}; i64.const 31; i64.mul; local.get {local}; {look}; i64.xor; global.set {SUM}")


class _Link(NamedTuple):
    """A function of a chain."""

    index: int
    params: tuple[ValueType, ...]


def _link(drill: Drill, result: Prim, below: _Link | None) -> _Link:
    """A function that maybe calls itself some times, then the one below."""
    random = drill.random
    params = (Prim.I64, *(random.choice(_PARAMS) for _ in range(random.choice((2, 6, 12, 17)))))
    index, code = drill.function("link", Signature(params, (result,)))
    if drill.chance(0.5):
        for _ in range(MAX_LOCALS_INLINED):
            code.local(Prim.I64)
    kept = code.local(result)
    _new(drill, code, result)
    code.local_set(kept)
    for place in random.sample(range(len(params)), min(len(params), 4)):
        if drill.chance(0.7):
            _look_at(drill, code, params[place], place)
    if drill.chance(0.4):
        skip = code.label()
        write(code, "local.get 0; i64.const 3; i64.and; i64.eqz")
        code.branch_if(skip)
        write(code, "local.get 0; i64.const 1; i64.sub")
        _pass_on(drill, code, params, params[1:])
        code.call(index)
        code.local_set(kept)
        code.bind(skip)
    if below is not None:
        code.local_get(0)
        _pass_on(drill, code, params, below.params[1:])
        code.call(below.index)
        if drill.chance(0.5):
            code.return_()
        else:
            code.local_set(kept)
    if code.is_reachable:
        found = [place for place, each in enumerate(params) if each == result]
        code.local_get(random.choice([*found, kept, kept]))
        code.return_()
    return _Link(index, params)


def passed_on(drill: Drill) -> None:
    """Many arguments of all types go through a chain of functions, some of which are inlined, or call themselves."""
    random, at = drill.random, drill.at
    result = random.choice(_NUMBERS)
    top = _link(drill, result, None)
    for _ in range(random.choice((0, 1, 3))):
        top = _link(drill, result, top)
    own = {kind: drill.local(kind) for kind in dict.fromkeys(top.params)}
    for kind, local in own.items():
        _new(drill, drill.code, kind)
        drill.code.local_set(local)
    drill.maybe_task()
    kept = drill.local(result)

    def body() -> None:
        drill.code.local_get(at)
        for kind in top.params[1:]:
            drill.code.local_get(own[kind])
        drill.code.call(top.index)
        if drill.chance(0.5):
            drill.code.local_set(kept)
            drill.code.local_get(kept)
        drill.take_up_top(result)

    drill.rounds(body, drill.few())
    for kind, local in own.items():
        _look_at(drill, drill.code, kind, local)


def unwound(drill: Drill) -> None:
    """What is thrown goes through inlined functions, whose handlers do something and throw it again."""
    random, at = drill.random, drill.at
    inner = random.choice(("thrower", "thrower", "deep", "perhaps_thrown"))
    index, code = drill.function("inner", UNARY)
    if inner == "perhaps_thrown":
        write(code, "local.get 0; i64.const 3; i64.and; i64.eqz; branch.if @bad; local.get 0; return; @bad:")
        write(code, random.choice(("unreachable", "i64.const 1; i64.const 0; i64.div_s; return", _THROW, _FAR)))
    else:
        write(code, f"local.get 0; call {inner}; return")
    for _ in range(random.choice((1, 2, 3))):
        index = _guarding(drill, index)
    caught, kept = drill.local(Prim.I64), drill.local(Prim.I64)
    items, spare = drill.new_array(3), drill.local(INTS)
    drill.write(f"i64.const 0; local.set {caught}; i64.const 5; local.set {kept}; local.get {items}; local.set {spare}")
    code = drill.code

    def body() -> None:
        start, end, target = code.here(), code.label(), code.label()
        drill.write(f"local.get {at}; local.set {kept}")
        if drill.chance(0.5):
            drill.write(f"i64.const 7; array.new I64; local.set {spare}")
        drill.write(drill.take_up(f"local.get {at}; call callee"), callee=index)
        if drill.chance(0.5):
            drill.write(f"local.get {kept}; i64.const 100; i64.add; local.set {kept}")
        stop = code.here()
        code.jump(end)
        code.handler(start, stop, target)
        code.bind(target)
        drill.write(f"ref.drop; local.get {caught}; i64.const 1; i64.add; local.set {caught}")
        drill.write(drill.take_up(f"local.get {kept}; local.get {spare}; array.size; i64.add"))
        code.bind(end)

    drill.rounds(body, drill.few())
    drill.write(drill.take_up(f"local.get {caught}; local.get {kept}; i64.xor"))


_THROW = "ref.null; ref.null; object.new 0; throw"
_FAR = "i64.const 1; array.new I64; local.get 0; i64.const 5; i64.add; array.get I64; return"


def _guarding(drill: Drill, called: int) -> int:
    """A function that calls another one and has something to do when that throws."""
    random = drill.random
    index, code = drill.function("guard", UNARY)
    local, error = code.local(Prim.I64), code.local(class_ref(0))
    if drill.chance(0.2):
        for _ in range(MAX_LOCALS_INLINED):
            code.local(Prim.I64)
    write(code, f"local.get 0; i64.const 7; i64.xor; local.set {local}")
    start, target = code.here(), code.label()
    code.local_get(0)
    code.call(called)
    is_changed = drill.chance(0.5)
    if is_changed:
        write(code, f"i64.const 1; i64.add; local.set {local}; local.get {local}")
    stop = code.here()
    code.return_()
    code.handler(start, stop, target)
    code.bind(target)
    code.local_set(error)
    write(code, f"global.get {SUM}; i64.const 3; i64.mul; local.get {local}; i64.add; global.set {SUM}")
    kind = random.random()
    if kind < 0.5:
        code.local_get(error)
        code.throw()
    elif kind < 0.75:
        write(code, _THROW)
    else:
        write(code, f"local.get {local}; return")
    return index


def by_value(drill: Drill) -> None:
    """Function values are called in rounds over arrays: the same one in all, or not, of one to five functions."""
    random, at, tables = drill.random, drill.at, drill.tables
    kind, items = func_ref(tables.unary), drill.new_array(random.choice((9, 40)))
    one, other, total = drill.local(kind), drill.local(kind), drill.total
    captured = drill.new_array(random.choice((3, 9)))
    bound = Signature((INTS, Prim.I64), (Prim.I64,))
    index, code = drill.function("bound", bound)
    write(
        code,
        random.choice(
            (
                "local.get 0; local.get 1; i64.const 1; i64.and; array.get I64; local.get 1; i64.add; return",
                "local.get 0; i64.const 0; local.get 1; array.set I64; local.get 1; return",
                "local.get 0; array.size; local.get 1; i64.mul; return",
                "local.get 0; local.get 1; array.get I64; return",
            )
        ),
    )
    plain, code = drill.function("plain", UNARY)
    write(code, f"local.get 0; i64.const {random.choice((1, 3))}; i64.shl; return")
    makers = [f"local.get {captured}; closure.new {index}", f"func.ref {plain}", "func.ref twice"]
    makers += [f"func.ref {random.choice(tables.values)}"]
    drill.write(f"{random.choice(makers[:2])}; local.set {one}; {random.choice(makers)}; local.set {other}")
    exchange = f"local.get {one}; local.get {other}; local.set {one}; local.set {other};"
    seldom = f"""local.get {at}; i64.const 7; i64.and; i64.eqz; branch.unless @as; {random.choice(makers)};
        local.set {one}; @as:;"""
    change = random.choice(("", "", exchange, seldom))
    store = f"local.get {items}; local.get {at}; local.get {total}; array.set I64;"
    use = drill.take_up(f"local.get {items}; local.get {at}; array.get I64; local.get {one}; call.ref unary")
    body = f"{store if drill.chance(0.5) else ''} {use} {change}"
    drill.rounds(body, f"local.get {items}; array.size", unary=UNARY)
    drill.write(drill.take_up(f"local.get {captured}; i64.const 0; array.get I64"))


# Control


def switched(drill: Drill) -> None:
    """One of up to twelve ways, by a number that may be far off."""
    random, at, total = drill.random, drill.at, drill.total
    count = random.choice((1, 2, 3, 4, 5, 8, 12))
    index = random.choice(
        (
            f"local.get {at}; i64.const 1; i64.sub; i32.wrap_i64",
            f"local.get {at}; i64.const 3; i64.and; i32.wrap_i64",
            f"local.get {at}; i64.const 7; i64.mul; i64.const {count + 1}; i64.rem_s; i32.wrap_i64",
            f"local.get {total}; i32.wrap_i64",
            f"i32.const {random.choice((0, count - 1, count, -1, -(1 << 31)))}",
        )
    )
    labels = [f"way{number}" for number in range(count)]
    if drill.chance(0.4):
        labels = [random.choice(labels) for _ in labels]
    arms = ""
    for name in dict.fromkeys(labels):
        does = random.choice(
            (
                f"local.get {total}; i64.const {random.choice((3, 77, -1))}; i64.add; local.set {total}",
                f"local.get {at}; call twice; local.get {total}; i64.xor; local.set {total}",
                "",
            )
        )
        arms += f"@{name}:; {does}; {'jump @join;' if drill.chance(0.8) else ''}"
    drill.rounds(
        f"{index}; switch {','.join(f'@{name}' for name in (labels * 2)[: max(len(labels), 2)])}; {arms} @join:; "
        f"{drill.take_up(f'local.get {at}')}",
        drill.few(),
    )


def _table_of_anything(drill: Drill) -> int:
    """A local with an array of eight objects of any kind, or none."""
    random, tables = drill.random, drill.tables
    table = drill.new_array(8, ArrayKind.REF)
    box = f"i64.const 3; array.new I64; i64.const 3; ref.null; i64.const 2; object.new {BOX}"
    made = (
        f"i64.const 1; {_CELL}",
        f"i64.const 2; i32.const 3; ref.null; i64.const 4; object.new {tables.leaf}",
        box,
        f"{box}; i64.const 5; ref.null; i64.const 0; object.new {random.choice(tables.shapes)}",
        "i64.const 3; array.new I64",
        "i64.const 3; array.new U8",
        "string.const word",
        "func.ref twice",
        "i64.const 2; array.new I64; closure.new behind",
        "ref.null",
    )
    for number in range(8):
        drill.write(f"local.get {table}; i64.const {number}; {random.choice(made)}; array.set REF", word="abc")
    return table


def told_apart(drill: Drill) -> None:
    """Classes of what may be null are tested: of classes, interfaces, arrays, texts, function values."""
    random, at, tables, code = drill.random, drill.at, drill.tables, drill.code
    table, some, place = _table_of_anything(drill), drill.local(ANY_NULL), drill.local(Prim.I64)
    targets = (
        *map(class_ref, (CELL, tables.leaf, BOX, SHAPE, ASKED, random.choice(tables.shapes))),
        *map(array_ref, (ArrayKind.I64, ArrayKind.U8)),
        STRING,
        func_ref(tables.unary),
    )

    def body() -> None:
        drill.write(f"local.get {at}; i64.const 7; i64.and; local.set {place}")
        if drill.chance(0.3):
            drill.write(f"i64.const {random.randrange(8)}; local.set {place}")
        drill.write(f"local.get {table}; local.get {place}; array.get REF; local.set {some}")
        for _ in range(random.choice((1, 2, 4))):
            wanted = random.choice(targets).with_null(nullable=drill.chance(0.5))
            code.local_get(some)
            random.choice(_TESTS)(drill, wanted)

    drill.rounds(body, drill.few())


def _tested(drill: Drill, wanted: RefType) -> None:
    drill.code.ref_instance(wanted)
    drill.take_up_top(Prim.I32)


def _branched(drill: Drill, wanted: RefType) -> None:
    """One of two ways, by the class."""
    code, skip, end = drill.code, drill.code.label(), drill.code.label()
    code.branch_instance(skip, wanted)
    code.ref_drop()
    drill.write(drill.take_up("i64.const 5"))
    code.jump(end)
    code.bind(skip)
    code.ref_is_null()
    drill.take_up_top(Prim.I32)
    code.bind(end)


def _cast_if(drill: Drill, wanted: RefType) -> None:
    """A cast where a test has passed."""
    code, skip, end = drill.code, drill.code.label(), drill.code.label()
    code.ref_dup()
    code.ref_instance(wanted)
    code.branch_unless(skip)
    code.ref_cast(wanted)
    code.ref_is_null()
    drill.take_up_top(Prim.I32)
    code.jump(end)
    code.bind(skip)
    code.ref_drop()
    code.bind(end)


def _cast(drill: Drill, wanted: RefType) -> None:
    """A cast, seldom: it mostly fails."""
    if drill.chance(0.2):
        drill.code.ref_cast(wanted)
    drill.code.ref_drop()


def _identified(drill: Drill, wanted: RefType) -> None:
    """The number that an object keeps for life."""
    code, none = drill.code, drill.code.label()
    code.branch_null(none)
    code.ref_identity_hash()
    drill.take_up_top(Prim.I64)
    code.bind(none)


_TESTS: tuple[Callable[[Drill, RefType], None], ...] = (
    *[_tested] * 4,
    *[_branched] * 3,
    *[_cast_if] * 2,
    _cast,
    _identified,
)


def gone_on_with(drill: Drill) -> None:
    """What was just loaded, or given by a call, is tested and stays on the stack, while other operands wait."""
    random, at, code = drill.random, drill.at, drill.code
    cell, table = drill.local(class_ref(CELL)), drill.new_array(4, ArrayKind.REF)
    other = f"{CELL}.{CELL_OTHER[1]}"
    drill.write(f"i64.const 1; i32.const 2; i64.const 3; {_CELL}; object.new {CELL}; local.set {cell}")
    drill.write(f"local.get {table}; i64.const 1; local.get {cell}; array.set REF")
    sources = (
        f"local.get {cell}; field.get {other}",
        f"local.get {cell}; field.get {other}",
        f"local.get {at}; call perhaps",
        f"global.get {HELD}",
        f"local.get {table}; local.get {at}; i64.const 3; i64.and; array.get REF; ref.cast maybe",
        f"local.get {cell}; field.get {other}; ref.dup; ref.drop",
    )
    changes = (
        "",
        f"local.get {cell}; local.get {at}; call perhaps; field.set {other};",
        f"local.get {cell}; ref.null; field.set {other};",
        f"local.get {cell}; global.set {HELD};",
    )

    def body() -> None:
        for _ in range(random.choice((1, 2, 3))):
            waits = drill.chance(0.4)
            if waits:
                drill.write(f"local.get {at}")
            drill.write(random.choice(sources), maybe=MAYBE_CELL)
            end, none = code.label(), code.label()
            kind = random.random()
            if kind < 0.6:
                code.branch_null(none)
            elif kind < 0.8:
                some = code.label()
                code.branch_non_null(some)
                code.jump(none)
                code.bind(some)
            else:
                some = code.label()
                code.branch_instance(some, class_ref(random.choice((CELL, drill.tables.leaf))))
                code.ref_drop()
                code.jump(none)
                code.bind(some)
            drill.write(random.choice(("", f"local.get {at}; call twice; prim.drop")))
            drill.write(f"field.get {_COUNT}")
            drill.take_up_top(Prim.I64)
            code.jump(end)
            code.bind(none)
            drill.write(drill.take_up("i64.const 9"))
            code.bind(end)
            if waits:
                drill.take_up_top(Prim.I64)
            drill.write(random.choice(changes))

    drill.rounds(body, drill.few())


def crowded(drill: Drill) -> None:
    """Loops with many locals of all types, all of which are of use behind them, and change hands in them."""
    random, code, at = drill.random, drill.code, drill.at
    locals_: dict[ValueType, list[int]] = {}
    for kind in _PARAMS:
        for _ in range(random.choice((1, 4, 9))):
            local = drill.local(kind)
            locals_.setdefault(kind, []).append(local)
            _new(drill, code, kind)
            code.local_set(local)
    inner = drill.local(Prim.I64)

    def change() -> None:
        kind = random.choice(tuple(locals_))
        one, other, third = (random.choice(locals_[kind]) for _ in range(3))
        way = random.random()
        if way < 0.5 or not isinstance(kind, Prim):
            code.local_get(one)
            code.local_get(other)
            if isinstance(kind, Prim):
                code.prim_swap()
            elif drill.chance(0.5):
                code.ref_swap()
            else:
                drill.write(f"local.get {at}; i64.const 1; i64.and; i32.wrap_i64")
                code.ref_select(kind)
                code.local_get(third)
            code.local_set(one)
            code.local_set(other)
        else:
            code.local_get(one)
            code.local_get(other)
            code.emit(f"{kind}.{random.choice(('add', 'sub', 'mul'))}")
            code.local_set(third)

    def body() -> None:
        for _ in range(random.choice((2, 5))):
            change()
        drill.write(f"i64.const 0; local.set {inner}")
        head = code.label(backward=True)
        code.bind(head)
        change()
        drill.write(random.choice(("", f"local.get {inner}; call churn; prim.drop", "task.yield")))
        drill.write(f"local.get {inner}; i64.const 1; i64.add; local.tee {inner}; i64.const 4; i64.lt_s")
        code.branch_if(head)

    drill.rounds(body, f"i64.const {random.choice((5, 20))}")
    for kind, found in locals_.items():
        for local in found:
            _look_at(drill, code, kind, local)


def replaced_frames(drill: Drill) -> None:
    """Functions call each other in place of themselves."""
    random, at = drill.random, drill.at
    one, code = drill.function("tail", UNARY)
    other, second = drill.function("tail", UNARY)
    for each, called in ((code, other), (second, one)):
        goes_on = f"func.ref {called}; tail.ref unary" if drill.chance(0.3) else f"tail.call {called}"
        write(
            each,
            f"""local.get 0; i64.const 7; i64.and; i64.eqz; branch.if @end; local.get 0; i64.const 1; i64.sub;
            {goes_on}; @end:; local.get 0; i64.const {random.choice((1, 3))}; i64.add; return""",
            unary=UNARY,
        )
    drill.rounds(drill.take_up(f"local.get {at}; call {random.choice((one, other))}"), drill.few())


def taking_turns(drill: Drill) -> None:
    """Another task runs between rounds, which waits, is woken up, and changes what rounds read."""
    random, at = drill.random, drill.at
    index, code = drill.function("turn", THUNK)
    count = code.local(Prim.I64)
    wait = random.choice(("task.yield", "task.park", "task.lock; task.yield; task.unlock", ""))
    write(
        code,
        f"""i64.const 0; local.set {count}; @next:; global.get {SUM}; i64.const 3; i64.mul; local.get {count}; i64.add;
        global.set {SUM}; {wait}; local.get {count}; i64.const 1; i64.add; local.tee {count}; i64.const 9; i64.lt_s;
        branch.if @next; return""",
    )
    task = drill.local(TASK)
    drill.write(f"func.ref {index}; task.spawn; local.set {task}")
    wake = random.choice(("task.yield", f"local.get {task}; task.unpark", f"local.get {task}; task.unpark; task.yield"))
    locked = drill.chance(0.3)
    drill.rounds(
        f"""{"task.lock;" if locked else ""} {drill.take_up(f"global.get {SUM}")} {wake};
        {drill.take_up(f"local.get {at}; call twice")} {"task.unlock;" if locked else ""}""",
        drill.few(),
    )
    if drill.chance(0.7):
        drill.write(f"i64.const 0; local.set {at}")
        drill.rounds(f"local.get {task}; task.unpark; task.yield", "i64.const 12")
        drill.write(drill.take_up(f"local.get {task}; task.finished; i64.extend_i32_u"))


DRILLS: tuple[Callable[[Drill], None], ...] = (
    passed_on,
    passed_on,
    unwound,
    unwound,
    by_value,
    by_value,
    switched,
    told_apart,
    told_apart,
    gone_on_with,
    gone_on_with,
    crowded,
    replaced_frames,
    taking_turns,
)
