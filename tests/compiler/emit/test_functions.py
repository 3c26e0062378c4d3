"""Functions, locals, operators, choices, loops, texts, arrays, module variables, imports and exports."""

from __future__ import annotations

import pytest

from compiler.ir import hir
from compiler.ir.symbols import GlobalSymbol, LocalSymbol
from compiler.ir.types import ANY, NOTHING, UNIT, ClassType, Type
from pvm.errors import Trap
from pvm.isa.encoding import decode_code
from pvm.pbc.model import ImportKind
from tests.compiler.emit.world import AT, World, block, call, coerce, get, if_, loop, maybe, null, ret, set_, virtual


def jump(kind: type[hir.Break | hir.Continue], target: hir.JumpTarget) -> hir.Expr:
    return kind(AT, NOTHING, target)


def counter(name: str, type_: Type) -> LocalSymbol:
    return LocalSymbol(name, type_, is_mutable=True, is_assigned=True)


def code_of(w: World, name: str) -> list[str]:
    function = next(each for each in w.module().functions if each.name == name)
    return [each.opcode.mnemonic for each in decode_code(function.code)]


def test_a_recursive_function() -> None:
    w = World()
    fib = w.function("fib", [("n", w.INT)], w.INT, export=True)
    n = get(fib.params[0])
    w.bodies[fib] = lambda: if_(
        w.op(n, "lt", w.int(2)),
        n,
        w.op(call(fib, w.op(n, "minus", w.int(1))), "plus", call(fib, w.op(n, "minus", w.int(2)))),
        w.INT,
    )
    assert w.run("fib", 10) == 55


def test_a_loop_with_break_and_continue() -> None:
    w = World()
    total, i = counter("total", w.INT), counter("i", w.INT)
    target = hir.JumpTarget("loop")
    body = block(
        if_(w.op(get(i), "equals", w.int(3)), jump(hir.Continue, target), None),
        if_(w.op(get(i), "gt", w.int(5)), block(jump(hir.Break, target)), None),
        set_(total, w.op(get(total), "plus", get(i))),
    )
    step = set_(i, w.op(get(i), "plus", w.int(1)))
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(
            set_(total, w.int(0)),
            set_(i, w.int(0)),
            loop(w.op(get(i), "lt", n), body, target, step=step),
            ret(get(total)),
        ),
        export=True,
    )
    assert w.run("f", 3) == 0 + 1 + 2
    assert w.run("f", 100) == 0 + 1 + 2 + 4 + 5
    assert w.run("f", 0) == 0
    assert code_of(w, "f").count("jump") == 1  # to the test: break and continue are branches


def test_a_do_while_loop_runs_once() -> None:
    w = World()
    i = counter("i", w.INT)
    body = set_(i, w.op(get(i), "plus", w.int(1)))
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(set_(i, n), loop(w.op(get(i), "lt", w.int(3)), body, tests_last=True), ret(get(i))),
        export=True,
    )
    assert w.run("f", 0) == 3
    assert w.run("f", 9) == 10


@pytest.mark.parametrize("condition", [None, True])
def test_a_loop_without_end_is_left_by_return(condition: bool | None) -> None:
    w = World()
    i = counter("i", w.INT)
    body = block(
        if_(w.op(get(i), "gt", w.int(4)), ret(get(i)), None),
        set_(i, w.op(get(i), "plus", w.int(1))),
    )
    test = None if condition is None else w.bool(condition)
    w.function("f", [], w.INT, lambda: block(set_(i, w.int(0)), loop(test, body), type_=UNIT), export=True)
    assert w.run("f") == 5


def test_a_loop_that_never_runs_leaves_no_dead_code() -> None:
    w = World()
    w.function("f", [], w.INT, lambda: block(loop(w.bool(False), ret(w.int(1))), ret(w.int(2))), export=True)
    assert w.run("f") == 2


