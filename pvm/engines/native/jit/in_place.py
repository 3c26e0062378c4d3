"""What functions of the runtime image do, emitted in place; whatever is beyond that goes to the call of the function.

The call begins from nothing, so there are no exits here, and nothing is changed before it is sure that none is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pvm.engines.native.llvm.text import UNLIKELY
from pvm.isa.machine import Val

if TYPE_CHECKING:
    from pvm.engines.native.jit.lowering import JitLowering

Shortcut = Callable[["JitLowering", str, Sequence[Val]], Val | None]
"""Emits what does the work of a function of the image for one unit of fuel, or goes to the block that calls it."""


class InPlace:
    """Emits one shortcut; goes to the block ``call`` where there is none."""

    def __init__(self, lowering: JitLowering, call: str) -> None:
        self.lowering = lowering
        self.text = lowering.text
        self.call = call

    def unless(self, *flags: str) -> None:
        """Go to the call unless all flags are set."""
        text = self.text
        every = flags[0]
        for flag in flags[1:]:
            every = text.value(f"and i1 {every}, {flag}")
        on = text.fresh_label()
        text.branch(text.value(f"xor i1 {every}, true"), self.call, on, UNLIKELY)
        text.block(on, dominated=True)
