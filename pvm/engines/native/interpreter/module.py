"""The whole of the interpreter as one LLVM module: handlers, ways in and out, and the functions that the host calls.

Names in quotes are functions of the runtime image, which whoever builds the module has put there.
"""

from __future__ import annotations

from collections.abc import Iterable

from pvm.engines.native import layout
from pvm.engines.native.exits import INVOKED_TASK, NOT_BEGUN, RESUME_MARKS, Exit, Poll
from pvm.engines.native.interpreter.handler import CONVENTION, PROTOTYPE
from pvm.engines.native.interpreter.handlers import define_handlers
from pvm.engines.native.interpreter.services import (
    COLLECT_FIRST,
    DISPATCH,
    GO_ON,
    RETURN_EARLY,
    RETURN_TO_CODE,
    SERVICES,
)
from pvm.engines.native.llvm.heap import define_before_store, define_marked_store
from pvm.engines.native.llvm.image import image_function
from pvm.engines.native.llvm.text import ModuleText, quoted
from pvm.isa.traps import TrapKind

HOST_PREFIX = "host."


def define_interpreter(module: ModuleText) -> None:
    """Add the interpreter to a module that has the functions of the runtime image, under ``image.NAME``.

    What it defines for the outside is ``enter(cage) -> i32``: go on where the control words say, until
    an ``Exit``; and ``invoke(cage) -> i32``: begin a call of the function that INVOKED names, enter, and end
    the call if that is all.
    """
    attributes = module.group('nounwind "no-builtins" "prefer-vector-width"="128"')
    module.declare("clock_gettime", "i32 (i32, ptr)")
    symbols = define_handlers(module, attributes)
    pointers = [*symbols, *SERVICES]
    entries = ", ".join(f"ptr {symbol}" for symbol in pointers)
    module.define(f"@handlers = constant [{len(pointers)} x ptr] [{entries}]")
    for kind in TrapKind:
        _define(module, f'@"trap.{kind.mnemonic}"', attributes, _exit(Exit.TRAP, str(int(kind))))
    for poll in (Poll.BLOCK, Poll.POINT, Poll.AFTER):
        _define(module, f"@poll.{poll.name.lower()}", attributes, _poll(poll))
    module.declare("llvm.memcpy.p0.p0.i64", "void (ptr, ptr, i64, i1)")
    define_marked_store(module, image_function("gc.barrier"))
    define_before_store(module, image_function("gc.barrier"))
    _define(module, "@overflow", attributes, _OVERFLOW)
    _define(module, "@schedule", attributes, _SCHEDULE)
    _define(module, "@collect", attributes, _COLLECT)
    _define(module, COLLECT_FIRST, attributes, _COLLECT_FIRST)
    _define(module, "@leave", attributes, _LEAVE)
    _define(module, RETURN_EARLY, attributes, _CUT)
    _define(module, "@cut.again", attributes, _CUT_AGAIN)
    _define(module, RETURN_TO_CODE, attributes, _RETURN)
    _define(module, DISPATCH, attributes, _dispatch())
    _define(module, GO_ON, attributes, _GO_ON)
    module.define(_ENTER)
    module.define(_INVOKE)


def define_host_functions(module: ModuleText, functions: Iterable[tuple[str, str, tuple[str, ...]]]) -> None:
    """Make functions of the image visible to the host as ``host.NAME``: name, IR type of the result, of parameters."""
    for name, result, parameters in functions:
        typed = ["ptr %cage", *(f"{type_} %p{number}" for number, type_ in enumerate(parameters))]
        arguments = ", ".join(typed)
        call = f"call {result} {quoted('image.' + name)}({arguments})"
        body = f"  {call}\n  ret void" if result == "void" else f"  %r = {call}\n  ret {result} %r"
        module.define(f"define {result} {quoted(HOST_PREFIX + name)}({arguments}) nounwind {{\n{body}\n}}")


def _define(module: ModuleText, symbol: str, attributes: str, body: str) -> None:
    module.define(f"define internal {CONVENTION} void {symbol}({PROTOTYPE}) noinline {attributes} {{\n{body}}}")


def _at(register: str, name: str) -> str:
    """A pointer to a control word."""
    return f"  {register} = getelementptr i8, ptr %cage, i64 {layout.control_word(name)}\n"


