"""Short functions about numbers: all operators of all types, at their edges, in rounds that may become vectors.

Most of what is computed goes on; a few operators trap, and then in a round that is not the first one, mostly.
"""

from __future__ import annotations

from collections.abc import Callable

from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Prim, Signature
from tests.fuzz import edges
from tests.fuzz.compiled_drilling import MAX, MIN, Drill
from tests.fuzz.expressions import OPERATORS, SAFE_OPERATORS

_TO_I64 = {
    Prim.I64: "",
    Prim.I32: "i64.extend_i32_s",
    Prim.F64: "i64.trunc_sat_f64_s",
    Prim.F32: "i64.trunc_sat_f32_s",
}
_FROM_I64 = {Prim.I64: "", Prim.I32: "i32.wrap_i64", Prim.F64: "f64.convert_i64_s", Prim.F32: "f32.convert_i64_s"}
_KINDS = tuple(each for each in ArrayKind if each is not ArrayKind.REF)
_NARROW = (ArrayKind.I8, ArrayKind.U8, ArrayKind.I16, ArrayKind.U16)
_TRAPPING = {
    prim: [each for each in OPERATORS[prim] if each[0].traps and all(isinstance(pop, Prim) for pop in each[1])]
    for prim in (Prim.I32, Prim.I64)
}
_LENGTHS = (1, 7, 16, 31, 64, 130)


def _element(kind: ArrayKind) -> Prim:
    """What an element is on the stack."""
    prim = ARRAY_STORAGE[kind].prim
    assert prim is not None
    return prim


class _Terms:
    """Draws what is computed of a few locals of each type, which begin at edges."""

    def __init__(self, drill: Drill, *, traps: float = 0.05) -> None:
        self.drill, self.code, self.random = drill, drill.code, drill.random
        self.traps = traps
        self.locals = {prim: [drill.local(prim) for _ in range(2)] for prim in Prim}
        for prim, locals_ in self.locals.items():
            for local in locals_:
                self.constant(prim)
                self.code.local_set(local)
        self.sources: list[tuple[Prim, Callable[[], None]]] = []
        """What else pushes a number of a type."""

    def constant(self, prim: Prim) -> None:
        self.code.emit(f"{prim}.const", edges.constant(self.random, prim))

    def leaf(self, prim: Prim) -> None:
        """Push a constant, a local, the variable of the loop, or something else."""
        drill, kind = self.drill, self.random.random()
        found = [push for each, push in self.sources if each is prim]
        if found and kind < 0.4:
            self.random.choice(found)()
        elif kind < 0.55:
            drill.write(f"local.get {drill.at}; {_FROM_I64[prim]}")
        elif kind < 0.85:
            self.code.local_get(self.random.choice(self.locals[prim]))
        else:
            self.constant(prim)

    def push(self, prim: Prim, depth: int) -> None:
        """Push a number of a type."""
        code, random = self.code, self.random
        if depth <= 0:
            self.leaf(prim)
            return
        kind = random.random()
        if kind < 0.08:
            self.push(prim, depth - 1)
            self.push(prim, depth - 1)
            self.push(Prim.I32, depth - 1)
            code.prim_select()
        elif kind < 0.12:
            self.leaf(random.choice(tuple(Prim)))
            self.push(prim, depth - 1)
            code.prim_swap()
            code.prim_drop()
        elif kind < 0.15:
            self.push(prim, depth - 1)
            code.prim_dup()
            code.emit(f"{prim}.{random.choice(('add', 'mul'))}")
        elif kind < 0.22 and prim is Prim.I64:
            self.widened(depth)
        else:
            table = _TRAPPING if random.random() < self.traps and prim in _TRAPPING else SAFE_OPERATORS
            opcode, pops = random.choice(
                [found for found in table[prim] if all(isinstance(each, Prim) for each in found[1])]
            )
            for each in pops:
                assert isinstance(each, Prim)
                self.push(each, 0 if opcode.traps else depth - 1)
            code.emit(opcode.mnemonic)

    def widened(self, depth: int) -> None:
        """Push an i64 that is made of an i32."""
        self.push(Prim.I32, depth - 1)
        self.code.emit(self.random.choice(("i64.extend_i32_s", "i64.extend_i32_u")))


