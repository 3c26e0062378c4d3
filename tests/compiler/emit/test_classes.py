"""Classes: construction, fields, virtual methods, interfaces with defaults, bridges."""

from __future__ import annotations

from compiler.ir import hir
from compiler.ir.symbols import ClassSymbol, FunctionSymbol, LocalSymbol, TypeParameterSymbol
from compiler.ir.types import ANY, UNIT, ClassType, ParameterType, Type
from pvm.pbc.model import ClassFlag
from tests.compiler.emit.world import (
    AT,
    World,
    block,
    call,
    coerce,
    field,
    get,
    if_,
    maybe,
    new,
    null,
    ret,
    set_,
    set_field,
    virtual,
)


def classes_of(w: World) -> dict[str, ClassFlag]:
    return {each.name: each.flags for each in w.module().classes}


def functions_of(w: World) -> list[str]:
    return [each.name for each in w.module().functions]


def method(
    w: World,
    owner: ClassSymbol,
    name: str,
    result: Type,
    body: object = None,
    *params: tuple[str, Type],
    **rest: object,
) -> FunctionSymbol:
    own = ClassType(owner, tuple(ParameterType(each) for each in owner.type_params))
    return w.function(name, [("this", own), *params], result, body, owner=owner, **rest)  # type: ignore[arg-type]


def test_a_class_whose_fields_are_its_parameters_is_made_in_place() -> None:
    w = World()
    point = ClassType(w.cls("Point", [("x", w.INT), ("y", w.INT)]))
    w.function(
        "f",
        [("a", w.INT)],
        w.INT,
        lambda a: w.op(field(new(point, a, w.int(5)), "x"), "minus", field(new(point, a, w.int(5)), "y")),
        export=True,
    )
    assert w.run("f", 7) == 2
    assert functions_of(w) == ["f"]


def test_narrow_fields_are_packed() -> None:
    w = World()
    packed = ClassType(w.cls("Packed", [("a", w.UINT8), ("b", w.BOOL)]))
    w.function(
        "f",
        [("a", w.UINT8)],
        w.UINT8,
        lambda a: field(new(packed, a, w.bool(True)), "a"),
        export=True,
    )
    assert w.run("f", 255) == 255
    definition = next(each for each in w.module().classes if each.name == "Packed")
    assert [each.storage.size for each in definition.fields] == [1, 1]


def test_fields_are_computed_in_order_and_may_read_earlier_ones() -> None:
    w = World()
    base = w.cls(
        "Base",
        [("a", w.INT)],
        params=[("n", w.INT)],
        values=lambda n, _: [w.op(n, "plus", w.int(1))],
        is_open=True,
    )
    derived = w.cls(
        "Derived",
        [("b", w.INT), ("c", w.INT)],
        superclass=ClassType(base),
        params=[("n", w.INT)],
        super_arguments=lambda n: [w.op(n, "times", w.int(2))],
        values=lambda n, b, _: [w.op(n, "plus", w.int(10)), w.op(b, "times", b)],
    )
    made = LocalSymbol("made", ClassType(derived))
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(
            set_(made, new(ClassType(derived), n)),
            w.op(w.op(field(get(made), "a"), "times", w.int(1000)), "plus", field(get(made), "c")),
        ),
        export=True,
    )
    assert w.run("f", 3) == 7 * 1000 + 13 * 13
    assert functions_of(w) == ["f", "Derived.new"]


def test_init_methods_run_superclass_first_on_the_whole_object() -> None:
    w = World()
    base = w.cls(
        "Base",
        [("log", w.STRING)],
        params=[],
        values=lambda _: [w.text("")],
        init=lambda this: set_field(this, "log", hir.Concat(AT, w.STRING, (field(this, "log"), w.text("b")))),
        is_open=True,
    )
    derived = w.cls(
        "Derived",
        superclass=ClassType(base),
        params=[("s", w.STRING)],
        super_arguments=lambda _: [],
        values=lambda _: [],
        init=lambda this, s: set_field(this, "log", hir.Concat(AT, w.STRING, (field(this, "log"), s))),
    )
    w.function("f", [], w.STRING, lambda: field(new(ClassType(derived), w.text("d")), "log"), export=True)
    assert w.run("f") == "bd"