def _load(register: str, name: str) -> str:
    return f"{_at(register + '.at', name)}  {register} = load i64, ptr {register}.at, align 8\n"


def _store(name: str, value: str, suffix: str = "") -> str:
    place = f"%to.{name}{suffix}"
    return f"{_at(place, name)}  store i64 {value}, ptr {place}, align 8\n"


def _tail(target: str, pc: str = "%pc", base: str = "%base", fuel: str = "%fuel") -> str:
    arguments = f"ptr {pc}, ptr {base}, ptr %cage, ptr %table, i64 {fuel}"
    return f"  musttail call {CONVENTION} void {target}({arguments})\n  ret void\n"


def _exit(reason: Exit, value: str, fuel: str = "%fuel") -> str:
    return _store("exit", str(int(reason))) + _store("exit_value", value) + _tail("@leave", fuel=fuel)


def _dispatch(pc: str = "%pc", base: str = "%base", fuel: str = "%fuel") -> str:
    return f"""\
  %number = load i16, ptr {pc}, align 8
  %index = zext i16 %number to i64
  %entry = getelementptr ptr, ptr %table, i64 %index
  %target = load ptr, ptr %entry, align 8
{_tail("%target", pc, base, fuel)}"""


LONG_PAUSE = 2_000_000
"""Nanoseconds of a collection after which the host looks at the clock: fuel does not tell how long these take."""

_SAVE = f"""\
  %origin = ptrtoint ptr %cage to i64
  %there = ptrtoint ptr %pc to i64
  %frame = ptrtoint ptr %base to i64
  %pc.address = sub i64 %there, %origin
  %base.address = sub i64 %frame, %origin
{_store("pc", "%pc.address")}{_store("base", "%base.address")}"""

_LEAVE = f"{_SAVE}{_store('fuel_left', '%fuel')}  ret void\n"


def _announce(on: str, name: str) -> str:
    """Let the frame at %base return to RETURN_TO_CODE, if it does not yet; goes on at label ``on``.

    What is around it may have machine code.  The outermost frame of a task returns to nobody.
    """
    return f"""\
  %{name}.header = load i64, ptr %base, align 8
  %{name}.outermost = icmp ult i64 %{name}.header, {1 << 32}
  %{name}.native.at = getelementptr i8, ptr %base, i64 {layout.FRAME_NATIVE}
  %{name}.native = load i64, ptr %{name}.native.at, align 8
  %{name}.known = icmp ne i64 %{name}.native, 0
  %{name}.leave = or i1 %{name}.outermost, %{name}.known
  br i1 %{name}.leave, label %{on}, label %{name}.set
{name}.set:
  %{name}.at = ptrtoint ptr {RETURN_TO_CODE} to i64
  %{name}.table = ptrtoint ptr @handlers to i64
  %{name}.distance = sub i64 %{name}.at, %{name}.table
  store i64 %{name}.distance, ptr %{name}.native.at, align 8
  br label %{on}
"""


# Look for machine code that goes on at %pc: open addressing, OSR_PROBES entries from the one that the address says.
_RESUME = f"""\
  %key = trunc i64 %pc.address to i32
  %scaled = lshr i32 %key, 3
  %slot = and i32 %scaled, {layout.OSR_ENTRIES - 1}
  br label %probe
probe:
  %at = phi i32 [ %slot, %continue ], [ %following, %next ]
  %tries = phi i32 [ 0, %continue ], [ %tried, %next ]
  %bytes = shl i32 %at, 3
  %byte = zext i32 %bytes to i64
  %known = add i64 %byte, {layout.OSR_TABLE}
  %osr = getelementptr i8, ptr %cage, i64 %known
  %osr.pc = load i32, ptr %osr, align 8
  %hit = icmp eq i32 %osr.pc, %key
  br i1 %hit, label %resume, label %next
next:
  %up = add i32 %at, 1
  %following = and i32 %up, {layout.OSR_ENTRIES - 1}
  %tried = add i32 %tries, 1
  %end = icmp eq i32 %tried, {layout.OSR_PROBES}
  br i1 %end, label %missed, label %probe
missed:
{_load("%marks", "resume_marks")}  %spent = icmp eq i64 %marks, 0
  br i1 %spent, label %interpret, label %mark
mark:
  %marks.left = sub i64 %marks, 1
{_store("resume_marks", "%marks.left")}{_announce("interpret", "mark")}resume:
  %osr.to = getelementptr i8, ptr %osr, i64 4
  %distance = load i32, ptr %osr.to, align 4
  %wide.distance = sext i32 %distance to i64
  %machine = getelementptr i8, ptr %table, i64 %wide.distance
{_announce("jump", "found")}jump:
{_tail("%machine", fuel="%left")}interpret:
"""


