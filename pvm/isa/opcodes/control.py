"""Control flow and calls.

Labels index the function's label table, whose entries state the stacks and the initialised locals
at the target.  At the target of a backward branch both operand stacks are empty.
"""

from __future__ import annotations

from pvm.isa.instruction import Family, Form
from pvm.isa.machine import Machine, Val
from pvm.isa.traps import TrapKind

FAMILY = Family("Control")
CALLS = Family("Calls")

FAMILY.driver(0x00, "unreachable", "--", "Always traps.", form=Form.UNREACHABLE, traps=(TrapKind.UNREACHABLE,))


@FAMILY.instr(0x01, "nop", "--")
def nop(m: Machine) -> None:
    """Do nothing."""


FAMILY.driver(0x02, "jump", "--", "Go to the label.", imm="target:label", form=Form.JUMP)


@FAMILY.instr(0x03, "branch.if", "condition:i32 --", imm="target:label", form=Form.BRANCH)
def branch_if(m: Machine, target: int, condition: Val) -> Val:
    """Go to the label if the operand is not 0."""
    return m.negate(m.eq(condition, m.i32(0)))


@FAMILY.instr(0x04, "branch.unless", "condition:i32 --", imm="target:label", form=Form.BRANCH)
def branch_unless(m: Machine, target: int, condition: Val) -> Val:
    """Go to the label if the operand is 0."""
    return m.eq(condition, m.i32(0))


FAMILY.driver(
    0x05,
    "branch.null",
    "value:R -- value:R!",
    "Go to the label, dropping the reference, if it is null; fall through with it, now non-null.",
    imm="target:label",
    form=Form.BRANCH_REF,
)
FAMILY.driver(
    0x06,
    "branch.non_null",
    "value:R --",
    "Go to the label with the reference, now non-null, if it is not null; fall through without it.",
    imm="target:label",
    form=Form.BRANCH_REF,
)
FAMILY.driver(
    0x07,
    "branch.instance",
    "value:R -- value:R",
    "Go to the label with the reference, now of the type, if it is of the type; fall through with it as it was.",
    imm="target:label type:ref_type",
    form=Form.BRANCH_REF,
)
FAMILY.driver(
    0x08,
    "switch",
    "index:i32 --",
    "Go to the label of that number; to the last label if the index, unsigned, is past it.",
    imm="targets:labels",
    form=Form.SWITCH,
)
FAMILY.driver(0x09, "return", "values:results --", "Leave the function with its results.", form=Form.RETURN)
FAMILY.driver(
    0x0A,
    "throw",
    "exception:exception --",
    "Throw: control goes to the innermost handler that covers this place and takes the class.",
    form=Form.THROW,
)

CALL_TRAPS = (TrapKind.STACK_OVERFLOW,)
CALLS.driver(
    0x10,
    "call",
    "args:params -- values:results",
    "Call a function.",
    imm="function:func",
    form=Form.CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x11,
    "call.virtual",
    "args:params -- values:results",
    "Call the receiver's method in this slot of its class; the receiver is the first reference argument.",
    imm="method:method",
    form=Form.CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x12,
    "call.interface",
    "args:params -- values:results",
    "Call the receiver's method for this slot of an interface that its class implements.",
    imm="method:method",
    form=Form.CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x13,
    "call.ref",
    "args:params callee:func -- values:results",
    "Call a function value.",
    imm="signature:sig",
    form=Form.CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x14,
    "call.runtime",
    "args:params -- values:results",
    "Call an imported function of the runtime image, which needs no frame; it traps as its own entry says.",
    imm="function:import",
    form=Form.CALL,
)
CALLS.driver(
    0x15,
    "hypercall",
    "args:params -- values:results",
    "Call an imported function of the kernel or of the host; the task may wait in it.",
    imm="function:import",
    form=Form.HYPERCALL,
)
CALLS.driver(
    0x18,
    "tail.call",
    "args:params --",
    "Call a function in place of this frame; traps, in this frame, if the new one is larger and does not fit.",
    imm="function:func",
    form=Form.TAIL_CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x19,
    "tail.virtual",
    "args:params --",
    "As call.virtual, in place of this frame.",
    imm="method:method",
    form=Form.TAIL_CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x1A,
    "tail.interface",
    "args:params --",
    "As call.interface, in place of this frame.",
    imm="method:method",
    form=Form.TAIL_CALL,
    traps=CALL_TRAPS,
)
CALLS.driver(
    0x1B,
    "tail.ref",
    "args:params callee:func --",
    "As call.ref, in place of this frame.",
    imm="signature:sig",
    form=Form.TAIL_CALL,
    traps=CALL_TRAPS,
)


@CALLS.instr(
    0x1C, "func.ref", "-- value:func", imm="function:func", form=Form.ALLOCATE, traps=(TrapKind.OUT_OF_MEMORY,)
)
def func_ref(m: Machine, function: int) -> Val:
    """Make a new function value of a function."""
    return m.new_closure(function, None)


@CALLS.instr(
    0x1D,
    "closure.new",
    "environment:captured -- value:closure",
    imm="function:func",
    form=Form.ALLOCATE,
    traps=(TrapKind.OUT_OF_MEMORY,),
)
def closure_new(m: Machine, function: int, environment: Val) -> Val:
    """Make a new function value that passes the reference as the function's first parameter."""
    return m.new_closure(function, environment)
