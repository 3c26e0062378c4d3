"""Function values: captures, cells, canonical signatures, adapters."""

from __future__ import annotations

from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol, LocalSymbol, TypeParameterSymbol
from compiler.ir.types import ANY, NOTHING, UNIT, ClassType, FunctionType, ParameterType, Type
from pvm.isa.encoding import decode_code
from tests.compiler.emit.world import (
    AT,
    World,
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
    null,
    ret,
    set_,
    set_field,
    throw,
    try_,
)


def mnemonics(w: World, name: str) -> list[str]:
    function = next(each for each in w.module().functions if each.name == name)
    return [each.opcode.mnemonic for each in decode_code(function.code)]


def shared(name: str, type_: Type) -> LocalSymbol:
    return LocalSymbol(name, type_, is_mutable=True, is_captured=True, is_assigned=True)


def test_a_lambda_captures_values() -> None:
    w = World()
    a, x = LocalSymbol("a", w.INT, is_captured=True), LocalSymbol("x", w.INT)
    add = lambda_([x], [a], w.op(get(a), "plus", get(x)), w.INT)
    w.function("f", [("n", w.INT)], w.INT, lambda n: block(set_(a, n), call_value(add, w.int(5))), export=True)
    assert w.run("f", 37) == 42
    assert [each.name for each in w.module().functions] == ["f", "f.lambda#1"]


def test_a_single_reference_is_the_environment() -> None:
    w = World()
    s = LocalSymbol("s", w.STRING, is_captured=True)
    show = lambda_([], [s], get(s), w.STRING)
    w.function("f", [("t", w.STRING)], w.STRING, lambda t: block(set_(s, t), call_value(show)), export=True)
    assert w.run("f", "x") == "x"
    assert "object.new" not in mnemonics(w, "f")


def test_lambdas_share_a_variable_that_changes() -> None:
    w = World()
    n = shared("n", w.INT)
    step = lambda_([], [n], set_(n, w.op(get(n), "plus", w.int(1))), UNIT)
    f = LocalSymbol("f", step.type)
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(set_(n, w.int(40)), set_(f, step), call_value(get(f)), call_value(get(f)), get(n), type_=w.INT),
        export=True,
    )
    assert w.run("f") == 42


def test_a_captured_parameter_that_changes() -> None:
    w = World()
    f = w.function("f", [("s", w.STRING)], w.STRING, export=True)
    s = f.params[0]
    s.is_captured = s.is_assigned = True
    grow = lambda_([], [s], set_(s, hir.Concat(AT, w.STRING, (get(s), w.text("!")))), UNIT)
    w.bodies[f] = lambda: block(call_value(grow), call_value(grow), get(s), type_=w.STRING)
    assert w.run("f", "a") == "a!!"


def test_each_round_of_a_loop_has_its_own_variable() -> None:
    w = World()
    kind = FunctionType((), w.INT)
    functions = w.array_of(kind)
    made, i = LocalSymbol("made", functions), LocalSymbol("i", w.INT, is_assigned=True)
    own = shared("own", w.INT)
    keep = lambda_([], [own], get(own), w.INT)
    body = block(
        set_(own, get(i)),
        w.op(get(made), "set", get(i), keep),
        set_(own, w.op(get(own), "times", w.int(10))),
        set_(i, w.op(get(i), "plus", w.int(1))),
        type_=UNIT,
    )
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(
            set_(made, hir.New(AT, functions, (w.int(3),))),
            set_(i, w.int(0)),
            loop(w.op(get(i), "lt", w.int(3)), body),
            call_value(w.op(get(made), "get", n)),
        ),
        export=True,
    )
    assert [w.run("f", n) for n in range(3)] == [0, 10, 20]


def test_a_lambda_in_a_lambda_captures_through_it() -> None:
    w = World()
    a, b = LocalSymbol("a", w.INT, is_captured=True), LocalSymbol("b", w.INT, is_captured=True)
    inner = lambda_([], [a, b], w.op(get(a), "minus", get(b)), w.INT, "f.lambda#2")
    outer = lambda_([b], [a], call_value(inner), w.INT)
    w.function("f", [("n", w.INT)], w.INT, lambda n: block(set_(a, n), call_value(outer, w.int(2))), export=True)
    assert w.run("f", 44) == 42