def _clock(name: str) -> str:
    """Read the clock, nanoseconds, as ``%NAME.time``; the words of ``struct timespec`` lie where nothing is kept."""
    return f"""\
  %{name}.at = getelementptr i8, ptr %cage, i64 {layout.SCRATCH}
  call i32 @clock_gettime(i32 1, ptr %{name}.at)
  %{name}.seconds = load i64, ptr %{name}.at, align 8
  %{name}.rest.at = getelementptr i8, ptr %{name}.at, i64 8
  %{name}.rest = load i64, ptr %{name}.rest.at, align 8
  %{name}.whole = mul i64 %{name}.seconds, 1000000000
  %{name}.time = add i64 %{name}.whole, %{name}.rest
"""


def _poll(poll: Poll) -> str:
    """Ask the image what the empty counter means: nothing yet, another task's turn, or something for the host."""
    return f"""\
{_SAVE}  br label %poll
poll:
  %first = call i64 @"image.fuel.poll"(ptr %cage, i64 %fuel, i64 {int(poll is Poll.POINT)})
  %is.look = icmp eq i64 %first, {layout.POLL_CLOCK}
  br i1 %is.look, label %look, label %act
look:
{_clock("now")}{_load("%due", "look_at")}  %is.early = icmp slt i64 %now.time, %due
  br i1 %is.early, label %again, label %act
again:
{_load("%renewed", "fuel_left")}\
  %second = call i64 @"image.fuel.poll"(ptr %cage, i64 %renewed, i64 {int(poll is Poll.POINT)})
  br label %act
act:
  %action = phi i64 [ %first, %poll ], [ %first, %look ], [ %second, %again ]
{_load("%left", "fuel_left")}  switch i64 %action, label %host [ i64 {layout.POLL_CONTINUE}, label %continue
    i64 {layout.POLL_SWITCH}, label %switch ]
continue:
{_RESUME if poll is Poll.POINT else ""}{_dispatch(fuel="%left")}switch:
{_tail("@schedule", fuel="%left")}host:
  %value = or i64 %action, {int(poll) << 8}
{_exit(Exit.POLL, "%value", fuel="%left")}"""


_GO_ON = f"""\
  %empty = icmp slt i64 %fuel, 0
  br i1 %empty, label %poll, label %go
poll:
{_tail("@poll.after")}go:
{_dispatch()}"""

_CUT = f"""\
{_store("resume_marks", str(RESUME_MARKS))}{_tail("@cut.again")}"""

_CUT_AGAIN = f"""\
  call void @"image.fuel.cut"(ptr %cage, i64 %fuel)
{_load("%left", "fuel_left")}{_dispatch(fuel="%left")}"""

# Return to internal code of the caller, whose frame is at %base, and look for its compiled code.
_RETURN = f"""\
  %place = getelementptr i8, ptr %base, i64 {layout.FRAME_FUNCTION}
  %descriptor = load i32, ptr %place, align 8
  %wide = zext i32 %descriptor to i64
  %function = getelementptr i8, ptr %cage, i64 %wide
  %size.at = getelementptr i8, ptr %function, i64 {layout.FUNCTION_FRAME}
  %size = load i32, ptr %size.at, align 4
  %distance = zext i32 %size to i64
  %frame = getelementptr i8, ptr %base, i64 %distance
  %return = load i32, ptr %frame, align 8
  %address = zext i32 %return to i64
  %back = getelementptr i8, ptr %cage, i64 %address
  %value.at = getelementptr i8, ptr %frame, i64 {layout.FRAME_RESULT}
  %value = load i64, ptr %value.at, align 8
  %slot.at = getelementptr i8, ptr %back, i64 -2
  %slot = load i16, ptr %slot.at, align 2
  %number.of.slot = zext i16 %slot to i64
  %result.at = getelementptr i64, ptr %base, i64 %number.of.slot
  store i64 %value, ptr %result.at, align 8
{_tail("@cut.again", "%back")}"""

