"""The whole of the interpreter as one LLVM module: the runtime image, the handlers, the ways in and out."""

from __future__ import annotations

from pvm.engines.native import layout
from pvm.engines.native.exits import Exit, Poll
from pvm.engines.native.interpreter.handler import CONVENTION, PROTOTYPE
from pvm.engines.native.interpreter.handlers import define_handlers
from pvm.engines.native.llvm.text import ModuleText
from pvm.isa.traps import TrapKind

_ARGUMENTS = "ptr %pc, ptr %base, ptr %cage, ptr %table, i64 %fuel"


def define_interpreter(module: ModuleText) -> None:
    """Add the interpreter to a module that has the functions of the runtime image, under ``image.NAME``.

    What it defines for the outside is ``enter(cage) -> i32``: go on where the control words say, until
    an ``Exit``.
    """
    attributes = module.group('nounwind "no-builtins"')
    symbols = define_handlers(module, attributes)
    entries = ", ".join(f"ptr {symbol}" for symbol in symbols)
    module.define(f"@handlers = internal constant [{len(symbols)} x ptr] [{entries}]")
    for kind in TrapKind:
        _define(module, f'@"trap.{kind.mnemonic}"', attributes, _exit(Exit.TRAP, int(kind)))
    for poll in Poll:
        _define(module, f"@poll.{poll.name.lower()}", attributes, _exit(Exit.POLL, int(poll)))
    _define(module, "@overflow", attributes, _exit(Exit.TRAP, int(TrapKind.STACK_OVERFLOW)))
    _define(module, "@leave", attributes, _LEAVE)
    _define(module, "@collect", attributes, _COLLECT)
    module.define(_ENTER)


def _define(module: ModuleText, symbol: str, attributes: str, body: str) -> None:
    module.define(f"define internal {CONVENTION} void {symbol}({PROTOTYPE}) noinline {attributes} {{\n{body}}}")


def _place(register: str, name: str) -> str:
    return f"  {register} = getelementptr i8, ptr %cage, i64 {layout.control_word(name)}\n"


def _exit(reason: Exit, value: int) -> str:
    return (
        _place("%reason", "exit")
        + f"  store i64 {int(reason)}, ptr %reason, align 8\n"
        + _place("%value", "exit_value")
        + f"  store i64 {value}, ptr %value, align 8\n"
        + _tail("@leave")
    )


def _tail(target: str) -> str:
    return f"  musttail call {CONVENTION} void {target}({_ARGUMENTS})\n  ret void\n"


_LEAVE = f"""\
  %origin = ptrtoint ptr %cage to i64
  %there = ptrtoint ptr %pc to i64
  %frame = ptrtoint ptr %base to i64
  %pc.address = sub i64 %there, %origin
  %base.address = sub i64 %frame, %origin
{_place("%p0", "pc")}  store i64 %pc.address, ptr %p0, align 8
{_place("%p1", "base")}  store i64 %base.address, ptr %p1, align 8
{_place("%p2", "fuel_left")}  store i64 %fuel, ptr %p2, align 8
  ret void
"""

_COLLECT = f"""\
  %origin = ptrtoint ptr %cage to i64
  %frame = ptrtoint ptr %base to i64
  %base.address = sub i64 %frame, %origin
  %base.low = trunc i64 %base.address to i32
{_place("%p0", "current")}  %record = load i64, ptr %p0, align 8
  %task = getelementptr i8, ptr %cage, i64 %record
  %p1 = getelementptr i8, ptr %task, i64 {layout.TASK_BASE}
  store i32 %base.low, ptr %p1, align 4
{_place("%p2", "need")}  %need = load i64, ptr %p2, align 8
  store i64 0, ptr %p2, align 8
  %failed = call i64 @"image.gc.collect"(ptr %cage, i64 %need)
  %is.failed = icmp ne i64 %failed, 0
  br i1 %is.failed, label %exhausted, label %again
again:
  %number = load i16, ptr %pc, align 8
  %index = zext i16 %number to i64
  %entry = getelementptr ptr, ptr %table, i64 %index
  %target = load ptr, ptr %entry, align 8
{_tail("%target")}exhausted:
{_tail(f'@"trap.{TrapKind.OUT_OF_MEMORY.mnemonic}"')}"""

_ENTER = f"""\
define i32 @enter(ptr %cage) nounwind {{
{_place("%p0", "pc")}  %pc.address = load i64, ptr %p0, align 8
{_place("%p1", "base")}  %base.address = load i64, ptr %p1, align 8
{_place("%p2", "fuel_left")}  %fuel = load i64, ptr %p2, align 8
  %pc = getelementptr i8, ptr %cage, i64 %pc.address
  %base = getelementptr i8, ptr %cage, i64 %base.address
  %number = load i16, ptr %pc, align 8
  %index = zext i16 %number to i64
  %entry = getelementptr ptr, ptr @handlers, i64 %index
  %target = load ptr, ptr %entry, align 8
  call {CONVENTION} void %target(ptr %pc, ptr %base, ptr %cage, ptr @handlers, i64 %fuel)
{_place("%p3", "exit")}  %reason = load i64, ptr %p3, align 8
  %result = trunc i64 %reason to i32
  ret i32 %result
}}
"""
