"""What the functions of the runtime image have to do: the reference engine's, with a machine that takes notes."""

from __future__ import annotations

from typing import Any

from pvm.engines.reference.heap import Array
from pvm.engines.reference.runtime import RuntimeImage
from pvm.isa.traps import TrapKind
from tests.engines.native.runtime.cage import Outcome


class _Trapped(Exception):
    pass


class Notes:
    """A machine that only writes down what a function asks for."""

    seed = 0

    def __init__(self) -> None:
        self.charged = 0

    def charge(self, units: int) -> None:
        """Fuel."""
        self.charged += units

    def trap(self, kind: int) -> BaseException:
        """A trap."""
        return _Trapped(kind)

    def account(self, size: int) -> None:
        """Memory, of which there is enough."""

    def account_string(self, length: int) -> None:
        """The same for a text."""

    def poll_time(self) -> None:
        """The clock, which nobody looks at."""

    def trace_text(self, trace: Array) -> str:
        """Traces, which have tests of their own."""
        raise NotImplementedError


def expected(name: str, *arguments: Any) -> Outcome:
    """The outcome in the reference engine, with its values: texts are bytes."""
    notes = Notes()
    try:
        value = RuntimeImage(notes).functions[name](*arguments)
    except _Trapped as trapped:
        return Outcome(None, TrapKind(trapped.args[0]), notes.charged)
    return Outcome(value, None, notes.charged)
