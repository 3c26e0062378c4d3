"""``docs/linux-syscalls.md``: the table of system calls as a page."""

from __future__ import annotations

import os

from pvm.engines.direct.syscalls.row import Aspect, Handling, Row
from pvm.engines.direct.syscalls.table import ROWS, supported

INTRODUCTION = """\
<!-- DO NOT EDIT, from pvm/engines/direct/syscalls/table.py -->
# System calls of Linux programs

How PVM answers the system calls of x86-64 Linux programs (`docs/linux.md`). What is *native* runs in the host's kernel,
within the jail; what is *mediated* is answered by the virtual kernel; what is *denied* fails at once with the errno in
the note. Calls that are not listed fail with ENOSYS. Calls by `int 0x80` or with x32 numbers end the program.
"""

WHEN = {
    Aspect.CLOCK: "when the clock is virtual",
    Aspect.RANDOM: "when the random is virtual",
    Aspect.OUTSIDE: "where there is a network outside",
}


def manual() -> str:
    """The page."""
    counts = {level: sum(supported(row) == level for row in ROWS) for level in ("full", "partial", "none")}
    summary = ", ".join(f"{count} {level}" for level, count in counts.items())
    lines = [INTRODUCTION, f"{len(ROWS)} calls: {summary}.\n"]
    lines += ["| number | call | handling | support | note |", "| --- | --- | --- | --- | --- |"]
    lines += [line(row) for row in ROWS]
    return "\n".join(lines) + "\n"


def line(row: Row) -> str:
    """The row of a call."""
    note = row.note
    if row.handling is Handling.DENIED:
        note = f"{os.strerror(row.errno).lower()}: {note}" if note else os.strerror(row.errno).lower()
    if row.aspect is not None:
        note = f"{note}; " if note else note
        note += f"mediated {WHEN[row.aspect]}"
    arguments = ", ".join(row.arguments)
    return f"| {row.number} | `{row.name}({arguments})` | {row.handling.value} | {supported(row)} | {note} |"