def test_a_lambda_in_a_method_captures_this() -> None:
    w = World()
    counter = w.cls("Counter", [("n", w.INT)])
    own = ClassType(counter)
    bump = w.function("bump", [("this", own)], w.INT, owner=counter)
    this = bump.params[0]
    this.is_captured = True
    grow = lambda_([], [this], set_field(get(this), "n", w.op(field(get(this), "n"), "plus", w.int(1))), UNIT)
    w.bodies[bump] = lambda: block(call_value(grow), field(get(this), "n"), type_=w.INT)
    w.function("f", [], w.INT, lambda: call(bump, new(own, w.int(6))), export=True)
    assert w.run("f") == 7


def apply(w: World) -> FunctionSymbol:
    """``fun apply<T, R>(value: T, change: (T) -> R) -> R = change(value)``."""
    t, r = TypeParameterSymbol("T"), TypeParameterSymbol("R")
    source, target = ParameterType(t), ParameterType(r)
    return w.function(
        "apply",
        [("value", source), ("change", FunctionType((source,), target))],
        target,
        lambda value, change: call_value(change, value),
        type_params=[t, r],
    )


def test_lambdas_in_generic_functions_need_no_adapter() -> None:
    w = World()
    function = apply(w)
    x, s = LocalSymbol("x", w.INT), LocalSymbol("s", w.STRING)
    double = lambda_([x], [], w.op(get(x), "times", w.int(2)), w.INT)
    size = lambda_([s], [], w.op(get(s), "size"), w.INT, "f.lambda#2")
    point = ClassType(w.cls("Point", [("x", w.INT)]))
    p = LocalSymbol("p", point)
    first = lambda_([p], [], field(get(p), "x"), w.INT, "f.lambda#3")
    applied = hir.Call(AT, w.INT, function, (), (point, w.INT), (new(point, w.int(9)), first))
    w.function(
        "f",
        [],
        w.INT,
        lambda: hir.Call(AT, w.INT, function, (), (w.INT, w.INT), (w.int(21), double)),
        export=True,
    )
    w.function(
        "g",
        [],
        w.INT,
        lambda: hir.Call(AT, w.INT, function, (), (w.STRING, w.INT), (w.text("abc"), size)),
        export=True,
    )
    w.function("h", [], w.INT, lambda: applied, export=True)
    assert [w.run("f"), w.run("g"), w.run("h")] == [42, 3, 9]
    names = [each.name for each in w.module().functions]
    assert {"apply<Int, Int>", "apply<String, Int>", "apply<Any, Int>"} < set(names)
    assert "adapter" not in names


def test_a_lambda_without_value_where_a_type_parameter_is_wanted() -> None:
    w = World()
    function = apply(w)
    x = LocalSymbol("x", w.INT)
    quiet = lambda_([x], [], block(get(x), type_=UNIT), UNIT)
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(hir.Call(AT, UNIT, function, (), (w.INT, UNIT), (w.int(1), quiet)), w.int(2)),
        export=True,
    )
    assert w.run("f") == 2


def test_return_without_value_where_a_type_parameter_is_wanted() -> None:
    w = World()
    function = apply(w)
    x, y = LocalSymbol("x", w.INT), LocalSymbol("y", w.INT, is_assigned=True)
    early = block(if_(w.op(get(x), "gt", w.int(0)), ret(), None), type_=UNIT)
    guarded = try_(block(ret(), type_=UNIT), final=set_(y, w.int(1)))
    quiet = lambda_([x], [], early, UNIT)
    other = lambda_([x], [], block(set_(y, get(x)), guarded), UNIT, "f.lambda#2")

    def applied(value: hir.Expr) -> hir.Expr:
        return hir.Call(AT, UNIT, function, (), (w.INT, UNIT), (w.int(1), value))

    w.function("f", [], w.INT, lambda: block(applied(quiet), applied(other), w.int(2)), export=True)
    assert w.run("f") == 2


def test_a_lambda_that_always_throws_is_one_of_any_result() -> None:
    w = World()
    function = apply(w)
    x = LocalSymbol("x", w.INT)
    fail = lambda_([x], [], throw(w, w.EXCEPTION, "no"), NOTHING)
    wanted = coerce(fail, FunctionType((w.INT,), w.INT))
    w.function(
        "f",
        [],
        w.INT,
        lambda: hir.Call(AT, w.INT, function, (), (w.INT, w.INT), (w.int(1), wanted)),
        export=True,
    )
    assert w.thrown("f") == "Exception: no"