def test_a_condition_that_sets_a_local_which_the_body_reads() -> None:
    w = World()
    i, x = counter("i", w.INT), counter("x", w.INT)
    condition = block(set_(x, w.op(get(i), "times", w.int(2))), w.op(get(x), "lt", w.int(7)), type_=w.BOOL)
    body = set_(i, w.op(get(i), "plus", w.int(1)))
    w.function("f", [], w.INT, lambda: block(set_(i, w.int(0)), loop(condition, body), ret(get(x))), export=True)
    assert w.run("f") == 8


def test_a_local_that_each_branch_initialises() -> None:
    w = World()
    x = LocalSymbol("x", w.INT)
    w.function(
        "f",
        [("c", w.BOOL)],
        w.INT,
        lambda c: block(if_(c, block(set_(x, w.int(1))), block(set_(x, w.int(2)))), ret(get(x))),
        export=True,
    )
    assert [w.run("f", True), w.run("f", False)] == [1, 2]


def test_slots_of_equal_type_are_used_again() -> None:
    w = World()
    locals_ = [LocalSymbol(f"x{number}", w.INT) for number in range(10)]
    blocks = [block(set_(each, w.int(1)), w.op(get(each), "plus", get(each)), type_=UNIT) for each in locals_]
    w.function("f", [], UNIT, lambda: block(*blocks), export=True)
    function = next(each for each in w.module().functions if each.name == "f")
    assert len(function.locals) == 1


@pytest.mark.parametrize(("left", "right"), [(False, False), (False, True), (True, False), (True, True)])
def test_truth_as_a_value_and_as_a_condition(left: bool, right: bool) -> None:
    w = World()
    params = [("a", w.BOOL), ("b", w.BOOL)]

    def tree(a: hir.Expr, b: hir.Expr) -> hir.Expr:
        both, either = hir.And(AT, w.BOOL, a, b), hir.Or(AT, w.BOOL, a, b)
        return hir.Or(AT, w.BOOL, hir.And(AT, w.BOOL, either, hir.Not(AT, w.BOOL, both)), hir.And(AT, w.BOOL, b, both))

    w.function("value", params, w.BOOL, tree, export=True)
    w.function("branch", params, w.INT, lambda a, b: if_(tree(a, b), w.int(1), w.int(0), w.INT), export=True)
    expected = (left != right) or (left and right)
    assert w.run("value", left, right) is expected
    assert w.run("branch", left, right) == int(expected)


def test_operands_under_a_loop_are_kept() -> None:
    w = World()
    i = counter("i", w.INT)
    counting = block(
        set_(i, w.int(0)),
        loop(w.op(get(i), "lt", w.int(5)), set_(i, w.op(get(i), "plus", w.int(1)))),
        get(i),
    )
    three = w.function("three", [("a", w.INT), ("b", w.INT), ("c", w.INT)], w.INT)
    a, b, c = (get(each) for each in three.params)
    w.bodies[three] = lambda: w.op(w.op(w.op(a, "times", w.int(100)), "plus", w.op(b, "times", w.int(10))), "plus", c)
    w.function("f", [("n", w.INT)], w.INT, lambda n: call(three, w.op(n, "plus", w.int(1)), counting, n), export=True)
    assert w.run("f", 2) == 352


def test_a_jump_drops_pending_operands() -> None:
    w = World()
    i, target = counter("i", w.INT), hir.JumpTarget("loop")
    leave = if_(w.op(get(i), "gt", w.int(3)), jump(hir.Break, target), w.int(1), w.INT)
    body = set_(i, w.op(get(i), "plus", leave))
    w.function("f", [], w.INT, lambda: block(set_(i, w.int(0)), loop(None, body, target), ret(get(i))), export=True)
    assert w.run("f") == 4


