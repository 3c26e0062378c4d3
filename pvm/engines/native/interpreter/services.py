"""What compiled functions call of the interpreter and of the runtime image: pointers behind those of the handlers.

Compiled code reaches them through the dispatch table, which it has in a register, so it has no relocations.
"""

from __future__ import annotations

from pvm.engines.native.code.operations import OPERATIONS
from pvm.engines.native.llvm.heap import MARKED_STORE
from pvm.engines.native.llvm.image import image_function
from pvm.isa.runtime import RUNTIME_FUNCTIONS

INTERPRET = "@interpret"
"""Run the function whose frame is the innermost, and whose entry has been paid for, from its beginning."""
POLL_POINT = "@poll.point"
POLL_BLOCK = "@poll.block"
GO_ON = "@go.on"
"""Go on with internal code behind an instruction that may have used up the fuel."""
RETURN_EARLY = "@cut"
"""Go on with internal code, and look for compiled code again at the next place where tasks may be preempted."""
_BULK = ("array.copy", "array.copyReferences", "array.fill", "array.fillReferences")
SERVICES: tuple[str, ...] = (
    INTERPRET,
    POLL_POINT,
    POLL_BLOCK,
    GO_ON,
    RETURN_EARLY,
    MARKED_STORE,
    *(image_function(name) for name in _BULK),
    *(image_function(function.name) for function in RUNTIME_FUNCTIONS),
)


def service_index(symbol: str) -> int:
    """The place of a service in the dispatch table."""
    return len(OPERATIONS) + SERVICES.index(symbol)