def test_reference_variance_is_free_and_primitive_variance_is_adapted() -> None:
    w = World()
    takes_any = FunctionType((maybe(ANY),), w.STRING)
    takes_text, takes_int = FunctionType((w.STRING,), maybe(ANY)), FunctionType((w.INT,), maybe(ANY))
    show = w.core_functions["anyToString"]
    value = hir.FunctionValue(AT, takes_any, show, (), ())
    held = LocalSymbol("held", takes_any)
    w.function(
        "text",
        [],
        maybe(ANY),
        lambda: block(set_(held, value), call_value(coerce(get(held), takes_text), w.text("a")), type_=maybe(ANY)),
        export=True,
    )
    assert w.run("text") == "a"
    assert "adapter" not in [each.name for each in w.module().functions]
    w.function(
        "int",
        [],
        maybe(ANY),
        lambda: block(set_(held, value), call_value(coerce(get(held), takes_int), w.int(12)), type_=maybe(ANY)),
        export=True,
    )
    assert w.run("int") == "12"
    assert "adapter" in [each.name for each in w.module().functions]


def test_adapting_null_gives_null() -> None:
    w = World()
    source, target = maybe(FunctionType((maybe(ANY),), w.INT)), maybe(FunctionType((w.INT,), w.INT))
    held = LocalSymbol("held", source)
    x = LocalSymbol("x", maybe(ANY))
    one = lambda_([x], [], w.int(1), w.INT)
    adapted = LocalSymbol("adapted", target)
    w.function(
        "f",
        [("c", w.BOOL)],
        w.INT,
        lambda c: block(
            set_(held, if_(c, null(source), coerce(one, source), source)),
            set_(adapted, coerce(get(held), target)),
            if_(hir.IsNull(AT, w.BOOL, get(adapted)), ret(w.int(-1)), None),
            call_value(coerce(get(adapted), FunctionType((w.INT,), w.INT)), w.int(5)),
            type_=w.INT,
        ),
        export=True,
    )
    assert [w.run("f", True), w.run("f", False)] == [-1, 1]


def test_named_functions_as_values() -> None:
    w = World()
    double = w.function("double", [("n", w.INT)], w.INT, lambda n: w.op(n, "times", w.int(2)))
    exact = hir.FunctionValue(AT, FunctionType((w.INT,), w.INT), double, (), ())
    w.function("f", [], w.INT, lambda: call_value(exact, w.int(4)), export=True)
    method = next(each for each in w.core["String"].methods if each.name == "size")
    size = hir.FunctionValue(AT, FunctionType((w.STRING,), w.INT), method, (), ())
    w.function("g", [], w.INT, lambda: call_value(size, w.text("abc")), export=True)
    assert [w.run("f"), w.run("g")] == [8, 3]
    assert [each.name for each in w.module().functions] == ["f", "g", "double", "String.size (value)"]


def test_the_callee_is_evaluated_before_its_arguments() -> None:
    w = World()
    log = LocalSymbol("log", w.STRING, is_assigned=True, is_captured=True)
    x = LocalSymbol("x", w.INT)

    def note(text: str) -> hir.Expr:
        return set_(log, hir.Concat(AT, w.STRING, (get(log), w.text(text))))

    callee = block(note("callee "), lambda_([x], [], get(x), w.INT), type_=FunctionType((w.INT,), w.INT))
    argument = block(note("argument "), w.int(1), type_=w.INT)
    w.function(
        "f", [], w.STRING, lambda: block(set_(log, w.text("")), call_value(callee, argument), get(log), type_=w.STRING),
        export=True,
    )  # fmt: skip
    assert w.run("f") == "callee argument "


def test_a_lambda_that_calls_itself() -> None:
    w = World()
    kind = FunctionType((w.INT,), w.INT)
    f = shared("f", kind)
    n = LocalSymbol("n", w.INT)
    body = if_(
        w.op(get(n), "lt", w.int(2)),
        w.int(1),
        w.op(get(n), "times", call_value(get(f), w.op(get(n), "minus", w.int(1)))),
        w.INT,
    )
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(set_(f, lambda_([n], [f], body, w.INT)), call_value(get(f), w.int(5))),
        export=True,
    )
    assert w.run("f") == 120


def test_return_in_a_lambda_leaves_the_lambda() -> None:
    w = World()
    x = LocalSymbol("x", w.INT)
    body = block(if_(w.op(get(x), "lt", w.int(0)), ret(w.int(0)), None), get(x))
    positive = lambda_([x], [], body, w.INT)
    w.function("f", [("n", w.INT)], w.INT, lambda n: w.op(call_value(positive, n), "plus", w.int(1)), export=True)
    assert [w.run("f", -5), w.run("f", 5)] == [1, 6]
