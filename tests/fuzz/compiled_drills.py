"""Short functions for compiled code, each about one thing that it takes for granted, and about where that ends.

What is drawn of everything meets such a thing too seldom: a fault that only one of them shows is found here.  Each
takes two numbers and gives one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.isa.types import STRING, ArrayKind, Prim, array_ref, class_ref
from tests.fuzz.compiled_drilling import MAX, MIN, Drill, runtime_function
from tests.fuzz.compiled_tables import (
    ASKED,
    BOX,
    BOX_COUNT,
    BOX_OTHER,
    CELL,
    CELL_COUNT,
    CELL_NARROW,
    CELL_OTHER,
    HELD,
    INTS,
    MAYBE_CELL,
    SHAPE,
    SHAPE_TALLY,
    SUM,
    UNARY,
)

_AS_NUMBER = {
    ArrayKind.I64: "",
    ArrayKind.U8: "i64.extend_i32_u",
    ArrayKind.I16: "i64.extend_i32_s",
    ArrayKind.I32: "i64.extend_i32_s",
    ArrayKind.F64: "i64.trunc_sat_f64_s",
    ArrayKind.F32: "i64.trunc_sat_f32_s",
}
"""What makes a number of an element."""
_AS_ELEMENT = {
    **dict.fromkeys(_AS_NUMBER, "i32.wrap_i64"),
    ArrayKind.I64: "",
    ArrayKind.F64: "f64.convert_i64_s",
    ArrayKind.F32: "f32.convert_i64_s",
}
_WORDS = ("a", "abcdefgh", "abcdefghijklmno", "aé€ and more of that", "0123456789012345678901234567890123456789")


# Rounds


def carried(drill: Drill) -> None:
    """Rounds store what others load: arrays are one or two, and shifted against each other."""
    random = drill.random
    kind, length = random.choice((ArrayKind.I64, *_AS_NUMBER)), random.choice((9, 33, 64, 100))
    by, factor = random.choice((0, 1, 1, 2, 3, 4, 7, 8, -1)), random.choice((3, 5, 251))
    source = drill.new_array(length, kind)
    to = source if drill.chance(0.4) else drill.local(array_ref(kind))
    if to != source:
        if drill.chance(0.6):
            drill.write(f"local.get {source}; local.set {to}")
        else:
            drill.write(f"i64.const {length}; array.new {kind.name}; local.set {to}")
    at, name = drill.at, kind.name
    load = f"local.get {source}; local.get {at}; array.get {name}; {_AS_NUMBER[kind]}"
    drill.rounds(
        f"local.get {source}; local.get {at}; local.get {at}; i64.const 7; i64.mul; {_AS_ELEMENT[kind]}; "
        f"array.set {name}",
        f"i64.const {length}",
    )
    drill.rounds(
        f"""local.get {to}; local.get {at}; i64.const {by}; i64.add; {load}; i64.const {factor}; i64.mul;
        local.get 0; i64.xor; {_AS_ELEMENT[kind]}; array.set {name}""",
        f"i64.const {length - max(by, 0) + random.choice((0, 0, 0, 0, 1, -1))}",
        f"i64.const {max(-by, 0)}",
    )
    drill.rounds(drill.take_up(load.replace(f"get {source}", f"get {to}", 1)), f"i64.const {length}")


def edges(drill: Drill) -> None:
    """An index begins, goes on, or ends at the ends of its array."""
    random = drill.random
    length = random.choice((5, 8, 17))
    items, index = drill.new_array(length), drill.local(Prim.I64)
    step, shift = random.choice((1, 1, 1, -1, -1, 2, -3)), random.choice((0, 0, 1, -1, 2, -length, length))
    start = (0 if step > 0 else length - 1) - shift
    if drill.chance(0.3):
        start = random.choice((-1, 0, 1, length - 1, length, length + 1, MAX, MIN))
    place = f"local.get {index}; i64.const {shift}; i64.add" if shift else f"local.get {index}"
    if drill.chance(0.2):
        place = f"i64.const {length - 1}; {place}; i64.sub"
    amount = f"i64.const {step}"
    if drill.chance(0.3):
        by = drill.local(Prim.I64)
        drill.write(f"i64.const {step}; local.set {by}")
        amount = f"local.get {by}"
    drill.write(f"i64.const {start}; local.set {index}")
    use = drill.take_up(f"local.get {items}; {place}; array.get I64")
    if drill.chance(0.5):
        use = f"local.get {items}; {place}; local.get {drill.total}; array.set I64"
    change = f"local.get {index}; {amount}; i64.add{random.choice(('', '_checked_s'))}; local.set {index}"
    body = f"{use}; {change}" if drill.chance(0.7) else f"{change}; {use}"
    if drill.chance(0.5):
        drill.rounds(body, f"i64.const {(length + abs(step) - 1) // abs(step) + random.choice((0, 0, -1, 1))}")
        return
    relation = random.choice(("lt_s", "le_s", "ne") if step > 0 else ("gt_s", "ge_s", "ne"))
    bound = (length if step > 0 else 0) - shift + random.choice((0, 0, 0, -1, 1))
    jump = "jump @test" if drill.chance(0.6) else ""
    sign = "" if relation == "ne" else relation
    drill.write(
        f"""{jump}; @next:; {body}; @test:; local.get {index}; i64.const {bound}; i64.{sign or "ne"};
        branch.if @next"""
    )


def wrapping(drill: Drill) -> None:
    """A variable goes around the ends of i64, and somebody looks at its sign."""
    random = drill.random
    number, step = drill.local(Prim.I64), random.choice((1, 1, 2, 7, 1 << 20))
    start = random.choice((MAX, MAX - 1, MAX - 3, MAX - 20, MAX - (3 << 20)))
    operation, back = ("add", "sub") if drill.chance(0.7) else ("sub", "add")
    if operation == "sub":
        start = MIN + (MAX - start)
    look = random.choice(
        (
            "i64.const 63; i64.shr_u",
            "i64.const 0; i64.lt_s; i64.extend_i32_u",
            "i64.const 8; i64.rem_s",
            "i64.const 16; i64.div_s",
            f"i64.const 5; i64.{back}",
        )
    )
    drill.write(f"i64.const {start}; local.set {number}")
    look = drill.take_up(f"local.get {number}; {look}")
    change = f"local.get {number}; i64.const {step}; i64.{operation}; local.set {number}"
    if drill.chance(0.4):
        # What is compared is what it was before it changed.
        change = f"""local.get {number}; {change}; i64.const {start}; i64.{random.choice(("le_s", "ge_s", "eq"))};
            branch.if @same; {look} @same:;"""
    drill.rounds(f"{look}; {change}" if drill.chance(0.7) else f"{change}; {look}", drill.few())


def teed(drill: Drill) -> None:
    """What only ``local.tee`` writes is read in the next round."""
    at = drill.at
    if drill.chance(0.6):
        number = drill.local(Prim.I64)
        drill.write(f"i64.const 5; local.set {number}")
        use = drill.take_up(f"local.get {number}")
        change = f"local.get {at}; i64.const 5; i64.mul; local.get 0; i64.xor; local.tee {number}; prim.drop"
    else:
        items, other = drill.new_array(8), drill.new_array(3)
        use = drill.take_up(f"local.get {items}; array.size")
        use += drill.take_up(f"local.get {items}; local.get {at}; i64.const 1; i64.and; array.get I64")
        change = f"local.get {other}; local.tee {items}; i64.const 0; local.get {at}; array.set I64"
    drill.rounds(f"{use}; {change}" if drill.chance(0.7) else f"{change}; {use}", drill.few())


def bytes_of_text(drill: Drill) -> None:
    """A text is gone through byte by byte."""
    random, at = drill.random, drill.at
    word, text = random.choice(_WORDS), drill.local(STRING)
    drill.code.string_const(word)
    drill.write(f"local.set {text}")
    place = random.choice((f"local.get {at}", f"local.get {at}; i64.const {random.choice((1, -1))}; i64.add"))
    bound = random.choice((f"local.get {text}; string.size", f"i64.const {len(word.encode())}", "i64.const 9"))
    drill.rounds(drill.take_up(f"local.get {text}; {place}; string.get; i64.extend_i32_u"), bound)


def settled(drill: Drill) -> None:
    """One element or field is read in all rounds, and perhaps changes by another name in some of them."""
    random, at = drill.random, drill.at
    items, box = drill.new_array(9), drill.local(class_ref(BOX))
    other = drill.local(array_ref(ArrayKind.I64))
    drill.write(f"{_box(9)}; local.set {box}")
    drill.write(f"local.get {items}; local.set {other}" if drill.chance(0.6) else f"{_NEW}; local.set {other}")
    drill.write(f"local.get {box}; local.get {items}; field.set {BOX}.{BOX_OTHER[1]}")
    refs = drill.new_array(2, ArrayKind.REF)
    drill.write(f"local.get {refs}; i64.const 0; local.get {box}; array.set REF")
    again = drill.local(class_ref(BOX))
    drill.write(f"local.get {refs}; i64.const 0; array.get REF; ref.cast box; local.set {again}", box=class_ref(BOX))
    place = random.choice((0, 2, 8, 8, 9))
    count, field = f"{BOX}.{BOX_COUNT[1]}", f"{BOX}.{BOX_OTHER[1]}"
    uses = (
        f"local.get {items}; i64.const {place}; array.get I64",
        f"local.get {box}; field.get {count}",
        f"local.get {box}; field.get {field}; ref.as_non_null; local.get {at}; i64.const 7; i64.and; array.get I64",
    )
    changes = (
        f"local.get {other}; local.get {at}; i64.const 7; i64.and; local.get {at}; array.set I64",
        f"local.get {other}; i64.const {place}; local.get {drill.total}; array.set I64",
        f"local.get {again}; local.get {at}; field.set {count}",
        f"local.get {again}; {_NEW}; field.set {field}",
        f"local.get {at}; call twice; prim.drop",
    )
    number = random.choice((0, 0, 1, 2))
    body = [drill.take_up(uses[number]), drill.take_up(random.choice(uses))]
    change = random.choice(changes)
    if drill.chance(0.7):
        change = changes[number + 1 if number else random.randrange(2)]
    if drill.chance(0.4):
        change = f"local.get {at}; i64.const 3; i64.and; i64.eqz; branch.if @as; {change}; @as:;"
    body.insert(random.randrange(3), change)
    drill.rounds("; ".join(body), drill.few())


_NEW = "i64.const 9; array.new I64"


def rows(drill: Drill) -> None:
    """Loops in loops go through arrays in an array: they are cast, some are missing, and some are something else."""
    random, at = drill.random, drill.at
    count, length = random.choice((1, 3, 5)), random.choice((1, 4, 9))
    table, inner, row = drill.new_array(count, ArrayKind.REF), drill.local(Prim.I64), random.randrange(count)
    for number in range(count):
        kind = "U8" if drill.chance(0.06) else "I64"
        if not drill.chance(0.04):
            drill.write(f"local.get {table}; i64.const {number}; i64.const {length}; array.new {kind}; array.set REF")
    number = f"i64.const {row}" if drill.chance(0.4) else f"local.get {at}"
    element = f"local.get {table}; {number}; array.get REF; ref.cast row; local.get {inner}"
    element_of_row = f"local.get {table}; i64.const {row}; array.get REF; ref.cast row; local.get {at}"
    store = f"{element}; local.get {drill.total}; local.get {inner}; i64.add; array.set I64"
    use = drill.take_up(f"{element}; array.get I64")
    swap = f"""local.get {table}; i64.const {row}; local.get {table}; i64.const 0; array.get REF; array.set REF;
        local.get {table}; i64.const 0; {_NEW}; array.set REF"""
    body = random.choice((use, f"{store}; {use}", f"{use} {store}", f"{use} {swap}"))
    outside = random.choice(("", "", drill.take_up(f"local.get {at}; call twice"), swap))
    skip = ""
    if drill.chance(0.5):
        skip = f"local.get {at}; i64.const {random.choice((1, 2))}; i64.and; i64.eqz; branch.if @skipped"
    drill.rounds(
        f"""{skip}; i64.const 0; local.set {inner}; jump @inner; @again:; {body};
        local.get {inner}; i64.const 1; i64.add; local.set {inner};
        @inner:; local.get {inner}; i64.const {length + random.choice((0, 0, 0, 1))}; i64.lt_s; branch.if @again;
        {"@skipped:" if skip else ""}; {outside}""",
        f"i64.const {count}",
        row=INTS,
    )
    if drill.chance(0.6):
        drill.rounds(drill.take_up(f"{element_of_row}; array.get I64"), f"i64.const {length}", row=INTS)


def far_off(drill: Drill) -> None:
    """An index is good for a large array of references at the end of all memory, not for what should be in it."""
    random = drill.random
    count = 9_000
    table, items = drill.new_array(count, ArrayKind.REF), drill.new_array(9)
    make = random.choice((_NEW, f"i64.const {count}; array.new U8", _box(3), "ref.null", "i64.const 2; array.new REF"))
    drill.write(f"local.get {table}; i64.const 0; {make}; array.set REF")
    use = f"""local.get {items}; local.get {table}; i64.const 0; array.get REF; ref.cast ints;
        i64.const {random.choice((count - 1, count - 1, 8, 0))}; array.get I64; array.get I64"""
    drill.rounds(drill.take_up(use), drill.few(), ints=INTS)


def side_by_side(drill: Drill) -> None:
    """A variable beside the one that is compared goes through an array, and is at its end sooner or later."""
    random = drill.random
    length, step = random.choice((5, 9, 30)), random.choice((1, 1, -1))
    items, index = drill.new_array(length), drill.local(Prim.I64)
    start, end = (0, length) if step > 0 else (length - 1, -1)
    start += random.choice((0, 0, 2)) * step
    place = f"local.get {index}"
    if drill.chance(0.3):
        place, start = f"i64.const {length - 1}; local.get {index}; i64.sub", length - 1 - start
        step, end = -step, length - 1 - end
    drill.write(f"i64.const {start}; local.set {index}")
    use = drill.take_up(f"local.get {items}; {place}; array.get I64")
    if drill.chance(0.5):
        use += f"local.get {items}; {place}; local.get {drill.total}; array.set I64"
    rounds = abs(end - start) + random.choice((0, 0, 0, -1, 1, 2, 9))
    drill.rounds(f"{use}; local.get {index}; i64.const {step}; i64.add; local.set {index}", f"i64.const {rounds}")


def mixed(drill: Drill) -> None:
    """Arrays and objects of several kinds in an array: each is cast, read and perhaps replaced in all rounds."""
    random, at = drill.random, drill.at
    table, length = drill.new_array(4, ArrayKind.REF), random.choice((1, 3, 30))
    kinds = [random.choice(tuple(_MIXED)) for _ in range(4)]
    for number, kind in enumerate(kinds):
        if drill.chance(0.95):
            drill.write(f"local.get {table}; i64.const {number}; {_MIXED[kind][0].format(length)}; array.set REF")
    body = []
    for _ in range(random.choice((1, 2, 2, 3))):
        number = random.randrange(4)
        kind = kinds[number] if drill.chance(0.94) else random.choice(kinds)
        index = random.choice((f"local.get {at}", "i64.const 0", f"i64.const {length - 1}", "local.get 0"))
        use = _MIXED[kind][1].format(index)
        body.append(drill.take_up(f"local.get {table}; i64.const {number}; array.get REF; {use}"))
    if drill.chance(0.4):
        number = random.randrange(4)
        change = (
            f"local.get {table}; i64.const {number}; {_MIXED[random.choice(kinds)][0].format(length)}; array.set REF"
        )
        body.append(f"local.get {at}; i64.const 3; i64.and; i64.const 2; i64.eq; branch.unless @as; {change}; @as:;")
    types: dict[str, Any] = {
        "ints": INTS,
        "bytes": array_ref(ArrayKind.U8),
        "refs": array_ref(ArrayKind.REF),
        "box": class_ref(BOX),
    }
    drill.rounds("; ".join(body), f"i64.const {length}", **types)


_MIXED = {
    "ints": ("i64.const {}; array.new I64", "ref.cast ints; {}; array.get I64"),
    "bytes": ("i64.const {}; array.new U8", "ref.cast bytes; {}; array.get U8; i64.extend_i32_u"),
    "refs": ("i64.const {}; array.new REF", "ref.cast refs; {}; array.get REF; ref.is_null; i64.extend_i32_u"),
    "rows": (
        "i64.const 1; array.new REF; ref.dup; i64.const 0; i64.const {}; array.new I64; array.set REF",
        "ref.cast refs; i64.const 0; array.get REF; ref.cast ints; {}; array.get I64",
    ),
    "box": (
        "i64.const {}; array.new I64; i64.const 5; ref.null; i64.const 9; object.new 1",
        "ref.cast box; ref.dup; field.get 1.3; field.get 1.0; {}; array.get I64; i64.xor",
    ),
}
"""What makes an object, and what makes a number of it, by an index."""


# Calls


def relayed(drill: Drill) -> None:
    """What a call gives goes to a local at once, and is read in the next round."""
    random, at = drill.random, drill.at
    number, items = drill.local(Prim.I64), drill.new_array(4)
    drill.write(f"local.get 0; local.set {number}")
    drill.maybe_task()
    argument = f"local.get {at}; local.get {number}; i64.xor"
    match random.randrange(5):
        case 0:
            call = f"local.get {items}; local.get {at}; call grown; local.set {items}"
        case 1:
            value = random.choice(drill.tables.values)
            call = f"{argument}; func.ref {value}; call.ref unary; local.set {number}"
        case 2:
            runtime = [runtime_function(drill, name) for name in ("string.from_i64", "string.hash")]
            call = f"{argument}; call.runtime {runtime[0]}; i64.const 5; call.runtime {runtime[1]}; local.set {number}"
        case _:
            call = (
                f"{argument}; call {random.choice(('roomy', 'roomy', 'roomy', 'deep', 'thrower'))}; local.set {number}"
            )
    use = drill.take_up(f"local.get {number}; local.get {items}; array.size; i64.add")
    keep = f"local.get {drill.total}; global.set {SUM}" if drill.chance(0.4) else ""
    drill.rounds(f"{use}; {call}; {keep}", drill.few(), unary=UNARY)


def parade(drill: Drill) -> None:
    """Objects of all classes are asked one after the other: their methods alternate."""
    random, tables, at = drill.random, drill.tables, drill.at
    objects = random.sample(tables.shapes, len(tables.shapes))
    shapes, shape = drill.new_array(len(objects), ArrayKind.REF), drill.local(class_ref(SHAPE))
    for number, owner in enumerate(objects):
        drill.write(
            f"""local.get {shapes}; i64.const {number};
            {_box(8)};
            i64.const {number + 5}; ref.null; i64.const 0; object.new {owner}; array.set REF"""
        )
    call = random.choice((f"call.virtual {SHAPE}.0", f"call.virtual {SHAPE}.1", f"call.interface {ASKED}.0"))
    look = f"local.get {shape}; field.get {SHAPE_TALLY[0]}.{SHAPE_TALLY[1]}"
    drill.rounds(
        f"""local.get {shapes}; local.get {at}; i64.const {len(objects)}; i64.rem_s; array.get REF; ref.cast shape;
        local.set {shape}; {drill.take_up(look)} {drill.take_up(f"local.get {shape}; local.get {at}; {call}")}
        {drill.take_up(look)}""",
        f"i64.const {3 * len(objects)}",
        shape=class_ref(SHAPE),
    )


# Objects


def by_two_names(drill: Drill) -> None:
    """An object, or two, changes by one of two names, and one of two classes, and is looked at by the other."""
    random, tables, at = drill.random, drill.tables, drill.at
    owner = random.choice(tables.shapes)
    shapes, one, other = drill.new_array(2, ArrayKind.REF), drill.local(class_ref(SHAPE)), drill.local(class_ref(owner))
    for number in range(2):
        drill.write(f"local.get {shapes}; i64.const {number}")
        if number and drill.chance(0.6):
            drill.write(f"local.get {shapes}; i64.const 0; array.get REF; array.set REF")
        else:
            drill.write(f"{_box(8)}; i64.const 5; ref.null; i64.const 0; object.new {owner}; array.set REF")
    names = [
        f"local.get {shapes}; local.get {at}; i64.const {number}; i64.add; i64.const 1; i64.and; array.get REF"
        for number in range(2)
    ]
    look = drill.take_up(f"local.get {one}; field.get {SHAPE}.{SHAPE_TALLY[1]}")
    tally = f"{owner}.{SHAPE_TALLY[1]}"
    drill.rounds(
        f"""{names[0]}; ref.cast shape; local.set {one}; {names[1]}; ref.cast owner; local.set {other}; {look}
        local.get {other}; local.get {other}; field.get {tally}; local.get {at}; i64.add; field.set {tally}; {look}""",
        drill.few(),
        shape=class_ref(SHAPE),
        owner=class_ref(owner),
    )


def _box(size: int) -> str:
    """The text of what pushes a new box."""
    return f"i64.const {size}; array.new I64; i64.const {size}; ref.null; i64.const 1; object.new {BOX}"


def recounted(drill: Drill) -> None:
    """Fields that change are read again in each round."""
    random, at = drill.random, drill.at
    box, items = drill.local(class_ref(BOX)), drill.new_array(9)
    drill.write(
        f"local.get {items}; i64.const 9; ref.null; i64.const 1; object.new {BOX}; local.set {box}",
    )
    if drill.chance(0.7):
        refs = drill.new_array(1, ArrayKind.REF)
        drill.write(f"local.get {refs}; i64.const 0; local.get {box}; array.set REF")
    count, other = f"{BOX}.{BOX_COUNT[1]}", f"{BOX}.{BOX_OTHER[1]}"
    change = f"""local.get {box}; local.get {box}; field.get {count}; i64.const 3; i64.mul; local.get {at}; i64.add;
        field.set {count}"""
    use = drill.take_up(f"local.get {box}; field.get {count}")
    if drill.chance(0.5):
        change += f"; local.get {box}; local.get {at}; i64.const 3; i64.and; array.new I64; field.set {other}"
        use += f"""local.get {box}; field.get {other}; ref.is_null; branch.if @none;
            {drill.take_up(f"local.get {box}; field.get {other}; ref.as_non_null; array.size")} @none:;"""
    drill.rounds(f"{use}; {change}" if drill.chance(0.5) else f"{change}; {use}", drill.few())
    if drill.chance(0.3):
        drill.write(drill.take_up(f"local.get {box}; field.get {count}; i64.const {random.choice((1, 2))}; i64.shl"))


def of_any_width(drill: Drill) -> None:
    """Objects with fields of each width, which nobody keeps, or only sometimes."""
    random, tables, at = drill.random, drill.tables, drill.at
    wide, items, refs = drill.local(class_ref(tables.wide)), drill.new_array(3), drill.new_array(2, ArrayKind.REF)
    drill.write(f"i64.const 3; array.new REF; local.set {refs}")
    number = f"local.get {at}; i64.const {random.choice((37, 4_099, 1 << 31, -70_001))}; i64.mul"
    parts = [f"{number}; {make}" for make in _PARTS_OF_WIDE]
    make = f"{'; '.join(parts)}; local.get {items}; object.new {tables.wide}; local.set {wide}"
    fields = random.sample(range(len(_PARTS_OF_WIDE)), 4)
    body = f"{make}; "
    for field in fields:
        if field != _FIXED:
            body += f"local.get {wide}; {number}; i64.const {field + 1}; i64.add; {_PARTS_OF_WIDE[field]}; "
            body += f"field.set {tables.wide}.{field}; "
        if drill.chance(0.3):
            body += f"{random.choice((f'local.get {at}; call twice; prim.drop', 'task.yield'))}; "
        body += drill.take_up(f"local.get {wide}; field.get {tables.wide}.{field}; {_NUMBERS_OF_WIDE[field]}")
    body += drill.take_up(f"local.get {wide}; field.get {tables.wide}.{len(_PARTS_OF_WIDE)}; array.size")
    if drill.chance(0.4):
        body += f"local.get {refs}; local.get {at}; i64.const 3; i64.rem_s; local.get {wide}; array.set REF"
    drill.rounds(body, drill.few())


_PARTS_OF_WIDE = (
    "i32.wrap_i64",
    "i32.wrap_i64",
    "i32.wrap_i64",
    "i32.wrap_i64",
    "f32.convert_i64_s",
    "f64.convert_i64_s",
    "i64.const 1; i64.xor",
)
"""What makes the value of each field of a number; behind them is an array."""
_FIXED = 6
_NUMBERS_OF_WIDE = (
    *["i64.extend_i32_s"] * 4,
    "i64.trunc_sat_f32_s",
    "i64.trunc_sat_f64_s",
    "i64.const 3; i64.mul",
)


def one_of_several(drill: Drill) -> None:
    """A local has an object of one of two classes, or of a round before, or nothing, and its class is looked at."""
    random, tables, at = drill.random, drill.tables, drill.at
    cell, maybe = drill.local(class_ref(CELL)), drill.local(MAYBE_CELL)
    count, narrow = f"{CELL}.{CELL_COUNT[1]}", f"{CELL}.{CELL_NARROW[1]}"
    plain = f"local.get {at}; i32.const 7; ref.null; object.new {CELL}"
    leaf = f"local.get {at}; i32.const 300; ref.null; local.get {at}; i64.const 3; i64.mul; object.new {tables.leaf}"
    first, second = random.choice(((plain, leaf), (leaf, plain), (leaf, leaf), (plain, plain)))
    maker = "ref.null" if drill.chance(0.5) else first
    drill.write(f"i64.const 0; local.set {at}; {maker}; local.set {maybe}")
    body = f"""{first}; local.set {cell}; local.get {at}; i64.const {random.choice((1, 3))}; i64.and; i64.eqz;
        branch.if @kept; {second}; local.set {cell}; @kept:;"""
    if drill.chance(0.5):
        body += f"""local.get {cell}; ref.instance leaf; branch.unless @other;
            {drill.take_up(f"local.get {cell}; ref.cast leaf; field.get {tables.leaf}.3")} @other:;"""
    if drill.chance(0.6):
        body += f"""local.get {maybe}; ref.is_null; branch.if @none;
            {drill.take_up(f"local.get {maybe}; ref.as_non_null; field.get {count}")} @none:;"""
        body += f"local.get {cell}; local.set {maybe};" if drill.chance(0.7) else f"ref.null; local.set {maybe};"
    if drill.chance(0.3):
        body += f"local.get {cell}; local.get {at}; call touch; prim.drop;"
    if drill.chance(0.2):
        body += f"local.get {cell}; global.set {HELD};"
    if drill.chance(0.3):
        body += drill.take_up(f"local.get {cell}; local.get {maybe}; ref.eq; i64.extend_i32_u")
    body += drill.take_up(f"local.get {cell}; field.get {count}")
    body += drill.take_up(f"local.get {cell}; field.get {narrow}; i64.extend_i32_u")
    drill.rounds(body, drill.few(), leaf=class_ref(tables.leaf))


def held_by_another(drill: Drill) -> None:
    """An object that only another one refers to is still of use when one like it is made."""
    random, at = drill.random, drill.at
    holder, other, maybe = drill.local(class_ref(CELL)), drill.local(class_ref(CELL)), drill.local(MAYBE_CELL)
    count, field = f"{CELL}.{CELL_COUNT[1]}", f"{CELL}.{CELL_OTHER[1]}"

    def make(factor: int, refers_to: str) -> str:
        return f"local.get {at}; i64.const {factor}; i64.mul; i32.const {factor}; {refers_to}; object.new {CELL}"

    look = drill.take_up(f"local.get {holder}; field.get {field}; ref.as_non_null; field.get {count}")
    again = f"local.get {holder}; {make(11, 'ref.null')}; field.set {field};" if drill.chance(0.3) else ""
    leave = "task.yield;" if drill.chance(0.2) else ""
    drill.rounds(
        f"""{make(3, make(5, "ref.null"))}; local.set {holder}; {make(7, "ref.null")}; local.set {other};
        local.get {holder}; field.get {field}; local.set {maybe};
        local.get {at}; i64.const {random.choice((1, 3))}; i64.and; i64.eqz; branch.if @kept;
        local.get {other}; local.set {maybe}; @kept:; {leave}
        {drill.take_up(f"local.get {maybe}; ref.as_non_null; field.get {count}")} {look} {again}
        {drill.take_up(f"local.get {maybe}; ref.as_non_null; field.get {count}")}
        {look if again else ""}""",
        drill.few(),
    )


def tested_where_it_is(drill: Drill) -> None:
    """A field is tested for null, and what it refers to is used where it is none, without a local for it."""
    random, at = drill.random, drill.at
    holder, other, number = drill.local(class_ref(CELL)), drill.local(class_ref(CELL)), drill.local(Prim.I64)
    count, field = f"{CELL}.{CELL_COUNT[1]}", f"{CELL}.{CELL_OTHER[1]}"
    made = f"local.get {at}; i64.const 9; i64.mul; i32.const 3; ref.null; object.new {CELL}"
    before = random.choice(("", "string.const word; string.size; prim.drop;", f"{made}; field.get {count}; prim.drop;"))
    use = random.choice(
        (
            f"field.get {count}; local.set {number}",
            f"local.set {other}; local.get {other}; field.get {count}; local.set {number}",
            f"""ref.dup; field.get {field}; branch.null @end; ref.drop; field.get {count}; local.set {number};
            jump @none; @end:; field.get {count}; i64.const 2; i64.mul; local.set {number}""",
            f"ref.dup; field.get {count}; local.set {number}; local.get {number}; field.set {count}",
        )
    )
    drill.rounds(
        f"""local.get {at}; i32.const 1; {made}; object.new {CELL}; local.set {holder};
        local.get {at}; i64.const {random.choice((1, 3))}; i64.and; i64.eqz; branch.unless @keeps;
        local.get {holder}; ref.null; field.set {field}; @keeps:; i64.const 5; local.set {number}; {before}
        local.get {holder}; field.get {field}; branch.null @none; {use}; @none:;
        {drill.take_up(f"local.get {number}")}""",
        drill.few(),
        word="abcd",
    )


def held_by_the_caller(drill: Drill) -> None:
    """An object that only the caller will look at is still of use where a function makes one like it."""
    at, cell, count = drill.at, drill.local(class_ref(CELL)), f"{CELL}.{CELL_COUNT[1]}"
    waits = drill.chance(0.5)
    drill.rounds(
        f"""local.get {at}; i64.const 5; i64.mul; i32.const 4; ref.null; object.new {CELL}; local.set {cell};
        {f"local.get {cell};" if waits else ""}
        {drill.take_up(f"local.get {cell}; local.get {at}; i64.const 9; i64.xor; call renewed")}
        {drill.take_up(f"{'' if waits else f'local.get {cell};'} field.get {count}")}""",
        drill.few(),
    )


def waiting(drill: Drill) -> None:
    """Numbers and references wait while control divides and joins, and functions are called."""
    random, at = drill.random, drill.at
    one, other = drill.new_array(3), drill.new_array(7)
    cell = drill.local(class_ref(CELL))
    drill.write(f"local.get 0; i32.const 9; ref.null; object.new {CELL}; local.set {cell}")
    calls = ("call twice", "call deep", "i64.const 3; i64.add", "call churn")
    arms = [random.choice(calls) for _ in range(3)]
    between = random.choice(("", f"local.get {other}; local.get {at}; call behind; prim.drop;"))
    again = f"local.get {at}; i32.const 1; ref.null; object.new {CELL}; local.set {cell};" if drill.chance(0.5) else ""
    drill.rounds(
        f"""local.get {drill.total}; local.get {at}; local.get {one}; local.get {cell};
        local.get {at}; i64.const {random.choice((1, 2, 3))}; i64.and; i32.wrap_i64; switch @a,@b,@c;
        @a:; {arms[0]}; jump @join; @b:; {arms[1]}; {again} jump @join; @c:; {arms[2]};
        @join:; {between} field.get {CELL}.{CELL_COUNT[1]}; i64.xor; array.size; i64.xor; i64.sub;
        local.set {drill.total};
        local.get {one}; local.get {other}; local.set {one}; local.set {other};""",
        drill.few(),
    )
    if drill.chance(0.5):
        drill.write(drill.take_up(f"local.get {one}; array.size"))


DRILLS: tuple[Callable[[Drill], None], ...] = (
    carried,
    carried,
    edges,
    edges,
    wrapping,
    teed,
    bytes_of_text,
    settled,
    settled,
    rows,
    rows,
    mixed,
    mixed,
    far_off,
    side_by_side,
    relayed,
    relayed,
    relayed,
    parade,
    by_two_names,
    recounted,
    of_any_width,
    one_of_several,
    one_of_several,
    held_by_another,
    held_by_the_caller,
    tested_where_it_is,
    waiting,
)
