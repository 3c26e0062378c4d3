"""Random nests of loops, choices, ``try`` and jumps: the module verifies and does what the tree says.

The oracle walks the same HIR in Python.  Every step is seen, because statements write digits into
one number, which is the result together with the way the function ended.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import NOTHING, UNIT
from pvm.errors import Trap
from tests.compiler.emit.world import AT, World, block, coerce, get, if_, loop, maybe, null, ret, set_, throw, try_

MODULUS = 1_000_003
ROUNDS = 40


class Jump(Exception):
    def __init__(self, kind: str, target: hir.JumpTarget | None = None, value: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.target, self.value = kind, target, value


class Generator:
    """Makes a body and, beside each node, what it does."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.w = World()
        self.log = LocalSymbol("log", self.w.INT, is_assigned=True)
        self.kinds = [self.w.EXCEPTION, self.w.exception("A"), self.w.exception("B")]
        self.targets: list[tuple[hir.JumpTarget, bool]] = []
        self.counters = 0
        self.value = 0
        self.text = LocalSymbol("text", maybe(self.w.STRING), is_assigned=True)
        self.length: int | None = None

    # Effects on the log

    def note(self, digit: int) -> None:
        self.value = (self.value * 7 + digit) % MODULUS

    def statement(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        makers = [self.mark, self.value_of, self.change]
        if depth > 0:
            makers += [self.sequence] * 3 + [
                self.choice,
                self.counted,
                self.labelled,
                self.guarded,
                self.finished,
                self.jump,
            ]
            makers += [self.switch, self.finished, self.guarded, self.test, self.test]
        return self.random.choice(makers)(depth)

    def mark(self, _: int) -> tuple[hir.Expr, Callable[[], None]]:
        w, digit = self.w, self.random.randrange(7)
        value = w.op(w.op(w.op(get(self.log), "times", w.int(7)), "plus", w.int(digit)), "rem", w.int(MODULUS))
        return set_(self.log, value), lambda: self.note(digit)

    def change(self, _: int) -> tuple[hir.Expr, Callable[[], None]]:
        """Set the text, sometimes to null."""
        w, length = self.w, self.random.choice([None, 1, 2, 3, 4])
        value = null(self.text.type) if length is None else coerce(w.text("x" * length), self.text.type)

        def walk() -> None:
            self.length = length

        return set_(self.text, value), walk

    def test(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        """Test the text, do something, and read it again: what the test has shown must not outlive a change."""
        w = self.w
        inner, run = self.statement(depth - 1)
        is_null = hir.IsNull(AT, w.BOOL, get(self.text))
        size = if_(is_null, w.int(6), w.op(coerce(get(self.text), w.STRING), "size"), w.INT)
        value = w.op(w.op(w.op(get(self.log), "times", w.int(7)), "plus", size), "rem", w.int(MODULUS))
        read = set_(self.log, value)

        def walk() -> None:
            if self.length is not None:
                run()
            self.note(6 if self.length is None else self.length)

        if self.random.random() < 0.5:
            return block(if_(is_null, block(), inner), read, type_=UNIT), walk
        both = block(inner, read, type_=UNIT)
        return if_(hir.Not(AT, w.BOOL, is_null), both, read), walk

    def value_of(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        """An operand with control flow inside, over another operand."""
        w = self.w
        inner, run = self.statement(depth - 1 if depth else 0)
        catch = LocalSymbol("e", w.EXCEPTION)
        finish, run_finish = self.mark(0)
        nested = try_(
            block(inner, get(self.log), type_=w.INT),
            (catch, w.int(3)),
            final=finish if depth % 2 else None,
            type_=w.INT,
        )
        total = w.op(w.op(w.op(get(self.log), "times", w.int(2)), "plus", nested), "rem", w.int(MODULUS))

        def walk() -> None:
            before = self.value
            try:
                run()
                found = self.value
            except Jump as jump:
                if jump.kind != "throw":
                    if depth % 2:
                        run_finish()
                    raise
                found = 3
            if depth % 2:
                run_finish()
            self.value = (before * 2 + found) % MODULUS

        return set_(self.log, total), walk

    def sequence(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        parts = [self.statement(depth - 1) for _ in range(self.random.randrange(1, 4))]

        def walk() -> None:
            for _, run in parts:
                run()

        return block(*(node for node, _ in parts), type_=UNIT), walk

    def condition(self) -> tuple[hir.Expr, Callable[[], bool]]:
        w, divisor = self.w, self.random.randrange(2, 4)
        test = w.op(w.op(get(self.log), "rem", w.int(divisor)), "equals", w.int(0))
        return test, lambda: self.value % divisor == 0

    def choice(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        test, holds = self.condition()
        (then, run_then), (other, run_other) = self.statement(depth - 1), self.statement(depth - 1)
        return if_(test, then, other), lambda: run_then() if holds() else run_other()

    def switch(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        arms = [self.statement(depth - 1) for _ in range(4)]
        cases = tuple(((number * 2,), arms[number][0]) for number in range(3))
        subject = self.w.op(get(self.log), "rem", self.w.int(6))

        def walk() -> None:
            number = self.value % 6
            arms[number // 2 if number % 2 == 0 else 3][1]()

        return hir.Switch(AT, UNIT, subject, cases, arms[3][0]), walk

    def counted(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        w, count = self.w, self.random.randrange(1, 4)
        target = hir.JumpTarget("loop")
        self.counters += 1
        i = LocalSymbol(f"i{self.counters}", w.INT, is_assigned=True)
        self.targets.append((target, True))
        body, run = self.statement(depth - 1)
        self.targets.pop()
        step = set_(i, w.op(get(i), "plus", w.int(1)))
        last = self.random.random() < 0.3
        node = loop(w.op(get(i), "lt", w.int(count)), body, target, step=step, tests_last=last)

        def walk() -> None:
            for _ in range(count):
                try:
                    run()
                except Jump as jump:
                    if jump.target is not target:
                        raise
                    if jump.kind == "break":
                        return

        return block(set_(i, w.int(0)), node), walk

    def labelled(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        target = hir.JumpTarget("block")
        self.targets.append((target, False))
        body, run = self.statement(depth - 1)
        self.targets.pop()

        def walk() -> None:
            try:
                run()
            except Jump as jump:
                if jump.target is not target:
                    raise

        return hir.Labelled(AT, UNIT, target, body), walk

    def jump(self, _: int) -> tuple[hir.Expr, Callable[[], None]]:
        test, holds = self.condition()
        node, raised = self.leave()

        def walk() -> None:
            if holds():
                raise raised()

        return if_(test, node, None), walk

    def leave(self) -> tuple[hir.Expr, Callable[[], Jump]]:
        kind = self.random.randrange(4)
        if kind == 0:
            return ret(get(self.log)), lambda: Jump("return", value=self.value)
        if kind == 1 or not self.targets:
            number = self.random.randrange(3)
            return throw(self.w, self.kinds[number], "x"), lambda: Jump("throw", value=number)
        target, is_loop = self.random.choice(self.targets)
        if is_loop and kind == 2:
            return hir.Continue(AT, NOTHING, target), lambda: Jump("continue", target)
        return hir.Break(AT, NOTHING, target), lambda: Jump("break", target)

    def guarded(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        body, run = self.statement(depth - 1)
        number = self.random.randrange(3)
        catch, run_catch = self.statement(depth - 1)
        local = LocalSymbol("e", self.kinds[number])

        def walk() -> None:
            try:
                run()
            except Jump as jump:
                if jump.kind != "throw" or number not in {0, jump.value}:
                    raise
                run_catch()

        return try_(body, (local, catch)), walk

    def finished(self, depth: int) -> tuple[hir.Expr, Callable[[], None]]:
        (body, run), (final, run_final) = self.statement(depth - 1), self.statement(depth - 2 if depth > 1 else 0)

        def walk() -> None:
            try:
                run()
            finally:
                run_final()

        return try_(body, final=final), walk

    def body(self, node: hir.Expr) -> hir.Expr:
        first = coerce(self.w.text("xx"), self.text.type)
        return block(set_(self.log, self.w.int(1)), set_(self.text, first), node, get(self.log))

    def expected(self, walk: Callable[[], None]) -> int | str:
        self.value, self.length = 1, 2
        try:
            walk()
        except Jump as jump:
            return jump.value if jump.kind == "return" else ["Exception", "A", "B"][jump.value]
        return self.value


@pytest.mark.parametrize("start", range(0, ROUNDS, 10))
def test_random_control(start: int, fuzz_factor: int, fuzz_seed: int) -> None:
    for seed in range(start * fuzz_factor, (start + 10) * fuzz_factor):
        g = Generator(seed + fuzz_seed * 100_000)
        node, walk = g.sequence(6)
        g.w.function("f", [], g.w.INT, lambda g=g, node=node: g.body(node), export=True)
        expected = g.expected(walk)
        try:
            found: object = g.w.run("f")
        except Trap as trap:
            found = trap.exception
        assert found == expected, f"seed {seed}"
