"""How compiled code calls compiled code: arguments, fuel and result in registers, on the native stack.

The guest's frame is only an address there: nobody writes it while all goes well.  A function that leaves for internal
code writes its frame, says in control words where to go on, and returns ``GONE`` as what is left of the fuel.  Whoever
called it writes the own frame then and returns ``GONE`` too, down to the code by which the interpreter has entered
compiled code.  So the native stack is empty whenever internal code runs, tasks switch or objects move.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.engines.native.llvm.lowering import ir_type

CONVENTION = "preserve_nonecc"
GONE = str(-(1 << 63))
"""What is left of the fuel where a function has left instead of returning."""
NATIVE_STACK = 128 << 10
"""Bytes of the native stack that calls of compiled code may use, from where the interpreter enters it."""


def result_type(kind: str) -> str:
    """The IR type that a function with a result of a kind returns: what is left of the fuel, and the result if any."""
    return f"{{ i64, {ir_type(kind)} }}" if kind else "i64"


def parameters(kinds: Sequence[str]) -> str:
    """The parameters of a function whose own are of these kinds; ``%where`` is it entered, 0 at the start."""
    own = (f", {ir_type(kind)} %argument{number}" for number, kind in enumerate(kinds))
    return f"ptr %base, ptr %cage, ptr %table, i64 %fuel, i64 %where{''.join(own)}"


def call_of(function: str, kind: str, base: str, fuel: str, arguments: Sequence[str], entry: str = "0") -> str:
    """The text of a call; ``base`` is the frame of what is called, ``arguments`` are types and values."""
    own = "".join(f", {each}" for each in arguments)
    head = f"ptr {base}, ptr %cage, ptr %table, i64 {fuel}, i64 {entry}"
    return f"call {CONVENTION} {result_type(kind)} {function}({head}{own})"
