"""The builder: what it interns, numbers and finds out about labels."""

from __future__ import annotations

import pytest

from pvm.errors import UsageError
from pvm.isa.encoding import decode_code
from pvm.isa.table import OPCODES
from pvm.isa.traps import TrapKind
from pvm.isa.types import ANY_NULL, STRING, Prim, Signature, Storage, class_ref
from pvm.pbc.asm import assemble
from pvm.pbc.builder import FunctionBuilder, ModuleBuilder
from pvm.pbc.model import Feature, Field, Handler, ImportKind, Label, Method, Position
from pvm.pbc.writer import write_module

I32, I64 = Prim.I32, Prim.I64


def one(signature: Signature) -> tuple[ModuleBuilder, FunctionBuilder]:
    module = ModuleBuilder("m")
    return module, module.function(module.declare_function("f", signature))


def sum_module() -> ModuleBuilder:
    module = ModuleBuilder("m")
    index = module.declare_function("sum", Signature((I64,), (I64,)))
    b = module.function(index)
    b.name_local(0, "n")
    i, total = b.local(I64, "i"), b.local(I64, "total")
    top, done = b.label(), b.label()
    b.line("sum.peb", 1, 1)
    b.i64_const(0)
    b.local_set(total)
    b.i64_const(1)
    b.local_set(i)
    b.bind(top)
    b.line("sum.peb", 2, 5)
    b.local_get(i)
    b.local_get(0)
    b.i64_gt_s()
    b.branch_if(done)
    b.line("sum.peb", 2, 5)
    b.local_get(total)
    b.local_get(i)
    b.emit("i64.add")
    b.local_set(total)
    b.jump(top)
    b.bind(done)
    b.local_get(total)
    b.return_()
    module.export("sum", index, "(i64) -> i64")
    return module


def test_a_loop_equals_its_assembly() -> None:
    expected = assemble(
        """
func sum(n: i64) -> i64 {
  .local i: i64, total: i64
  .line sum.peb 1:1
    i64.const 0
    local.set total
    i64.const 1
    local.set i
@top:
  .line 2:5
    local.get i
    local.get n
    i64.gt_s
    branch.if @done
    local.get total
    local.get i
    i64.add
    local.set total
    jump @top
@done:
    local.get total
    return
}
export sum
""",
        "m",
    )
    assert sum_module().build() == expected
    assert write_module(sum_module().build()) == write_module(sum_module().build())


def test_every_opcode_has_a_method() -> None:
    _, b = one(Signature(()))
    for opcode in OPCODES:
        assert callable(getattr(b, opcode.ident))
    with pytest.raises(AttributeError):
        b.i64_addd()
    with pytest.raises(UsageError, match=r"unknown instruction 'i64\.addd'"):
        b.emit("i64.addd")
    with pytest.raises(UsageError, match=r"local\.get has 1 immediates, found 0"):
        b.local_get()


def test_stacks_at_labels_are_found() -> None:
    module, b = one(Signature((I32, STRING.with_null(True)), (I64,)))
    other, join = b.label(), b.label()
    b.local_get(1)
    b.local_get(0)
    b.branch_if(other)
    b.i64_const(1)
    b.jump(join)
    b.bind(other)
    b.i64_const(2)
    b.bind(join)
    b.ref_drop()
    b.return_()
    nullable = STRING.with_null(True)
    assert module.build().functions[0].labels == (
        Label(10, (), (nullable,), 2),
        Label(12, (I64,), (nullable,), 2),
    )


def test_branches_on_references_change_types() -> None:
    module, b = one(Signature((STRING.with_null(True),)))
    found, missing = b.label(), b.label()
    b.local_get(0)
    b.branch_null(missing)
    b.branch_non_null(found)
    b.bind(missing)
    b.return_()
    b.bind(found)
    b.ref_drop()
    b.return_()
    assert [(label.prims, label.refs) for label in module.build().functions[0].labels] == [((), ()), ((), (STRING,))]


def test_references_join_at_the_class_above_both() -> None:
    module, b = one(Signature((I32,)))
    base, left, right = (module.declare_class(name) for name in ("Base", "Left", "Right"))
    module.define_class(base, fields=(Field("x", Storage.I64),))
    module.define_class(left, superclass=base)
    module.define_class(right, superclass=base)
    other, join, again, end = (b.label() for _ in range(4))
    b.local_get(0)
    b.branch_if(other)
    b.object_new_default(left)
    b.jump(join)
    b.bind(other)
    b.object_new_default(right)
    b.bind(join)
    b.local_get(0)
    b.branch_if(again)
    b.ref_drop()
    b.ref_null()
    b.bind(again)
    b.local_get(0)
    b.branch_if(end)
    b.ref_drop()
    b.string_const("text")
    b.bind(end)
    b.ref_drop()
    b.return_()
    refs = [label.refs for label in module.build().functions[0].labels]
    assert refs == [(), (class_ref(base),), (class_ref(base, nullable=True),), (ANY_NULL,)]


def test_explicit_states_hold() -> None:
    module, b = one(Signature((I32,)))
    join = b.label((), (ANY_NULL,), (1, (0,)))
    b.string_const("x")
    b.local_get(0)
    b.branch_if(join)
    b.bind(join)
    b.ref_drop()
    b.return_()
    assert module.build().functions[0].labels == (Label(6, (), (ANY_NULL,), 1, (0,)),)


