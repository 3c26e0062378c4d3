"""Modules that are large in one dimension: depth of nesting, of stacks, of classes; counts of locals, labels, cases.

Each shape takes a size.  They verify, or break a limit that is documented; whatever is built from
them on the host (a tree, nested Python code, a recursion) must not break first.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pvm.isa.types import STRING, ArrayKind, Prim, RefType, Signature, Storage, array_ref, class_ref
from pvm.pbc.builder import FunctionBuilder, LabelRef, ModuleBuilder
from pvm.pbc.model import ClassFlag, Field, Method, Module

MAIN = Signature((), (Prim.I64,))
SIZES = (0, 1, 2, 5, 17, 18, 19, 20, 21, 22, 40, 63, 64, 65, 99, 100, 101, 255, 256, 300, 500, 1_000, 3_000)
SIGNATURE_LIMIT = 255

Shape = Callable[[ModuleBuilder, FunctionBuilder, int, Random], None]


def generate_extreme(random: Random) -> Module:
    """Draw a shape and a size."""
    builder = ModuleBuilder("extreme")
    throwable = builder.declare_class("Throwable")
    builder.define_class(
        throwable,
        fields=(
            Field("message", Storage.REF, STRING.with_null(nullable=True)),
            Field("trace", Storage.REF, array_ref(ArrayKind.I32, nullable=True)),
        ),
    )
    builder.throwable = throwable
    main = builder.declare_function("main", MAIN)
    builder.export("main", main, "() -> i64")
    random.choice(SHAPES)(builder, builder.function(main), random.choice(SIZES), random)
    return builder.build()


def finish(code: FunctionBuilder) -> None:
    code.i64_const(1)
    code.return_()


def nested_branches(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Conditions in conditions; with a value on the stack below, or without."""
    has_value = random.random() < 0.3
    if has_value:
        code.i64_const(5)
    ends = []
    for number in range(size):
        ends.append(code.label())
        code.i32_const(number % 3)
        code.branch_unless(ends[-1])
        if random.random() < 0.3:
            code.nop()
    for end in reversed(ends):
        code.nop()
        code.bind(end)
    if has_value:
        code.prim_drop()
    finish(code)