def shapes(w: World) -> tuple[ClassType, ClassType, ClassType, FunctionSymbol]:
    shape = w.cls("Shape", is_open=True, is_abstract=True)
    area = method(w, shape, "area", w.INT, None, is_abstract=True, is_open=True)
    square = w.cls("Square", [("side", w.INT)], superclass=ClassType(shape), is_open=True)
    method(
        w,
        square,
        "area",
        w.INT,
        lambda this: w.op(field(this, "side"), "times", field(this, "side")),
        overrides=[area],
        is_open=True,
    )
    double = w.cls(
        "Double",
        superclass=ClassType(square),
        params=[("side", w.INT)],
        super_arguments=lambda side: [side],
        values=lambda _: [],
    )
    inherited = square.methods[0]
    method(
        w,
        double,
        "area",
        w.INT,
        lambda this: w.op(call(inherited, coerce(this, ClassType(square))), "times", w.int(2)),
        overrides=[inherited],
    )
    return ClassType(shape), ClassType(square), ClassType(double), area


def test_virtual_calls_and_calls_of_the_overridden_method() -> None:
    w = World()
    shape, square, double, area = shapes(w)
    measure = w.function("measure", [("s", shape)], w.INT, lambda s: virtual(area, s))
    w.function(
        "f",
        [("c", w.BOOL)],
        w.INT,
        lambda c: call(
            measure,
            if_(c, coerce(new(square, w.int(3)), shape), coerce(new(double, w.int(3)), shape), shape),
        ),
        export=True,
    )
    assert [w.run("f", True), w.run("f", False)] == [9, 18]
    flags = classes_of(w)
    assert flags["Shape"] == ClassFlag.ABSTRACT
    assert flags["Double"] == ClassFlag.FINAL
    assert set(functions_of(w)) == {"f", "measure", "Square.area", "Double.area"}


def test_methods_of_classes_without_objects_are_not_emitted() -> None:
    w = World()
    shape, square, _, area = shapes(w)
    w.function("f", [], w.INT, lambda: virtual(area, coerce(new(square, w.int(4)), shape)), export=True)
    assert w.run("f") == 16
    assert functions_of(w) == ["f", "Square.area"]


def test_slots_that_are_not_called_do_not_exist() -> None:
    w = World()
    _, square, _, _ = shapes(w)
    w.function("f", [], w.INT, lambda: field(new(square, w.int(4)), "side"), export=True)
    assert functions_of(w) == ["f"]
    assert all(not each.methods for each in w.module().classes)


def test_interfaces_with_defaults_and_methods_inherited_from_a_class_that_does_not_know_them() -> None:
    w = World()
    named, greeting = w.interface("Named"), w.interface("Greeting")
    name = method(w, named, "name", w.STRING, None, is_abstract=True)
    greeting.interfaces.append(ClassType(named))
    greet = method(
        w,
        greeting,
        "greet",
        w.STRING,
        lambda this: hir.Concat(AT, w.STRING, (w.text("hi "), virtual(name, coerce(this, ClassType(named))))),
        is_open=True,
    )
    base = w.cls("Base", is_open=True)
    method(w, base, "name", w.STRING, lambda _: w.text("base"), is_open=True)
    derived = w.cls("Derived", superclass=ClassType(base), interfaces=[ClassType(greeting)])
    other = w.cls("Other", interfaces=[ClassType(greeting)])
    method(w, other, "name", w.STRING, lambda _: w.text("other"), overrides=[name])
    method(w, other, "greet", w.STRING, lambda _: w.text("own"), overrides=[greet])
    w.function(
        "f",
        [("c", w.BOOL)],
        w.STRING,
        lambda c: virtual(
            greet,
            if_(
                c,
                coerce(new(ClassType(derived)), ClassType(greeting)),
                coerce(new(ClassType(other)), ClassType(greeting)),
                ClassType(greeting),
            ),
        ),
        export=True,
    )
    assert [w.run("f", True), w.run("f", False)] == ["hi base", "own"]


def test_an_abstract_class_may_leave_an_interface_to_its_subclasses() -> None:
    w = World()
    named = w.interface("Named")
    name = method(w, named, "name", w.STRING, None, is_abstract=True)
    base = w.cls("Base", is_open=True, is_abstract=True, interfaces=[ClassType(named)])
    for each in ("A", "B"):
        made = w.cls(each, superclass=ClassType(base))
        method(w, made, "name", w.STRING, lambda _, each=each: w.text(each), overrides=[name])
        own = ClassType(made)
        w.function(
            f"f{each}", [], w.STRING, lambda own=own: virtual(name, coerce(new(own), ClassType(named))), export=True
        )
    assert [w.run("fA"), w.run("fB")] == ["A", "B"]