_SCHEDULE = f"""\
{_SAVE}{_store("fuel_left", "%fuel")}  %task = call i64 @"image.scheduler.next"(ptr %cage)
  %none = icmp eq i64 %task, 0
  br i1 %none, label %idle, label %found
found:
{_load("%next.pc", "pc")}{_load("%next.base", "base")}{_load("%left", "fuel_left")}\
  %to.pc.run = getelementptr i8, ptr %cage, i64 %next.pc
  %to.base.run = getelementptr i8, ptr %cage, i64 %next.base
  %fresh = icmp eq i64 %next.pc, 0
  br i1 %fresh, label %start, label %go
start:
{_tail("@op.task.start", "%pc", "%base", "%left")}go:
{_dispatch("%to.pc.run", "%to.base.run", "%left")}idle:
{_store("exit", str(int(Exit.SCHEDULE)))}  ret void
"""

_OVERFLOW = f"""\
{_SAVE}{_load("%record", "current")}{_load("%end", "exit_value")}{_store("trap", "0")}\
  %need = sub i64 %end, %record
  %moved = call i64 @"image.stack.grow"(ptr %cage, i64 %record, i64 %need)
  %failed = icmp eq i64 %moved, 0
  br i1 %failed, label %trapped, label %again
again:
{_load("%new.base", "base")}  %new.frame = getelementptr i8, ptr %cage, i64 %new.base
{_dispatch(base="%new.frame")}trapped:
{_load("%kind", "trap")}  %number.of = sub i64 %kind, 1
{_exit(Exit.TRAP, "%number.of")}"""


_COLLECTED = f"""\
{_SAVE}{_load("%record", "current")}  %base.low = trunc i64 %base.address to i32
  %task = getelementptr i8, ptr %cage, i64 %record
  %task.base = getelementptr i8, ptr %task, i64 {layout.TASK_BASE}
  store i32 %base.low, ptr %task.base, align 4
{_load("%need", "need")}{_store("need", "0")}\
{_clock("begin")}  %status = call i64 @"image.gc.collect"(ptr %cage, i64 %need)
{_clock("end")}  %pause = sub i64 %end.time, %begin.time
{_load("%total", "pause_total")}  %new.total = add i64 %total, %pause
{_store("pause_total", "%new.total")}{_load("%longest", "pause_longest")}\
  %longer = icmp sgt i64 %pause, %longest
  %new.longest = select i1 %longer, i64 %pause, i64 %longest
{_store("pause_longest", "%new.longest")}"""

_IS_MOVING = f"""\
  %moving.at = getelementptr i8, ptr %cage, i64 {layout.collector_word("moving")}
  %moving = load i64, ptr %moving.at, align 8
  %is.moving = icmp ne i64 %moving, 0
"""


def _look(then: str) -> str:
    """Let the host look at the clock, at label ``look``; from label ``slice``, ``then`` goes on with the collection.

    While objects move, nothing else of the program may run.
    """
    return f"""\
slice:
  %then.address = ptrtoint ptr {then} to i64
  %table.address = ptrtoint ptr %table to i64
  %distance = sub i64 %then.address, %table.address
{_store("machine_pc", "%distance")}{_store("need", "%need", ".again")}  br label %look
look:
{_exit(Exit.POLL, str(layout.POLL_CLOCK | int(Poll.COLLECT) << 8))}"""


_COLLECT = f"""\
{_COLLECTED}\
  switch i64 %status, label %exhausted [ i64 {layout.COLLECT_DONE}, label %done
    i64 {layout.COLLECT_AGAIN}, label %again ]
done:
  %is.long = icmp sgt i64 %pause, {LONG_PAUSE}
  br i1 %is.long, label %look, label %on
on:
{_dispatch()}again:
{_IS_MOVING}  br i1 %is.moving, label %slice, label %look
{_look("@collect")}exhausted:
{_tail(f'@"trap.{TrapKind.OUT_OF_MEMORY.mnemonic}"')}"""

