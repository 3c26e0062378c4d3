"""The handlers of all operations but calls: each is an entry's semantics between loads and stores of slots."""

from __future__ import annotations

from collections.abc import Callable

from pvm.engines.native import layout
from pvm.engines.native.code.operations import FALLEN_POLLS, OPERATIONS, TAKEN_POLLS, Kind, MadeShape, Operation
from pvm.engines.native.code.sequences import SEQUENCES, Sequence
from pvm.engines.native.exits import Exit
from pvm.engines.native.interpreter.calls import emit_call, emit_return, emit_tail_call, emit_task_start
from pvm.engines.native.interpreter.handler import CONVENTION, PROTOTYPE, Handler, Part, handler_symbol
from pvm.engines.native.interpreter.loops import emit_loop_end
from pvm.engines.native.llvm.heap import kind_of_storage
from pvm.engines.native.llvm.lowering import IR_TYPES
from pvm.engines.native.llvm.text import UNLIKELY, FunctionText, ModuleText, quoted
from pvm.isa.instruction import Opcode
from pvm.isa.machine import Val
from pvm.isa.runtime import RuntimeFunction
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, RefType, Storage, ValueType

_PRIMITIVE = frozenset({"i32", "i64", "f32", "f64"})


def define_handlers(module: ModuleText, attributes: str) -> list[str]:
    """Define a handler for each operation and sequence; their symbols in the order of the numbers."""
    symbols = []
    alone = [Sequence(operation.number, operation.name, (operation,), ((),)) for operation in OPERATIONS]
    for _, name, operations, links in (*alone, *SEQUENCES):
        text = FunctionText(module)
        parts = [Part(each, taken, _emitter(each)) for each, taken in zip(operations, links, strict=True)]
        h = Handler(text, parts)
        h.begin()
        parts[0].emit(h)
        assert h.is_at_end, f"{name} ends before its last instruction"
        symbol = quoted(handler_symbol(name))
        module.define(f"define internal {CONVENTION} void {symbol}({PROTOTYPE}) {attributes} {{\n{text.finish()}\n}}")
        symbols.append(symbol)
    return symbols


def _emitter(operation: Operation) -> Callable[[Handler], None]:
    """What writes the handler of an operation: by its whole name, or by the longest prefix of words that is known."""
    name = operation.name
    while name and name not in _EMITTERS:
        name = name.rpartition(".")[0]
    assert name or operation.opcode is not None, operation.name
    return _EMITTERS[name] if name else _semantics


# Semantics of the instruction table


def _operand_kind(spec: str, variant: object) -> str:
    """The kind of an operand of the table's notation; what has no type of its own is moved as 64 bits."""
    if spec in _PRIMITIVE:
        return spec
    if spec in {"P", "Q"}:
        return "i64"
    if spec in {"element", "field"}:
        storage = ARRAY_STORAGE[variant] if isinstance(variant, ArrayKind) else variant
        assert isinstance(storage, Storage)
        return kind_of_storage(storage)
    return "ref"


def _immediates(opcode: Opcode, variant: object) -> tuple[object, ...]:
    if not opcode.immediates:
        return ()
    if opcode.mnemonic.startswith("field."):
        return ((0, 0),)  # the handler looks into the instruction instead
    return (variant,)


def _semantics(h: Handler) -> None:
    """Load the operands, execute the entry, store the result or branch on it."""
    operation = h.operation
    opcode = operation.opcode
    assert opcode is not None
    assert opcode.semantics is not None
    kinds = [_operand_kind(each.spec, operation.variant) for each in opcode.effect.pops]
    operands = []
    for number, kind in enumerate(kinds):
        if operation.constant and number == len(kinds) - 1:
            operands.append(_small_constant(h, kind))
        else:
            operands.append(h.read(f"operand{number}", kind))
    result = opcode.semantics(h, *_immediates(opcode, operation.variant), *operands)
    if operation.test:
        _branch(h, h.text.value(f"icmp ne i32 {result.raw}, 0"))
        return
    if result is not None:
        h.write("result", result)
    h.next()


