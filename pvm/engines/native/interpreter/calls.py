"""Handlers of calls and returns.

The callee's frame begins where the caller's ends.  Arguments are copied in the order of the callee's slots, references
that are no parameters are cleared, the header says where to return to, and the callee's entry block is paid for.
"""

from __future__ import annotations

from collections.abc import Callable

from pvm.engines.native import layout
from pvm.engines.native.code.operations import DESCRIPTOR_POLL_BIT, Kind
from pvm.engines.native.interpreter.handler import Handler
from pvm.isa.machine import Val

Copy = Callable[[str, int], None]
"""Copies the arguments to the frame at a pointer, from a slot on."""


class Callee:
    """A function about to be entered: its descriptor, as a pointer and as an address (i64)."""

    def __init__(self, h: Handler, address: str) -> None:
        self.h = h
        self.address = address
        self.pointer = h.text.value(f"getelementptr i8, ptr %cage, i64 {address}")

    def load(self, offset: int, bits: int = 32) -> str:
        """A number of the descriptor, as i64."""
        text = self.h.text
        place = text.value(f"getelementptr i8, ptr {self.pointer}, i64 {offset}")
        return text.value(f"zext i{bits} {text.value(f'load i{bits}, ptr {place}, align {bits // 8}')} to i64")


def emit_call(h: Handler) -> None:
    """A call that comes back."""
    count, size = _arguments(h)
    frame = h.text.value(f"getelementptr i64, ptr %base, i64 {h.field('frame')}")

    def enter(callee: Callee, copy: Copy, first: int = 0) -> None:
        _check_stack(h, frame, callee)
        copy(frame, layout.FRAME_SLOTS + first)
        _clear_references(h, frame, callee)
        text = h.text
        there, origin = (text.value(f"ptrtoint ptr {each} to i64") for each in (h.pc, "%cage"))
        here = text.value(f"sub i64 {there}, {origin}")
        back = text.value(f"add i64 {here}, {size}")
        distance = text.value(f"shl i64 {h.field('frame')}, 35")
        text.line(f"store i64 {text.value(f'or i64 {back}, {distance}')}, ptr {frame}, align 8")
        _return_to_interpreter(h, frame)
        _go(h, frame, callee)

    _with_callee(h, count, enter)


def emit_tail_call(h: Handler) -> None:
    """A call that replaces the frame: arguments go behind it first, since they may be what they overwrite."""
    count, _ = _arguments(h)
    text = h.text

    def enter(callee: Callee, copy: Copy, first: int = 0) -> None:
        _check_stack(h, "%base", callee)
        aside = text.value(f"getelementptr i64, ptr %base, i64 {h.field('frame')}")
        copy(aside, layout.FRAME_SLOTS + first)
        slots = text.value(f"add i64 {h.field('count')}, {first}")
        total = text.value(f"shl i64 {slots}, 3")
        h.move_bytes(h.slot(str(layout.FRAME_SLOTS)), h.slot(str(layout.FRAME_SLOTS), aside), total)
        _clear_references(h, "%base", callee)
        _go(h, "%base", callee)

    _with_callee(h, count, enter)


def emit_return(h: Handler, *, has_value: bool) -> None:
    """Go back to the caller; the word before the instruction to go on with ends in the slot of the result."""
    text = h.text
    value = h.read("operand0", "i64").raw if has_value else ""
    header = text.value("load i64, ptr %base, align 8")
    native = text.value(f"load i64, ptr {h.slot(str(layout.FRAME_NATIVE // 8))}, align 8")
    distance = text.value(f"lshr i64 {header}, 32")
    frame = text.value(f"getelementptr i8, ptr %base, i64 {text.value(f'sub i64 0, {distance}')}")
    compiled = text.fresh_label("compiled")
    with text.cold(compiled):
        if has_value:
            text.line(f"store i64 {value}, ptr {h.slot(str(layout.FRAME_RESULT // 8))}, align 8")
        h.tail(text.value(f"getelementptr i8, ptr %table, i64 {native}"), h.pc, frame)
    text.branch_away(text.value(f"icmp ne i64 {native}, 0"), compiled)
    pc = text.value(f"getelementptr i8, ptr %cage, i64 {text.value(f'and i64 {header}, 4294967295')}")
    if has_value:
        result = h.load_field(-2, Kind.RESULT, pc)
        text.line(f"store i64 {value}, ptr {h.slot(result, frame)}, align 8")
    h.dispatch(pc, frame)


