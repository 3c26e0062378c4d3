"""Null, boxes, casts and tests; instances of generic classes and functions."""

from __future__ import annotations

from compiler.ir import hir
from compiler.ir.symbols import ClassSymbol, FunctionSymbol, LocalSymbol, TypeParameterSymbol
from compiler.ir.types import ANY, UNIT, ClassType, ParameterType, Type
from tests.compiler.emit.world import (
    AT,
    World,
    block,
    call,
    classes_of,
    coerce,
    field,
    functions_of,
    get,
    if_,
    loop,
    maybe,
    method,
    new,
    null,
    ret,
    set_,
    set_field,
    virtual,
)

# Null, casts, tests


def test_boxes_casts_and_tests() -> None:
    w = World()
    w.function("isInt", [("a", maybe(ANY))], w.BOOL, lambda a: hir.IsInstance(AT, w.BOOL, a, w.INT), export=True)
    w.function("asInt", [("a", maybe(ANY))], w.INT, lambda a: hir.Cast(AT, w.INT, a), export=True)
    w.function("asText", [("a", maybe(ANY))], w.STRING, lambda a: hir.Cast(AT, w.STRING, a), export=True)
    w.function("box", [("n", w.INT)], maybe(ANY), lambda n: coerce(coerce(n, maybe(w.INT)), maybe(ANY)))
    box = w.function("round", [("n", w.INT)], w.INT, lambda n: hir.Cast(AT, w.INT, coerce(n, ANY)), export=True)
    assert box is not None
    engine = w.start()
    assert engine.call_export("isInt", ("text",)) is False
    assert engine.call_export("isInt", (None,)) is False
    assert engine.call_export("asText", ("text",)) == "text"
    assert engine.call_export("round", (2**40,)) == 2**40
    assert w.thrown("asInt", "text").startswith("CastError")
    assert w.thrown("asInt", None).startswith("CastError")


def test_not_null_and_null_tests() -> None:
    w = World()
    text = maybe(w.STRING)
    w.function("get", [("a", text)], w.STRING, lambda a: hir.NotNull(AT, w.STRING, a), export=True)
    w.function(
        "size",
        [("a", text)],
        w.INT,
        lambda a: if_(hir.IsNull(AT, w.BOOL, a), w.int(-1), w.op(coerce(a, w.STRING), "size"), w.INT),
        export=True,
    )
    engine = w.start()
    assert engine.call_export("get", ("a",)) == "a"
    assert [engine.call_export("size", (each,)) for each in ("abc", None)] == [3, -1]
    assert w.thrown("get", None).startswith("NullError")


def test_a_nullable_primitive_is_boxed() -> None:
    w = World()
    some = maybe(w.INT)
    value = LocalSymbol("value", some)
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(
            set_(value, if_(w.op(n, "lt", w.int(0)), null(some), coerce(n, some), some)),
            if_(hir.IsNull(AT, w.BOOL, get(value)), ret(w.int(0)), None),
            w.op(hir.NotNull(AT, w.INT, get(value)), "plus", coerce(get(value), w.INT)),
            type_=w.INT,
        ),
        export=True,
    )
    assert [w.run("f", -1), w.run("f", 21)] == [0, 42]


def test_what_is_known_about_a_variable_ends_where_it_is_set() -> None:
    w = World()
    some = maybe(w.STRING)
    x, n = LocalSymbol("x", some, is_assigned=True), LocalSymbol("n", w.INT, is_assigned=True)

    def size_of_x() -> hir.Expr:
        is_null = hir.IsNull(AT, w.BOOL, get(x))
        return if_(is_null, w.int(100), w.op(coerce(get(x), w.STRING), "size"), w.INT)

    add = set_(n, w.op(w.op(get(n), "times", w.int(10)), "plus", size_of_x()))
    again = set_(n, w.op(get(n), "plus", w.op(hir.NotNull(AT, w.STRING, get(x)), "size")))
    shorter = set_(x, coerce(w.text("ab"), some))
    body = block(again, shorter, again)
    once = block(set_(x, coerce(w.text("abcd"), some)), add, add)
    known = if_(hir.IsNull(AT, w.BOOL, get(x)), block(), loop(w.op(get(n), "lt", w.int(60)), body))
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(set_(n, w.int(0)), once, known, set_(x, null(some)), add, get(n), type_=w.INT),
        export=True,
    )
    # 4, then 44, then rounds of the loop: +4 +2, +2 +2 ... until 60; the variable is null at the end.
    expected = 44 + 4 + 2
    while expected < 60:
        expected += 2 + 2
    assert w.run("f") == expected * 10 + 100


def test_tests_that_an_instance_decides() -> None:
    w = World()
    t = TypeParameterSymbol("T")
    own = ParameterType(t)
    check = w.function(
        "check",
        [("a", own)],
        w.INT,
        lambda a: if_(
            hir.IsNull(AT, w.BOOL, a),
            w.int(0),
            if_(hir.IsInstance(AT, w.BOOL, a, w.INT), w.int(1), w.int(2), w.INT),
            w.INT,
        ),
        type_params=[t],
    )
    w.function("int", [], w.INT, lambda: call(check, w.int(5), types=[w.INT]), export=True)
    w.function("text", [], w.INT, lambda: call(check, w.text(""), types=[w.STRING]), export=True)
    some = maybe(w.STRING)
    w.function("none", [], w.INT, lambda: call(check, null(some), types=[some]), export=True)
    number = maybe(w.INT)
    w.function("boxed", [], w.INT, lambda: call(check, coerce(w.int(1), number), types=[number]), export=True)
    assert [w.run(each) for each in ("int", "text", "none", "boxed")] == [1, 2, 0, 1]