def _small_constant(h: Handler, kind: str) -> Val:
    wide = h.field("constant")
    return Val(wide if kind == "i64" else h.text.pure(f"trunc i64 {wide} to i32"), kind)


def _divided(h: Handler) -> None:
    """A division by a constant, see ``divisors``."""
    text = h.text
    magic, addend, shift = (h.field(name) for name in ("magic", "addend", "shift"))
    dividend = h.raw(h.read("operand0", "i64"))
    wide = [text.value(f"sext i64 {each} to i128") for each in (dividend, magic)]
    product = text.value(f"mul i128 {wide[0]}, {wide[1]}")
    upper = text.value(f"trunc i128 {text.value(f'lshr i128 {product}, 64')} to i64")
    added = text.value(f"add i64 {upper}, {text.value(f'and i64 {dividend}, {addend}')}")
    sign = text.value(f"lshr i64 {dividend}, 63")
    quotient = text.value(f"add i64 {text.value(f'ashr i64 {added}, {shift}')}, {sign}")
    if h.operation.name.startswith("i64.rem_s"):
        divisor = h.field("divisor")
        quotient = text.value(f"sub i64 {dividend}, {text.value(f'mul i64 {quotient}, {divisor}')}")
    h.write("result", Val(quotient, "i64"))
    h.next()


def _divided_by_power(h: Handler) -> None:
    """A division by a power of two: a negative dividend is rounded up by what the divisor is short of."""
    text, mask = h.text, h.field("mask")
    dividend = h.raw(h.read("operand0", "i64"))
    short = text.value(f"and i64 {text.value(f'ashr i64 {dividend}, 63')}, {mask}")
    raised = text.value(f"add i64 {dividend}, {short}")
    if h.operation.name.startswith("i64.rem_s"):
        result = text.value(f"sub i64 {text.value(f'and i64 {raised}, {mask}')}, {short}")
    else:
        shift = text.value(f"and i64 {h.field('shift')}, 63")
        result = text.value(f"ashr i64 {raised}, {shift}")
    h.write("result", Val(result, "i64"))
    h.next()


# Control


def _branch(h: Handler, flag: str) -> None:
    """End by going to the target or on, as a flag and the test of the operation say."""
    text = h.text
    yes, no = text.fresh_label("taken"), text.fresh_label("fallen")
    target = h.field("target")
    costs = h.field("taken_cost"), h.field("fallen_cost")
    text.branch(flag, *((yes, no) if h.operation.test == "if" else (no, yes)))
    text.block(yes, dominated=True)
    h.pay(costs[0], text.value(f"getelementptr i8, ptr {h.pc}, i64 {target}"), lambda: h.polls(TAKEN_POLLS))
    text.block(no, dominated=True)
    h.pay(costs[1], h.after(), lambda: h.polls(FALLEN_POLLS))


def _truth(h: Handler) -> None:
    _branch(h, h.text.value(f"icmp ne i32 {h.read('operand0', 'i32').raw}, 0"))


def _jump(h: Handler) -> None:
    polls = int(h.operation.name == "jump.poll")
    target = h.text.value(f"getelementptr i8, ptr {h.pc}, i64 {h.field('target')}")
    h.pay(h.field("taken_cost"), target, lambda: str(polls))


def _charge(h: Handler) -> None:
    text = h.text
    left = text.value(f"sub i64 %fuel, {h.field('cost')}")
    cold = text.fresh_label("poll")
    following = h.after()
    with text.cold(cold):
        h.poll(h.field("poll"), following, left)
    text.branch_away(text.value(f"icmp slt i64 {left}, 0"), cold)
    h.dispatch(following, fuel=left)


def _switch(h: Handler) -> None:
    text = h.text
    index = text.value(f"zext i32 {h.read('operand0', 'i32').raw} to i64")
    last = text.value(f"sub i64 {h.field('count')}, 1")
    index = text.call("i64", "llvm.umin.i64", f"i64 {index}, i64 {last}", "i64, i64")
    entry = text.value(f"getelementptr i64, ptr {h.after()}, i64 {index}")
    distance = text.value(f"sext i32 {text.value(f'load i32, ptr {entry}, align 8')} to i64")
    cost, polls = (h.load_field(offset, Kind.HALF, entry) for offset in (4, 6))
    h.pay(cost, text.value(f"getelementptr i8, ptr {h.pc}, i64 {distance}"), lambda: polls)