def emit_task_start(h: Handler) -> None:
    """Enter the function value of the running task, which has no frame yet, in the first frame of its stack."""
    text = h.text
    record = text.value(f"getelementptr i8, ptr %cage, i64 {h.load_control('current')}")
    frame = text.value(f"getelementptr i8, ptr {record}, i64 {layout.TASK_SIZE}")
    entry = text.value(f"getelementptr i8, ptr {record}, i64 {layout.TASK_ENTRY}")
    closure = Val(text.value(f"load i32, ptr {entry}, align 4"), "ref")

    def enter(callee: Callee, copy: Copy, first: int = 0) -> None:
        _check_stack(h, frame, callee)
        text.line(f"store i32 0, ptr {entry}, align 4")
        copy(frame, layout.FRAME_SLOTS + first)
        _clear_references(h, frame, callee)
        h.move(frame, h.control("task_end"))
        _return_to_interpreter(h, frame)
        _go(h, frame, callee)

    _enter_closure(h, closure, _copy_nothing, enter)


def _copy_nothing(frame: str, first: int) -> None:
    """The arguments of a function value without parameters."""


def list_size(h: Handler) -> str:
    """Bytes of an instruction whose operands follow it as a list."""
    text = h.text
    count = text.value(f"add i64 {h.field('count')}, 4")
    words = text.value(f"lshr i64 {count}, 2")
    return text.value(f"add i64 {text.value(f'shl i64 {words}, 3')}, {h.operation.size}")


def _arguments(h: Handler) -> tuple[int, str]:
    count = h.operation.variant
    assert isinstance(count, int)
    return count, str(h.operation.size) if count >= 0 else list_size(h)


def _with_callee(h: Handler, count: int, enter: Callable[..., None]) -> None:
    """Find out what is called, and enter it."""
    family = h.operation.name.split(".")
    kind = next((each for each in ("virtual", "interface", "ref") if each in family), "call")
    copy = _copier(h, count)
    if kind == "call":
        enter(Callee(h, h.field("callee")), copy)
    elif kind == "ref":
        _closure(h, copy, enter)
    else:
        receiver = Val(_first_argument(h, count), "ref")
        enter(Callee(h, _method(h, kind, h.class_id(receiver))), copy)


def _first_argument(h: Handler, count: int) -> str:
    if count >= 0:
        return h.read("operand0", "ref").raw  # type: ignore[return-value] # of a handler it is text
    slot = h.load_field(h.operation.size, Kind.SLOT)
    return h.text.value(f"load i32, ptr {h.slot(slot)}, align 8")


def _method(h: Handler, kind: str, number: Val) -> str:
    """The address of the descriptor that a receiver of this class id has for the method."""
    text = h.text
    wide = text.value(f"zext i32 {number.raw} to i64")
    if kind == "interface":
        place = text.value(f"add i64 {h.field('row')}, {text.value(f'shl i64 {wide}, 2')}")
    else:
        offset = text.value(f"mul i64 {wide}, {layout.CLASS_SIZE}")
        descriptor = text.value(
            f"getelementptr i8, ptr {h.word(layout.METADATA_PROGRAM + layout.CLASS_VTABLE)}, i64 {offset}"
        )
        vtable = text.value(f"zext i32 {text.value(f'load i32, ptr {descriptor}, align 4')} to i64")
        place = text.value(f"add i64 {vtable}, {h.field('slot')}")
    pointer = text.value(f"getelementptr i8, ptr %cage, i64 {place}")
    return text.value(f"zext i32 {text.value(f'load i32, ptr {pointer}, align 4')} to i64")


def _closure(h: Handler, copy: Copy, enter: Callable[..., None]) -> None:
    _enter_closure(h, h.read("closure", "ref"), copy, enter)