def test_a_labelled_block_is_left() -> None:
    w = World()
    x, target = counter("x", w.INT), hir.JumpTarget("block")
    body = block(if_(w.op(get(x), "gt", w.int(0)), jump(hir.Break, target), None), set_(x, w.int(7)))
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(set_(x, n), hir.Labelled(AT, UNIT, target, body), ret(get(x))),
        export=True,
    )
    assert [w.run("f", 3), w.run("f", 0)] == [3, 7]


DENSE = {1: 10, 2: 20, 3: 30, 5: 50, 6: 60}
SPARSE = {-1000: 1, -5: 2, 0: 3, 77: 4, 1000: 5, 10**12: 6, 3 * 10**12: 7}


@pytest.mark.parametrize("cases", [DENSE, SPARSE, {4: 1}])
@pytest.mark.parametrize("subject", ["Int", "Int32"])
def test_a_switch(cases: dict[int, int], subject: str) -> None:
    w = World()
    small = {key: value for key, value in cases.items() if subject == "Int" or abs(key) < 2**31}
    arms = tuple(((key,), w.int(value)) for key, value in small.items())
    w.function(
        "f",
        [("n", ClassType(w.core[subject]))],
        w.INT,
        lambda n: hir.Switch(AT, w.INT, n, arms, w.int(-1)),
        export=True,
    )
    engine = w.start()
    probes = {each + offset for each in small for offset in (-1, 0, 1)} | {-(2**31), 2**31 - 1}
    if subject == "Int":
        probes |= {-(2**63), 2**63 - 1, 1 + 2**32, 4 + 2**32}
    for probe in sorted(probes):
        assert engine.call_export("f", (probe,)) == small.get(probe, -1)


def test_a_switch_statement_with_many_numbers_for_a_case() -> None:
    w = World()
    x = counter("x", w.INT)
    arms = (((1, 2, 3, 4), set_(x, w.int(1))), ((9,), block(ret(w.int(9)))))
    w.function(
        "f",
        [("n", w.INT)],
        w.INT,
        lambda n: block(set_(x, w.int(0)), hir.Switch(AT, UNIT, n, arms, block()), ret(get(x))),
        export=True,
    )
    assert [w.run("f", n) for n in (0, 1, 4, 5, 9)] == [0, 1, 1, 0, 9]


def test_numbers_of_every_width() -> None:
    w = World()
    for name, value in (
        ("UInt64", 2**64 - 1),
        ("UInt32", 2**32 - 1),
        ("UInt8", 255),
        ("Int8", -128),
        ("Char", 0x1F600),
    ):
        type_ = ClassType(w.core[name])
        w.function(f"f{name}", [], type_, lambda type_=type_, value=value: hir.Constant(AT, type_, value), export=True)
    w.function("fFloat", [], w.FLOAT, lambda: hir.Constant(AT, w.FLOAT, 0.1), export=True)
    engine = w.start()
    assert engine.call_export("fUInt64", ()) == 2**64 - 1
    assert engine.call_export("fUInt32", ()) == 2**32 - 1
    assert engine.call_export("fUInt8", ()) == 255
    assert engine.call_export("fInt8", ()) == -128
    assert engine.call_export("fChar", ()) == "\U0001f600"
    assert engine.call_export("fFloat", ()) == 0.1


def test_texts_are_joined_in_order() -> None:
    w = World()
    parts = [w.text("a"), w.text(""), w.text("b")]
    w.function(
        "f",
        [("x", w.STRING), ("y", w.STRING)],
        w.STRING,
        lambda x, y: hir.Concat(AT, w.STRING, (x, *parts, y, w.text("c"), x, y)),
        export=True,
    )
    assert w.run("f", "<", ">") == "<ab>c<>"
    assert w.module().strings == ("ab", "c")


def test_text_around_an_expression_with_a_loop() -> None:
    w = World()
    looped = block(loop(w.bool(False), block()), w.text("-"), type_=w.STRING)
    w.function("f", [("x", w.STRING)], w.STRING, lambda x: hir.Concat(AT, w.STRING, (x, looped, x)), export=True)
    assert w.run("f", "a") == "a-a"