def computed(drill: Drill) -> None:
    """Locals of all types are computed of each other, round after round."""
    terms, random = _Terms(drill, traps=random_traps(drill)), drill.random
    kinds = random.sample(tuple(Prim), random.choice((1, 2, 3, 4)))

    def body() -> None:
        for prim in kinds:
            local = random.choice(terms.locals[prim])
            terms.push(prim, random.choice((1, 2, 3)))
            drill.code.local_set(local)
            drill.code.local_get(local)
            drill.take_up_top(prim)

    drill.rounds(body, drill.few())
    for prim in Prim:
        for local in terms.locals[prim]:
            drill.code.local_get(local)
            drill.take_up_top(prim)


def random_traps(drill: Drill) -> float:
    """How many of a hundred operators may trap."""
    return drill.random.choice((0.0, 0.0, 0.15, 0.4))


def elementwise(drill: Drill) -> None:
    """Elements are computed of those of other arrays at the same or a neighbouring place, then reduced."""
    terms, random, code = _Terms(drill, traps=0.01), drill.random, drill.code
    length = random.choice(_LENGTHS)
    kinds = [random.choice((*_KINDS, *_NARROW, *_NARROW)) for _ in range(2)]
    kinds.append(random.choice((kinds[0], random.choice(_KINDS))))
    arrays = [(kind, drill.new_array(length, kind)) for kind in kinds]
    for kind, array in arrays[:2]:
        factor = random.choice((1, 37, 257, 65_537, (1 << 33) + 5, -91, MIN + 3))
        drill.rounds(
            f"""local.get {array}; local.get {drill.at}; local.get {drill.at}; i64.const {factor}; i64.mul;
            {_FROM_I64[_element(kind)]}; array.set {kind.name}""",
            f"i64.const {length}",
        )
    for kind, array in arrays:
        terms.sources.append((_element(kind), _loading(drill, kind, array)))
    kind, target = random.choice(arrays)

    def body() -> None:
        code.local_get(target)
        code.local_get(drill.at)
        terms.push(_element(kind), random.choice((1, 2, 2)))
        code.array_set(kind)

    drill.rounds(body, f"i64.const {length - random.choice((0, 0, 0, 1))}", f"i64.const {random.choice((0, 0, 1))}")
    for kind, array in arrays:
        _reduce(drill, kind, array, length)


def _loading(drill: Drill, kind: ArrayKind, array: int) -> Callable[[], None]:
    """What pushes the element of an array in a round, now and then that of a neighbour."""

    def push() -> None:
        shift = drill.random.choice((0, 0, 0, 0, 0, 0, 1, -1))
        beside = f"i64.const {shift}; i64.add" if shift else ""
        drill.write(f"local.get {array}; local.get {drill.at}; {beside}; array.get {kind.name}")

    return push


_REDUCTIONS = {
    Prim.I64: ("i64.add", "i64.xor", "i64.mul", "i64.or", "i64.add_checked_s", "i64.sub"),
    Prim.I32: ("i32.add", "i32.xor", "i32.mul", "i32.and", "i32.add_checked_s", "i32.sub"),
    Prim.F64: ("f64.add", "f64.mul", "f64.min", "f64.max", "f64.sub"),
    Prim.F32: ("f32.add", "f32.mul", "f32.min", "f32.max", "f32.sub"),
}


