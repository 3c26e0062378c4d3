"""Which handler answers which system call, by number."""

from __future__ import annotations

from collections.abc import Callable

from pvm.engines.direct.calls import attributes, files, locks, paths, process, sockets, timers, waiting
from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.syscalls.table import BY_NAME

Handler = Callable[[Call], int]

FAMILIES = (paths, attributes, files, locks, process, sockets, timers, waiting)

HANDLERS: dict[int, Handler] = {
    BY_NAME[name].number: handler
    for family in (
        paths.CALLS,
        attributes.CALLS,
        files.CALLS,
        locks.CALLS,
        process.CALLS,
        sockets.CALLS,
        timers.CALLS,
        waiting.CALLS,
    )
    for name, handler in family.items()
}
