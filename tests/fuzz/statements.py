"""Statements: code that leaves the operand stacks as they were, and the whole of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from pvm.isa.types import TASK, ArrayKind, Prim, ValueType, array_ref, class_ref, element_type, func_ref
from tests.fuzz.bodies import Join, Loop
from tests.fuzz.expressions import Expressions
from tests.fuzz.world import World

DEPTH = 3


class Statements(Expressions):
    """Draws statements and whole functions."""

    def function(self) -> None:
        """The code of the function."""
        for _ in range(self.random.randrange(5)):
            self.new_local(self.world.type())
        for _ in range(self.random.randrange(1, 5)):
            self.statement(DEPTH)
        if self.builder.is_reachable:
            self.end(DEPTH)

    def block(self, depth: int) -> None:
        for _ in range(self.random.randrange(1, 4)):
            if not self.builder.is_reachable:
                return
            self.statement(depth)

    def statement(self, depth: int) -> None:
        if not self.builder.is_reachable:
            return
        self.position()
        depths = self.depths
        self.budget -= 1
        nested = depth > 0 and self.budget > 0
        self.random.choice(_NESTED if nested and self.random.random() < 0.5 else _FLAT)(self, depth - 1)
        self.cut(depths)

    def end(self, depth: int) -> None:
        """Leave the function, so that what follows is unreachable."""
        choice = self.random.random()
        if choice < 0.15 and self.world.has_exceptions:
            self.use((class_ref(0),), "throw", depth=1)
        elif choice < 0.35:
            self.tail_call()
        elif choice < 0.37:
            self.builder.unreachable()
        else:
            self.use(self.signature.results, "return", depth=depth)

    def tail_call(self) -> None:
        """Call something with the same results in place of the frame, if there is anything."""
        world, results = self.world, self.signature.results
        found: list[Callable[[], None]] = [
            partial(self.use, world.functions[each].params, "tail.call", each, depth=1)
            for each in world.plain
            if world.functions[each].results == results and (each > self.number or self.random.random() < 0.3)
        ]
        found += [
            partial(self.call_method, plan.index, slot, "tail", 1)
            for plan in world.classes
            for slot, name in enumerate(plan.slots)
            if world.shapes[name].results == results
        ]
        found += [
            partial(self.call_value, index, "tail", 1)
            for index in world.func_signatures
            if world.builder.signature_at(index).results == results
        ]
        if found:
            self.random.choice(found)()
        else:
            self.use(results, "return", depth=1)

    # Flat statements

    def assign(self, depth: int) -> None:
        free = [each for each in range(len(self.local_types)) if each not in self.reserved]
        index = self.random.choice(free) if free else self.new_local(self.world.type())
        self.use((self.local_types[index],), "local.set", index, depth=depth)
        if self.builder.is_reachable:
            self.initialised.add(index)

    def assign_global(self, depth: int) -> None:
        mutable = [index for index, (_, mutable) in enumerate(self.world.globals) if mutable]
        if not mutable:
            self.assign(depth)
            return
        index = self.random.choice(mutable)
        self.use((self.world.globals[index][0],), "global.set", index, depth=depth)

    def assign_field(self, depth: int) -> None:
        found = [
            (plan.index, number, each.value_type)
            for plan in self.world.classes
            for number, each in enumerate(plan.fields)
            if each.mutable
        ]
        if not found:
            self.assign(depth)
            return
        class_, number, value_type = self.random.choice(found)
        self.use((class_ref(class_), value_type), "field.set", (class_, number), depth=depth)

    def assign_element(self, depth: int) -> None:
        kind = self.random.choice(tuple(ArrayKind))
        depths = self.depths
        self.value(array_ref(kind), depth)
        self.small_index()
        self.value(element_type(kind), depth)
        self.builder.array_set(kind)
        self.cut(depths)

    def evaluate(self, depth: int) -> None:
        """Compute something, for what it does."""
        wanted = self.world.type()
        self.value(wanted, depth)
        self.drop(wanted)

    def call_plain(self, depth: int) -> None:
        calls = self.calls(lambda results: not results)
        if calls:
            self.random.choice(calls)(depth)
        else:
            self.evaluate(depth)

    def task(self, depth: int) -> None:
        match self.random.randrange(6):
            case 0 | 1:
                self.use((func_ref(0),), "task.spawn", depth=depth)
                self.builder.ref_drop()
            case 2:
                self.builder.task_yield()
            case 3:
                self.use((TASK,), "task.unpark", depth=depth)
            case 4:
                self.builder.task_lock()
                self.evaluate(depth)
                self.builder.task_unlock()
            case _:
                self.builder.emit(self.random.choice(("task.park", "task.yield", "task.unlock", "nop")))

    # Statements with statements in them

    def branch(self, depth: int) -> None:
        depths = self.depths
        self.value(Prim.I32, depth)
        self.cut(depths)
        other, end = self.join(), self.join()
        self.go(other, self.random.choice(("branch.if", "branch.unless")))
        self.block(depth)
        self.go(end)
        self.bind(other)
        if self.random.random() < 0.6:
            self.block(depth)
        self.bind(end)

    def switch(self, depth: int) -> None:
        depths = self.depths
        self.value(Prim.I32, depth)
        self.cut(depths)
        cases = [self.join() for _ in range(self.random.randrange(1, 4))]
        end = self.join()
        targets = [self.random.choice([*cases, end]) for _ in range(self.random.randrange(1, 5))]
        for each in targets:
            each.meet(self.initialised)
        self.builder.switch([each.label for each in targets])
        for each in cases:
            self.bind(each)
            self.block(depth)
            if self.random.random() < 0.7:
                self.go(end)
        self.bind(end)

    def loop(self, depth: int) -> None:
        """A loop that ends after a few rounds, or rarely when fuel does."""
        if not self.is_empty:
            self.branch(depth)
            return
        counter = self.counter()
        self.builder.i32_const(0)
        self.builder.local_set(counter)
        self.initialised.add(counter)
        head, end = self.join(exact=True), self.join(exact=True)
        self.bind_head(head)
        self.builder.local_get(counter)
        self.builder.i32_const(1)
        self.builder.i32_add()
        self.builder.local_tee(counter)
        if self.random.random() < 0.97:
            self.builder.i32_const(self.random.randrange(6))
            self.builder.i32_gt_s()
            self.go(end, "branch.if")
        else:
            self.builder.prim_drop()
            if self.random.random() < 0.5:
                self.go_if(end)
        self.loops.append(Loop(head, end))
        self.block(depth)
        self.loops.pop()
        if self.builder.is_reachable:
            self.builder.jump(head.label)
        self.bind(end)

    def go_if(self, target: Join) -> None:
        depths = self.depths
        self.value(Prim.I32, 1)
        self.cut(depths)
        self.go(target, "branch.if")

    def leave(self, depth: int) -> None:
        """Break, continue or return, from wherever it is."""
        if not self.loops or self.random.random() < 0.2:
            self.end(1)
            return
        for _ in self.prims:
            self.builder.prim_drop()
        for _ in self.refs:
            self.builder.ref_drop()
        loop = self.random.choice(self.loops)
        if self.random.random() < 0.5:
            self.builder.jump(loop.head.label)
        else:
            self.go(loop.end)

    def maybe_leave(self, depth: int) -> None:
        depths = self.depths
        self.value(Prim.I32, depth)
        self.cut(depths)
        skip = self.join()
        self.go(skip, "branch.if")
        self.leave(depth)
        self.bind(skip)

    def guarded(self, depth: int) -> None:
        """A range of code with one or more handlers; values that were on the stacks before are gone in them."""
        if not self.world.has_exceptions:
            self.branch(depth)
            return
        extra = [self.world.type() for _ in range(self.random.randrange(3))] if self.random.random() < 0.2 else []
        for each in extra:
            self.value(each, 1)
        before = self.depths
        end = self.join()
        floor = set(self.initialised)
        self.covering.append(floor)
        start = self.builder.here()
        self.block(depth)
        stop = self.builder.here()
        self.covering.pop()
        self.go(end)
        below = [plan.index for plan in self.world.classes if 0 in plan.above]
        held = (list(self.prims), list(self.refs))
        for _ in range(self.random.randrange(1, 3)):
            catches = self.random.choice([None, 0, *below])
            target = self.builder.label()
            if not self.builder.handler(start, stop, target, catches):
                break
            self.builder.bind(target)
            self.initialised = set(floor)
            for outer in self.covering:
                outer.intersection_update(floor)
            self.prims.clear()
            self.refs[:] = [class_ref(0 if catches is None else catches)]
            self.handle(depth)
            if before == (0, 0):
                self.go(end)
            elif self.builder.is_reachable:
                self.end(1)
        self.prims[:], self.refs[:] = held
        self.bind(end)
        self.drop_all(extra)

    def drop_all(self, types: Sequence[ValueType]) -> None:
        for each in reversed(types):
            self.drop(each)

    def handle(self, depth: int) -> None:
        """The beginning of a handler, with the exception on the stack."""
        caught = self.refs[-1]
        match self.random.randrange(4):
            case 0:
                local = self.new_local(caught.with_null(nullable=self.random.random() < 0.5))
                self.builder.local_set(local)
                self.initialised.add(local)
            case 1:
                self.builder.field_get((caught.index, self.random.randrange(2)))
                self.builder.ref_drop()
            case 2 if self.random.random() < 0.3:
                self.builder.throw()
            case _:
                self.builder.ref_drop()
        self.refs.clear()
        self.block(depth)


_FLAT: tuple[Callable[..., None], ...] = (
    *[Statements.assign] * 4,
    *[Statements.assign_global] * 2,
    *[Statements.assign_field] * 3,
    *[Statements.assign_element] * 2,
    *[Statements.evaluate] * 2,
    *[Statements.call_plain] * 2,
    Statements.task,
)
_NESTED: tuple[Callable[..., None], ...] = (
    *[Statements.branch] * 2,
    Statements.switch,
    *[Statements.loop] * 3,
    *[Statements.guarded] * 3,
    *[Statements.maybe_leave] * 2,
)


def draw_function(world: World, number: int, random: Random, budget: int) -> None:
    """Draw the code of a function."""
    body = Statements(world, number, random, budget)
    made = [class_ for class_, factory in world.factories.items() if factory == number]
    if made:
        body.factory(made[0])
        body.builder.return_()
        return
    body.function()
