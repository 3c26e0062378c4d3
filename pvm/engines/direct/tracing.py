r"""Trace lines of system calls, in the manner of strace, made from the table.

A line is made from the copy of each argument that the trace itself takes, so with a guest that changes its memory
meanwhile it may differ from what was done.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from pvm.engines.direct.calls.call import ANSWERED, CONTINUE
from pvm.engines.direct.memory import StaleMemory
from pvm.engines.direct.rawsockets import ADDRESS_MAX, endpoint
from pvm.engines.direct.syscalls.table import BY_NUMBER
from pvm.errors import GuestError

if TYPE_CHECKING:
    from pvm.engines.direct.calls.call import Call

PREVIEW = 32


def trace_call(call: Call, perform: Callable[[Call], int], show: Callable[[str], None]) -> int:
    """Perform a call and show its line."""
    row = BY_NUMBER[call.number]
    pairs = zip(row.arguments, call.args, strict=False)
    shown = ", ".join(argument(call, kind, index, value) for index, (kind, value) in enumerate(pairs))
    result = perform(call)
    show(f"[{call.guest.inner_pid}] {row.name}({shown}) = {outcome(result)}")
    return result


def outcome(result: int) -> str:
    """The result, or why it is not known."""
    if result == CONTINUE:
        return "(native)"
    if result == ANSWERED:
        return "(descriptor)"
    if result < 0:
        return f"-{-result} {errno.errorcode.get(-result, '')}".rstrip()
    return str(result)


def argument(call: Call, kind: str, index: int, value: int) -> str:
    """One argument."""
    match kind:
        case "path":
            return text(call, value)
        case "bytes":
            return text(call, value, min(call.args[index + 1], PREVIEW))
        case "address":
            return address(call, value, call.args[index + 1])
        case "fd" | "int" | "signal":
            low = value & 0xFFFF_FFFF
            return "AT_FDCWD" if low == 0xFFFF_FF9C else str(low - (1 << 32) if low >> 31 else low)
        case "octal":
            return f"0{value & 0o7777777:o}"
        case "size" | "offset":
            return str(value)
        case _:
            return hex(value) if value else "0"


def address(call: Call, place: int, size: int) -> str:
    """An address of a socket."""
    try:
        data = call.guest.memory.read(place, min(size & 0xFFFF_FFFF, ADDRESS_MAX)) if place else b""
    except (GuestError, StaleMemory):
        return hex(place)
    found = endpoint(data)
    if found is None:
        return hex(place) if place else "0"
    return f"[{found.address}]:{found.port}" if found.address.version == 6 else f"{found.address}:{found.port}"


def text(call: Call, address: int, size: int | None = None) -> str:
    """Bytes of the guest, up to ``size`` or to the zero byte."""
    if not address:
        return "null"
    try:
        memory = call.guest.memory
        data = memory.read_text(address) if size is None else memory.read(address, size)
    except (GuestError, StaleMemory):
        return hex(address)
    quoted = data.decode("latin-1").encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{quoted}"'
