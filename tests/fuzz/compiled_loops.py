"""Loops of functions that are drawn for compiled code.

They are entered at the head, the test or the middle; several variables begin near the ends of i64, change by constants
or by what a local holds, in all rounds or in some, and index arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pvm.isa.types import ArrayKind, Prim, ValueType, class_ref
from pvm.pbc.builder import LabelRef
from tests.fuzz.compiled_bodies import MAX, MIN, Body
from tests.fuzz.compiled_tables import BOX, BOX_SIZE, BYTES, INTS, SUM

_STARTS = (MAX - 20, MAX - 3, MAX - 7, MIN + 2, MIN + 9, MAX - (1 << 21), (1 << 61) - 9, -(1 << 61), (1 << 40) - 3)
_FAR = 1 << 40
"""Steps of which a few lead beyond the end of i64."""
_STEPS = (2, -2, 3, -3, 7, 8, 1 << 20, (1 << 20) + 1, 1 << 40, -(1 << 59))
_UP, _DOWN = ("lt_s", "lt_s", "lt_s", "le_s", "ne", "lt_u"), ("gt_s", "gt_s", "ge_s", "ne", "gt_u")
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "ne": "ne", "eq": "eq"}
_OPPOSITE = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le", "ne": "eq", "eq": "ne"}


class Variable(NamedTuple):
    """A variable of a loop: what it is at first, and what is added in each round, or the local that holds that."""

    local: int
    start: int
    step: int
    step_local: int


class LoopBody(Body):
    """Adds statements with statements in them; nothing waits while there are loops or handlers."""

    ends: list[LabelRef]
    """Behind the loops around the place."""
    is_drill = False
    """Whether there is nothing but one loop, and little in it."""

    def drill(self) -> None:
        """A function of one loop, whose second parameter is far from 0: nothing else can hide what it does."""
        self.ends, self.is_drill, self.keeps = [], True, True
        self.declare()
        self.far = 1
        self.loop(0)
        if self.code.is_reachable:
            self.end()

    def function(self) -> None:
        """The code of a function that gives a number."""
        self.ends = []
        self.declare()
        if self.chance(0.5):
            self.get(INTS)
            self.code.global_set(1)
        is_careful = self.chance(0.6)
        while self.is_open:
            if is_careful and self.chance(0.8):
                self.guarded(3)
            else:
                self.statement(3)
            if self.code.is_reachable and self.chance(0.15):
                self.changed_hands(1)
                self.code.local_set(self.local(Prim.I64, to_write=True))
        if self.code.is_reachable:
            self.end()

    def end(self) -> None:
        """Give an array, or a number that depends on some of the locals, or nothing: the others are dead."""
        code, results = self.code, self.code.signature.results
        if results != (Prim.I64,):
            if results:
                self.get(INTS)
            code.return_()
            return
        if not self.is_drill and self.chance(0.35):
            # Nobody reads the array again but the callee, behind a call of its own.
            self.get(INTS)
            self.number(1)
            code.call("behind")
            code.return_()
            return
        code.i64_const(0)
        for local in filter(lambda _: self.chance(0.5), self.locals[Prim.I64]):
            code.local_get(local)
            code.i64_add()
            code.i64_const(31)
            code.i64_mul()
        for local in filter(lambda _: self.chance(0.4), self.locals[INTS]):
            code.local_get(local)
            code.call(self.tables.digest)
            code.i64_xor()
        code.return_()

    def statement(self, depth: int) -> None:
        """Something that leaves the stacks as they were; they are empty."""
        if not self.code.is_reachable:
            return
        kind = self.random.random()
        if depth <= 0 or kind < 0.4:
            self.flat()
        elif kind < 0.72:
            self.loop(depth - 1)
        elif kind < 0.84:
            self.guarded(depth - 1)
        elif kind < 0.95:
            self.branch(depth - 1)
        elif self.tables.throws:
            self.throw(1)

    def block(self, depth: int) -> None:
        """Some statements, whose locals nobody else knows, since control may have gone around them."""
        known = len(self.locals[Prim.I64])
        for _ in range(self.random.choice((1, 1, 2, 3))):
            if self.is_open:
                self.statement(depth)
        del self.locals[Prim.I64][known:]

    def branch(self, depth: int) -> None:
        """One of two ways, or out of a loop or of the function."""
        code = self.code
        skip = code.label()
        self.condition(1)
        code.branch_if(skip)
        if self.chance(0.3) and self.ends:
            code.jump(self.random.choice(self.ends))
        elif self.chance(0.08):
            self.end()
        else:
            self.block(depth)
        if self.chance(0.4):
            end = code.label()
            code.jump(end)
            code.bind(skip)
            self.block(depth)
            code.bind(end)
            self.jump_on()
        else:
            code.bind(skip)

    def jump_on(self) -> None:
        """Sometimes, a block that does nothing but jump."""
        code = self.code
        if code.is_reachable and self.chance(0.5):
            behind = code.label()
            code.jump(behind)
            code.bind(behind)

    def guarded(self, depth: int) -> None:
        """A handler around statements; often a call ends the range, and only the handler reads what was changed."""
        code, kind = self.code, self.random.choice((Prim.I64, INTS))
        start, end, changed = code.here(), code.label(), self.local(kind, to_write=True)
        self.block(depth)
        is_call = code.is_reachable and self.chance(0.8)
        if is_call:
            self.value(kind, 1)
            code.local_set(changed)
            self.number(1)
            code.call("thrower")
        stop, target = code.here(), code.label()
        if is_call:
            code.global_set(SUM)
        if code.is_reachable:
            code.jump(end)
        if code.handler(start, stop, target):
            code.bind(target)
            code.ref_drop()
            self.mix(kind, changed)
            if self.chance(0.5):
                self.block(depth)
        code.bind(end)

    def mix(self, kind: ValueType, local: int) -> None:
        """Mix a local into the sum that outlives a trap."""
        code = self.code
        code.global_get(SUM)
        code.local_get(local)
        if kind != Prim.I64:
            code.call(self.tables.digest)
        code.i64_xor()
        code.global_set(SUM)

    # Loops

    def variable_of_loop(self, *, is_first: bool) -> Variable:
        """Draw one, and give it its first value."""
        code, random = self.code, self.random
        local = code.local(Prim.I64)
        self.reserved.add(local)
        step, step_local = random.choice((1, 1, 1, 1, -1, -1)), -1
        if self.chance(0.2):
            step = random.choice(_STEPS)
        elif self.chance(0.2):
            step_local = code.local(Prim.I64)
            amount = random.choice((1, 1, 2, 5, 1 << 31, 0, -1, random.randrange(1 << 58, 1 << 62)))
            code.i64_const(amount)
            code.local_set(step_local)
            step = 1 if amount < _FAR else amount
        start = random.choice((0, 0, 0, 1, 5, -1)) if self.chance(0.75 if is_first else 0.5) else random.choice(_STARTS)
        if step < 0 and self.chance(0.7):
            start = self.length - random.choice((1, 1, 2, 0))
        code.i64_const(start)
        code.local_set(local)
        self.locals[Prim.I64].append(local)
        return Variable(local, start, step, step_local)

    def loop(self, depth: int) -> None:
        """A loop of one of the shapes."""
        code, random = self.code, self.random
        if self.chance(0.08):
            self.search()
            return
        first = self.variable_of_loop(is_first=True)
        variables = [first, *(self.variable_of_loop(is_first=False) for _ in range(random.choice((0, 0, 1, 1, 2))))]
        relation = random.choice(_UP if first.step > 0 else _DOWN)
        bound = self.bound(first)
        head, test, end = code.label(backward=True), code.label(), code.label()
        self.ends.append(end)
        around = list(self.variables), list(self.indices)
        self.variables += [each.local for each in variables]
        self.indices += [each.local for each in variables if -2 < each.start < 41]
        early = [each for each in variables if self.chance(0.25)]
        shape = random.choice(("test", "test", "head", "middle", "bottom"))
        middle = code.label()
        if shape in {"test", "middle"}:
            code.jump(test if shape == "test" else middle)
        code.bind(head)
        if shape == "head":
            self.test(first, bound, relation, end, stays=False)
        body = self.tight if self.is_drill or self.chance(0.65) else self.block
        sometimes = [each for each in variables[1:] if self.chance(0.15)]
        for each in early:
            self.change(each)
        body(depth)
        for each in sometimes:
            skip = code.label()
            self.condition(0)
            code.branch_if(skip)
            self.change(each)
            code.bind(skip)
        if shape == "middle":
            code.bind(middle)
            body(depth)
        for each in variables:
            if each not in (*early, *sometimes):
                self.change(each)
        code.bind(test)
        if code.is_reachable:
            if shape == "head":
                self.jump_on()
                code.jump(head)
            else:
                self.test(first, bound, relation, head, stays=True)
        code.bind(end)
        self.ends.pop()
        self.variables, self.indices = around
        self.reserved.difference_update(each.local for each in variables)

    def bound(self, first: Variable) -> tuple[str, int]:
        """What the variable is compared with: how it is pushed, and the local or number."""
        code, random = self.code, self.random
        if first.step_local >= 0 and first.step >= _FAR and self.chance(0.8):
            return "constant", MAX
        if first.step > 0 and 0 <= first.start < 20 and self.chance(0.45):
            match random.randrange(3):
                case 0:
                    return "size", self.local(INTS)
                case 1:
                    return "field", self.local(class_ref(BOX))
                case _:
                    return "local", self.local(Prim.I64)
        rounds = random.choice((0, 1, 2, 5, 9, 17, 33, 64))
        value = first.start + first.step * rounds + random.choice((0, 0, 0, 1, -1))
        if -2 < first.start < 41 and self.chance(0.8):
            # As far as arrays go that are indexed by it, and sometimes a little farther.
            value = (self.length if first.step > 0 else 0) - random.choice((0, 0, 0, 1, 1, 2, -1))
        value = min(max(value, MIN), MAX)
        if self.chance(0.5):
            return "constant", value
        local = code.local(Prim.I64)
        code.i64_const(value)
        code.local_set(local)
        return "local", local

    def test(self, first: Variable, bound: tuple[str, int], relation: str, target: LabelRef, *, stays: bool) -> None:
        """Compare, and go to the target if another round begins, or if none does."""
        code = self.code
        name, sign = relation.partition("_")[::2]
        is_left = self.chance(0.7)
        if is_left:
            code.local_get(first.local)
        self.push_bound(bound)
        if not is_left:
            code.local_get(first.local)
            name = _MIRRORED[name]
        branch = "branch.if"
        if not stays:
            if self.chance(0.5):
                name = _OPPOSITE[name]
            else:
                branch = "branch.unless"
        elif self.chance(0.3):
            name, branch = _OPPOSITE[name], "branch.unless"
        code.emit(f"i64.{name}" if name in {"eq", "ne"} else f"i64.{name}_{sign or 's'}")
        code.emit(branch, target)

    def push_bound(self, bound: tuple[str, int]) -> None:
        """Push what the variable is compared with."""
        how, what = bound
        if how == "constant":
            self.code.i64_const(what)
            return
        self.code.local_get(what)
        if how == "size":
            self.code.array_size()
        elif how == "field":
            self.code.field_get(BOX_SIZE)

    def change(self, each: Variable) -> None:
        """Let a variable have its next value."""
        code, random = self.code, self.random
        if not code.is_reachable:
            return
        amount = ("local.get", each.step_local) if each.step_local >= 0 else ("i64.const", each.step)
        checked = "_checked_s" if self.chance(0.6) else ""
        if each.step_local < 0 and each.step < 0 and self.chance(0.6):
            code.local_get(each.local)
            code.i64_const(-each.step)
            code.emit(f"i64.sub{checked}")
        elif self.chance(0.8):
            code.local_get(each.local)
            code.emit(*amount)
            code.emit(f"i64.add{checked}")
        else:
            code.emit(*amount)
            code.local_get(each.local)
            code.emit(f"i64.add{checked}")
        if random.random() < 0.05:
            code.local_tee(each.local)
            code.prim_drop()
        else:
            code.local_set(each.local)

    # What may be in a strip

    def tight(self, depth: int) -> None:
        """What loops over arrays do: nothing that uses any amount of fuel."""
        for _ in range(self.random.choice((1, 1, 2) if self.is_drill else (1, 1, 2, 3))):
            self.budget -= 1
            self.random.choice(_TIGHT)(self)

    def update(self) -> None:
        """An element becomes what depends on another one."""
        code = self.code
        self.get(INTS)
        self.index(0)
        self.loaded()
        self.operand()
        code.emit(self.random.choice(("i64.add", "i64.xor", "i64.sub")))
        code.array_set(ArrayKind.I64)

    def loaded(self) -> None:
        """Push an element."""
        if self.chance(0.8):
            if self.chance(0.85):
                self.get(INTS)
            else:
                self.array(1)
            self.index(0)
            self.code.array_get(ArrayKind.I64)
        else:
            self.get(BYTES)
            self.index(0)
            self.code.array_get(ArrayKind.U8)
            self.code.i64_extend_i32_u()

    def operand(self) -> None:
        """Push a constant, a local, or a variable of a loop."""
        self.random.choice((Body.constant, Body.variable))(self, 0)

    def gather(self) -> None:
        """A local takes up an element, or a sum of a variable of a loop, or a length."""
        code, local = self.code, self.local(Prim.I64, to_write=True)
        code.local_get(local)
        match self.random.randrange(5):
            case 0 | 1:
                self.loaded()
            case 2 | 3 if self.variables:
                self.total()
            case _:
                self.random.choice((Body.size, Body.field))(self, 0)
        code.emit(self.random.choice(("i64.add", "i64.xor", "i64.xor", "i64.mul")))
        code.local_set(local)

    def sign(self) -> None:
        """A local takes up whether a variable of a loop is negative."""
        code, local = self.code, self.local(Prim.I64, to_write=True)
        code.local_get(local)
        self.variable(0)
        code.i64_const(63)
        code.i64_shr_u()
        code.i64_add()
        code.local_set(local)

    def put_byte(self) -> None:
        """Store the low bits of a number."""
        self.get(BYTES)
        self.index(0)
        self.operand()
        self.code.i32_wrap_i64()
        self.code.array_set(ArrayKind.U8)

    def tee_low(self) -> None:
        """A local that is written by nothing else gets the low bits of a variable."""
        code = self.code
        self.variable(0)
        code.i64_const(3)
        code.i64_and()
        code.local_tee(self.local(Prim.I64, to_write=True))
        code.prim_drop()

    def call_small(self) -> None:
        """A call that is inlined, mostly."""
        code, local = self.code, self.local(Prim.I64, to_write=True)
        match self.random.randrange(4):
            case 0:
                self.operand()
                code.call("twice")
            case 1:
                self.get(INTS)
                self.operand()
                code.call("written")
            case _:
                self.method(0)
        code.local_set(local)

    def rare(self) -> None:
        """Arrays change hands, or a reference is stored."""
        self.random.choice((Body.exchange, Body.store_reference, Body.count, Body.add_up))(self, 0)

    def either(self) -> None:
        """Under a condition."""
        code = self.code
        skip = code.label()
        self.operand()
        self.operand()
        code.emit(self.random.choice(("i64.lt_s", "i64.ge_s", "i64.lt_u", "i64.eq")))
        if self.chance(0.1) and self.ends:
            code.branch_if(self.ends[-1])
            return
        code.branch_if(skip)
        self.random.choice((LoopBody.update, LoopBody.gather))(self)
        code.bind(skip)

    def search(self) -> None:
        """A loop without a count: its index goes on until an element is found."""
        code = self.code
        variable = self.variable_of_loop(is_first=True)
        head, end = code.label(backward=True), code.label()
        code.bind(head)
        self.get(INTS)
        code.local_get(variable.local)
        code.array_get(ArrayKind.I64)
        self.get(Prim.I64)
        code.i64_eq()
        code.branch_if(end)
        self.change(variable)
        if self.chance(0.3):
            self.flat()
        code.jump(head)
        code.bind(end)
        self.reserved.discard(variable.local)


_TIGHT: tuple[Callable[[LoopBody], None], ...] = (
    *[LoopBody.update] * 4,
    *[LoopBody.gather] * 4,
    LoopBody.put_byte,
    LoopBody.tee_low,
    LoopBody.sign,
    *[LoopBody.call_small] * 2,
    *[LoopBody.either] * 2,
    LoopBody.rare,
)