def test_arrays_of_numbers_and_of_references() -> None:
    w = World()
    numbers, texts = w.array_of(w.UINT8), w.array_of(w.STRING)
    w.function(
        "numbers",
        [],
        numbers,
        lambda: hir.NewArray(AT, numbers, tuple(hir.Constant(AT, w.UINT8, each) for each in (1, 2, 255))),
        export=True,
    )
    w.function(
        "text",
        [("x", w.STRING)],
        w.STRING,
        lambda x: w.op(hir.NewArray(AT, texts, (w.text("a"), x)), "get", w.int(1)),
        export=True,
    )
    w.function("size", [("n", w.INT)], w.INT, lambda n: w.op(hir.New(AT, texts, (n,)), "size"), export=True)
    engine = w.start()
    assert bytes(engine.call_export("numbers", ())) == b"\x01\x02\xff"
    assert engine.call_export("text", ("b",)) == "b"
    assert engine.call_export("size", (4,)) == 4


def test_constants_inside_an_intrinsic() -> None:
    w = World()
    w.function("f", [("n", w.INT)], w.INT, lambda n: w.op(n, "inv"), export=True)
    assert w.run("f", 5) == -6


# Module variables


def variable(w: World, name: str, type_: Type, first: hir.Expr | None, **rest: object) -> GlobalSymbol:
    made = GlobalSymbol(name, "main", type_, True, None if first is None else lambda: first, **rest)  # type: ignore[arg-type]
    w.globals.append(made)
    return made


def read(symbol: GlobalSymbol) -> hir.Expr:
    return hir.GlobalGet(AT, symbol.type, symbol)


def write(symbol: GlobalSymbol, value: hir.Expr) -> hir.Expr:
    return hir.GlobalSet(AT, UNIT, symbol, value)


def test_initialisers_run_in_the_order_of_the_program() -> None:
    w = World()
    first = variable(w, "first", w.STRING, w.text("a"))
    second = variable(w, "second", w.STRING, hir.Concat(AT, w.STRING, (read(first), w.text("b"))))
    w.function("f", [], w.STRING, lambda: hir.Concat(AT, w.STRING, (read(second), read(first))), export=True)
    assert w.run("f") == "aba"


def test_a_number_is_data_and_a_constant_is_folded() -> None:
    w = World()
    count = variable(w, "count", w.INT, w.int(41))
    limit = variable(w, "limit", w.INT, None, constant=w.int(1))
    w.function(
        "f",
        [],
        w.INT,
        lambda: block(write(count, w.op(read(count), "plus", read(limit))), read(count), type_=w.INT),
        export=True,
    )
    assert w.run("f") == 42
    module = w.module()
    assert [(each.name, each.initial) for each in module.globals] == [("main.count", 41)]
    assert module.start is None


def test_a_variable_that_is_read_too_early_is_null() -> None:
    w = World()
    late = variable(w, "late", w.STRING, None)
    w.function("f", [], w.STRING, lambda: read(late), export=True)
    with pytest.raises(Trap, match=r"null|NullError"):
        w.run("f")


def test_unread_variables_of_the_user_are_initialised_and_those_of_the_library_dropped() -> None:
    w = World()
    called = w.function("called", [], w.INT, lambda: w.int(1))
    variable(w, "user", w.INT, call(called), span=AT)
    variable(w, "library", w.INT, call(called))
    w.function("f", [], UNIT, block, export=True)
    assert [each.name for each in w.module().globals] == ["main.user"]


# Imports, exports, entry


