"""Short functions about functions of the runtime image: all of them, and tables of numbers.

Of those, compiled code looks at the first slot in place.
"""

from __future__ import annotations

from collections.abc import Callable

from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.types import STRING, ArrayKind, Prim, ValueType, array_ref
from tests.fuzz import edges
from tests.fuzz.compiled_drilling import MAX, MIN, Drill, runtime_function

_SIZES = (1, 2, 8, 16, 16, 32, 64, 0, 12)
"""Slots: mostly a power of two, as they have to be."""
_GOOD_SIZES = 7
_KEYS = (0, 1, -1, 16, 1 << 32, MAX, MIN)


def _key(drill: Drill, step: int, base: int) -> str:
    """The text of what pushes the number of a round."""
    return f"local.get {drill.at}; i64.const {step}; i64.mul; i64.const {base}; i64.add"


def looked_up(drill: Drill) -> None:
    """Numbers are put into a table, taken out, and looked for: those that are there and others, which collide."""
    random, at = drill.random, drill.at
    size = random.choice(_SIZES[: _GOOD_SIZES if drill.chance(0.9) else None])
    count = max(1, random.choice((size // 2, size // 2, size - 1, size)))
    slots, keys = drill.new_array(size, ArrayKind.I32), drill.new_array(count)
    hashes = keys if drill.chance(0.8) else drill.new_array(random.choice((0, count)))
    names = ("fill_numbers", "replace_number", "find_number")
    fill, replace, find = (f"call.runtime {runtime_function(drill, f'table.{name}')}" for name in names)
    step, base = random.choice((1, 1, 3, max(size, 1), 1 << 32, (1 << 32) + 1, -7)), random.choice((*_KEYS, 0, 100))
    drill.rounds(f"local.get {keys}; local.get {at}; {_key(drill, step, base)}; array.set I64", f"i64.const {count}")
    filled = random.choice((count, count, count // 2))
    drill.write(f"local.get {slots}; local.get {hashes}; local.get {keys}; i64.const 0; i64.const {filled}; {fill}")
    drill.take_up_top(Prim.I64)
    asked = random.choice((_key(drill, step, base), _key(drill, step, base ^ 1), f"local.get {at}", "local.get 0"))
    uses = [drill.take_up(f"local.get {slots}; local.get {hashes}; local.get {keys}; {asked}; {find}")]
    if drill.chance(0.6):
        # Taken out, put in again, or put where something else is.
        old, new = random.choice(((1, -1), (-1, 1), (0, 2), (0, count), (0, count + 1), (2, 1), (1, 0)))
        old_index = (
            f"local.get {at}; i32.wrap_i64; i32.const {old}; i32.add" if drill.chance(0.6) else f"i32.const {old}"
        )
        change = f"local.get {slots}; i64.const 0; {_key(drill, step, base)}; {old_index}; i32.const {new}; {replace}"
        uses.insert(random.randrange(2), f"{change};")
    if drill.chance(0.2):
        value = random.choice((-1, 0, 1, count, count + 1, -(1 << 31), (1 << 31) - 1))
        uses.append(
            f"local.get {slots}; local.get {at}; i64.const {max(size, 1)}; i64.rem_s; i32.const {value}; array.set I32;"
        )
    drill.rounds("".join(uses), f"i64.const {random.choice((count, count + 3, 2))}")
    drill.rounds(
        drill.take_up(f"local.get {slots}; local.get {at}; array.get I32; i64.extend_i32_s"),
        f"local.get {slots}; array.size",
    )


def kept_apart(drill: Drill) -> None:
    """A map as programs have it: numbers are counted in rounds, the table is known, and grows by what is new."""
    random, at = drill.random, drill.at
    size = random.choice((16, 32, 64))
    slots, keys = drill.new_array(size, ArrayKind.I32), drill.new_array(size)
    values, used, found = drill.new_array(size), drill.local(Prim.I64), drill.local(Prim.I64)
    key = drill.local(Prim.I64)
    replace, find = (
        f"call.runtime {runtime_function(drill, f'table.{name}')}" for name in ("replace_number", "find_number")
    )
    spread = random.choice((1, 3, size, 1 << 32))
    drill.write(f"i64.const 0; local.set {used}")
    drill.rounds(
        f"""local.get {at}; local.get 0; i64.xor; i64.const {random.choice((3, 7, 13))}; i64.rem_s;
        i64.const {spread}; i64.mul; local.set {key};
        local.get {slots}; local.get {keys}; local.get {keys}; local.get {key}; {find}; local.tee {found};
        i64.const 0; i64.ge_s; branch.if @known; local.get {used}; local.set {found};
        local.get {keys}; local.get {used}; local.get {key}; array.set I64;
        local.get {used}; i64.const 1; i64.add; local.set {used};
        local.get {slots}; i64.const 0; local.get {key}; i32.const 0; local.get {used}; i32.wrap_i64; {replace};
        @known:; local.get {values}; local.get {found}; local.get {values}; local.get {found}; array.get I64;
        local.get {at}; i64.add; array.set I64""",
        f"i64.const {random.choice((9, 60))}",
    )
    drill.rounds(
        drill.take_up(
            f"local.get {values}; local.get {at}; array.get I64; local.get {keys}; local.get {at}; "
            "array.get I64; i64.xor"
        ),
        f"local.get {used}",
    )


_BY_TIME = ("weak.", "trace.")
"""Functions whose results depend on when there is a collection, or on what was thrown."""
_NAMES = tuple(sorted(name for name in RUNTIME_BY_NAME if not name.startswith(_BY_TIME)))
_KINDS = (ArrayKind.U8, ArrayKind.I32, ArrayKind.I64, ArrayKind.REF)


def of_the_image(drill: Drill) -> None:
    """Functions of the image are called one after the other, and what one gives another one takes."""
    random, at, code = drill.random, drill.at, drill.code
    locals_: dict[ValueType, int] = {array_ref(kind): drill.new_array(8, kind) for kind in _KINDS}
    locals_[STRING] = drill.local(STRING)
    code.string_const(random.choice(("", "12", "abcdefgh", "-1.5e3 and more of that", "aé€")))
    code.local_set(locals_[STRING])
    drill.rounds(
        f"""local.get {locals_[array_ref(ArrayKind.REF)]}; local.get {at}; local.get {locals_[STRING]}; array.set REF;
        local.get {locals_[array_ref(ArrayKind.U8)]}; local.get {at}; local.get {at}; i32.wrap_i64; i32.const 97;
        i32.add; array.set U8""",
        "i64.const 8",
    )
    for prim in Prim:
        locals_[prim] = drill.local(prim)
        code.emit(f"{prim}.const", edges.constant(random, prim))
        code.local_set(locals_[prim])
    names = random.sample(_NAMES, 2)

    def push(kind: ValueType) -> None:
        if kind is Prim.I64 and drill.chance(0.7):
            drill.write(random.choice((f"local.get {at}", "i64.const 0", "i64.const 3", "i64.const 8")))
        elif kind is Prim.I32 and drill.chance(0.5):
            drill.write(random.choice((f"local.get {at}; i32.wrap_i64", "i32.const 97", "i32.const 0")))
        elif kind == STRING and drill.chance(0.3):
            code.string_const(random.choice(("", "a", "12", "abc", "1e9", "abcdefghijklmnop")))
        else:
            code.local_get(locals_[kind])

    def body() -> None:
        for name in names:
            signature = RUNTIME_BY_NAME[name].signature
            for kind in signature.params:
                push(kind)
            drill.write(f"call.runtime {runtime_function(drill, name)}")
            for kind in signature.results:
                code.local_set(locals_[kind])
            drill.write(drill.take_up(f"local.get {locals_[array_ref(ArrayKind.U8)]}; array.size"))
            drill.write(drill.take_up(f"local.get {locals_[STRING]}; string.size"))
            code.local_get(locals_[Prim.I64])
            drill.take_up_top(Prim.I64)

    drill.rounds(body, f"i64.const {random.choice((3, 9))}")
    for prim in Prim:
        code.local_get(locals_[prim])
        drill.take_up_top(prim)
    seed = runtime_function(drill, "string.hash")
    drill.write(drill.take_up(f"local.get {locals_[STRING]}; i64.const 7; call.runtime {seed}"))


DRILLS: tuple[Callable[[Drill], None], ...] = (looked_up, looked_up, kept_apart, of_the_image, of_the_image)
