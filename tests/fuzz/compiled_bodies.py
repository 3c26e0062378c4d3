"""Expressions and statements of functions that are drawn for compiled code.

Operands wait on the stacks while the locals that they came of change; arrays change hands between locals, fields and
globals; handlers are around calls and read what nobody else does.  Locals are few, so that all of this meets.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pvm.isa.types import ArrayKind, Prim, Signature, ValueType, class_ref, func_ref
from pvm.pbc.builder import FunctionBuilder
from tests.fuzz.compiled_objects import number_of_object, use_object
from tests.fuzz.compiled_tables import (
    ASKED,
    BOX,
    BOX_COUNT,
    BOX_ITEMS,
    BOX_OTHER,
    BOX_SIZE,
    BYTES,
    ERROR,
    INTS,
    KEPT,
    MAYBE_INTS,
    REFS,
    SHAPE,
    SHAPE_BOX,
    SHAPE_BY,
    SHAPE_SEEN,
    SHAPE_TALLY,
    SPARE,
    SUM,
    UNARY,
    Tables,
)
from tests.fuzz.compiled_texts import number_of_text

MAX, MIN = (1 << 63) - 1, -(1 << 63)
CONSTANTS = (0, 0, 1, 1, 2, 3, 5, 7, -1, -2, 40, 255, 1 << 31, -(1 << 31), 1 << 40, (1 << 40) + 1, 1 << 61, MAX, MIN)
LENGTHS = (1, 5, 8, 8, 9, 16, 17, 33, 40)
_WRAPPING = ("i64.add", "i64.add", "i64.sub", "i64.xor", "i64.and", "i64.or", "i64.mul")
_CHECKED = ("i64.add_checked_s", "i64.add_checked_s", "i64.sub_checked_s", "i64.mul_checked_s", "i64.add_checked_u")
_RELATIONS = ("lt_s", "le_s", "gt_s", "ge_s", "eq", "ne", "lt_u", "le_u", "gt_u", "ge_u")
KINDS: tuple[ValueType, ...] = (Prim.I64, INTS, BYTES, REFS, class_ref(BOX), class_ref(SHAPE), MAYBE_INTS)


class Body:
    """One function: its locals by type, and what is drawn of them."""

    def __init__(self, tables: Tables, code: FunctionBuilder, random: Random, budget: int) -> None:
        self.tables, self.code, self.random, self.budget = tables, code, random, budget
        self.value_type = func_ref(tables.unary)
        self.locals: dict[ValueType, list[int]] = {kind: [] for kind in (*KINDS, self.value_type)}
        self.reserved: set[int] = set()
        """Variables that loops count by: nothing else assigns them, but seldom."""
        self.variables: list[int] = []
        """Variables of loops around the place."""
        self.indices: list[int] = []
        """Those of them that arrays are indexed by."""
        self.keeps = self.chance(0.8)
        """Whether an array changes hands outside of loops only: what is known of arrays is for those."""
        self.far = -1
        """A local that is far from 0, and that nothing else is done with."""
        self.length = random.choice(LENGTHS)
        """What most arrays have, or nearly so."""
        for index, param in enumerate(code.signature.params):
            self.locals.get(param, []).append(index)

    @property
    def is_open(self) -> bool:
        """Whether more may be drawn."""
        return self.budget > 0 and self.code.is_reachable

    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return self.random.random() < probability

    # Locals

    def declare(self) -> None:
        """Declare locals, and give all of them values of lengths that are near each other."""
        code, random = self.code, self.random
        length = self.length
        for kind, count in zip((*KINDS, self.value_type), (3, 3, 1, 1, 1, 1, 1, 1), strict=True):
            for _ in range(max(random.randint(count - 1, count), not self.locals[kind])):
                self.new(kind, near=length)
                local = code.local(kind)
                code.local_set(local)
                self.locals[kind].append(local)
        self.far = code.local(Prim.I64)
        code.i64_const(self.random.choice((MAX, MAX - 5, MIN, 1 << 62, -(1 << 62), (1 << 40) + 1)))
        code.local_set(self.far)

    def new(self, kind: ValueType, near: int = 8) -> None:
        """Push a new value of a type."""
        code, random = self.code, self.random
        length = max(0, near + random.choice((0, 0, 0, 1, -1, 2)))
        if kind is Prim.I64:
            code.i64_const(random.choice(CONSTANTS))
        elif kind in {INTS, BYTES, REFS}:
            code.i64_const(length)
            code.array_new(ArrayKind(kind.index))  # type: ignore[union-attr] # an array
        elif kind == MAYBE_INTS:
            if self.chance(0.3):
                code.ref_null()
            else:
                self.new(INTS, near)
        elif kind == class_ref(BOX):
            self.new(INTS, near)
            code.i64_const(length)
            code.ref_null()
            code.i64_const(random.choice(CONSTANTS))
            code.object_new(BOX)
        elif kind == class_ref(SHAPE):
            self.new(class_ref(BOX), near)
            code.i64_const(random.choice(CONSTANTS))
            code.ref_null()
            code.i64_const(0)
            code.object_new(random.choice(self.tables.shapes))
        else:
            self.function_value(near)

    def function_value(self, near: int) -> None:
        """Push a function value, with or without something captured."""
        tables = self.tables
        if tables.bound and self.chance(0.5):
            self.new(INTS, near)
            self.code.closure_new(self.random.choice(tables.bound))
        else:
            self.code.func_ref(self.random.choice(tables.values))

    def local(self, kind: ValueType, *, to_write: bool = False) -> int:
        """A local of a type."""
        found = self.locals[kind]
        if to_write:
            found = [each for each in found if each not in self.reserved] or found
            if self.variables and self.keeps and kind == INTS:
                found = found[1:] or found
        return self.random.choice(found)

    def get(self, kind: ValueType) -> None:
        """Push a local."""
        self.code.local_get(self.local(kind))

    # Numbers

    def number(self, depth: int = 3) -> None:
        """Push a number."""
        choices = _NUMBERS if depth > 0 and self.budget > 0 else _SIMPLE
        self.budget -= 1
        self.random.choice(choices)(self, depth - 1)

    def constant(self, depth: int) -> None:
        self.code.i64_const(self.random.choice(CONSTANTS))

    def variable(self, depth: int) -> None:
        if self.variables and self.chance(0.4):
            self.code.local_get(self.random.choice(self.variables))
        else:
            self.get(Prim.I64)

    def operation(self, depth: int) -> None:
        """Two operands, the first of which may wait while its local changes."""
        self.number(depth)
        self.interlude(depth)
        self.number(depth)
        self.code.emit(self.random.choice(_CHECKED if self.chance(0.2) else _WRAPPING))

    def interlude(self, depth: int) -> None:
        """Sometimes do something else while operands wait."""
        if depth > 0 and self.budget > 0 and self.chance(0.3):
            if self.chance(0.2):
                self.variable(0)
                self.code.call("churn")
                self.code.prim_drop()
            else:
                self.flat(depth)

    def element(self, depth: int) -> None:
        """An element of an array, which may wait for its index while its local changes."""
        self.array(depth)
        self.interlude(depth)
        self.index(depth)
        self.code.array_get(ArrayKind.I64)

    def changed_hands(self, depth: int) -> None:
        """What is in an array, or its length, whose local has got another one since."""
        code, local = self.code, self.local(INTS, to_write=True)
        if not self.variables and self.chance(0.7):
            local = self.locals[INTS][0]
        code.local_get(local)
        if self.chance(0.5):
            self.new(INTS, self.random.choice((1, 8, 8, 40)))
        else:
            self.array(depth)
        code.local_set(local)
        if self.chance(0.5):
            code.array_size()
        else:
            self.index(depth)
            code.array_get(ArrayKind.I64)

    def byte(self, depth: int) -> None:
        self.get(BYTES)
        self.interlude(depth)
        self.index(depth)
        self.code.array_get(ArrayKind.U8)
        self.code.i64_extend_i32_u()

    def index(self, depth: int) -> None:
        """Push an index that mostly is right: a variable of a loop with something added, or a small number."""
        code, random = self.code, self.random
        if not self.indices or self.chance(0.1):
            if self.chance(0.5):
                code.i64_const(random.choice((0, 0, 0, 0, 0, 1, 3)))
            else:
                self.get(Prim.I64)
                code.i64_const(random.choice((1, 3, 3, 7)))
                code.i64_and()
        elif self.chance(0.65):
            code.local_get(random.choice(self.indices))
        elif self.chance(0.1):
            self.total()
        else:
            self.beside()

    def beside(self) -> None:
        """Push what is near a variable that arrays are indexed by, or what it counts down to."""
        code, random, checked = self.code, self.random, self.random.choice(("", "_checked_s"))
        variable = random.choice(self.indices)
        if self.chance(0.25):
            code.i64_const(self.length + random.choice((0, -1, -1, -2)))
            code.local_get(variable)
            code.emit(f"i64.sub{checked}")
            return
        code.local_get(variable)
        if self.chance(0.2):
            self.get(Prim.I64)
        else:
            code.i64_const(random.choice((1, 1, -1, 2, 3)))
        code.emit(f"i64.{random.choice(('add', 'add', 'sub'))}{checked}")

    def total(self) -> None:
        """Push a sum or difference of a variable of a loop and anything."""
        code, random = self.code, self.random
        code.local_get(random.choice(self.variables))
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            if self.chance(0.4):
                code.i64_const(random.choice((1, 2, 7, -1, -9, 40, 1 << 31, 1 << 40, MAX)))
            elif self.chance(0.5):
                code.local_get(self.far)
            else:
                self.get(Prim.I64)
            if self.chance(0.2):
                code.prim_swap()
            code.emit(f"i64.{random.choice(('add', 'add', 'sub'))}{random.choice(('', '_checked_s', '_checked_s'))}")

    def size(self, depth: int) -> None:
        if self.chance(0.3):
            self.get(self.random.choice((BYTES, REFS)))
        else:
            self.array(depth)
            self.interlude(depth)
        self.code.array_size()

    def field(self, depth: int) -> None:
        if self.chance(0.2):
            self.get(class_ref(SHAPE))
            self.code.field_get(self.random.choice((SHAPE_BY, SHAPE_TALLY)))
        else:
            self.box(depth)
            self.interlude(depth)
            self.code.field_get(self.random.choice((BOX_SIZE, BOX_SIZE, BOX_COUNT)))

    def call(self, depth: int) -> None:
        """A call of a helper that gives a number."""
        helper = self.random.choice([each for each in self.tables.helpers if each.signature.results == (Prim.I64,)])
        self.arguments(helper.signature, depth)
        self.code.call(helper.index)

    def arguments(self, signature: Signature, depth: int) -> None:
        for param in signature.params:
            self.value(param, depth)

    def method(self, depth: int) -> None:
        """A call of a method, or of a function value."""
        code = self.code
        match self.random.randrange(4):
            case 0:
                self.get(class_ref(SHAPE))
                self.number(depth)
                code.call_interface((ASKED, 0))
            case 1:
                self.number(depth)
                self.get(self.value_type)
                code.call_ref(UNARY)
            case _:
                self.get(class_ref(SHAPE))
                self.interlude(depth)
                self.number(depth)
                code.call_virtual((SHAPE, self.random.randrange(2)))

    def truth(self, depth: int) -> None:
        self.condition(depth)
        self.code.i64_extend_i32_u()

    def tee(self, depth: int) -> None:
        self.number(depth)
        self.code.local_tee(self.local(Prim.I64, to_write=True))

    def choice(self, depth: int) -> None:
        """A number that depends on a condition, while others wait."""
        code = self.code
        local = self.local(Prim.I64, to_write=True)
        self.number(depth)
        self.condition(depth)
        skip = code.label()
        code.branch_if(skip)
        self.number(depth)
        code.i64_xor()
        code.local_tee(local)
        code.bind(skip)

    def condition(self, depth: int) -> None:
        """Push an i32."""
        code = self.code
        if self.chance(0.12):
            self.array(depth)
            self.array(depth)
            code.ref_eq()
        elif self.chance(0.08):
            self.get(MAYBE_INTS)
            code.ref_is_null()
        elif self.chance(0.08):
            self.get(class_ref(SHAPE))
            code.ref_instance(class_ref(self.random.choice(self.tables.shapes)))
        else:
            self.number(min(depth, 1))
            self.number(min(depth, 1))
            code.emit(f"i64.{self.random.choice(_RELATIONS)}")

    # References

    def array(self, depth: int) -> None:
        """Push an array of numbers."""
        code, kind = self.code, self.random.random()
        if kind < 0.62 or depth <= 0:
            self.get(INTS)
        elif kind < 0.8:
            self.box(depth)
            code.field_get(BOX_ITEMS)
        elif kind < 0.85:
            self.new(INTS)
        elif kind < 0.9:
            self.get(MAYBE_INTS)
            code.ref_as_non_null()
        elif kind < 0.94:
            self.get(REFS)
            code.i64_const(0)
            code.array_get(ArrayKind.REF)
            code.ref_cast(INTS)
        else:
            found = [each for each in self.tables.helpers if each.signature.results == (INTS,)]
            if not found:
                self.get(INTS)
                return
            helper = self.random.choice(found)
            self.arguments(helper.signature, depth - 1)
            code.call(helper.index)

    def box(self, depth: int) -> None:
        """Push a box."""
        if self.chance(0.3):
            self.get(class_ref(SHAPE))
            self.code.field_get(SHAPE_BOX)
        else:
            self.get(class_ref(BOX))

    def value(self, kind: ValueType, depth: int) -> None:
        """Push a value of a type."""
        if kind is Prim.I64:
            self.number(depth)
        elif kind == INTS:
            self.array(depth)
        elif kind == MAYBE_INTS:
            if self.chance(0.2):
                self.code.ref_null()
            else:
                self.array(depth)
        elif kind == class_ref(BOX):
            self.box(depth)
        elif self.chance(0.15):
            self.new(kind)
        else:
            self.get(kind)

    # Statements that leave the stacks alone

    def flat(self, depth: int = 2) -> None:
        """Something that may be done while operands wait."""
        if self.code.is_reachable:
            self.budget -= 1
            self.random.choice(_FLAT)(self, min(depth, 2))

    def assign(self, depth: int) -> None:
        """Change a local."""
        kinds: list[ValueType] = [Prim.I64] * 4 + [INTS] * 4 + [class_ref(BOX), class_ref(SHAPE), MAYBE_INTS, BYTES]
        kind = self.random.choice(kinds)
        self.value(kind, depth)
        self.code.local_set(self.local(kind, to_write=True))

    def exchange(self, depth: int) -> None:
        """Two locals exchange what they hold."""
        code, kind = self.code, self.random.choice((INTS, INTS, Prim.I64))
        one, other = (self.local(kind, to_write=True) for _ in range(2))
        code.local_get(one)
        code.local_get(other)
        code.local_set(one)
        code.local_set(other)

    def renew(self, depth: int) -> None:
        """Let a local have another array, mostly a shorter one."""
        self.new(INTS, self.random.choice((1, 4, 8, 8, 16, 40)))
        self.code.local_set(self.local(INTS, to_write=True))

    def store(self, depth: int) -> None:
        """Store an element."""
        self.array(depth)
        self.interlude(depth)
        self.index(depth)
        self.number(depth)
        self.code.array_set(ArrayKind.I64)

    def store_byte(self, depth: int) -> None:
        self.get(BYTES)
        self.index(depth)
        self.number(depth)
        self.code.i32_wrap_i64()
        self.code.array_set(ArrayKind.U8)

    def store_reference(self, depth: int) -> None:
        """Store a reference into an array or an object."""
        code = self.code
        match self.random.randrange(4):
            case 0:
                self.get(REFS)
                self.index(depth)
                self.value(self.random.choice((INTS, class_ref(BOX))), depth)
                code.array_set(ArrayKind.REF)
            case 1:
                self.box(depth)
                self.value(MAYBE_INTS, depth)
                code.field_set(BOX_OTHER)
            case 2:
                self.get(class_ref(SHAPE))
                self.get(class_ref(SHAPE))
                code.field_set(SHAPE_SEEN)
            case _:
                self.value(MAYBE_INTS, depth)
                code.global_set(self.random.choice((KEPT, SPARE)))

    def count(self, depth: int) -> None:
        if self.chance(0.3):
            self.get(class_ref(SHAPE))
            self.number(depth)
            self.code.field_set(SHAPE_TALLY)
            return
        self.box(depth)
        self.number(depth)
        self.code.field_set(BOX_COUNT)

    def add_up(self, depth: int) -> None:
        """Mix something into the sum that outlives a trap."""
        self.code.global_get(SUM)
        self.interlude(depth)
        self.number(depth)
        self.code.emit(self.random.choice(("i64.xor", "i64.add")))
        self.code.global_set(SUM)

    def bulk(self, depth: int) -> None:
        """Fill or copy a range, which may overlap or be out of bounds."""
        code, random = self.code, self.random
        self.array(depth)
        code.i64_const(random.choice((0, 0, 1, 2)))
        if self.chance(0.5):
            code.i64_const(random.choice((0, 1, 3, 5)))
            self.number(depth)
            code.array_fill(ArrayKind.I64)
            return
        self.array(depth)
        code.i64_const(random.choice((0, 0, 1, 3)))
        code.i64_const(random.choice((0, 1, 2, 4)))
        code.array_copy(ArrayKind.I64)

    def keep_result(self, depth: int) -> None:
        """A call whose result goes to a local at once."""
        self.call(depth)
        self.code.local_set(self.local(Prim.I64, to_write=True))

    def discard(self, depth: int) -> None:
        """A call for what it does."""
        self.random.choice((Body.call, Body.method))(self, depth)
        self.code.prim_drop()

    def task(self, depth: int) -> None:
        """Let another task begin, or run."""
        if self.tables.tasks and self.chance(0.5):
            self.code.func_ref(self.random.choice(self.tables.tasks))
            self.code.task_spawn()
            self.code.ref_drop()
        else:
            self.code.task_yield()

    def throw(self, depth: int) -> None:
        """Throw under a condition."""
        code = self.code
        skip = code.label()
        self.condition(depth)
        code.branch_if(skip)
        code.ref_null()
        code.ref_null()
        code.object_new(ERROR)
        code.throw()
        code.bind(skip)


_SIMPLE: tuple[Callable[[Body, int], None], ...] = (Body.constant, Body.variable, Body.variable)
_NUMBERS: tuple[Callable[[Body, int], None], ...] = (
    *_SIMPLE,
    *[Body.operation] * 4,
    *[Body.element] * 4,
    *[Body.changed_hands] * 2,
    Body.byte,
    *[Body.size] * 2,
    *[Body.field] * 2,
    *[Body.call] * 2,
    Body.method,
    number_of_object,
    *[number_of_text] * 3,
    Body.truth,
    Body.tee,
    Body.choice,
)
_FLAT: tuple[Callable[[Body, int], None], ...] = (
    *[Body.assign] * 4,
    *[Body.exchange] * 2,
    *[Body.renew] * 2,
    *[Body.store] * 3,
    Body.store_byte,
    Body.store_reference,
    Body.count,
    *[use_object] * 3,
    *[Body.add_up] * 2,
    Body.bulk,
    *[Body.keep_result] * 3,
    Body.discard,
    Body.task,
)
