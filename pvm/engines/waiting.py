"""What a deadlock says: where the tasks wait, the same in every engine.

A task waits inside of the library as a rule, which says nothing to a reader: named is the innermost
place in a file whose source the module carries, and only without one the innermost place of all.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.errors import TraceFrame
from pvm.isa.traps import TrapKind
from pvm.pbc.model import Module

MAX_NAMED = 8
"""Tasks that are named; more are counted."""
_SOURCE = "source:"


def deadlock_message(module: Module, traces: Sequence[Sequence[TraceFrame]], count: int) -> str:
    """Return the message for ``count`` waiting tasks, oldest first, of which ``traces`` has the first."""
    known = {name.removeprefix(_SOURCE) for name, _ in module.attributes if name.startswith(_SOURCE)}
    places = [str(_place(trace, known)) for trace in traces[:MAX_NAMED] if trace]
    if not places:
        return TrapKind.DEADLOCK.message
    if count > len(places):
        places.append(f"{count - len(places)} more")
    return f"{TrapKind.DEADLOCK.message}: {', '.join(places)}"


def _place(trace: Sequence[TraceFrame], known: set[str]) -> TraceFrame:
    return next((frame for frame in trace if frame.file in known), trace[0])