def test_the_default_of_the_lower_interface_wins() -> None:
    w = World()
    upper, lower = w.interface("Upper"), w.interface("Lower")
    lower.interfaces.append(ClassType(upper))
    first = method(w, upper, "f", w.INT, lambda _: w.int(1), is_open=True)
    method(w, lower, "f", w.INT, lambda _: w.int(2), overrides=[first], is_open=True)
    made = w.cls("Made", interfaces=[ClassType(upper), ClassType(lower)])
    w.function("f", [], w.INT, lambda: virtual(first, coerce(new(ClassType(made)), ClassType(upper))), export=True)
    assert w.run("f") == 2


def test_a_covariant_override_is_bridged_with_a_box() -> None:
    w = World()
    base = w.cls("Base", is_open=True)
    value = method(w, base, "value", ANY, lambda _: coerce(w.text("base"), ANY), is_open=True)
    derived = w.cls("Derived", superclass=ClassType(base))
    method(w, derived, "value", w.INT, lambda _: w.int(42), overrides=[value])
    w.function(
        "f",
        [],
        w.INT,
        lambda: hir.Cast(AT, w.INT, virtual(value, coerce(new(ClassType(derived)), ClassType(base)))),
        export=True,
    )
    assert w.run("f") == 42
    assert functions_of(w) == ["f", "Derived.value (bridge)", "Derived.value"]


def comparable(w: World) -> tuple[ClassSymbol, FunctionSymbol]:
    t = TypeParameterSymbol("T")
    symbol = w.interface("Comparable", type_params=[t])
    compare = method(w, symbol, "compareTo", w.INT, None, ("other", ParameterType(t)), is_abstract=True)
    return symbol, compare


def test_an_override_of_an_erased_parameter_is_bridged_with_a_cast() -> None:
    w = World()
    symbol, compare = comparable(w)
    version = w.cls("Version", [("n", w.INT)])
    own = ClassType(version)
    version.interfaces.append(ClassType(symbol, (own,)))
    method(
        w,
        version,
        "compareTo",
        w.INT,
        lambda this, other: w.op(field(this, "n"), "minus", field(other, "n")),
        ("other", own),
        overrides=[compare],
    )
    t = TypeParameterSymbol("T")
    t.bounds = (ClassType(symbol, (ParameterType(t),)),)
    largest = w.function(
        "largest", [("a", ParameterType(t)), ("b", ParameterType(t))], ParameterType(t), type_params=[t]
    )
    a, b = map(get, largest.params)
    w.bodies[largest] = lambda: if_(
        w.op(virtual(compare, a, b, owner=[ParameterType(t)]), "lt", w.int(0)), b, a, ParameterType(t)
    )
    w.function(
        "f",
        [],
        w.INT,
        lambda: field(call(largest, new(own, w.int(3)), new(own, w.int(9)), type_=own, types=[own]), "n"),
        export=True,
    )
    w.core["Int"].interfaces.append(ClassType(symbol, (w.INT,)))
    method(
        w,
        w.core["Int"],
        "compareTo",
        w.INT,
        lambda this, other: w.op(this, "minus", other),
        ("other", w.INT),
        overrides=[compare],
    )
    w.function("g", [], w.INT, lambda: call(largest, w.int(3), w.int(9), type_=w.INT, types=[w.INT]), export=True)
    assert [w.run("f"), w.run("g")] == [9, 9]
    assert functions_of(w) == [
        "f",
        "g",
        "largest",
        "largest<Int>",
        "Version.compareTo (bridge)",
        "Int.compareTo",
        "Version.compareTo",
    ]


def test_a_generic_virtual_method_has_a_slot_for_each_key() -> None:
    w = World()
    t = TypeParameterSymbol("T")
    base = w.cls("Base", is_open=True)
    pick = method(
        w, base, "pick", ParameterType(t), lambda _, a, __: a, ("a", ParameterType(t)), ("b", ParameterType(t)),
        type_params=[t], is_open=True,
    )  # fmt: skip
    u = TypeParameterSymbol("U")
    derived = w.cls("Derived", superclass=ClassType(base))
    method(
        w, derived, "pick", ParameterType(u), lambda _, __, b: b, ("a", ParameterType(u)), ("b", ParameterType(u)),
        type_params=[u], overrides=[pick],
    )  # fmt: skip
    target = coerce(new(ClassType(derived)), ClassType(base))
    w.function(
        "i", [], w.INT, lambda: virtual(pick, target, w.int(1), w.int(2), type_=w.INT, types=[w.INT]), export=True
    )
    text = [w.text("a"), w.text("b")]
    w.function("s", [], w.STRING, lambda: virtual(pick, target, *text, type_=w.STRING, types=[w.STRING]), export=True)
    assert [w.run("i"), w.run("s")] == [2, "b"]


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
