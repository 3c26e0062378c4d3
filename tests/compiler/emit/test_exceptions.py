"""Exceptions: handlers, traps as exceptions, ``finally`` on every way out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol, LocalSymbol
from compiler.ir.types import NOTHING, UNIT, ClassType, FunctionType, Type
from pvm.errors import Trap
from tests.compiler.emit.world import (
    AT,
    World,
    at,
    block,
    call,
    call_value,
    coerce,
    field,
    get,
    if_,
    lambda_,
    loop,
    maybe,
    new,
    ret,
    set_,
    throw,
    try_,
)


def assigned(name: str, type_: Type) -> LocalSymbol:
    return LocalSymbol(name, type_, is_mutable=True, is_assigned=True)


def caught(type_: ClassType) -> LocalSymbol:
    return LocalSymbol("e", type_)


def risky(w: World) -> FunctionSymbol:
    """``risky(n)``: throws for 0 (a trap), 1 and 2, else gives n."""
    other = w.exception("Other")
    w.core["Other"] = other.symbol
    made = w.function("risky", [("n", w.INT)], w.INT)
    n = get(made.params[0])
    w.bodies[made] = lambda: block(
        if_(w.op(n, "equals", w.int(1)), throw(w, w.EXCEPTION, "one"), None),
        if_(w.op(n, "equals", w.int(2)), throw(w, other, "two"), None),
        w.op(w.op(n, "times", n), "div", n),
    )
    return made


def test_the_first_fitting_catch_handles() -> None:
    w = World()
    function = risky(w)
    kinds = [ClassType(w.core[each]) for each in ("Other", "ArithmeticError", "Exception")]
    catches = [(caught(kind), w.int(-number)) for number, kind in enumerate(kinds, 1)]
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: w.op(w.int(100), "plus", try_(call(function, n), *catches, type_=w.INT)),
        export=True,
    )
    engine = w.start()
    assert [engine.call_export("f", (n,)) for n in range(4)] == [98, 97, 99, 103]


def test_what_no_catch_takes_goes_on() -> None:
    w = World()
    function = risky(w)
    catch = (caught(ClassType(w.core["Other"])), w.int(0))
    w.function("f", [("n", w.INT)], w.INT, lambda n: try_(call(function, n), catch, type_=w.INT), export=True)
    assert w.run("f", 2) == 0
    assert w.thrown("f", 1) == "Exception: one"
    assert w.thrown("f", 0).startswith("ArithmeticError: division by zero")


def test_the_exception_is_in_its_variable() -> None:
    w = World()
    e = caught(w.EXCEPTION)
    message = hir.NotNull(AT, w.STRING, field(get(e), "message"))
    w.function(
        "f", [], w.STRING, lambda: try_(throw(w, w.EXCEPTION, "hello"), (e, message), type_=w.STRING), export=True
    )
    assert w.run("f") == "hello"


def test_nested_handlers_innermost_first() -> None:
    w = World()
    function = risky(w)
    inner = try_(call(function, w.int(1)), (caught(ClassType(w.core["Other"])), w.int(1)), type_=w.INT)
    middle = try_(inner, (caught(w.EXCEPTION), w.int(2)), type_=w.INT)
    outer = try_(middle, (caught(w.EXCEPTION), w.int(3)), type_=w.INT)
    w.function("f", [], w.INT, lambda: outer, export=True)
    assert w.run("f") == 2


def test_an_exception_in_a_catch_leaves_its_try() -> None:
    w = World()
    again = (caught(w.EXCEPTION), throw(w, w.EXCEPTION, "second"))
    w.function("f", [], UNIT, lambda: try_(throw(w, w.EXCEPTION, "first"), again), export=True)
    assert w.thrown("f") == "Exception: second"


def test_try_under_pending_operands() -> None:
    w = World()
    function = risky(w)
    three = w.function("three", [("a", w.INT), ("b", w.STRING), ("c", w.INT), ("d", w.INT)], w.INT)
    a, b, c, d = map(get, three.params)
    w.bodies[three] = lambda: w.op(
        w.op(w.op(a, "times", w.int(100)), "plus", w.op(c, "times", w.op(b, "size"))), "plus", d
    )
    guarded = try_(call(function, w.int(2)), (caught(w.EXCEPTION), w.int(7)), type_=w.INT)
    text = hir.Concat(AT, w.STRING, (w.text("x"), w.text("y")))
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: call(three, w.op(n, "plus", w.int(1)), text, guarded, w.op(n, "times", n)),
        export=True,
    )
    assert w.run("f", 3) == 400 + 7 * 2 + 9


def test_a_local_that_body_and_catch_initialise() -> None:
    w = World()
    function = risky(w)
    x = LocalSymbol("x", w.INT)
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(
            try_(set_(x, call(function, n)), (caught(w.EXCEPTION), set_(x, w.int(-1)))),
            ret(get(x)),
        ),
        export=True,
    )
    assert [w.run("f", 1), w.run("f", 5)] == [-1, 5]


# Finally


class Logged:
    """A function whose log is a text that every step adds to."""

    def __init__(self) -> None:
        self.w = World()
        self.log = assigned("log", self.w.STRING)

    def note(self, text: str) -> hir.Expr:
        return set_(self.log, hir.Concat(AT, self.w.STRING, (get(self.log), self.w.text(text))))

    def run(self, *body: hir.Expr) -> str:
        """Run the body in a lambda-free function and give the log, whatever happens."""
        w = self.w
        w.function("f", [], w.STRING, lambda: block(set_(self.log, w.text("")), *body, ret(get(self.log))), export=True)
        value = w.run("f")
        assert isinstance(value, str)
        return value


def test_finally_after_the_end_of_the_body() -> None:
    t = Logged()
    assert t.run(try_(t.note("a"), final=t.note("b")), t.note("c")) == "abc"


def test_finally_after_an_exception() -> None:
    t = Logged()
    inner = try_(block(t.note("a"), throw(t.w, t.w.EXCEPTION, "x"), type_=UNIT), final=t.note("b"))
    assert t.run(try_(inner, (caught(t.w.EXCEPTION), t.note("c"))), t.note("d")) == "abcd"


def test_finally_after_a_catch_and_after_an_exception_in_a_catch() -> None:
    t = Logged()
    bad = block(t.note("a"), throw(t.w, t.w.EXCEPTION, "x"), type_=UNIT)
    assert t.run(try_(bad, (caught(t.w.EXCEPTION), t.note("b")), final=t.note("c")), t.note("d")) == "abcd"
    t = Logged()
    bad = block(t.note("a"), throw(t.w, t.w.EXCEPTION, "x"), type_=UNIT)
    worse = block(t.note("b"), throw(t.w, t.w.EXCEPTION, "y"), type_=UNIT)
    inner = try_(bad, (caught(t.w.EXCEPTION), worse), final=t.note("c"))
    assert t.run(try_(inner, (caught(t.w.EXCEPTION), t.note("d")))) == "abcd"


@pytest.mark.parametrize(("kind", "expected"), [(hir.Break, "bf."), (hir.Continue, "bfbfbf.")])
def test_finally_on_the_way_out_of_a_round(kind: type[hir.Break | hir.Continue], expected: str) -> None:
    t = Logged()
    w, i, target = t.w, assigned("i", t.w.INT), hir.JumpTarget("loop")
    body = try_(block(t.note("b"), kind(AT, NOTHING, target), type_=UNIT), final=t.note("f"))
    step = set_(i, w.op(get(i), "plus", w.int(1)))
    assert (
        t.run(set_(i, w.int(0)), loop(w.op(get(i), "lt", w.int(3)), body, target, step=step), t.note(".")) == expected
    )


def test_finally_on_return_keeps_the_value() -> None:
    w = World()
    x = assigned("x", w.INT)
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(set_(x, w.int(1)), try_(ret(get(x)), final=set_(x, w.int(2))), ret(w.int(3)), type_=UNIT),
        export=True,
    )
    assert w.run("f") == 1


def test_return_through_nested_finally_bodies_of_a_text() -> None:
    w = World()
    counts = w.array_of(w.INT)
    made = LocalSymbol("made", counts)

    def bump(index: int) -> hir.Expr:
        return w.op(get(made), "set", w.int(index), w.op(w.op(get(made), "get", w.int(index)), "plus", w.int(1)))

    inner = try_(ret(w.text("done")), final=bump(0))
    outer = try_(block(inner, bump(2), type_=UNIT), final=bump(1))
    f = w.function("f", [("a", counts)], w.STRING, lambda a: block(set_(made, a), outer, type_=UNIT))
    w.function(
        "g",
        [],
        w.INT,
        lambda: block(
            set_(made2 := LocalSymbol("made", counts), hir.New(AT, counts, (w.int(3),))),
            call(f, get(made2)),
            w.op(
                w.op(w.op(w.op(get(made2), "get", w.int(0)), "times", w.int(100)), "plus",
                     w.op(w.op(get(made2), "get", w.int(1)), "times", w.int(10))),
                "plus",
                w.op(get(made2), "get", w.int(2)),
            ),
            type_=w.INT,
        ),
        export=True,
    )  # fmt: skip
    assert w.run("g") == 110


def test_many_jumps_through_one_finally() -> None:
    t = Logged()
    w, i, target, outer = t.w, assigned("i", t.w.INT), hir.JumpTarget("loop"), hir.JumpTarget("outer")
    choice = hir.Switch(
        AT,
        UNIT,
        get(i),
        (
            ((1,), hir.Continue(AT, NOTHING, target)),
            ((2,), hir.Continue(AT, NOTHING, target)),
            ((4,), hir.Break(AT, NOTHING, target)),
            ((5,), hir.Break(AT, NOTHING, outer)),
        ),
        t.note("n"),
    )
    body = try_(block(choice, t.note("e")), final=t.note("f"))
    step = set_(i, w.op(get(i), "plus", w.int(1)))
    first = block(set_(i, w.int(0)), loop(None, body, target, step=step), t.note("|"))
    second = block(set_(i, w.int(5)), loop(None, body, target, step=step), t.note("!"))
    log = t.run(hir.Labelled(AT, UNIT, outer, block(first, second)), t.note("."))
    assert log == "nef" + "f" + "f" + "nef" + "f" + "|" + "f" + "."


def test_the_value_of_a_try_with_finally() -> None:
    w = World()
    function = risky(w)
    x = assigned("x", w.INT)
    value = try_(
        coerce(hir.Concat(AT, w.STRING, (w.text("v"), w.op(call(function, w.int(1)), "toString"))), maybe(w.STRING)),
        (caught(w.EXCEPTION), coerce(w.text("caught"), maybe(w.STRING))),
        final=set_(x, w.op(get(x), "plus", w.int(1))),
        type_=maybe(w.STRING),
    )
    w.function(
        "f",
        [],
        w.STRING,
        lambda: block(
            set_(x, w.int(0)),
            hir.Concat(AT, w.STRING, (hir.NotNull(AT, w.STRING, value), w.op(get(x), "toString"))),
            type_=w.STRING,
        ),
        export=True,
    )
    assert w.run("f") == "caught1"


def test_a_local_first_set_inside_try_with_finally() -> None:
    w = World()
    number, text = LocalSymbol("number", w.INT), LocalSymbol("text", w.STRING)
    x = assigned("x", w.INT)
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(
            set_(x, w.int(0)),
            try_(
                block(set_(number, w.int(5)), set_(text, w.text("abc"))),
                final=set_(x, w.int(1)),
            ),
            ret(w.op(w.op(get(number), "plus", w.op(get(text), "size")), "plus", get(x))),
        ),
        export=True,
    )
    assert w.run("f") == 9


def test_break_out_of_try_with_finally_keeps_what_the_body_set() -> None:
    w = World()
    text, x, target = LocalSymbol("text", w.STRING), assigned("x", w.INT), hir.JumpTarget("loop")
    body = try_(block(set_(text, w.text("abcd")), hir.Break(AT, NOTHING, target), type_=UNIT), final=set_(x, w.int(1)))
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(
            set_(x, w.int(0)), loop(None, block(body), target), ret(w.op(w.op(get(text), "size"), "plus", get(x)))
        ),
        export=True,
    )
    assert w.run("f") == 5


def test_an_exception_in_finally_replaces_the_first() -> None:
    w = World()
    w.function(
        "f", [], UNIT, lambda: try_(throw(w, w.EXCEPTION, "first"), final=throw(w, w.EXCEPTION, "last")), export=True
    )
    assert w.thrown("f") == "Exception: last"


def test_return_in_finally_wins() -> None:
    w = World()
    w.function(
        "f", [], w.INT, lambda: block(try_(throw(w, w.EXCEPTION, "x"), final=ret(w.int(4))), type_=UNIT), export=True
    )
    assert w.run("f") == 4


def test_finally_around_nothing_that_can_fail() -> None:
    t = Logged()
    assert t.run(try_(block(), final=t.note("f"))) == "f"


def test_finally_grows_in_proportion() -> None:
    def size(depth: int) -> int:
        w = World()
        x = assigned("x", w.INT)
        body: hir.Expr = set_(x, w.int(1))
        for _ in range(depth):
            body = try_(throw(w, w.EXCEPTION, "x"), final=body)
        w.function("f", [], UNIT, lambda: block(set_(x, w.int(0)), body, type_=UNIT), export=True)
        return len(w.module().functions[0].code)

    assert size(12) - size(6) < 2 * (size(6) - size(1)) + 60


def test_a_lambda_in_finally_and_a_try_in_a_lambda() -> None:
    w = World()
    function = risky(w)
    n = LocalSymbol("n", w.INT)
    safe = lambda_([n], [], try_(call(function, get(n)), (caught(w.EXCEPTION), w.int(-1)), type_=w.INT), w.INT)
    f = LocalSymbol("f", FunctionType((w.INT,), w.INT))
    x = assigned("x", w.INT)
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(
            set_(f, safe),
            set_(x, w.int(0)),
            try_(block(), final=set_(x, call_value(get(f), w.int(2)))),
            ret(get(x)),
        ),
        export=True,
    )
    assert w.run("f") == -1


# Traces


def test_frames_have_the_lines_of_calls() -> None:
    w = World()
    fail = w.function("fail", [], NOTHING)
    thrown = new(w.EXCEPTION, coerce(w.text("x"), maybe(w.STRING)))
    w.bodies[fail] = lambda: hir.Throw(at(7), NOTHING, thrown)
    w.function(
        "f",
        [],
        UNIT,
        lambda: block(hir.Call(at(3), NOTHING, fail, (), (), ()), type_=UNIT),
        export=True,
    )
    with pytest.raises(Trap) as caught_:
        w.run("f")
    frames: Sequence[tuple[str, str, int]] = [(each.function, each.file, each.line) for each in caught_.value.frames]
    assert frames == [("fail", "main.peb", 7), ("f", "main.peb", 3)]


def test_the_trap_of_an_operator_has_its_line() -> None:
    w = World()
    divide = next(each for each in w.core["Int"].methods if each.name == "div")
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(w.op(n, "plus", n), hir.Call(at(9), w.INT, divide, (), (), (n, w.int(0)))),
        export=True,
    )
    with pytest.raises(Trap) as caught_:
        w.run("f", 1)
    assert [each.line for each in caught_.value.frames] == [9]