def _halt(h: Handler) -> None:
    result = h.text.value(f"getelementptr i8, ptr %base, i64 {layout.FRAME_RESULT}")
    h.leave(Exit.HALT, h.text.value(f"load i64, ptr {result}, align 8"))


def _throw(h: Handler) -> None:
    h.leave(Exit.THROW, h.text.value(f"zext i32 {h.read('operand0', 'ref').raw} to i64"))


def _native(h: Handler) -> None:
    """Enter the machine code of the function whose frame is the innermost."""
    text = h.text
    place = text.value(f"getelementptr i8, ptr %base, i64 {layout.FRAME_FUNCTION}")
    descriptor = Val(text.value(f"load i32, ptr {place}, align 8"), "ref")
    offset = text.value(f"load i32, ptr {h.pointer(descriptor, layout.FUNCTION_NATIVE)}, align 4")
    h.tail(text.value(f"getelementptr i8, ptr %table, i64 {text.value(f'sext i32 {offset} to i64')}"))


# Variables and constants


def _move(h: Handler) -> None:
    h.move(h.slot(h.field("result")), h.slot(h.field("operand0")))
    h.next()


def _scratch_save(h: Handler) -> None:
    h.move(h.control("scratch"), h.slot(h.field("operand0")))
    h.next()


def _scratch_load(h: Handler) -> None:
    h.move(h.slot(h.field("result")), h.control("scratch"))
    h.next()


def _constant(h: Handler) -> None:
    h.write("result", Val(h.field("constant"), "i64"))
    h.next()


def _null(h: Handler) -> None:
    h.write("result", h.null())
    h.next()


def _at_address(h: Handler) -> str:
    return h.text.pure(f"getelementptr i8, ptr %cage, i64 {h.field('address')}")


def _global_get(h: Handler) -> None:
    h.move(h.slot(h.field("result")), _at_address(h))
    h.next()


def _global_set(h: Handler) -> None:
    h.move(_at_address(h), h.slot(h.field("operand0")))
    h.next()


def _string_const(h: Handler) -> None:
    """The constant's object, which the runtime image makes when it is first asked for."""
    text = h.text
    known = text.value(f"load i64, ptr {_at_address(h)}, align 8")
    before, cold, on = text.label, text.fresh_label("make"), text.fresh_label()
    if h.is_sequence:
        with text.cold(cold):
            h.begin_alone()
        text.branch_away(text.value(f"icmp eq i64 {known}, 0"), cold)
        h.write("result", Val(known, "i64"))
        h.next()
        return
    text.branch(text.value(f"icmp eq i64 {known}, 0"), cold, on, UNLIKELY)
    with text.cold(cold):
        address = h.field("address")
        made = text.value(f'call i64 @"image.string.literal"(ptr %cage, i64 {address})')
        missing = text.fresh_label("collect")
        with text.cold(missing):
            h.tail("@collect")
        text.branch(text.value(f"icmp eq i64 {made}, 0"), missing, on, UNLIKELY)
    text.block(on)
    result = text.value(f"phi i64 [ {known}, %{before} ], [ {made}, %{cold} ]")
    h.write("result", Val(result, "i64"))
    h.next()


# Objects


def _object_allocate(h: Handler) -> None:
    h.write("result", h.allocate(h.field("size"), h.field("class")))
    h.next()


def _object_make(h: Handler) -> None:
    """An object with fields; one of the operands may be where the result goes, so that is stored last."""
    shape = h.operation.variant
    assert isinstance(shape, MadeShape)
    made = h.allocate(h.field("size"), h.field("class"))
    for number, storage in enumerate(shape.storages):
        # Read behind the allocation, which may be a call: nothing is kept in registers across it.
        value = h.read(f"operand{number}", kind_of_storage(storage))
        offset = shape.offsets[number] if shape.offsets else h.field(f"offset{number}")
        h.store(storage, h.pointer(made, offset), value)
    h.write("result", made)
    h.next()


