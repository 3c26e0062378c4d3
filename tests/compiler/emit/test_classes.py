"""Classes: construction, fields, virtual methods, interfaces with defaults, bridges."""

from __future__ import annotations

from compiler.ir import hir
from compiler.ir.symbols import ClassSymbol, FunctionSymbol, LocalSymbol, TypeParameterSymbol
from compiler.ir.types import ANY, ClassType, ParameterType
from pvm.pbc.model import ClassFlag
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
    method,
    new,
    set_,
    set_field,
    virtual,
)


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
