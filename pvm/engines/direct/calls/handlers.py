"""Which handler answers which system call, by number."""

from __future__ import annotations

from collections.abc import Callable

from pvm.engines.direct.calls import attributes, datagrams, files, locks, paths, process, sockets, timers, waiting
from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.syscalls.table import BY_NAME

Handler = Callable[[Call], int]

FAMILIES = (paths, attributes, datagrams, files, locks, process, sockets, timers, waiting)

HANDLERS: dict[int, Handler] = {
    BY_NAME[name].number: handler for family in FAMILIES for name, handler in family.CALLS.items()
}
