"""How internal code enters a compiled function: from its frame, by functions of the handlers' prototype.

They call it as compiled code does, and go on with internal code where it returns to or where it has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvm.engines.native import layout
from pvm.engines.native.interpreter.handler import CONVENTION, PROTOTYPE
from pvm.engines.native.interpreter.services import COLLECT_FIRST, service_index
from pvm.engines.native.jit.installed import BODY, ENTRY, osr_symbol
from pvm.engines.native.jit.prototype import GONE, NATIVE_STACK, call_of, result_type
from pvm.engines.native.llvm.lowering import ir_type
from pvm.engines.native.llvm.text import FunctionText
from pvm.isa.machine import Val

if TYPE_CHECKING:
    from pvm.engines.native.jit.unit import Unit

_ENTER = "enter"


def define_entries(unit: Unit, loops: Sequence[int]) -> None:
    """Add the entries of a function that is written: its beginning, and these loops, by offset of their heads."""
    module = unit.module_text
    group = module.group('nounwind "frame-pointer"="none"')
    text = FunctionText(module)
    with unit.writing(text):
        _enter(unit)
    module.define(f"define internal {CONVENTION} void @{_ENTER}({PROTOTYPE}) noinline {group} {{\n{text.finish()}\n}}")
    for number, symbol in enumerate((ENTRY, *map(osr_symbol, loops))):
        module.define(
            f'define {CONVENTION} void @"{symbol}"({PROTOTYPE}) {group} {{\n'
            f"  musttail call {CONVENTION} void @{_ENTER}(ptr inttoptr (i64 {number} to ptr), "
            "ptr %base, ptr %cage, ptr %table, i64 %fuel)\n  ret void\n}"
        )


def _enter(unit: Unit) -> None:
    """Call the function; ``%pc`` is the number of the entry."""
    text, facts = unit.text, unit.root.facts
    lowest, floor = text.value(f"sub i64 {unit.stack_pointer()}, {NATIVE_STACK}"), _load(unit, "native_floor")
    limit = text.value(f"select i1 {text.value(f'icmp ugt i64 {lowest}, {floor}')}, i64 {lowest}, i64 {floor}")
    text.line(f"store i64 {limit}, ptr {_word(unit, 'native_limit')}, align 8")
    arguments = []
    for number, kind in enumerate(unit.parameter_kinds):
        place = text.value(f"getelementptr i64, ptr %base, i64 {facts.frame.locals[number]}")
        arguments.append(f"{ir_type(kind)} {unit.raw(unit.load_slot(place, kind))}")
    entry = text.value("ptrtoint ptr %pc to i64")
    kind = unit.result_kind
    returned = text.value(call_of(f"@{BODY}", kind, "%base", "%fuel", arguments, entry))
    left = text.value(f"extractvalue {result_type(kind)} {returned}, 0") if kind else returned
    gone = text.fresh_label("gone")
    with text.cold(gone):
        _go_on(unit)
    text.branch_away(text.value(f"icmp eq i64 {left}, {GONE}"), gone)
    result = Val(text.value(f"extractvalue {result_type(kind)} {returned}, 1"), kind) if kind else None
    _return(unit, left, result)


def _word(unit: Unit, name: str) -> str:
    return unit.word(layout.control_word(name))


def _load(unit: Unit, name: str) -> str:
    return unit.text.value(f"load i64, ptr {_word(unit, name)}, align 8")


def _go_on(unit: Unit) -> None:
    """Go on where compiled code has left; where it has made objects behind the nursery, after a collection."""
    text = unit.text
    end = text.value(f"load i64, ptr {unit.word(layout.collector_word('nursery_end'))}, align 8")
    is_behind = text.value(f"icmp ugt i64 {_load(unit, 'nursery_top')}, {end}")
    collect = str(service_index(COLLECT_FIRST))
    service = text.value(f"select i1 {is_behind}, i64 {collect}, i64 {_load(unit, 'leave_for')}")
    place = text.value(f"getelementptr ptr, ptr %table, i64 {service}")
    pc, base = (text.value(f"getelementptr i8, ptr %cage, i64 {_load(unit, name)}") for name in ("pc", "base"))
    _tail(text, text.value(f"load ptr, ptr {place}, align 8"), pc, base, _load(unit, "fuel_left"))


def _return(unit: Unit, fuel: str, result: Val | None) -> None:
    """Go back to whoever called the function."""
    text = unit.text
    header = text.value("load i64, ptr %base, align 8")
    native_at = text.value(f"getelementptr i8, ptr %base, i64 {layout.FRAME_NATIVE}")
    native = text.value(f"load i64, ptr {native_at}, align 8")
    distance = text.value(f"sub i64 0, {text.value(f'lshr i64 {header}, 32')}")
    caller = text.value(f"getelementptr i8, ptr %base, i64 {distance}")
    elsewhere = text.fresh_label("elsewhere")
    with text.cold(elsewhere):
        if result is not None:
            unit.store_slot(text.value(f"getelementptr i8, ptr %base, i64 {layout.FRAME_RESULT}"), result)
        _tail(text, text.value(f"getelementptr i8, ptr %table, i64 {native}"), "%pc", caller, fuel)
    text.branch_away(text.value(f"icmp ne i64 {native}, 0"), elsewhere)
    pc = text.value(f"getelementptr i8, ptr %cage, i64 {text.value(f'and i64 {header}, 4294967295')}")
    if result is not None:
        before = text.value(f"getelementptr i8, ptr {pc}, i64 -2")
        slot = text.value(f"zext i16 {text.value(f'load i16, ptr {before}, align 2')} to i64")
        unit.store_slot(text.value(f"getelementptr i64, ptr {caller}, i64 {slot}"), result)
    number = text.value(f"zext i16 {text.value(f'load i16, ptr {pc}, align 8')} to i64")
    handler = text.value(f"getelementptr ptr, ptr %table, i64 {number}")
    _tail(text, text.value(f"load ptr, ptr {handler}, align 8"), pc, caller, fuel)


def _tail(text: FunctionText, target: str, pc: str, base: str, fuel: str) -> None:
    """End in another function of the handlers' prototype."""
    text.line(
        f"musttail call {CONVENTION} void {target}(ptr {pc}, ptr {base}, ptr %cage, ptr %table, i64 {fuel})\nret void"
    )