def _field_initialize(h: Handler) -> None:
    storage, offset = h.field_place((0, 0))
    obj = h.read("operand0", "ref")
    h.store(storage, h.pointer(obj, offset), h.read("operand1", kind_of_storage(storage)))
    h.next()


def _field_initialize_saved(h: Handler) -> None:
    obj = h.read("operand0", "ref")
    saved = Val(h.load_control("roots", "i32"), "ref")
    h.store(Storage.REF, h.pointer(obj, h.field("offset")), saved)
    h.next()


def _reference_save(h: Handler) -> None:
    h.move(h.control("roots"), h.slot(h.field("operand0")))
    h.next()


def _function_value(h: Handler) -> None:
    """A function value: the descriptor's address, and the environment in the upper half."""
    text = h.text
    bound = h.operation.name == "closure.new"
    class_id = layout.CLASS_CLOSURE if bound else layout.CLASS_FUNCTION
    made = h.allocate("16", str(class_id))
    word = h.field("function")
    if bound:
        environment = text.value(f"zext i32 {h.read('operand0', 'ref').raw} to i64")
        word = text.value(f"or i64 {word}, {text.value(f'shl i64 {environment}, 32')}")
    text.line(f"store i64 {word}, ptr {h.pointer(made, layout.CLOSURE_FUNCTION)}, align 8")
    h.write("result", made)
    h.next()


def _reference_forget(h: Handler) -> None:
    h.store_control("roots", "0")
    h.next()


# The runtime image


def _image_type(type_: ValueType) -> str:
    """The IR type under which an image function knows a value: references are i64."""
    return "i64" if isinstance(type_, RefType) else IR_TYPES[type_.name.lower()]


def _runtime(h: Handler) -> None:
    """Call a function of the image; control words say what it costs, that it trapped, or that it needs memory."""
    text, function = h.text, h.operation.variant
    assert isinstance(function, RuntimeFunction)
    arguments = ["ptr %cage"]
    for number, type_ in enumerate(function.signature.params):
        kind = "ref" if isinstance(type_, RefType) else type_.name.lower()
        value = h.read(f"operand{number}", kind)
        raw = text.value(f"zext i32 {value.raw} to i64") if kind == "ref" else h.raw(value)
        arguments.append(f"{_image_type(type_)} {raw}")
    for word in ("trap", "need", "charge"):
        h.store_control(word, "0")
    results = function.signature.results
    called = f'@"image.{function.name}"({", ".join(arguments)})'
    made = text.value(f"call {_image_type(results[0])} {called}") if results else ""
    if not results:
        text.line(f"call void {called}")
    h.charge(Val(h.load_control("charge"), "i64"))
    _check_outcome(h)
    if results:
        is_ref = isinstance(results[0], RefType)
        kind = "ref" if is_ref else results[0].name.lower()  # type: ignore[union-attr] # not a RefType
        h.write("result", Val(text.value(f"trunc i64 {made} to i32") if is_ref else made, kind))
    h.next()


def _check_outcome(h: Handler) -> None:
    text = h.text
    words = [h.load_control(name) for name in ("trap", "need", "interrupted")]
    some = text.value(f"or i64 {text.value(f'or i64 {words[0]}, {words[1]}')}, {words[2]}")
    cold = text.fresh_label("outcome")
    with text.cold(cold):
        trap, missing, other, stopped = (text.fresh_label(name) for name in ("trap", "collect", "other", "stopped"))
        text.branch(text.value(f"icmp ne i64 {words[1]}, 0"), missing, other)
        text.block(other)
        text.branch(text.value(f"icmp ne i64 {words[2]}, 0"), stopped, trap)
        with text.cold(missing):
            h.tail("@collect")
        with text.cold(stopped):
            h.leave(Exit.INTERRUPTED)
        with text.cold(trap):
            h.leave(Exit.TRAP, text.value(f"sub i64 {words[0]}, 1"), fuel=h.left)
    text.branch_away(text.value(f"icmp ne i64 {some}, 0"), cold)


# Tasks


