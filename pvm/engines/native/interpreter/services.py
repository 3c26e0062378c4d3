"""What compiled functions call of the interpreter and of the runtime image: pointers behind those of the handlers.

Compiled code reaches them through the dispatch table, which it has in a register, so it has no relocations.
"""

from __future__ import annotations

from pvm.engines.native.code.sequences import NUMBERS
from pvm.engines.native.llvm.heap import BEFORE_STORE
from pvm.engines.native.llvm.image import image_function
from pvm.isa.runtime import RUNTIME_FUNCTIONS

POLL_POINT = "@poll.point"
POLL_BLOCK = "@poll.block"
DISPATCH = "@dispatch"
"""Go on with internal code."""
GO_ON = "@go.on"
"""Go on with internal code behind an instruction that may have used up the fuel."""
RETURN_EARLY = "@cut"
"""Go on with internal code, and look for compiled code again at the next place where tasks may be preempted."""
RETURN_TO_CODE = "@return.to.code"
"""What a frame returns to whose caller is in internal code but may have machine code: as RETURN_EARLY does."""
COLLECT_FIRST = "@collect.first"
"""Collect, since compiled code has made objects behind the nursery where it left, then do what ``leave_for`` says."""
ALLOCATE = image_function("heap.allocate")
"""An object, where the bounds of the nursery say that there may be no room; 0 if a collection has to come first."""
_BULK = ("array.copy", "array.copyReferences", "array.fill", "array.fillReferences")
SERVICES: tuple[str, ...] = (
    POLL_POINT,
    POLL_BLOCK,
    DISPATCH,
    GO_ON,
    RETURN_EARLY,
    RETURN_TO_CODE,
    COLLECT_FIRST,
    BEFORE_STORE,
    ALLOCATE,
    *(image_function(name) for name in _BULK),
    *(image_function(function.name) for function in RUNTIME_FUNCTIONS),
)


_INDEX = {symbol: NUMBERS + number for number, symbol in enumerate(SERVICES)}


def service_index(symbol: str) -> int:
    """The place of a service in the dispatch table."""
    return _INDEX[symbol]