def nested_choices(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Both arms of each condition have code, and give a value."""
    ends = []
    for number in range(size):
        other, end = code.label(), code.label()
        code.i32_const(number & 1)
        code.branch_if(other)
        code.i64_const(number)
        code.jump(end)
        code.bind(other)
        ends.append(end)
    code.i64_const(7)
    for end in reversed(ends):
        code.bind(end)
    code.return_()


def nested_loops(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Loops in loops, each of which is entered once."""
    heads: list[tuple[LabelRef, int]] = []
    for _ in range(size):
        counter = code.local(Prim.I32)
        code.i32_const(0)
        code.local_set(counter)
        head = code.label()
        code.bind(head)
        heads.append((head, counter))
    for head, counter in reversed(heads):
        code.local_get(counter)
        code.i32_const(1)
        code.i32_add()
        code.local_tee(counter)
        code.i32_const(random.choice((1, 2)))
        code.i32_lt_s()
        code.branch_if(head)
    finish(code)


def nested_handlers(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Ranges in ranges; the innermost throws, each handler throws again."""
    start = code.here()
    code.object_new_default(0)
    code.throw()
    for _ in range(size):
        target = code.label()
        code.handler(start, code.here(), target, random.choice((None, 0)))
        code.bind(target)
        code.throw()
    target = code.label()
    code.handler(start, code.here(), target)
    code.bind(target)
    code.ref_drop()
    finish(code)


def same_range(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Many handlers of one range."""
    start = code.here()
    code.object_new_default(0)
    code.throw()
    stop = code.here()
    for _ in range(size + 1):
        target = code.label()
        code.handler(start, stop, target, random.choice((None, 0)))
        code.bind(target)
        code.ref_drop()
        finish(code)


def deep_stack(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Many values on a stack at once, of either kind."""
    if random.random() < 0.5:
        for number in range(size):
            code.i64_const(number)
        code.i64_const(1)
        for _ in range(size):
            code.emit(random.choice(("i64.add", "i64.xor", "i64.mul")))
        code.return_()
        return
    for _ in range(size):
        code.ref_null()
    for _ in range(size):
        code.ref_drop()
    finish(code)


def long_chain(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """One expression that is as deep as it is long."""
    code.i64_const(3)
    for number in range(size * 3):
        match random.randrange(3):
            case 0:
                code.i64_clz()
            case 1:
                code.i64_const(number)
                code.i64_add()
            case _:
                code.i64_const(1)
                code.prim_swap()
                code.i64_sub()
    code.return_()


def stacked_calls(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Calls whose operands are on the stack while others are called."""
    callee = builder.declare_function("callee", Signature((Prim.I64,), (Prim.I64,)))
    inner = builder.function(callee)
    inner.local_get(0)
    inner.return_()
    for number in range(size):
        code.i64_const(number)
        code.call(callee)
    code.i64_const(0)
    for _ in range(size):
        code.i64_add()
        code.call(callee)
    code.return_()


def many_locals(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Locals, and labels that leave every other one uninitialised."""
    indices = [
        code.local(random.choice((Prim.I64, Prim.F32, STRING.with_null(nullable=True)))) for _ in range(size * 4)
    ]
    for index in indices[::2]:
        value_type = code.local_types[index]
        code.emit("ref.null" if isinstance(value_type, RefType) else f"{value_type}.const", *_zero(value_type))
        code.local_set(index)
    label = code.label()
    code.i32_const(1)
    code.branch_if(label)
    code.bind(label)
    finish(code)


def _zero(value_type: object) -> tuple[int | float, ...]:
    if isinstance(value_type, RefType):
        return ()
    return (0 if value_type in {Prim.I32, Prim.I64} else 0.0,)


def many_params(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """A call with many arguments of both kinds."""
    kinds = [random.choice((Prim.I64, Prim.F64, STRING)) for _ in range(min(size, SIGNATURE_LIMIT))]
    callee = builder.declare_function("callee", Signature(tuple(kinds), (Prim.I64,)))
    inner = builder.function(callee)
    finish(inner)
    for kind in kinds:
        if isinstance(kind, RefType):
            code.string_const("argument")
        else:
            code.emit(f"{kind}.const", 0 if kind is Prim.I64 else 0.0)
    code.call(callee)
    code.return_()


def wide_switch(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """A jump table with a block for each case."""
    labels = [code.label() for _ in range(size + 1)]
    code.i32_const(random.randrange(-1, size + 2))
    code.switch(labels)
    end = code.label()
    for number, label in enumerate(labels):
        code.bind(label)
        code.i64_const(number)
        if random.random() < 0.5:
            code.jump(end)
        else:
            code.return_()
    if end.references:
        code.bind(end)
        code.return_()


def random_graph(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Blocks that jump anywhere, so that loops have several entries."""
    state = code.local(Prim.I32)
    code.i32_const(1)
    code.local_set(state)
    count = min(size, 300) + 2
    labels = [code.label((), (), (1, ()), backward=True) for _ in range(count)]
    code.jump(labels[random.randrange(count)])
    for label in labels:
        code.bind(label)
        code.local_get(state)
        code.i32_const(random.choice((3, 5, 1664525)))
        code.i32_mul()
        code.i32_const(random.randrange(100))
        code.i32_add()
        code.local_tee(state)
        code.i32_const(random.choice((1, 2, 4, 64)))
        code.i32_and()
        code.branch_if(random.choice(labels))
        if random.random() < 0.2:
            code.local_get(state)
            code.switch([random.choice(labels) for _ in range(3)])
        elif random.random() < 0.2:
            finish(code)
        elif random.random() < 0.5:
            code.jump(random.choice(labels))
    if code.is_reachable:
        finish(code)


def many_blocks(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """A long function of short blocks, many of which end it."""
    for number in range(size * 2):
        skip = code.label()
        code.i32_const(number & 3)
        code.branch_if(skip)
        if random.random() < 0.5:
            finish(code)
        code.bind(skip)
    finish(code)


def class_chain(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """A long hierarchy, with an override in each class and a call at the end of it."""
    size = min(size, 400)
    slot = None
    for number in range(size + 1):
        class_ = builder.declare_class(f"C{number}")
        first = 1
        receiver = Signature((class_ref(first),), (Prim.I64,))
        function = builder.declare_function(f"m{number}", Signature((class_ref(class_),), (Prim.I64,)))
        finish(builder.function(function))
        slot = slot if slot is not None else builder.signature(receiver)
        builder.define_class(
            class_,
            superclass=class_ - 1 if number else None,
            fields=(Field(f"f{number}", random.choice((Storage.I8, Storage.I64, Storage.F32))),),
            methods=(Method("m", slot, function),),
        )
    code.object_new_default(size + 1)
    code.call_virtual((1, 0))
    code.return_()


def interface_web(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Interfaces that extend several others, and a class at the end that implements the last."""
    size = min(size, 120)
    for number in range(size + 1):
        class_ = builder.declare_class(f"I{number}")
        signature = Signature((class_ref(class_),), (Prim.I64,))
        function = builder.declare_function(f"d{number}", signature)
        finish(builder.function(function))
        above = tuple(each for each in range(1, class_) if random.random() < 0.3)
        method = Method(f"m{number}", builder.signature(signature), function)
        builder.define_class(class_, flags=ClassFlag.INTERFACE, interfaces=above, methods=(method,))
    made = builder.declare_class("Made")
    builder.define_class(made, interfaces=(size + 1,))
    code.object_new_default(made)
    code.call_interface((size + 1, 0))
    code.return_()


def long_text(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Long constants and names."""
    code.string_const(random.choice(("x", "é", "\U0001f600", '"', "\\", "\0", "'")) * (size * 30))
    code.string_size()
    code.return_()
    code.name_local(code.local(Prim.I64), "n" * size)


def recursion(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """A function that calls itself until the stack or the fuel is gone, with frames of some size."""
    for _ in range(size):
        code.local(Prim.I64)
    code.i64_const(1)
    code.call("main")
    code.i64_add()
    code.return_()


def tasks(builder: ModuleBuilder, code: FunctionBuilder, size: int, random: Random) -> None:
    """Many tasks at once."""
    body = builder.declare_function("body", Signature(()))
    inner = builder.function(body)
    for _ in range(random.randrange(3)):
        inner.task_yield()
    inner.return_()
    for _ in range(size):
        code.func_ref(body)
        code.task_spawn()
        code.ref_drop()
    for _ in range(random.randrange(3)):
        code.task_yield()
    finish(code)


SHAPES: tuple[Shape, ...] = (
    nested_branches,
    nested_choices,
    nested_loops,
    nested_handlers,
    same_range,
    deep_stack,
    long_chain,
    stacked_calls,
    many_locals,
    many_params,
    wide_switch,
    random_graph,
    many_blocks,
    class_chain,
    interface_web,
    long_text,
    recursion,
    tasks,
)