def test_identity_of_objects_and_of_primitives() -> None:
    w = World()
    thing = ClassType(w.cls("Thing"))
    made = LocalSymbol("made", thing)
    w.function(
        "f",
        [],
        w.BOOL,
        lambda: block(
            set_(made, new(thing)),
            hir.And(
                AT,
                w.BOOL,
                hir.Identical(AT, w.BOOL, get(made), get(made)),
                hir.Not(AT, w.BOOL, hir.Identical(AT, w.BOOL, get(made), new(thing))),
            ),
        ),
        export=True,
    )
    w.function("g", [("n", w.INT)], w.BOOL, lambda n: hir.Identical(AT, w.BOOL, n, w.int(3)), export=True)
    assert w.run("f") is True
    assert [w.run("g", 3), w.run("g", 4)] == [True, False]


# Generic classes


def holder(w: World) -> tuple[ClassSymbol, FunctionSymbol]:
    t = TypeParameterSymbol("T")
    symbol = w.cls("Holder", [("item", ParameterType(t))], type_params=[t])
    swap = method(
        w,
        symbol,
        "swap",
        ParameterType(t),
        lambda this, item: block(
            set_(old := LocalSymbol("old", ParameterType(t)), field(this, "item", ParameterType(t))),
            set_field(this, "item", item),
            get(old),
        ),
        ("item", ParameterType(t)),
    )
    return symbol, swap


def test_instances_over_primitives_and_texts_are_their_own_and_the_rest_is_shared() -> None:
    w = World()
    symbol, swap = holder(w)
    point = ClassType(w.cls("Point", [("x", w.INT)]))

    def swapped(type_: Type, first: hir.Expr, second: hir.Expr) -> hir.Expr:
        own = ClassType(symbol, (type_,))
        return hir.Call(AT, type_, swap, (type_,), (), (new(own, first), second))

    w.function("i", [], w.INT, lambda: swapped(w.INT, w.int(1), w.int(2)), export=True)
    w.function("s", [], w.STRING, lambda: swapped(w.STRING, w.text("a"), w.text("b")), export=True)
    w.function(
        "p", [], w.INT, lambda: field(swapped(point, new(point, w.int(5)), new(point, w.int(6))), "x"), export=True
    )
    array = w.array_of(w.INT)
    empty = hir.NewArray(AT, array, ())
    w.function("a", [], w.INT, lambda: w.op(swapped(array, empty, empty), "size"), export=True)
    assert [w.run("i"), w.run("s"), w.run("p"), w.run("a")] == [1, "a", 5, 0]
    assert [each for each in classes_of(w) if "Holder" in each] == ["Holder<Int>", "Holder<String>", "Holder"]
    assert [each for each in functions_of(w) if "swap" in each] == [
        "Holder<Int>.swap",
        "Holder<String>.swap",
        "Holder.swap",
    ]


def test_members_of_any_on_a_type_parameter() -> None:
    w = World()
    t = TypeParameterSymbol("T")
    own = ParameterType(t)
    show = w.function("show", [("a", own)], w.STRING, lambda a: virtual(w.to_string, a), type_params=[t])
    equal = w.function(
        "equal",
        [("a", own), ("b", own)],
        w.BOOL,
        lambda a, b: virtual(w.equals, a, coerce(b, maybe(ANY))),
        type_params=[t],
    )
    mixed = w.function(
        "mixed", [("a", own), ("b", maybe(ANY))], w.BOOL, lambda a, b: virtual(w.equals, a, b), type_params=[t]
    )
    w.function("showInt", [], w.STRING, lambda: call(show, w.int(12), types=[w.INT]), export=True)
    w.function("showText", [], w.STRING, lambda: call(show, w.text("x"), types=[w.STRING]), export=True)
    some = maybe(w.INT)
    w.function("showNull", [], w.STRING, lambda: call(show, null(some), types=[some]), export=True)
    w.function("equalInt", [], w.BOOL, lambda: call(equal, w.int(1), w.int(1), types=[w.INT]), export=True)
    w.function("mixed", [], w.BOOL, lambda: call(mixed, w.int(1), coerce(w.text("1"), ANY), types=[w.INT]), export=True)
    assert [w.run(each) for each in ("showInt", "showText", "showNull")] == ["12", "x", "null"]
    assert [w.run("equalInt"), w.run("mixed")] == [True, False]


def test_a_method_of_any_on_an_interface_goes_to_the_object() -> None:
    w = World()
    named = w.interface("Named")
    thing = w.cls("Thing", interfaces=[ClassType(named)])
    method(w, thing, "toString", w.STRING, lambda _: w.text("thing"), overrides=[w.to_string])
    w.function(
        "f",
        [],
        w.STRING,
        lambda: virtual(w.to_string, coerce(new(ClassType(thing)), ClassType(named))),
        export=True,
    )
    assert w.run("f") == "thing"


def test_a_unit_value_where_a_type_parameter_is_wanted() -> None:
    w = World()
    t = TypeParameterSymbol("T")
    give = w.function("give", [("a", ParameterType(t))], ParameterType(t), lambda a: a, type_params=[t])
    nothing = w.function("nothing", [], UNIT, block)
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(call(give, call(nothing), type_=UNIT, types=[UNIT]), w.int(1)),
        export=True,
    )
    assert w.run("f") == 1