def _enter_closure(h: Handler, closure: Val, copy: Copy, enter: Callable[..., None]) -> None:
    """Enter a function value, with what it captured first."""
    text = h.text
    number = h.class_id(closure)
    word = text.value(f"load i64, ptr {h.pointer(closure, layout.CLOSURE_FUNCTION)}, align 8")
    address = text.value(f"and i64 {word}, 4294967295")
    bound, plain = text.fresh_label("bound"), text.fresh_label("plain")
    text.branch(text.value(f"icmp eq i32 {number.raw}, {layout.CLASS_CLOSURE}"), bound, plain)
    text.block(bound)

    def with_environment(frame: str, first: int) -> None:
        environment = text.value(f"lshr i64 {word}, 32")
        text.line(f"store i64 {environment}, ptr {h.slot(str(layout.FRAME_SLOTS), frame)}, align 8")
        copy(frame, first)

    enter(Callee(h, address), with_environment, 1)
    text.block(plain)
    enter(Callee(h, address), copy)


def _copier(h: Handler, count: int) -> Copy:
    text = h.text

    def known(frame: str, first: int) -> None:
        for number in range(count):
            argument = h.read(f"operand{number}", "i64")
            text.line(f"store i64 {argument.raw}, ptr {h.slot(str(first + number), frame)}, align 8")

    def many(frame: str, first: int) -> None:
        total = h.field("count")
        before, loop, done = text.label, text.fresh_label("copy"), text.fresh_label("copied")
        text.branch(text.value(f"icmp eq i64 {total}, 0"), done, loop)
        text.block(loop, dominated=True)
        index, following = text.fresh(), text.fresh()
        text.line(f"{index} = phi i64 [ 0, %{before} ], [ {following}, %{loop} ]")
        behind = text.value(f"add i64 {index}, {h.operation.size // 2}")
        place = text.value(f"getelementptr i16, ptr {h.pc}, i64 {behind}")
        slot = text.value(f"zext i16 {text.value(f'load i16, ptr {place}, align 2')} to i64")
        to = text.value(f"getelementptr i64, ptr {frame}, i64 {text.value(f'add i64 {index}, {first}')}")
        h.move(to, text.value(f"getelementptr i64, ptr %base, i64 {slot}"))
        text.line(f"{following} = add i64 {index}, 1")
        text.branch(text.value(f"icmp eq i64 {following}, {total}"), done, loop)
        text.block(done)

    return known if count >= 0 else many


def _check_stack(h: Handler, frame: str, callee: Callee) -> None:
    """Leave for ``@overflow`` if a frame does not fit."""
    text = h.text
    end = text.value(f"getelementptr i8, ptr {frame}, i64 {callee.load(layout.FUNCTION_FRAME)}")
    limit = text.value(f"getelementptr i8, ptr %cage, i64 {h.load_control('stack_limit')}")
    cold = text.fresh_label("overflow")
    with text.cold(cold):
        here = text.value(f"ptrtoint ptr {end} to i64")
        needed = text.value(f"sub i64 {here}, {text.value('ptrtoint ptr %cage to i64')}")
        h.store_control("exit_value", needed)
        h.tail("@overflow")
    text.branch_away(text.value(f"icmp ugt ptr {end}, {limit}"), cold)


def _clear_references(h: Handler, frame: str, callee: Callee) -> None:
    """Clear the references that are no parameters."""
    count = callee.load(layout.FUNCTION_REFS)
    h.clear_references(frame, lambda: callee.load(layout.FUNCTION_PARAMS, 16), count)


def _return_to_interpreter(h: Handler, frame: str) -> None:
    place = h.text.value(f"getelementptr i8, ptr {frame}, i64 {layout.FRAME_NATIVE}")
    h.text.line(f"store i64 0, ptr {place}, align 8")


def _go(h: Handler, frame: str, callee: Callee) -> None:
    """Name the function in its frame, pay for its entry and go there."""
    text = h.text
    place = text.value(f"getelementptr i8, ptr {frame}, i64 {layout.FRAME_FUNCTION}")
    text.line(f"store i64 {callee.address}, ptr {place}, align 8")
    cost = callee.load(layout.FUNCTION_COST)
    pc = text.value(f"getelementptr i8, ptr %cage, i64 {callee.load(layout.FUNCTION_CODE)}")
    left = text.value(f"sub i64 %fuel, {text.value(f'and i64 {cost}, {DESCRIPTOR_POLL_BIT - 1}')}")
    cold = text.fresh_label("poll")
    with text.cold(cold):
        h.poll(text.value(f"and i64 {cost}, {DESCRIPTOR_POLL_BIT}"), pc, left, frame)
    text.branch_away(text.value(f"icmp slt i64 {left}, 0"), cold)
    h.dispatch(pc, frame, left)