def _reduce(drill: Drill, kind: ArrayKind, array: int, length: int) -> None:
    """One number of all elements."""
    random, prim = drill.random, _element(kind)
    result, number = drill.local(prim), drill.local(prim)
    drill.code.emit(f"{prim}.const", edges.constant(random, prim))
    drill.code.local_set(result)
    load = f"local.get {array}; local.get {drill.at}; array.get {kind.name}"
    way = random.random()
    if way < 0.3:
        # The larger one, as programs have it.
        relation = f"{prim}.lt" if prim in {Prim.F32, Prim.F64} else f"{prim}.lt_{random.choice('su')}"
        body = f"""{load}; local.set {number}; local.get {result}; local.get {number}; {relation};
            branch.unless @as; local.get {number}; local.set {result}; @as:;"""
    elif way < 0.5:
        zero = drill.local(prim)
        relation = f"{prim}.gt" if prim in {Prim.F32, Prim.F64} else f"{prim}.gt_s"
        body = f"""{load}; local.get {zero}; {relation}; branch.unless @as; local.get {result}; {load};
            {random.choice(_REDUCTIONS[prim])}; local.set {result}; @as:;"""
        drill.write(f"i64.const 0; {_FROM_I64[prim]}; local.set {zero}")
    else:
        body = f"local.get {result}; {load}; {random.choice(_REDUCTIONS[prim])}; local.set {result}"
    drill.rounds(body, f"i64.const {length}")
    drill.code.local_get(result)
    drill.take_up_top(prim)


_DIVISIONS = ("div_s", "div_u", "rem_s", "rem_u")
_SHIFTS = ("shl", "shr_s", "shr_u", "rotl", "rotr")
_DIVISORS = (1, -1, 2, -2, 3, 7, 8, 10, 16, 1 << 20, -(1 << 20), (1 << 31) - 1, -(1 << 31), 0)
_COUNTS = (0, 1, 5, 31, 32, 33, 63, 64, 65, -1, 255)
_DIVIDENDS = (0, 1, -1, 7, -7, 1 << 31, -(1 << 31), (1 << 31) - 1, MAX, MIN, MIN + 1)


def divided(drill: Drill) -> None:
    """Numbers are divided and shifted by constants, by what does not change, and by what comes to 0 or -1."""
    random, at = drill.random, drill.at
    prim = random.choice((Prim.I64, Prim.I64, Prim.I32))
    number, by = drill.local(prim), drill.local(prim)
    fit = 64 if prim is Prim.I64 else 32
    start = _within(random.choice(_DIVIDENDS), fit)
    is_extreme = drill.chance(0.3)
    if is_extreme:
        start = _within(1 << (fit - 1), fit)
    drill.write(f"i64.const {start}; {_FROM_I64[prim]}; local.set {number}")
    drill.write(f"i64.const {_within(random.choice(_DIVISORS[:-1]), fit)}; {_FROM_I64[prim]}; local.set {by}")

    def right(choices: tuple[int, ...]) -> str:
        kind = random.random()
        if is_extreme and kind < 0.5:
            return f"{prim}.const -1"
        if kind < 0.5:
            return f"{prim}.const {_within(random.choice(choices), fit)}"
        if kind < 0.75:
            return f"local.get {by}"
        return f"local.get {at}; i64.const {random.choice((1, -3, -8, -16, -40))}; i64.add; {_FROM_I64[prim]}"

    steps = [
        f"local.get {number}; {right(_DIVISORS)}; {prim}.{random.choice(_DIVISIONS)}"
        if drill.chance(0.6)
        else f"local.get {number}; {right(_COUNTS)}; {prim}.{random.choice(_SHIFTS)}"
        for _ in range(random.choice((1, 2, 3)))
    ]
    step = random.choice((1, -1, 1 << 20, (1 << 31) - 1, 0x12345677))

    def body() -> None:
        for text in steps:
            drill.write(text)
            drill.take_up_top(prim)
        drill.write(f"local.get {number}; {prim}.const {step}; {prim}.{random.choice(('add', 'sub', 'mul'))}")
        drill.write(f"local.set {number}")

    drill.rounds(body, drill.few())


def _within(number: int, bits: int) -> int:
    """The number of so many bits that has the same low bits."""
    low = number & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


_CONVERSIONS = tuple(
    (source, target, f"{target}.trunc{saturating}_{source}_{sign}")
    for source in (Prim.F32, Prim.F64)
    for target in (Prim.I32, Prim.I64)
    for saturating in ("", "_sat")
    for sign in "su"
)
_ENDS = (31.0, 32.0, 63.0, 64.0)