def test_handlers_catch_their_class() -> None:
    module, b = one(Signature((I64,), (I64,)))
    throwable = module.declare_class("Throwable")
    module.define_class(throwable)
    error = module.declare_class("Error")
    module.define_class(error, superclass=throwable)
    module.throwable = throwable
    module.trap_classes[TrapKind.DIVIDE_BY_ZERO] = error
    x = b.local(I64)
    caught, rest = b.label(), b.label()
    start = b.here()
    b.i64_const(1)
    b.local_get(0)
    b.i64_div_s()
    b.local_set(x)
    end = b.here()
    assert b.handler(start, end, caught, error)
    assert b.handler(start, end, rest)
    assert not b.handler(end, end, rest)
    b.local_get(x)
    b.return_()
    b.bind(caught)
    b.ref_drop()
    b.i64_const(0)
    b.return_()
    b.bind(rest)
    b.throw()
    function = module.build().functions[0]
    assert function.handlers == (Handler(0, 7, 0, error), Handler(0, 7, 1, None))
    assert function.labels == (
        Label(10, (), (class_ref(error),), 1),
        Label(14, (), (class_ref(throwable),), 1),
    )


def test_unreachable_code_is_left_out() -> None:
    module, b = one(Signature(()))
    dead, loop = b.label(), b.label(backward=True)
    b.line("a", 1, 1)
    b.return_()
    assert not b.is_reachable
    b.line("a", 2, 1)
    b.i64_const(1)
    b.bind(dead)
    b.call("nobody")
    assert not b.is_reachable
    b.bind(loop)
    b.nop()
    b.jump(loop)
    b.bind(b.label(backward=True))
    with pytest.raises(UsageError, match="branch to a label in unreachable code"):
        b.jump(dead)
    b.jump(loop)
    function = module.build().functions[0]
    assert [item.opcode.mnemonic for item in decode_code(function.code)] == ["return", "nop", "jump", "jump"]
    assert function.lines == ((0, 0),)


def test_labels_that_nobody_needs_are_left_out_and_the_rest_is_numbered_in_place() -> None:
    module, b = one(Signature((I32,)))
    first, unused, second, alias = (b.label() for _ in range(4))
    b.local_get(0)
    b.branch_if(second)
    b.bind(unused)
    b.local_get(0)
    b.branch_if(first)
    b.bind(first)
    b.nop()
    b.bind(second)
    b.bind(alias)
    b.local_get(0)
    b.prim_drop()
    b.return_()
    function = module.build().functions[0]
    assert [label.offset for label in function.labels] == [8, 9]
    assert [item.immediates for item in decode_code(function.code)][1] == (1,)


def test_interning_and_forward_references() -> None:
    module = ModuleBuilder("m")
    first = module.declare_function("first", Signature(()))
    second = module.declare_function("second", Signature((STRING,)))
    b = module.function(first)
    b.string_const("text")
    b.call("second")
    b.string_const("text")
    b.closure_new("second")
    b.call_ref(Signature(()))
    b.return_()
    c = module.function(second)
    c.return_()
    built = module.build()
    assert built.strings == ("text",)
    assert built.signatures == (Signature(()), Signature((STRING,)))
    assert decode_code(built.functions[0].code)[1].immediates == (second,)
    log = module.add_import(ImportKind.HOST, "log", Signature((STRING,)), "(string)")
    assert module.add_import(ImportKind.HOST, "log", Signature((STRING,)), "(string)") == log
    with pytest.raises(UsageError, match="import 'log' is used with two signatures"):
        module.add_import(ImportKind.HOST, "log", Signature(()), "()")


def test_positions_of_inlined_code() -> None:
    module, b = one(Signature(()))
    call = b.position("a", 3, 1)
    b.mark(b.position("b", 9, 2, "g", call))
    b.nop()
    b.mark(call)
    b.return_()
    built = module.build()
    assert built.files == ("a", "b")
    assert built.functions[0].positions == (Position(0, 3, 1), Position(1, 9, 2, "g", 0))
    assert built.functions[0].lines == ((0, 1), (1, 0))


def test_privileged_opcodes_set_the_feature() -> None:
    module, b = one(Signature((), (I64,)))
    b.memory_size()
    b.return_()
    assert module.build().features == Feature.PRIVILEGED


def test_classes_with_methods() -> None:
    module = ModuleBuilder("m")
    point = module.declare_class("Point")
    area = module.declare_function("Point.area", Signature((class_ref(point),), (I64,)))
    module.define_class(point, fields=(Field("x", Storage.I64),), methods=(Method("area", 0, area),))
    b = module.function(area)
    b.local_get(0)
    b.field_get((point, 0))
    b.return_()
    assert write_module(module.build())


@pytest.mark.parametrize(
    ("emit", "message"),
    [
        (lambda b: b.nop(), "control falls off the end of the code"),
        (lambda b: b.jump(b.label()), "a label is used but never bound"),
        (lambda b: (b.i64_add(), b.return_()), r"instruction 0: i64\.add pops i64, but the stack is empty"),
        (lambda b: (b.call("g"), b.return_()), "function 'g' is not declared"),
        (lambda b: b.throw(), "expected a throwable class in the module, found none"),
    ],
)
def test_misuse_is_refused(emit: object, message: str) -> None:
    module, b = one(Signature(()))
    emit(b)  # type: ignore[operator]
    with pytest.raises(UsageError, match=message):
        module.build()


def test_labels_with_other_depths_are_refused() -> None:
    module, b = one(Signature((I32,)))
    join = b.label()
    b.local_get(0)
    b.branch_if(join)
    b.i64_const(1)
    b.bind(join)
    b.return_()
    with pytest.raises(UsageError, match="label 0 is reached with stacks of depth 0 and 1"):
        module.build()


def test_declarations_without_definition_are_refused() -> None:
    module = ModuleBuilder("m")
    module.declare_class("C")
    with pytest.raises(UsageError, match="class 'C' is declared but not defined"):
        module.build()
    with pytest.raises(UsageError, match="class 'C' is declared twice"):
        module.declare_class("C")