def _task_call(h: Handler, name: str, arguments: str = "", result: str = "void") -> str:
    called = f'call {result} @"image.{name}"(ptr %cage{arguments})'
    if result != "void":
        return h.text.value(called)
    h.text.line(called)
    return ""


def _task_object(h: Handler) -> str:
    return h.text.value(f"zext i32 {h.read('operand0', 'ref').raw} to i64")


def _task_making(h: Handler, name: str, arguments: str = "") -> None:
    """An operation that gives a task, and may need memory for it; the running task's turn may get an end."""
    for word in ("trap", "need"):
        h.store_control(word, "0")
    h.store_control("fuel_left", "%fuel")
    made = _task_call(h, name, arguments, "i64")
    _check_outcome(h)
    h.left = h.load_control("fuel_left")
    h.write("result", Val(made, "i64"))
    h.next()


def _task_park(h: Handler) -> None:
    """Give way unless there is a permit."""
    text = h.text
    waits = _task_call(h, "task.park", result="i64")
    cold = text.fresh_label("park")
    following = h.after()
    with text.cold(cold):
        h.tail("@schedule", following)
    text.branch_away(text.value(f"icmp ne i64 {waits}, 0"), cold)
    h.next()


def _task_yield(h: Handler) -> None:
    _task_call(h, "task.yield")
    h.tail("@schedule", h.after())


def _task_unlock(h: Handler) -> None:
    for word in ("trap", "need"):
        h.store_control(word, "0")
    _task_call(h, "task.unlock")
    _check_outcome(h)
    h.next()


def _task_lock(h: Handler) -> None:
    _task_call(h, "task.lock")
    h.next()


def _task_unpark(h: Handler) -> None:
    h.store_control("fuel_left", "%fuel")
    _task_call(h, "task.unpark", f", i64 {_task_object(h)}")
    h.left = h.load_control("fuel_left")
    h.next()


def _task_finished(h: Handler) -> None:
    h.write("result", Val(_task_call(h, "task.finished", f", i64 {_task_object(h)}", "i32"), "i32"))
    h.next()


def _task_end(h: Handler) -> None:
    """The outermost frame of a task has returned: nothing of it is left."""
    _task_call(h, "task.finish", f", i64 {h.load_control('current')}")
    h.tail("@schedule")


_EMITTERS: dict[str, Callable[[Handler], None]] = {
    "jump": _jump,
    "charge": _charge,
    "if.true": _truth,
    "unless.true": _truth,
    "switch": _switch,
    "loop": emit_loop_end,
    "i64.div_s.power": _divided_by_power,
    "i64.rem_s.power": _divided_by_power,
    "i64.div_s.by": _divided,
    "i64.rem_s.by": _divided,
    "throw": _throw,
    "unreachable": lambda h: h.trap(TrapKind.UNREACHABLE),
    "translate": lambda h: h.leave(Exit.TRANSLATE),
    "native": _native,
    "halt": _halt,
    "task.end": _task_end,
    "task.start": emit_task_start,
    "call": emit_call,
    "tail": emit_tail_call,
    "return.void": lambda h: emit_return(h, has_value=False),
    "return.value": lambda h: emit_return(h, has_value=True),
    "move": _move,
    "scratch.save": _scratch_save,
    "scratch.load": _scratch_load,
    "global.get": _global_get,
    "global.set": _global_set,
    "constant": _constant,
    "null": _null,
    "string.const": _string_const,
    "object.allocate": _object_allocate,
    "object.make": _object_make,
    "field.initialize": _field_initialize,
    "field.initialize.saved": _field_initialize_saved,
    "reference.save": _reference_save,
    "reference.forget": _reference_forget,
    "func.ref": _function_value,
    "closure.new": _function_value,
    "hypercall": lambda h: h.leave(Exit.HYPERCALL, h.field("import")),
    "task.current": lambda h: _task_making(h, "task.current"),
    "task.spawn": lambda h: _task_making(h, "task.spawn", f", i64 {_task_object(h)}"),
    "task.park": _task_park,
    "task.yield": _task_yield,
    "task.lock": _task_lock,
    "task.unlock": _task_unlock,
    "task.unpark": _task_unpark,
    "task.finished": _task_finished,
    "runtime": _runtime,
}