# It is enough that the nursery is empty: whoever allocates waits for more if there has to be more.
_COLLECT_FIRST = f"""\
{_COLLECTED}\
  %is.exhausted = icmp eq i64 %status, {layout.COLLECT_EXHAUSTED}
  br i1 %is.exhausted, label %exhausted, label %checked
checked:
{_IS_MOVING}  br i1 %is.moving, label %slice, label %on
on:
{_load("%service", "leave_for")}  %place.of = getelementptr ptr, ptr %table, i64 %service
  %going = load ptr, ptr %place.of, align 8
{_tail("%going")}{_look(COLLECT_FIRST)}exhausted:
{_tail(f'@"trap.{TrapKind.OUT_OF_MEMORY.mnemonic}"')}"""

_ENTER = f"""\
define i32 @enter(ptr %cage) nounwind {{
{_load("%pc.address", "pc")}{_load("%base.address", "base")}{_load("%fuel", "fuel_left")}\
  %pc = getelementptr i8, ptr %cage, i64 %pc.address
  %base = getelementptr i8, ptr %cage, i64 %base.address
{_load("%machine", "machine_pc")}{_store("machine_pc", "0")}\
  %compiled = icmp ne i64 %machine, 0
  br i1 %compiled, label %resume, label %interpret
resume:
  %code = getelementptr i8, ptr @handlers, i64 %machine
{_announce("jump", "found")}jump:
  call {CONVENTION} void %code(ptr %pc, ptr %base, ptr %cage, ptr @handlers, i64 %fuel)
  br label %left
interpret:
  %fresh = icmp eq i64 %pc.address, 0
  br i1 %fresh, label %start, label %go
start:
  call {CONVENTION} void @op.task.start(ptr %pc, ptr %base, ptr %cage, ptr @handlers, i64 %fuel)
  br label %left
go:
  %number = load i16, ptr %pc, align 8
  %index = zext i16 %number to i64
  %entry = getelementptr ptr, ptr @handlers, i64 %index
  %target = load ptr, ptr %entry, align 8
  call {CONVENTION} void %target(ptr %pc, ptr %base, ptr %cage, ptr @handlers, i64 %fuel)
  br label %left
left:
{_load("%reason", "exit")}  %result = trunc i64 %reason to i32
  ret i32 %result
}}
"""

_INVOKED_WORDS = "".join(
    f"  %{name}.at = getelementptr i64, ptr %block, i64 {number}\n  %{name} = load i64, ptr %{name}.at, align 8\n"
    for number, name in enumerate(("descriptor", "code", "halt", "stack", "count", "cost", "machine.pc"))
)
_INVOKE = f"""\
define i32 @invoke(ptr %cage) nounwind {{
  %block = getelementptr i8, ptr %cage, i64 {layout.INVOKED}
{_INVOKED_WORDS}  %record = call i64 @"image.call.begin"(ptr %cage, i64 %descriptor, i64 %code, i64 %halt, i64 %stack)
  %failed = icmp eq i64 %record, 0
  br i1 %failed, label %none, label %begun
begun:
  %task = getelementptr i8, ptr %cage, i64 %record
  %slots = getelementptr i8, ptr %task, i64 {layout.TASK_SIZE + layout.FRAME_HEADER}
  %arguments = getelementptr i8, ptr %cage, i64 {layout.INVOKED_ARGUMENTS}
  %bytes = shl i64 %count, 3
  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %slots, ptr align 8 %arguments, i64 %bytes, i1 false)
  %number.at = getelementptr i8, ptr %task, i64 {layout.TASK_NUMBER}
  %number = load i64, ptr %number.at, align 8
  %task.number.at = getelementptr i64, ptr %block, i64 {INVOKED_TASK}
  store i64 %number, ptr %task.number.at, align 8
{_load("%fuel", "fuel_left")}  %paid = sub i64 %fuel, %cost
{_store("fuel_left", "%paid")}{_store("machine_pc", "%machine.pc")}\
  %reason = call i32 @enter(ptr %cage)
  %halted = icmp eq i32 %reason, {int(Exit.HALT)}
  br i1 %halted, label %end, label %left
end:
  call void @"image.call.end"(ptr %cage, i64 0)
  ret i32 %reason
left:
  ret i32 %reason
none:
  ret i32 {NOT_BEGUN}
}}
"""