def converted(drill: Drill) -> None:
    """Floats near the ends of the integers, and what is none, become integers: some trap, some before the rounds."""
    random, at, code = drill.random, drill.at, drill.code
    source, target, convert = random.choice(_CONVERSIONS)
    number, items = drill.local(source), drill.new_array(random.choice((3, 20, 70)))
    end = 2.0 ** random.choice(_ENDS)
    if drill.chance(0.3):
        code.emit(f"{source}.const", edges.constant(random, source))
    else:
        code.emit(f"{source}.const", random.choice((end, -end, 0.0, -1.0)))
    code.local_set(number)
    is_fixed = drill.chance(0.4)
    step = random.choice((1.0, 0.5, -0.5, 256.0, 2.0**20, 2.0**40))

    def body() -> None:
        code.local_get(number)
        code.emit(convert)
        if drill.chance(0.5):
            drill.take_up_top(target)
        else:
            # As an index, of what may be loaded before the rounds.
            drill.write(f"{_TO_I64[target]}; i64.const {random.choice((1, 3, 15))}; i64.and; local.set {index}")
            drill.write(drill.take_up(f"local.get {items}; local.get {index}; array.get I64"))
        if drill.chance(0.5):
            drill.write(
                f"local.get {items}; local.get {at}; i64.const 1; i64.and; local.get {drill.total}; array.set I64"
            )
        if not is_fixed:
            code.local_get(number)
            code.emit(f"{source}.const", step)
            code.emit(f"{source}.{random.choice(('add', 'sub'))}")
            code.local_set(number)

    index = drill.local(Prim.I64)
    drill.rounds(body, drill.few())


def inlined(drill: Drill) -> None:
    """Small functions of numbers are inlined: what is constant there, and what is not, meets the same operators."""
    random = drill.random
    params = (Prim.I64, Prim.I64, *(random.choice(tuple(Prim)) for _ in range(random.choice((1, 2, 3)))))
    result = random.choice(tuple(Prim))
    index, code = drill.function("number", Signature(params, (result,)))
    inner = Drill(drill.tables, code, random)
    inner.write(f"local.get 0; local.set {inner.at}")
    terms = _Terms(inner, traps=random_traps(drill))
    for place, prim in enumerate(params):
        terms.sources.append((prim, lambda place=place: code.local_get(place)))  # type: ignore[misc]
    terms.push(result, 3)
    code.return_()
    around = _Terms(drill)

    def body() -> None:
        for prim in params:
            around.leaf(prim)
        drill.code.call(index)
        drill.take_up_top(result)
        prim = random.choice(tuple(Prim))
        around.push(prim, 1)
        drill.code.local_set(around.locals[prim][0])

    drill.rounds(body, drill.few())


def filled(drill: Drill) -> None:
    """Ranges of arrays of each kind are filled and copied, and what is left is looked at."""
    random, kind, length = drill.random, drill.random.choice(_KINDS), drill.random.choice((9, 40))
    one = drill.new_array(length, kind)
    other = one if drill.chance(0.5) else drill.new_array(length, kind)
    prim, name = _element(kind), kind.name

    def body() -> None:
        start, count = random.randrange(length), random.randrange(length)
        drill.write(f"local.get {one}; i64.const {start}; i64.const {min(count, length - start)}")
        drill.code.emit(f"{prim}.const", edges.constant(random, prim))
        drill.write(f"array.fill {name}")
        drill.write(
            f"""local.get {other}; local.get {drill.at}; i64.const 3; i64.and; local.get {one};
            i64.const {random.randrange(3)}; i64.const {length - 4 - random.choice((0, 0, 0, -2))}; array.copy {name}"""
        )

    drill.rounds(body, "i64.const 4")
    for array in {one, other}:
        _reduce(drill, kind, array, length)


DRILLS: tuple[Callable[[Drill], None], ...] = (
    computed,
    computed,
    elementwise,
    elementwise,
    divided,
    divided,
    converted,
    inlined,
    filled,
)