def test_host_functions_and_exports_have_boundary_types() -> None:
    w = World()
    floats = w.array_of(w.FLOAT)
    host = w.function(
        "host",
        [("a", w.INT), ("b", w.BOOL), ("c", w.UINT8), ("d", maybe(w.STRING)), ("e", floats)],
        maybe(w.STRING),
        host="log",
    )
    w.function(
        "f",
        [("e", floats)],
        maybe(w.STRING),
        lambda e: call(host, w.int(-1), w.bool(True), hir.Constant(AT, w.UINT8, 200), null(maybe(w.STRING)), e),
        export=True,
    )
    seen: list[tuple[object, ...]] = []

    def log(*args: object) -> str:
        seen.append(args)
        return "ok"

    assert w.run("f", [1.5, 2.0], host={"log": log}) == "ok"
    assert [*seen[0][:4], list(seen[0][4])] == [-1, True, 200, None, [1.5, 2.0]]  # type: ignore[call-overload]
    module = w.module()
    assert module.exports[0].boundary == "(array f64) -> string?"
    assert module.imports[0].boundary == "(i64, bool, u8, string?, array f64) -> string?"


def test_any_crosses_the_boundary() -> None:
    w = World()
    w.function("f", [("a", maybe(ANY))], w.STRING, lambda a: call(w.core_functions["anyToString"], a), export=True)
    assert w.module().exports[0].boundary == "(any?) -> string"
    assert w.run("f", "text") == "text"


def test_kernel_functions_are_hypercalls() -> None:
    w = World()
    data = w.array_of(w.UINT8)
    fd_write = w.function(
        "fdWrite", [("fd", w.INT), ("data", data), ("start", w.INT), ("count", w.INT)], w.INT, kernel="fd_write"
    )
    w.function("f", [("d", data)], w.INT, lambda d: call(fd_write, w.int(1), d, w.int(0), w.int(1)), export=True)
    found = w.module().imports[0]
    assert (found.kind, found.name, found.boundary) == (ImportKind.KERNEL, "fd_write", "")
    assert "hypercall" in code_of(w, "f")


def test_main_without_parameters_and_result() -> None:
    w = World()
    w.main = w.function("main", [], UNIT, block)
    assert w.run("main") == 0
    assert [(each.name, each.boundary) for each in w.module().exports] == [("main", "() -> i64")]


def test_main_with_arguments_and_a_status() -> None:
    w = World()
    texts = w.array_of(w.STRING)
    w.core_functions["programArguments"] = w.function(
        "programArguments", [], texts, lambda: hir.NewArray(AT, texts, (w.text("a"), w.text("b")))
    )
    w.main = w.function("main", [("args", texts)], w.INT, lambda args: w.op(args, "size"))
    assert w.run("main") == 2


def test_main_that_is_the_entry_itself() -> None:
    w = World()
    w.main = w.function("main", [], w.INT, lambda: w.int(3))
    assert w.run("main") == 3
    assert [each.name for each in w.module().functions] == ["main"]


def test_what_is_not_reached_is_not_emitted() -> None:
    w = World()
    w.cls("Unused")
    w.function("unused", [], UNIT, block)
    w.function("f", [], w.INT, lambda: w.int(1), export=True)
    module = w.module()
    assert [each.name for each in module.functions] == ["f"]
    assert "Unused" not in [each.name for each in module.classes]


def test_a_function_that_never_returns() -> None:
    w = World()
    fail = w.function("fail", [], NOTHING, lambda: loop(None, ret_never(w)), export=False)
    w.function("f", [("n", w.INT)], w.INT, lambda n: w.op(n, "plus", call(fail, type_=NOTHING)), export=True)
    with pytest.raises(Trap, match=r"division by zero|ArithmeticError"):
        w.run("f", 1)


def ret_never(w: World) -> hir.Expr:
    return block(w.op(w.int(1), "div", w.int(0)), type_=UNIT)


def test_calls_to_any_functions_for_values_of_any_type() -> None:
    w = World()
    w.function(
        "f",
        [("n", w.INT)],
        w.STRING,
        lambda n: virtual(w.to_string, coerce(n, ANY), type_=w.STRING),
        export=True,
    )
    assert w.run("f", 12) == "12"
